// Layer: x509. Which signature algorithms of certificates are accepted, and for which keys: a table. No SHA-1, no MD5,
// no DSA; RSASSA-PSS within certificates is not accepted yet.

import type { HashName, SignatureScheme } from '../platform/contract.ts'
import { type AlgorithmIdentifier, isNull } from './algorithm.ts'
import type { SubjectPublicKeyInfo } from './spki.ts'

/** How a certificate signature by this algorithm and key is checked, or undefined where it is not accepted. */
export function signatureSchemeOf(
  algorithm: AlgorithmIdentifier,
  issuerKey: SubjectPublicKeyInfo,
): SignatureScheme | undefined {
  const { key } = issuerKey
  const rsaHash = RSA_HASHES.get(algorithm.oid)
  if (rsaHash !== undefined) {
    // RFC 4055 §5: the parameters are NULL.
    return key.kind === 'rsa' && isNull(algorithm.parameters)
      ? { kind: 'rsa-pkcs1', hash: rsaHash }
      : undefined
  }
  // RFC 5758 §3.2, RFC 8410 §3: no parameters.
  if (algorithm.parameters !== undefined) return undefined
  const ecdsaHash = ECDSA_HASHES.get(algorithm.oid)
  if (ecdsaHash !== undefined) {
    return key.kind === 'ec'
      ? { kind: 'ecdsa', hash: ecdsaHash, curve: key.curve, encoding: 'der' }
      : undefined
  }
  return algorithm.oid === '1.3.101.112' && key.kind === 'ed25519' ? { kind: 'ed25519' } : undefined
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
