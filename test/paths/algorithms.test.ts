// Keys and signatures of certificates, each kind at each position, and the ways to lie about them.

import type { TestKeyType } from 'ingam/testing'
import { createTestCa } from 'ingam/testing'
import { type Certificate, parseCertificate, verifyPath } from 'ingam/x509'
import { describe, expect, test } from 'vitest'
import {
  generateKeyPair,
  writeBasicConstraints,
  writeCertificate,
  writeName,
} from '../../packages/ingam/src/testing/certificate-writer.ts'
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
  'RSA-3072',
  'RSA-4096',
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
    const error = await refusalOf((await other.issue()).der, [ours.certificate])
    expect(error).toMatchObject({
      code: 'ERR_PATH_ALGORITHM',
      details: { problem: "not accepted as a signature algorithm, or not one of the issuer's key" },
    })
  })
})

// The shape of such a key is right; only the runtime can tell.
test('an issuer with a point off its curve is refused, whatever the signature', async () => {
  const keys = await generateKeyPair('P-256')
  const spki = keys.subjectPublicKeyInfo
  const offCurve = spki.with(spki.length - 1, (spki.at(-1) ?? 0) ^ 1)
  const write = async (subjectPublicKeyInfo: Uint8Array, kind: 'ca' | 'end entity'): Promise<Uint8Array> =>
    await writeCertificate(
      {
        version: 3,
        serialNumber: Uint8Array.of(1),
        issuer: writeName('Root'),
        subject: writeName(kind === 'ca' ? 'Root' : 'Leaf'),
        notBefore: new Date(AT.getTime() - 1_000),
        notAfter: new Date(AT.getTime() + 1_000),
        subjectPublicKeyInfo,
        extensions: [{ oid: '2.5.29.19', critical: true, value: writeBasicConstraints(kind) }],
      },
      keys,
    )
  const leaf = await write(spki, 'end entity')
  const good = parseCertificate(await write(spki, 'ca'))
  const bad = parseCertificate(await write(offCurve, 'ca'))
  expect(await refusalOf(leaf, [good])).toBeUndefined()
  expect(await refusalOf(leaf, [bad])).toMatchObject({
    code: 'ERR_PATH_ALGORITHM',
    details: { problem: 'the runtime cannot use the key of the issuer' },
  })
})

async function refusalOf(leaf: Uint8Array, trustAnchors: readonly Certificate[]): Promise<unknown> {
  return await verifyPath({ leaf, trustAnchors, at: AT, purpose: 'clientAuth', revocation: 'off' }).then(
    () => undefined,
    (error: unknown) => error,
  )
}
