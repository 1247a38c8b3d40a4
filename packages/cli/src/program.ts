// CLI: the commands under one name; from arguments to an exit code. Wrong usage is answered here, with exit 2.

import { Command, CommanderError } from 'commander'
import { caCommand } from './commands/ca.ts'
import { explainCommand } from './commands/explain.ts'
import { inspectCommand } from './commands/inspect.ts'
import { signCommand } from './commands/sign.ts'
import { tourCommand } from './commands/tour.ts'
import { verifyCommand } from './commands/verify.ts'
import type { Context } from './context.ts'
import { type ExitCode, reportFailure } from './failure.ts'

/** Runs one call of the command and returns its exit code; never throws. */
export async function runProgram(args: readonly string[], context: Context): Promise<ExitCode> {
  let exit: ExitCode = 0
  const settle = (code: ExitCode): void => {
    exit = code
  }
  const program = new Command('ingam')
    .description('Certificate tokens: sign with an X.509 key, verify against the CAs you trust.')
    .version(VERSION, '-V, --version')
    .addHelpText('after', EXIT_CODES)
  for (const build of [signCommand, verifyCommand, inspectCommand, explainCommand, caCommand, tourCommand]) {
    program.addCommand(build(context, settle))
  }
  for (const command of [
    program,
    ...program.commands,
    ...program.commands.flatMap((child) => child.commands),
  ]) {
    configure(command, context)
  }
  try {
    await program.parseAsync([...args], { from: 'user' })
    return exit
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
    return reportFailure(context, error)
  }
}

function configure(command: Command, context: Context): void {
  command
    .exitOverride()
    .allowExcessArguments(false)
    .showSuggestionAfterError(true)
    .configureOutput({
      writeOut: (text) => context.stdout.write(text),
      writeErr: (text) => context.stderr.write(text),
      outputError: (text, write) => write(usageLines(text, pathOf(command))),
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    })
}

// Commander's "error: …" and its "(Did you mean …?)" in our two lines.
function usageLines(text: string, path: string): string {
  const [error = '', suggestion] = text.trim().split('\n')
  const hint = suggestion?.replace(/^\((.*)\)$/u, '$1')
  return `ingam: ${error}\n${hint === undefined ? '' : `ingam: hint: ${hint}\n`}ingam: hint: see ${path} --help\n`
}

function pathOf(command: Command): string {
  return command.parent === null ? command.name() : `${pathOf(command.parent)} ${command.name()}`
}

const VERSION = '0.1.0'
const EXIT_CODES = `
Exit codes: 0 yes or done, 1 a clear no, 2 usage, 3 unreadable input, 4 undecided, 70 our bug.`
