// What the writer writes is minimal DER and is read again as what it was.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readWhole } from '../../../../test/support/certificate-der.ts'
import { TAG } from './tag.ts'
import {
  writeBitString,
  writeBoolean,
  writeElement,
  writeExplicit,
  writeImplicit,
  writeInteger,
  writeNull,
  writeOctetString,
  writeOid,
  writeSequence,
  writeSet,
  writeString,
} from './writer.ts'

test.each([
  ['TRUE', writeBoolean('true'), '0101ff'],
  ['FALSE', writeBoolean('false'), '010100'],
  ['NULL', writeNull(), '0500'],
  ['INTEGER 0', writeInteger(0), '020100'],
  ['INTEGER 127', writeInteger(127), '02017f'],
  ['INTEGER 128', writeInteger(128), '02020080'],
  ['INTEGER 256', writeInteger(256), '02020100'],
  ['INTEGER of no bytes', writeInteger(new Uint8Array(0)), '020100'],
  ['INTEGER of zeros', writeInteger(new Uint8Array(3)), '020100'],
  ['INTEGER with zeros in front', writeInteger(Uint8Array.of(0, 0, 0x80)), '02020080'],
  ['OID', writeOid('2.5.29.19'), '0603551d13'],
  ['OCTET STRING', writeOctetString(Uint8Array.of(1)), '040101'],
  ['BIT STRING', writeBitString(Uint8Array.of(0x80), 7), '03020780'],
  ['SEQUENCE', writeSequence(writeNull(), writeNull()), '300405000500'],
  ['SET', writeSet(writeNull()), '31020500'],
  ['an explicit tag', writeExplicit(3, writeNull()), 'a3020500'],
  ['an implicit tag', writeImplicit(2, Uint8Array.of(0x61)), '820161'],
  ['text', writeString(TAG.utf8String, 'ä'), '0c02c3a4'],
])('%s', (_, bytes, hex) => {
  expect(Buffer.from(bytes).toString('hex')).toBe(hex)
})

describe('read again', () => {
  test.each([0, 127, 128, 255, 256, 65_535, 65_536])('an element of %i bytes', (length) => {
    const bytes = writeElement(TAG.octetString, new Uint8Array(length))
    expect(readWhole(bytes, (reader) => reader.readOctetString('bytes'))).toHaveLength(length)
  })

  test('any non-negative integer', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 24 }), (value) => {
        const read = readWhole(writeInteger(value), (reader) => reader.readInteger('number'))
        const number = (bytes: Uint8Array): bigint => BigInt(`0x0${Buffer.from(bytes).toString('hex')}`)
        expect(number(read)).toBe(number(value))
      }),
    )
  })
})
