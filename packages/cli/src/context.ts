// CLI: what a command is given instead of `process`: streams, environment, clock. Tests give their own.

import { styleText } from 'node:util'
import { wrapTo } from './layout/width.ts'

/** A stream that text is written to. */
export interface Output {
  readonly write: (text: string) => unknown
  /** Settles once the reader has caught up; absent where writing waits by itself. */
  readonly drained?: () => Promise<void>
}

/** Sends a request and returns its answer; the body is read as it comes. */
export type Fetch = (input: string | URL | Request, init?: RequestInit) => Promise<Response>

/** What `@ingam/server` exports. */
export type ServerModule = typeof import('@ingam/server')

/** A signal that asks for the end. */
export type StopSignal = 'SIGINT' | 'SIGTERM'

/** The world of one call of the command. */
export interface Context {
  /** Data only. */
  readonly stdout: Output
  /** Everything else. */
  readonly stderr: Output
  readonly stdin: AsyncIterable<Uint8Array>
  readonly env: Readonly<Record<string, string | undefined>>
  readonly now: () => Date
  /** Which of the streams are a terminal. */
  readonly isTTY: { readonly stdin: boolean; readonly stdout: boolean; readonly stderr: boolean }
  /** Width of the terminal; absent where there is none, or it does not say. */
  readonly columns?: number
  /** Calls back when the person (Ctrl-C), the system (SIGTERM) or the reader of stdout has had enough; returns how to stop listening. */
  readonly onStop?: (listener: () => void) => () => void
  /** Calls back at each signal that a service knows, once somebody listens; returns how to stop listening. */
  readonly onSignal?: (listener: (signal: StopSignal | 'SIGHUP') => void) => () => void
  /** Asks for a secret without echo; absent where nobody can answer. Undefined if the person gave up. */
  readonly askSecret?: (question: string) => Promise<string | undefined>
  /** Sends requests to a service; absent: over the network. */
  readonly fetch?: Fetch
  /** Loads the service's package; absent: it is imported. */
  readonly loadServer?: () => Promise<ServerModule>
}

/** Colours of what is shown; with no colour they return the text unchanged. */
export interface Style {
  readonly good: (text: string) => string
  readonly bad: (text: string) => string
  readonly faint: (text: string) => string
  readonly strong: (text: string) => string
}

/**
 * The colours for one of the output streams: none unless it is a terminal; NO_COLOR (not empty) and TERM=dumb turn them
 * off, FORCE_COLOR decides before all else, as it does in Node. They never carry meaning alone.
 */
export function styleFor(context: Context, stream: 'stdout' | 'stderr'): Style {
  if (!hasColors(context, stream)) return { good: plain, bad: plain, faint: plain, strong: plain }
  return { good: paint('green'), bad: paint('red'), faint: paint('dim'), strong: paint('bold') }
}

function hasColors({ env, isTTY }: Context, stream: 'stdout' | 'stderr'): boolean {
  const forced = env['FORCE_COLOR']
  if (forced !== undefined) return ['', '1', 'true', '2', '3'].includes(forced)
  return isTTY[stream] && (env['NO_COLOR'] ?? '') === '' && env['TERM'] !== 'dumb'
}

/** Writes a line of news for a person to stderr; in a terminal it goes on below itself. */
export function say(context: Context, kind: 'note' | 'warning', text: string): void {
  const limit = context.isTTY.stderr ? Math.max(24, context.columns ?? 80) : Number.POSITIVE_INFINITY
  const prefix = `ingam: ${kind}: `
  const lines = wrapTo(text, limit - prefix.length)
  context.stderr.write(`${prefix}${lines.join(`\n${' '.repeat(prefix.length)}`)}\n`)
}

function paint(format: 'green' | 'red' | 'dim' | 'bold'): (text: string) => string {
  return (text) => styleText(format, text, { validateStream: false })
}

function plain(text: string): string {
  return text
}
