// CLI: how much room a page has: that of the terminal, or no end of it.

import type { Context } from '../context.ts'

/** The room of a page. */
export interface Room {
  /** For drawings: the terminal's columns, 80 where there is none. */
  readonly columns: number
  /** The longest line; without end where nobody looks at columns, so that a pipe gets every character. */
  readonly limit: number
}

/** The room on stdout. */
export function roomOf(context: Context): Room {
  if (!context.isTTY.stdout) return { columns: USUAL_COLUMNS, limit: Number.POSITIVE_INFINITY }
  const columns = Math.max(MIN_COLUMNS, context.columns ?? USUAL_COLUMNS)
  return { columns, limit: columns }
}

const USUAL_COLUMNS = 80
// LIMIT: below this nothing can be laid out; a terminal that says less is given lines that it wraps itself.
const MIN_COLUMNS = 24
