// Layer: errors. Checks of options objects, done once at entry: an unknown key is refused, so that a misspelt option
// can never weaken a check in silence.

import { createError } from './errors.ts'

/**
 * Refuses anything but a plain object that has known keys only. A promise that nobody waited for, a Map or an object with
 * options by inheritance would say nothing, or something that was not looked at.
 */
export function checkOptionKeys(argument: string, options: unknown, known: readonly string[]): void {
  if (typeof options !== 'object' || options === null) {
    throw createError('ERR_ARG_TYPE', { argument, expected: 'an options object', found: kindOf(options) })
  }
  if (!isPlainObject(options)) {
    const found = Array.isArray(options) ? 'an array' : 'an object of another kind'
    throw createError('ERR_ARG_TYPE', { argument, expected: 'a plain object', found })
  }
  for (const key of Object.keys(options)) {
    if (!known.includes(key)) throw createError('ERR_ARG_UNKNOWN_OPTION', { argument: key, known })
  }
}

/** The value, or the default where it is undefined; a whole number within the bounds. */
export function wholeNumber(
  argument: string,
  value: number | undefined,
  bounds: { readonly default: number; readonly minimum: number; readonly maximum: number },
): number {
  if (value === undefined) return bounds.default
  if (typeof value !== 'number') {
    throw createError('ERR_ARG_TYPE', { argument, expected: 'a number', found: kindOf(value) })
  }
  if (!Number.isInteger(value) || value < bounds.minimum || value > bounds.maximum) {
    const expected = `a whole number from ${bounds.minimum} to ${bounds.maximum}`
    throw createError('ERR_ARG_VALUE', { argument, expected, found: String(value) })
  }
  return value
}

/** A valid Date, or an argument error. */
export function validDate(argument: string, value: unknown): Date {
  if (value instanceof Date && Number.isFinite(value.getTime())) return value
  const found = value instanceof Date ? 'an invalid Date' : kindOf(value)
  throw createError('ERR_ARG_TYPE', { argument, expected: 'a valid Date', found })
}

/** Whether an object is one of plain members: no array, promise, Map or instance of a class, which hide theirs. */
export function isPlainObject(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === null || prototype === Object.prototype
}

/** The kind of a value in a word, never the value itself. */
export function kindOf(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'an array'
  return typeof value
}

/** One of a few texts; the first where none is given. */
export function choice<T extends string>(
  argument: string,
  value: T | undefined,
  values: readonly [T, ...T[]],
): T {
  if (value === undefined) return values[0]
  if (values.includes(value)) return value
  const found = typeof value === 'string' ? value : kindOf(value)
  throw createError('ERR_ARG_VALUE', { argument, expected: values.map((v) => `'${v}'`).join(' or '), found })
}
