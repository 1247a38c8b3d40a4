// The algorithms of tokens as tests sign by them without the library: which test key each takes, and WebCrypto's
// parameters for it.

import type { TokenAlgorithm } from '../../packages/ingam/src/keys/algorithms.ts'
import type { TestKeyType } from '../../packages/ingam/src/testing/certificate-writer.ts'

/** The kind of test key that signs by each algorithm. */
export const KEY_TYPES: Readonly<Record<TokenAlgorithm, TestKeyType>> = {
  ES256: 'P-256',
  ES384: 'P-384',
  ES512: 'P-521',
  PS256: 'RSA-2048',
  PS384: 'RSA-2048',
  PS512: 'RSA-2048',
  RS256: 'RSA-2048',
  RS384: 'RSA-2048',
  RS512: 'RSA-2048',
  Ed25519: 'Ed25519',
  Ed448: 'Ed448',
  EdDSA: 'Ed25519',
  'ML-DSA-44': 'ML-DSA-44',
  'ML-DSA-65': 'ML-DSA-65',
  'ML-DSA-87': 'ML-DSA-87',
}

/** What WebCrypto is told when it imports a key, and when it signs. */
export interface WebSigning {
  readonly key: {
    readonly name: string
    readonly hash?: string
    readonly namedCurve?: 'P-256' | 'P-384' | 'P-521'
  }
  readonly signing: {
    readonly name: string
    readonly hash?: string
    readonly saltLength?: number
    readonly context?: Uint8Array<ArrayBuffer>
  }
}

/** WebCrypto's parameters for each algorithm. */
export const WEB_SIGNING: Readonly<Record<TokenAlgorithm, WebSigning>> = {
  ES256: ecdsa('P-256', 'SHA-256'),
  ES384: ecdsa('P-384', 'SHA-384'),
  ES512: ecdsa('P-521', 'SHA-512'),
  PS256: rsaPss('SHA-256', 32),
  PS384: rsaPss('SHA-384', 48),
  PS512: rsaPss('SHA-512', 64),
  RS256: rsa('SHA-256'),
  RS384: rsa('SHA-384'),
  RS512: rsa('SHA-512'),
  Ed25519: plain('Ed25519'),
  Ed448: plain('Ed448'),
  EdDSA: plain('Ed25519'),
  'ML-DSA-44': plain('ML-DSA-44'),
  'ML-DSA-65': plain('ML-DSA-65'),
  'ML-DSA-87': plain('ML-DSA-87'),
}

/** A signature over the data as tokens carry it. */
export async function signAs(
  { key, signing }: WebSigning,
  pkcs8: Uint8Array,
  data: Uint8Array,
): Promise<Uint8Array> {
  const privateKey = await crypto.subtle.importKey('pkcs8', new Uint8Array(pkcs8), key, false, ['sign'])
  return new Uint8Array(await crypto.subtle.sign(signing, privateKey, new Uint8Array(data)))
}

/** ECDSA with any pairing of curve and hash, those of no algorithm among them. */
export function ecdsa(namedCurve: 'P-256' | 'P-384' | 'P-521', hash: string): WebSigning {
  return { key: { name: 'ECDSA', namedCurve }, signing: { name: 'ECDSA', hash } }
}

/** RSASSA-PSS with any length of salt. */
export function rsaPss(hash: string, saltLength: number): WebSigning {
  return { key: { name: 'RSA-PSS', hash }, signing: { name: 'RSA-PSS', saltLength } }
}

/** ML-DSA over a context, which tokens never have (RFC 9964). */
export function withContext(name: string, context: string): WebSigning {
  return { key: { name }, signing: { name, context: new TextEncoder().encode(context) } }
}

function rsa(hash: string): WebSigning {
  return { key: { name: 'RSASSA-PKCS1-v1_5', hash }, signing: { name: 'RSASSA-PKCS1-v1_5' } }
}

function plain(name: string): WebSigning {
  return { key: { name }, signing: { name } }
}
