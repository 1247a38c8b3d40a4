// Layer: x509. certificatePolicies (RFC 5280 §4.2.1.4), shape only. Qualifiers are read for their form; of their
// content nothing is used.

import { type DerReader, valueError } from '../../der/reader.ts'
import { TAG } from '../../der/tag.ts'

/** One policy under which a certificate was issued. */
export interface PolicyInformation {
  readonly policyIdentifier: string
  /** Dotted OIDs of the kinds of qualifiers. */
  readonly policyQualifiers: readonly string[]
}

/** Reads the extension's value. */
export function readCertificatePolicies(reader: DerReader): readonly PolicyInformation[] {
  return reader.readWithin(TAG.sequence, 'CertificatePolicies', (inner) => {
    if (inner.isEmpty) throw valueError('CertificatePolicies', inner.offset, 'at least one policy', 'none')
    const policies = new Map<string, PolicyInformation>()
    while (!inner.isEmpty) {
      const start = inner.offset
      const policy = inner.readWithin(TAG.sequence, 'PolicyInformation', readPolicyInformation)
      // RFC 5280 §4.2.1.4: no policy more than once.
      if (policies.has(policy.policyIdentifier))
        throw valueError('CertificatePolicies', start, 'each policy once', `${policy.policyIdentifier} twice`)
      policies.set(policy.policyIdentifier, policy)
    }
    return Object.freeze([...policies.values()])
  })
}

function readPolicyInformation(reader: DerReader): PolicyInformation {
  const policyIdentifier = reader.readOid('policyIdentifier')
  const policyQualifiers = reader.isEmpty
    ? []
    : reader.readWithin(TAG.sequence, 'policyQualifiers', (inner) => {
        if (inner.isEmpty)
          throw valueError('policyQualifiers', inner.offset, 'at least one qualifier', 'none')
        const kinds: string[] = []
        while (!inner.isEmpty)
          kinds.push(inner.readWithin(TAG.sequence, 'PolicyQualifierInfo', readQualifier))
        return kinds
      })
  return Object.freeze({ policyIdentifier, policyQualifiers: Object.freeze(policyQualifiers) })
}

function readQualifier(reader: DerReader): string {
  const kind = reader.readOid('policyQualifierId')
  reader.readElement('qualifier')
  return kind
}
