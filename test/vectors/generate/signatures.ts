// Signatures that some verifier has once accepted, or that only a loose one does.

import type { TestCertificate } from 'ingam/testing'
import { decodeBase64url, encodeBase64, encodeBase64url } from '../../../packages/ingam/src/bytes/base64.ts'
import { concatBytes } from '../../../packages/ingam/src/bytes/compare.ts'
import { ecdsaDerFromP1363 } from '../../../packages/ingam/src/platform/ecdsa-signature.ts'
import { NOW, x5cOf } from '../../support/forge.ts'
import type { VectorFile } from '../format.ts'
import { type Draft, Group, tokenOf } from './group.ts'
import { ed25519Hash, ed25519WithR, ORDERS, toBytes, toNumber, withOrderAdded } from './numbers.ts'
import { carelessly, client, deepClient, holderOf, intermediate, other } from './pki.ts'

export async function signatures(): Promise<VectorFile> {
  const group = new Group('signatures', 'Signatures over other bytes, by other keys, and in other forms.')
  const bad = group.refusing('signature', 'ERR_TOKEN_SIGNATURE')
  const weak = group.refusing('path', 'ERR_PATH_ALGORITHM')

  await bad('other-claims', 'the claims of another token', {
    token: async (signed) => mixed(signed, await tokenOf({ claims: { exp: NOW + 301 } }), 1),
  })
  await bad('other-header', 'the header of another token', {
    token: async (signed) => mixed(signed, await tokenOf({ header: { kid: 'x' } }), 0),
  })
  await bad('other-token', 'the signature of another token', {
    token: async (signed) => mixed(signed, await tokenOf({}), 2),
  })
  await bad('other-key', 'signed by another client', { signer: other })
  await bad('other-key-sent', 'the same, with its certificate second', {
    signer: other,
    header: { x5c: [...x5cOf(client), ...x5cOf(other)] },
  })
  await bad('issuer-key', 'signed by the issuer', { by: deepClient, signer: intermediate })

  for (const [curve, alg] of [
    ['P-256', 'ES256'],
    ['P-384', 'ES384'],
    ['P-521', 'ES512'],
  ] as const) {
    const by = await holderOf(curve)
    const order = ORDERS[curve]
    const rewritten = (change: (r: bigint, s: bigint) => readonly [bigint, bigint]) => ({
      by,
      signature: (bytes: Uint8Array): Uint8Array => {
        const half = bytes.length / 2
        const [r, s] = change(toNumber(bytes.subarray(0, half)), toNumber(bytes.subarray(half)))
        return concatBytes(toBytes(r, half), toBytes(s, half))
      },
    })
    const id = alg.toLowerCase()
    await group.accepted(`${id}-s-negated`, `${alg}, n − s: as valid as s (no rule for a low s)`, {
      ...rewritten((r, s) => [r, order - s]),
    })
    await bad(`${id}-r-zero`, `${alg}, r is 0`, { ...rewritten((_, s) => [0n, s]) })
    await bad(`${id}-s-zero`, `${alg}, s is 0`, { ...rewritten((r) => [r, 0n]) })
    await bad(`${id}-r-order`, `${alg}, r is n`, { ...rewritten((_, s) => [order, s]) })
    await bad(`${id}-s-order`, `${alg}, s is n`, { ...rewritten((r) => [r, order]) })
    await bad(`${id}-both-order`, `${alg}, r and s are n`, { ...rewritten(() => [order, order]) })
    await bad(`${id}-ones`, `${alg}, r and s are 1`, { ...rewritten(() => [1n, 1n]) })
    await bad(`${id}-swapped`, `${alg}, s before r`, { ...rewritten((r, s) => [s, r]) })
    await bad(`${id}-der`, `${alg}, as DER`, {
      by,
      signature: (bytes) => ecdsaDerFromP1363(bytes, bytes.length / 2) ?? new Uint8Array(0),
    })
  }

  const rsa = await holderOf('RSA-2048')
  const modulus = modulusOf(rsa)
  for (const alg of ['RS256', 'PS256'] as const) {
    const id = alg.toLowerCase()
    const by = { by: rsa, header: { alg }, signing: alg }
    await bad(`${id}-zero-in-front`, `${alg}, a zero byte in front`, {
      ...by,
      signature: (bytes) => concatBytes(Uint8Array.of(0), bytes),
    })
    await bad(`${id}-one`, `${alg}, the number 1`, { ...by, signature: () => toBytes(1n, 256) })
    await bad(`${id}-modulus`, `${alg}, the modulus`, { ...by, signature: () => toBytes(modulus, 256) })
    await bad(`${id}-modulus-added`, `${alg}, the modulus is added`, {
      ...by,
      token: async () => {
        const { signed, number } = await signedUntil(by, (s) => s + modulus < 2n ** 2048n)
        return `${signed}.${encodeBase64url(toBytes(number + modulus, 256))}`
      },
    })
    await bad(`${id}-zero-left-out`, `${alg}, its zero byte in front is left out`, {
      ...by,
      token: async () => {
        const { signed, number } = await signedUntil(by, (s) => s < 2n ** 2040n)
        return `${signed}.${encodeBase64url(toBytes(number, 255))}`
      },
    })
  }

  const ed25519 = await holderOf('Ed25519')
  const publicKey = ed25519.certificate.subjectPublicKeyInfo.der.subarray(-32)
  const rewritten = (r: Uint8Array) => ({
    by: ed25519,
    token: (signed: string): string => {
      const data = signed.slice(0, signed.lastIndexOf('.'))
      const bytes = ed25519WithR(r, ed25519.privateKeyPkcs8, publicKey, new TextEncoder().encode(data))
      return `${data}.${encodeBase64url(bytes)}`
    },
  })
  await bad('ed25519-s-not-reduced', 'Ed25519, the order is added to S', {
    by: ed25519,
    signature: withOrderAdded('Ed25519'),
  })
  await bad('ed25519-r-not-canonical', 'Ed25519, R is the neutral point, written as p + 1', {
    ...rewritten(littleEndian(2n ** 255n - 18n)),
  })
  await bad('ed25519-r-sign', 'Ed25519, R is the neutral point with its sign bit set', {
    ...rewritten(littleEndian(2n ** 255n + 1n)),
  })
  await bad('ed25519-swapped', 'Ed25519, S before R', {
    by: ed25519,
    signature: (bytes) => concatBytes(bytes.subarray(32), bytes.subarray(0, 32)),
  })
  for (const [order, point] of SMALL_POINTS) {
    const made = await signedBySmallPoint(ed25519, order, point)
    await weak(
      `ed25519-key-of-order-${order}`,
      `Ed25519, the key is a point of order ${order}: anybody can sign`,
      {
        token: () => made.token,
        verifier: { trustAnchors: made.anchorPem },
      },
    )
  }
  await bad('ed448-s-not-reduced', 'Ed448, the order is added to S', {
    by: await holderOf('Ed448'),
    signature: withOrderAdded('Ed448'),
    requires: ['Ed448'],
  })
  return group.file()
}

// A part of another token in the place of one's own.
function mixed(token: string, another: string, index: number): string {
  const parts = another.split('.')
  return token
    .split('.')
    .map((part, at) => (at === index ? (parts[at] ?? '') : part))
    .join('.')
}

// Points of small order as keys have them. The one of order 8 is a root of the curve's division polynomial.
const SMALL_POINTS = [
  [1n, littleEndian(1n)],
  [2n, littleEndian(2n ** 255n - 20n)],
  [4n, littleEndian(0n)],
  [8n, littleEndian(0x7a03ac9277fdc74ec6cc392cfa53202a0f67100d760b3cba4fd84d3d706a17c7n)],
] as const

// R is the neutral point and S is 0: the equation of RFC 8032 §5.1.7 holds wherever the order divides the hash.
async function signedBySmallPoint(
  holder: TestCertificate,
  order: bigint,
  point: Uint8Array,
): Promise<{ readonly token: string; readonly anchorPem: string }> {
  const { der } = holder.certificate.subjectPublicKeyInfo
  const certified = await carelessly(concatBytes(der.subarray(0, -32), point))
  const neutral = littleEndian(1n)
  for (;;) {
    const token = await tokenOf({ by: holder, header: { x5c: [encodeBase64(certified.der)] } })
    const data = token.slice(0, token.lastIndexOf('.'))
    if (ed25519Hash(neutral, point, new TextEncoder().encode(data)) % order !== 0n) continue
    const signature = encodeBase64url(concatBytes(neutral, new Uint8Array(32)))
    return { token: `${data}.${signature}`, anchorPem: certified.anchorPem }
  }
}

interface Signed {
  readonly signed: string
  readonly number: bigint
}

// Tokens are made until the number that one is signed with is of this kind.
async function signedUntil(draft: Draft, isOfKind: (number: bigint) => boolean): Promise<Signed> {
  for (let tries = 0; tries < 10_000; tries++) {
    const token = await tokenOf(draft)
    const end = token.lastIndexOf('.')
    const number = toNumber(decodeBase64url(token.slice(end + 1)) ?? new Uint8Array(0))
    if (isOfKind(number)) return { signed: token.slice(0, end), number }
  }
  throw new Error('no signature of this kind')
}

// INVARIANT: an RSAPublicKey of 2048 bits ends with the INTEGER of 257 bytes and the exponent 65537 in five.
function modulusOf({ certificate }: TestCertificate): bigint {
  return toNumber(certificate.subjectPublicKeyInfo.der.slice(-5 - 256, -5))
}

function littleEndian(number: bigint): Uint8Array {
  return toBytes(number, 32).toReversed()
}
