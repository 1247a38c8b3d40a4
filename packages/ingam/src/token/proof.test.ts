// Proofs beside an access token, and what a call of a verifier must say: each profile's own tokens, none of the others'.

import { describe, expect, test } from 'vitest'
import { codeOf } from '../../../../test/support/codes.ts'
import { AT, AUDIENCE, type ForgeOptions, forge, NOW, untyped } from '../../../../test/support/forge.ts'
import { issuer, leaf, root, rsa, verifierOf } from '../../../../test/support/tokens.ts'
import { type SignProofOptions, signProof, signToken } from './sign.ts'
import type { Verifier } from './verify.ts'

const ACCESS_TOKEN = 'eyJhbGciOiJFUzI1NiJ9.e30.c2lnbmF0dXJl'
// SHA-256 of the text above, by `openssl dgst -sha256 -binary | basenc --base64url`.
const ATH = 'IVBYC1G7EBl6XPj1dsaSMFe7IyfmzC_05pKrQ-oFC8M'
const REQUEST = { method: 'GET', targetUri: 'https://api.example/orders?page=2' }
const EXPECTED = { request: REQUEST, accessToken: ACCESS_TOKEN }
const OPTIONS: SignProofOptions = { audience: AUDIENCE, at: AT, ...EXPECTED }

const credential = await leaf.credential()

function proofVerifier(options: Parameters<typeof verifierOf>[0] = {}): Verifier {
  return verifierOf({ profile: 'proof', ...options })
}

/** A proof of the client's, with the alterations. */
async function forgeProof(options: ForgeOptions = {}): Promise<string> {
  return await forge(leaf, {
    ...options,
    header: { typ: 'cert-proof+jwt', ...options.header },
    claims: { htm: 'GET', htu: REQUEST.targetUri, ath: ATH, ...options.claims },
  })
}

type Row = readonly [title: string, code: string, alteration: ForgeOptions, expected: object]

const REFUSED: readonly Row[] = [
  ['no access token', 'ERR_TOKEN_BINDING_MISSING', { claims: { ath: undefined } }, {}],
  ['another access token', 'ERR_TOKEN_BINDING_MISMATCH', {}, { accessToken: `${ACCESS_TOKEN}x` }],
  [
    'the access token itself in place of its hash',
    'ERR_TOKEN_BINDING_MISMATCH',
    { claims: { ath: ACCESS_TOKEN } },
    {},
  ],
  ['no method', 'ERR_TOKEN_BINDING_MISSING', { claims: { htm: undefined } }, {}],
  ['no address', 'ERR_TOKEN_BINDING_MISSING', { claims: { htu: undefined } }, {}],
  ['another address', 'ERR_TOKEN_BINDING_MISMATCH', { claims: { htu: 'https://api.example/orders' } }, {}],
  ['a challenge that nobody gave out', 'ERR_TOKEN_BINDING', { claims: { nonce: 'x' } }, {}],
  ['no challenge where one was given out', 'ERR_TOKEN_BINDING_MISSING', {}, { challenge: 'x' }],
  ['no jti', 'ERR_TOKEN_CLAIM_MISSING', { claims: { jti: undefined } }, {}],
  ['the type of another profile', 'ERR_TOKEN_TYPE', { header: { typ: 'cert-auth+jwt' } }, {}],
  ['the type of DPoP', 'ERR_TOKEN_TYPE', { header: { typ: 'dpop+jwt' } }, {}],
  ['another audience', 'ERR_TOKEN_AUDIENCE', { claims: { aud: 'https://other.example' } }, {}],
  ['an exp that has passed', 'ERR_TOKEN_EXPIRED', { claims: { iat: NOW - 300, exp: NOW - 60 } }, {}],
]

describe('a proof', () => {
  test('is accepted for its request with its access token, once', async () => {
    const verifier = proofVerifier()
    const proof = await signProof(credential, OPTIONS)
    expect(await verifier.verify(proof, EXPECTED)).toMatchObject({
      profile: 'proof',
      checkedBindings: ['htm', 'htu', 'ath'],
      uncheckedBindings: [],
      claims: { htm: 'GET', htu: REQUEST.targetUri, ath: ATH },
    })
    expect(await codeOf(() => verifier.verify(proof, EXPECTED))).toBe('ERR_TOKEN_REPLAYED')
  })

  test.each(REFUSED)('is refused for %s: %s', async (_title, code, alteration, expected) => {
    for (const options of [{}, { oneTimeUse: 'off' }] as const) {
      const verifier = proofVerifier(options)
      expect(await codeOf(async () => verifier.verify(await forgeProof(), EXPECTED))).toBe('accepted')
      const token = await forgeProof(alteration)
      const asked = { ...EXPECTED, ...expected }
      expect(await codeOf(() => verifier.verify(token, asked))).toBe(code)
      expect((await verifier.explain(token, asked)).error?.code).toBe(code)
    }
  })

  test('never passes as a token, and a token never as a proof', async () => {
    const proof = await signProof(credential, OPTIONS)
    expect(await codeOf(() => verifierOf().verify(proof, { request: REQUEST }))).toBe('ERR_TOKEN_TYPE')
    expect(await codeOf(() => verifierOf({ unexpectedBinding: 'report' }).verify(proof))).toBe(
      'ERR_TOKEN_TYPE',
    )
    const token = await signToken(credential, { audience: AUDIENCE, at: AT, request: REQUEST })
    expect(await codeOf(() => proofVerifier().verify(token, EXPECTED))).toBe('ERR_TOKEN_TYPE')
  })

  test('is known again by its header, and bound by its own claims', async () => {
    const verifier = proofVerifier()
    await verifier.verify(await forgeProof(), EXPECTED)
    const { certificatesParsed } = verifier.status()
    expect(await codeOf(async () => verifier.verify(await forgeProof(), EXPECTED))).toBe('accepted')
    const other = { ...EXPECTED, request: { ...REQUEST, method: 'DELETE' } }
    expect(await codeOf(async () => verifier.verify(await forgeProof(), other))).toBe(
      'ERR_TOKEN_BINDING_MISMATCH',
    )
    expect(verifier.status()).toMatchObject({ cacheHits: 2, certificatesParsed })
  })
})

describe('a call that does not say what it must', () => {
  test.each([
    ['nothing', undefined],
    ['an empty object', {}],
    ['the request alone', { request: REQUEST }],
    ['the access token alone', { accessToken: ACCESS_TOKEN }],
    ['undefined for the request', { ...EXPECTED, request: undefined }],
  ])('is refused for a proof: %s', async (_, expected) => {
    const verifier = proofVerifier()
    const proof = await signProof(credential, OPTIONS)
    expect(await codeOf(() => verifier.verify(proof, untyped(expected)))).toBe('ERR_ARG_REQUIRED')
    expect(await codeOf(() => verifier.explain(proof, untyped(expected)))).toBe('ERR_ARG_REQUIRED')
    expect(verifier.status()).toMatchObject({ bytesParsed: 0 })
    expect(await codeOf(() => verifier.verify(proof, EXPECTED))).toBe('accepted')
  })

  test.each([
    ['challenge', { challenge: undefined }],
    ['request', { challenge: 'x', request: undefined }],
  ])('is refused where its %s is undefined, as one that was looked up in vain', async (_, expected) => {
    const verifier = verifierOf()
    const token = await forge(leaf)
    expect(await codeOf(() => verifier.verify(token, untyped(expected)))).toBe('ERR_ARG_REQUIRED')
    expect(await codeOf(() => verifier.explain(token, untyped(expected)))).toBe('ERR_ARG_REQUIRED')
    expect(await codeOf(() => verifier.verify(token, {}))).toBe('accepted')
  })

  test('is refused where the verifier requires a challenge or a request', async () => {
    const verifier = verifierOf({ requiredBinding: ['challenge', 'request'] })
    const binding = { challenge: 'x', request: REQUEST }
    const token = await signToken(credential, { audience: AUDIENCE, at: AT, ...binding })
    for (const expected of [undefined, { challenge: 'x' }, { request: REQUEST }])
      expect(await codeOf(() => verifier.verify(token, expected))).toBe('ERR_ARG_REQUIRED')
    expect(await codeOf(() => verifier.verify(token, binding))).toBe('accepted')
  })

  test.each([
    ['the place in an array', 0, 'ERR_ARG_TYPE'],
    ['null', null, 'ERR_ARG_TYPE'],
    ['text', 'x', 'ERR_ARG_TYPE'],
    ['a misspelt name', { nonce: 'x' }, 'ERR_ARG_UNKNOWN_OPTION'],
    ['an access token, which tokens are not bound to', { accessToken: 'x' }, 'ERR_ARG_UNKNOWN_OPTION'],
    ['an array', [], 'ERR_ARG_TYPE'],
    ['a Map', new Map([['challenge', 'x']]), 'ERR_ARG_TYPE'],
    ['a promise that nobody waited for', Promise.resolve({ challenge: 'x' }), 'ERR_ARG_TYPE'],
    ['a Request', new Request(REQUEST.targetUri), 'ERR_ARG_TYPE'],
    ['what stands in a prototype', Object.create({ challenge: 'x' }), 'ERR_ARG_TYPE'],
    ['an empty challenge', { challenge: '' }, 'ERR_ARG_VALUE'],
    ['a challenge above the limit', { challenge: 'x'.repeat(513) }, 'ERR_ARG_VALUE'],
    ['a challenge with a space', { challenge: 'a b' }, 'ERR_ARG_VALUE'],
    ['a challenge that is no text', { challenge: 7 }, 'ERR_ARG_VALUE'],
    ['a request that is text', { request: 'GET /' }, 'ERR_ARG_TYPE'],
    [
      'a request as fetch knows it',
      { request: { method: 'GET', url: 'https://api.example/' } },
      'ERR_ARG_UNKNOWN_OPTION',
    ],
    ['no method', { request: { targetUri: REQUEST.targetUri } }, 'ERR_ARG_VALUE'],
    ['an empty method', { request: { ...REQUEST, method: '' } }, 'ERR_ARG_VALUE'],
    ['a method above the limit', { request: { ...REQUEST, method: 'X'.repeat(33) } }, 'ERR_ARG_VALUE'],
    ['a method with a space', { request: { ...REQUEST, method: 'GET /' } }, 'ERR_ARG_VALUE'],
    ['a path for an address', { request: { ...REQUEST, targetUri: '/orders' } }, 'ERR_ARG_VALUE'],
    [
      'an address with a fragment',
      { request: { ...REQUEST, targetUri: `${REQUEST.targetUri}#a` } },
      'ERR_ARG_VALUE',
    ],
    [
      'an address with a user',
      { request: { ...REQUEST, targetUri: 'https://u@api.example/' } },
      'ERR_ARG_VALUE',
    ],
    [
      'an address that is no serialisation',
      { request: { ...REQUEST, targetUri: 'https://api.example' } },
      'ERR_ARG_VALUE',
    ],
    [
      'an address above the limit',
      { request: { ...REQUEST, targetUri: `https://a.example/${'a'.repeat(7_983)}` } },
      'ERR_ARG_VALUE',
    ],
    ['content that is text', { request: { ...REQUEST, content: '{}' } }, 'ERR_ARG_VALUE'],
    ['content that is undefined', { request: { ...REQUEST, content: undefined } }, 'ERR_ARG_VALUE'],
  ])('is refused for %s', async (_, expected, code) => {
    const verifier = verifierOf()
    const token = await forge(leaf)
    expect(await codeOf(() => verifier.verify(token, untyped(expected)))).toBe(code)
    expect(await codeOf(() => verifier.explain(token, untyped(expected)))).toBe(code)
    expect(await codeOf(() => verifier.verify(token))).toBe('accepted')
  })

  test('is taken at its first word', async () => {
    let reads = 0
    const once = <T>(first: T, later: unknown): T => untyped(reads++ === 0 ? first : later)
    const fickle = {
      get challenge(): string {
        return once('x', undefined)
      },
    }
    const verifier = verifierOf({ requiredBinding: ['challenge'] })
    const token = await forge(leaf)
    expect(await codeOf(() => verifier.verify(token, fickle))).toBe('ERR_TOKEN_BINDING_MISSING')
    reads = 0
    const request = {
      method: 'GET',
      get targetUri(): string {
        return once(REQUEST.targetUri, 'nowhere')
      },
    }
    const bound = await signToken(credential, { audience: AUDIENCE, at: AT, request })
    expect(await codeOf(() => verifierOf().verify(bound, { request: REQUEST }))).toBe('accepted')
  })

  test('is accepted without a prototype, too', async () => {
    const expected = Object.assign(Object.create(null), { challenge: 'x' })
    const token = await signToken(credential, { audience: AUDIENCE, at: AT, challenge: 'x' })
    expect(await codeOf(() => verifierOf().verify(token, expected))).toBe('accepted')
  })

  test('is accepted at each limit', async () => {
    for (const expected of [
      { challenge: 'x'.repeat(512) },
      { request: { method: 'X'.repeat(32), targetUri: `https://a.example/${'a'.repeat(7_982)}` } },
    ]) {
      const token = await signToken(credential, { audience: AUDIENCE, at: AT, ...expected })
      expect(await codeOf(() => verifierOf().verify(token, expected))).toBe('accepted')
    }
  })
})

describe('what a mismatch says', () => {
  const challenge = 'challenge-of-the-server'
  const expected = { ...EXPECTED, challenge, request: { ...REQUEST, content: Uint8Array.of(1) } }
  // By openssl, of one byte of one.
  const digest = 'sha-256=:S/USLzRFVMU73i67jNK349FgCtYxw4Wl18ziPHeFRZo=:'

  test.each([
    ['nonce', 'challenge-of-another', 'the challenge given out', 'another'],
    ['nonce', 7, 'text', 'number'],
    ['ath', 'a'.repeat(43), 'the hash of the access token beside it', 'another'],
    ['htm', 'get', 'GET', 'get'],
    ['htm', null, 'text', 'null'],
    [
      'htu',
      'https://api.example/orders?secret=1',
      'https://api.example/orders?…',
      'https://api.example/orders?… with another query',
    ],
    ['htu', 'https://api.example/?secret=1', 'https://api.example/orders?…', 'https://api.example/?…'],
    ['digest', 'sha-256=:x:', digest, 'sha-256=:x:'],
  ])('of %s as %j is what would help, and no challenge, query or hash', async (claim, value, ...said) => {
    const claims = { nonce: challenge, digest, [claim]: value }
    const { error } = await proofVerifier().explain(await forgeProof({ claims }), expected)
    expect(error).toMatchObject({
      code: 'ERR_TOKEN_BINDING_MISMATCH',
      details: { claim, expected: said[0], found: said[1] },
    })
    expect(JSON.stringify(error)).not.toMatch(/challenge-of|secret|page=|IVBYC1G7|aaaa/u)
  })
})

describe('signProof', () => {
  test.each([
    ['no request', { request: undefined }, 'ERR_ARG_REQUIRED'],
    ['no access token', { accessToken: undefined }, 'ERR_ARG_REQUIRED'],
    ['neither', { request: undefined, accessToken: undefined }, 'ERR_ARG_REQUIRED'],
    ['an access token with a line break', { accessToken: 'a\nb' }, 'ERR_ARG_VALUE'],
    ['an empty access token', { accessToken: '' }, 'ERR_ARG_VALUE'],
    ['an access token above the limit', { accessToken: 'x'.repeat(65_537) }, 'ERR_ARG_VALUE'],
    ['an unknown option', { ath: 'x' }, 'ERR_ARG_UNKNOWN_OPTION'],
    ['no audience', { audience: undefined }, 'ERR_ARG_REQUIRED'],
    ['a reserved claim', { claims: { ath: 'x' } }, 'ERR_ARG_VALUE'],
  ])('refuses %s', async (_, change, code) => {
    expect(await codeOf(() => signProof(credential, untyped({ ...OPTIONS, ...change })))).toBe(code)
  })

  test('takes an access token at the limit', async () => {
    const accessToken = 'x'.repeat(65_536)
    const proof = await signProof(credential, { ...OPTIONS, accessToken })
    expect(await codeOf(() => proofVerifier().verify(proof, { ...EXPECTED, accessToken }))).toBe('accepted')
  })

  test('shows no access token in what it refuses', async () => {
    const secret = 'very secret token'
    const error = await signProof(credential, { ...OPTIONS, accessToken: secret }).catch(String)
    expect(error).toContain('accessToken')
    expect(error).not.toContain('secret')
  })
})

describe('a header by reference', () => {
  const options = { audience: AUDIENCE, at: AT }

  test('is resolved once a token with the certificates has verified, and not before', async () => {
    const verifier = verifierOf()
    const byReference = (): Promise<string> =>
      signToken(credential, { ...options, certificateBy: 'x5t#S256' })
    const token = await byReference()
    expect(token.length).toBeLessThan(700)
    expect(await codeOf(() => verifier.verify(token))).toBe('ERR_TOKEN_UNKNOWN_THUMBPRINT')
    // Chains are public: one whose token does not verify makes nothing known.
    const forged = await forge(leaf, { signer: rsa })
    expect(await codeOf(() => verifier.verify(forged))).toBe('ERR_TOKEN_SIGNATURE')
    expect(await codeOf(() => verifier.explain(forged))).toBe('accepted')
    await verifier.explain(await signToken(credential, options))
    expect(await codeOf(() => verifier.verify(token))).toBe('ERR_TOKEN_UNKNOWN_THUMBPRINT')
    const first = await verifier.verify(await signToken(credential, options))
    expect((await verifier.explain(token)).accepted).toBe(true)
    const second = await verifier.verify(token)
    expect(second.identity).toEqual(first.identity)
    expect(second.path.certificates.map(({ der }) => der)).toEqual([leaf.der, issuer.der, root.der])
    expect((await verifier.explain(await byReference())).certificates).toHaveLength(2)
    const { certificatesParsed, cacheHits } = verifier.status()
    await verifier.verify(await byReference())
    expect(verifier.status()).toMatchObject({ cachedChains: 1, certificatesParsed, cacheHits: cacheHits + 1 })
  })

  test('is resolved from the chains given, whose paths are verified as any', async () => {
    const token = await signToken(credential, { ...options, certificateBy: 'x5t#S256' })
    const chain = [leaf.certificate, issuer.certificate]
    const verifier = verifierOf({ knownChains: [[rsa.certificate, issuer.certificate], chain] })
    const verified = await verifier.verify(token)
    expect(verified.path.certificates.map(({ der }) => der)).toEqual([leaf.der, issuer.der, root.der])
    expect(verifier.status()).toMatchObject({ cachedChains: 1 })
    // What it was stored as is no header: it has no typ.
    const bare = await forge(leaf, { header: { typ: undefined } })
    expect(await codeOf(() => verifier.verify(bare))).toBe('ERR_TOKEN_TYPE')
    const stranger = verifierOf({ knownChains: [chain], trustAnchors: [rsa.certificate] })
    expect(await codeOf(() => stranger.verify(token))).toBe('ERR_PATH_NO_ISSUER')
  })

  test('is one header of its chain beside that with the certificates', async () => {
    const verifier = verifierOf()
    for (const certificateBy of ['x5c', 'x5t#S256', 'both', 'x5c', 'both', 'x5t#S256'] as const)
      await verifier.verify(await signToken(credential, { ...options, certificateBy }))
    expect(verifier.status()).toMatchObject({ cachedChains: 1, cacheHits: 3 })
  })

  test('is resolved for another algorithm of the same key, which becomes a chain of its own', async () => {
    const verifier = verifierOf()
    const [ps256, rs256] = [await rsa.credential(), await rsa.credential({ algorithm: 'RS256' })]
    await verifier.verify(await signToken(ps256, options))
    for (let round = 0; round < 3; round++) {
      const token = await signToken(rs256, { ...options, certificateBy: 'x5t#S256' })
      expect(await verifier.verify(token)).toMatchObject({ algorithm: 'RS256' })
    }
    expect(verifier.status()).toMatchObject({ cachedChains: 2, cacheHits: 2 })
    const { path } = await verifier.verify(await signToken(rs256, { ...options, certificateBy: 'x5t#S256' }))
    expect(path.certificates[0]?.der).toEqual(rsa.der)
  })

  // On WebCrypto a chain that is known can be replaced while the signature of a token that names it is checked.
  test('leaves its chain readable whatever tokens come at the same time', async () => {
    const signed = async (certificateBy: 'x5c' | 'x5t#S256'): Promise<string> =>
      await signToken(credential, { ...options, certificateBy })
    for (let round = 0; round < 20; round++) {
      const verifier = verifierOf()
      const answers: Promise<string>[] = []
      for (let count = 0; count < 12; count++) {
        const token = await signed(count % 3 === 0 ? 'x5c' : 'x5t#S256')
        answers.push(codeOf(() => verifier.verify(token)))
        for (let turn = 0; turn < round; turn++) await Promise.resolve()
      }
      const known = new Set(await Promise.all(answers))
      known.delete('ERR_TOKEN_UNKNOWN_THUMBPRINT')
      expect([...known]).toEqual(['accepted'])
      // Another header of the same chain is compared with the text in which the chain is stored.
      const both = await signToken(credential, { ...options, certificateBy: 'both' })
      expect(await codeOf(() => verifier.verify(both))).toBe('accepted')
    }
  })

  test('is forgotten with its chain', async () => {
    const verifier = verifierOf({ maxCacheBytes: 0 })
    await verifier.verify(await signToken(credential, options))
    const token = await signToken(credential, { ...options, certificateBy: 'x5t#S256' })
    expect(await codeOf(() => verifier.verify(token))).toBe('ERR_TOKEN_UNKNOWN_THUMBPRINT')
  })

  test.each([
    ['text', 'x'],
    ['a chain that is none', [leaf.certificate]],
    ['an empty chain', [[]]],
    ['a chain above the limit', [Array.from({ length: 11 }, () => leaf.certificate)]],
    ['bytes', [[leaf.der]]],
    ['something that calls itself a certificate', [[{ kind: 'certificate' }]]],
    ['a hole', [[leaf.certificate]].concat(new Array(1))],
    ['a chain with a hole', [[leaf.certificate].concat(new Array(1))]],
    ['more chains than are held', Array.from({ length: 10_001 }, () => [leaf.certificate])],
  ])('takes no %s for chains', async (_, knownChains) => {
    expect(await codeOf(async () => verifierOf({ knownChains: untyped(knownChains) }))).toBe('ERR_ARG_VALUE')
  })

  test('takes as many chains as are held', async () => {
    const chains = Array.from({ length: 10_000 }, () => Array.from({ length: 10 }, () => leaf.certificate))
    expect(await codeOf(async () => verifierOf({ knownChains: chains }))).toBe('accepted')
  })
})
