// ML-DSA, where a verifier names it: kilobytes of key and signature, and a larger limit.

import { TOKEN_ALGORITHMS } from 'ingam'
import type { VectorFile } from '../format.ts'
import { Group, ofSize } from './group.ts'
import { holderOf, NAMES, root } from './pki.ts'

const SETS = ['ML-DSA-44', 'ML-DSA-65', 'ML-DSA-87'] as const
const MAX_TOKEN = 65_536

export async function mlDsa(): Promise<VectorFile> {
  const group = new Group('ml-dsa', 'ML-DSA (RFC 9964), for a verifier that names it.', {
    algorithms: TOKEN_ALGORITHMS,
    maxTokenBytes: MAX_TOKEN,
  })
  const bad = group.refusing('signature', 'ERR_TOKEN_SIGNATURE')
  const confused = group.refusing('algorithmKey', 'ERR_TOKEN_ALGORITHM_KEY')
  const requires = ['ML-DSA'] as const

  for (const set of SETS) {
    const usual = { by: await holderOf(set), header: { alg: set }, requires }
    const id = set.toLowerCase()
    await group.accepted(id, set, usual)
    await bad(`${id}-changed`, `${set}, one bit of the signature is changed`, {
      ...usual,
      signature: (bytes) => bytes.with(7, (bytes[7] ?? 0) ^ 1),
    })
    await bad(`${id}-short`, `${set}, the last byte is missing`, {
      ...usual,
      signature: (bytes) => bytes.subarray(0, -1),
    })
    await bad(`${id}-long`, `${set}, a zero byte more`, {
      ...usual,
      signature: (bytes) => Uint8Array.from([...bytes, 0]),
    })
    await bad(`${id}-hint`, `${set}, the last byte, which counts hints, is 255`, {
      ...usual,
      signature: (bytes) => bytes.with(bytes.length - 1, 255),
    })
  }
  await bad('context', 'ML-DSA-44, signed with a context', {
    by: await holderOf('ML-DSA-44'),
    header: { alg: 'ML-DSA-44' },
    signing: 'ML-DSA-44 with a context',
    requires,
  })
  await bad('other-key', 'ML-DSA-44, signed by another key', {
    by: await holderOf('ML-DSA-44'),
    signer: await root.issue({ ...NAMES, keyType: 'ML-DSA-44' }),
    requires,
  })
  await confused('ml-dsa-44-of-65', 'ML-DSA-44 with a key of ML-DSA-65', {
    by: await holderOf('ML-DSA-65'),
    header: { alg: 'ML-DSA-44' },
    requires,
  })
  await confused('ml-dsa-87-of-65', 'ML-DSA-87 with a key of ML-DSA-65', {
    by: await holderOf('ML-DSA-65'),
    header: { alg: 'ML-DSA-87' },
    requires,
  })
  await confused('ml-dsa-44-of-p-256', 'ML-DSA-44 with a key on P-256', { header: { alg: 'ML-DSA-44' } })
  await confused('es256-of-ml-dsa-44', 'ES256 with a key of ML-DSA-44', {
    by: await holderOf('ML-DSA-44'),
    header: { alg: 'ES256' },
    requires,
  })
  const by = await holderOf('ML-DSA-65')
  await group.refusing('algorithm', 'ERR_TOKEN_ALGORITHM')('not-named', 'a verifier that does not name it', {
    by,
    verifier: { algorithms: ['ES256'] },
  })
  const issuer = await root.issue({ kind: 'ca', keyType: 'ML-DSA-87' })
  await group.accepted('chain', 'signer and issuer with ML-DSA-87', {
    by: await issuer.issue({ ...NAMES, keyType: 'ML-DSA-87' }),
    requires,
  })
  await group.accepted('issuer', 'a signer on P-256 below an issuer with ML-DSA-87', {
    by: await issuer.issue(NAMES),
    requires,
  })
  await group.accepted('size-at-limit', '65,536 characters', { token: async () => await ofSize(MAX_TOKEN) })
  await group.refusing('shape', 'ERR_TOKEN_TOO_LARGE')('size-over-limit', '65,537 characters', {
    token: async () => await ofSize(MAX_TOKEN + 1),
  })
  return group.file()
}
