// Server: keys as they lie in the store. The private part is sealed under the key-encryption key with AES-256-GCM (NIST
// SP 800-38D); what the row says of it is part of what is authenticated, so that a row whose id, use or algorithm was
// changed does not open. The public part is never taken from the row: it is computed from the private one.

import {
  createCipheriv,
  createDecipheriv,
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  generateKeyPair,
  hash,
  type KeyObject,
} from 'node:crypto'
import { promisify } from 'node:util'
import { canonicalJson } from '../audit/canonical.ts'
import type { JsonRecord } from '../json.ts'
import type { KeyUse, StoredKey } from '../stores/contract.ts'

/** What a key signs with: a JWS algorithm, or HMAC for challenges. */
export type KeyAlgorithm = 'ES256' | 'RS256' | 'HMAC-SHA-256'

/** A key that opened. */
export interface OpenedKey {
  readonly kid: string
  readonly use: KeyUse
  readonly algorithm: KeyAlgorithm
  /** The private or secret part. */
  readonly key: KeyObject
  /** RFC 7517 §4, with kid, alg and use; undefined for secret keys. */
  readonly publicJwk: JsonRecord | undefined
}

/** A new key, before it has its times. */
export type NewKey = Pick<StoredKey, 'kid' | 'use' | 'algorithm' | 'publicJwk' | 'sealed'>

const NONCE_BYTES = 12
const TAG_BYTES = 16

/**
 * Makes a key: P-256 for ES256, RSA of 3,072 bits for RS256, 32 bytes for HMAC. Its id is the RFC 7638 thumbprint of the
 * public key, or 16 random bytes where there is none: a thumbprint of a secret key would be a hash of the secret.
 *
 * @param keyEncryptionKey 32 bytes
 */
export async function makeKey(
  use: KeyUse,
  algorithm: KeyAlgorithm,
  keyEncryptionKey: Uint8Array,
  random: (length: number) => Uint8Array,
): Promise<NewKey> {
  if (algorithm === 'HMAC-SHA-256') {
    const secret = random(32)
    const kid = Buffer.from(random(16)).toString('base64url')
    return { kid, use, algorithm, publicJwk: '', sealed: seal({ kid, use, algorithm }, secret) }
  }
  const { privateKey } = await generate(algorithm)
  const jwk = publicJwkOf(privateKey, algorithm)
  const kid = String(jwk['kid'])
  const secret = privateKey.export({ type: 'pkcs8', format: 'der' })
  return { kid, use, algorithm, publicJwk: canonicalJson(jwk), sealed: seal({ kid, use, algorithm }, secret) }

  function seal(row: Pick<StoredKey, 'kid' | 'use' | 'algorithm'>, secret: Uint8Array): Uint8Array {
    // A key-encryption key seals a few keys a year: random nonces are far below SP 800-38D §8.3's bound of 2^32.
    const nonce = random(NONCE_BYTES)
    const cipher = createCipheriv('aes-256-gcm', keyEncryptionKey, nonce, { authTagLength: TAG_BYTES })
    cipher.setAAD(additionalData(row))
    const sealed = Buffer.concat([nonce, cipher.update(secret), cipher.final(), cipher.getAuthTag()])
    secret.fill(0)
    return sealed
  }
}

/**
 * Opens a row.
 *
 * **Not authenticated**: the row's times. Whoever can write to the store can keep a retired key published, or bring back
 * a row that was removed.
 *
 * @returns undefined where it does not open under this key-encryption key, or is not what the row says
 */
export function openKey(row: StoredKey, keyEncryptionKey: Uint8Array): OpenedKey | undefined {
  const { kid, use } = row
  const algorithm = algorithmOf(row)
  if (algorithm === undefined || row.sealed.length <= NONCE_BYTES + TAG_BYTES) return undefined
  let secret: Buffer | undefined
  try {
    secret = unseal(row, keyEncryptionKey)
    if (algorithm === 'HMAC-SHA-256') {
      if (secret.length !== 32 || row.publicJwk !== '') return undefined
      return { kid, use, algorithm, key: createSecretKey(secret), publicJwk: undefined }
    }
    const key = createPrivateKey({ key: secret, format: 'der', type: 'pkcs8' })
    if (!suits(key, algorithm)) return undefined
    const publicJwk = publicJwkOf(key, algorithm)
    if (publicJwk['kid'] !== kid || canonicalJson(publicJwk) !== row.publicJwk) return undefined
    return { kid, use, algorithm, key, publicJwk }
  } catch {
    // The reasons (a wrong key-encryption key, a changed row) cannot be told apart, and OpenSSL's text helps nobody.
    return undefined
  } finally {
    secret?.fill(0)
  }
}

function unseal(row: StoredKey, keyEncryptionKey: Uint8Array): Buffer {
  const end = row.sealed.length - TAG_BYTES
  const nonce = row.sealed.subarray(0, NONCE_BYTES)
  const decipher = createDecipheriv('aes-256-gcm', keyEncryptionKey, nonce, { authTagLength: TAG_BYTES })
  decipher.setAAD(additionalData(row))
  decipher.setAuthTag(row.sealed.subarray(end))
  return Buffer.concat([decipher.update(row.sealed.subarray(NONCE_BYTES, end)), decipher.final()])
}

// A JSON array, so that no two rows have the same bytes. The first item keeps it apart from other uses of the key.
function additionalData(row: Pick<StoredKey, 'kid' | 'use' | 'algorithm'>): Buffer {
  return Buffer.from(canonicalJson(['ingam-sealed-key', 1, row.kid, row.use, row.algorithm]))
}

// Each use has its algorithms: an audit key that signed access tokens would be taken for one of theirs.
function algorithmOf(row: StoredKey): KeyAlgorithm | undefined {
  switch (row.algorithm) {
    case 'ES256':
      return row.use === 'challenge' ? undefined : 'ES256'
    case 'RS256':
      return row.use === 'access-token' ? 'RS256' : undefined
    case 'HMAC-SHA-256':
      return row.use === 'challenge' ? 'HMAC-SHA-256' : undefined
    default:
      return undefined
  }
}

function suits(key: KeyObject, algorithm: 'ES256' | 'RS256'): boolean {
  const { namedCurve, modulusLength } = key.asymmetricKeyDetails ?? {}
  return algorithm === 'ES256'
    ? key.asymmetricKeyType === 'ec' && namedCurve === 'prime256v1'
    : key.asymmetricKeyType === 'rsa' && (modulusLength ?? 0) >= 3072
}

const generatePair = promisify(generateKeyPair)

async function generate(algorithm: 'ES256' | 'RS256'): Promise<{ privateKey: KeyObject }> {
  return algorithm === 'ES256'
    ? await generatePair('ec', { namedCurve: 'P-256' })
    : await generatePair('rsa', { modulusLength: 3072 })
}

function publicJwkOf(privateKey: KeyObject, algorithm: 'ES256' | 'RS256'): JsonRecord {
  // The types want text here; the string is dropped at once, as the key object holds the same in any case.
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' })
  const { kty, crv, x, y, n, e } = createPublicKey(pem).export({ format: 'jwk' })
  const members: JsonRecord =
    algorithm === 'ES256'
      ? { crv: String(crv), kty: String(kty), x: String(x), y: String(y) }
      : { e: String(e), kty: String(kty), n: String(n) }
  // RFC 7638 §3: the required members, sorted, without white space; all of them are plain ASCII.
  const kid = hash('sha256', canonicalJson(members), 'base64url')
  return Object.freeze({ ...members, alg: algorithm, kid, use: 'sig' })
}
