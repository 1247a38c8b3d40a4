// ECDSA signatures between R‖S and DER: one form for each signature, everything else refused.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ecdsaDerFromP1363, ecdsaP1363FromDer } from './ecdsa-signature.ts'

const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'))

// Coordinates of two bytes, so that every form fits on a line.
const KNOWN = [
  ['0001 0002', '3006 020101 020102'],
  ['007f 0080', '3007 02017f 02020080'],
  ['8000 ffff', '300a 0203008000 020300ffff'],
  ['0000 0000', '3006 020100 020100'],
  ['0100 00ff', '3008 02020100 020200ff'],
] as const

test.each(KNOWN)('%s is %s', (fixed, der) => {
  expect(ecdsaDerFromP1363(hex(fixed), 2)).toEqual(hex(der))
  expect(ecdsaP1363FromDer(hex(der), 2)).toEqual(hex(fixed))
})

test.each([32, 48, 66])('any signature of coordinates of %i bytes comes back', (coordinateBytes) => {
  const bytes = fc.uint8Array({ minLength: 2 * coordinateBytes, maxLength: 2 * coordinateBytes })
  const small = bytes.map((value) => value.map((byte, index) => (index % coordinateBytes < 20 ? 0 : byte)))
  const large = bytes.map((value) => value.map((byte) => byte | 0x80))
  fc.assert(
    fc.property(fc.oneof(bytes, small, large), (fixed) => {
      const der = ecdsaDerFromP1363(fixed, coordinateBytes)
      expect(der === undefined ? undefined : ecdsaP1363FromDer(der, coordinateBytes)).toEqual(fixed)
    }),
  )
})

test.each([0, 3, 5, 8])('R‖S of %i bytes is refused for coordinates of two', (length) => {
  expect(ecdsaDerFromP1363(new Uint8Array(length), 2)).toBeUndefined()
})

describe('DER is refused', () => {
  test.each([
    ['without any byte', ''],
    ['of another tag', '3106 020101 020102'],
    ['with a byte after it', '3006 020101 020102 00'],
    ['with a byte after the integers', '3007 020101 020102 00'],
    ['cut by a byte', '3006 020101 0201'],
    ['with a length too small', '3005 020101 020102'],
    ['with a length in two bytes', '308106 020101 020102'],
    ['with an indefinite length', '3080 020101 020102 0000'],
    ['with one integer', '3003 020101'],
    ['with three integers', '3009 020101 020102 020103'],
    ['with another type first', '3006 040101 020102'],
    ['with another type second', '3006 020101 040102'],
    ['with an integer of no bytes', '3005 0200 020102'],
    ['with a second integer of no bytes', '3005 020101 0200'],
    ['with a negative integer', '3006 0201ff 020102'],
    ['with a negative second integer', '3006 020101 020180'],
    ['with a zero too many', '3007 02020001 020102'],
    ['with a zero too many in the second', '3007 020101 02020002'],
    ['with two zeros', '3007 02020000 020102'],
    ['with an integer too large', '3008 0203010000 020102'],
    ['with an integer too large that needs a zero', '3009 020400800000 020102'],
    ['with an integer that reaches beyond the end', '3006 020101 020502'],
    ['with the length of an integer in two bytes', '3007 02810101 020102'],
  ])('%s', (_, der) => {
    expect(ecdsaP1363FromDer(hex(der), 2)).toBeUndefined()
  })

  test('for the coordinates of a shorter curve', () => {
    const der = hex('300a 0203008000 020300ffff')
    expect(ecdsaP1363FromDer(der, 2)).toBeDefined()
    expect(ecdsaP1363FromDer(der, 1)).toBeUndefined()
  })
})
