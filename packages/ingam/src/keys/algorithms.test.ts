// The algorithms of tokens: exact names, and exactly one kind of key for each.

import { describe, expect, test } from 'vitest'
import type { TestKeyType } from '../testing/certificate-writer.ts'
import { createTestCa } from '../testing/test-ca.ts'
import {
  DEFAULT_ALGORITHMS,
  defaultAlgorithm,
  isTokenAlgorithm,
  schemeOf,
  suitsKey,
  TOKEN_ALGORITHMS,
  type TokenAlgorithm,
} from './algorithms.ts'

// The first is the one that the key signs with unless told otherwise.
const SUITABLE: readonly (readonly [TestKeyType, readonly TokenAlgorithm[]])[] = [
  ['P-256', ['ES256']],
  ['P-384', ['ES384']],
  ['P-521', ['ES512']],
  ['RSA-2048', ['PS256', 'PS384', 'PS512', 'RS256', 'RS384', 'RS512']],
  ['id-RSASSA-PSS-2048', ['PS256', 'PS384', 'PS512']],
  ['id-RSASSA-PSS-2048-SHA-256', ['PS256']],
  ['Ed25519', ['Ed25519', 'EdDSA']],
  ['Ed448', ['Ed448']],
  ['ML-DSA-44', ['ML-DSA-44']],
  ['ML-DSA-65', ['ML-DSA-65']],
  ['ML-DSA-87', ['ML-DSA-87']],
]

describe.each(SUITABLE)('a key %s', (keyType, suitable) => {
  test(`signs with ${suitable.join(', ')} and no other`, async () => {
    const ca = await createTestCa()
    const { subjectPublicKeyInfo } = (await ca.issue({ keyType })).certificate
    expect(TOKEN_ALGORITHMS.filter((algorithm) => suitsKey(algorithm, subjectPublicKeyInfo))).toEqual(
      suitable,
    )
    expect(defaultAlgorithm(subjectPublicKeyInfo)).toBe(suitable[0])
  })
})

test('names are exact', () => {
  for (const name of TOKEN_ALGORITHMS) expect(isTokenAlgorithm(name)).toBe(true)
  for (const name of [
    '',
    'es256',
    'ES256 ',
    'ES256K',
    'none',
    'HS256',
    'eddsa',
    'ED25519',
    'ml-dsa-44',
    'ML-DSA-44 ',
    'toString',
    '__proto__',
    'constructor',
  ]) {
    expect([name, isTokenAlgorithm(name)]).toEqual([name, false])
  }
})

test('all but ML-DSA are allowed unless told otherwise', () => {
  expect(DEFAULT_ALGORITHMS).toEqual([
    'ES256',
    'ES384',
    'ES512',
    'PS256',
    'PS384',
    'PS512',
    'RS256',
    'RS384',
    'RS512',
    'Ed25519',
    'Ed448',
    'EdDSA',
  ])
  expect(Object.isFrozen(DEFAULT_ALGORITHMS)).toBe(true)
})

test('schemes are those of RFC 7518, RFC 8037, RFC 9864 and RFC 9964', () => {
  expect(Object.fromEntries(TOKEN_ALGORITHMS.map((algorithm) => [algorithm, schemeOf(algorithm)]))).toEqual({
    ES256: { kind: 'ecdsa', hash: 'SHA-256', curve: 'P-256', encoding: 'p1363' },
    ES384: { kind: 'ecdsa', hash: 'SHA-384', curve: 'P-384', encoding: 'p1363' },
    ES512: { kind: 'ecdsa', hash: 'SHA-512', curve: 'P-521', encoding: 'p1363' },
    PS256: { kind: 'rsa-pss', hash: 'SHA-256', saltLength: 32 },
    PS384: { kind: 'rsa-pss', hash: 'SHA-384', saltLength: 48 },
    PS512: { kind: 'rsa-pss', hash: 'SHA-512', saltLength: 64 },
    RS256: { kind: 'rsa-pkcs1', hash: 'SHA-256' },
    RS384: { kind: 'rsa-pkcs1', hash: 'SHA-384' },
    RS512: { kind: 'rsa-pkcs1', hash: 'SHA-512' },
    Ed25519: { kind: 'ed25519' },
    Ed448: { kind: 'ed448' },
    EdDSA: { kind: 'ed25519' },
    'ML-DSA-44': { kind: 'ml-dsa', parameterSet: 'ML-DSA-44' },
    'ML-DSA-65': { kind: 'ml-dsa', parameterSet: 'ML-DSA-65' },
    'ML-DSA-87': { kind: 'ml-dsa', parameterSet: 'ML-DSA-87' },
  })
})
