// Signatures as numbers: what a verifier must not take for the one it was given.

import { createHash } from 'node:crypto'
import { concatBytes } from '../../../packages/ingam/src/bytes/compare.ts'

/** The orders of the curves' groups (FIPS 186-5, SP 800-186). */
export const ORDERS = {
  'P-256': 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n,
  'P-384':
    0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973n,
  'P-521':
    0x01fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409n,
  Ed25519: 2n ** 252n + 27742317777372353535851937790883648493n,
  Ed448: 2n ** 446n - 13818066809895115352007386748515426880336692474882178609894547503885n,
} as const

/** The number of big-endian bytes. */
export function toNumber(bytes: Uint8Array): bigint {
  return bytes.reduce((value, byte) => value * 256n + BigInt(byte), 0n)
}

/** So many big-endian bytes of a number. */
export function toBytes(value: bigint, length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) =>
    Number((value >> BigInt(8 * (length - 1 - index))) & 0xffn),
  )
}

/** An EdDSA signature whose S has the group's order added to it (RFC 8032 §5.1.7: out of range). */
export function withOrderAdded(curve: 'Ed25519' | 'Ed448'): (signature: Uint8Array) => Uint8Array {
  return (signature) => {
    const half = signature.length / 2
    const s = toNumber(signature.subarray(half).toReversed()) + ORDERS[curve]
    return concatBytes(signature.subarray(0, half), toBytes(s, half).toReversed())
  }
}

/**
 * An Ed25519 signature whose R is some writing of the neutral point: S is the hash times the private scalar. A verifier
 * that reads R loosely accepts it.
 */
export function ed25519WithR(
  r: Uint8Array,
  pkcs8: Uint8Array,
  publicKey: Uint8Array,
  data: Uint8Array,
): Uint8Array {
  // RFC 8032 §5.1.5; RFC 8410 §7: the seed is what a PKCS #8 file of this kind ends with.
  const scalar = sha512(pkcs8.subarray(-32)).subarray(0, 32)
  scalar[0] = (scalar[0] ?? 0) & 248
  scalar[31] = ((scalar[31] ?? 0) & 127) | 64
  const s = (ed25519Hash(r, publicKey, data) * toNumber(scalar.toReversed())) % ORDERS.Ed25519
  return concatBytes(r, toBytes(s, 32).toReversed())
}

/** The hash of RFC 8032 §5.1.6 as the number by which the public key is multiplied. */
export function ed25519Hash(r: Uint8Array, publicKey: Uint8Array, data: Uint8Array): bigint {
  return toNumber(sha512(concatBytes(r, publicKey, data)).toReversed()) % ORDERS.Ed25519
}

function sha512(data: Uint8Array): Uint8Array {
  return new Uint8Array(createHash('sha512').update(data).digest())
}
