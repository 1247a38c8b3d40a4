// CLI: rows of a name and a value in two columns. Values that are too long for a terminal go on below themselves.

import type { Room } from './room.ts'
import { padTo, widthOf, wrapTo } from './width.ts'

/** A row; the paint is put on each line of the value once it is laid out. */
export type Row = readonly [name: string, value: string, paint?: (text: string) => string]

/** The rows, their names padded to one width; foreign text must be escaped by the caller. */
export function formatRows(rows: readonly Row[], room: Room, indent: string = ''): string {
  const widest = Math.max(0, ...rows.map(([name]) => widthOf(name)))
  // A long name must not leave its value a sliver.
  const width = Math.min(widest, Math.max(8, Math.floor((room.limit - indent.length) / 3)))
  return rows
    .flatMap((row) => rowLines(row, width, room.limit - indent.length))
    .map((line) => `${indent}${line}`.trimEnd())
    .join('\n')
}

function rowLines([name, value, paint]: Row, width: number, limit: number): readonly string[] {
  const names = wrapTo(name, width)
  const values = wrapTo(value, limit - width - GAP.length)
  const count = Math.max(names.length, values.length)
  return Array.from({ length: count }, (_, index) => {
    const line = values[index] ?? ''
    return `${padTo(names[index] ?? '', width)}${GAP}${paint === undefined || line === '' ? line : paint(line)}`
  })
}

/** A text under an indent, wrapped to the room. */
export function formatParagraph(text: string, room: Room, indent: string = ''): readonly string[] {
  return wrapTo(text, room.limit - widthOf(indent)).map((line) => `${indent}${line}`)
}

const GAP = '  '
