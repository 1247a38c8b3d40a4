// Layer: token. The verifier: a plan, a cache of chains, a memory of used tokens, and the two ways to ask.

import type { PathAttempt } from '../errors/codes.ts'
import { type AnyPkiError, isPkiError } from '../errors/errors.ts'
import type { Attempts } from '../path/refusal.ts'
import { type InspectedCertificate, inspectToken } from './inspect.ts'
import { type Bench, createBench, judgeToken, type WorkCounters } from './judge.ts'
import { createPlan, type VerifierOptions } from './plan.ts'
import { CHECKS, type CheckId, type TraceSink } from './trace.ts'
import type { VerifiedToken } from './verified-token.ts'

/** One check of a token, and how it came out. */
export interface ExplainedCheck {
  readonly id: CheckId
  readonly title: string
  readonly outcome: 'passed' | 'failed' | 'not-reached'
  /** What the check saw; escaped nowhere, so escape before showing. */
  readonly facts: Readonly<Record<string, string>>
}

/** Every check in order with its outcome; what `verify` would have said, and why. */
export interface Explanation {
  readonly accepted: boolean
  readonly checks: readonly ExplainedCheck[]
  readonly error?: {
    readonly code: AnyPkiError['code']
    readonly message: string
    readonly details: AnyPkiError['details']
    readonly hint: string
  }
  /** The certificates as sent, **nothing about them verified** unless `accepted`. */
  readonly certificates: readonly InspectedCertificate[]
  /** Paths that were tried and refused, the newest last, at most 16; also where another path was accepted. */
  readonly attempts: readonly PathAttempt[]
  /** How many older attempts are not among these. */
  readonly attemptsDropped: number
}

/** What a verifier has done and holds. */
export interface VerifierStatus extends Readonly<WorkCounters> {
  readonly cachedChains: number
  readonly cachedBytes: number
  readonly cacheHits: number
  readonly cacheMisses: number
  readonly replayEntries: number
}

/** Verifies tokens for one audience against one set of trust anchors. */
export interface Verifier {
  /**
   * Returns the token's content if every check passes, and marks it as used.
   *
   * **Not checked: revocation** (see `revocation` in {@link VerifierOptions}).
   *
   * @param token compact JWS, the bare text without `Bearer`
   * @throws {TokenError} ERR_TOKEN_*; {PathError} ERR_PATH_*
   */
  readonly verify: (token: string) => Promise<VerifiedToken>
  /**
   * Says what `verify` would say and why, without effects: the token is not marked as used and nothing is cached.
   * Never throws for a refused token.
   */
  readonly explain: (token: string) => Promise<Explanation>
  readonly status: () => VerifierStatus
}

/**
 * Makes a verifier. Trust anchors, audience and the stance on revocation are required.
 *
 * @throws {ArgumentError} ERR_ARG_* for a missing, unknown or wrong option
 */
export function createVerifier(options: VerifierOptions): Verifier {
  const plan = createPlan(options)
  const bench = createBench(plan)
  return Object.freeze({
    verify: (token: string) => judgeToken(bench, token),
    explain: (token: string) => explainToken(bench, token),
    status: () => ({
      ...bench.work,
      cachedChains: bench.cache.size,
      cachedBytes: bench.cache.bytes + bench.issuers.bytes,
      cacheHits: bench.cache.hits,
      cacheMisses: bench.cache.misses,
      replayEntries: plan.replay?.size ?? 0,
    }),
  })
}

async function explainToken(bench: Bench, token: string): Promise<Explanation> {
  const recorder = new Recorder()
  const certificates = await certificatesOf(token)
  try {
    await judgeToken(bench, token, recorder)
    return { accepted: true, checks: recorder.checks('passed'), certificates, ...recorder.attempts }
  } catch (error) {
    if (!isPkiError(error)) throw error
    const { code, message, details, hint } = error
    return {
      accepted: false,
      checks: recorder.checks('failed'),
      error: { code, message, details, hint },
      certificates,
      ...recorder.attempts,
    }
  }
}

async function certificatesOf(token: string): Promise<readonly InspectedCertificate[]> {
  try {
    return (await inspectToken(token)).unverifiedCertificates
  } catch (error) {
    if (!isPkiError(error)) throw error
    // The refusal itself is what the explanation reports; here there is nothing to show.
    return []
  }
}

class Recorder implements TraceSink {
  readonly #entered = new Map<CheckId, Record<string, string>>()
  #latest: CheckId | undefined
  attempts: Attempts = { attempts: [], attemptsDropped: 0 }

  // A function of its own, because the search calls it without its object.
  readonly tried = ({ attempts, attemptsDropped }: Attempts): void => {
    this.attempts = { attempts, attemptsDropped }
  }

  enter(check: CheckId): void {
    this.#entered.set(check, {})
    this.#latest = check
  }

  note(fact: string, value: string): void {
    const facts = this.#latest === undefined ? undefined : this.#entered.get(this.#latest)
    if (facts !== undefined) facts[fact] = value
  }

  checks(last: 'passed' | 'failed'): readonly ExplainedCheck[] {
    return CHECKS.map(([id, title]) => {
      const facts = this.#entered.get(id)
      if (facts === undefined) return { id, title, outcome: 'not-reached', facts: {} }
      return { id, title, outcome: id === this.#latest ? last : 'passed', facts }
    })
  }
}
