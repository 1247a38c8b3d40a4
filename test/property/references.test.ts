// Chains by reference against a model: a thumbprint stands for a chain exactly where the chain was given, or came in a token
// of its holder that verified. Whatever is sent, in turn or at once, nobody is taken for another and no genuine token with
// its chain is refused. INGAM_RUNS sets how many sequences are tried (default 50).

import { setImmediate as nextTurn } from 'node:timers/promises'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { encodeBase64 } from '../../packages/ingam/src/bytes/base64.ts'
import { isPkiError } from '../../packages/ingam/src/errors/errors.ts'
import type { TestCertificate } from '../../packages/ingam/src/testing/test-ca.ts'
import type { Verifier } from '../../packages/ingam/src/token/verify.ts'
import { forge, thumbprintOf, x5cOf } from '../support/forge.ts'
import { issuer, leaf, other, rsa, strangerRoot, verifierOf } from '../support/tokens.ts'

const RUNS = Number(process.env['INGAM_RUNS'] ?? '50')
const TIMEOUT = 30_000 + RUNS * 200

// Two certificates for one key: each is known by itself.
const again = await issuer.issue({ name: 'again', keyOf: leaf, uris: ['spiffe://example/client'] })
const HOLDERS: readonly TestCertificate[] = [leaf, again, other, rsa]
const thumbprints = await Promise.all(HOLDERS.map(thumbprintOf))
const KEEPS_ALL = 33_554_432
const junk = encodeBase64(strangerRoot.der)

interface Step {
  readonly holder: number
  readonly names: 'chain' | 'chain with more' | 'leaf alone' | 'thumbprint' | 'both' | 'both, another'
  /** Whether somebody else signed it. */
  readonly isForged: boolean
  readonly isExplained: boolean
  /** A member that selects nothing and makes another header of it. */
  readonly kid: number
}

const step: fc.Arbitrary<Step> = fc.record({
  holder: fc.nat(HOLDERS.length - 1),
  names: fc.constantFrom(
    'chain',
    'chain with more',
    'leaf alone',
    'thumbprint',
    'thumbprint',
    'thumbprint',
    'both',
    'both, another',
  ),
  isForged: fc.boolean(),
  isExplained: fc.constantFrom(false, false, false, true),
  kid: fc.nat(2),
})

const situation = fc.record({
  given: fc.subarray(HOLDERS.map((_, index) => index)),
  maxCacheBytes: fc.constantFrom(KEEPS_ALL, KEEPS_ALL, 12_000, 0),
})

type Situation = typeof situation extends fc.Arbitrary<infer T> ? T : never

function holderOf(index: number): TestCertificate {
  return HOLDERS[index] ?? leaf
}

async function tokenOf({ holder, names, isForged, kid }: Step): Promise<string> {
  const certificate = holderOf(holder)
  const chain = x5cOf(certificate)
  const own = thumbprints[holder]
  const another = thumbprints[(holder + 1) % HOLDERS.length]
  const members = {
    chain: {},
    'chain with more': { x5c: [...chain, junk] },
    'leaf alone': { x5c: chain.slice(0, 1) },
    thumbprint: { x5c: undefined, 'x5t#S256': own },
    both: { 'x5t#S256': own },
    'both, another': { 'x5t#S256': another },
  }
  const header = { ...members[names], ...(kid > 0 && { kid: String(kid) }) }
  // Of the same kind of key, or of another.
  const signer = isForged ? { signer: holder === 2 ? leaf : other } : {}
  return await forge(certificate, { header, ...signer })
}

function verifierIn({ given, maxCacheBytes }: Situation): Verifier {
  const knownChains = given.map((index) => [holderOf(index).certificate, issuer.certificate])
  return verifierOf({ knownChains, maxCacheBytes })
}

async function answerTo(verifier: Verifier, sent: Step, token: string): Promise<string> {
  if (sent.isExplained) {
    const { accepted, error } = await verifier.explain(token)
    return accepted ? 'accepted' : (error?.code ?? '')
  }
  try {
    const { identity, path } = await verifier.verify(token)
    expect(identity.thumbprint).toBe(thumbprints[sent.holder])
    expect(path.certificates[0]?.der).toEqual(holderOf(sent.holder).der)
    return 'accepted'
  } catch (error) {
    if (isPkiError(error)) return error.code
    throw error
  }
}

/** What becomes of it where its holder's chain is known, and where it is not. */
function expectedOf({ names, isForged }: Step, isKnown: boolean): string {
  if (names === 'both, another') return 'ERR_TOKEN_THUMBPRINT'
  if (names === 'leaf alone') return 'ERR_PATH_NO_ISSUER'
  if (names === 'thumbprint' && !isKnown) return 'ERR_TOKEN_UNKNOWN_THUMBPRINT'
  return isForged ? 'ERR_TOKEN_SIGNATURE' : 'accepted'
}

function makesKnown({ names, isExplained }: Step, answer: string): boolean {
  return answer === 'accepted' && !isExplained && names !== 'thumbprint'
}

describe('a thumbprint', () => {
  test('stands for what the model says, token after token', { timeout: TIMEOUT }, async () => {
    const steps = fc.array(step, { minLength: 1, maxLength: 16 })
    await fc.assert(
      fc.asyncProperty(situation, steps, async (where, sequence) => {
        const verifier = verifierIn(where)
        const known = new Set<number>(where.given)
        for (const sent of sequence) {
          const answer = await answerTo(verifier, sent, await tokenOf(sent))
          // Where memory is short, what was known may have been forgotten: no more than that.
          const mayForget = where.maxCacheBytes < KEEPS_ALL && !where.given.includes(sent.holder)
          const allowed = [expectedOf(sent, known.has(sent.holder))]
          if (mayForget) allowed.push(expectedOf(sent, false))
          expect(allowed).toContain(answer)
          if (makesKnown(sent, answer)) known.add(sent.holder)
        }
      }),
      { numRuns: RUNS },
    )
  })

  test('stands for nobody else where tokens come at once', { timeout: TIMEOUT }, async () => {
    // Few holders and mostly genuine tokens, so that they meet while one of them is waited for.
    const crowded = step.map((one) => ({
      ...one,
      holder: one.holder % 2,
      isForged: one.isForged && one.kid > 0,
    }))
    const turn = fc.record({ sent: crowded, turns: fc.nat(8) })
    const batches = fc.array(fc.array(turn, { minLength: 1, maxLength: 12 }), { minLength: 1, maxLength: 3 })
    await fc.assert(
      fc.asyncProperty(situation, batches, async (where, sequence) => {
        const verifier = verifierIn(where)
        const known = new Set<number>(where.given)
        for (const batch of sequence) {
          const tokens = await Promise.all(batch.map(({ sent }) => tokenOf(sent)))
          const answers = await Promise.all(
            batch.map(async ({ sent, turns }, index) => {
              for (let count = 0; count < turns; count++) await nextTurn()
              return await answerTo(verifier, sent, tokens[index] ?? '')
            }),
          )
          const before = new Set(known)
          for (const [index, { sent }] of batch.entries())
            if (makesKnown(sent, answers[index] ?? '')) known.add(sent.holder)
          for (const [index, { sent }] of batch.entries()) {
            const isKept = where.maxCacheBytes === KEEPS_ALL || where.given.includes(sent.holder)
            const allowed = [expectedOf(sent, known.has(sent.holder))]
            if (!isKept || !before.has(sent.holder)) allowed.push(expectedOf(sent, false))
            expect(allowed).toContain(answers[index])
          }
        }
      }),
      { numRuns: RUNS },
    )
  })
})
