// Layer: x509. policyConstraints (RFC 5280 §4.2.1.11) and inhibitAnyPolicy (§4.2.1.14), shape only: numbers of further
// certificates before something is required or forbidden.

import { type DerReader, valueError } from '../../der/reader.ts'
import { contextTag, TAG } from '../../der/tag.ts'

/** After how many further certificates policies are required, and mappings forbidden. */
export interface PolicyConstraints {
  readonly requireExplicitPolicy?: number
  readonly inhibitPolicyMapping?: number
}

/** Reads the value of policyConstraints. */
export function readPolicyConstraints(reader: DerReader): PolicyConstraints {
  return reader.readWithin(TAG.sequence, 'PolicyConstraints', (inner) => {
    const start = inner.offset
    const requireExplicitPolicy = readSkipCerts(inner, 0, 'requireExplicitPolicy')
    const inhibitPolicyMapping = readSkipCerts(inner, 1, 'inhibitPolicyMapping')
    // RFC 5280 §4.2.1.11: never an empty sequence.
    if (requireExplicitPolicy === undefined && inhibitPolicyMapping === undefined) {
      const expected = 'requireExplicitPolicy or inhibitPolicyMapping'
      throw valueError('PolicyConstraints', start, expected, 'neither')
    }
    return Object.freeze({
      ...(requireExplicitPolicy !== undefined && { requireExplicitPolicy }),
      ...(inhibitPolicyMapping !== undefined && { inhibitPolicyMapping }),
    })
  })
}

/** Reads the value of inhibitAnyPolicy: after how many further certificates anyPolicy counts no more. */
export function readInhibitAnyPolicy(reader: DerReader): number {
  return reader.readSmallInteger('InhibitAnyPolicy')
}

function readSkipCerts(reader: DerReader, number: 0 | 1, reading: string): number | undefined {
  const tag = contextTag(number, 'primitive')
  return reader.peekTag() === tag ? reader.readSmallInteger(reading, tag) : undefined
}
