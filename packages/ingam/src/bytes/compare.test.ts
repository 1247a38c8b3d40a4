// Equality, order and concatenation of bytes; hexadecimal.

import { expect, test } from 'vitest'
import { compareBytes, concatBytes, equalBytes } from './compare.ts'
import { encodeHex } from './hex.ts'

const of = (...bytes: readonly number[]): Uint8Array => Uint8Array.from(bytes)

test.each([
  [of(), of(), 0],
  [of(1), of(1), 0],
  [of(1), of(2), -1],
  [of(0x7f), of(0x80), -1],
  [of(1, 2), of(1, 3), -1],
  [of(1), of(1, 0), -1],
  [of(), of(0), -1],
  [of(2), of(1, 9), 1],
])('%o against %o', (a, b, sign) => {
  expect(Math.sign(compareBytes(a, b))).toBe(sign)
  expect(Math.sign(compareBytes(b, a))).toBe(sign === 0 ? 0 : -sign)
  expect(equalBytes(a, b)).toBe(sign === 0)
  expect(equalBytes(b, a)).toBe(sign === 0)
})

test('a difference in any byte counts', () => {
  const whole = new Uint8Array(40).fill(7)
  for (let index = 0; index < whole.length; index++) {
    const other = whole.with(index, 8)
    expect(equalBytes(whole, other)).toBe(false)
  }
})

test('parts are joined in order', () => {
  expect([...concatBytes(of(1, 2), of(), of(3))]).toEqual([1, 2, 3])
  expect(concatBytes()).toHaveLength(0)
})

test('hexadecimal has two digits for each byte, in lower case', () => {
  expect(encodeHex(of(0x00, 0x0f, 0xa0, 0xff))).toBe('000fa0ff')
  expect(encodeHex(of())).toBe('')
})
