// The algorithms of tokens: exact names, and exactly one kind of key for each.

import { describe, expect, test } from 'vitest'
import { createTestCa } from '../testing/test-ca.ts'
import { defaultAlgorithm, isTokenAlgorithm, schemeOf, suitsKey, TOKEN_ALGORITHMS } from './algorithms.ts'

const SUITABLE = {
  'P-256': ['ES256'],
  'P-384': [],
  'RSA-2048': ['RS256', 'PS256'],
  Ed25519: ['Ed25519'],
} as const

const DEFAULTS = {
  'P-256': 'ES256',
  'P-384': undefined,
  'RSA-2048': 'PS256',
  Ed25519: 'Ed25519',
} as const

describe.each(['P-256', 'P-384', 'RSA-2048', 'Ed25519'] as const)('a key %s', (keyType) => {
  test('signs with its own algorithms and no other', async () => {
    const { subjectPublicKeyInfo } = (await createTestCa({ keyType })).certificate
    expect(TOKEN_ALGORITHMS.filter((algorithm) => suitsKey(algorithm, subjectPublicKeyInfo))).toEqual(
      SUITABLE[keyType],
    )
    expect(defaultAlgorithm(subjectPublicKeyInfo)).toBe(DEFAULTS[keyType])
  })
})

test('names are exact', () => {
  for (const name of TOKEN_ALGORITHMS) expect(isTokenAlgorithm(name)).toBe(true)
  for (const name of [
    '',
    'es256',
    'ES256 ',
    'none',
    'HS256',
    'EdDSA',
    'ES384',
    'toString',
    '__proto__',
    'constructor',
  ]) {
    expect([name, isTokenAlgorithm(name)]).toEqual([name, false])
  }
})

test('schemes are those of RFC 7518 and RFC 8037', () => {
  expect(TOKEN_ALGORITHMS.map(schemeOf)).toEqual([
    { kind: 'ecdsa', hash: 'SHA-256', curve: 'P-256', encoding: 'p1363' },
    { kind: 'rsa-pkcs1', hash: 'SHA-256' },
    { kind: 'rsa-pss', hash: 'SHA-256', saltLength: 32 },
    { kind: 'ed25519' },
  ])
})
