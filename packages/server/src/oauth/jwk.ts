// Server: the public key in a DPoP proof (RFC 7517, RFC 7518 §6, RFC 8037): one kind and size for each algorithm, no
// private member, every number in its one spelling, so that a key has one thumbprint (RFC 7638).

import { createPublicKey, type KeyObject } from 'node:crypto'
import { decodeBase64url, isObject, thumbprintOf } from './bytes.ts'

/** The algorithms that DPoP proofs may be signed with: asymmetric ones alone (RFC 9449 §4.3). */
export const DPOP_ALGORITHMS = ['ES256', 'ES384', 'Ed25519', 'EdDSA', 'PS256', 'RS256'] as const

/** One of {@link DPOP_ALGORITHMS}. */
export type DpopAlgorithm = (typeof DPOP_ALGORITHMS)[number]

/** A public key that somebody sent; **nobody has vouched for it**. */
export interface SentKey {
  readonly key: KeyObject
  /** RFC 7638 thumbprint with SHA-256. */
  readonly jkt: string
}

/** Whether the text is the name of an algorithm for proofs, letter for letter. */
export function isDpopAlgorithm(name: unknown): name is DpopAlgorithm {
  return DPOP_ALGORITHMS.some((known) => known === name)
}

/**
 * Reads a public JWK as a key of the algorithm.
 *
 * @returns the key, or what is wrong with it in words that repeat nothing of it
 * @see RFC 9449 §4.3 (6): the key contains no private part
 */
export function parsePublicJwk(jwk: unknown, algorithm: DpopAlgorithm): SentKey | string {
  if (!isObject(jwk)) return 'jwk: expected an object'
  if (PRIVATE_MEMBERS.some((member) => Object.hasOwn(jwk, member)))
    return 'jwk: has a private or secret member'
  if (jwk['alg'] !== undefined && jwk['alg'] !== algorithm) return 'jwk: alg is not that of the header'
  if (jwk['use'] !== undefined && jwk['use'] !== 'sig') return 'jwk: use is not sig'
  const shape = SHAPES[algorithm]
  if (jwk['kty'] !== shape.kty) return `jwk: expected kty ${shape.kty} for ${algorithm}`
  switch (shape.kty) {
    case 'EC':
    case 'OKP':
      return parseCurvePoint(jwk, shape)
    case 'RSA':
      return parseRsaKey(jwk)
  }
}

interface CurveShape {
  readonly kty: 'EC' | 'OKP'
  readonly crv: string
  readonly coordinateBytes: number
}

const P256: CurveShape = { kty: 'EC', crv: 'P-256', coordinateBytes: 32 }
const P384: CurveShape = { kty: 'EC', crv: 'P-384', coordinateBytes: 48 }
const ED25519: CurveShape = { kty: 'OKP', crv: 'Ed25519', coordinateBytes: 32 }
const RSA = { kty: 'RSA' } as const
const SHAPES: Readonly<Record<DpopAlgorithm, CurveShape | typeof RSA>> = {
  ES256: P256,
  ES384: P384,
  Ed25519: ED25519,
  EdDSA: ED25519,
  PS256: RSA,
  RS256: RSA,
}
// RFC 7518 §6.2.2, §6.3.2, §6.4.1; `priv` is that of AKP keys.
const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv'] as const
// LIMIT: RFC 7518 §3.3 asks for 2048 bits at least; above 4096 each check costs a stranger nothing and the service a lot.
const MIN_RSA_BITS = 2_048
const MAX_RSA_BITS = 4_096

function parseCurvePoint(
  jwk: Readonly<Record<string, unknown>>,
  { kty, crv, coordinateBytes }: CurveShape,
): SentKey | string {
  if (jwk['crv'] !== crv) return `jwk: expected crv ${crv}`
  const x = jwk['x']
  if (!isCoordinate(x, coordinateBytes)) return `jwk: x is not of ${coordinateBytes} bytes`
  // RFC 7638 §3.2, RFC 8037 appendix A.3: the required members in the order of their names.
  if (kty === 'OKP') return importKey({ crv, kty, x })
  const y = jwk['y']
  if (!isCoordinate(y, coordinateBytes)) return `jwk: y is not of ${coordinateBytes} bytes`
  return importKey({ crv, kty, x, y })
}

function parseRsaKey(jwk: Readonly<Record<string, unknown>>): SentKey | string {
  const { n, e } = jwk
  // 65537 is what every generator uses; other exponents are slower, or weaker with bad padding.
  if (e !== 'AQAB') return 'jwk: expected the exponent AQAB'
  if (typeof n !== 'string' || n.length > Math.ceil((MAX_RSA_BITS / 8) * (4 / 3))) return 'jwk: n is too long'
  const modulus = decodeBase64url(n)
  // RFC 7518 §2, Base64urlUInt: no leading zero octets.
  const first = modulus?.[0]
  if (modulus === undefined || first === undefined || first === 0) return 'jwk: n is not a Base64urlUInt'
  const bits = modulus.length * 8 - Math.clz32(first) + 24
  if (bits < MIN_RSA_BITS) return `jwk: expected ${MIN_RSA_BITS} bits at least, found ${bits}`
  return importKey({ e, kty: 'RSA', n })
}

function isCoordinate(value: unknown, bytes: number): value is string {
  return typeof value === 'string' && value.length <= 2 * bytes && decodeBase64url(value)?.length === bytes
}

function importKey(members: Readonly<Record<string, string>>): SentKey | string {
  try {
    const key = createPublicKey({ key: members, format: 'jwk' })
    return { key, jkt: thumbprintOf(JSON.stringify(members)) }
  } catch {
    // Such as a point that is not on the curve.
    return 'jwk: is no public key'
  }
}
