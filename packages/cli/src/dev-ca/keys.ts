// CLI: the keys of the development CA and of whom it certifies, and how each kind signs. On node:crypto alone, so that
// the lists of choices can be read without loading the library that writes certificates.

import { createPrivateKey, generateKeyPair, type KeyObject, sign } from 'node:crypto'
import { promisify } from 'node:util'

/** The kinds of key that can be made, by the names of the option --key-type. */
export const KEY_TYPES = [
  'P-256',
  'P-384',
  'P-521',
  'RSA-2048',
  'RSA-3072',
  'RSA-4096',
  'Ed25519',
  'Ed448',
  'ML-DSA-44',
  'ML-DSA-65',
  'ML-DSA-87',
] as const
export type KeyType = (typeof KEY_TYPES)[number]

/** A new key pair: SubjectPublicKeyInfo in DER, and the private key as it is used and as it is written. */
export interface NewKeys {
  readonly publicKey: Uint8Array<ArrayBuffer>
  readonly privateKey: KeyObject
  readonly privateKeyPem: string
}

/** How a private key signs certificates: for the AlgorithmIdentifier in WebCrypto's terms, and the act itself. */
export interface Signer {
  readonly algorithm: { readonly name: string; readonly namedCurve?: string; readonly hash?: string }
  /** ECDSA signatures come out as R‖S. */
  readonly sign: (bytes: Uint8Array) => Uint8Array<ArrayBuffer>
}

/** Makes a key pair. Throws where the runtime does not have this kind, as older ones do not have ML-DSA. */
export async function generateKeys(keyType: KeyType): Promise<NewKeys> {
  const { publicKey, privateKey } = await generate(keyType)
  return {
    publicKey: Uint8Array.from(publicKey.export({ type: 'spki', format: 'der' })),
    privateKey,
    privateKeyPem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  }
}

/** How this private key (PEM) signs; throws an Error that says why it cannot. */
export function signerOf(key: KeyObject | string): Signer {
  const privateKey = typeof key === 'string' ? createPrivateKey(key) : key
  const { asymmetricKeyType: kind, asymmetricKeyDetails: details } = privateKey
  if (kind === 'rsa') return hashed({ name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }, privateKey)
  if (kind === 'ec') {
    const curve = CURVES[details?.namedCurve ?? '']
    if (curve !== undefined) return hashed({ name: 'ECDSA', ...curve }, privateKey)
  }
  // INVARIANT: these kinds bring their own digest; node:crypto takes null for it.
  const plain = PLAIN[kind ?? '']
  if (plain !== undefined) {
    return { algorithm: plain, sign: (bytes) => Uint8Array.from(sign(null, bytes, privateKey)) }
  }
  const found = [kind, details?.namedCurve].filter((part) => part !== undefined).join(' ')
  throw new Error(`a key of kind ${found} does not sign certificates here`)
}

function hashed(
  algorithm: { readonly name: string; readonly namedCurve?: string; readonly hash: string },
  key: KeyObject,
): Signer {
  return {
    algorithm,
    sign: (bytes) => Uint8Array.from(sign(algorithm.hash, bytes, { key, dsaEncoding: 'ieee-p1363' })),
  }
}

// FIPS 186-5 asks for a hash as strong as the curve.
const CURVES: Readonly<Record<string, { readonly namedCurve: string; readonly hash: string }>> = {
  prime256v1: { namedCurve: 'P-256', hash: 'SHA-256' },
  secp384r1: { namedCurve: 'P-384', hash: 'SHA-384' },
  secp521r1: { namedCurve: 'P-521', hash: 'SHA-512' },
}

const PLAIN: Readonly<Record<string, { readonly name: string; readonly namedCurve?: string }>> = {
  ed25519: { name: 'Ed25519' },
  ed448: { name: 'EdDSA', namedCurve: 'Ed448' },
  'ml-dsa-44': { name: 'ML-DSA-44' },
  'ml-dsa-65': { name: 'ML-DSA-65' },
  'ml-dsa-87': { name: 'ML-DSA-87' },
}

const make = promisify(generateKeyPair)

async function generate(keyType: KeyType): Promise<{ publicKey: KeyObject; privateKey: KeyObject }> {
  switch (keyType) {
    case 'P-256':
    case 'P-384':
    case 'P-521':
      return await make('ec', { namedCurve: keyType })
    case 'RSA-2048':
    case 'RSA-3072':
    case 'RSA-4096':
      return await make('rsa', { modulusLength: Number(keyType.slice('RSA-'.length)) })
    case 'Ed25519':
      return await make('ed25519')
    case 'Ed448':
      return await make('ed448')
    case 'ML-DSA-44':
      return await make('ml-dsa-44')
    case 'ML-DSA-65':
      return await make('ml-dsa-65')
    case 'ML-DSA-87':
      return await make('ml-dsa-87')
  }
}
