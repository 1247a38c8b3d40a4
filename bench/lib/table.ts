// Markdown tables of plain objects.

/** A table with a column for each member of the first row. */
export function table(rows: readonly object[]): string {
  const columns = Object.keys(rows[0] ?? {})
  const lines = rows.map((row) => {
    const entries = new Map<string, unknown>(Object.entries(row))
    return columns.map((column) => shown(entries.get(column)))
  })
  return [columns, columns.map(() => '---'), ...lines].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

function shown(value: unknown): string {
  if (typeof value !== 'number') return String(value ?? '')
  if (Number.isInteger(value)) return String(value)
  return Math.abs(value) < 10 ? value.toFixed(3) : value.toFixed(1)
}

/** For JSON.stringify: figures with as many digits as they are worth. */
export function numbered(_: string, value: unknown): unknown {
  return typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(5)) : value
}
