// Layer: testing. Writes an ENUMERATED from the name of its value.

import { TAG } from '../der/tag.ts'
import { writeElement } from '../der/writer.ts'
import { createError } from '../errors/errors.ts'

/** The place of the name in the table, as an ENUMERATED; a name that is not there is an argument error. */
export function writeEnumerated<T extends string>(
  argument: string,
  names: readonly (T | undefined)[],
  name: T,
): Uint8Array {
  const number = names.indexOf(name)
  if (number >= 0) return writeElement(TAG.enumerated, Uint8Array.of(number))
  const expected = names.filter((known) => known !== undefined).join(', ')
  throw createError('ERR_ARG_VALUE', { argument, expected, found: String(name) })
}
