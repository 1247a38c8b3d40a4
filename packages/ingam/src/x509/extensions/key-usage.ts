// Layer: x509. keyUsage (RFC 5280 §4.2.1.3), shape only.

import { type DerReader, nonCanonical, valueError } from '../../der/reader.ts'

/** The bits by their RFC 5280 names, bit 0 first. */
export const KEY_USAGE_BITS = [
  'digitalSignature',
  'nonRepudiation',
  'keyEncipherment',
  'dataEncipherment',
  'keyAgreement',
  'keyCertSign',
  'cRLSign',
  'encipherOnly',
  'decipherOnly',
] as const

/** One bit of keyUsage by its RFC 5280 name. */
export type KeyUsageBit = (typeof KEY_USAGE_BITS)[number]

/** The bits that are set. */
export type KeyUsage = readonly KeyUsageBit[]

/** Reads the extension's value. */
export function readKeyUsage(reader: DerReader): KeyUsage {
  const start = reader.offset
  const { bytes, unusedBits } = reader.readBits('KeyUsage')
  // RFC 5280 §4.2.1.3: at least one bit is set.
  if (bytes.length === 0) throw valueError('KeyUsage', start, 'at least one bit', 'none')
  // X.690 §11.2.2: a named bit list ends with a bit that is set.
  if ((((bytes.at(-1) ?? 0) >> unusedBits) & 1) === 0) {
    throw nonCanonical('KeyUsage', start, 'a named bit list ends with a one', 'a zero')
  }
  if (bytes.length * 8 - unusedBits > KEY_USAGE_BITS.length) {
    throw valueError(
      'KeyUsage',
      start,
      `at most ${KEY_USAGE_BITS.length} bits`,
      String(bytes.length * 8 - unusedBits),
    )
  }
  return Object.freeze(
    KEY_USAGE_BITS.filter((_, index) => (((bytes[index >> 3] ?? 0) << (index & 7)) & 0x80) !== 0),
  )
}
