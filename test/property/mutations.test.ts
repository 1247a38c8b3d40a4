// Any cut, flipped or inserted byte in a token, or in a certificate of its chain, is refused with a code of the
// catalogue: never accepted, never another throw, never beyond the budget of work. INGAM_MUTATIONS sets how many are
// tried of each kind (default 1,500).

import fc from 'fast-check'
import { createVerifier, isPkiError, TOKEN_ALGORITHMS, type TokenAlgorithm, type Verifier } from 'ingam'
import { createTestCa, type TestCertificate } from 'ingam/testing'
import { verifyPath } from 'ingam/x509'
import { beforeAll, describe, expect, test } from 'vitest'
import { encodeBase64, encodeBase64url } from '../../packages/ingam/src/bytes/base64.ts'
import { KEY_TYPES } from '../support/algorithms.ts'
import { changeBytes, equalDer, type Mutation, mutation } from '../support/mutations.ts'

const AT = new Date('2026-06-01T12:00:00Z')
const AUDIENCE = 'https://api.example'
const RUNS = Number(process.env['INGAM_MUTATIONS'] ?? '1500')
const TIMEOUT = 60_000 + RUNS * 20
// The budget of one judgement: path signatures, pairs looked at, the token's own signature.
const BUDGET = { pathSignatureChecks: 8, pathEdges: 64, tokenSignatureChecks: 1 }
// A token and the bytes of its parts: nothing is read twice but the certificates, as text and as DER.
const MAX_BYTES_READ = 2 * 65_536

// Most of the code is the same for all algorithms: each of the four families is tried in full, the rest with a tenth.
const FAMILIES: readonly TokenAlgorithm[] = ['ES256', 'RS256', 'PS256', 'Ed25519']

interface Signer {
  readonly root: TestCertificate
  readonly leaf: TestCertificate
  readonly algorithm: TokenAlgorithm
  readonly token: string
}

const signers = new Map<TokenAlgorithm, Signer>()

beforeAll(async () => {
  for (const algorithm of TOKEN_ALGORITHMS) {
    const root = await createTestCa({ at: AT, keyType: KEY_TYPES[algorithm] })
    const intermediate = await root.issue({ kind: 'ca', keyType: KEY_TYPES[algorithm], pathLenConstraint: 0 })
    const leaf = await intermediate.issue({
      keyType: KEY_TYPES[algorithm],
      uris: ['spiffe://example/client'],
    })
    const chain = leaf.chain.map((link) => encodeBase64(link.der))
    signers.set(algorithm, { root, leaf, algorithm, token: await signWith(leaf, algorithm, chain) })
  }
})

describe.each(TOKEN_ALGORITHMS)('%s', (algorithm) => {
  const numRuns = FAMILIES.includes(algorithm) ? RUNS : Math.ceil(RUNS / 10)

  test('the token itself is accepted', async () => {
    const { root, token } = signerOf(algorithm)
    await expect(verifierFor(root).verify(token)).resolves.toMatchObject({ algorithm })
  })

  test('a changed token is refused', { timeout: TIMEOUT }, async () => {
    const { root, token } = signerOf(algorithm)
    const cold = verifierFor(root)
    const warm = verifierFor(root)
    await warm.verify(token)
    await fc.assert(
      fc.asyncProperty(mutation, async (change) => {
        const changed = changeText(token, change)
        if (changed === token) return
        await expectRefusal(cold, changed)
        await expectRefusal(warm, changed)
      }),
      { numRuns },
    )
    expect(cold.status()).toMatchObject({ cachedChains: 0, cachedBytes: 0 })
    expect(warm.status()).toMatchObject({ cachedChains: 1 })
  })

  test('a changed certificate is refused, though the token is signed anew', {
    timeout: TIMEOUT,
  }, async () => {
    const { root, leaf } = signerOf(algorithm)
    const verifier = verifierFor(root)
    await fc.assert(
      fc.asyncProperty(mutation, fc.constantFrom(0, 1), async (change, index) => {
        const chain = leaf.chain.map((link, place) =>
          place === index ? changeBytes(link.der, change) : link.der,
        )
        if (chain.every((der, place) => isUnchanged(der, leaf, place))) return
        const token = await signWith(leaf, algorithm, chain.map(encodeBase64))
        await expectRefusal(verifier, token)
      }),
      { numRuns },
    )
    expect(verifier.status()).toMatchObject({ cachedChains: 0, tokenSignatureChecks: 0 })
  })

  test('verifyPath refuses a changed certificate', { timeout: TIMEOUT }, async () => {
    const { root, leaf } = signerOf(algorithm)
    const [signer, intermediate] = leaf.chain
    if (signer === undefined || intermediate === undefined) throw new Error('the chain has two certificates')
    const shared = {
      trustAnchors: [root.certificate],
      at: AT,
      purpose: 'clientAuth',
      revocation: 'off',
    } as const
    await expect(
      verifyPath({ ...shared, leaf: signer.der, intermediates: [intermediate.der] }),
    ).resolves.toBeDefined()
    await fc.assert(
      fc.asyncProperty(mutation, fc.boolean(), async (change, atLeaf) => {
        const leafDer = atLeaf ? changeBytes(signer.der, change) : signer.der
        const issuerDer = atLeaf ? intermediate.der : changeBytes(intermediate.der, change)
        if (equalDer(leafDer, signer.der) && equalDer(issuerDer, intermediate.der)) return
        const outcome = await verifyPath({ ...shared, leaf: leafDer, intermediates: [issuerDer] }).catch(
          refusalOf,
        )
        expect(outcome).toMatch(/^ERR_(DER|CERT|PATH)_/u)
      }),
      { numRuns },
    )
  })
})

function signerOf(algorithm: TokenAlgorithm): Signer {
  const signer = signers.get(algorithm)
  if (signer === undefined) throw new Error(`no signer for ${algorithm}`)
  return signer
}

function verifierFor(root: TestCertificate): Verifier {
  return createVerifier({
    trustAnchors: [root.certificate],
    audience: AUDIENCE,
    revocation: 'off',
    oneTimeUse: 'off',
    algorithms: TOKEN_ALGORITHMS,
    clock: () => AT,
  })
}

async function signWith(
  leaf: TestCertificate,
  algorithm: TokenAlgorithm,
  x5c: readonly string[],
): Promise<string> {
  const credential = await leaf.credential({ algorithm })
  const { subject } = credential
  const iat = AT.getTime() / 1000
  const claims = {
    iss: subject,
    sub: subject,
    aud: AUDIENCE,
    iat,
    exp: iat + 300,
    jti: 'AAAAAAAAAAAAAAAAAAAAAA',
  }
  const signed = `${encode({ alg: algorithm, typ: 'cert-auth+jwt', x5c })}.${encode(claims)}`
  return `${signed}.${encodeBase64url(await credential.sign(new TextEncoder().encode(signed)))}`
}

function encode(value: unknown): string {
  return encodeBase64url(new TextEncoder().encode(JSON.stringify(value)))
}

async function expectRefusal(verifier: Verifier, token: string): Promise<void> {
  const before = verifier.status()
  expect(await verifier.verify(token).catch(refusalOf)).toMatch(/^ERR_(TOKEN|PATH)_/u)
  const after = verifier.status()
  for (const [count, maximum] of Object.entries(BUDGET)) {
    expect(numberOf(after, count) - numberOf(before, count)).toBeLessThanOrEqual(maximum)
  }
  expect(after.bytesParsed - before.bytesParsed).toBeLessThanOrEqual(MAX_BYTES_READ)
}

function numberOf(status: object, name: string): number {
  const value: unknown = Object.entries(status).find(([key]) => key === name)?.[1]
  if (typeof value !== 'number') throw new Error(`no count ${name}`)
  return value
}

function refusalOf(error: unknown): string {
  if (isPkiError(error)) return error.code
  throw error
}

const CHARACTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=+/ '

function changeText(text: string, { kind, place, value }: Mutation): string {
  const index = Math.floor(place * text.length)
  const character = CHARACTERS.charAt(value % CHARACTERS.length)
  switch (kind) {
    case 'cut':
      return text.slice(0, index)
    case 'flip':
      return text.slice(0, index) + character + text.slice(index + 1)
    case 'insert':
      return text.slice(0, index) + character + text.slice(index)
    case 'remove':
      return text.slice(0, index) + text.slice(index + 1)
    case 'swap':
      return text.slice(0, index) + text.charAt(index + 1) + text.charAt(index) + text.slice(index + 2)
  }
}

function isUnchanged(der: Uint8Array, leaf: TestCertificate, place: number): boolean {
  const original = leaf.chain[place]?.der
  return original !== undefined && equalDer(der, original)
}
