// Layer: platform, Node's form: node:crypto, synchronous, keys cached by their holder as KeyObjects.
// Refuses nothing by policy. A KeyObject is passed to crypto.verify directly wherever it can be: inside an options
// object it costs 15–45 µs more a call on Node 24.

import {
  constants,
  createPrivateKey,
  createPublicKey,
  hash,
  KeyObject,
  randomFillSync,
  sign as signNode,
  verify as verifyNode,
} from 'node:crypto'
import type { Platform, PlatformPrivateKey, PlatformPublicKey, SignatureScheme } from './contract.ts'
import { ecdsaDerFromP1363, ecdsaP1363FromDer } from './ecdsa-signature.ts'

/** The platform seam on Node. */
export const platform: Platform = {
  name: 'node',

  importPublicKey(spki: Uint8Array, scheme: SignatureScheme): PlatformPublicKey | undefined {
    try {
      const key = createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' })
      return isOf(scheme, key) ? seal(key) : undefined
    } catch {
      // A key that OpenSSL finds malformed (a point off its curve) is an answer, not a failure.
      return undefined
    }
  },

  verifySignature(scheme, key, data, signature): boolean {
    const keyObject = unseal(key)
    if (keyObject === undefined) return false
    try {
      return verifyWith(scheme, keyObject, data, signature)
    } catch {
      // OpenSSL throws for some malformed signatures; to us each of them is "does not verify".
      return false
    }
  },

  importPrivateKey(pkcs8: Uint8Array, scheme: SignatureScheme): PlatformPrivateKey | undefined {
    try {
      const key = createPrivateKey({ key: Buffer.from(pkcs8), format: 'der', type: 'pkcs8' })
      return isOf(scheme, key) ? seal(key) : undefined
    } catch {
      // Malformed or of an unknown kind; the caller names the file.
      return undefined
    }
  },

  sign(scheme, key, data): Uint8Array {
    const keyObject = unseal(key)
    if (keyObject === undefined) throw new TypeError('not a private key of this platform')
    return signWith(scheme, keyObject, data)
  },

  sha256(data: Uint8Array): Uint8Array {
    // As text, because each Buffer that node:crypto makes costs as much as the digest itself.
    const digest = hash('sha256', data, 'latin1')
    const bytes = new Uint8Array(32)
    for (let index = 0; index < 32; index++) bytes[index] = digest.charCodeAt(index)
    return bytes
  },

  randomBytes(length: number): Uint8Array {
    return randomFillSync(new Uint8Array(length))
  },
}

const NODE_HASH = { 'SHA-256': 'sha256', 'SHA-384': 'sha384', 'SHA-512': 'sha512' } as const
const COORDINATE_BYTES = { 'P-256': 32, 'P-384': 48, 'P-521': 66 } as const

function verifyWith(
  scheme: SignatureScheme,
  key: KeyObject,
  data: Uint8Array,
  signature: Uint8Array,
): boolean {
  switch (scheme.kind) {
    case 'ecdsa': {
      const der =
        scheme.encoding === 'der' ? signature : ecdsaDerFromP1363(signature, COORDINATE_BYTES[scheme.curve])
      return der !== undefined && verifyNode(NODE_HASH[scheme.hash], data, key, der)
    }
    case 'rsa-pkcs1':
      return verifyNode(NODE_HASH[scheme.hash], data, key, signature)
    case 'rsa-pss':
      return verifyNode(
        NODE_HASH[scheme.hash],
        data,
        { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: scheme.saltLength },
        signature,
      )
    case 'ed25519':
    case 'ed448':
    case 'ml-dsa':
      return verifyNode(null, data, key, signature)
  }
}

function signWith(scheme: SignatureScheme, key: KeyObject, data: Uint8Array): Uint8Array {
  switch (scheme.kind) {
    case 'ecdsa': {
      const der = signNode(NODE_HASH[scheme.hash], data, key)
      if (scheme.encoding === 'der') return der
      const fixed = ecdsaP1363FromDer(der, COORDINATE_BYTES[scheme.curve])
      if (fixed === undefined) throw new TypeError('the key is not on the curve of the scheme')
      return fixed
    }
    case 'rsa-pkcs1':
      return signNode(NODE_HASH[scheme.hash], data, key)
    case 'rsa-pss':
      return signNode(NODE_HASH[scheme.hash], data, {
        key,
        padding: constants.RSA_PKCS1_PSS_PADDING,
        saltLength: scheme.saltLength,
      })
    case 'ed25519':
    case 'ed448':
    case 'ml-dsa':
      return signNode(null, data, key)
  }
}

const KEY_TYPES = {
  ecdsa: 'ec',
  'rsa-pkcs1': 'rsa',
  'rsa-pss': 'rsa',
  ed25519: 'ed25519',
  ed448: 'ed448',
} as const
const OPENSSL_CURVES = { 'P-256': 'prime256v1', 'P-384': 'secp384r1', 'P-521': 'secp521r1' } as const

// A KeyObject would work under any scheme of its family; here, as on the web, it is tied to the one it came for.
function isOf(scheme: SignatureScheme, key: KeyObject): boolean {
  // Wider than the declared type: versions of Node without ML-DSA know no such key.
  const type: string | undefined = key.asymmetricKeyType
  if (scheme.kind === 'ml-dsa') return type === scheme.parameterSet.toLowerCase()
  if (type !== KEY_TYPES[scheme.kind]) return false
  return scheme.kind !== 'ecdsa' || key.asymmetricKeyDetails?.namedCurve === OPENSSL_CURVES[scheme.curve]
}

// The brands exist at compile time only; at run time a platform key is a KeyObject, which `unseal` checks.
function seal<K extends PlatformPublicKey | PlatformPrivateKey>(key: KeyObject): K
function seal(key: KeyObject): KeyObject {
  return key
}

function unseal(key: unknown): KeyObject | undefined {
  return key instanceof KeyObject ? key : undefined
}
