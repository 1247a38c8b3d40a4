// Layer: revocation. Where evidence comes from, behind one interface. A source hands out what it holds and may fetch
// more; it vouches for nothing. Whatever it hands out is verified as if a stranger had sent it. The objects themselves are
// those that `parseCrl`, `readCrl` and `parseOcspResponse` made: what such an object says of its bytes is believed.

import type { Certificate } from '../x509/certificate.ts'
import type { CertificateList } from '../x509/crl.ts'
import type { CertId, OcspResponse } from '../x509/ocsp.ts'

/** Whose standing is asked for. Both certificates stand in a path whose signatures have verified. */
export interface EvidenceQuery {
  readonly certificate: Certificate
  readonly issuer: Certificate
  /** The certificate as OCSP names it, once for each hash: SHA-1 and SHA-256. */
  readonly certIds: readonly CertId[]
  /** Which kinds are of use; a responder's own certificate is judged by lists alone. */
  readonly kinds: 'any' | 'crl'
}

/** One piece of evidence and, for people, where it came from: `memory`, a path, a URL. */
export type HeldEvidence =
  | { readonly kind: 'crl'; readonly crl: CertificateList; readonly from: string }
  | { readonly kind: 'ocsp'; readonly response: OcspResponse; readonly from: string }

/** Why a source could not get what it was asked for. */
export interface FetchProblem {
  /** The URL, or what else was asked. */
  readonly from: string
  /** In words, e.g. `no answer within 3,000 ms`, `HTTP 500`, `responder says tryLater`. */
  readonly problem: string
}

/** State of one file, folder or URL, for `verifier.status()`. Instants are Dates of their own. */
export interface SourceStatus {
  readonly from: string
  readonly kind: 'memory' | 'file' | 'crl' | 'ocsp'
  /** `ok`; `waiting` for its first fetch; `failing`: the last attempt failed, what was held before still serves. */
  readonly state: 'ok' | 'waiting' | 'failing'
  /** When its content was last taken over. */
  readonly updatedAt?: Date
  readonly thisUpdate?: Date
  readonly nextUpdate?: Date
  /** When the next attempt is due. */
  readonly nextRefresh?: Date
  readonly lastError?: string
  /** Number of pieces of evidence, or of entries of a list. */
  readonly size: number
}

/** A source of evidence about certificates. */
export interface RevocationSource {
  readonly kind: 'revocation-source'
  /** Grows with every change of what `find` would say; verdicts that were made under a lower one are made anew. */
  readonly revision: () => number
  /** What is held about the certificate; at once, without effects. More than is of use does no harm, the order says nothing. */
  readonly find: (query: EvidenceQuery) => readonly HeldEvidence[]
  /**
   * Tells, of a piece that `find` handed out, here or by another source, that it was signed by who may sign it. A source
   * that takes over what strangers send needs to know, lest a forgery takes the place of what is genuine. Never throws.
   */
  readonly markVerified?: (held: HeldEvidence) => void
  /**
   * Tries to get what is missing, where the source can; resolves when it is there, or given up, or the signal says
   * that nobody waits any more (the attempt may go on for others). Never rejects.
   *
   * @returns what went wrong; empty where nothing did, or where there was nothing to get
   */
  readonly fetch?: (query: EvidenceQuery, signal: AbortSignal) => Promise<readonly FetchProblem[]>
  readonly status: () => readonly SourceStatus[]
  /** Stops watching, refreshing and waiting; what is held stays. */
  readonly close?: () => void
}

/** Tells the sources that a piece has verified; one that breaks its word never to throw is not heard. */
export function tellVerified(held: HeldEvidence, sources: readonly RevocationSource[]): void {
  for (const source of sources) {
    try {
      source.markVerified?.(held)
    } catch {
      // It only misses a hint; what it hands out is verified all the same.
    }
  }
}
