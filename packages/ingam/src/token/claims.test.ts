// The claims that the verifier reads: each there, of its type and range; time with its tolerances; audience.

import { describe, expect, test } from 'vitest'
import { AT, AUDIENCE, NOW } from '../../../../test/support/forge.ts'
import { createTestCa } from '../testing/test-ca.ts'
import { checkAudience, checkTime, isoOf, readClaims } from './claims.ts'
import type { JsonObject, JsonValue } from './json.ts'
import { createPlan, type Plan, type VerifierOptions } from './plan.ts'
import { AUTH_PROFILE, PINNED_PROFILE } from './profile.ts'

const root = await createTestCa({ at: AT })

function planOf(options: Partial<VerifierOptions> = {}): Plan {
  return createPlan({
    trustAnchors: [root.certificate],
    audience: AUDIENCE,
    revocation: 'off',
    clock: () => AT,
    ...options,
  })
}

function claimsOf(changes: { readonly [claim: string]: JsonValue | undefined } = {}): JsonObject {
  const claims: { readonly [claim: string]: JsonValue | undefined } = {
    iss: 'uri:spiffe://example/client',
    sub: 'uri:spiffe://example/client',
    aud: AUDIENCE,
    iat: NOW,
    exp: NOW + 300,
    jti: '0123456789abcdef',
    ...changes,
  }
  const entries: [string, JsonValue][] = []
  for (const [claim, value] of Object.entries(claims)) if (value !== undefined) entries.push([claim, value])
  return Object.fromEntries(entries)
}

describe('readClaims', () => {
  test('reads all registered claims', () => {
    expect(readClaims(claimsOf({ nbf: NOW - 1 }), AUTH_PROFILE, 'required')).toEqual({
      audiences: [AUDIENCE],
      issuedAt: NOW,
      expiresAt: NOW + 300,
      notBefore: NOW - 1,
      subject: 'uri:spiffe://example/client',
      tokenId: '0123456789abcdef',
    })
  })

  test.each(['iss', 'sub', 'aud', 'iat', 'exp', 'jti'])('refuses claims without %s', (claim) => {
    expect(() => readClaims(claimsOf({ [claim]: undefined }), AUTH_PROFILE, 'required')).toThrow(
      expect.objectContaining({ code: 'ERR_TOKEN_CLAIM_MISSING', details: { claim } }),
    )
  })

  test.each(['iss', 'sub', 'aud', 'iat', 'exp', 'nbf', 'jti'])('refuses %s that is null', (claim) => {
    expect(() => readClaims(claimsOf({ [claim]: null }), AUTH_PROFILE, 'optional')).toThrow(
      expect.objectContaining({
        code: 'ERR_TOKEN_CLAIM_INVALID',
        details: expect.objectContaining({ claim }),
      }),
    )
  })

  test('accepts claims without nbf', () => {
    expect(readClaims(claimsOf(), AUTH_PROFILE, 'required').notBefore).toBeUndefined()
  })

  test('accepts claims without jti where it is optional', () => {
    expect(readClaims(claimsOf({ jti: undefined }), AUTH_PROFILE, 'optional').tokenId).toBeUndefined()
  })

  test('refuses a wrong jti even where it is optional', () => {
    expect(() => readClaims(claimsOf({ jti: 'short' }), AUTH_PROFILE, 'optional')).toThrow(
      expect.objectContaining({ code: 'ERR_TOKEN_CLAIM_INVALID' }),
    )
  })

  test('takes no claim from the prototype', () => {
    const inherited: unknown = Object.getPrototypeOf(claimsOf())
    expect(inherited).toBe(Object.prototype)
    expect(() => readClaims({}, AUTH_PROFILE, 'required')).toThrow(
      expect.objectContaining({ code: 'ERR_TOKEN_CLAIM_MISSING', details: { claim: 'sub' } }),
    )
  })
})

describe.each(['iat', 'exp', 'nbf'])('%s', (claim) => {
  test.each([
    ['zero', 0],
    ['a fraction', 0.125],
    ['2^40', 2 ** 40],
  ])('accepts %s', (_, value) => {
    expect(Object.values(readClaims(claimsOf({ [claim]: value }), AUTH_PROFILE, 'required'))).toContain(value)
  })

  test.each([
    ['a negative number', -1],
    ['the smallest negative number', -Number.MIN_VALUE],
    ['more than 2^40', 2 ** 40 + 0.001],
    ['milliseconds', NOW * 1000],
    ['the largest number', Number.MAX_VALUE],
    ['text of a number', String(NOW)],
    ['text of a date', AT.toISOString()],
    ['true', true],
    ['an array of a number', [NOW]],
    ['an object', {}],
  ])('refuses %s', (_, value) => {
    expect(() => readClaims(claimsOf({ [claim]: value }), AUTH_PROFILE, 'required')).toThrow(
      expect.objectContaining({
        code: 'ERR_TOKEN_CLAIM_INVALID',
        details: expect.objectContaining({ claim }),
      }),
    )
  })
})

describe('sub and iss', () => {
  test('accepts 2,048 characters and refuses 2,049', () => {
    const [fits, long] = ['s'.repeat(2_048), 's'.repeat(2_049)]
    expect(readClaims(claimsOf({ sub: fits, iss: fits }), AUTH_PROFILE, 'required').subject).toBe(fits)
    expect(() => readClaims(claimsOf({ sub: long, iss: long }), AUTH_PROFILE, 'required')).toThrow(
      expect.objectContaining({ code: 'ERR_TOKEN_CLAIM_INVALID' }),
    )
  })

  test.each([
    ['empty text', ''],
    ['a number', 1],
    ['an array of text', ['uri:spiffe://example/client']],
    ['an object', {}],
    ['true', true],
  ])('refuses %s', (_, value) => {
    expect(() => readClaims(claimsOf({ sub: value, iss: value }), AUTH_PROFILE, 'required')).toThrow(
      expect.objectContaining({ code: 'ERR_TOKEN_CLAIM_INVALID' }),
    )
  })

  test.each([
    ['another name', 'uri:spiffe://example/other'],
    ['another case', 'URI:spiffe://example/client'],
    ['a space at the end', 'uri:spiffe://example/client '],
    ['a NUL at the end', 'uri:spiffe://example/client\0'],
  ])('refuses iss that has %s than sub', (_, iss) => {
    expect(() => readClaims(claimsOf({ iss }), AUTH_PROFILE, 'required')).toThrow(
      expect.objectContaining({
        code: 'ERR_TOKEN_CLAIM_INVALID',
        details: expect.objectContaining({ claim: 'iss' }),
      }),
    )
  })
})

describe('jti', () => {
  test.each([16, 128])('accepts %i characters', (length) => {
    expect(readClaims(claimsOf({ jti: 'j'.repeat(length) }), AUTH_PROFILE, 'required').tokenId).toHaveLength(
      length,
    )
  })

  test.each([0, 1, 15, 129])('refuses %i characters', (length) => {
    expect(() => readClaims(claimsOf({ jti: 'j'.repeat(length) }), AUTH_PROFILE, 'required')).toThrow(
      expect.objectContaining({
        code: 'ERR_TOKEN_CLAIM_INVALID',
        details: expect.objectContaining({ claim: 'jti' }),
      }),
    )
  })

  test.each([
    ['a number', 1_234_567_890_123_456],
    ['an array', ['0123456789abcdef']],
    ['an object', { jti: '0123456789abcdef' }],
  ])('refuses %s', (_, jti) => {
    expect(() => readClaims(claimsOf({ jti }), AUTH_PROFILE, 'required')).toThrow(
      expect.objectContaining({ code: 'ERR_TOKEN_CLAIM_INVALID' }),
    )
  })
})

describe('aud', () => {
  test.each([
    ['text', AUDIENCE],
    ['an array of one', [AUDIENCE]],
  ])('accepts %s', (_, aud) => {
    expect(checkAudience(readClaims(claimsOf({ aud }), AUTH_PROFILE, 'required'), planOf())).toBe(AUDIENCE)
  })

  test.each([
    ['an empty array', []],
    ['empty text', ''],
    ['an array with empty text', [AUDIENCE, '']],
    ['a number', 1],
    ['an object', { 0: AUDIENCE, length: 1 }],
    ['an array within an array', [[AUDIENCE]]],
    ['null within an array', [AUDIENCE, null]],
    ['a number within an array', [AUDIENCE, 1]],
    ['2,049 characters', 'a'.repeat(2_049)],
  ])('refuses %s', (_, aud) => {
    expect(() => readClaims(claimsOf({ aud }), AUTH_PROFILE, 'required')).toThrow(
      expect.objectContaining({
        code: 'ERR_TOKEN_CLAIM_INVALID',
        details: expect.objectContaining({ claim: 'aud' }),
      }),
    )
  })

  test('accepts 2,048 characters', () => {
    const aud = 'a'.repeat(2_048)
    expect(
      checkAudience(readClaims(claimsOf({ aud }), AUTH_PROFILE, 'required'), planOf({ audience: aud })),
    ).toBe(aud)
  })

  test.each([
    ['another', 'https://other.example'],
    ['a slash at the end', `${AUDIENCE}/`],
    ['another case', 'https://API.example'],
    ['a port that is the default', `${AUDIENCE}:443`],
    ['a path', `${AUDIENCE}/v1`],
    ['a prefix', AUDIENCE.slice(0, -1)],
    ['a space', `${AUDIENCE} `],
    ['a NUL', `${AUDIENCE}\0`],
    ['a wildcard', '*'],
    ['two in one text', `${AUDIENCE},${AUDIENCE}`],
    ['a letter that looks the same', 'https://аpi.example'],
  ])('refuses %s', (_, aud) => {
    expect(() => checkAudience(readClaims(claimsOf({ aud }), AUTH_PROFILE, 'required'), planOf())).toThrow(
      expect.objectContaining({
        code: 'ERR_TOKEN_AUDIENCE',
        details: expect.objectContaining({ expected: [AUDIENCE] }),
      }),
    )
  })

  test.each([
    ['its own and another', [AUDIENCE, 'https://other.example']],
    ['its own twice', [AUDIENCE, AUDIENCE]],
    ['two others', ['https://other.example', 'https://third.example']],
  ])('refuses several: %s', (_, aud) => {
    expect(() => checkAudience(readClaims(claimsOf({ aud }), AUTH_PROFILE, 'required'), planOf())).toThrow(
      expect.objectContaining({ code: 'ERR_TOKEN_MULTIPLE_AUDIENCES', details: { found: aud } }),
    )
  })

  test('accepts several where they are allowed', () => {
    const aud = ['https://other.example', AUDIENCE]
    const plan = planOf({ allowMultipleAudiences: true })
    expect(checkAudience(readClaims(claimsOf({ aud }), AUTH_PROFILE, 'required'), plan)).toBe(AUDIENCE)
  })

  test('refuses several, none of which is its own, where several are allowed', () => {
    const aud = ['https://other.example', 'https://third.example']
    const plan = planOf({ allowMultipleAudiences: true })
    expect(() => checkAudience(readClaims(claimsOf({ aud }), AUTH_PROFILE, 'required'), plan)).toThrow(
      expect.objectContaining({ code: 'ERR_TOKEN_AUDIENCE' }),
    )
  })

  test('accepts each audience of a verifier of two and no third', () => {
    const plan = planOf({ audience: ['one', 'two'] })
    expect(checkAudience(readClaims(claimsOf({ aud: 'one' }), AUTH_PROFILE, 'required'), plan)).toBe('one')
    expect(checkAudience(readClaims(claimsOf({ aud: 'two' }), AUTH_PROFILE, 'required'), plan)).toBe('two')
    expect(() =>
      checkAudience(readClaims(claimsOf({ aud: 'three' }), AUTH_PROFILE, 'required'), plan),
    ).toThrow(expect.objectContaining({ code: 'ERR_TOKEN_AUDIENCE' }))
  })
})

describe('the audience of a profile without one', () => {
  test('is none', () => {
    const claims = claimsOf({ aud: undefined })
    expect(readClaims(claims, PINNED_PROFILE, 'required').audiences).toEqual([])
  })

  test.each([AUDIENCE, [], null, ''])('is refused where it is %j', (aud) => {
    expect(() => readClaims(claimsOf({ aud }), PINNED_PROFILE, 'required')).toThrow(
      expect.objectContaining({
        code: 'ERR_TOKEN_CLAIM_INVALID',
        details: expect.objectContaining({ claim: 'aud' }),
      }),
    )
  })
})

describe('checkTime', () => {
  function check(claims: { readonly [claim: string]: JsonValue }, at: Date, plan: Plan = planOf()): void {
    checkTime(readClaims(claimsOf(claims), AUTH_PROFILE, 'required'), plan, at)
  }

  function later(seconds: number): Date {
    return new Date(AT.getTime() + seconds * 1000)
  }

  test('accepts a token until a millisecond before exp and the tolerance, and refuses it at that instant', () => {
    expect(check({}, later(359.999))).toBeUndefined()
    expect(() => check({}, later(360))).toThrow(
      expect.objectContaining({
        code: 'ERR_TOKEN_EXPIRED',
        details: {
          expiresAt: '2026-06-01T12:05:00.000Z',
          toleranceSeconds: 60,
          at: '2026-06-01T12:06:00.000Z',
        },
      }),
    )
  })

  test('refuses at exp itself where no tolerance is given', () => {
    const plan = planOf({ expiryToleranceSeconds: 0 })
    expect(check({}, later(299.999), plan)).toBeUndefined()
    expect(() => check({}, later(300), plan)).toThrow(expect.objectContaining({ code: 'ERR_TOKEN_EXPIRED' }))
  })

  test.each(['iat', 'nbf'])(
    'accepts %s ahead by the tolerance and refuses it a millisecond further',
    (claim) => {
      const at = later(-5)
      expect(check({ [claim]: NOW }, at)).toBeUndefined()
      expect(() => check({ [claim]: NOW + 0.001 }, at)).toThrow(
        expect.objectContaining({
          code: 'ERR_TOKEN_NOT_YET_VALID',
          details: {
            claim,
            validFrom: '2026-06-01T12:00:00.001Z',
            toleranceSeconds: 5,
            at: '2026-06-01T11:59:55.000Z',
          },
        }),
      )
    },
  )

  test.each(['iat', 'nbf'])('refuses %s ahead by a millisecond where no tolerance is given', (claim) => {
    const plan = planOf({ futureToleranceSeconds: 0 })
    expect(check({ [claim]: NOW }, AT, plan)).toBeUndefined()
    expect(() => check({ [claim]: NOW + 0.001 }, AT, plan)).toThrow(
      expect.objectContaining({ code: 'ERR_TOKEN_NOT_YET_VALID' }),
    )
  })

  test('accepts nbf in the past', () => {
    expect(check({ nbf: 0 }, AT)).toBeUndefined()
  })

  test('accepts a lifetime at the limit and refuses one above it', () => {
    expect(check({ exp: NOW + 600 }, AT)).toBeUndefined()
    expect(() => check({ exp: NOW + 601 }, AT)).toThrow(
      expect.objectContaining({
        code: 'ERR_TOKEN_LIFETIME',
        details: { maximumSeconds: 600, foundSeconds: 601 },
      }),
    )
  })

  test('refuses a lifetime above the limit by a fraction', () => {
    expect(() => check({ iat: NOW - 0.25, exp: NOW + 600 }, AT)).toThrow(
      expect.objectContaining({ code: 'ERR_TOKEN_LIFETIME' }),
    )
  })

  test('refuses a lifetime of thousands of years', () => {
    expect(() => check({ exp: 2 ** 40 }, AT)).toThrow(expect.objectContaining({ code: 'ERR_TOKEN_LIFETIME' }))
  })

  test('accepts exp just after iat, and refuses it at iat and before', () => {
    expect(check({ exp: NOW + 0.001 }, AT)).toBeUndefined()
    for (const exp of [NOW, NOW - 0.001, 0]) {
      expect(() => check({ exp }, AT)).toThrow(
        expect.objectContaining({
          code: 'ERR_TOKEN_CLAIM_INVALID',
          details: expect.objectContaining({ claim: 'exp' }),
        }),
      )
    }
  })
})

describe('isoOf', () => {
  test('writes the largest instant that claims can name', () => {
    expect(isoOf(2 ** 40)).toBe('+036812-02-20T00:36:16.000Z')
  })
})
