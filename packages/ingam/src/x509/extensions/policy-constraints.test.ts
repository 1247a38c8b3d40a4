// policyConstraints and inhibitAnyPolicy: small non-negative integers, never an empty sequence.

import { describe, expect, test } from 'vitest'
import { bytesOf, readWhole, thrownBy, writeRawInteger } from '../../../../../test/support/certificate-der.ts'
import { inhibitAnyPolicy, policyConstraints } from '../../../../../test/support/extensions.ts'
import { writeExplicit, writeImplicit, writeInteger, writeSequence } from '../../der/writer.ts'
import { readInhibitAnyPolicy, readPolicyConstraints } from './policy-constraints.ts'

function read(der: Uint8Array): unknown {
  return readWhole(der, readPolicyConstraints)
}

const MAXIMUM = 2 ** 31 - 1

describe('policyConstraints', () => {
  test.each([
    ['both', policyConstraints(0, 1), { requireExplicitPolicy: 0, inhibitPolicyMapping: 1 }],
    ['requireExplicitPolicy', policyConstraints(5), { requireExplicitPolicy: 5 }],
    ['inhibitPolicyMapping', policyConstraints(undefined, 0), { inhibitPolicyMapping: 0 }],
    [
      'the greatest numbers',
      policyConstraints(MAXIMUM, MAXIMUM),
      { requireExplicitPolicy: MAXIMUM, inhibitPolicyMapping: MAXIMUM },
    ],
  ])('are read with %s', (_, { value }, expected) => {
    expect(read(value)).toEqual(expected)
  })

  test.each([
    ['neither', writeSequence(), 'ERR_DER_VALUE'],
    ['a number beyond the greatest', policyConstraints(MAXIMUM + 1).value, 'ERR_DER_VALUE'],
    ['a negative number', writeSequence(writeImplicit(0, Uint8Array.of(0xff))), 'ERR_DER_VALUE'],
    ['a number of no octets', writeSequence(writeImplicit(0, new Uint8Array(0))), 'ERR_DER_NON_CANONICAL'],
    ['a needless zero', writeSequence(writeImplicit(1, Uint8Array.of(0, 5))), 'ERR_DER_NON_CANONICAL'],
    [
      'the numbers in the wrong order',
      writeSequence(writeImplicit(1, Uint8Array.of(0)), writeImplicit(0, Uint8Array.of(0))),
      'ERR_DER_TRAILING_DATA',
    ],
    ['explicit tags', writeSequence(writeExplicit(0, writeInteger(0))), 'ERR_DER_VALUE'],
    ['a number without its tag', writeSequence(writeInteger(0)), 'ERR_DER_VALUE'],
    [
      'a third number',
      writeSequence(writeImplicit(0, Uint8Array.of(0)), writeImplicit(2, Uint8Array.of(0))),
      'ERR_DER_TRAILING_DATA',
    ],
    ['a byte behind', bytesOf(policyConstraints(0).value, [0]), 'ERR_DER_TRAILING_DATA'],
  ])('refuse %s', (_, der, code) => {
    expect(thrownBy(() => read(der))).toMatchObject({ code })
  })
})

describe('inhibitAnyPolicy', () => {
  test.each([0, 1, 127, 128, MAXIMUM])('is read: %d', (skipCerts) => {
    expect(readWhole(inhibitAnyPolicy(skipCerts).value, readInhibitAnyPolicy)).toBe(skipCerts)
  })

  test.each([
    ['a negative number', writeRawInteger(0xff), 'ERR_DER_VALUE'],
    ['a number beyond the greatest', writeInteger(MAXIMUM + 1), 'ERR_DER_VALUE'],
    ['a needless zero', writeRawInteger(0, 1), 'ERR_DER_NON_CANONICAL'],
    ['a sequence', writeSequence(writeInteger(0)), 'ERR_DER_UNEXPECTED_TAG'],
    ['nothing', new Uint8Array(0), 'ERR_DER_TRUNCATED'],
  ])('refuses %s', (_, der, code) => {
    expect(thrownBy(() => readWhole(der, readInhibitAnyPolicy))).toMatchObject({ code })
  })
})
