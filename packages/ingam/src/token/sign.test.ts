// Signing: what the token says, what the signer may not say, and that a credential which is out of date signs nothing.

import { describe, expect, test } from 'vitest'
import { codeOf } from '../../../../test/support/codes.ts'
import { AT, AUDIENCE, NOW, thumbprintOf, untyped, x5cOf } from '../../../../test/support/forge.ts'
import { createTestCa } from '../testing/test-ca.ts'
import { type JsonObject, parseJsonObject } from './json.ts'
import { decodePart, splitToken } from './jws.ts'
import { signToken } from './sign.ts'
import { createVerifier } from './verify.ts'

const root = await createTestCa({ at: AT })
const issuer = await root.issue({ kind: 'ca' })
const leaf = await issuer.issue({ uris: ['spiffe://example/client'], dns: ['client.example'] })
const credential = await leaf.credential()

function part(token: string, name: 'header' | 'payload'): JsonObject {
  return parseJsonObject(decodePart(splitToken(token, 65_536), name), name)
}

async function claimsOf(changes: object = {}): Promise<JsonObject> {
  return part(await signToken(credential, { audience: AUDIENCE, at: AT, ...changes }), 'payload')
}

async function refusalOf(changes: object): Promise<string> {
  return await codeOf(() => signToken(credential, untyped({ audience: AUDIENCE, at: AT, ...changes })))
}

describe('the header', () => {
  test('bears the algorithm, the type and the chain without the root', async () => {
    expect(part(await signToken(credential, { audience: AUDIENCE, at: AT }), 'header')).toEqual({
      alg: 'ES256',
      typ: 'cert-auth+jwt',
      x5c: x5cOf(leaf),
    })
  })

  test('is the same text for each token of a credential', async () => {
    const one = await signToken(credential, { audience: 'one', at: AT })
    const two = await signToken(credential, { audience: 'two', at: AT })
    expect(two.split('.')[0]).toBe(one.split('.')[0])
  })

  test('is not that of another credential with the same certificate', async () => {
    const rsa = await root.issue({ keyType: 'RSA-2048' })
    const header = async (algorithm: 'RS256' | 'PS256'): Promise<unknown> =>
      part(await signToken(await rsa.credential({ algorithm }), { audience: AUDIENCE, at: AT }), 'header')[
        'alg'
      ]
    expect(await header('RS256')).toBe('RS256')
    expect(await header('PS256')).toBe('PS256')
  })
})

describe('certificateBy', () => {
  test('carries the chain, names the certificate, or both', async () => {
    const header = async (certificateBy: 'x5c' | 'x5t#S256' | 'both'): Promise<JsonObject> =>
      part(await signToken(credential, { audience: AUDIENCE, at: AT, certificateBy }), 'header')
    const usual = { alg: 'ES256', typ: 'cert-auth+jwt' }
    const named = { 'x5t#S256': await thumbprintOf(leaf) }
    for (let round = 0; round < 2; round++) {
      expect(await header('x5c')).toEqual({ ...usual, x5c: x5cOf(leaf) })
      expect(await header('x5t#S256')).toEqual({ ...usual, ...named })
      expect(await header('both')).toEqual({ ...usual, ...named, x5c: x5cOf(leaf) })
    }
  })

  test.each([
    ['null', null],
    ['another name', 'x5t'],
    ['a name of every object', 'constructor'],
    ['an array, though it reads like a name', ['x5c']],
    ['an object that throws as text', Object.create(null)],
  ])('refuses %s', async (_, certificateBy) => {
    await signToken(credential, { audience: AUDIENCE, at: AT })
    expect(await refusalOf({ certificateBy })).toBe('ERR_ARG_VALUE')
  })
})

describe('notBefore', () => {
  test.each([0, 1, AT.getTime() - 1, AT.getTime() + 299_999])('is written as nbf: %i', async (at) => {
    expect(await claimsOf({ notBefore: new Date(at) })).toMatchObject({ nbf: at / 1_000, exp: NOW + 300 })
  })

  test.each([-1, AT.getTime() + 300_000, 8.64e15])('refuses %i', async (at) => {
    expect(await refusalOf({ notBefore: new Date(at) })).toBe('ERR_ARG_VALUE')
  })

  test.each([
    ['null', null],
    ['a number', NOW],
    ['an invalid Date', new Date(Number.NaN)],
  ])('refuses %s', async (_, notBefore) => {
    expect(await refusalOf({ notBefore })).toBe('ERR_ARG_TYPE')
  })
})

describe('a binding', () => {
  const request = { method: 'POST', targetUri: 'https://api.example/orders' }

  test('is written as the claims that are demanded, and as none that is not asked for', async () => {
    const usual = await claimsOf({ jti: 'a name of sixteen' })
    expect(await claimsOf({ jti: 'a name of sixteen', challenge: 'n0nce' })).toEqual({
      ...usual,
      nonce: 'n0nce',
    })
    expect(await claimsOf({ jti: 'a name of sixteen', request })).toEqual({
      ...usual,
      htm: 'POST',
      htu: 'https://api.example/orders',
    })
    const content = new Uint8Array(0)
    expect(await claimsOf({ jti: 'a name of sixteen', request: { ...request, content } })).toMatchObject({
      // SHA-256 of nothing.
      digest: 'sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:',
    })
  })

  test('counts among the members that verifiers read', async () => {
    const claims = (count: number): object =>
      Object.fromEntries(Array.from({ length: count }, (_, index) => [`own${index}`, index]))
    const bound = { notBefore: AT, challenge: 'n0nce', request: { ...request, content: new Uint8Array(1) } }
    // iss, sub, aud, iat, exp, jti; nbf, nonce, htm, htu, digest.
    expect(Object.keys(await claimsOf({ ...bound, claims: claims(245) }))).toHaveLength(256)
    expect(await refusalOf({ ...bound, claims: claims(246) })).toBe('ERR_ARG_VALUE')
  })
})

describe('the claims', () => {
  test('are the registered ones and nothing else', async () => {
    expect(await claimsOf()).toEqual({
      iss: 'uri:spiffe://example/client',
      sub: 'uri:spiffe://example/client',
      aud: AUDIENCE,
      iat: NOW,
      exp: NOW + 300,
      jti: expect.stringMatching(/^[A-Za-z0-9_-]{22}$/u),
    })
  })

  test("bear the credential's subject", async () => {
    const other = await leaf.credential({ subject: `x509-sha256:${await thumbprintOf(leaf)}` })
    const claims = part(await signToken(other, { audience: AUDIENCE, at: AT }), 'payload')
    expect(claims).toMatchObject({ iss: other.subject, sub: other.subject })
  })

  test('write iat with its milliseconds, and exp in whole seconds', async () => {
    const at = new Date(AT.getTime() + 999)
    expect(await claimsOf({ at, lifetimeSeconds: 10 })).toMatchObject({ iat: NOW + 0.999, exp: NOW + 10 })
  })

  test("bear the signer's own", async () => {
    const claims = { scope: ['read'], deep: { a: [null, true, 1.5, 'é😀'] } }
    expect(await claimsOf({ claims })).toMatchObject(claims)
  })

  test('bear own claims in names that only resemble reserved ones', async () => {
    expect(await claimsOf({ claims: { Sub: 'x', subject: 'y', aud2: 'z' } })).toMatchObject({
      Sub: 'x',
      subject: 'y',
      aud2: 'z',
    })
  })

  test('are accepted by a verifier', async () => {
    const verifier = createVerifier({
      trustAnchors: [root.certificate],
      audience: AUDIENCE,
      revocation: 'off',
      clock: () => AT,
    })
    const token = await signToken(credential, { audience: AUDIENCE, at: AT, claims: { role: 'x' } })
    expect((await verifier.verify(token)).claims).toMatchObject({ role: 'x' })
  })
})

describe('own claims', () => {
  test.each(['iss', 'sub', 'aud', 'iat', 'exp', 'nbf', 'jti', 'nonce', 'htm', 'htu', 'digest', 'ath'])(
    'refuses the reserved name %s',
    async (name) => {
      await expect(
        signToken(credential, { audience: AUDIENCE, at: AT, claims: { [name]: 'x' } }),
      ).rejects.toMatchObject({
        code: 'ERR_ARG_VALUE',
        details: { argument: 'claims', found: `the reserved claim ${name}` },
      })
    },
  )

  test('refuses a reserved name after others', async () => {
    expect(await refusalOf({ claims: { a: 1, b: 2, sub: 'x' } })).toBe('ERR_ARG_VALUE')
  })

  test('refuses a member __proto__', async () => {
    expect(await refusalOf({ claims: JSON.parse('{"__proto__":{"sub":"x"}}') })).toBe('ERR_ARG_VALUE')
  })

  test('takes no claim from a prototype', async () => {
    const claims: unknown = Object.create({ role: 'admin' })
    expect(await claimsOf({ claims })).not.toHaveProperty('role')
  })

  test.each([
    ['null', null],
    ['an array', []],
    ['text', 'x'],
    ['a number', 1],
  ])('refuses %s instead of an object', async (_, claims) => {
    expect(await refusalOf({ claims })).toBe('ERR_ARG_TYPE')
  })

  test.each([
    ['undefined', undefined],
    ['a function', () => 1],
    ['a symbol', Symbol('x')],
    ['a BigInt', 1n],
    ['NaN', Number.NaN],
    ['infinity', Number.POSITIVE_INFINITY],
    ['a lone surrogate', '\ud800'],
    ['a Map, which would be written as an empty object', new Map([['a', 1]])],
    ['a Set within an array', [new Set([1])]],
    ['an instance of a class', new (class Role {})()],
    ['undefined within an array', [undefined]],
    ['NaN within an object', { a: { b: Number.NaN } }],
    ['a Date, which would write itself as text', new Date(0)],
    ['an object with a toJSON of its own', { toJSON: () => 'x' }],
    ['a member __proto__ within', JSON.parse('{"__proto__":1}')],
  ])('refuses %s as a value', async (_, value) => {
    expect(await refusalOf({ claims: { own: value } })).toBe('ERR_ARG_VALUE')
  })

  test('names the claim that is no JSON', async () => {
    const details = { argument: 'claims: inner', expected: 'a JSON value', found: 'NaN' }
    await expect(claimsOf({ claims: { own: { inner: Number.NaN } } })).rejects.toMatchObject({ details })
  })

  test('refuses a lone surrogate in a name', async () => {
    expect(await refusalOf({ claims: { '\udfff': 1 } })).toBe('ERR_ARG_VALUE')
  })

  test('writes what a getter said when it was checked, not what it says later', async () => {
    let reads = 0
    const claims = {
      get role() {
        return reads++ === 0 ? 'user' : new Map()
      },
    }
    expect(await claimsOf({ claims })).toMatchObject({ role: 'user' })
    expect(reads).toBe(1)
  })

  test('refuses an object that contains itself', async () => {
    const circle: { self?: unknown } = {}
    circle.self = circle
    expect(await refusalOf({ claims: circle })).toBe('ERR_ARG_VALUE')
  })

  test('accepts nesting as deep as verifiers read and refuses one more', async () => {
    const nested = (depth: number): unknown => JSON.parse(`${'['.repeat(depth)}${']'.repeat(depth)}`)
    expect(await refusalOf({ claims: { own: nested(15) } })).toBe('accepted')
    expect(await refusalOf({ claims: { own: nested(16) } })).toBe('ERR_ARG_VALUE')
  })

  test('accepts as many members as verifiers read and refuses one more', async () => {
    const list = (length: number): unknown => Array.from({ length }, () => 0)
    // Six registered claims and the own one count as well.
    expect(await refusalOf({ claims: { own: list(249) } })).toBe('accepted')
    expect(await refusalOf({ claims: { own: list(250) } })).toBe('ERR_ARG_VALUE')
  })

  test('refuses a function toJSON, which could write reserved claims', async () => {
    const claims = { toJSON: () => ({ sub: 'uri:spiffe://example/other', aud: 'https://other.example' }) }
    expect(await refusalOf({ claims })).toBe('ERR_ARG_VALUE')
  })
})

describe('audience', () => {
  test('is required', async () => {
    await expect(signToken(credential, untyped({ at: AT }))).rejects.toMatchObject({
      code: 'ERR_ARG_REQUIRED',
      details: { argument: 'audience' },
    })
  })

  test('accepts 2,048 characters and refuses 2,049', async () => {
    expect(await refusalOf({ audience: 'a'.repeat(2_048) })).toBe('accepted')
    expect(await refusalOf({ audience: 'a'.repeat(2_049) })).toBe('ERR_ARG_VALUE')
  })

  test.each([
    ['empty text', ''],
    ['null', null],
    ['a number', 1],
    ['an array', [AUDIENCE]],
    ['a URL object', new URL(AUDIENCE)],
  ])('refuses %s', async (_, audience) => {
    expect(await refusalOf({ audience })).toBe('ERR_ARG_VALUE')
  })

  test('refuses a lone surrogate, which no verifier reads', async () => {
    expect(await refusalOf({ audience: 'a\ud800' })).toBe('ERR_ARG_VALUE')
  })
})

describe('lifetimeSeconds', () => {
  test.each([1, 86_400])('accepts %i', async (lifetimeSeconds) => {
    expect(await claimsOf({ lifetimeSeconds })).toMatchObject({ iat: NOW, exp: NOW + lifetimeSeconds })
  })

  test.each([0, -1, 86_401, 1.5, Number.NaN, Number.POSITIVE_INFINITY])(
    'refuses %d',
    async (lifetimeSeconds) => {
      expect(await refusalOf({ lifetimeSeconds })).toBe('ERR_ARG_VALUE')
    },
  )

  test.each([['300'], [null], [true]])('refuses %j', async (lifetimeSeconds) => {
    expect(await refusalOf({ lifetimeSeconds })).toBe('ERR_ARG_TYPE')
  })
})

describe('jti', () => {
  test('is another for each token', async () => {
    const ids = new Set<unknown>()
    for (let count = 0; count < 20; count++) ids.add((await claimsOf())['jti'])
    expect(ids.size).toBe(20)
  })

  test.each([16, 128])('accepts %i characters', async (length) => {
    expect(await claimsOf({ jti: 'j'.repeat(length) })).toMatchObject({ jti: 'j'.repeat(length) })
  })

  test.each([0, 15, 129])('refuses %i characters', async (length) => {
    expect(await refusalOf({ jti: 'j'.repeat(length) })).toBe('ERR_ARG_VALUE')
  })

  test.each([null, 1_234_567_890_123_456, ['0123456789abcdef']])('refuses %j', async (jti) => {
    expect(await refusalOf({ jti })).toBe('ERR_ARG_VALUE')
  })

  test('refuses a lone surrogate, which no verifier reads', async () => {
    expect(await refusalOf({ jti: '\ud800'.repeat(16) })).toBe('ERR_ARG_VALUE')
  })
})

describe('the clock', () => {
  const notBefore = leaf.certificate.notBefore
  const notAfter = leaf.certificate.notAfter

  test('signs at both ends of the validity period', async () => {
    expect(await refusalOf({ at: notBefore })).toBe('accepted')
    expect(await refusalOf({ at: notAfter })).toBe('accepted')
  })

  test.each([
    ['a millisecond before notBefore', new Date(notBefore.getTime() - 1)],
    ['a millisecond after notAfter', new Date(notAfter.getTime() + 1)],
  ])('refuses %s', async (_, at) => {
    await expect(signToken(credential, { audience: AUDIENCE, at })).rejects.toMatchObject({
      code: 'ERR_CREDENTIAL_EXPIRED',
      details: {
        subject: 'CN=client',
        notBefore: notBefore.toISOString(),
        notAfter: notAfter.toISOString(),
        at: at.toISOString(),
      },
    })
  })

  test.each([
    ['an invalid Date', new Date(Number.NaN)],
    ['a number', AT.getTime()],
    ['text', AT.toISOString()],
    ['null', null],
  ])('refuses %s', async (_, at) => {
    expect(await refusalOf({ at })).toBe('ERR_ARG_TYPE')
  })
})

describe('the options', () => {
  test.each(['aud', 'expiresIn', 'lifetime', 'nbf', 'nonce', 'accessToken', 'subject', ''])(
    'refuses the unknown %j',
    async (name) => {
      expect(await refusalOf({ [name]: undefined })).toBe('ERR_ARG_UNKNOWN_OPTION')
    },
  )

  test.each([undefined, null, 'x'])('refuses %j for options', async (options) => {
    expect(await codeOf(() => signToken(credential, untyped(options)))).toBe('ERR_ARG_TYPE')
  })
})
