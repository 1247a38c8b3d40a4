// certificatePolicies: policies once each, qualifiers by their kind, never an empty list.

import { describe, expect, test } from 'vitest'
import { bytesOf, readWhole, thrownBy } from '../../../../../test/support/certificate-der.ts'
import { certificatePolicies } from '../../../../../test/support/extensions.ts'
import { TAG } from '../../der/tag.ts'
import { writeNull, writeOid, writeSequence, writeString } from '../../der/writer.ts'
import { readCertificatePolicies } from './certificate-policies.ts'

const CPS = '1.3.6.1.5.5.7.2.1'
const NOTICE = '1.3.6.1.5.5.7.2.2'

function read(der: Uint8Array): unknown {
  return readWhole(der, readCertificatePolicies)
}

function policyWith(...qualifiers: readonly Uint8Array[]): Uint8Array {
  return writeSequence(writeSequence(writeOid('1.2.3'), writeSequence(...qualifiers)))
}

function qualifier(kind: string): Uint8Array {
  return writeSequence(writeOid(kind), writeString(TAG.ia5String, 'https://example.com/cps'))
}

describe('certificatePolicies', () => {
  test('are read in their order', () => {
    expect(read(certificatePolicies('1.2.3', '2.5.29.32.0', '1.2.4').value)).toEqual([
      { policyIdentifier: '1.2.3', policyQualifiers: [] },
      { policyIdentifier: '2.5.29.32.0', policyQualifiers: [] },
      { policyIdentifier: '1.2.4', policyQualifiers: [] },
    ])
  })

  test('are read with the kinds of their qualifiers', () => {
    expect(read(policyWith(qualifier(CPS), qualifier(NOTICE), qualifier('1.2.9')))).toEqual([
      { policyIdentifier: '1.2.3', policyQualifiers: [CPS, NOTICE, '1.2.9'] },
    ])
  })

  test('of one name that begins like another are two', () => {
    expect(read(certificatePolicies('1.2.3', '1.2.3.0').value)).toHaveLength(2)
  })

  test('cannot be changed', () => {
    const policies = readWhole(certificatePolicies('1.2.3').value, readCertificatePolicies)
    expect([policies, policies[0], policies[0]?.policyQualifiers].every(Object.isFrozen)).toBe(true)
  })
})

describe('refused', () => {
  test('the same policy twice', () => {
    const der = certificatePolicies('1.2.3', '1.2.4', '1.2.3').value
    expect(thrownBy(() => read(der))).toMatchObject({
      code: 'ERR_DER_VALUE',
      details: { expected: 'each policy once', found: '1.2.3 twice' },
    })
  })

  test.each([
    ['no policy', writeSequence(), 'ERR_DER_VALUE'],
    ['a policy without its sequence', writeSequence(writeOid('1.2.3')), 'ERR_DER_UNEXPECTED_TAG'],
    ['a policy without identifier', writeSequence(writeSequence()), 'ERR_DER_TRUNCATED'],
    ['a policy that is NULL', writeSequence(writeSequence(writeNull())), 'ERR_DER_UNEXPECTED_TAG'],
    ['no qualifier in the list of qualifiers', policyWith(), 'ERR_DER_VALUE'],
    ['a qualifier without content', policyWith(writeSequence(writeOid(CPS))), 'ERR_DER_TRUNCATED'],
    ['a qualifier without kind', policyWith(writeSequence()), 'ERR_DER_TRUNCATED'],
    [
      'a qualifier of three parts',
      policyWith(writeSequence(writeOid(CPS), writeNull(), writeNull())),
      'ERR_DER_TRAILING_DATA',
    ],
    [
      'a policy of three parts',
      writeSequence(writeSequence(writeOid('1.2.3'), writeSequence(qualifier(CPS)), writeNull())),
      'ERR_DER_TRAILING_DATA',
    ],
    ['a byte behind', bytesOf(certificatePolicies('1.2.3').value, [0]), 'ERR_DER_TRAILING_DATA'],
  ])('%s', (_, der, code) => {
    expect(thrownBy(() => read(der))).toMatchObject({ code })
  })
})
