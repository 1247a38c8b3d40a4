// CLI: `ingam verify --lines` judges many tokens, one a line, as they come: a result a line on stdout, progress and a
// summary on stderr, memory that does not grow with the number of lines.

import { createReadStream } from 'node:fs'
import { type Code, catalogue, escapeText, isPkiError, type Verifier } from 'ingam'
import { type Context, type Style, say, styleFor } from '../context.ts'
import { CommandError, type ExitCode, systemProblem } from '../failure.ts'
import { mended } from '../hints.ts'
import { atClock } from '../instant.ts'
import { type Room, roomOf } from '../layout/room.ts'
import { cutTo, padTo } from '../layout/width.ts'
import { type Line, readLines } from '../lines.ts'
import { formatJsonLine } from '../output.ts'
import { isUnrecognised, recognise } from '../pasted/recognise.ts'
import { startProgress, Tally } from '../tally.ts'
import {
  type JudgeOptions,
  type OpenVerifier,
  openVerifier,
  USUAL_MAX_LIFETIME,
  USUAL_TOLERANCE,
} from './options.ts'

/** The options of a run over many tokens. */
export interface LinesOptions extends JudgeOptions {
  readonly once: boolean
}

/** What came of one line, as `--json` prints it. */
export interface LineResult {
  readonly line: number
  readonly outcome: 'accepted' | 'refused' | 'undecided' | 'unreadable'
  readonly accepted: boolean
  /** Why not; absent where it was accepted. */
  readonly code?: Code
  readonly message?: string
  /** The verified `sub`; absent where it was not accepted. */
  readonly subject?: string
  readonly anchor?: string
  readonly expiresAt?: Date
  /** Bindings that nobody checked, as `--unexpected-binding report` lets them pass; absent where it was not accepted. */
  readonly uncheckedBindings?: readonly string[]
}

/** Judges every line; 0 where all were accepted, 1 where one was not, 4 where none was refused but some are undecided. */
export async function runLines(context: Context, path: string, options: LinesOptions): Promise<ExitCode> {
  const clocked = atClock(context, options.at)
  const { verifier, close } = await openMemory(clocked, options).catch((error: unknown) => {
    throw isPkiError(error) ? mended(error, { ...options, command: 'verify' }) : error
  })
  const room = roomOf(context)
  const style = styleFor(context, 'stdout')
  const tally = new Tally()
  const progress = startProgress(context, tally)
  let isStopped = false
  const forget = context.onStop?.(() => {
    isStopped = true
  })
  try {
    for await (const line of readLines(
      openLines(context, path, () => isStopped),
      MAX_LINE_BYTES,
    )) {
      if (isStopped) break
      if ('text' in line && line.text.trim() === '') continue
      const result = await judge(verifier, line, options)
      tally.add(result.outcome, result.code)
      const text = options.json === true ? formatJsonLine(result) : toText(result, room, style)
      context.stdout.write(`${text}\n`)
      await context.stdout.drained?.()
      progress.update()
    }
  } finally {
    forget?.()
    progress.end()
    close()
  }
  for (const text of tally.summary(isStopped)) say(context, 'note', text)
  return tally.exit(isStopped)
}

// LIMIT: the largest token that a verifier can be told to read, and a header's name with its white space before it.
const MAX_LINE_BYTES = 66_560

// The memory of used tokens begins with the run, but the tokens were made before it. Its first look at the clock, which
// sets the beginning, is therefore put back by one acceptance window: what was used before the run is not known, and
// the documentation says so; within the run nothing passes twice.
async function openMemory(context: Context, options: LinesOptions): Promise<OpenVerifier> {
  if (!options.once) return await openVerifier(context, options)
  const window =
    (options.maxLifetime ?? USUAL_MAX_LIFETIME) +
    (options.expiryTolerance ?? USUAL_TOLERANCE.expirySeconds) +
    (options.futureTolerance ?? USUAL_TOLERANCE.futureSeconds)
  let isOpen = false
  const clock = (): Date => (isOpen ? context.now() : new Date(context.now().getTime() - (window + 1) * 1000))
  const opened = await openVerifier(context, options, {
    oneTimeUse: 'memory',
    maxReplayEntries: MAX_REMEMBERED,
    // The quota protects a server's holders from each other; here one run has one owner.
    maxReplayEntriesPerKey: MAX_REMEMBERED,
    // The wait keeps a server's memory honest across restarts; a run that ends has nothing to keep.
    wait: () => Promise.resolve(),
    clock,
  })
  isOpen = true
  return opened
}

// LIMIT: some 100 MB; beyond it tokens are undecided, not forgotten.
const MAX_REMEMBERED = 1_000_000

async function* openLines(
  context: Context,
  path: string,
  isStopped: () => boolean,
): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of path === '-' ? context.stdin : createReadStream(path)) {
      yield chunk instanceof Uint8Array ? chunk : Buffer.from(String(chunk))
    }
  } catch (error) {
    // Whoever stops the run also closes stdin, which is then no failure.
    if (isStopped()) return
    const problem = systemProblem(error)
    if (problem === undefined) throw error
    throw new CommandError(3, `${path}: ${problem}`, ['check the path and the permissions'], 'ERR_FILE_READ')
  }
}

async function judge(verifier: Verifier, line: Line, { from }: JudgeOptions): Promise<LineResult> {
  if ('problem' in line) return unreadable(line)
  const { number } = line
  const reading = recognise(line.text, from)
  if (isUnrecognised(reading)) {
    return { ...failed(number, 'unreadable', 'ERR_TOKEN_MALFORMED'), message: reading.problem }
  }
  try {
    const { claims, identity, expiresAt, uncheckedBindings } = await verifier.verify(reading.token)
    const { anchor } = identity
    return {
      line: number,
      outcome: 'accepted',
      accepted: true,
      subject: String(claims['sub']),
      anchor,
      expiresAt,
      uncheckedBindings,
    }
  } catch (error) {
    if (!isPkiError(error)) throw error
    const outcome = catalogue[error.code].exit === 4 ? 'undecided' : 'refused'
    return { ...failed(number, outcome, error.code), message: error.message }
  }
}

function unreadable(line: Extract<Line, { readonly problem: unknown }>): LineResult {
  return line.problem === 'too-long'
    ? {
        ...failed(line.number, 'unreadable', 'ERR_TOKEN_TOO_LARGE'),
        message: `line: more than ${MAX_LINE_BYTES} bytes`,
      }
    : { ...failed(line.number, 'unreadable', 'ERR_INPUT_ENCODING'), message: 'line: not UTF-8 text' }
}

function failed(line: number, outcome: LineResult['outcome'], code: Code): LineResult {
  return { line, outcome, accepted: false, code }
}

function toText(result: LineResult, room: Room, style: Style): string {
  const { line, outcome, accepted, code, message, subject, anchor } = result
  const what =
    subject === undefined
      ? `${code ?? ''}  ${escapeText(message ?? '', 4_096)}`
      : `${escapeText(subject)}  (${escapeText(anchor ?? '')})`
  const number = String(line).padStart(6)
  const rest = cutTo(what, room.limit - number.length - OUTCOME_WIDTH - 4)
  return `${number}  ${(accepted ? style.good : style.bad)(padTo(outcome, OUTCOME_WIDTH))}  ${rest}`.trimEnd()
}

const OUTCOME_WIDTH = 10
