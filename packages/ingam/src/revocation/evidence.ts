// Layer: revocation. The three answers and what they rest on. A finding is what one piece of evidence, or the lack of any,
// says of one certificate; findings are weighed in weigh.ts.

import type { Code } from '../errors/codes.ts'
import type { Place } from '../path/place.ts'
import { type Refusal, refuse } from '../path/refusal.ts'
import type { CrlReason } from '../x509/crl.ts'

/** What an answer rests on. Instants are ISO 8601 texts. */
export interface Evidence {
  /** `not-revocable`: short-lived by the verifier's rule, or with noRevAvail (RFC 9608). */
  readonly kind: 'crl' | 'ocsp' | 'not-revocable'
  /** Who said so: the signer's subject as RFC 4514 text, for display. */
  readonly signer: string
  /** Where it was read: `memory`, `token`, a path, a URL; for not-revocable the rule. */
  readonly from: string
  readonly thisUpdate?: string
  /** Until when it counts; absent: as long as the certificate. */
  readonly until?: string
}

/** What is known of one certificate of a path. */
export interface CertificateStatus {
  readonly certificate: {
    /** Counted from the leaf (leaf = 0). */
    readonly position: number
    /** RFC 4514 text. */
    readonly subject: string
    /** Hexadecimal. */
    readonly serialNumber: string
  }
  readonly status: 'good' | 'revoked' | 'unknown'
  /** For `good` and `revoked`. */
  readonly evidence?: Evidence
  /** For `unknown`: why nothing is known. */
  readonly problem?: { readonly code: Code; readonly message: string }
}

/** What one piece of evidence says, or why it says nothing. */
export type Finding =
  | {
      readonly status: 'good'
      readonly evidence: Evidence
      /** Milliseconds since 1970 UTC; infinite where it counts as long as the certificate. */
      readonly thisUpdate: number
      readonly until: number
    }
  | {
      readonly status: 'revoked'
      readonly evidence: Evidence
      readonly revokedAt: number
      readonly reason: CrlReason
    }
  | {
      readonly status: 'unknown'
      readonly doubt: Doubt
      /** Whether something was left aside that might say revoked: then nothing that says good counts, whatever the mode. */
      readonly isIncomplete?: true
      /** Where somebody signed that it is on hold, or that it is not known: when that was said. */
      readonly thisUpdate?: number
      /** Whether it is a hold whose evidence does not count now: what said good before it counts no more either. */
      readonly isHold?: true
    }

/** Why nothing is known, as one piece of evidence or the lack of any has it. */
export type Doubt =
  | { readonly code: 'ERR_REVOCATION_UNKNOWN'; readonly problem: string }
  | {
      readonly code: 'ERR_REVOCATION_STALE'
      readonly evidence: string
      readonly until: string
      readonly at: string
    }
  | { readonly code: 'ERR_REVOCATION_EVIDENCE'; readonly evidence: string; readonly problem: string }
  | { readonly code: 'ERR_REVOCATION_RESPONDER'; readonly responder: string; readonly problem: string }

/** A finding that nothing is known. */
export function undecided(doubt: Doubt): Finding {
  return { status: 'unknown', doubt }
}

/** A finding that a certificate is on hold by evidence that has run out, or is not current yet. */
export function onHold(doubt: Doubt, thisUpdate: number): Finding {
  return { status: 'unknown', doubt, thisUpdate, isHold: true }
}

/** A finding that a limit was reached, so that not all that is held was looked at. */
export function incomplete(evidence: string, problem: string): Finding {
  return {
    status: 'unknown',
    doubt: { code: 'ERR_REVOCATION_EVIDENCE', evidence, problem },
    isIncomplete: true,
  }
}

/** A finding that evidence proves nothing, and why; where a limit was reached, what was left aside may say revoked. */
export function unusable(
  evidence: string,
  { problem, isIncomplete }: { readonly problem: string; readonly isIncomplete?: true },
): Finding {
  if (isIncomplete) return incomplete(evidence, problem)
  return undecided({ code: 'ERR_REVOCATION_EVIDENCE', evidence, problem })
}

/** A doubt as the refusal of a certificate. */
export function refuseFor(doubt: Doubt, place: Place): Refusal {
  switch (doubt.code) {
    case 'ERR_REVOCATION_UNKNOWN':
      return refuse(doubt.code, place, (certificate) => ({ certificate, problem: doubt.problem }))
    case 'ERR_REVOCATION_STALE': {
      const { evidence, until, at } = doubt
      return refuse(doubt.code, place, (certificate) => ({ certificate, evidence, until, at }))
    }
    case 'ERR_REVOCATION_EVIDENCE': {
      const { evidence, problem } = doubt
      return refuse(doubt.code, place, (certificate) => ({ certificate, evidence, problem }))
    }
    case 'ERR_REVOCATION_RESPONDER': {
      const { responder, problem } = doubt
      return refuse(doubt.code, place, (certificate) => ({ certificate, responder, problem }))
    }
  }
}

/** An instant as text, without a fraction of a second that is zero. */
export function isoOf(instant: number): string {
  return new Date(instant).toISOString().replace('.000Z', 'Z')
}

/** The part of its time in which evidence counts. */
export interface Window {
  readonly thisUpdate: number
  /** Its nextUpdate, or an earlier end by the verifier's limits on age. */
  readonly until: number
}

/** How old evidence may be. */
export interface AgeLimits {
  readonly maxAgeSeconds: number | undefined
  /** Of evidence without nextUpdate. */
  readonly withoutNextUpdateSeconds: number
}

/** Until when evidence counts: its nextUpdate, or the greatest age if that comes first. */
export function windowOf(
  given: { readonly thisUpdate: Date; readonly nextUpdate?: Date },
  { maxAgeSeconds = Number.POSITIVE_INFINITY, withoutNextUpdateSeconds }: AgeLimits,
): Window {
  const thisUpdate = given.thisUpdate.getTime()
  const nextUpdate = given.nextUpdate?.getTime()
  if (nextUpdate === undefined) return { thisUpdate, until: thisUpdate + withoutNextUpdateSeconds * 1000 }
  return { thisUpdate, until: Math.min(nextUpdate, thisUpdate + maxAgeSeconds * 1000) }
}

/** The instants at which evidence counts, both included: a clock may be behind its thisUpdate by the tolerance. */
export function countedSpan(
  { thisUpdate, until }: Window,
  toleranceSeconds: number,
): { readonly from: number; readonly until: number } {
  return { from: thisUpdate - toleranceSeconds * 1000, until }
}

/** Why evidence does not count at an instant, as details of a refusal; undefined where it does. */
export function staleness(
  { thisUpdate, until }: Window,
  at: number,
  toleranceSeconds: number,
): string | undefined {
  if (thisUpdate > at + toleranceSeconds * 1000) return `from ${isoOf(thisUpdate)} on`
  if (until < at) return `until ${isoOf(until)}`
  return undefined
}
