// Every algorithm with its own kind of key, with the keys of others, and with another hash or salt than its own.

import { DEFAULT_ALGORITHMS, type TokenAlgorithm } from 'ingam'
import type { TestKeyType } from 'ingam/testing'
import { encodeBase64 } from '../../../packages/ingam/src/bytes/base64.ts'
import { KEY_TYPES } from '../../support/algorithms.ts'
import type { Signing } from '../../support/forge.ts'
import type { VectorFile } from '../format.ts'
import { type CaseDraft, Group } from './group.ts'
import { carelessly, client, holderOf } from './pki.ts'

export async function algorithms(): Promise<VectorFile> {
  const group = new Group('algorithms', 'Each algorithm, the keys that it takes, and how it signs.')
  const confused = group.refusing('algorithmKey', 'ERR_TOKEN_ALGORITHM_KEY')
  const bad = group.refusing('signature', 'ERR_TOKEN_SIGNATURE')

  for (const alg of DEFAULT_ALGORITHMS) {
    const draft = await signedBy(alg, KEY_TYPES[alg])
    const id = alg.toLowerCase()
    await group.accepted(id, alg, draft)
    await bad(`${id}-changed`, `${alg}, one bit of the signature is changed`, {
      ...draft,
      signature: (bytes) => bytes.with(bytes.length >> 2, (bytes[bytes.length >> 2] ?? 0) ^ 4),
    })
    await bad(`${id}-zeros`, `${alg}, a signature of zeros`, {
      ...draft,
      signature: (bytes) => new Uint8Array(bytes.length),
    })
    await bad(`${id}-short`, `${alg}, the last byte is missing`, {
      ...draft,
      signature: (bytes) => bytes.subarray(0, -1),
    })
    await bad(`${id}-long`, `${alg}, a zero byte more`, {
      ...draft,
      signature: (bytes) => Uint8Array.from([...bytes, 0]),
    })
  }
  await group.accepted('ps256-pss-key', 'PS256 with a key for RSASSA-PSS alone', {
    ...(await signedBy('PS256', 'id-RSASSA-PSS-2048')),
  })
  await group.accepted('ps512-pss-key', 'PS512 with the same', {
    ...(await signedBy('PS512', 'id-RSASSA-PSS-2048')),
  })
  await group.accepted('ps256-bound-key', 'PS256 with a key for RSASSA-PSS with SHA-256 alone', {
    ...(await signedBy('PS256', 'id-RSASSA-PSS-2048-SHA-256')),
  })

  for (const [alg, keyType] of [
    ['ES256', 'P-384'],
    ['ES256', 'P-521'],
    ['ES384', 'P-256'],
    ['ES512', 'P-384'],
    ['ES256', 'RSA-2048'],
    ['ES256', 'Ed25519'],
    ['RS256', 'P-256'],
    ['RS256', 'Ed25519'],
    ['RS256', 'id-RSASSA-PSS-2048'],
    ['PS256', 'P-256'],
    ['PS384', 'id-RSASSA-PSS-2048-SHA-256'],
    ['Ed25519', 'P-256'],
    ['Ed25519', 'RSA-2048'],
    ['Ed25519', 'Ed448'],
    ['EdDSA', 'P-256'],
    ['EdDSA', 'Ed448'],
    ['Ed448', 'Ed25519'],
  ] as const) {
    const by = await holderOf(keyType)
    await confused(`${alg}-${keyType}`.toLowerCase(), `${alg} with a key ${keyType}`, { by, header: { alg } })
  }
  const { der } = client.certificate.subjectPublicKeyInfo
  const offCurve = await carelessly(der.with(der.length - 1, (der.at(-1) ?? 0) ^ 1))
  await group.refusing('key', 'ERR_TOKEN_ALGORITHM_KEY')(
    'es256-off-curve',
    'ES256 with a point that is not on P-256',
    {
      header: { x5c: [encodeBase64(offCurve.der)] },
      verifier: { trustAnchors: offCurve.anchorPem },
    },
  )

  for (const [alg, signing] of [
    ['ES256', 'ES256 with SHA-512'],
    ['ES384', 'ES384 with SHA-256'],
    ['ES512', 'ES512 with SHA-384'],
    ['RS256', 'RS512'],
    ['RS512', 'RS256'],
    ['PS256', 'PS384'],
    ['PS512', 'PS256'],
    ['RS256', 'PS256'],
    ['PS256', 'RS256'],
    ['PS256', 'PS256 without salt'],
    ['PS256', 'PS256 with a salt of 20 bytes'],
    ['PS256', 'PS256 with a salt of 33 bytes'],
    ['PS256', 'PS256 with the longest salt'],
  ] as const) {
    const id = `${alg} by ${signing}`.toLowerCase().replaceAll(' ', '-')
    await bad(id, `${alg}, really signed as ${signing}`, {
      ...(await signedBy(alg, KEY_TYPES[alg], signing)),
    })
  }
  return group.file()
}

/** A draft of a token of this algorithm by a key of this kind. */
async function signedBy(
  alg: TokenAlgorithm,
  keyType: TestKeyType,
  signing: Signing = alg,
): Promise<CaseDraft> {
  const by = await holderOf(keyType)
  return { by, header: { alg }, signing, ...(alg === 'Ed448' ? { requires: ['Ed448'] } : {}) }
}
