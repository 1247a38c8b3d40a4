// Layer: x509. Which signature algorithms of certificates are accepted, and for which keys: a table. No SHA-1, no MD5,
// no DSA, no explicit curves.

import type { HashName, SignatureScheme } from '../platform/contract.ts'
import { type AlgorithmIdentifier, isNull } from './algorithm.ts'
import { readPssParameters, suitsPssKey } from './pss.ts'
import { ML_DSA_SETS, type PublicKeyKind, type SubjectPublicKeyInfo } from './spki.ts'

/** How a certificate signature by this algorithm and key is checked, or undefined where it is not accepted. */
export function signatureSchemeOf(
  algorithm: AlgorithmIdentifier,
  issuerKey: SubjectPublicKeyInfo,
): SignatureScheme | undefined {
  return ALGORITHMS.get(algorithm.oid)?.(algorithm, issuerKey.key)
}

type SchemeFor = (algorithm: AlgorithmIdentifier, key: PublicKeyKind) => SignatureScheme | undefined

// RFC 4055 §5: the parameters are NULL. A key that is marked for PSS signs nothing else (§1.2).
function rsa(hash: HashName): SchemeFor {
  return ({ parameters }, key) =>
    key.kind === 'rsa' && isNull(parameters) ? { kind: 'rsa-pkcs1', hash } : undefined
}

// RFC 5758 §3.2: no parameters.
function ecdsa(hash: HashName): SchemeFor {
  return ({ parameters }, key) =>
    key.kind === 'ec' && parameters === undefined
      ? { kind: 'ecdsa', hash, curve: key.curve, encoding: 'der' }
      : undefined
}

// RFC 4055 §3.1 and §3.3
function rsaPss({ parameters }: AlgorithmIdentifier, key: PublicKeyKind): SignatureScheme | undefined {
  if ((key.kind !== 'rsa' && key.kind !== 'rsa-pss') || parameters === undefined) return undefined
  const pss = readPssParameters(parameters)
  const bound = key.kind === 'rsa-pss' ? key.parameters : undefined
  return pss !== undefined && suitsPssKey(pss, bound) ? { kind: 'rsa-pss', ...pss } : undefined
}

// RFC 8410 §3, RFC 9881 §2: the algorithm is that of the key, without parameters.
function eddsa(kind: 'ed25519' | 'ed448'): SchemeFor {
  return ({ parameters }, key) => (key.kind === kind && parameters === undefined ? { kind } : undefined)
}

function mlDsa({ oid, parameters }: AlgorithmIdentifier, key: PublicKeyKind): SignatureScheme | undefined {
  if (key.kind !== 'ml-dsa' || parameters !== undefined) return undefined
  return ML_DSA_SETS.get(oid)?.parameterSet === key.parameterSet
    ? { kind: 'ml-dsa', parameterSet: key.parameterSet }
    : undefined
}

const ALGORITHMS: ReadonlyMap<string, SchemeFor> = new Map([
  ['1.2.840.113549.1.1.11', rsa('SHA-256')],
  ['1.2.840.113549.1.1.12', rsa('SHA-384')],
  ['1.2.840.113549.1.1.13', rsa('SHA-512')],
  ['1.2.840.113549.1.1.10', rsaPss],
  ['1.2.840.10045.4.3.2', ecdsa('SHA-256')],
  ['1.2.840.10045.4.3.3', ecdsa('SHA-384')],
  ['1.2.840.10045.4.3.4', ecdsa('SHA-512')],
  ['1.3.101.112', eddsa('ed25519')],
  ['1.3.101.113', eddsa('ed448')],
  ...Array.from(ML_DSA_SETS.keys(), (oid): [string, SchemeFor] => [oid, mlDsa]),
])
