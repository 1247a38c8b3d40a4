// DPoP proofs for tests, right and wrong in every part.

import { createHash, generateKeyPairSync, type KeyObject, randomUUID, sign } from 'node:crypto'
import { AT, ISSUER } from './support.ts'

/** A key pair of a client. */
export interface ProofKey {
  readonly privateKey: KeyObject
  readonly jwk: Readonly<Record<string, unknown>>
  readonly alg: string
}

export function proofKey(alg = 'ES256'): ProofKey {
  const { privateKey, publicKey } = pairOf(alg)
  return { privateKey, jwk: { ...publicKey.export({ format: 'jwk' }) }, alg }
}

function pairOf(alg: string): { readonly privateKey: KeyObject; readonly publicKey: KeyObject } {
  switch (alg) {
    case 'ES256':
      return generateKeyPairSync('ec', { namedCurve: 'P-256' })
    case 'ES384':
      return generateKeyPairSync('ec', { namedCurve: 'P-384' })
    case 'ES512':
      return generateKeyPairSync('ec', { namedCurve: 'P-521' })
    case 'Ed25519':
    case 'EdDSA':
      return generateKeyPairSync('ed25519')
    default:
      return generateKeyPairSync('rsa', { modulusLength: 2_048 })
  }
}

/** A signed proof; what is given replaces what would be right, and undefined leaves it out. */
export function proofOf(
  key: ProofKey,
  claims: Readonly<Record<string, unknown>> = {},
  header: Readonly<Record<string, unknown>> = {},
): string {
  const head = { typ: 'dpop+jwt', alg: key.alg, jwk: key.jwk, ...header }
  const body = { jti: randomUUID(), htm: 'POST', htu: `${ISSUER}/token`, iat: AT.getTime() / 1000, ...claims }
  const input = [head, body].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')
  return `${input}.${signatureOf(key, Buffer.from(input)).toString('base64url')}`
}

function signatureOf({ privateKey, alg }: ProofKey, data: Buffer): Buffer {
  const key = { key: privateKey, dsaEncoding: 'ieee-p1363' } as const
  switch (alg) {
    case 'ES256':
      return sign('sha256', data, key)
    case 'ES384':
      return sign('sha384', data, key)
    case 'ES512':
      return sign('sha512', data, key)
    case 'Ed25519':
    case 'EdDSA':
      return sign(null, data, privateKey)
    case 'PS256':
      return sign('sha256', data, { key: privateKey, padding: 6, saltLength: 32 })
    default:
      return sign('sha256', data, privateKey)
  }
}

/** RFC 7638, computed another way than the service does. */
export function jktOf({ jwk }: ProofKey): string {
  const names = { EC: ['crv', 'kty', 'x', 'y'], OKP: ['crv', 'kty', 'x'], RSA: ['e', 'kty', 'n'] }
  const members = Object.entries(names).find(([kty]) => kty === jwk['kty'])?.[1] ?? []
  const text = `{${members.map((name) => `"${name}":${JSON.stringify(jwk[name])}`).join(',')}}`
  return createHash('sha256').update(text).digest('base64url')
}
