// Layer: x509. Points of small order on the Edwards curves (RFC 7748 §4.1, §4.2). Under such a key the signature with the
// neutral point as R and zero as S verifies for one message in eight, or for every one: anybody can sign. RFC 8032 leaves
// it to the user of keys to refuse them, and runtimes differ.

/**
 * Whether the public key is a point of small order, in whichever way its coordinate is written.
 *
 * @param key subjectPublicKey: the y coordinate with the lowest byte first, the sign of x in the topmost bit
 */
export function isOfSmallOrder(curve: 'ed25519' | 'ed448', key: Uint8Array): boolean {
  const { prime, ordinates } = CURVES[curve]
  let y = BigInt((key.at(-1) ?? 0) & 0x7f)
  for (let index = key.length - 2; index >= 0; index--) y = (y << 8n) | BigInt(key[index] ?? 0)
  return ordinates.includes(y % prime)
}

const P25519 = 2n ** 255n - 19n
const P448 = 2n ** 448n - 2n ** 224n - 1n
// Of the points of order 8; the other four have its negative.
const Y_OF_ORDER_8 = 0x7a03ac9277fdc74ec6cc392cfa53202a0f67100d760b3cba4fd84d3d706a17c7n

// Order 1 has y = 1, order 2 has y = -1, order 4 has y = 0; the cofactors are 8 and 4 (RFC 8032 §5).
const CURVES: Readonly<
  Record<'ed25519' | 'ed448', { readonly prime: bigint; readonly ordinates: readonly bigint[] }>
> = {
  ed25519: { prime: P25519, ordinates: [1n, P25519 - 1n, 0n, Y_OF_ORDER_8, P25519 - Y_OF_ORDER_8] },
  ed448: { prime: P448, ordinates: [1n, P448 - 1n, 0n] },
}
