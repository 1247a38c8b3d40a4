// The package jose and this library agree on tokens, in both directions and by every algorithm.

import { createVerifier, signToken, type Verifier } from 'ingam'
import { createTestCa, type TestCa, type TestCertificate } from 'ingam/testing'
import {
  CompactSign,
  compactVerify,
  decodeProtectedHeader,
  FlattenedSign,
  importPKCS8,
  importX509,
  type JWTHeaderParameters,
  type JWTPayload,
  jwtVerify,
  SignJWT,
} from 'jose'
import { beforeAll, describe, expect, test } from 'vitest'
import { KEY_TYPES } from '../support/algorithms.ts'
import { codeOf } from '../support/codes.ts'

const AT = new Date('2026-06-01T12:00:00Z')
const NOW = AT.getTime() / 1000
const AUDIENCE = 'https://api.example'
const SUBJECT = 'uri:spiffe://example/client'
const TYP = 'cert-auth+jwt'
const REFUSED_SIGNATURE = { code: 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED' }

// One of each family; matrix.test.ts has the others.
const ALGORITHMS = ['ES256', 'RS256', 'PS256', 'Ed25519'] as const
type Algorithm = (typeof ALGORITHMS)[number]

let root: TestCa
const leaves = new Map<Algorithm, TestCertificate>()

beforeAll(async () => {
  root = await createTestCa({ at: AT })
  const intermediate = await root.issue({ kind: 'ca' })
  for (const algorithm of ALGORITHMS) {
    const uris = ['spiffe://example/client']
    leaves.set(algorithm, await intermediate.issue({ keyType: KEY_TYPES[algorithm], uris }))
  }
})

describe.each(ALGORITHMS)('%s', (algorithm) => {
  test('jose verifies our token with the key of the leaf, and reads the same claims', async () => {
    const { payload, protectedHeader } = await jwtVerify(
      await ourToken(algorithm),
      await publicKeyOf(algorithm),
      {
        algorithms: [algorithm],
        audience: AUDIENCE,
        issuer: SUBJECT,
        subject: SUBJECT,
        typ: TYP,
        currentDate: AT,
      },
    )
    expect(payload).toMatchObject({ iat: NOW, exp: NOW + 300, scope: 'read' })
    expect(protectedHeader.x5c).toEqual(x5cOf(leafOf(algorithm)))
  })

  test('jose takes the key for our token from its own x5c', async () => {
    const token = await ourToken(algorithm)
    const [first = ''] = decodeProtectedHeader(token).x5c ?? []
    const pem = `-----BEGIN CERTIFICATE-----\n${first}\n-----END CERTIFICATE-----\n`
    const { payload } = await compactVerify(token, await importX509(pem, algorithm))
    expect(JSON.parse(new TextDecoder().decode(payload))).toMatchObject({ sub: SUBJECT })
  })

  test('jose refuses our token with other claims', async () => {
    const [header, , signature] = (await ourToken(algorithm)).split('.')
    const token = `${header}.${encode(claimsWith({ exp: NOW + 301 }))}.${signature}`
    await expect(compactVerify(token, await publicKeyOf(algorithm))).rejects.toMatchObject(REFUSED_SIGNATURE)
  })

  test('jose refuses our token with a changed byte in its signature', async () => {
    const token = flipSignature(await ourToken(algorithm))
    await expect(compactVerify(token, await publicKeyOf(algorithm))).rejects.toMatchObject(REFUSED_SIGNATURE)
  })

  test('jose refuses our token once it has expired', async () => {
    const currentDate = new Date(AT.getTime() + 300_000)
    const verifying = jwtVerify(await ourToken(algorithm), await publicKeyOf(algorithm), { currentDate })
    await expect(verifying).rejects.toMatchObject({ code: 'ERR_JWT_EXPIRED' })
  })

  test('accepts a token by SignJWT of jose', async () => {
    const token = await joseToken(algorithm)
    await expect(createFreshVerifier().verify(token)).resolves.toMatchObject({
      algorithm,
      audience: AUDIENCE,
      identity: { uris: ['spiffe://example/client'] },
    })
  })

  test('accepts a token by CompactSign of jose', async () => {
    const leaf = leafOf(algorithm)
    const token = await new CompactSign(new TextEncoder().encode(JSON.stringify(claimsWith({}))))
      .setProtectedHeader({ alg: algorithm, typ: TYP, x5c: x5cOf(leaf) })
      .sign(await importPKCS8(leaf.privateKeyPem, algorithm))
    await expect(createFreshVerifier().verify(token)).resolves.toMatchObject({ algorithm })
  })

  test('refuses a token of jose with other claims', async () => {
    const [header, , signature] = (await joseToken(algorithm)).split('.')
    const token = `${header}.${encode(claimsWith({ exp: NOW + 301 }))}.${signature}`
    expect(await verdictOn(token)).toBe('ERR_TOKEN_SIGNATURE')
  })

  test('refuses a token of jose with a changed byte in its signature', async () => {
    expect(await verdictOn(flipSignature(await joseToken(algorithm)))).toBe('ERR_TOKEN_SIGNATURE')
  })

  test('refuses a token of jose signed with the key of a stranger', async () => {
    const stranger = await root.issue({ keyType: KEY_TYPES[algorithm] })
    const token = await joseToken(algorithm, { keyOf: stranger })
    expect(await verdictOn(token)).toBe('ERR_TOKEN_SIGNATURE')
  })

  test('refuses a token of jose under a chain of a stranger', async () => {
    const uris = ['spiffe://example/client']
    const stranger = await (await createTestCa({ at: AT, name: 'Stranger' })).issue({
      keyType: KEY_TYPES[algorithm],
      uris,
    })
    const token = await joseToken(algorithm, { keyOf: stranger, header: { x5c: x5cOf(stranger) } })
    expect(await verdictOn(token)).toBe('ERR_PATH_NO_ISSUER')
  })

  test('refuses a token of jose without x5c', async () => {
    expect(await verdictOn(await joseToken(algorithm, { header: { x5c: undefined } }))).toBe(
      'ERR_TOKEN_HEADER',
    )
  })
})

describe('what jose writes and verifiers refuse', () => {
  test('a token of the usual type JWT', async () => {
    expect(await verdictOn(await joseToken('ES256', { header: { typ: 'JWT' } }))).toBe('ERR_TOKEN_TYPE')
  })

  test('a token by HS256 with the public key as its secret', async () => {
    const leaf = leafOf('RS256')
    const token = await new SignJWT(claimsWith({}))
      .setProtectedHeader({ alg: 'HS256', typ: TYP, x5c: x5cOf(leaf) })
      .sign(new Uint8Array(leaf.certificate.subjectPublicKeyInfo.der))
    expect(await verdictOn(token)).toBe('ERR_TOKEN_ALGORITHM')
  })

  test('an unencoded payload with its crit', async () => {
    const leaf = leafOf('ES256')
    const parts = await new FlattenedSign(new TextEncoder().encode(JSON.stringify(claimsWith({}))))
      .setProtectedHeader({ alg: 'ES256', typ: TYP, x5c: x5cOf(leaf), b64: false, crit: ['b64'] })
      .sign(await importPKCS8(leaf.privateKeyPem, 'ES256'))
    const token = `${parts.protected}.${encode(claimsWith({}))}.${parts.signature}`
    expect(await verdictOn(token)).toBe('ERR_TOKEN_HEADER_FORBIDDEN')
  })

  test('a token that brings its key as jwk', async () => {
    const jwk = { kty: 'EC', crv: 'P-256', x: 'AAAA', y: 'AAAA' }
    expect(await verdictOn(await joseToken('ES256', { header: { jwk } }))).toBe('ERR_TOKEN_HEADER_FORBIDDEN')
  })

  test('a token for another audience', async () => {
    const token = await joseToken('ES256', { claims: { aud: 'https://other.example' } })
    expect(await verdictOn(token)).toBe('ERR_TOKEN_AUDIENCE')
  })
})

interface JoseOptions {
  readonly keyOf?: TestCertificate
  readonly header?: Readonly<Record<string, unknown>>
  readonly claims?: JWTPayload
}

async function joseToken(algorithm: Algorithm, options: JoseOptions = {}): Promise<string> {
  const leaf = leafOf(algorithm)
  const key = await importPKCS8((options.keyOf ?? leaf).privateKeyPem, algorithm)
  const header: JWTHeaderParameters = { alg: algorithm, typ: TYP, x5c: x5cOf(leaf), ...options.header }
  return await new SignJWT(claimsWith(options.claims ?? {})).setProtectedHeader(header).sign(key)
}

function claimsWith(claims: JWTPayload): JWTPayload {
  const jti = 'jose-0123456789ab'
  return { iss: SUBJECT, sub: SUBJECT, aud: AUDIENCE, iat: NOW, exp: NOW + 300, jti, ...claims }
}

async function ourToken(algorithm: Algorithm): Promise<string> {
  const credential = await leafOf(algorithm).credential({ algorithm })
  return await signToken(credential, { audience: AUDIENCE, at: AT, claims: { scope: 'read' } })
}

async function publicKeyOf(algorithm: Algorithm): ReturnType<typeof importX509> {
  return await importX509(leafOf(algorithm).pem, algorithm)
}

function leafOf(algorithm: Algorithm): TestCertificate {
  const leaf = leaves.get(algorithm)
  if (leaf === undefined) throw new Error(`no leaf for ${algorithm}`)
  return leaf
}

function x5cOf(leaf: TestCertificate): string[] {
  return leaf.chain.map(({ der }) => Buffer.from(der).toString('base64'))
}

function createFreshVerifier(): Verifier {
  return createVerifier({
    trustAnchors: [root.certificate],
    audience: AUDIENCE,
    revocation: 'off',
    clock: () => AT,
  })
}

async function verdictOn(token: string): Promise<string> {
  return await codeOf(() => createFreshVerifier().verify(token))
}

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}

function flipSignature(token: string): string {
  const start = token.lastIndexOf('.') + 1
  const signature = Buffer.from(token.slice(start), 'base64url')
  signature[10] = (signature[10] ?? 0) ^ 1
  return token.slice(0, start) + signature.toString('base64url')
}
