// Layer: keys. The signature algorithms of tokens (RFC 7518 §3.1, RFC 9864) and which key each of them takes: exactly
// one kind and curve. Symmetric algorithms and `none` do not exist here.

import type { SignatureScheme } from '../platform/contract.ts'
import type { SubjectPublicKeyInfo } from '../x509/spki.ts'

/** Every algorithm that a token can be signed with, by its JOSE name. */
export const TOKEN_ALGORITHMS = ['ES256', 'RS256', 'PS256', 'Ed25519'] as const

/** The JOSE name of a signature algorithm. */
export type TokenAlgorithm = (typeof TOKEN_ALGORITHMS)[number]

/** Whether the text is the name of an algorithm, letter for letter. */
export function isTokenAlgorithm(name: string): name is TokenAlgorithm {
  return Object.hasOwn(SCHEMES, name)
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
      // RFC 7518 §3.4: ES256 is P-256 and nothing else.
      return key.kind === 'ec' && key.curve === scheme.curve
    case 'rsa-pkcs1':
    case 'rsa-pss':
      return key.kind === 'rsa'
    case 'ed25519':
    case 'ed448':
    case 'ml-dsa':
      return key.kind === scheme.kind
  }
}

/** The algorithm that a key signs with unless told otherwise, or undefined where it cannot sign tokens. */
export function defaultAlgorithm(spki: SubjectPublicKeyInfo): TokenAlgorithm | undefined {
  // RFC 8725 §3.2 and RFC 8017 §8: of the two for RSA, PSS is the one with a proof.
  return (['ES256', 'Ed25519', 'PS256'] as const).find((algorithm) => suitsKey(algorithm, spki))
}

const SCHEMES: Readonly<Record<TokenAlgorithm, SignatureScheme>> = {
  ES256: { kind: 'ecdsa', hash: 'SHA-256', curve: 'P-256', encoding: 'p1363' },
  RS256: { kind: 'rsa-pkcs1', hash: 'SHA-256' },
  // RFC 7518 §3.5: the salt is as long as the hash.
  PS256: { kind: 'rsa-pss', hash: 'SHA-256', saltLength: 32 },
  Ed25519: { kind: 'ed25519' },
}
