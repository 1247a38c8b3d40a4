// Ranges of addresses: an address within, and the neighbours that are not.

import { expect, test } from 'vitest'
import { coversRange, isWithin, parseRange } from './address.ts'

test.each([
  ['192.0.2.1', '192.0.2.1', true],
  ['192.0.2.1', '192.0.2.2', false],
  ['192.0.2.0/24', '192.0.2.255', true],
  ['192.0.2.0/24', '192.0.3.0', false],
  ['192.0.2.128/25', '192.0.2.127', false],
  ['192.0.2.0/23', '192.0.3.1', true],
  ['0.0.0.0/0', '8.8.8.8', true],
  ['0.0.0.0/0', '0:0:0:0:0:0:0:1', false],
  ['::/0', '192.0.2.1', false],
  ['::ffff:c000:201', '192.0.2.1', false],
  ['192.0.2.1', '0:0:0:0:0:ffff:c000:201', false],
  ['2001:db8::/32', '2001:db8:0:0:0:0:0:1', true],
  ['2001:DB8::/32', '2001:db9:0:0:0:0:0:1', false],
  ['2001:db8::1', '2001:db8:0:0:0:0:0:1', true],
  ['192.0.2.0/24', '192.0.2', false],
  ['192.0.2.0/24', '192.0.2.1/24', false],
])('%s has %s: %s', (range, address, verdict) => {
  const parsed = parseRange(range)
  if (parsed === undefined) throw new Error('a range')
  expect(isWithin(parsed, address)).toBe(verdict)
})

test.each([
  '',
  '192.0.2',
  '192.0.2.256',
  '192.0.02.1',
  '192.0.2.0/33',
  '192.0.2.1/24',
  '192.0.2.0/024',
  '192.0.2.0/',
])('%s is none', (text) => expect(parseRange(text)).toBeUndefined())

test.each([
  ':',
  ':::',
  '1::2::3',
  '1:2:3:4:5:6:7',
  '1:2:3:4:5:6:7:8:9',
  '1:2:3:4:5:6:7::8',
  'g::',
  '::1/129',
  '::1/64',
  '::1%eth0',
])('%s is none', (text) => expect(parseRange(text)).toBeUndefined())

test.each([
  ['192.0.2.0/24', '192.0.2.0/25', true],
  ['192.0.2.0/25', '192.0.2.0/24', false],
  ['192.0.2.0/24', '192.0.3.0/25', false],
  ['::/0', '0.0.0.0/0', false],
])('%s covers %s: %s', (wide, narrow, verdict) => {
  const [a, b] = [parseRange(wide), parseRange(narrow)]
  if (a === undefined || b === undefined) throw new Error('ranges')
  expect(coversRange(a, b)).toBe(verdict)
})
