// The path of a token whose chain is known is short because the chain's work is done, not because checks were left out.
// Here they are listed, each with a token that fails it and a neighbour that passes; each token runs over that path, as
// the counters show.

import { afterAll, describe, expect, test } from 'vitest'
import { codeOf } from '../../../../test/support/codes.ts'
import { AT, AUDIENCE, type ForgeOptions, forge, NOW } from '../../../../test/support/forge.ts'
import { createFixedClock } from '../testing/fixed-clock.ts'
import { createTestCa } from '../testing/test-ca.ts'
import { createVerifier, type Verifier } from './verify.ts'

const root = await createTestCa({ at: AT })
const issuer = await root.issue({ kind: 'ca' })
const leaf = await issuer.issue({
  uris: ['spiffe://example/client'],
  notAfter: new Date(AT.getTime() + 200_000),
})
const other = await issuer.issue({ uris: ['spiffe://example/other'] })

async function warmVerifier(clock: () => Date): Promise<Verifier> {
  const verifier = createVerifier({
    trustAnchors: [root.certificate],
    audience: AUDIENCE,
    revocation: 'off',
    clock,
  })
  await verifier.verify(await forge(leaf))
  return verifier
}

type Case = readonly [check: string, code: string, refused: ForgeOptions, accepted: ForgeOptions]

const subject = 'uri:spiffe://example/client'
// The last character of 64 bytes has spare bits; the letter after it in the alphabet sets one of them.
const spare = (token: string): string =>
  token.slice(0, -1) + String.fromCharCode(token.charCodeAt(token.length - 1) + 1)

const CASES: readonly Case[] = [
  ['the payload is canonical base64url', 'ERR_TOKEN_ENCODING', { payloadPart: (part) => `${part}=` }, {}],
  ['the payload is ASCII', 'ERR_TOKEN_ENCODING', { payloadPart: (part) => `\u0141${part.slice(1)}` }, {}],
  [
    'the claims are UTF-8',
    'ERR_TOKEN_ENCODING',
    { payloadPart: () => 'ew' + '_w' },
    { claims: { own: 'é' } },
  ],
  [
    'no claim stands twice',
    'ERR_TOKEN_JSON',
    { claimsText: (text) => text.replace('{', `{"aud":"${AUDIENCE}",`) },
    { claimsText: (text) => text.replace('{', '{"own":1,') },
  ],
  [
    'claims nest 16 deep at most',
    'ERR_TOKEN_JSON',
    { claimsText: (text) => text.replace('{', `{"own":${'['.repeat(16)}${']'.repeat(16)},`) },
    { claimsText: (text) => text.replace('{', `{"own":${'['.repeat(15)}${']'.repeat(15)},`) },
  ],
  ['aud is there', 'ERR_TOKEN_CLAIM_MISSING', { claims: { aud: undefined } }, {}],
  ['aud is the verifier', 'ERR_TOKEN_AUDIENCE', { claims: { aud: `${AUDIENCE}/` } }, {}],
  [
    'aud is one',
    'ERR_TOKEN_MULTIPLE_AUDIENCES',
    { claims: { aud: [AUDIENCE, 'x'] } },
    { claims: { aud: [AUDIENCE] } },
  ],
  ['iss is sub', 'ERR_TOKEN_CLAIM_INVALID', { claims: { iss: 'uri:spiffe://example/other' } }, {}],
  [
    'sub is borne by the certificate',
    'ERR_TOKEN_SUBJECT',
    { claims: { iss: 'uri:spiffe://example/other', sub: 'uri:spiffe://example/other' } },
    { claims: { iss: subject, sub: subject } },
  ],
  ['jti is there', 'ERR_TOKEN_CLAIM_MISSING', { claims: { jti: undefined } }, {}],
  [
    'jti is long enough',
    'ERR_TOKEN_CLAIM_INVALID',
    { claims: { jti: 'j'.repeat(15) } },
    { claims: { jti: 'j'.repeat(16) } },
  ],
  [
    'the lifetime is short',
    'ERR_TOKEN_LIFETIME',
    { claims: { exp: NOW + 601 } },
    { claims: { exp: NOW + 600 } },
  ],
  [
    'exp has not passed',
    'ERR_TOKEN_EXPIRED',
    { claims: { iat: NOW - 300, exp: NOW - 60 } },
    { claims: { exp: NOW + 1 } },
  ],
  ['iat is not ahead', 'ERR_TOKEN_NOT_YET_VALID', { claims: { iat: NOW + 6 } }, { claims: { iat: NOW } }],
  ['nbf is not ahead', 'ERR_TOKEN_NOT_YET_VALID', { claims: { nbf: NOW + 6 } }, { claims: { nbf: NOW + 5 } }],
  ['no binding goes unchecked', 'ERR_TOKEN_BINDING', { claims: { nonce: 'x' } }, { claims: { nonces: 'x' } }],
  ["the key is the certificate's", 'ERR_TOKEN_SIGNATURE', { signer: other }, {}],
  [
    'the signature is over these bytes',
    'ERR_TOKEN_SIGNATURE',
    { signature: (bytes) => bytes.with(7, (bytes[7] ?? 0) ^ 1) },
    {},
  ],
  [
    'the signature has its length',
    'ERR_TOKEN_SIGNATURE',
    { signature: (bytes) => Uint8Array.from([0, ...bytes]) },
    {},
  ],
]

const seen = new Set<string>()

describe.each(CASES)('%s', (_check, code, refused, accepted) => {
  test(code, async () => {
    seen.add(code)
    const verifier = await warmVerifier(() => AT)
    const { cacheHits, certificatesParsed } = verifier.status()
    expect(await codeOf(async () => verifier.verify(await forge(leaf, refused)))).toBe(code)
    expect(await codeOf(async () => verifier.verify(await forge(leaf, accepted)))).toBe('accepted')
    expect(verifier.status()).toMatchObject({ cacheHits: cacheHits + 2, certificatesParsed })
  })
})

test('the signature is canonical base64url', async () => {
  const verifier = await warmVerifier(() => AT)
  const token = await forge(leaf)
  expect(await codeOf(() => verifier.verify(spare(token)))).toBe('ERR_TOKEN_ENCODING')
  expect(await codeOf(() => verifier.verify(token))).toBe('accepted')
  expect(verifier.status()).toMatchObject({ cacheHits: 2, certificatesParsed: 2 })
})

test('a token passes once', async () => {
  const verifier = await warmVerifier(() => AT)
  const token = await forge(leaf)
  expect(await codeOf(() => verifier.verify(token))).toBe('accepted')
  expect(await codeOf(() => verifier.verify(token))).toBe('ERR_TOKEN_REPLAYED')
  expect(verifier.status()).toMatchObject({ cacheHits: 2, certificatesParsed: 2 })
})

test('a token from before the memory of used tokens is undecided', async () => {
  const verifier = await warmVerifier(() => AT)
  const token = await forge(leaf, { claims: { iat: NOW - 0.001 } })
  expect(await codeOf(() => verifier.verify(token))).toBe('ERR_TOKEN_REPLAY_EPOCH')
  expect(verifier.status()).toMatchObject({ cacheHits: 1, certificatesParsed: 2 })
})

test('the dates of the path are compared with the clock each time', async () => {
  const clock = createFixedClock(AT)
  const verifier = await warmVerifier(clock.now)
  const claims = { iat: NOW + 199, exp: NOW + 400 }
  clock.advance(200)
  expect(await codeOf(async () => verifier.verify(await forge(leaf, { claims })))).toBe('accepted')
  expect(verifier.status()).toMatchObject({ cacheHits: 1, certificatesParsed: 2 })
  clock.advance(0.001)
  expect(await codeOf(async () => verifier.verify(await forge(leaf, { claims })))).toBe('ERR_PATH_EXPIRED')
})

test('all characters of the header are compared: another at any place takes the long way', async () => {
  const verifier = createVerifier({
    trustAnchors: [root.certificate],
    audience: AUDIENCE,
    revocation: 'off',
    clock: () => AT,
  })
  const token = await forge(leaf)
  const end = token.indexOf('.')
  await verifier.verify(token)
  for (let index = 0; index < end; index++) {
    const changed = `${token.slice(0, index)}${token[index] === 'A' ? 'B' : 'A'}${token.slice(index + 1)}`
    expect(await codeOf(() => verifier.verify(changed))).not.toBe('accepted')
  }
  expect(verifier.status()).toMatchObject({ cacheHits: 0 })
  // A character that only resembles another in its low byte is another as well.
  const wide = `${String.fromCharCode(0x100 + token.charCodeAt(0))}${token.slice(1)}`
  expect(await codeOf(() => verifier.verify(wide))).toBe('ERR_TOKEN_ENCODING')
  expect(verifier.status()).toMatchObject({ cacheHits: 0 })
})

test('the text of a header is no reason to believe its size', async () => {
  const verifier = await warmVerifier(() => AT)
  const token = await forge(leaf, { claims: { own: 'x'.repeat(16_384) } })
  expect(await codeOf(() => verifier.verify(token))).toBe('ERR_TOKEN_TOO_LARGE')
})

afterAll(() => {
  // Every rule of claims, encoding and signature has a case; what path rules there are belongs to the chain.
  expect([...seen].sort()).toEqual([
    'ERR_TOKEN_AUDIENCE',
    'ERR_TOKEN_BINDING',
    'ERR_TOKEN_CLAIM_INVALID',
    'ERR_TOKEN_CLAIM_MISSING',
    'ERR_TOKEN_ENCODING',
    'ERR_TOKEN_EXPIRED',
    'ERR_TOKEN_JSON',
    'ERR_TOKEN_LIFETIME',
    'ERR_TOKEN_MULTIPLE_AUDIENCES',
    'ERR_TOKEN_NOT_YET_VALID',
    'ERR_TOKEN_SIGNATURE',
    'ERR_TOKEN_SUBJECT',
  ])
})
