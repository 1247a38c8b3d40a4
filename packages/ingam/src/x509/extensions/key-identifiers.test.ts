// subjectKeyIdentifier and authorityKeyIdentifier: hints as they stand; issuer and serial number both or neither.

import { describe, expect, test } from 'vitest'
import { readWhole, thrownBy, writeRawInteger } from '../../../../../test/support/certificate-der.ts'
import { concatBytes } from '../../bytes/compare.ts'
import { contextTag } from '../../der/tag.ts'
import {
  writeElement,
  writeExplicit,
  writeImplicit,
  writeNull,
  writeOctetString,
  writeSequence,
} from '../../der/writer.ts'
import { readAuthorityKeyIdentifier, readSubjectKeyIdentifier } from './key-identifiers.ts'

const KEY_ID = writeImplicit(0, Uint8Array.of(1, 2, 3))
const ISSUER = writeExplicit(1, writeImplicit(2, new TextEncoder().encode('ca.example')))
const SERIAL = writeImplicit(2, Uint8Array.of(0x05))

describe('subjectKeyIdentifier', () => {
  test('is read as it stands', () => {
    const der = writeOctetString(Uint8Array.of(1, 2))
    expect(readWhole(der, readSubjectKeyIdentifier)).toEqual(Uint8Array.of(1, 2))
  })

  test('is refused as another type', () => {
    expect(thrownBy(() => readWhole(writeNull(), readSubjectKeyIdentifier))).toMatchObject({
      code: 'ERR_DER_UNEXPECTED_TAG',
      details: { reading: 'SubjectKeyIdentifier', expected: 'octetString' },
    })
  })

  test('is refused in constructed form', () => {
    const der = Uint8Array.of(0x24, 0x03, 0x04, 0x01, 0x01)
    expect(thrownBy(() => readWhole(der, readSubjectKeyIdentifier))).toMatchObject({
      code: 'ERR_DER_UNEXPECTED_TAG',
    })
  })
})

describe('authorityKeyIdentifier', () => {
  test('is read with nothing in it', () => {
    expect(readWhole(writeSequence(), readAuthorityKeyIdentifier)).toEqual({})
  })

  test('is read with a key identifier alone', () => {
    expect(readWhole(writeSequence(KEY_ID), readAuthorityKeyIdentifier)).toEqual({
      keyIdentifier: Uint8Array.of(1, 2, 3),
    })
  })

  test('is read with issuer and serial number', () => {
    expect(readWhole(writeSequence(ISSUER, SERIAL), readAuthorityKeyIdentifier)).toEqual({
      authorityCertIssuer: [{ kind: 'dNSName', value: 'ca.example' }],
      authorityCertSerialNumber: Uint8Array.of(0x05),
    })
  })

  test('is read with all three', () => {
    const read = readWhole(writeSequence(KEY_ID, ISSUER, SERIAL), readAuthorityKeyIdentifier)
    expect(Object.keys(read)).toEqual(['keyIdentifier', 'authorityCertIssuer', 'authorityCertSerialNumber'])
  })

  test('is read with 64 names of the issuer, and refused with 65', () => {
    const name = writeImplicit(2, new TextEncoder().encode('ca.example'))
    const named = (count: number): Uint8Array => {
      const names = concatBytes(...Array.from({ length: count }, () => name))
      return writeSequence(writeElement(contextTag(1, 'constructed'), names), SERIAL)
    }
    expect(readWhole(named(64), readAuthorityKeyIdentifier).authorityCertIssuer).toHaveLength(64)
    expect(thrownBy(() => readWhole(named(65), readAuthorityKeyIdentifier))).toMatchObject({
      code: 'ERR_DER_LIMIT',
      details: { reading: 'authorityCertIssuer', limit: 'number', maximum: 64, found: 65 },
    })
  })

  test.each([
    ['an issuer without serial number', writeSequence(ISSUER)],
    ['a serial number without issuer', writeSequence(SERIAL)],
    ['a key identifier and a serial number', writeSequence(KEY_ID, SERIAL)],
    ['a key identifier and an issuer', writeSequence(KEY_ID, ISSUER)],
  ])('is refused with %s', (_, der) => {
    expect(thrownBy(() => readWhole(der, readAuthorityKeyIdentifier))).toMatchObject({
      code: 'ERR_DER_VALUE',
      details: { reading: 'AuthorityKeyIdentifier', expected: 'issuer and serial number both or neither' },
    })
  })

  test.each([
    ['members in the wrong order', writeSequence(ISSUER, SERIAL, KEY_ID), 'ERR_DER_TRAILING_DATA'],
    ['the key identifier twice', writeSequence(KEY_ID, KEY_ID), 'ERR_DER_TRAILING_DATA'],
    ['an unknown member', writeSequence(writeImplicit(3, Uint8Array.of(1))), 'ERR_DER_TRAILING_DATA'],
    ['an issuer of no names', writeSequence(writeExplicit(1, new Uint8Array(0)), SERIAL), 'ERR_DER_VALUE'],
    [
      'a serial number with a needless zero',
      writeSequence(ISSUER, writeImplicit(2, Uint8Array.of(0, 5))),
      'ERR_DER_NON_CANONICAL',
    ],
    [
      'a serial number that is tagged twice',
      writeSequence(ISSUER, writeExplicit(2, writeRawInteger(5))),
      'ERR_DER_VALUE',
    ],
    ['a bare key identifier', KEY_ID, 'ERR_DER_UNEXPECTED_TAG'],
  ])('is refused with %s', (_, der, code) => {
    expect(thrownBy(() => readWhole(der, readAuthorityKeyIdentifier))).toMatchObject({ code })
  })
})
