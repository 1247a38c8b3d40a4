// Layer: x509. AlgorithmIdentifier (RFC 5280 §4.1.1.2) and which signature algorithms are accepted: a table. No SHA-1,
// no MD5, no DSA; RSASSA-PSS within certificates is not read yet.

import type { DerReader } from '../der/reader.ts'
import { TAG } from '../der/tag.ts'
import type { HashName, SignatureScheme } from '../platform/contract.ts'
import { nameOfOid } from './oids.ts'
import type { SubjectPublicKeyInfo } from './spki.ts'

/** An algorithm by OID with its parameters as they stand. */
export interface AlgorithmIdentifier {
  readonly oid: string
  readonly name: string
  /** The parameters' whole encoding; absent where there are none. */
  readonly parameters?: Uint8Array
  readonly der: Uint8Array
}

/** Reads one AlgorithmIdentifier. */
export function readAlgorithmIdentifier(reader: DerReader, reading: string): AlgorithmIdentifier {
  const start = reader.offset
  const parts = reader.readWithin(TAG.sequence, reading, (inner) => {
    const oid = inner.readOid(`${reading}.algorithm`)
    return inner.isEmpty ? { oid } : { oid, parameters: inner.readElement(`${reading}.parameters`).der }
  })
  return { ...parts, name: nameOfOid(parts.oid), der: reader.since(start) }
}

/** How a certificate signature by this algorithm and key is checked, or undefined where it is not accepted. */
export function signatureSchemeOf(
  algorithm: AlgorithmIdentifier,
  issuerKey: SubjectPublicKeyInfo,
): SignatureScheme | undefined {
  const { key } = issuerKey
  const rsaHash = RSA_HASHES.get(algorithm.oid)
  if (rsaHash !== undefined) {
    // RFC 4055 §5: the parameters are NULL.
    return key.kind === 'rsa' && isNull(algorithm.parameters) ? { kind: 'rsa-pkcs1', hash: rsaHash } : undefined
  }
  // RFC 5758 §3.2, RFC 8410 §3: no parameters.
  if (algorithm.parameters !== undefined) return undefined
  const ecdsaHash = ECDSA_HASHES.get(algorithm.oid)
  if (ecdsaHash !== undefined) {
    return key.kind === 'ec' ? { kind: 'ecdsa', hash: ecdsaHash, curve: key.curve, encoding: 'der' } : undefined
  }
  return algorithm.oid === '1.3.101.112' && key.kind === 'ed25519' ? { kind: 'ed25519' } : undefined
}

/** Whether the parameters are exactly NULL. */
export function isNull(parameters: Uint8Array | undefined): boolean {
  return parameters?.length === 2 && parameters[0] === TAG.null && parameters[1] === 0
}

const RSA_HASHES: ReadonlyMap<string, HashName> = new Map([
  ['1.2.840.113549.1.1.11', 'SHA-256'],
  ['1.2.840.113549.1.1.12', 'SHA-384'],
  ['1.2.840.113549.1.1.13', 'SHA-512'],
])

const ECDSA_HASHES: ReadonlyMap<string, HashName> = new Map([
  ['1.2.840.10045.4.3.2', 'SHA-256'],
  ['1.2.840.10045.4.3.3', 'SHA-384'],
  ['1.2.840.10045.4.3.4', 'SHA-512'],
])
