// Layer: x509. What is refused of the extensions of lists and of their entries.

import { createError } from '../errors/errors.ts'
import { nameOfOid } from './oids.ts'

/** The refusal of an extension that RFC 5280 does not allow as it stands. */
export function wrongExtension(oid: string, problem: string, cause?: Error): Error {
  const details = { oid, name: nameOfOid(oid), problem }
  return createError('ERR_CRL_EXTENSION', details, cause === undefined ? {} : { cause })
}

/** The refusal of one that stands twice. */
export function twice(oid: string): Error {
  return wrongExtension(oid, 'stands twice')
}
