// Server: columns of a row as the table says they are. Runs in the worker thread: no imports but types.

import type { SQLOutputValue } from 'node:sqlite'

/** @throws {TypeError} where the column does not hold what the table says: the file is damaged */
export function textOf(value: SQLOutputValue | undefined): string {
  if (typeof value !== 'string') throw new TypeError('a column of the database holds no text')
  return value
}

/** @throws {TypeError} as {@link textOf} */
export function numberOf(value: SQLOutputValue | undefined): number {
  if (typeof value !== 'number') throw new TypeError('a column of the database holds no number')
  return value
}
