// policyMappings: pairs of policies, at least one.

import { describe, expect, test } from 'vitest'
import { bytesOf, readWhole, thrownBy } from '../../../../../test/support/certificate-der.ts'
import { policyMappings } from '../../../../../test/support/extensions.ts'
import { writeOid, writeSequence } from '../../der/writer.ts'
import { readPolicyMappings } from './policy-mappings.ts'

function read(der: Uint8Array): unknown {
  return readWhole(der, readPolicyMappings)
}

describe('policyMappings', () => {
  test('are read in their order, also where a policy is mapped twice', () => {
    expect(read(policyMappings(['1.2.3', '1.2.4'], ['1.2.3', '1.2.5']).value)).toEqual([
      { issuerDomainPolicy: '1.2.3', subjectDomainPolicy: '1.2.4' },
      { issuerDomainPolicy: '1.2.3', subjectDomainPolicy: '1.2.5' },
    ])
  })

  test('to and from anyPolicy are read; the path refuses them', () => {
    expect(read(policyMappings(['2.5.29.32.0', '1.2.3']).value)).toHaveLength(1)
  })

  test('cannot be changed', () => {
    const mappings = readWhole(policyMappings(['1.2.3', '1.2.4']).value, readPolicyMappings)
    expect([mappings, mappings[0]].every(Object.isFrozen)).toBe(true)
  })

  test.each([
    ['no mapping', writeSequence(), 'ERR_DER_VALUE'],
    ['a mapping of nothing', writeSequence(writeSequence()), 'ERR_DER_TRUNCATED'],
    ['a mapping of one policy', writeSequence(writeSequence(writeOid('1.2.3'))), 'ERR_DER_TRUNCATED'],
    [
      'a mapping of three policies',
      writeSequence(writeSequence(writeOid('1.2.3'), writeOid('1.2.4'), writeOid('1.2.5'))),
      'ERR_DER_TRAILING_DATA',
    ],
    [
      'policies without their pair',
      writeSequence(writeOid('1.2.3'), writeOid('1.2.4')),
      'ERR_DER_UNEXPECTED_TAG',
    ],
    ['a byte behind', bytesOf(policyMappings(['1.2.3', '1.2.4']).value, [0]), 'ERR_DER_TRAILING_DATA'],
  ])('refuse %s', (_, der, code) => {
    expect(thrownBy(() => read(der))).toMatchObject({ code })
  })
})
