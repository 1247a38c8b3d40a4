// Layer: x509. SubjectPublicKeyInfo (RFC 5280 §4.1.2.7; RFC 3279, RFC 4055, RFC 5480, RFC 8410, RFC 9881): RSA, RSA for
// PSS alone, named curves with uncompressed points, Ed25519, Ed448, ML-DSA. Other algorithms are read and marked
// unsupported; malformed keys are refused.

import { readOidContent } from '../der/oid.ts'
import { type DerReader, readAll } from '../der/reader.ts'
import { TAG } from '../der/tag.ts'
import { writeBitString, writeNull, writeOid, writeSequence } from '../der/writer.ts'
import { createError } from '../errors/errors.ts'
import type { CurveName, MlDsaParameterSet } from '../platform/contract.ts'
import { type AlgorithmIdentifier, isNull, readAlgorithmIdentifier } from './algorithm.ts'
import { type PssParameters, readPssParameters } from './pss.ts'
import { isOfSmallOrder } from './small-order.ts'

/** A public key by kind. */
export type PublicKeyKind =
  | { readonly kind: 'rsa'; readonly modulusBits: number; readonly publicExponent: bigint }
  | {
      /** A key whose AlgorithmIdentifier allows it RSASSA-PSS alone, perhaps with these parameters only. */
      readonly kind: 'rsa-pss'
      readonly modulusBits: number
      readonly publicExponent: bigint
      readonly parameters?: PssParameters
    }
  | { readonly kind: 'ec'; readonly curve: CurveName }
  | { readonly kind: 'ed25519' | 'ed448' }
  | { readonly kind: 'ml-dsa'; readonly parameterSet: MlDsaParameterSet }
  | { readonly kind: 'unsupported'; readonly problem: string }

/** A public key as a certificate carries it; nobody has vouched for it. */
export interface SubjectPublicKeyInfo {
  readonly der: Uint8Array
  readonly algorithm: AlgorithmIdentifier
  readonly key: PublicKeyKind
  /** Bytes of subjectPublicKey. */
  readonly subjectPublicKey: Uint8Array
}

/** Reads one SubjectPublicKeyInfo. */
export function readSubjectPublicKeyInfo(reader: DerReader): SubjectPublicKeyInfo {
  const start = reader.offset
  const parts = reader.readWithin(TAG.sequence, 'subjectPublicKeyInfo', (inner) => {
    const algorithm = readAlgorithmIdentifier(inner, 'subjectPublicKeyInfo.algorithm')
    const subjectPublicKey = inner.readBitString('subjectPublicKey')
    return { algorithm, key: readKey(algorithm, subjectPublicKey), subjectPublicKey }
  })
  return Object.freeze({ der: reader.since(start), ...parts })
}

/**
 * The key as every runtime imports it. WebCrypto takes RSA keys under the OID rsaEncryption alone; that a key is meant
 * for PSS has been judged by then.
 */
export function toImportable(spki: SubjectPublicKeyInfo): Uint8Array {
  if (spki.key.kind !== 'rsa-pss') return spki.der
  return writeSequence(
    writeSequence(writeOid(RSA_ENCRYPTION), writeNull()),
    writeBitString(spki.subjectPublicKey),
  )
}

/** The key in a few words: `RSA 2048`, `RSA-PSS 2048`, `EC P-256`, `Ed25519`, `ML-DSA-44`. */
export function describeKey(spki: SubjectPublicKeyInfo): string {
  const { key } = spki
  switch (key.kind) {
    case 'rsa':
      return `RSA ${key.modulusBits}`
    case 'ec':
      return `EC ${key.curve}`
    case 'rsa-pss':
      return `RSA-PSS ${key.modulusBits}`
    case 'ed25519':
      return 'Ed25519'
    case 'ed448':
      return 'Ed448'
    case 'ml-dsa':
      return key.parameterSet
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
  if ((key.kind === 'ed25519' || key.kind === 'ed448') && isOfSmallOrder(key.kind, spki.subjectPublicKey))
    return 'a point of small order, for which anybody can sign'
  if (key.kind !== 'rsa' && key.kind !== 'rsa-pss') return undefined
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
    case RSA_ENCRYPTION:
      // RFC 3279 §2.3.1
      if (!isNull(algorithm.parameters)) throw malformed(algorithm, 'parameters must be NULL')
      return { kind: 'rsa', ...readRsaKey(algorithm, bytes) }
    case '1.2.840.113549.1.1.10':
      return readRsaPssKey(algorithm, bytes)
    case '1.2.840.10045.2.1':
      return readEcKey(algorithm, bytes)
    case '1.3.101.112':
      checkPlainKey(algorithm, bytes, 32)
      return { kind: 'ed25519' }
    case '1.3.101.113':
      checkPlainKey(algorithm, bytes, 57)
      return { kind: 'ed448' }
    default:
      return (
        readMlDsaKey(algorithm, bytes) ?? { kind: 'unsupported', problem: 'not an accepted key algorithm' }
      )
  }
}

const RSA_ENCRYPTION = '1.2.840.113549.1.1.1'

interface RsaNumbers {
  readonly modulusBits: number
  readonly publicExponent: bigint
}

function readRsaKey(algorithm: AlgorithmIdentifier, bytes: Uint8Array): RsaNumbers {
  return readAll(bytes, 'RSAPublicKey', (outer) =>
    outer.readWithin(TAG.sequence, 'RSAPublicKey', (inner) => {
      const modulus = inner.readInteger('RSAPublicKey.modulus')
      const exponent = inner.readInteger('RSAPublicKey.publicExponent')
      if ((modulus[0] ?? 0x80) >= 0x80 || (exponent[0] ?? 0x80) >= 0x80)
        throw malformed(algorithm, 'a negative number')
      if (((modulus.at(-1) ?? 0) & 1) === 0) throw malformed(algorithm, 'an even modulus')
      return { modulusBits: bitLength(modulus), publicExponent: toBigInt(exponent) }
    }),
  )
}

// RFC 4055 §1.2 and §3.1: without parameters the key may be used with any; with them it is bound to these.
function readRsaPssKey(algorithm: AlgorithmIdentifier, bytes: Uint8Array): PublicKeyKind {
  const numbers = readRsaKey(algorithm, bytes)
  if (algorithm.parameters === undefined) return { kind: 'rsa-pss', ...numbers }
  const parameters = readPssParameters(algorithm.parameters)
  if (parameters === undefined) return { kind: 'unsupported', problem: 'parameters that are not accepted' }
  return { kind: 'rsa-pss', ...numbers, parameters }
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

/** The parameter sets of ML-DSA (RFC 9881 §2, FIPS 204) by OID, with the octets of their public keys. */
export const ML_DSA_SETS: ReadonlyMap<
  string,
  { readonly parameterSet: MlDsaParameterSet; readonly keyBytes: number }
> = new Map([
  ['2.16.840.1.101.3.4.3.17', { parameterSet: 'ML-DSA-44', keyBytes: 1_312 }],
  ['2.16.840.1.101.3.4.3.18', { parameterSet: 'ML-DSA-65', keyBytes: 1_952 }],
  ['2.16.840.1.101.3.4.3.19', { parameterSet: 'ML-DSA-87', keyBytes: 2_592 }],
])

function readMlDsaKey(algorithm: AlgorithmIdentifier, bytes: Uint8Array): PublicKeyKind | undefined {
  const set = ML_DSA_SETS.get(algorithm.oid)
  if (set === undefined) return undefined
  checkPlainKey(algorithm, bytes, set.keyBytes)
  return { kind: 'ml-dsa', parameterSet: set.parameterSet }
}

// RFC 8410 §3, RFC 9881 §4: no parameters, and the key's own bytes.
function checkPlainKey(algorithm: AlgorithmIdentifier, bytes: Uint8Array, expected: number): void {
  if (algorithm.parameters !== undefined) throw malformed(algorithm, 'parameters must be absent')
  if (bytes.length !== expected) throw malformed(algorithm, `${bytes.length} bytes, expected ${expected}`)
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
