// Every token of tokens-v1.json gets its verdict: from a fresh verifier, from one that knows its signer, and
// from explain. The file is made by generate.ts.

import { createVerifier, DEFAULT_ALGORITHMS, isCode, type Verifier } from 'ingam'
import { parseCertificates } from 'ingam/x509'
import { beforeAll, describe, expect, test } from 'vitest'
import { codeOf } from '../support/codes.ts'
import vectors from './tokens-v1.json' with { type: 'json' }

const accepted = vectors.cases.filter(({ expected }) => expected === 'accepted')
const refused = vectors.cases.filter(({ expected }) => expected !== 'accepted')
let warm: Verifier

beforeAll(async () => {
  warm = createFreshVerifier()
  for (const { token } of accepted) await warm.verify(token)
})

describe('the file', () => {
  test('is of version 1 and holds more refused tokens than accepted ones, at least 40 together', () => {
    expect(vectors.version).toBe(1)
    expect(vectors.cases.length).toBeGreaterThanOrEqual(40)
    expect(refused.length).toBeGreaterThan(accepted.length)
  })

  test('names each case once and each refusal by a code of the catalogue', () => {
    expect(new Set(vectors.cases.map(({ id }) => id)).size).toBe(vectors.cases.length)
    expect(refused.filter(({ expected }) => !isCode(expected))).toEqual([])
  })

  test.each(DEFAULT_ALGORITHMS)('holds an accepted token of %s', async (algorithm) => {
    const found = accepted.find(({ id }) => id === algorithm.toLowerCase())
    await expect(createFreshVerifier().verify(found?.token ?? '')).resolves.toMatchObject({ algorithm })
  })
})

describe.each(vectors.cases)('$id: $comment', ({ token, expected }) => {
  test(`a fresh verifier says ${expected}`, async () => {
    expect(await codeOf(() => createFreshVerifier().verify(token))).toBe(expected)
  })

  test(`a verifier that knows the signer says ${expected}`, async () => {
    expect(await codeOf(() => warm.verify(token))).toBe(expected)
  })

  test(`explain says ${expected}`, async () => {
    const { accepted, error } = await createFreshVerifier().explain(token)
    expect(error?.code ?? 'accepted').toBe(expected)
    expect(accepted).toBe(expected === 'accepted')
  })
})

function createFreshVerifier(): Verifier {
  return createVerifier({
    trustAnchors: parseCertificates(vectors.trustAnchors),
    audience: vectors.audience,
    revocation: 'off',
    oneTimeUse: 'off',
    clock: () => new Date(vectors.at),
  })
}
