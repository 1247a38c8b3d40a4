// Layer: revocation. What one inquiry into the standing of a path's certificates knows and may spend, and how the
// signatures of evidence are checked: with a key that an anchor vouches for, once for each key, under a budget.

import { platform } from '#platform'
import { equalBytes } from '../bytes/compare.ts'
import type { FoundPath } from '../path/build.ts'
import type { PathRules } from '../path/checks.ts'
import type { Place } from '../path/place.ts'
import type { AlgorithmIdentifier } from '../x509/algorithm.ts'
import type { Certificate } from '../x509/certificate.ts'
import { signatureSchemeOf } from '../x509/signature-scheme.ts'
import { toImportable } from '../x509/spki.ts'
import type { Finding } from './evidence.ts'
import type { Horizon } from './horizon.ts'
import type { RevocationPlan } from './policy.ts'

/** One inquiry: what is asked, by which rules, and what may be spent on it. */
export interface Inquiry {
  readonly path: FoundPath
  /** Where in the path the certificate stands that is asked for. */
  readonly position: number
  readonly plan: RevocationPlan
  /** The rules of the path; those who sign evidence are judged for the same instant. */
  readonly rules: PathRules
  /** Certificates that may lead to signers of evidence, unvouched. */
  readonly pool: readonly Certificate[]
  readonly memory: SignatureMemory
  readonly budget: EvidenceBudget
  /** For how long the answer holds. */
  readonly horizon: Horizon
  /** Certificates whose standing is being asked for, from the outermost question inwards; the last is this one's. */
  readonly asking: readonly Certificate[]
  /** Whether evidence that is missing may be fetched. */
  readonly network: 'use' | 'leave'
  /** Judges, by lists alone, the certificates of a path of signers below those that the inquiry is about anyway. */
  readonly judgeSigners: (path: FoundPath, from: Inquiry) => Promise<SignersStanding>
}

/** How the certificates of a path of signers stand: all are good, until then, or what is found of the first that is not. */
export type SignersStanding =
  | { readonly status: 'good'; readonly until: number }
  | Exclude<Finding, { readonly status: 'good' }>

/** How much one inquiry may cost. */
export interface EvidenceBudget {
  signatureChecks: number
  searches: number
}

// LIMIT: a path of ten certificates with a response or two lists each needs thirty; more is somebody's attempt.
const MAX_SIGNATURE_CHECKS = 64
// LIMIT: searches for the path of a signer that is not in the path itself; PKIs in use have none to two.
const MAX_SEARCHES = 16

/** A fresh budget. */
export function createEvidenceBudget(): EvidenceBudget {
  return { signatureChecks: MAX_SIGNATURE_CHECKS, searches: MAX_SEARCHES }
}

/** A piece of evidence as it was signed. */
export interface Signed {
  /** The parsed object: facts about it are remembered as long as it lives. */
  readonly object: object
  readonly signatureAlgorithm: AlgorithmIdentifier
  readonly data: Uint8Array
  readonly signatureValue: Uint8Array
}

interface Checked {
  readonly key: Uint8Array
  readonly outcome: SignatureOutcome
}

/** How a signature came out; the last three say nothing about the evidence's truth. */
export type SignatureOutcome =
  | 'verified'
  | 'does not verify'
  | 'algorithm not accepted'
  | 'too many signatures to check'

// LIMIT: up to here a signature is checked at once, in less than a millisecond.
const LARGE = 262_144
// LIMIT: a list or response is asked about under one key, two while a CA changes its key.
const MAX_KEYS = 4

/** How the signatures of pieces of evidence came out: facts about their bytes, true whatever the instant is. */
export class SignatureMemory {
  readonly #checked = new WeakMap<object, Checked[]>()

  /** Whether the evidence was signed with the key of the certificate, which must be vouched for. */
  async check(signed: Signed, signer: Certificate, budget: EvidenceBudget): Promise<SignatureOutcome> {
    const key = signer.subjectPublicKeyInfo.der
    const known = this.#checked.get(signed.object)?.find((checked) => equalBytes(checked.key, key))
    if (known !== undefined) return known.outcome
    if (budget.signatureChecks <= 0) return 'too many signatures to check'
    budget.signatureChecks--
    const outcome = await checkSignature(signed, signer)
    const all = this.#checked.get(signed.object) ?? []
    if (all.length < MAX_KEYS) this.#checked.set(signed.object, [...all, { key, outcome }])
    return outcome
  }
}

async function checkSignature(
  { signatureAlgorithm, data, signatureValue }: Signed,
  { subjectPublicKeyInfo }: Certificate,
): Promise<SignatureOutcome> {
  const scheme = signatureSchemeOf(signatureAlgorithm, subjectPublicKeyInfo)
  if (scheme === undefined) return 'algorithm not accepted'
  const key = await platform.importPublicKey(toImportable(subjectPublicKeyInfo), scheme)
  if (key === undefined) return 'algorithm not accepted'
  const check = data.length > LARGE ? platform.verifyLargeSignature : platform.verifySignature
  return (await check(scheme, key, data, signatureValue)) ? 'verified' : 'does not verify'
}

/** A certificate of the path and the one above it. */
export interface Asked {
  readonly place: Place
  readonly issuer: Certificate
}
