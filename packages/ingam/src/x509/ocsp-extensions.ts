// Layer: x509. Extensions of OCSP messages (RFC 6960 §4.4). The nonce (RFC 9654) is understood; the others are kept as
// they stand, and the critical ones among them are listed, since whoever judges may not overlook them.

import { type DerReader, readAll } from '../der/reader.ts'
import { TAG } from '../der/tag.ts'
import { createError, isPkiError } from '../errors/errors.ts'
import { type Extension, readExtensions } from './extension.ts'
import { nameOfOid } from './oids.ts'

/** id-pkix-ocsp-nonce. */
export const NONCE = '1.3.6.1.5.5.7.48.1.2'

// LIMIT: RFC 9654 §2.1.
export const MAX_NONCE_OCTETS = 128
// LIMIT: messages in use have at most three; bounds the look for repeated ones.
const MAX_EXTENSIONS = 32

/** The extensions of one place of a message. */
export interface OcspExtensions {
  readonly extensions: readonly Extension[]
  /** OIDs of critical ones that are not understood. */
  readonly unknownCritical: readonly string[]
}

export const NO_EXTENSIONS: OcspExtensions = Object.freeze({
  extensions: Object.freeze([]),
  unknownCritical: Object.freeze([]),
})

/** Reads Extensions in an explicit tag where they stand; `understood` are the OIDs that the caller looks at. */
export function readOcspExtensions(
  reader: DerReader,
  tag: number,
  reading: string,
  understood: readonly string[] = [],
): OcspExtensions {
  if (reader.peekTag() !== tag) return NO_EXTENSIONS
  const extensions = reader.readWithin(tag, reading, (tagged) =>
    tagged.readWithin(TAG.sequence, reading, (list) =>
      readExtensions(list, { reading, maximum: MAX_EXTENSIONS, twice }),
    ),
  )
  const unknown = extensions.filter(({ oid, critical }) => critical && !understood.includes(oid))
  return Object.freeze({ extensions, unknownCritical: Object.freeze(unknown.map(({ oid }) => oid)) })
}

function twice(oid: string): Error {
  return extensionError(oid, 'stands twice')
}

/** Content of the nonce among the extensions, where there is one. */
export function readNonce(extensions: readonly Extension[]): Uint8Array | undefined {
  const extension = extensions.find(({ oid }) => oid === NONCE)
  if (extension === undefined) return undefined
  const nonce = readNonceValue(extension.value)
  // RFC 9654 §2.1: Nonce ::= OCTET STRING (SIZE(1..128))
  if (nonce.length === 0 || nonce.length > MAX_NONCE_OCTETS)
    throw extensionError(NONCE, `${nonce.length} octets, 1 to ${MAX_NONCE_OCTETS} are allowed`)
  return nonce
}

function readNonceValue(value: Uint8Array): Uint8Array {
  try {
    return readAll(value, 'Nonce', (reader) => reader.readOctetString('Nonce'))
  } catch (cause) {
    if (!isPkiError(cause)) throw cause
    throw extensionError(NONCE, cause.message, cause)
  }
}

function extensionError(oid: string, problem: string, cause?: Error): Error {
  const details = { oid, name: nameOfOid(oid), problem }
  return createError('ERR_OCSP_EXTENSION', details, cause === undefined ? {} : { cause })
}
