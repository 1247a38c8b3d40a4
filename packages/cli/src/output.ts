// CLI: how single values become text: JSON that cannot steer a terminal, claims, instants, shell words.

import { escapeText } from 'ingam'

/** One JSON value in two-space layout; characters that could reorder or hide text are written as \uXXXX. */
export function formatJson(value: unknown): string {
  return escapeJson(JSON.stringify(value, toJson, 2) ?? 'null')
}

/** One JSON value on one line, for output with a value a line. */
export function formatJsonLine(value: unknown): string {
  return escapeJson(JSON.stringify(value, toJson) ?? 'null')
}

/** A claim's or header member's value on one line, escaped and cut. */
export function formatValue(value: unknown): string {
  return typeof value === 'string' ? escapeText(value) : escapeText(JSON.stringify(value) ?? 'null')
}

/** A NumericDate as an instant, beside the number; anything else as it is. */
export function formatInstant(value: unknown): string {
  if (typeof value !== 'number' || Math.abs(value) > 8.64e12) return formatValue(value)
  return `${value} (${new Date(value * 1000).toISOString()})`
}

/** A text as a shell word, quoted only where it must be. */
export function shellWord(text: string): string {
  return /^[\w./:@%+=,-]+$/u.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`
}

function toJson(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString()
  return value instanceof Uint8Array ? Buffer.from(value).toString('base64') : value
}

function escapeJson(text: string): string {
  return text.replace(/[\u007f-\u009f\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cn}\p{Cs}]/gu, escapeUnits)
}

function escapeUnits(character: string): string {
  const units = Array.from({ length: character.length }, (_, index) => character.charCodeAt(index))
  return units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('')
}
