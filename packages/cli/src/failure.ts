// CLI: how a command ends when it cannot say yes: one `error:` line, then `hint:` lines, and the exit code that the
// catalogue gives the refusal.

import { catalogue, escapeText, isPkiError } from 'ingam'
import { type Context, styleFor } from './context.ts'

/** Exit codes: scripts must be able to tell "no" (1) from "do not know" (4). */
export type ExitCode = 0 | 1 | 2 | 3 | 4 | 70

/** A refusal by the command itself: wrong usage, or input that it could not read. */
export class CommandError extends Error {
  override readonly name: string = 'CommandError'
  readonly exit: ExitCode
  readonly hints: readonly string[]
  readonly code: string | undefined
  /** What else is wrong, a line each. */
  readonly notes: readonly string[]

  constructor(
    exit: ExitCode,
    message: string,
    hints: readonly string[] = [],
    code?: string,
    notes: readonly string[] = [],
  ) {
    super(message)
    this.exit = exit
    this.hints = hints
    this.code = code
    this.notes = notes
  }
}

/** Wrong usage; exit 2. */
export function usageError(message: string, ...hints: readonly string[]): CommandError {
  return new CommandError(2, message, hints)
}

/** Says on stderr what went wrong, and returns the exit code. Never prints a token, key or passphrase. */
export function reportFailure(context: Context, error: unknown): ExitCode {
  if (error instanceof CommandError) return write(context, error)
  if (isPkiError(error)) {
    const { code, message, hint } = error
    return write(context, new CommandError(catalogue[code].exit, message, [hint], code))
  }
  const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
  const details = context.env['INGAM_DEBUG'] === '1' && error instanceof Error ? `\n${error.stack ?? ''}` : ''
  const hint = `this is a bug of ingam; please report it${details === '' ? ' (INGAM_DEBUG=1 shows where it arose)' : details}`
  return write(context, new CommandError(70, message, [hint]))
}

/** A file error of the operating system in words. */
export function systemProblem(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return undefined
  return PROBLEMS[error.code] ?? error.code
}

const PROBLEMS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EBADF: 'no such open file descriptor',
  EEXIST: 'exists already',
  EISDIR: 'is a folder',
  ENOENT: 'no such file',
  ENOSPC: 'no space is left on the disk',
  ENOTDIR: 'part of the path is not a folder',
  ENOTEMPTY: 'is not empty',
  EPERM: 'not permitted',
  EROFS: 'the file system is read-only',
}

function write(context: Context, { exit, message, hints, code, notes }: CommandError): ExitCode {
  const style = styleFor(context, 'stderr')
  const shownCode = code === undefined ? '' : `${style.strong(code)}: `
  // LIMIT: a message holds several strings that were each cut to 240 characters already.
  context.stderr.write(`ingam: ${style.bad('error:')} ${shownCode}${escapeText(message, 4_096)}\n`)
  for (const note of notes) context.stderr.write(`ingam: note: ${escapeText(note, 4_096)}\n`)
  for (const hint of hints) context.stderr.write(`ingam: hint: ${hint}\n`)
  return exit
}
