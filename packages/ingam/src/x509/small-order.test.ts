// Points of small order: all that there are, in each way to write them, and what is next to them.

import { describe, expect, test } from 'vitest'
import { isOfSmallOrder } from './small-order.ts'

// The y coordinates of the eight points of order 1, 2, 4 and 8, the lowest byte first, without the sign of x.
const ED25519: readonly (readonly [string, string])[] = [
  ['order 1', `01${'00'.repeat(31)}`],
  ['order 2', `ec${'ff'.repeat(30)}7f`],
  ['order 4', '00'.repeat(32)],
  ['order 8', 'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a'],
  ['order 8, y negative', '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05'],
  ['order 1, written as p + 1', `ee${'ff'.repeat(30)}7f`],
  ['order 4, written as p', `ed${'ff'.repeat(30)}7f`],
]
const ED448: readonly (readonly [string, string])[] = [
  ['order 1', `01${'00'.repeat(56)}`],
  ['order 2', `fe${'ff'.repeat(27)}fe${'ff'.repeat(27)}00`],
  ['order 4', '00'.repeat(57)],
  ['order 1, written as p + 1', `${'00'.repeat(28)}${'ff'.repeat(28)}00`],
  ['order 4, written as p', `${'ff'.repeat(28)}fe${'ff'.repeat(27)}00`],
]

describe.each([
  ['ed25519', ED25519],
  ['ed448', ED448],
] as const)('%s', (curve, points) => {
  test.each(points)('%s, with either sign', (_, hex) => {
    const key = Uint8Array.from(Buffer.from(hex, 'hex'))
    expect(isOfSmallOrder(curve, key)).toBe(true)
    expect(isOfSmallOrder(curve, key.with(-1, (key.at(-1) ?? 0) ^ 0x80))).toBe(true)
  })

  test.each(points)('not next to %s', (_, hex) => {
    const key = Uint8Array.from(Buffer.from(hex, 'hex'))
    expect(isOfSmallOrder(curve, key.with(3, (key[3] ?? 0) ^ 0x10))).toBe(false)
  })
})

// RFC 8032 §7.1 and §7.4, the first keys; and the base points.
test.each([
  ['ed25519', 'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a'],
  ['ed25519', `58${'66'.repeat(31)}`],
  [
    'ed448',
    '5fd7449b59b461fd2ce787ec616ad46a1da1342485a70e1f8a0ea75d80e96778edf124769b46c7061bd6783df1e50f6cd1fa1abeafe8256180',
  ],
] as const)('not %s of %s', (curve, hex) => {
  expect(isOfSmallOrder(curve, Uint8Array.from(Buffer.from(hex, 'hex')))).toBe(false)
})
