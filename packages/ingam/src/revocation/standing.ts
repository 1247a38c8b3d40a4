// Layer: revocation. How the certificates of a vouched path stand: every source is asked, a revocation from any of them
// wins, and where nothing is known the sources that can fetch are given a bounded time to find out. Unknown is no.

import { messageOf } from '../errors/errors.ts'
import type { FoundPath } from '../path/build.ts'
import type { PathRules } from '../path/checks.ts'
import { CertificateMap } from './certificate-map.ts'
import { SignatureMemory } from './inquiry.ts'
import { type CarriedResponse, Judgement, type JudgeOptions, type PathStanding } from './judgement.ts'
import type { RevocationPlan } from './policy.ts'
import type { EvidenceQuery, FetchProblem, RevocationSource } from './source.ts'
import type { Revoked } from './weigh.ts'

// LIMIT: a response, then a list about its signer, then one about the signer of that list.
const MAX_ROUNDS = 3
// LIMIT: questions put to the sources in one round.
const MAX_WANTED = 16

/** Judges paths by one policy, remembering which signatures of evidence have verified. */
export class RevocationDesk {
  readonly plan: RevocationPlan
  readonly #memory = new SignatureMemory()

  constructor(plan: RevocationPlan) {
    this.plan = plan
  }

  /** Grows when any source holds something else than before. */
  revision(): number {
    let sum = 0
    for (const source of this.plan.sources) sum += source.revision()
    return sum
  }

  /** Judges a path; INVARIANT: all else about it has verified, its signatures among it. */
  async judge(path: FoundPath, rules: PathRules, options: JudgeOptions): Promise<PathStanding> {
    return await this.judgeOfMany(rules, options)(path)
  }

  /**
   * A judge of all paths that one verification looks at: it waits for the sources once, asks them once about each certificate,
   * and what is revoked on one path is revoked on all. INVARIANT: as of {@link judge}.
   */
  judgeOfMany(rules: PathRules, options: JudgeOptions): (path: FoundPath) => Promise<PathStanding> {
    const course = startCourse()
    return async (path) => await this.#judge(path, rules, options, course)
  }

  async #judge(
    path: FoundPath,
    rules: PathRules,
    options: JudgeOptions,
    course: Course,
  ): Promise<PathStanding> {
    const { plan } = this
    const { problems, revoked } = course
    const revision = this.revision()
    for (let round = 0; ; round++) {
      const judgement = new Judgement({ plan, memory: this.#memory, path, rules, options, problems, revoked })
      const standing = await judgement.run()
      const isOpen = standing.refusal === undefined || standing.refusal.code !== 'ERR_REVOCATION_REVOKED'
      const wanted = judgement.wanted.filter(({ certificate }) => problems.get(certificate) === undefined)
      const mayFetch = options.network === 'use' && plan.maxWaitMilliseconds > 0 && round < MAX_ROUNDS
      if (!mayFetch || !isOpen || wanted.length === 0 || course.signal?.aborted === true)
        return { ...standing, revision }
      course.signal ??= AbortSignal.timeout(plan.maxWaitMilliseconds)
      await this.#fetch(wanted.slice(0, MAX_WANTED), course.signal, problems)
    }
  }

  /**
   * The newest response that says that a certificate of the path is good, for a signer to carry along; and what the sources
   * say instead where there is none. Asks them to fetch where none that counts is held.
   */
  async findResponse(
    path: FoundPath,
    position: number,
    rules: PathRules,
    maxAgeSeconds: number,
  ): Promise<CarriedResponse> {
    const { plan } = this
    const options: JudgeOptions = { pool: [], network: 'use' }
    const { problems, revoked } = startCourse()
    const question = { plan, memory: this.#memory, path, rules, options, problems, revoked }
    const found = await new Judgement(question).responseAbout(position, maxAgeSeconds)
    if (found.query === undefined || found.response !== undefined || plan.maxWaitMilliseconds === 0)
      return found
    await this.#fetch([found.query], AbortSignal.timeout(plan.maxWaitMilliseconds), problems)
    return await new Judgement(question).responseAbout(position, maxAgeSeconds)
  }

  /** Asks the sources for newer evidence about a certificate, for whoever comes later. */
  refresh(query: EvidenceQuery): void {
    const signal = AbortSignal.timeout(this.plan.maxWaitMilliseconds)
    for (const source of this.plan.sources) void fetchFrom(source, query, signal)
  }

  async #fetch(
    wanted: readonly EvidenceQuery[],
    signal: AbortSignal,
    problems: CertificateMap<readonly FetchProblem[]>,
  ): Promise<void> {
    await Promise.all(
      wanted.map(async (query) => {
        const { maxWaitMilliseconds } = this.plan
        const tooLate = [{ from: 'sources', problem: `no answer within ${maxWaitMilliseconds} ms` }]
        const asked = this.plan.sources.map((source) => fetchFrom(source, query, signal))
        const answers = Promise.all(asked).then((all) => all.flat())
        problems.set(query.certificate, await Promise.race([answers, aborted(signal).then(() => tooLate)]))
      }),
    )
  }
}

// A source that breaks its word never to reject takes nobody along.
async function fetchFrom(
  source: RevocationSource,
  query: EvidenceQuery,
  signal: AbortSignal,
): Promise<readonly FetchProblem[]> {
  try {
    return (await source.fetch?.(query, signal)) ?? []
  } catch (error) {
    return [{ from: 'a source', problem: `failed: ${messageOf(error)}` }]
  }
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return
  await new Promise<void>((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
}

// What one verification has learnt about certificates, whatever path it found them in.
interface Course {
  /** What came of asking the sources for more. */
  readonly problems: CertificateMap<readonly FetchProblem[]>
  readonly revoked: CertificateMap<Revoked>
  /** Says that its time for waiting is over. */
  signal: AbortSignal | undefined
}

function startCourse(): Course {
  return { problems: new CertificateMap(), revoked: new CertificateMap(), signal: undefined }
}
