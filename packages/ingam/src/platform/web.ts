// Layer: platform, the web's form: WebCrypto, asynchronous; browsers, edge runtimes, and Node for comparison.
// WebCrypto ties a key to its algorithm and hash when it is imported, hence the scheme at import.

import { decodeBase64, decodeBase64url } from '../bytes/base64.ts'
import type {
  HashName,
  Platform,
  PlatformPrivateKey,
  PlatformPublicKey,
  SignatureScheme,
} from './contract.ts'
import { ecdsaDerFromP1363, ecdsaP1363FromDer } from './ecdsa-signature.ts'

/** The platform seam on WebCrypto. */
export const platform: Platform = {
  name: 'web',

  async importPublicKey(spki, scheme): Promise<PlatformPublicKey | undefined> {
    try {
      return seal(
        await crypto.subtle.importKey('spki', copyOf(spki), importParameters(scheme), false, ['verify']),
      )
    } catch {
      // Malformed for this algorithm, or an algorithm that this runtime lacks: an answer, not a failure.
      return undefined
    }
  },

  async verifySignature(scheme, key, data, signature): Promise<boolean> {
    const cryptoKey = unseal(key)
    const raw =
      scheme.kind === 'ecdsa' && scheme.encoding === 'der'
        ? ecdsaP1363FromDer(signature, COORDINATE_BYTES[scheme.curve])
        : signature
    if (cryptoKey === undefined || raw === undefined || !isAsLongAsModulus(raw, cryptoKey)) return false
    try {
      return await crypto.subtle.verify(operationParameters(scheme), cryptoKey, copyOf(raw), copyOf(data))
    } catch {
      // Some engines reject a malformed signature instead of answering false.
      return false
    }
  },

  // WebCrypto works on other threads anyway.
  async verifyLargeSignature(scheme, key, data, signature): Promise<boolean> {
    return await platform.verifySignature(scheme, key, data, signature)
  },

  async importPrivateKey(pkcs8, scheme): Promise<PlatformPrivateKey | undefined> {
    try {
      return seal(
        await crypto.subtle.importKey('pkcs8', copyOf(pkcs8), importParameters(scheme), false, ['sign']),
      )
    } catch {
      // Malformed for this algorithm, or an algorithm that this runtime lacks; the caller names the key.
      return undefined
    }
  },

  async sign(scheme, key, data): Promise<Uint8Array> {
    const cryptoKey = unseal(key)
    if (cryptoKey === undefined) throw new TypeError('not a private key of this platform')
    const signature = new Uint8Array(
      await crypto.subtle.sign(operationParameters(scheme), cryptoKey, copyOf(data)),
    )
    if (scheme.kind !== 'ecdsa' || scheme.encoding === 'p1363') return signature
    const der = ecdsaDerFromP1363(signature, COORDINATE_BYTES[scheme.curve])
    if (der === undefined) throw new TypeError('the key is not on the curve of the scheme')
    return der
  },

  async sha256(data): Promise<Uint8Array> {
    return new Uint8Array(await crypto.subtle.digest('SHA-256', copyOf(data)))
  },

  async digest(name, data): Promise<Uint8Array> {
    return new Uint8Array(await crypto.subtle.digest(name, copyOf(data)))
  },

  decodeBase64(text, alphabet): Uint8Array | undefined {
    return alphabet === 'base64' ? decodeBase64(text) : decodeBase64url(text)
  },

  randomBytes(length): Uint8Array {
    return crypto.getRandomValues(new Uint8Array(length))
  },
}

// RFC 8017 §8.1.2, step 1. Engines above OpenSSL take an RSASSA-PSS signature without its zero octets.
function isAsLongAsModulus(signature: Uint8Array, { algorithm }: CryptoKey): boolean {
  if (!('modulusLength' in algorithm) || typeof algorithm.modulusLength !== 'number') return true
  return signature.length === Math.ceil(algorithm.modulusLength / 8)
}

const COORDINATE_BYTES = { 'P-256': 32, 'P-384': 48, 'P-521': 66 } as const

interface ImportParameters {
  name: string
  hash?: HashName
  namedCurve?: string
}

function importParameters(scheme: SignatureScheme): ImportParameters {
  switch (scheme.kind) {
    case 'ecdsa':
      return { name: 'ECDSA', namedCurve: scheme.curve }
    case 'rsa-pkcs1':
      return { name: 'RSASSA-PKCS1-v1_5', hash: scheme.hash }
    case 'rsa-pss':
      return { name: 'RSA-PSS', hash: scheme.hash }
    case 'ed25519':
      return { name: 'Ed25519' }
    case 'ed448':
      return { name: 'Ed448' }
    case 'ml-dsa':
      return { name: scheme.parameterSet }
  }
}

interface OperationParameters {
  name: string
  hash?: HashName
  saltLength?: number
}

function operationParameters(scheme: SignatureScheme): OperationParameters {
  switch (scheme.kind) {
    case 'ecdsa':
      return { name: 'ECDSA', hash: scheme.hash }
    case 'rsa-pkcs1':
      return { name: 'RSASSA-PKCS1-v1_5' }
    case 'rsa-pss':
      return { name: 'RSA-PSS', saltLength: scheme.saltLength }
    case 'ed25519':
      return { name: 'Ed25519' }
    case 'ed448':
      return { name: 'Ed448' }
    case 'ml-dsa':
      return { name: scheme.parameterSet }
  }
}

// WebCrypto takes no views on shared memory; a copy also shields an asynchronous check from later writes.
function copyOf(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(bytes)
}

// The brands exist at compile time only; at run time a platform key is a CryptoKey, which `unseal` checks.
function seal<K extends PlatformPublicKey | PlatformPrivateKey>(key: CryptoKey): K
function seal(key: CryptoKey): CryptoKey {
  return key
}

function unseal(key: unknown): CryptoKey | undefined {
  return key instanceof CryptoKey ? key : undefined
}
