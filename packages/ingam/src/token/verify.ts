// Layer: token. The verifier: a plan, a cache of chains, a memory of used tokens, and the two ways to ask.

import type { PathAttempt } from '../errors/codes.ts'
import { type AnyPkiError, isPkiError } from '../errors/errors.ts'
import { checkOptionKeys, choice } from '../errors/options.ts'
import type { Attempts } from '../path/refusal.ts'
import type { MaybePromise } from '../platform/contract.ts'
import type { CertificateStatus } from '../revocation/evidence.ts'
import type { SourceStatus } from '../revocation/source.ts'
import { type Bench, createBench, type WorkCounters } from './bench.ts'
import { type Binding, bindingOf, type ExpectedBinding, UNBOUND } from './binding.ts'
import { type InspectedCertificate, inspectCertificates, inspectToken } from './inspect.ts'
import { judgeToken, type Question } from './judge.ts'
import { createPlan, type Plan, type VerifierOptions } from './plan.ts'
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
  /** The certificates as sent, or as x5t#S256 named them, **nothing about them verified** unless `accepted`. */
  readonly certificates: readonly InspectedCertificate[]
  /** Paths that were tried and refused, the newest last, at most 16; also where another path was accepted. */
  readonly attempts: readonly PathAttempt[]
  /** How many older attempts are not among these. */
  readonly attemptsDropped: number
  /** How the certificates of the path stand, leaf first, with the evidence; none where nobody asked, or nobody came so far. */
  readonly revocation: readonly CertificateStatus[]
}

/** What {@link Verifier.explain} may do. */
export interface ExplainOptions {
  /** Whether sources of evidence may fetch what they lack; default `'leave'`: they say what they hold. */
  readonly network?: 'use' | 'leave'
}

/** What a verifier has done and holds. */
export interface VerifierStatus extends Readonly<WorkCounters> {
  readonly cachedChains: number
  readonly cachedBytes: number
  readonly cacheHits: number
  readonly cacheMisses: number
  readonly replayEntries: number
  /** Each file, folder and URL from which evidence comes: its age, its next refresh, its last error. */
  readonly revocationSources: readonly SourceStatus[]
}

/** Verifies tokens for one audience against one set of trust anchors. */
export interface Verifier {
  /**
   * Returns the token's content if every check passes, and marks it as used.
   *
   * **Not checked, with `revocation: 'off'`: whether a certificate was revoked.** Otherwise the path's `revocation` says
   * how each certificate stands, and who said so.
   *
   * @param token compact JWS, the bare text without `Bearer`
   * @param expected what the token must be bound to; it is demanded, and a binding that is not expected is refused
   * @throws {TokenError} ERR_TOKEN_*; {PathError} ERR_PATH_*; {RevocationError} ERR_REVOCATION_*; {ArgumentError} ERR_ARG_* for a wrong `expected`, before
   *   the token is looked at
   */
  readonly verify: (token: string, expected?: ExpectedBinding) => Promise<VerifiedToken>
  /**
   * Says what `verify` would say and why, without effects: the token is not marked as used and nothing is cached.
   * Never throws for a refused token; a wrong `expected` is ERR_ARG_* here too.
   */
  readonly explain: (
    token: string,
    expected?: ExpectedBinding,
    options?: ExplainOptions,
  ) => Promise<Explanation>
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
    verify(token: string, expected?: ExpectedBinding) {
      const binding = bindingFor(plan, expected)
      return binding instanceof Promise ? binding.then(verifyBound) : judgeToken(bench, { token, binding })

      async function verifyBound(binding: Binding): Promise<VerifiedToken> {
        return await judgeToken(bench, { token, binding })
      }
    },
    async explain(token: string, expected?: ExpectedBinding, options: ExplainOptions = {}) {
      checkOptionKeys('explain options', options, ['network'])
      const network = choice('network', options.network, ['leave', 'use'])
      return await explainToken(bench, { token, binding: await bindingFor(plan, expected), network })
    },
    status: () => ({
      ...bench.work,
      cachedChains: bench.cache.size,
      cachedBytes: bench.cache.bytes + bench.issuers.bytes,
      cacheHits: bench.cache.hits,
      cacheMisses: bench.cache.misses,
      replayEntries: plan.replay?.size ?? 0,
      revocationSources: (plan.revocation?.sources ?? []).flatMap((source) => source.status()),
    }),
  })
}

// At once where nothing is expected, as for nearly every token.
function bindingFor(plan: Plan, expected: ExpectedBinding | undefined): MaybePromise<Binding> {
  if (expected === undefined && !plan.asksForBinding) return UNBOUND
  return bindingOf('expected', expected, plan.profile, plan.requiredBinding)
}

async function explainToken(
  bench: Bench,
  question: Question & { readonly token: string },
): Promise<Explanation> {
  const trace = new Recorder()
  const { token } = question
  try {
    await judgeToken(bench, { ...question, trace })
    const certificates = await certificatesOf(token, trace.chain)
    const { revocation } = trace
    return { accepted: true, checks: trace.checks('passed'), certificates, revocation, ...trace.attempts }
  } catch (error) {
    if (!isPkiError(error)) throw error
    const { code, message, details, hint } = error
    return {
      accepted: false,
      checks: trace.checks('failed'),
      error: { code, message, details, hint },
      certificates: await certificatesOf(token, trace.chain),
      revocation: trace.revocation,
      ...trace.attempts,
    }
  }
}

async function certificatesOf(
  token: string,
  chain: readonly string[] | undefined,
): Promise<readonly InspectedCertificate[]> {
  try {
    return chain === undefined
      ? (await inspectToken(token)).unverifiedCertificates
      : await inspectCertificates(chain)
  } catch (error) {
    if (!isPkiError(error)) throw error
    // The refusal itself is what the explanation reports; here there is nothing to show.
    return []
  }
}

function describeStatus({ status, evidence, problem }: CertificateStatus): string {
  if (evidence === undefined) return `${status}: ${problem?.message ?? ''}`
  const { kind, signer, from, thisUpdate, until } = evidence
  const times = [
    thisUpdate === undefined ? '' : ` of ${thisUpdate}`,
    until === undefined ? '' : `, counts until ${until}`,
  ]
  return `${status}: ${kind} by "${signer}" (${from})${times.join('')}`
}

class Recorder implements TraceSink {
  readonly #entered = new Map<CheckId, Record<string, string>>()
  #latest: CheckId | undefined
  chain: readonly string[] | undefined
  revocation: readonly CertificateStatus[] = []
  attempts: Attempts = { attempts: [], attemptsDropped: 0 }

  // A function of its own, because the search calls it without its object.
  readonly tried = ({ attempts, attemptsDropped }: Attempts): void => {
    this.attempts = { attempts, attemptsDropped }
  }

  enter(check: CheckId): void {
    this.#entered.set(check, {})
    this.#latest = check
  }

  resolved(texts: readonly string[]): void {
    this.chain = texts
  }

  stood(statuses: readonly CertificateStatus[]): void {
    this.revocation = statuses
    for (const status of statuses) this.note(`#${status.certificate.position}`, describeStatus(status))
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
