// Base64 and base64url: one text for each sequence of bytes, everything else refused.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeBase64, decodeBase64url, encodeBase64, encodeBase64url } from './base64.ts'

const FORMS = [
  { name: 'base64', decode: decodeBase64, encode: encodeBase64, last: '+/', foreign: '-_', padding: '=' },
  {
    name: 'base64url',
    decode: decodeBase64url,
    encode: encodeBase64url,
    last: '-_',
    foreign: '+/',
    padding: '',
  },
] as const

// RFC 4648 §10
const KNOWN = [
  ['', ''],
  ['f', 'Zg=='],
  ['fo', 'Zm8='],
  ['foo', 'Zm9v'],
  ['foob', 'Zm9vYg=='],
  ['fooba', 'Zm9vYmE='],
  ['foobar', 'Zm9vYmFy'],
] as const

describe.each(FORMS)('$name', ({ decode, encode, last, foreign, padding }) => {
  const padded = (text: string): string => (padding === '' ? text.replaceAll('=', '') : text)

  test.each(KNOWN)('%j', (text, encoded) => {
    const bytes = new TextEncoder().encode(text)
    expect(encode(bytes)).toBe(padded(encoded))
    expect(decode(padded(encoded))).toEqual(bytes)
  })

  test('its last two letters are its own, those of the other alphabet are refused', () => {
    expect(decode(`A${last}A`)).toEqual(Uint8Array.of(0x03, 0xef, 0xc0))
    expect(encode(Uint8Array.of(0x03, 0xef, 0xc0))).toBe(`A${last}A`)
    for (const letter of foreign) expect(decode(`A${letter}AA`)).toBeUndefined()
  })

  test('agrees with Buffer on any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 70 }), (bytes) => {
        const text = encode(bytes)
        expect(text).toBe(Buffer.from(bytes).toString(padding === '' ? 'base64url' : 'base64'))
        expect(decode(text)).toEqual(bytes)
      }),
    )
  })

  test('each last group of two and of three letters has its one accepted form', () => {
    const alphabet = `ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789${last}`
    let accepted = 0
    for (const first of alphabet) {
      for (const second of alphabet) {
        for (const text of [`${first}${second}${padding}${padding}`, `A${first}${second}${padding}`]) {
          const bytes = decode(text)
          if (bytes === undefined) continue
          accepted++
          expect(encode(bytes)).toBe(text)
        }
      }
    }
    // 256 single bytes; of the groups of three letters those whose last letter has two zero bits: 64 times 16.
    expect(accepted).toBe(256 + 1024)
  })

  test.each([
    ['a space', 'Zm 9'],
    ['a line feed', 'Zm9v\n'],
    ['a line feed within', 'Zm\n9v'],
    ['a tab', '\tZm9'],
    ['NUL', 'Zm9\0'],
    ['a character beyond ASCII', 'Zm9ä'],
    ['a character whose low byte is a letter', 'Zm9\u0141'],
    ['a surrogate pair', 'Zm9\u{1f600}'],
    ['padding within', 'Zg==Zg=='],
    ['padding alone', '===='],
    ['padding in front', '=Zm9'],
    ['a single letter', 'Z'],
    ['five letters', 'Zm9vY'],
    ['spare bits in two letters', `Zh${padding}${padding}`],
    ['spare bits in three letters', `Zm9${padding}`],
    ['surplus padding', 'Zm8=='],
    ['three signs of padding', 'Z==='],
  ])('refuses %s', (_, text) => {
    expect(decode(text)).toBeUndefined()
  })
})

test('padding is required by the one and refused by the other', () => {
  expect(decodeBase64('Zg')).toBeUndefined()
  expect(decodeBase64('Zg=')).toBeUndefined()
  expect(decodeBase64('Zm8')).toBeUndefined()
  expect(decodeBase64url('Zg==')).toBeUndefined()
  expect(decodeBase64url('Zm8=')).toBeUndefined()
})
