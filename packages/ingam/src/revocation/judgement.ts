// Layer: revocation. One pass over a path with what the sources hold: each certificate is judged by what came with the token,
// by responses and by lists, and those who signed these in turn. What would have to be known besides is noted.

import { messageOf } from '../errors/errors.ts'
import { kindOf } from '../errors/options.ts'
import type { FoundPath } from '../path/build.ts'
import type { PathRules } from '../path/checks.ts'
import { type Place, placeIn } from '../path/place.ts'
import { outranks, type Refusal, refuse } from '../path/refusal.ts'
import type { Certificate } from '../x509/certificate.ts'
import { createCertId, type OcspResponse } from '../x509/ocsp.ts'
import type { CertificateMap } from './certificate-map.ts'
import { type HeldList, judgeByLists } from './crl-status.ts'
import { type CertificateStatus, type Finding, incomplete, refuseFor, undecided } from './evidence.ts'
import { Horizon } from './horizon.ts'
import {
  type Asked,
  createEvidenceBudget,
  type Inquiry,
  type SignatureMemory,
  type SignersStanding,
} from './inquiry.ts'
import { type HeldResponse, judgeByResponse, responseLimits } from './ocsp-status.ts'
import type { RevocationPlan } from './policy.ts'
import { positionIn } from './signers.ts'
import type { EvidenceQuery, FetchProblem, HeldEvidence, RevocationSource } from './source.ts'
import { notRevocable, type Revoked, refuseRevoked, statusOf, weigh } from './weigh.ts'

/** What one judgement may use besides the sources' own evidence. */
export interface JudgeOptions {
  /** Certificates that may lead to signers of evidence, unvouched. */
  readonly pool: readonly Certificate[]
  /** The response that came along for a certificate. */
  readonly stapledFor?: (certificate: Certificate) => OcspResponse | undefined
  /** Whether sources may fetch; `'leave'` judges by what they hold. */
  readonly network: 'use' | 'leave'
}

/** How the certificates of a path stand. */
export interface PathStanding {
  /** Of each certificate asked for, leaf first. */
  readonly statuses: readonly CertificateStatus[]
  /** Why the path is refused; undefined where it is not. */
  readonly refusal: Refusal | undefined
  /** From when and until when nothing but new evidence changes the answer, in milliseconds since 1970 UTC. */
  readonly from: number
  readonly until: number
  /** Of the desk, before it looked. */
  readonly revision: number
}

/** What is judged, by what, and what is known of it already. */
export interface Question {
  readonly plan: RevocationPlan
  readonly memory: SignatureMemory
  readonly path: FoundPath
  readonly rules: PathRules
  readonly options: JudgeOptions
  /** What came of asking the sources for more. */
  readonly problems: CertificateMap<readonly FetchProblem[]>
  readonly revoked: CertificateMap<Revoked>
}

/** What {@link Judgement.responseAbout} finds. */
export interface CarriedResponse {
  readonly response?: OcspResponse
  /** The finding of the response, or why there is none. */
  readonly finding: Finding
  /** What was asked for; absent where the path has no such certificate. */
  readonly query?: EvidenceQuery
}

// LIMIT: a list about the signer of a list about the signer of a response.
const MAX_ASKING = 4

/** One pass over a path with what is held. */
export class Judgement {
  readonly #question: Question
  readonly #budget = createEvidenceBudget()
  readonly #horizon: Horizon
  /** What would have to be known; those who sign evidence among it. */
  readonly wanted: EvidenceQuery[] = []

  constructor(question: Question) {
    this.#question = question
    this.#horizon = new Horizon(question.rules)
  }

  async run(): Promise<Omit<PathStanding, 'revision'>> {
    const { path, plan, options } = this.#question
    const statuses: CertificateStatus[] = []
    let refusal: Refusal | undefined
    for (let position = path.chain.length - 2; position >= 0; position--) {
      const place = placeIn(path.chain, position)
      const issuer = path.chain[position + 1]
      if (place === undefined || issuer === undefined) continue
      const stapled = options.stapledFor?.(place.certificate)
      if (position > 0 && plan.depth === 'leaf' && stapled === undefined) continue
      const { finding, refusal: own } = await this.#judgePlace({ place, issuer }, stapled)
      if (own !== undefined && outranks(own, refusal)) refusal = own
      statuses.unshift(statusOf(place, finding, own))
    }
    const { from, until } = this.#horizon
    return { statuses: Object.freeze(statuses), refusal, from, until }
  }

  /** The newest response about one certificate that says that it is good. */
  async responseAbout(position: number, maxAgeSeconds: number): Promise<CarriedResponse> {
    const { path, plan, problems } = this.#question
    const place = placeIn(path.chain, position)
    const issuer = path.chain[position + 1]
    const nothing = undecided({
      code: 'ERR_REVOCATION_UNKNOWN',
      problem: 'its issuer is not among the certificates given',
    })
    if (place === undefined || issuer === undefined) return { finding: nothing }
    const asked = { place, issuer }
    const inquiry = this.#inquiry(path, position, [place.certificate], 'leave')
    const query = await queryOf(asked, 'any')
    const findings: Finding[] = []
    let best: (CarriedResponse & { readonly thisUpdate: number }) | undefined
    for (const held of heldBy(plan.sources, query, findings)) {
      if (held.kind !== 'ocsp') continue
      const finding = await judgeByResponse(held, asked, inquiry, responseLimits(undefined, maxAgeSeconds))
      if (finding === undefined) continue
      findings.push(finding)
      if (finding.status !== 'good' || finding.thisUpdate <= (best?.thisUpdate ?? Number.NEGATIVE_INFINITY))
        continue
      best = { response: held.response, finding, query, thisUpdate: finding.thisUpdate }
    }
    for (const { from: responder, problem } of problems.get(place.certificate) ?? [])
      findings.push(undecided({ code: 'ERR_REVOCATION_RESPONDER', responder, problem }))
    const finding = weigh(findings, undefined)
    return finding.status === 'good' && best !== undefined ? best : { finding, query }
  }

  async #judgePlace(
    asked: Asked,
    stapled: OcspResponse | undefined,
  ): Promise<{ readonly finding: Finding; readonly refusal: Refusal | undefined }> {
    const { place } = asked
    const { path, plan, options, revoked } = this.#question
    const known = revoked.get(place.certificate)
    if (known !== undefined) return { finding: known, refusal: refuseRevoked(known, place) }
    const inquiry = this.#inquiry(path, place.position, [place.certificate], options.network)
    const fromToken = stapled && (await judgeStaple(stapled, asked, inquiry))
    const query = await queryOf(asked, 'any')
    const findings = await this.#findings(asked, query, inquiry)
    const isRefused = fromToken !== undefined && 'code' in fromToken
    const answer = weigh(findings, isRefused ? undefined : fromToken)
    if (answer.status === 'revoked') {
      revoked.set(place.certificate, answer)
      return { finding: answer, refusal: refuseRevoked(answer, place) }
    }
    // What came along and proves nothing is refused, whatever else is known: its sender meant it to count.
    if (isRefused) return { finding: answer, refusal: fromToken }
    if (answer.status === 'good') return { finding: answer, refusal: undefined }
    const exempt = notRevocable(answer, place, plan)
    if (exempt !== undefined) return { finding: exempt, refusal: undefined }
    if (answer.isIncomplete) return { finding: answer, refusal: refuseFor(answer.doubt, place) }
    this.#want(query, inquiry)
    return { finding: answer, refusal: plan.mode === 'require' ? refuseFor(answer.doubt, place) : undefined }
  }

  async #findings(asked: Asked, query: EvidenceQuery, inquiry: Inquiry): Promise<readonly Finding[]> {
    const { plan, problems } = this.#question
    const findings: Finding[] = []
    const lists: HeldList[] = []
    const responses: HeldResponse[] = []
    for (const held of heldBy(plan.sources, query, findings)) {
      if (held.kind === 'crl') lists.push(held)
      else if (query.kinds === 'any') responses.push(held)
    }
    const { maxAgeSeconds } = plan
    for (const response of responses.slice(0, MAX_RESPONSES)) {
      const finding = await judgeByResponse(response, asked, inquiry, responseLimits(maxAgeSeconds))
      if (finding !== undefined) findings.push(finding)
    }
    if (responses.length > MAX_RESPONSES) {
      const problem = `at most ${MAX_RESPONSES} about one certificate are looked at`
      findings.push(incomplete(`${responses.length} responses`, problem))
    }
    findings.push(...(await judgeByLists(lists, asked.place, inquiry)))
    for (const { from: responder, problem } of problems.get(asked.place.certificate) ?? []) {
      findings.push(undecided({ code: 'ERR_REVOCATION_RESPONDER', responder, problem }))
    }
    return findings
  }

  #want(query: EvidenceQuery, { network }: Inquiry): void {
    if (network === 'use') this.wanted.push(query)
  }

  #inquiry(
    path: FoundPath,
    position: number,
    asking: readonly Certificate[],
    network: Inquiry['network'],
  ): Inquiry {
    const { plan, rules, memory, options } = this.#question
    const { pool } = options
    const shared = { budget: this.#budget, horizon: this.#horizon, judgeSigners: this.#judgeSigners }
    return { path, position, plan, rules, pool, memory, asking, network, ...shared }
  }

  // A function of its own, because inquiries carry it.
  readonly #judgeSigners = async (path: FoundPath, from: Inquiry): Promise<SignersStanding> => {
    const above = from.path.chain.slice(from.position + 1)
    let until = Number.POSITIVE_INFINITY
    for (let position = path.chain.length - 2; position >= 0; position--) {
      const place = placeIn(path.chain, position)
      const issuer = path.chain[position + 1]
      if (place === undefined || issuer === undefined) continue
      // Those of the path in question are judged for themselves, where the policy asks for it.
      if (positionIn(above, place.certificate) >= 0) continue
      const finding = await this.#judgeSigner({ place, issuer }, path, from)
      if (finding.status !== 'good') return finding
      until = Math.min(until, finding.until)
    }
    return { status: 'good', until }
  }

  async #judgeSigner(asked: Asked, path: FoundPath, from: Inquiry): Promise<Finding> {
    const { place } = asked
    if (from.asking.length >= MAX_ASKING || positionIn(from.asking, place.certificate) >= 0) {
      const problem = 'whether its signer was revoked would have to be known first, and in turn'
      return undecided({ code: 'ERR_REVOCATION_UNKNOWN', problem })
    }
    const inquiry = this.#inquiry(path, place.position, [...from.asking, place.certificate], from.network)
    const query = await queryOf(asked, 'crl')
    const answer = weigh(await this.#findings(asked, query, inquiry), undefined)
    if (answer.status === 'unknown' && answer.isIncomplete !== true) {
      const exempt = notRevocable(answer, place, this.#question.plan)
      if (exempt !== undefined) return exempt
      this.#want(query, inquiry)
    }
    return answer
  }
}

// LIMIT: responses about one certificate that are looked at; sources hold one each.
const MAX_RESPONSES = 16

// A source that breaks its word never to throw, or to answer at once, may hold what matters: then nothing that says good counts.
function heldBy(
  sources: readonly RevocationSource[],
  query: EvidenceQuery,
  findings: Finding[],
): readonly HeldEvidence[] {
  return sources.flatMap((source) => {
    try {
      const found = source.find(query)
      if (Array.isArray(found)) return found
      throw new TypeError(`find answers ${kindOf(found)}`)
    } catch (error) {
      findings.push(incomplete('a source', `failed: ${messageOf(error)}`))
      return []
    }
  })
}

async function queryOf({ place, issuer }: Asked, kinds: EvidenceQuery['kinds']): Promise<EvidenceQuery> {
  const { certificate } = place
  const certIds =
    kinds === 'crl'
      ? []
      : [await createCertId(certificate, issuer, 'SHA-1'), await createCertId(certificate, issuer, 'SHA-256')]
  return { certificate, issuer, certIds, kinds }
}

// A response that came with the token: what is wrong with it is a refusal of its own.
async function judgeStaple(
  response: OcspResponse,
  asked: Asked,
  inquiry: Inquiry,
): Promise<Finding | Refusal> {
  const { place } = asked
  const { stapleMaxAgeSeconds, maxAgeSeconds } = inquiry.plan
  const limits = responseLimits(maxAgeSeconds, stapleMaxAgeSeconds)
  const finding = await judgeByResponse({ kind: 'ocsp', response, from: 'token' }, asked, inquiry, limits)
  if (finding === undefined) return refuseStaple(place, 'speaks of another certificate')
  if (finding.status !== 'unknown') return finding
  const { doubt } = finding
  if (doubt.code !== 'ERR_REVOCATION_STALE') return refuseStaple(place, doubt.problem)
  const { until, at } = doubt
  return refuse('ERR_REVOCATION_STAPLE_STALE', place, (certificate) => ({ certificate, until, at }))
}

function refuseStaple(place: Place, problem: string): Refusal {
  return refuse('ERR_REVOCATION_STAPLE', place, (certificate) => ({ certificate, problem }))
}
