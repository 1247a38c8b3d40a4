// The drill of the clock: every bound on time that a token or its chain has, at the bound and a millisecond past it, with
// the usual tolerances, with none and with the largest; and random instants against a second reading of the rules.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { codeOf } from '../../../../test/support/codes.ts'
import { AT, forge, NOW } from '../../../../test/support/forge.ts'
import { leaf, root, verifierOf } from '../../../../test/support/tokens.ts'
import type { VerifierOptions } from './plan.ts'
import type { Verifier } from './verify.ts'

const RUNS = Number(process.env['INGAM_RUNS'] ?? '300')
const MS = 0.001

interface Tolerances {
  readonly maxLifetimeSeconds: number
  readonly expiryToleranceSeconds: number
  readonly futureToleranceSeconds: number
}

const SETTINGS: readonly (readonly [string, Tolerances])[] = [
  ['usual', { maxLifetimeSeconds: 600, expiryToleranceSeconds: 60, futureToleranceSeconds: 5 }],
  ['no', { maxLifetimeSeconds: 1, expiryToleranceSeconds: 0, futureToleranceSeconds: 0 }],
  [
    'the largest',
    { maxLifetimeSeconds: 86_400, expiryToleranceSeconds: 3_600, futureToleranceSeconds: 3_600 },
  ],
]

type Instants = Readonly<Partial<Record<'iat' | 'exp' | 'nbf', number>>>

/** What a fresh verifier, one that knows the chain, and explain say of a token with these instants at {@link AT}. */
async function verdicts(claims: Instants, options: Partial<VerifierOptions>): Promise<readonly string[]> {
  const shared = { oneTimeUse: 'off', ...options } as const
  const token = await forge(leaf, { claims })
  const warm = verifierOf(shared)
  await warm.verify(await forge(leaf, { claims: { iat: NOW - 0.5, exp: NOW + 0.5 } }))
  const { error } = await verifierOf(shared).explain(token)
  return [
    await codeOf(() => verifierOf(shared).verify(token)),
    await codeOf(() => warm.verify(token)),
    error?.code ?? 'accepted',
  ]
}

const all = (code: string): readonly string[] => [code, code, code]

describe.each(SETTINGS)('with %s tolerances', (_, tolerances) => {
  const { maxLifetimeSeconds: life, expiryToleranceSeconds: late, futureToleranceSeconds: early } = tolerances
  const half = Math.min(life, 60) / 2

  test.each<readonly [string, string, Instants, Instants]>([
    [
      'exp',
      'ERR_TOKEN_EXPIRED',
      { iat: NOW - late - half, exp: NOW - late + MS },
      { iat: NOW - late - half, exp: NOW - late },
    ],
    [
      'iat',
      'ERR_TOKEN_NOT_YET_VALID',
      { iat: NOW + early, exp: NOW + early + half },
      { iat: NOW + early + MS, exp: NOW + early + half },
    ],
    [
      'nbf',
      'ERR_TOKEN_NOT_YET_VALID',
      { iat: NOW, nbf: NOW + early, exp: NOW + half },
      { iat: NOW, nbf: NOW + early + MS, exp: NOW + half },
    ],
    ['the lifetime', 'ERR_TOKEN_LIFETIME', { iat: NOW, exp: NOW + life }, { iat: NOW, exp: NOW + life + MS }],
    ['exp after iat', 'ERR_TOKEN_CLAIM_INVALID', { iat: NOW, exp: NOW + MS }, { iat: NOW, exp: NOW }],
  ])('%s is refused past its bound (%s) and accepted at it', async (_bound, code, accepted, refused) => {
    expect(await verdicts(accepted, tolerances)).toEqual(all('accepted'))
    expect(await verdicts(refused, tolerances)).toEqual(all(code))
  })

  test('random instants are judged as the rules read a second time say', async () => {
    const seconds = fc.integer({ min: -2 * (life + late + early), max: 2 * (life + late + early) })
    const instant = fc.tuple(seconds, fc.constantFrom(0, MS, -MS, 0.5)).map(([whole, part]) => whole + part)
    const lifetime = fc.oneof(fc.integer({ min: 1, max: life }), fc.constantFrom(life + MS, 0, -1))
    await fc.assert(
      fc.asyncProperty(
        instant,
        lifetime,
        fc.option(instant, { nil: undefined }),
        async (issued, lives, begins) => {
          // As JSON writes them, so that both readings see the same doubles.
          const iat = Number((NOW + issued).toFixed(3))
          const exp = Number((iat + lives).toFixed(3))
          const nbf = begins === undefined ? undefined : Number((NOW + begins).toFixed(3))
          const valid =
            exp > iat &&
            exp - iat <= life &&
            exp + late > NOW &&
            iat - early <= NOW &&
            (nbf === undefined || nbf - early <= NOW)
          const token = await forge(leaf, { claims: { iat, exp, ...(nbf !== undefined && { nbf }) } })
          const code = await codeOf(() => verifierOf({ oneTimeUse: 'off', ...tolerances }).verify(token))
          expect({ iat, exp, nbf, accepted: code === 'accepted' }).toEqual({ iat, exp, nbf, accepted: valid })
        },
      ),
      { numRuns: RUNS },
    )
  })
})

describe('the numbers', () => {
  test.each([
    ['0', { iat: 0, exp: 300 }, new Date(1_000), 'accepted'],
    ['2^40', { iat: 2 ** 40 - 300, exp: 2 ** 40 }, new Date((2 ** 40 - 300) * 1000), 'accepted'],
    ['a second below 0', { iat: -1, exp: 299 }, new Date(1_000), 'ERR_TOKEN_CLAIM_INVALID'],
    [
      'a second above 2^40',
      { iat: 2 ** 40 - 300, exp: 2 ** 40 + 1 },
      new Date((2 ** 40 - 300) * 1000),
      'ERR_TOKEN_CLAIM_INVALID',
    ],
  ] as const)('%s', async (_, claims, at, expected) => {
    // Far from the dates of any certificate: what refuses it then is the path, past all rules on time.
    const code = await codeOf(async () =>
      verifierOf({ clock: () => at }).verify(await forge(leaf, { claims })),
    )
    expect(code).toMatch(expected === 'accepted' ? /^ERR_PATH_(?:EXPIRED|NOT_YET_VALID)$/u : expected)
  })
})

describe('the chain', () => {
  const before = new Date(AT.getTime() - 1_000)
  const after = new Date(AT.getTime() + 1_000)
  const at = (instant: Date, milliseconds: number): Date => new Date(instant.getTime() + milliseconds)

  test.each([
    [
      'notBefore of the signer',
      { notBefore: after },
      {},
      at(after, 0),
      at(after, -1),
      'ERR_PATH_NOT_YET_VALID',
    ],
    ['notAfter of the signer', { notAfter: before }, {}, at(before, 0), at(before, 1), 'ERR_PATH_EXPIRED'],
    [
      'notBefore of an issuer',
      {},
      { notBefore: after },
      at(after, 0),
      at(after, -1),
      'ERR_PATH_NOT_YET_VALID',
    ],
    ['notAfter of an issuer', {}, { notAfter: before }, at(before, 0), at(before, 1), 'ERR_PATH_EXPIRED'],
  ] as const)('%s has no tolerance', async (_, ofSigner, ofIssuer, good, bad, code) => {
    const issuer = await root.issue({ kind: 'ca', ...ofIssuer })
    const signer = await issuer.issue(ofSigner)
    let now = good
    const verifier: Verifier = verifierOf({ clock: () => now, oneTimeUse: 'off' })
    const make = (instant: Date): Promise<string> => {
      const iat = instant.getTime() / 1000
      return forge(signer, { claims: { iat, exp: iat + 300 } })
    }
    expect(await codeOf(async () => verifier.verify(await make(good)))).toBe('accepted')
    now = bad
    expect(await codeOf(async () => verifier.verify(await make(bad)))).toBe(code)
    expect((await verifier.explain(await make(bad))).error?.code).toBe(code)
    now = good
    expect(await codeOf(async () => verifier.verify(await make(good)))).toBe('accepted')
  })
})

describe('the memory of used tokens', () => {
  test('begins at the instant at which it was made, not a millisecond before', async () => {
    const verifier = verifierOf()
    const at = (iat: number): Promise<string> => forge(leaf, { claims: { iat } })
    expect(await codeOf(async () => verifier.verify(await at(NOW)))).toBe('accepted')
    expect(await codeOf(async () => verifier.verify(await at(NOW - MS)))).toBe('ERR_TOKEN_REPLAY_EPOCH')
  })

  test('makes a token from ahead of the clock wait until the clock is there', async () => {
    for (const ahead of [MS, 1, 5]) {
      const waited: number[] = []
      const wait = async (milliseconds: number): Promise<void> => void waited.push(milliseconds)
      const token = await forge(leaf, { claims: { iat: NOW + ahead } })
      expect(await codeOf(() => verifierOf({ wait }).verify(token))).toBe('accepted')
      expect(waited).toEqual([ahead * 1000])
    }
  })

  test('forgets a token only when nobody could accept it any more', async () => {
    let now = AT
    const verifier = verifierOf({ clock: () => now })
    const token = await forge(leaf, { claims: { iat: NOW, exp: NOW + 10 } })
    await verifier.verify(token)
    for (const [after, code] of [
      [69.999, 'ERR_TOKEN_REPLAYED'],
      [70, 'ERR_TOKEN_EXPIRED'],
      [0, 'ERR_TOKEN_REPLAYED'],
    ] as const) {
      now = new Date(AT.getTime() + after * 1000)
      expect([after, await codeOf(() => verifier.verify(token))]).toEqual([after, code])
    }
  })
})
