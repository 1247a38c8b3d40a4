// Layer: x509. policyMappings (RFC 5280 §4.2.1.5), shape only. Whether anyPolicy is mapped is judged in path/.

import { type DerReader, valueError } from '../../der/reader.ts'
import { TAG } from '../../der/tag.ts'

/** A policy of the issuer's that a policy of the subject's is equivalent to. */
export interface PolicyMapping {
  readonly issuerDomainPolicy: string
  readonly subjectDomainPolicy: string
}

/** Reads the extension's value. */
export function readPolicyMappings(reader: DerReader): readonly PolicyMapping[] {
  return reader.readWithin(TAG.sequence, 'PolicyMappings', (inner) => {
    if (inner.isEmpty) throw valueError('PolicyMappings', inner.offset, 'at least one mapping', 'none')
    const mappings: PolicyMapping[] = []
    while (!inner.isEmpty) mappings.push(inner.readWithin(TAG.sequence, 'PolicyMapping', readMapping))
    return Object.freeze(mappings)
  })
}

function readMapping(reader: DerReader): PolicyMapping {
  const issuerDomainPolicy = reader.readOid('issuerDomainPolicy')
  return Object.freeze({ issuerDomainPolicy, subjectDomainPolicy: reader.readOid('subjectDomainPolicy') })
}
