// Checkpoints: what they say, that others can verify them, and everything that is none.

import { createHmac, generateKeyPairSync, sign } from 'node:crypto'
import { createLocalJWKSet, jwtVerify } from 'jose'
import { describe, expect, test } from 'vitest'
import { makeCheckpoint, verifyCheckpoint } from '../../../packages/server/src/audit/checkpoint.ts'
import { auditKey, headOf, jws, log, signer } from './support.ts'

const key = auditKey('a')
const keys = { keys: [key.jwk] }
const head = headOf(log([3]).at(-1))
const signed = makeCheckpoint(head, new Date(1795420800000), signer(key))
const header = '{"alg":"ES256","kid":"a","typ":"ingam-audit-checkpoint+jwt"}'
const claims = { at: 1795420800000, hash: head.hash, position: 3, run: head.run, sequence: 3 }
const payload = JSON.stringify(claims)

function problem(token: string, jwks: Parameters<typeof verifyCheckpoint>[1] = keys): string {
  const verdict = verifyCheckpoint(token, jwks)
  return verdict.kind === 'refused' ? verdict.problem : 'verified'
}

test('says where the log ends and when', () => {
  expect(verifyCheckpoint(signed, keys)).toEqual({
    kind: 'verified',
    kid: 'a',
    checkpoint: { ...head, at: 1795420800000 },
  })
})

test('verifies elsewhere too', async () => {
  const set = createLocalJWKSet({ keys: [{ ...key.jwk, kty: 'EC' }] })
  const result = await jwtVerify(signed, set, { typ: 'ingam-audit-checkpoint+jwt', algorithms: ['ES256'] })
  expect(result.payload).toEqual(claims)
})

describe('headers', () => {
  test.each([
    ['{"alg":"none","kid":"a","typ":"ingam-audit-checkpoint+jwt"}', 'expected algorithm ES256, found none'],
    ['{"alg":"HS256","kid":"a","typ":"ingam-audit-checkpoint+jwt"}', 'expected algorithm ES256, found HS256'],
    ['{"alg":"es256","kid":"a","typ":"ingam-audit-checkpoint+jwt"}', 'expected algorithm ES256, found es256'],
    [
      '{"alg":["ES256"],"kid":"a","typ":"ingam-audit-checkpoint+jwt"}',
      'expected algorithm ES256, found none',
    ],
    ['{"kid":"a","typ":"ingam-audit-checkpoint+jwt"}', 'expected algorithm ES256, found none'],
    ['{"alg":"ES256","kid":"a","typ":"at+jwt"}', 'expected type ingam-audit-checkpoint+jwt, found at+jwt'],
    [
      '{"alg":"ES256","kid":"a","typ":"INGAM-audit-checkpoint+jwt"}',
      'expected type ingam-audit-checkpoint+jwt, found INGAM-audit-checkpoint+jwt',
    ],
    [
      '{"alg":"ES256","kid":"a","typ":"application/ingam-audit-checkpoint+jwt"}',
      'expected type ingam-audit-checkpoint+jwt, found application/ingam-audit-checkpoint+jwt',
    ],
    ['{"alg":"ES256","kid":"a"}', 'expected type ingam-audit-checkpoint+jwt, found none'],
    [
      '{"alg":"ES256","crit":["x"],"kid":"a","typ":"ingam-audit-checkpoint+jwt","x":1}',
      'the header has further members',
    ],
    [
      '{"alg":"ES256","jwk":{},"kid":"a","typ":"ingam-audit-checkpoint+jwt"}',
      'the header has further members',
    ],
    ['{"alg":"ES256","typ":"ingam-audit-checkpoint+jwt"}', 'the header has no key id'],
    ['{"alg":"ES256","kid":"b","typ":"ingam-audit-checkpoint+jwt"}', 'no audit key b'],
    [
      '{"alg":"ES256","kid":"a\\u202e","typ":"ingam-audit-checkpoint+jwt"}',
      'the header is not a canonical JSON object in base64url',
    ],
    [
      '{"alg": "ES256","kid":"a","typ":"ingam-audit-checkpoint+jwt"}',
      'the header is not a canonical JSON object in base64url',
    ],
    [
      '{"alg":"none","alg":"ES256","kid":"a","typ":"ingam-audit-checkpoint+jwt"}',
      'the header is not a canonical JSON object in base64url',
    ],
    ['[]', 'the header is not a canonical JSON object in base64url'],
    ['', 'the header is not a canonical JSON object in base64url'],
  ])('%s', (other, expected) => {
    expect(problem(jws(key.privateKey, other, payload))).toBe(expected)
  })
})

describe('payloads', () => {
  const others: unknown[] = [
    { ...claims, extra: 1 },
    { ...claims, position: 0 },
    { ...claims, position: '3' },
    { ...claims, position: 2 ** 53 },
    { ...claims, sequence: 1.5 },
    { ...claims, hash: head.hash.slice(1) },
    { ...claims, hash: `${head.hash}A` },
    { ...claims, run: '' },
    { ...claims, run: 'x'.repeat(65) },
    { ...claims, at: 'now' },
    { at: 1, hash: head.hash, position: 3, run: head.run },
    [],
    null,
  ]
  test.each(others)('%j', (other) => {
    expect(problem(jws(key.privateKey, header, JSON.stringify(other)))).toBe(
      'the payload is not that of a checkpoint',
    )
  })
  test('in another order of members, or with a member twice', () => {
    const { at, ...rest } = claims
    expect(problem(jws(key.privateKey, header, JSON.stringify({ ...rest, at })))).toBe(
      'the payload is not that of a checkpoint',
    )
    expect(
      problem(jws(key.privateKey, header, payload.replace('"position":3', '"position":4,"position":3'))),
    ).toBe('the payload is not that of a checkpoint')
  })
})

describe('signatures', () => {
  const [first = '', second = '', third = ''] = signed.split('.')
  test.each([
    [`${first}.${second}`, 'the signature is not 64 bytes in base64url'],
    [`${first}.${second}.`, 'the signature is not 64 bytes in base64url'],
    [`${first}.${second}.${third}.`, 'expected three parts'],
    [`${first}.${second}.${third}=`, 'the signature is not 64 bytes in base64url'],
    [`${first}.${second}.${third.slice(0, -2)}`, 'the signature is not 64 bytes in base64url'],
    [`${first}.${second}.${Buffer.alloc(64).toString('base64url')}`, 'the signature does not verify'],
    [`${first}.${second.slice(0, -1)}.${third}`, 'the signature does not verify'],
    [`${first}=.${second}.${third}`, 'the header is not a canonical JSON object in base64url'],
    [` ${signed}`, 'the header is not a canonical JSON object in base64url'],
    ['x'.repeat(2048), 'the header is not a canonical JSON object in base64url'],
    ['x'.repeat(2049), 'expected at most 2048 characters'],
    ['', 'the header is not a canonical JSON object in base64url'],
  ])('%#: %s', (token, expected) => {
    expect(problem(token)).toBe(expected)
  })

  test('every flipped bit of the signature', () => {
    const bytes = Buffer.from(third, 'base64url')
    for (let bit = 0; bit < 512; bit += 1) {
      const flipped = Buffer.from(bytes)
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      expect(problem(`${first}.${second}.${flipped.toString('base64url')}`)).toBe(
        'the signature does not verify',
      )
    }
  })

  test('in DER, by another key, by another hash, or an HMAC with the public key', () => {
    const input = Buffer.from(`${first}.${second}`)
    const der = sign('sha256', input, key.privateKey).toString('base64url')
    expect(problem(`${first}.${second}.${der}`)).not.toBe('verified')
    expect(problem(makeCheckpoint(head, new Date(0), signer(auditKey('a'))))).toBe(
      'the signature does not verify',
    )
    const sha512 = sign('sha512', input, { key: key.privateKey, dsaEncoding: 'ieee-p1363' }).toString(
      'base64url',
    )
    expect(problem(`${first}.${second}.${sha512}`)).toBe('the signature does not verify')
    const mac = createHmac('sha512', JSON.stringify(key.jwk)).update(input).digest('base64url')
    expect(problem(`${first}.${second}.${mac}`)).toBe('the signature does not verify')
  })
})

describe('keys', () => {
  test('two of one id, none, or unfit ones are no key', () => {
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-384' })
    const { crv, x, y } = publicKey.export({ format: 'jwk' })
    for (const list of [
      [],
      [key.jwk, key.jwk],
      [key.jwk, auditKey('a').jwk],
      [{ ...key.jwk, crv: `${crv}`, x: `${x}`, y: `${y}` }],
      [{ ...key.jwk, alg: 'ES384' }],
      [{ ...key.jwk, use: 'enc' }],
      [{ ...key.jwk, kty: 'oct' }],
      [{ ...key.jwk, y: key.jwk['x'] ?? '' }],
      [{ ...key.jwk, x: 1 }],
    ]) {
      expect(problem(signed, { keys: list })).toBe('no audit key a')
    }
  })

  test('another key beside it does no harm', () => {
    expect(problem(signed, { keys: [auditKey('b').jwk, key.jwk] })).toBe('verified')
  })
})
