// Layer: platform, Node's form: node:crypto, synchronous, keys cached by their holder as KeyObjects.
// Refuses nothing by policy. A KeyObject is passed to crypto.verify directly wherever it can be: inside an options
// object it costs 15–45 µs more a call on Node 24.

import {
  constants,
  createPrivateKey,
  createPublicKey,
  createVerify,
  hash,
  KeyObject,
  randomFillSync,
  sign as signNode,
  type Verify,
  verify as verifyNode,
} from 'node:crypto'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type {
  CurveName,
  HashName,
  Platform,
  PlatformPrivateKey,
  PlatformPublicKey,
  SignatureScheme,
} from './contract.ts'
import { ecdsaP1363FromDer, MAX_ECDSA_DER_BYTES, writeEcdsaDer } from './ecdsa-signature.ts'

/** The platform seam on Node. */
export const platform: Platform = {
  name: 'node',

  importPublicKey(spki: Uint8Array, scheme: SignatureScheme): PlatformPublicKey | undefined {
    try {
      if (!isForCurve(scheme, spki)) return undefined
      const key = publicKeyOf(scheme, spki)
      const type: string | undefined = key.asymmetricKeyType
      return type === typeOf(scheme) ? seal(key) : undefined
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

  async verifyLargeSignature(scheme, key, data, signature): Promise<boolean> {
    const keyObject = unseal(key)
    if (keyObject === undefined) return false
    try {
      return await verifyMeanwhile(scheme, keyObject, data, signature)
    } catch {
      // As above.
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

  digest(name, data): Uint8Array {
    return Uint8Array.from(hash(NODE_DIGEST[name], data, 'buffer'))
  },

  decodeBase64(text, alphabet): Uint8Array | undefined {
    const bytes = Buffer.from(text, alphabet)
    // Buffer reads whatever it is given; a canonical text is the one that it writes for these bytes.
    return bytes.toString(alphabet) === text ? bytes : undefined
  },

  randomBytes(length: number): Uint8Array {
    return randomFillSync(new Uint8Array(length))
  },
}

const NODE_HASH = { 'SHA-256': 'sha256', 'SHA-384': 'sha384', 'SHA-512': 'sha512' } as const
const NODE_DIGEST = { 'SHA-1': 'sha1', ...NODE_HASH } as const
const COORDINATE_BYTES = { 'P-256': 32, 'P-384': 48, 'P-521': 66 } as const

// Written and read within one call, which nothing interrupts.
const derRoom = new Uint8Array(MAX_ECDSA_DER_BYTES)

function verifyWith(
  scheme: SignatureScheme,
  key: KeyObject,
  data: Uint8Array,
  signature: Uint8Array,
): boolean {
  switch (scheme.kind) {
    case 'ecdsa': {
      const name = NODE_HASH[scheme.hash]
      if (scheme.encoding === 'der') return verifyNode(name, data, key, signature)
      const length = writeEcdsaDer(signature, COORDINATE_BYTES[scheme.curve], derRoom)
      return length > 0 && verifyNode(name, data, key, derRoom.subarray(0, length))
    }
    case 'rsa-pkcs1':
      return verifyNode(NODE_HASH[scheme.hash], data, key, signature)
    case 'rsa-pss':
      return (
        isAsLongAsModulus(signature, key) &&
        verifyNode(
          NODE_HASH[scheme.hash],
          data,
          { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: scheme.saltLength },
          signature,
        )
      )
    case 'ed25519':
    case 'ed448':
    case 'ml-dsa':
      return verifyNode(null, data, key, signature)
  }
}

// Hashed in pieces, with a turn for others after each; a key that takes no hash signs the whole, on another thread.
async function verifyMeanwhile(
  scheme: SignatureScheme,
  key: KeyObject,
  data: Uint8Array,
  signature: Uint8Array,
): Promise<boolean> {
  switch (scheme.kind) {
    case 'ecdsa': {
      const length =
        scheme.encoding === 'der' ? 0 : writeEcdsaDer(signature, COORDINATE_BYTES[scheme.curve], derRoom)
      if (scheme.encoding !== 'der' && length === 0) return false
      // Of its own: the room is another's after the first wait.
      const der = scheme.encoding === 'der' ? signature : derRoom.slice(0, length)
      return (await hashed(scheme.hash, data)).verify(key, der)
    }
    case 'rsa-pkcs1':
      return (await hashed(scheme.hash, data)).verify(key, signature)
    case 'rsa-pss': {
      const { saltLength } = scheme
      if (!isAsLongAsModulus(signature, key)) return false
      const options = { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength }
      return (await hashed(scheme.hash, data)).verify(options, signature)
    }
    case 'ed25519':
    case 'ed448':
    case 'ml-dsa':
      return await new Promise((resolve, reject) => {
        verifyNode(null, data, key, signature, (error, result) => {
          if (error === null) resolve(result)
          else reject(error)
        })
      })
  }
}

// LIMIT: hashed in about a millisecond.
const PIECE_BYTES = 1_048_576

async function hashed(name: HashName, data: Uint8Array): Promise<Verify> {
  const verifier = createVerify(NODE_HASH[name])
  for (let offset = 0; offset < data.length; offset += PIECE_BYTES) {
    verifier.update(data.subarray(offset, offset + PIECE_BYTES))
    await nextTurn()
  }
  return verifier
}

// RFC 8017 §8.1.2, step 1. OpenSSL asks this of PKCS #1 v1.5 alone: here it takes a signature without its zero octets.
function isAsLongAsModulus(signature: Uint8Array, key: KeyObject): boolean {
  let bytes = modulusBytes.get(key)
  if (bytes === undefined) {
    bytes = Math.ceil((key.asymmetricKeyDetails?.modulusLength ?? 0) / 8)
    modulusBytes.set(key, bytes)
  }
  return signature.length === bytes
}

// To ask the KeyObject takes a microsecond each time.
const modulusBytes: WeakMap<KeyObject, number> = new WeakMap()

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

// An Ed25519 key as JWK, and an RSA key as PKCS#1, cost a good part less than as SubjectPublicKeyInfo.
function publicKeyOf(scheme: SignatureScheme, spki: Uint8Array): KeyObject {
  const bytes = Buffer.from(spki.buffer, spki.byteOffset, spki.byteLength)
  if (scheme.kind === 'ed25519' && isAt(ED25519_SPKI, spki, 0) && spki.length === ED25519_SPKI.length + 32) {
    const x = bytes.toString('base64url', ED25519_SPKI.length)
    return createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' })
  }
  if (scheme.kind.startsWith('rsa') && isRsaKeyOfUsualLength(spki))
    return createPublicKey({ key: bytes.subarray(RSA_KEY_OFFSET), format: 'der', type: 'pkcs1' })
  return createPublicKey({ key: bytes, format: 'der', type: 'spki' })
}

// RFC 8410 §4: all of an Ed25519 SubjectPublicKeyInfo but the key.
const ED25519_SPKI: Uint8Array = Buffer.from('302a300506032b6570032100', 'hex')

// RFC 3279 §2.3.1: SEQUENCE, AlgorithmIdentifier, BIT STRING without unused bits, of keys from 1024 to 500,000 bits,
// both lengths of which take two bytes.
const RSA_ALGORITHM: Uint8Array = Buffer.from('300d06092a864886f70d0101010500', 'hex')
const RSA_KEY_OFFSET = 4 + 15 + 5

function isRsaKeyOfUsualLength(spki: Uint8Array): boolean {
  return (
    spki[1] === 0x82 &&
    isAt(RSA_ALGORITHM, spki, 4) &&
    spki[19] === 0x03 &&
    spki[20] === 0x82 &&
    spki[23] === 0
  )
}

// The key's type and curve as its SubjectPublicKeyInfo names them (RFC 5480 §2.1.1): to ask the KeyObject for its
// curve takes as long as a good part of a signature check.
const CURVE_SPKI: Readonly<Record<CurveName, Uint8Array>> = {
  'P-256': Buffer.from('3059301306072a8648ce3d020106082a8648ce3d030107', 'hex'),
  'P-384': Buffer.from('3076301006072a8648ce3d020106052b81040022', 'hex'),
  'P-521': Buffer.from('30819b301006072a8648ce3d020106052b81040023', 'hex'),
}

function isForCurve(scheme: SignatureScheme, spki: Uint8Array): boolean {
  return scheme.kind !== 'ecdsa' || isAt(CURVE_SPKI[scheme.curve], spki, 0)
}

function isAt(part: Uint8Array, bytes: Uint8Array, offset: number): boolean {
  for (let index = 0; index < part.length; index++) if (bytes[offset + index] !== part[index]) return false
  return true
}

function typeOf(scheme: SignatureScheme): string {
  return scheme.kind === 'ml-dsa' ? scheme.parameterSet.toLowerCase() : KEY_TYPES[scheme.kind]
}

// A KeyObject would work under any scheme of its family; here, as on the web, it is tied to the one it came for.
function isOf(scheme: SignatureScheme, key: KeyObject): boolean {
  // Wider than the declared type: versions of Node without ML-DSA know no such key.
  const type: string | undefined = key.asymmetricKeyType
  if (type !== typeOf(scheme)) return false
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
