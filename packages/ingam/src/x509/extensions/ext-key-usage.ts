// Layer: x509. extKeyUsage (RFC 5280 §4.2.1.12), shape only.

import { type DerReader, valueError } from '../../der/reader.ts'
import { TAG } from '../../der/tag.ts'

/** Dotted OIDs of the purposes. */
export type ExtKeyUsage = readonly string[]

/** Reads the extension's value. */
export function readExtKeyUsage(reader: DerReader): ExtKeyUsage {
  return reader.readWithin(TAG.sequence, 'ExtKeyUsageSyntax', (inner) => {
    const purposes: string[] = []
    if (inner.isEmpty) throw valueError('ExtKeyUsageSyntax', inner.offset, 'at least one purpose', 'none')
    while (!inner.isEmpty) purposes.push(inner.readOid('KeyPurposeId'))
    return Object.freeze(purposes)
  })
}
