// nameConstraints: bases of every kind, both lists, and the shapes that RFC 5280 forbids.

import { describe, expect, test } from 'vitest'
import { bytesOf, readWhole, thrownBy } from '../../../../../test/support/certificate-der.ts'
import { name, nameConstraints, rdn } from '../../../../../test/support/extensions.ts'
import { contextTag } from '../../der/tag.ts'
import { writeElement, writeImplicit, writeInteger, writeNull, writeSequence } from '../../der/writer.ts'
import { readNameConstraints } from './name-constraints.ts'

function read(der: Uint8Array): unknown {
  return readWhole(der, readNameConstraints)
}

function listOf(number: number, ...subtrees: readonly Uint8Array[]): Uint8Array {
  return writeElement(contextTag(number, 'constructed'), bytesOf(...subtrees))
}

describe('nameConstraints', () => {
  test.each([
    ['rfc822Name', name.email('example.com'), { kind: 'rfc822Name', value: 'example.com' }],
    ['dNSName', name.dns('.example.com'), { kind: 'dNSName', value: '.example.com' }],
    ['an empty dNSName', name.dns(''), { kind: 'dNSName', value: '' }],
    ['a URI', name.uri('example.com'), { kind: 'uniformResourceIdentifier', value: 'example.com' }],
    ['IPv4', name.ip(10, 0, 0, 0, 255, 0, 0, 0), { kind: 'iPAddress' }],
    ['IPv6', name.ip(...new Uint8Array(32)), { kind: 'iPAddress' }],
    [
      'directoryName',
      name.directory(rdn('2.5.4.10', 'x')),
      { kind: 'directoryName', name: { isEmpty: false } },
    ],
    ['an empty directoryName', name.directory(), { kind: 'directoryName', name: { isEmpty: true } }],
    ['otherName', name.other('1.2.3', writeNull()), { kind: 'otherName', value: '1.2.3' }],
    ['registeredID', name.registeredId('1.2.3'), { kind: 'registeredID', value: '1.2.3' }],
    ['x400Address', name.x400(), { kind: 'x400Address' }],
    ['ediPartyName', name.ediParty(), { kind: 'ediPartyName' }],
  ])('are read with %s', (_, base, expected) => {
    const both = nameConstraints({ permitted: [base], excluded: [base, base] })
    expect(read(both.value)).toMatchObject({
      permittedSubtrees: [expected],
      excludedSubtrees: [expected, expected],
    })
  })

  test('hold the list that is there, and not the other', () => {
    const base = name.dns('example.com')
    expect(read(nameConstraints({ permitted: [base] }).value)).not.toHaveProperty('excludedSubtrees')
    expect(read(nameConstraints({ excluded: [base] }).value)).not.toHaveProperty('permittedSubtrees')
  })

  test('cannot be changed', () => {
    const constraints = readWhole(nameConstraints({ permitted: [name.dns('a')] }).value, readNameConstraints)
    expect([constraints, constraints.permittedSubtrees].every(Object.isFrozen)).toBe(true)
  })
})

const BASE = name.dns('example.com')
const SUBTREE = writeSequence(BASE)

describe('refused', () => {
  test.each([
    ['neither list', writeSequence(), 'ERR_DER_VALUE'],
    ['an empty list of permitted', writeSequence(listOf(0)), 'ERR_DER_VALUE'],
    ['an empty list of excluded', writeSequence(listOf(0, SUBTREE), listOf(1)), 'ERR_DER_VALUE'],
    [
      'the lists in the wrong order',
      writeSequence(listOf(1, SUBTREE), listOf(0, SUBTREE)),
      'ERR_DER_TRAILING_DATA',
    ],
    ['a list twice', writeSequence(listOf(0, SUBTREE), listOf(0, SUBTREE)), 'ERR_DER_TRAILING_DATA'],
    ['a third list', writeSequence(listOf(0, SUBTREE), listOf(2, SUBTREE)), 'ERR_DER_TRAILING_DATA'],
    ['a base without its subtree', writeSequence(listOf(0, BASE)), 'ERR_DER_UNEXPECTED_TAG'],
    ['a subtree without base', writeSequence(listOf(0, writeSequence())), 'ERR_DER_VALUE'],
    ['a base of no kind', writeSequence(listOf(0, writeSequence(writeNull()))), 'ERR_DER_VALUE'],
    ['a base of kind nine', writeSequence(listOf(0, writeSequence(writeImplicit(9, BASE)))), 'ERR_DER_VALUE'],
    [
      'text beyond ASCII',
      nameConstraints({ permitted: [writeImplicit(2, Uint8Array.of(0xc3, 0xbc))] }).value,
      'ERR_DER_VALUE',
    ],
    ['a byte behind', bytesOf(writeSequence(listOf(0, SUBTREE)), [0]), 'ERR_DER_TRAILING_DATA'],
  ])('%s', (_, der, code) => {
    expect(thrownBy(() => read(der))).toMatchObject({ code })
  })

  // RFC 5280 §4.2.1.10: minimum 0 is the default, which DER does not write; anything else is forbidden.
  test.each([
    ['minimum 0, written out', [writeImplicit(0, writeInteger(0).subarray(2))]],
    ['minimum 1', [writeImplicit(0, writeInteger(1).subarray(2))]],
    ['a maximum', [writeImplicit(1, writeInteger(5).subarray(2))]],
  ])('%s', (_, fields) => {
    const der = writeSequence(listOf(0, writeSequence(BASE, ...fields)))
    expect(thrownBy(() => read(der))).toMatchObject({
      code: 'ERR_DER_VALUE',
      details: { expected: 'neither minimum nor maximum' },
    })
  })

  test.each([0, 4, 7, 9, 16, 31, 33])('an address with its mask in %d octets', (length) => {
    const der = nameConstraints({ permitted: [name.ip(...new Uint8Array(length))] }).value
    expect(thrownBy(() => read(der))).toMatchObject({
      code: 'ERR_DER_VALUE',
      details: { found: `${length} octets` },
    })
  })
})
