// Runs the command within the test's process, without a terminal unless told otherwise.

import type { Context } from '../../packages/cli/src/context.ts'
import { runProgram } from '../../packages/cli/src/program.ts'

/** How a run ended and what it printed. */
export interface CommandOutcome {
  readonly exit: number
  readonly out: string
  readonly err: string
}

/** What differs from a run in a pipe with an empty stdin. */
export interface CommandChanges extends Partial<Omit<Context, 'stdin'>> {
  readonly input?: Uint8Array
}

/** Runs the command; the clock is that of the machine unless `now` is given. */
export async function runCommand(
  args: readonly string[],
  changes: CommandChanges = {},
): Promise<CommandOutcome> {
  const { input = new Uint8Array(), ...rest } = changes
  let out = ''
  let err = ''
  const exit = await runProgram(args, {
    stdout: { write: (text) => (out += text) },
    stderr: { write: (text) => (err += text) },
    stdin: streamOf(input),
    env: {},
    now: () => new Date(),
    isTTY: { stdin: false, stdout: false, stderr: false },
    ...rest,
  })
  return { exit, out, err }
}

async function* streamOf(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  if (bytes.length > 0) yield bytes
}
