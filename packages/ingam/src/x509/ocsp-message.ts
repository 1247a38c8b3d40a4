// Layer: x509. What OCSP requests and responses share: their size, their version, numbers of their parts.

import type { DerReader } from '../der/reader.ts'
import { contextTag } from '../der/tag.ts'
import { createError } from '../errors/errors.ts'
import { kindOf } from '../errors/options.ts'

// LIMIT: responses have half a KiB without certificates, with a chain of ML-DSA 20 KiB.
const MAX_BYTES = 65_536

/** A copy of a message of bearable size. */
export function copyOfMessage(der: Uint8Array, reading: string): Uint8Array {
  if (!(der instanceof Uint8Array)) {
    const [expected, found] = ['a Uint8Array of DER', kindOf(der)]
    throw createError('ERR_ARG_TYPE', { argument: 'der', expected, found })
  }
  if (der.length > MAX_BYTES) {
    const limit = { limit: 'size', maximum: MAX_BYTES, found: der.length }
    throw createError('ERR_DER_LIMIT', { reading, offset: 0, ...limit })
  }
  return new Uint8Array(der)
}

/** RFC 6960 §4.1.1, §4.2.1: there is v1 alone, and as the default it is not written (X.690 §11.5). */
export function refuseVersion(reader: DerReader): void {
  const tag = contextTag(0, 'constructed')
  if (reader.peekTag() !== tag) return
  const version = reader.readWithin(tag, 'version', (inner) => inner.readSmallInteger('version'))
  throw fieldError('version', version === 0 ? 'the default is written out' : `unknown version ${version + 1}`)
}

/** The refusal of more parts than are read. */
export function tooMany(reading: string, offset: number, maximum: number): Error {
  const limit = { limit: 'number', maximum, found: maximum + 1 }
  return createError('ERR_DER_LIMIT', { reading, offset, ...limit })
}

/** The refusal of a field that RFC 6960 does not allow. */
export function fieldError(field: string, problem: string, cause?: Error): Error {
  return createError('ERR_OCSP_FIELD', { field, problem }, cause === undefined ? {} : { cause })
}
