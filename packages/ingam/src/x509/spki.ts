// Layer: x509. SubjectPublicKeyInfo (RFC 5280 §4.1.2.7; RFC 3279, RFC 5480, RFC 8410): RSA, named curves with
// uncompressed points, Ed25519. Other algorithms are read and marked unsupported; malformed keys are refused.

import { readOidContent } from '../der/oid.ts'
import { type DerReader, readAll } from '../der/reader.ts'
import { TAG } from '../der/tag.ts'
import { createError } from '../errors/errors.ts'
import type { CurveName } from '../platform/contract.ts'
import { type AlgorithmIdentifier, isNull, readAlgorithmIdentifier } from './algorithm.ts'

/** A public key by kind. */
export type PublicKeyKind =
  | { readonly kind: 'rsa'; readonly modulusBits: number; readonly publicExponent: bigint }
  | { readonly kind: 'ec'; readonly curve: CurveName }
  | { readonly kind: 'ed25519' }
  | { readonly kind: 'unsupported'; readonly problem: string }

/** A public key as a certificate carries it; nobody has vouched for it. */
export interface SubjectPublicKeyInfo {
  readonly der: Uint8Array
  readonly algorithm: AlgorithmIdentifier
  readonly key: PublicKeyKind
}

/** Reads one SubjectPublicKeyInfo. */
export function readSubjectPublicKeyInfo(reader: DerReader): SubjectPublicKeyInfo {
  const start = reader.offset
  const parts = reader.readWithin(TAG.sequence, 'subjectPublicKeyInfo', (inner) => {
    const algorithm = readAlgorithmIdentifier(inner, 'subjectPublicKeyInfo.algorithm')
    return { algorithm, key: readKey(algorithm, inner.readBitString('subjectPublicKey')) }
  })
  return Object.freeze({ der: reader.since(start), ...parts })
}

/** The key in a few words: `RSA 2048`, `EC P-256`, `Ed25519`. */
export function describeKey(spki: SubjectPublicKeyInfo): string {
  const { key } = spki
  switch (key.kind) {
    case 'rsa':
      return `RSA ${key.modulusBits}`
    case 'ec':
      return `EC ${key.curve}`
    case 'ed25519':
      return 'Ed25519'
    case 'unsupported':
      return spki.algorithm.name
  }
}

// LIMIT: NIST SP 800-131A ends RSA below 2048 bits; above 8192 a check costs a stranger's victim milliseconds.
const MIN_RSA_BITS = 2_048
const MAX_RSA_BITS = 8_192
// LIMIT: exponents in use are 3, 17 and 65537; larger ones than 33 bits only cost time (the bound of BoringSSL).
const MAX_RSA_EXPONENT = 2n ** 33n - 1n

/** Why the key is not accepted, or undefined where it is. */
export function weaknessOf(spki: SubjectPublicKeyInfo): string | undefined {
  const { key } = spki
  if (key.kind === 'unsupported') return key.problem
  if (key.kind !== 'rsa') return undefined
  if (key.modulusBits < MIN_RSA_BITS)
    return `modulus of ${key.modulusBits} bits, at least ${MIN_RSA_BITS} are required`
  if (key.modulusBits > MAX_RSA_BITS)
    return `modulus of ${key.modulusBits} bits, at most ${MAX_RSA_BITS} are accepted`
  const { publicExponent } = key
  if (publicExponent < 3n || publicExponent > MAX_RSA_EXPONENT || publicExponent % 2n === 0n) {
    return 'publicExponent is even, below 3, or above 33 bits'
  }
  return undefined
}

function readKey(algorithm: AlgorithmIdentifier, bytes: Uint8Array): PublicKeyKind {
  switch (algorithm.oid) {
    case '1.2.840.113549.1.1.1':
      return readRsaKey(algorithm, bytes)
    case '1.2.840.10045.2.1':
      return readEcKey(algorithm, bytes)
    case '1.3.101.112':
      return readEd25519Key(algorithm, bytes)
    default:
      return { kind: 'unsupported', problem: 'not an accepted key algorithm' }
  }
}

function readRsaKey(algorithm: AlgorithmIdentifier, bytes: Uint8Array): PublicKeyKind {
  // RFC 3279 §2.3.1
  if (!isNull(algorithm.parameters)) throw malformed(algorithm, 'parameters must be NULL')
  return readAll(bytes, 'RSAPublicKey', (outer) =>
    outer.readWithin(TAG.sequence, 'RSAPublicKey', (inner) => {
      const modulus = inner.readInteger('RSAPublicKey.modulus')
      const exponent = inner.readInteger('RSAPublicKey.publicExponent')
      if ((modulus[0] ?? 0x80) >= 0x80 || (exponent[0] ?? 0x80) >= 0x80)
        throw malformed(algorithm, 'a negative number')
      if (((modulus.at(-1) ?? 0) & 1) === 0) throw malformed(algorithm, 'an even modulus')
      return { kind: 'rsa', modulusBits: bitLength(modulus), publicExponent: toBigInt(exponent) }
    }),
  )
}

const CURVES: ReadonlyMap<string, { readonly curve: CurveName; readonly coordinateBytes: number }> = new Map([
  ['1.2.840.10045.3.1.7', { curve: 'P-256', coordinateBytes: 32 }],
  ['1.3.132.0.34', { curve: 'P-384', coordinateBytes: 48 }],
  ['1.3.132.0.35', { curve: 'P-521', coordinateBytes: 66 }],
])

// RFC 5480 §2.1.1: a named curve, never explicit parameters (CVE-2020-0601).
function readEcKey(algorithm: AlgorithmIdentifier, bytes: Uint8Array): PublicKeyKind {
  const { parameters } = algorithm
  if (parameters?.[0] !== TAG.oid) return { kind: 'unsupported', problem: 'not a named curve' }
  const named = CURVES.get(readOidContent(parameters.subarray(2), 'namedCurve', 0))
  if (named === undefined) return { kind: 'unsupported', problem: 'not an accepted curve' }
  if (bytes[0] !== 0x04 || bytes.length !== 1 + 2 * named.coordinateBytes) {
    throw malformed(algorithm, 'not an uncompressed point of its curve')
  }
  return { kind: 'ec', curve: named.curve }
}

// RFC 8410 §3
function readEd25519Key(algorithm: AlgorithmIdentifier, bytes: Uint8Array): PublicKeyKind {
  if (algorithm.parameters !== undefined) throw malformed(algorithm, 'parameters must be absent')
  if (bytes.length !== 32) throw malformed(algorithm, `${bytes.length} bytes, expected 32`)
  return { kind: 'ed25519' }
}

function malformed(algorithm: AlgorithmIdentifier, problem: string): Error {
  return createError('ERR_CERT_KEY', { algorithm: algorithm.name, problem })
}

function bitLength(integer: Uint8Array): number {
  const start = integer[0] === 0 ? 1 : 0
  const first = integer[start] ?? 0
  return (integer.length - start) * 8 - (Math.clz32(first) - 24)
}

function toBigInt(integer: Uint8Array): bigint {
  return integer.reduce((value, byte) => value * 256n + BigInt(byte), 0n)
}
