// Runs test/cli/*.txt: each command line, its exit code, its stdout and stderr. `[..]` stands for any text within a
// line. INGAM_UPDATE_TRANSCRIPTS=1 rewrites the expectations, keeping the lines that still match.
//
//   # what this shows
//   at 2026-06-01T12:20:00Z            the clock from here on (at first 2026-06-01T12:00:00Z)
//   $ ingam verify --ca ca/ca.pem … < token.txt
//   exit 1
//   out| a line of stdout
//   err| a line of stderr
//
// `< FILE` gives stdin, `> FILE` keeps stdout in a file instead of showing it. `paste TEXT FILE …` prints the text once for
// each file, with what the file holds in the place of `%`. The folder is made by fixtures.ts.

import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Context } from '../../packages/cli/src/context.ts'
import { runProgram } from '../../packages/cli/src/program.ts'
import { makeFixtures, NOW } from './fixtures.ts'

interface Step {
  readonly before: string[]
  readonly command: string
  readonly at: Date
  readonly exit: number
  readonly output: string[]
}

interface Outcome {
  readonly exit: number
  readonly output: string[]
}

const here = import.meta.dirname
const update = process.env['INGAM_UPDATE_TRANSCRIPTS'] === '1'
const started = process.cwd()
let folder = ''

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ingam-cli-'))
  await makeFixtures(folder)
  process.chdir(folder)
})

afterAll(() => {
  process.chdir(started)
  rmSync(folder, { recursive: true, force: true })
})

for (const name of readdirSync(here)
  .filter((file) => file.endsWith('.txt'))
  .toSorted()) {
  describe(name, () => {
    const path = join(here, name)
    const { steps, rest } = readTranscript(readFileSync(path, 'utf8'))
    const written: string[] = []
    for (const step of steps) {
      test(step.command, async () => {
        const outcome = await runStep(step)
        if (update) {
          written.push(
            ...step.before,
            `$ ${step.command}`,
            `exit ${outcome.exit}`,
            ...merged(outcome.output, step.output),
          )
          return
        }
        expect({ exit: outcome.exit, output: expected(outcome.output, step.output) }).toEqual({
          exit: step.exit,
          output: step.output,
        })
      })
    }
    afterAll(() => {
      if (update) writeFileSync(path, `${[...written, ...rest].join('\n').trimEnd()}\n`)
    })
  })
}

async function runStep(step: Step): Promise<Outcome> {
  const { program, args, stdinFile, stdoutFile } = readCommand(step.command)
  const chunks = { out: '', err: '' }
  const context: Context = {
    stdout: { write: (text) => void (chunks.out += text) },
    stderr: { write: (text) => void (chunks.err += text) },
    stdin: streamOf(stdinFile === undefined ? new Uint8Array() : readFileSync(stdinFile)),
    env: { INGAM_HOME: 'tour' },
    now: () => step.at,
    isTTY: { stdin: false, stdout: false, stderr: false },
  }
  const exit = program === 'paste' ? paste(args, context) : await runProgram(args, context)
  if (stdoutFile !== undefined) {
    writeFileSync(stdoutFile, chunks.out, 'latin1')
    chunks.out = ''
  }
  return { exit, output: [...linesOf(chunks.out, 'out'), ...linesOf(chunks.err, 'err')] }
}

function paste([template = '', ...files]: readonly string[], context: Context): number {
  for (const file of files) {
    context.stdout.write(`${template.replace('%', () => readFileSync(file, 'latin1').trim())}\n`)
  }
  return 0
}

async function* streamOf(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  if (bytes.length > 0) yield bytes
}

function linesOf(text: string, stream: 'out' | 'err'): string[] {
  if (text === '') return []
  return text
    .replace(/\n$/u, '')
    .split('\n')
    .map((line) => `${stream}| ${line}`.trimEnd())
}

// Where a line matches its pattern, the pattern stands in its place, so that a difference shows only what differs.
function expected(actual: readonly string[], patterns: readonly string[]): string[] {
  return actual.map((line, index) => {
    const pattern = patterns[index]
    return pattern !== undefined && matches(line, pattern) ? pattern : line
  })
}

function merged(actual: readonly string[], patterns: readonly string[]): string[] {
  return actual.map((line) => patterns.find((pattern) => matches(line, pattern)) ?? masked(line))
}

function masked(line: string): string {
  return line
    .replace(/eyJ[\w.-]+/gu, '[..]')
    .replace(/[\w-]{43}/gu, '[..]')
    .replace(/(?<=jti +)[\w-]{22}/gu, '[..]')
    .replace(/\d+ bytes/gu, '[..] bytes')
    .replace(/\([0-9a-f]{8}\)/gu, '([..])')
}

function matches(line: string, pattern: string): boolean {
  const parts = pattern.split('[..]').map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/gu, '\\$&'))
  return new RegExp(`^${parts.join('.*')}$`, 'u').test(line)
}

function readCommand(command: string): {
  program: string
  args: string[]
  stdinFile?: string
  stdoutFile?: string
} {
  const words = [...command.matchAll(/'([^']*)'|(\S+)/gu)].map((match) => match[1] ?? match[2] ?? '')
  const [program = '', ...rest] = words
  expect(['ingam', 'paste']).toContain(program)
  const stdin = rest.indexOf('<')
  const stdout = rest.indexOf('>')
  const ends = [stdin, stdout].filter((index) => index >= 0)
  const stdinFile = stdin < 0 ? undefined : rest[stdin + 1]
  const stdoutFile = stdout < 0 ? undefined : rest[stdout + 1]
  return {
    program,
    args: rest.slice(0, ends.length === 0 ? rest.length : Math.min(...ends)),
    ...(stdinFile === undefined ? {} : { stdinFile }),
    ...(stdoutFile === undefined ? {} : { stdoutFile }),
  }
}

function readTranscript(text: string): { steps: Step[]; rest: string[] } {
  const steps: Step[] = []
  let before: string[] = []
  let at = NOW
  let open: { command: string; before: string[]; exit: number; output: string[] } | undefined
  const close = (): void => {
    if (open !== undefined) steps.push({ ...open, at })
    open = undefined
  }
  for (const line of text.split('\n')) {
    if (open !== undefined && /^(?:out|err)\|/u.test(line)) open.output.push(line)
    else if (open !== undefined && line.startsWith('exit ')) open.exit = Number(line.slice(5))
    else if (line.startsWith('$ ')) {
      close()
      open = { command: line.slice(2), before, exit: 0, output: [] }
      before = []
    } else {
      close()
      if (line.startsWith('at ')) at = new Date(line.slice(3))
      before.push(line)
    }
  }
  close()
  return { steps, rest: before }
}
