// Keys and signatures of certificates, each kind at each position, and the ways to lie about them.

import type { TestKeyType } from 'ingam/testing'
import { createTestCa } from 'ingam/testing'
import { describe, expect, test } from 'vitest'
import { generateKeyPair } from '../../packages/ingam/src/testing/certificate-writer.ts'
import { AT, issuePath, judge, judgeUsual } from '../support/mini-ca.ts'

const POSITIONS = ['root', 'upper', 'lower', 'leaf'] as const

async function isThere(keyType: TestKeyType): Promise<boolean> {
  return await generateKeyPair(keyType).then(
    () => true,
    () => false,
  )
}

const KEY_TYPES = [
  'P-256',
  'P-384',
  'P-521',
  'RSA-2048',
  'RSA-PSS-2048',
  'Ed25519',
  'Ed448',
  'ML-DSA-44',
  'ML-DSA-65',
  'ML-DSA-87',
] as const

describe.each(KEY_TYPES)('%s', async (keyType) => {
  // The pinned runtime has them all; older ones lack ML-DSA.
  test.runIf(await isThere(keyType)).each(POSITIONS)('at the %s', async (position) => {
    expect(await judgeUsual(await issuePath({ [position]: { keyType } }))).toBe('accepted')
  })

  test.runIf(await isThere(keyType))('a signature by another key of the kind is refused', async () => {
    const ours = await createTestCa({ at: AT, name: 'Root', keyType })
    const other = await createTestCa({ at: AT, name: 'Root', keyType })
    const leaf = await other.issue()
    expect(await judge(leaf, { trustAnchors: [ours.certificate] })).toBe('ERR_PATH_SIGNATURE')
  })
})

test('the runtime that is pinned has every kind', async () => {
  const there = await Promise.all(KEY_TYPES.map(isThere))
  expect(KEY_TYPES.filter((_, index) => there[index] === false)).toEqual([])
})

// The algorithm of a signature must suit the key of the issuer found; the same name does not help.
describe('a signature of another kind than the key of the issuer', () => {
  test.each([
    ['P-256', 'RSA-2048'],
    ['RSA-2048', 'P-256'],
    ['RSA-PSS-2048', 'Ed25519'],
    ['Ed25519', 'Ed448'],
    ['Ed448', 'Ed25519'],
    ['ML-DSA-44', 'ML-DSA-65'],
    ['Ed25519', 'ML-DSA-44'],
  ] as const)('%s by %s', async (keyType, signed) => {
    const ours = await createTestCa({ at: AT, name: 'Root', keyType })
    const other = await createTestCa({ at: AT, name: 'Root', keyType: signed })
    expect(await judge(await other.issue(), { trustAnchors: [ours.certificate] })).toBe('ERR_PATH_ALGORITHM')
  })
})
