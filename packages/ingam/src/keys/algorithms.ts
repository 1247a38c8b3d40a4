// Layer: keys. The signature algorithms of tokens (RFC 7518 §3.1, RFC 9864, RFC 9964) and which key each of them takes:
// exactly one kind and curve. Symmetric algorithms and `none` do not exist here.

import type { SignatureScheme } from '../platform/contract.ts'
import { suitsPssKey } from '../x509/pss.ts'
import type { SubjectPublicKeyInfo } from '../x509/spki.ts'

/** Every algorithm that a token can be signed with, by its JOSE name. */
export const TOKEN_ALGORITHMS = [
  'ES256',
  'ES384',
  'ES512',
  'PS256',
  'PS384',
  'PS512',
  'RS256',
  'RS384',
  'RS512',
  'Ed25519',
  'Ed448',
  'EdDSA',
  'ML-DSA-44',
  'ML-DSA-65',
  'ML-DSA-87',
] as const

/** The JOSE name of a signature algorithm. */
export type TokenAlgorithm = (typeof TOKEN_ALGORITHMS)[number]

/** The algorithms that a verifier accepts unless told otherwise: all but ML-DSA, whose tokens need a larger limit. */
export const DEFAULT_ALGORITHMS: readonly TokenAlgorithm[] = Object.freeze(
  TOKEN_ALGORITHMS.filter((algorithm) => !isMlDsa(algorithm)),
)

/** Whether the text is the name of an algorithm, letter for letter. */
export function isTokenAlgorithm(name: string): name is TokenAlgorithm {
  return Object.hasOwn(SCHEMES, name)
}

/** Whether signatures and keys of the algorithm take kilobytes each. */
export function isMlDsa(algorithm: TokenAlgorithm): boolean {
  return algorithm.startsWith('ML-DSA-')
}

/** How signatures of the algorithm are made and written. */
export function schemeOf(algorithm: TokenAlgorithm): SignatureScheme {
  return SCHEMES[algorithm]
}

/** Whether the algorithm is one for this kind of key. Strength is judged by the path. */
export function suitsKey(algorithm: TokenAlgorithm, spki: SubjectPublicKeyInfo): boolean {
  const scheme = SCHEMES[algorithm]
  const { key } = spki
  switch (scheme.kind) {
    case 'ecdsa':
      // RFC 7518 §3.4: ES256 is P-256 and nothing else, and so on.
      return key.kind === 'ec' && key.curve === scheme.curve
    case 'rsa-pkcs1':
      return key.kind === 'rsa'
    case 'rsa-pss':
      // RFC 4055 §1.2: a key that is marked for PSS, perhaps bound to a hash, signs by nothing else.
      return key.kind === 'rsa' || (key.kind === 'rsa-pss' && suitsPssKey(scheme, key.parameters))
    case 'ed25519':
    case 'ed448':
      return key.kind === scheme.kind
    case 'ml-dsa':
      return key.kind === 'ml-dsa' && key.parameterSet === scheme.parameterSet
  }
}

/** The algorithm that a key signs with unless told otherwise, or undefined where it cannot sign tokens. */
export function defaultAlgorithm(spki: SubjectPublicKeyInfo): TokenAlgorithm | undefined {
  return PREFERRED.find((algorithm) => suitsKey(algorithm, spki))
}

// RFC 8725 §3.2 and RFC 8017 §8: of the two for RSA, PSS is the one with a proof. The old name EdDSA is written where
// somebody asks for it.
const PREFERRED: readonly TokenAlgorithm[] = TOKEN_ALGORITHMS.filter(
  (algorithm) => algorithm !== 'EdDSA' && !algorithm.startsWith('RS'),
)

const SCHEMES: Readonly<Record<TokenAlgorithm, SignatureScheme>> = {
  ES256: { kind: 'ecdsa', hash: 'SHA-256', curve: 'P-256', encoding: 'p1363' },
  ES384: { kind: 'ecdsa', hash: 'SHA-384', curve: 'P-384', encoding: 'p1363' },
  ES512: { kind: 'ecdsa', hash: 'SHA-512', curve: 'P-521', encoding: 'p1363' },
  // RFC 7518 §3.5: the salt is as long as the hash.
  PS256: { kind: 'rsa-pss', hash: 'SHA-256', saltLength: 32 },
  PS384: { kind: 'rsa-pss', hash: 'SHA-384', saltLength: 48 },
  PS512: { kind: 'rsa-pss', hash: 'SHA-512', saltLength: 64 },
  RS256: { kind: 'rsa-pkcs1', hash: 'SHA-256' },
  RS384: { kind: 'rsa-pkcs1', hash: 'SHA-384' },
  RS512: { kind: 'rsa-pkcs1', hash: 'SHA-512' },
  // RFC 9864 §2.2: one name for each curve.
  Ed25519: { kind: 'ed25519' },
  Ed448: { kind: 'ed448' },
  // RFC 8037 §3.1 leaves the curve to the key; here the old name means the one that everybody means by it.
  EdDSA: { kind: 'ed25519' },
  // RFC 9964
  'ML-DSA-44': { kind: 'ml-dsa', parameterSet: 'ML-DSA-44' },
  'ML-DSA-65': { kind: 'ml-dsa', parameterSet: 'ML-DSA-65' },
  'ML-DSA-87': { kind: 'ml-dsa', parameterSet: 'ML-DSA-87' },
}
