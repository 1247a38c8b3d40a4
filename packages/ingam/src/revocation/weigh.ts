// Layer: revocation. What the findings about one certificate come to: a revocation before all, good by the newest that says
// so, otherwise the doubt that says most; and how that is shown and refused.

import { encodeHex } from '../bytes/hex.ts'
import { catalogue } from '../errors/catalogue.ts'
import type { Place } from '../path/place.ts'
import { type Refusal, refuse } from '../path/refusal.ts'
import { type Certificate, validityOf } from '../x509/certificate.ts'
import { formatName } from '../x509/name.ts'
import {
  type CertificateStatus,
  type Doubt,
  type Evidence,
  type Finding,
  isoOf,
  refuseFor,
  undecided,
} from './evidence.ts'
import type { RevocationPlan } from './policy.ts'

/** A finding that a certificate was revoked. */
export type Revoked = Finding & { readonly status: 'revoked' }

/**
 * What the findings come to. Revoked before all; then that not all was looked at. Good, by the newest that says so, if nobody
 * said since that it is on hold; what the token brought counts less than anything newer that somebody signed. Otherwise the
 * doubt that says most.
 */
export function weigh(findings: readonly Finding[], fromToken: Finding | undefined): Finding {
  const all = fromToken === undefined ? findings : [...findings, fromToken]
  const revoked = all.find(({ status }) => status === 'revoked')
  if (revoked !== undefined) return revoked
  const left = all.find((finding) => finding.status === 'unknown' && finding.isIncomplete)
  if (left !== undefined) return left
  let best: Finding | undefined
  const hold = newestHold(all)
  for (const finding of all) {
    if (finding.status !== 'good' || finding.thisUpdate <= (hold?.thisUpdate ?? Number.NEGATIVE_INFINITY))
      continue
    if (finding === fromToken && findings.some((other) => isNewer(other, finding.thisUpdate))) continue
    if (best?.status !== 'good' || finding.thisUpdate > best.thisUpdate) best = finding
  }
  if (best !== undefined) return best
  if (hold !== undefined) return hold
  for (const finding of findings) {
    if (finding.status !== 'unknown') continue
    if (best?.status !== 'unknown' || rankOf(finding.doubt) > rankOf(best.doubt)) best = finding
  }
  return (
    best ?? undecided({ code: 'ERR_REVOCATION_UNKNOWN', problem: 'no list and no response about it is held' })
  )
}

function newestHold(findings: readonly Finding[]): (Finding & { readonly status: 'unknown' }) | undefined {
  return findings
    .filter((finding) => finding.status === 'unknown')
    .filter(({ isHold }) => isHold)
    .toSorted((a, b) => (b.thisUpdate ?? 0) - (a.thisUpdate ?? 0))[0]
}

function isNewer(finding: Finding, thisUpdate: number): boolean {
  return finding.status !== 'revoked' && finding.thisUpdate !== undefined && finding.thisUpdate > thisUpdate
}

function rankOf({ code }: Doubt): number {
  return catalogue[code].rank
}

/**
 * Good without evidence: certificates of which nobody will ever say that they were revoked, by their CA's word (RFC 9608) or
 * because they end before anybody would. CAs are none of them: whoever holds a CA's key makes whatever certificates it likes.
 * Nor is one of which somebody did say something, or may have.
 */
export function notRevocable(
  answer: Finding & { readonly status: 'unknown' },
  { certificate }: Place,
  { shortLivedSeconds }: RevocationPlan,
): Finding | undefined {
  if (answer.isIncomplete || answer.isHold) return undefined
  if (certificate.basicConstraints?.cA === true) return undefined
  if (certificate.noRevAvail === true) return exempt(certificate, 'noRevAvail')
  const { from, until } = validityOf(certificate)
  // RFC 5280 §4.1.2.5: both ends belong to the period.
  const lifetimeSeconds = (until - from) / 1000 + 1
  if (shortLivedSeconds === undefined || lifetimeSeconds > shortLivedSeconds) return undefined
  return exempt(certificate, `lives ${lifetimeSeconds} s, at most ${shortLivedSeconds} s`)
}

function exempt({ issuer }: Certificate, from: string): Finding {
  const evidence: Evidence = Object.freeze({ kind: 'not-revocable', signer: formatName(issuer), from })
  return { status: 'good', evidence, thisUpdate: Number.NEGATIVE_INFINITY, until: Number.POSITIVE_INFINITY }
}

/** How a certificate stands, as results show it. */
export function statusOf(place: Place, finding: Finding, refusal: Refusal | undefined): CertificateStatus {
  const { certificate, position, role } = place
  const about = Object.freeze({
    position,
    subject: formatName(certificate.subject),
    serialNumber: encodeHex(certificate.serialNumber),
  })
  if (finding.status !== 'unknown') {
    return Object.freeze({ certificate: about, status: finding.status, evidence: finding.evidence })
  }
  const { code, describe } = refusal ?? refuseFor(finding.doubt, place)
  const { message } = describe({ role, position, subject: about.subject, thumbprint: '' })
  return Object.freeze({ certificate: about, status: 'unknown', problem: Object.freeze({ code, message }) })
}

/** A revocation as the refusal of a certificate. */
export function refuseRevoked({ evidence, revokedAt, reason }: Revoked, place: Place): Refusal {
  const kind = evidence.kind === 'crl' ? 'the list' : 'the response'
  const shown = `${kind} of ${isoOf(Date.parse(evidence.thisUpdate ?? ''))} by "${evidence.signer}" (${evidence.from})`
  return refuse('ERR_REVOCATION_REVOKED', place, (certificate) => ({
    certificate,
    revokedAt: isoOf(revokedAt),
    reason,
    evidence: shown,
  }))
}
