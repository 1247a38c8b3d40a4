// Layer: token. What a signer carries along for verifiers that would otherwise have to ask: fresh responses about its own
// certificates (header member ocsp). They are looked for before they are needed, and judged as a verifier will judge them.

import { encodeBase64 } from '../bytes/base64.ts'
import { createError } from '../errors/errors.ts'
import type { Credential } from '../keys/credential.ts'
import type { FoundPath } from '../path/build.ts'
import type { PathRules } from '../path/checks.ts'
import { type Place, placeIn } from '../path/place.ts'
import { DEFAULT_POLICY_INPUTS } from '../path/policy-graph.ts'
import { type Refusal, toError } from '../path/refusal.ts'
import { type Finding, refuseFor } from '../revocation/evidence.ts'
import { planOfSources, USUAL_STAPLE_AGE_SECONDS } from '../revocation/policy.ts'
import type { EvidenceQuery } from '../revocation/source.ts'
import { RevocationDesk } from '../revocation/standing.ts'
import { refuseRevoked } from '../revocation/weigh.ts'
import type { Certificate } from '../x509/certificate.ts'
import { equalNames } from '../x509/name.ts'
import { NO_STAPLES, type Staples } from './header.ts'

/** Whether a token must carry a response about its signer, or does where one can be had. */
export type StapleMode = 'require' | 'prefer'

// LIMIT: so many seconds a response has still to count when the token is signed, which is on its way for some.
const MARGIN_SECONDS = 60
// From here on of the time for which a response counts, a newer one is fetched while the old one serves.
const REFRESH_AT = 0.5
const RETRY_MILLISECONDS = 10_000

interface Stapler {
  readonly desk: RevocationDesk
  readonly path: FoundPath
  /** The responses of the latest token, and until when they are carried without another look. */
  latest: { readonly staples: Staples; readonly servesUntil: number } | undefined
  /** Of the sources, when the latest were chosen. */
  revision: number
}

const staplers: WeakMap<Credential, Stapler> = new WeakMap()

/**
 * The member ocsp for a token that is signed at an instant.
 *
 * @throws {RevocationError} where the mode requires a response about the signer and none can be had
 */
export async function staplesFor(credential: Credential, mode: StapleMode, at: Date): Promise<Staples> {
  const stapler = staplers.get(credential) ?? createStapler(credential)
  const { latest, desk } = stapler
  const instant = at.getTime()
  if (latest !== undefined && instant < latest.servesUntil && stapler.revision === desk.revision())
    return latest.staples
  const staples: (string | null)[] = []
  let servesUntil = Number.POSITIVE_INFINITY
  const revision = desk.revision()
  for (const [position, certificate] of credential.certificates.entries()) {
    const staple = await findStaple(stapler, certificate, at)
    if (position === 0 && !staple.ok && mode === 'require') throw await toError(staple.refusal, NO_ATTEMPTS)
    staples.push(staple.ok ? staple.text : null)
    if (!staple.ok) continue
    if (instant >= staple.refreshAt) desk.refresh(staple.query)
    servesUntil = Math.min(
      servesUntil,
      staple.until,
      Math.max(staple.refreshAt, instant + RETRY_MILLISECONDS),
    )
  }
  // Without one about the signer the others would spare nobody a question.
  const carried = staples[0] === null ? NO_STAPLES : Object.freeze(staples)
  stapler.latest = carried === NO_STAPLES ? undefined : { staples: carried, servesUntil }
  stapler.revision = revision
  return carried
}

const NO_ATTEMPTS = { attempts: [], attemptsDropped: 0 } as const

function createStapler(credential: Credential): Stapler {
  const { stapling, certificates } = credential
  if (stapling === undefined || stapling.sources.length === 0) {
    const expected = 'a credential with sources of responses (stapleFrom)'
    throw createError('ERR_ARG_VALUE', { argument: 'staple', expected, found: 'one without' })
  }
  const chain = chainOf(certificates, stapling.issuers)
  const top = chain.at(-1)
  if (top === undefined) throw new TypeError('a credential has a certificate')
  const stapler: Stapler = {
    desk: new RevocationDesk(planOfSources(stapling.sources)),
    path: { chain, anchor: { certificate: top } },
    latest: undefined,
    revision: 0,
  }
  staplers.set(credential, stapler)
  return stapler
}

// The signer's own certificates in order of issue, as far as they are known; what it was given it trusts.
function chainOf(
  certificates: readonly Certificate[],
  issuers: readonly Certificate[],
): readonly Certificate[] {
  const pool = [...certificates.slice(1), ...issuers]
  const chain = certificates.slice(0, 1)
  for (let child = chain[0]; child !== undefined; child = chain[chain.length - 1]) {
    const { issuer } = child
    const above = pool.find((other) => equalNames(other.subject, issuer) && !chain.includes(other))
    if (above === undefined) return chain
    chain.push(above)
  }
  return chain
}

type StapleOutcome =
  | {
      readonly ok: true
      readonly text: string
      readonly query: EvidenceQuery
      readonly refreshAt: number
      readonly until: number
    }
  | { readonly ok: false; readonly refusal: Refusal }

async function findStaple(
  { desk, path }: Stapler,
  certificate: Certificate,
  at: Date,
): Promise<StapleOutcome> {
  const position = path.chain.indexOf(certificate)
  const rules: PathRules = {
    // As of when the token may arrive.
    at: new Date(at.getTime() + MARGIN_SECONDS * 1000),
    purpose: 'any',
    policies: DEFAULT_POLICY_INPUTS,
    anchorValidity: 'ignore',
    anyExtendedKeyUsage: 'refuse',
    standing: 'checked',
  }
  const { response, finding, query } = await desk.findResponse(
    path,
    position,
    rules,
    USUAL_STAPLE_AGE_SECONDS,
  )
  const place = placeIn(path.chain, position)
  if (response !== undefined && query !== undefined && finding.status === 'good') {
    const { thisUpdate, until } = finding
    const refreshAt = thisUpdate + (until - thisUpdate) * REFRESH_AT
    // The margin is spent by the time the token arrives.
    return {
      ok: true,
      text: encodeBase64(response.der),
      query,
      refreshAt,
      until: until - MARGIN_SECONDS * 1000,
    }
  }
  return { ok: false, refusal: refusalOf(finding, place ?? { certificate, position: 0, role: 'leaf' }) }
}

function refusalOf(finding: Finding, place: Place): Refusal {
  if (finding.status === 'revoked') return refuseRevoked(finding, place)
  if (finding.status === 'unknown') return refuseFor(finding.doubt, place)
  return refuseFor({ code: 'ERR_REVOCATION_UNKNOWN', problem: 'no response about it is held' }, place)
}
