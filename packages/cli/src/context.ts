// CLI: what a command is given instead of `process`: streams, environment, clock. Tests give their own.

import { styleText } from 'node:util'

/** A stream that text is written to. */
export interface Output {
  readonly write: (text: string) => unknown
}

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
  /** Asks for a secret without echo; absent where nobody can answer. Undefined if the person gave up. */
  readonly askSecret?: (question: string) => Promise<string | undefined>
}

/** Colours of what is shown; with no colour they return the text unchanged. */
export interface Style {
  readonly good: (text: string) => string
  readonly bad: (text: string) => string
  readonly faint: (text: string) => string
  readonly strong: (text: string) => string
}

/** The colours for one of the output streams: none unless it is a terminal; NO_COLOR and TERM=dumb are honoured. */
export function styleFor(context: Context, stream: 'stdout' | 'stderr'): Style {
  const noColor = (context.env['NO_COLOR'] ?? '') !== '' || context.env['TERM'] === 'dumb'
  if (noColor || !context.isTTY[stream]) return { good: plain, bad: plain, faint: plain, strong: plain }
  return { good: paint('green'), bad: paint('red'), faint: paint('dim'), strong: paint('bold') }
}

/** Writes a line of news for a person to stderr. */
export function say(context: Context, kind: 'note' | 'warning', text: string): void {
  context.stderr.write(`ingam: ${kind}: ${text}\n`)
}

function paint(format: 'green' | 'red' | 'dim' | 'bold'): (text: string) => string {
  return (text) => styleText(format, text, { validateStream: false })
}

function plain(text: string): string {
  return text
}
