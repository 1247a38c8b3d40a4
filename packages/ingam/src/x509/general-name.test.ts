// GeneralName: all nine kinds read and printed, user principal names decoded, empty and malformed ones refused.

import { describe, expect, test } from 'vitest'
import { bytesOf, readWhole, thrownBy, writeRdn } from '../../../../test/support/certificate-der.ts'
import type { DerReader } from '../der/reader.ts'
import { TAG } from '../der/tag.ts'
import {
  writeElement,
  writeExplicit,
  writeImplicit,
  writeInteger,
  writeNull,
  writeOid,
  writeSequence,
  writeString,
} from '../der/writer.ts'
import { formatGeneralName, type GeneralName, readGeneralName, readGeneralNames } from './general-name.ts'

const UPN = '1.3.6.1.4.1.311.20.2.3'

function ascii(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}

function otherName(typeId: string, ...value: readonly Uint8Array[]): Uint8Array {
  return writeExplicit(0, bytesOf(writeOid(typeId), writeExplicit(0, bytesOf(...value))))
}

function upn(text: string): Uint8Array {
  return otherName(UPN, writeString(TAG.utf8String, text))
}

function read(der: Uint8Array): GeneralName {
  return readWhole(der, (reader) => readGeneralName(reader, 'name'))
}

function readAllNames(reader: DerReader): readonly GeneralName[] {
  return readGeneralNames(reader, 'names')
}

describe('the nine kinds', () => {
  test('reads otherName of an unknown type as it stands', () => {
    const der = otherName('1.2.3', writeNull())
    expect(read(der)).toEqual({ kind: 'otherName', typeId: '1.2.3', value: Uint8Array.of(0x05, 0x00) })
  })

  test.each([
    ['rfc822Name', 1, 'a@b.example'],
    ['dNSName', 2, 'a.example'],
    ['dNSName', 2, '*.a.example'],
    ['uniformResourceIdentifier', 6, 'spiffe://a/b'],
  ])('reads %s as it stands', (kind, tag, value) => {
    expect(read(writeImplicit(tag, ascii(value)))).toEqual({ kind, value })
  })

  test.each([
    ['x400Address', 3],
    ['ediPartyName', 5],
  ])('reads %s as bytes', (kind, tag) => {
    const der = writeExplicit(tag, writeNull())
    expect(read(der)).toEqual({ kind, der })
  })

  test('reads directoryName', () => {
    const name = writeSequence(writeRdn('2.5.4.3', 'x'))
    expect(read(writeExplicit(4, name))).toMatchObject({ kind: 'directoryName', name: { der: name } })
  })

  test('reads registeredID', () => {
    expect(read(writeImplicit(8, Uint8Array.of(0x2a, 0x03)))).toEqual({
      kind: 'registeredID',
      value: '1.2.3',
    })
  })

  test('reads iPAddress of 4 octets', () => {
    const bytes = Uint8Array.of(192, 0, 2, 255)
    expect(read(writeImplicit(7, bytes))).toEqual({ kind: 'iPAddress', bytes, value: '192.0.2.255' })
  })

  test('reads iPAddress of 16 octets', () => {
    const bytes = Uint8Array.of(0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0, 0, 1)
    expect(read(writeImplicit(7, bytes))).toEqual({
      kind: 'iPAddress',
      bytes,
      value: '2001:db8:0:0:0:0:ff00:1',
    })
  })
})

describe('malformed names', () => {
  test.each([
    ['rfc822Name', 1],
    ['dNSName', 2],
    ['uniformResourceIdentifier', 6],
  ])('refuses an empty %s', (_, tag) => {
    expect(thrownBy(() => read(writeImplicit(tag, new Uint8Array(0))))).toMatchObject({
      code: 'ERR_DER_VALUE',
      details: { found: 'an empty one' },
    })
  })

  test.each([1, 2, 6])('refuses a byte above 7F in [%d]', (tag) => {
    expect(thrownBy(() => read(writeImplicit(tag, Uint8Array.of(0x61, 0x80))))).toMatchObject({
      code: 'ERR_DER_VALUE',
      details: { expected: 'ASCII', found: 'byte 0x80' },
    })
  })

  test('accepts byte 7F in a dNSName', () => {
    expect(read(writeImplicit(2, Uint8Array.of(0x7f)))).toMatchObject({ value: '\u007f' })
  })

  test.each([0, 3, 5, 8, 15, 17, 32])('refuses an iPAddress of %d octets', (length) => {
    expect(thrownBy(() => read(writeImplicit(7, new Uint8Array(length))))).toMatchObject({
      code: 'ERR_DER_VALUE',
      details: { expected: 'an address of 4 or 16 octets', found: `${length} octets` },
    })
  })

  test.each([
    ['empty', []],
    ['without end', [0x2a, 0x83]],
    ['with leading zeros in an arc', [0x2a, 0x80, 0x01]],
  ])('refuses a registeredID that is %s', (_, content) => {
    expect(thrownBy(() => read(writeImplicit(8, Uint8Array.from(content))))).toMatchObject({
      code: 'ERR_DER_VALUE',
    })
  })

  test.each([
    ['[9]', writeImplicit(9, ascii('a')), 'tag 0x89'],
    ['a constructed dNSName', writeExplicit(2, ascii('a')), 'tag 0xa2'],
    ['a primitive otherName', writeImplicit(0, ascii('a')), 'tag 0x80'],
    ['a primitive directoryName', writeImplicit(4, new Uint8Array(0)), 'tag 0x84'],
    ['a bare text', writeString(TAG.ia5String, 'a'), 'tag 0x16'],
    ['nothing', new Uint8Array(0), 'the end'],
  ])('refuses %s', (_, der, found) => {
    expect(thrownBy(() => read(der))).toMatchObject({
      code: 'ERR_DER_VALUE',
      details: { reading: 'name', expected: 'a GeneralName', found },
    })
  })

  test('refuses a directoryName that holds two names', () => {
    const name = writeSequence(writeRdn('2.5.4.3', 'x'))
    expect(thrownBy(() => read(writeExplicit(4, bytesOf(name, name))))).toMatchObject({
      code: 'ERR_DER_TRAILING_DATA',
    })
  })

  test('refuses a directoryName whose own tag is missing', () => {
    expect(thrownBy(() => read(writeExplicit(4, writeRdn('2.5.4.3', 'x'))))).toMatchObject({
      code: 'ERR_DER_UNEXPECTED_TAG',
    })
  })

  test.each([
    ['without value', writeExplicit(0, writeOid('1.2.3')), 'ERR_DER_TRUNCATED'],
    ['without type', writeExplicit(0, writeExplicit(0, writeNull())), 'ERR_DER_UNEXPECTED_TAG'],
    [
      'whose value is not tagged',
      writeExplicit(0, bytesOf(writeOid('1.2.3'), writeNull())),
      'ERR_DER_UNEXPECTED_TAG',
    ],
    [
      'with two values',
      writeExplicit(
        0,
        bytesOf(writeOid('1.2.3'), writeExplicit(0, writeNull()), writeExplicit(0, writeNull())),
      ),
      'ERR_DER_TRAILING_DATA',
    ],
  ])('refuses an otherName %s', (_, der, code) => {
    expect(thrownBy(() => read(der))).toMatchObject({ code })
  })
})

describe('user principal names', () => {
  test('are read from UTF-8', () => {
    expect(read(upn('ü@b.example'))).toMatchObject({ kind: 'otherName', typeId: UPN, upn: 'ü@b.example' })
  })

  test('keep a byte order mark', () => {
    expect(read(upn('\ufeffa@b'))).toMatchObject({ upn: '\ufeffa@b' })
  })

  test('keep their encoding beside the text', () => {
    expect(read(upn('a'))).toMatchObject({ value: writeString(TAG.utf8String, 'a') })
  })

  test.each([
    ['another string type', otherName(UPN, writeString(TAG.ia5String, 'a@b')), 'ERR_DER_UNEXPECTED_TAG'],
    ['a number', otherName(UPN, writeInteger(1)), 'ERR_DER_UNEXPECTED_TAG'],
    ['nothing', otherName(UPN), 'ERR_DER_TRUNCATED'],
    [
      'two texts',
      otherName(UPN, writeString(TAG.utf8String, 'a'), writeString(TAG.utf8String, 'b')),
      'ERR_DER_TRAILING_DATA',
    ],
    [
      'bytes that are no UTF-8',
      otherName(UPN, writeElement(TAG.utf8String, Uint8Array.of(0xc3))),
      'ERR_DER_VALUE',
    ],
    [
      'an overlong character',
      otherName(UPN, writeElement(TAG.utf8String, Uint8Array.of(0xc0, 0xaf))),
      'ERR_DER_VALUE',
    ],
  ])('are refused as %s', (_, der, code) => {
    expect(thrownBy(() => read(der))).toMatchObject({ code, details: { reading: 'userPrincipalName' } })
  })

  test('are nothing special in another type', () => {
    const der = otherName('1.3.6.1.4.1.311.20.2.4', writeString(TAG.utf8String, 'a@b'))
    expect(read(der)).not.toHaveProperty('upn')
  })

  test('are refused as empty text', () => {
    expect(thrownBy(() => read(upn('')))).toMatchObject({ code: 'ERR_DER_VALUE' })
  })
})

describe('lists', () => {
  const dns = writeImplicit(2, ascii('a'))

  test('are read in order', () => {
    const kinds = readWhole(bytesOf(dns, writeImplicit(1, ascii('b')), dns), readAllNames)
    expect(kinds.map(({ kind }) => kind)).toEqual(['dNSName', 'rfc822Name', 'dNSName'])
  })

  test('are refused when empty', () => {
    expect(thrownBy(() => readWhole(new Uint8Array(0), readAllNames))).toMatchObject({
      code: 'ERR_DER_VALUE',
      details: { reading: 'names', expected: 'at least one name', found: 'none' },
    })
  })

  test('are refused with a foreign element among them', () => {
    expect(thrownBy(() => readWhole(bytesOf(dns, writeNull()), readAllNames))).toMatchObject({
      code: 'ERR_DER_VALUE',
      details: { found: 'tag 0x5' },
    })
  })
})

describe('printing', () => {
  test.each([
    ['an unknown otherName', otherName('1.2.3', writeNull()), 'otherName:1.2.3'],
    ['a user principal name', upn('a@b'), 'UPN:a@b'],
    ['rfc822Name', writeImplicit(1, ascii('a@b')), 'email:a@b'],
    ['dNSName', writeImplicit(2, ascii('a.b')), 'DNS:a.b'],
    ['x400Address', writeExplicit(3, writeNull()), 'x400Address:a3020500'],
    ['directoryName', writeExplicit(4, writeSequence(writeRdn('2.5.4.3', 'x'))), 'dirName:CN=x'],
    ['ediPartyName', writeExplicit(5, writeNull()), 'ediPartyName:a5020500'],
    ['uniformResourceIdentifier', writeImplicit(6, ascii('urn:a')), 'URI:urn:a'],
    ['iPAddress', writeImplicit(7, Uint8Array.of(10, 0, 0, 1)), 'IP:10.0.0.1'],
    ['registeredID', writeImplicit(8, Uint8Array.of(0x2a, 0x03)), 'RID:1.2.3'],
  ])('puts its kind in front of %s', (_, der, expected) => {
    expect(formatGeneralName(read(der))).toBe(expected)
  })
})
