// A stranger knows a client's public chain and sends it under 100,000 different headers with signatures of his own.
// The caches must not grow, the client's own tokens must stay on the warm path, and no signature may be checked with a
// key that nothing trusted vouches for.

import { KeyObject } from 'node:crypto'
import { createVerifier, isPkiError, signToken, type Verifier } from 'ingam'
import { createTestCa, type TestCertificate } from 'ingam/testing'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { encodeBase64, encodeBase64url } from '../../packages/ingam/src/bytes/base64.ts'
import { platform } from '../../packages/ingam/src/platform/node.ts'

const AT = new Date('2026-06-01T12:00:00Z')
const AUDIENCE = 'https://api.example'
const VARIANTS = 100_000

// The public keys, as SubjectPublicKeyInfo in base64, with which a signature was checked.
const keysUsed = new Set<string>()
const verifySignature = platform.verifySignature

beforeEach(() => {
  keysUsed.clear()
  const seen = new WeakMap<object, string>()
  vi.spyOn(platform, 'verifySignature').mockImplementation((scheme, key, data, signature) => {
    const text = seen.get(key) ?? spkiOf(key)
    seen.set(key, text)
    keysUsed.add(text)
    return verifySignature(scheme, key, data, signature)
  })
})

afterEach(() => {
  vi.restoreAllMocks()
})

test('header variants of a known chain leave the cache and its hit rate as they were', {
  timeout: 300_000,
}, async () => {
  const { root, intermediate, leaf } = await createChain()
  const verifier = verifierFor(root)
  const credential = await leaf.credential()
  // Making a credential proves that key and certificate fit; that check is not the verifier's.
  keysUsed.clear()
  await verifier.verify(await signToken(credential, { audience: AUDIENCE, at: AT }))
  const before = verifier.status()

  let rounds = 0
  for (let variant = 0; variant < VARIANTS; variant++) {
    expect(await codeOf(verifier, variantOf(leaf, credential.subject, variant))).toBe('ERR_TOKEN_SIGNATURE')
    if (variant % 1_000 !== 0) continue
    rounds++
    await verifier.verify(await signToken(credential, { audience: AUDIENCE, at: AT }))
  }

  const after = verifier.status()
  expect(after).toMatchObject({ cachedChains: before.cachedChains, cachedBytes: before.cachedBytes })
  // Every token of the client's own was found at once, the stranger's never.
  expect(after.cacheHits - before.cacheHits).toBe(rounds)
  expect(after.pathSignatureChecks).toBe(before.pathSignatureChecks)
  expect(after.certificatesParsed).toBe(before.certificatesParsed)
  expect(keysUsed).toEqual(new Set([root, intermediate, leaf].map(keyOf)))
})

test('before the client was ever seen, the stranger makes nothing known', { timeout: 300_000 }, async () => {
  const { root, intermediate, leaf } = await createChain()
  const verifier = verifierFor(root)
  const { subject } = await leaf.credential()
  keysUsed.clear()
  for (let variant = 0; variant < 2_000; variant++) {
    expect(await codeOf(verifier, variantOf(leaf, subject, variant))).toBe('ERR_TOKEN_SIGNATURE')
  }
  expect(verifier.status()).toMatchObject({ cachedChains: 0, cachedBytes: 0, cacheHits: 0, replayEntries: 0 })
  expect(keysUsed).toEqual(new Set([root, intermediate, leaf].map(keyOf)))
})

test("a stranger's chain with the same names is checked with the anchor's key alone", {
  timeout: 300_000,
}, async () => {
  const { root, leaf } = await createChain()
  const stranger = await createChain()
  const verifier = verifierFor(root)
  const { subject } = await leaf.credential()
  keysUsed.clear()
  for (let variant = 0; variant < 2_000; variant++) {
    expect(await codeOf(verifier, variantOf(stranger.leaf, subject, variant))).toBe('ERR_PATH_SIGNATURE')
  }
  expect(verifier.status()).toMatchObject({ cachedChains: 0, tokenSignatureChecks: 0 })
  expect(keysUsed).toEqual(new Set([keyOf(root)]))
})

interface Chain {
  readonly root: TestCertificate
  readonly intermediate: TestCertificate
  readonly leaf: TestCertificate
}

async function createChain(): Promise<Chain> {
  const root = await createTestCa({ at: AT })
  const intermediate = await root.issue({ kind: 'ca' })
  const leaf = await intermediate.issue({ uris: ['spiffe://example/client'] })
  return { root, intermediate, leaf }
}

function verifierFor(root: TestCertificate): Verifier {
  return createVerifier({
    trustAnchors: [root.certificate],
    audience: AUDIENCE,
    revocation: 'off',
    clock: () => AT,
  })
}

// One header for each number: another member, another order, other white space; a signature that is well-formed.
function variantOf(leaf: TestCertificate, subject: string, variant: number): string {
  const x5c = leaf.chain.map((link) => encodeBase64(link.der))
  const members = { alg: 'ES256', typ: 'cert-auth+jwt', x5c, kid: String(variant) }
  const header =
    variant % 2 === 0 ? JSON.stringify(members) : JSON.stringify(members, undefined, (variant % 8) + 1)
  const iat = AT.getTime() / 1000
  const claims = {
    iss: subject,
    sub: subject,
    aud: AUDIENCE,
    iat,
    exp: iat + 300,
    jti: `variant-${variant}-0000000000`,
  }
  const signature = new Uint8Array(64).fill((variant % 254) + 1)
  return [text(header), text(JSON.stringify(claims)), encodeBase64url(signature)].join('.')
}

function text(value: string): string {
  return encodeBase64url(new TextEncoder().encode(value))
}

async function codeOf(verifier: Verifier, token: string): Promise<string> {
  try {
    await verifier.verify(token)
    return 'accepted'
  } catch (error) {
    if (isPkiError(error)) return error.code
    throw error
  }
}

function spkiOf(key: unknown): string {
  if (!(key instanceof KeyObject)) throw new TypeError('expected a key of this platform')
  return key.export({ format: 'der', type: 'spki' }).toString('base64')
}

function keyOf(certificate: TestCertificate): string {
  return encodeBase64(certificate.certificate.subjectPublicKeyInfo.der)
}
