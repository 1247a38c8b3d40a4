// Layer: path. The search: from the leaf up to every trust anchor that a chain of names reaches, depth first, under a
// budget. Of each complete candidate, signatures are checked from the anchor downwards, each under one key once, after
// the cheap rules of checks.ts and before the dear ones: a certificate that no anchor vouches for costs no cryptography with its key.

import { platform } from '#platform'
import { equalBytes } from '../bytes/compare.ts'
import { catalogue } from '../errors/catalogue.ts'
import type { PlatformPublicKey, SignatureScheme } from '../platform/contract.ts'
import type { Certificate } from '../x509/certificate.ts'
import { formatName, type Name, nameKey } from '../x509/name.ts'
import { signatureSchemeOf } from '../x509/signature-scheme.ts'
import { toImportable } from '../x509/spki.ts'
import { type Budget, budgetSpent } from './budget.ts'
import { checkNamesAndPolicies, checkPath, type PathRules } from './checks.ts'
import type { PathMemory } from './memory.ts'
import { isSelfIssued, type Place, placeIn } from './place.ts'
import type { PolicyOutcome } from './policy-graph.ts'
import { type Attempts, outranks, type Refusal, refuse, toAttempt } from './refusal.ts'
import type { StoredAnchor, TrustStore } from './trust-store.ts'

/** What the search starts from. */
export interface PathQuery {
  readonly leaf: Certificate
  /** In any order; certificates that lead nowhere are ignored. */
  readonly intermediates: readonly Certificate[]
  readonly trustStore: TrustStore
  readonly rules: PathRules
  /** Whether a leaf that is itself a trust anchor, byte for byte, is a path of one certificate. */
  readonly pinnedLeaf: 'refuse' | 'accept'
  readonly budget: Budget
  readonly memory?: PathMemory
  /** Asked last, of each path on which all else has passed: why it is refused for the standing of its certificates. */
  readonly checkStanding?: (path: FoundPath) => Promise<Refusal | undefined>
}

/** A path on which every check of this layer has passed. */
export interface FoundPath {
  /** Leaf first, the anchor's certificate last; a pinned leaf stands alone. */
  readonly chain: readonly Certificate[]
  readonly anchor: StoredAnchor
}

/** The path found, or the refusal that came furthest; and the attempts that failed, put into words when asked for. */
export type PathOutcome = { readonly attempts: () => Attempts } & (
  | {
      readonly ok: true
      readonly chain: readonly Certificate[]
      readonly anchor: StoredAnchor
      /** The user-constrained policy set (RFC 5280 §6.1.6). */
      readonly policies: readonly string[]
    }
  | { readonly ok: false; readonly refusal: Refusal }
)

/** Searches for a path from the leaf to a trust anchor on which every check passes. */
export async function buildPath(query: PathQuery): Promise<PathOutcome> {
  const search = new Search(query)
  for (const { chain, anchor } of search.paths()) {
    const verdict = await search.judge({ chain, anchor })
    if (verdict.ok) return { ok: true, chain, anchor, policies: verdict.policies, attempts: search.attempts }
    const { refusal } = verdict
    search.record(refusal, chain, 'trust anchor')
    if (catalogue[refusal.code].fatal) break
  }
  return search.refused()
}

/** How the signature of a certificate came out under a key. */
interface Checked {
  readonly issuerKey: Uint8Array
  readonly outcome: Refusal | 'verified'
}

interface Failure {
  readonly refusal: Refusal
  readonly chain: readonly Certificate[]
  readonly end: 'trust anchor' | 'no trust anchor'
}

// LIMIT: as many attempts as a person will read; the newest are kept.
const MAX_ATTEMPTS = 16

class Search {
  readonly #query: PathQuery
  readonly #pool = new Map<string, Certificate[]>()
  readonly #checked = new Map<Certificate, Checked[]>()
  readonly #failures: Failure[] = []
  #attemptsDropped = 0
  #best: Refusal | undefined
  #spent = false

  constructor(query: PathQuery) {
    this.#query = query
    for (const certificate of query.intermediates) {
      const key = nameKey(certificate.subject)
      const sameName = this.#pool.get(key)
      if (sameName === undefined) this.#pool.set(key, [certificate])
      else sameName.push(certificate)
    }
  }

  *paths(): Generator<FoundPath> {
    const { leaf, trustStore, pinnedLeaf } = this.#query
    if (pinnedLeaf === 'accept') {
      for (const anchor of trustStore.findCertificate(leaf)) yield { chain: [leaf], anchor }
    }
    yield* this.#candidates([leaf], 0)
  }

  *#candidates(chain: readonly Certificate[], intermediates: number): Generator<FoundPath> {
    const child = chain.at(-1)
    if (child === undefined) return
    let issuers = 0
    for (const anchor of byKeyIdentifier(
      child,
      this.#query.trustStore.findBySubject(child.issuer),
      anchorCertificate,
    )) {
      if (this.#isRefuted(chain) || !this.#spendEdge(child, chain)) return
      if (standsIn(chain, anchor.certificate)) continue
      issuers++
      yield { chain: [...chain, anchor.certificate], anchor }
    }
    for (const issuer of byKeyIdentifier(child, this.#issuersNamed(child.issuer), itself)) {
      if (this.#isRefuted(chain) || !this.#spendEdge(child, chain)) return
      if (standsIn(chain, issuer)) continue
      issuers++
      const count = intermediates + (isSelfIssued(issuer) ? 0 : 1)
      if (count > this.#query.budget.maxIntermediates) {
        this.record(tooLong(place(child, chain), this.#query.budget.maxIntermediates), chain)
        continue
      }
      yield* this.#candidates([...chain, issuer], count)
    }
    if (issuers === 0) {
      const issuer = formatName(child.issuer)
      this.record(
        refuse('ERR_PATH_NO_ISSUER', place(child, chain), (certificate) => ({ certificate, issuer })),
        chain,
      )
    }
  }

  // What is cheap first; signatures; then what only a CA can make dear, since every signature is genuine by then; and last
  // the standing, for which others are asked.
  async judge(candidate: FoundPath): Promise<PolicyOutcome> {
    const { rules, budget, checkStanding } = this.#query
    const { chain, anchor } = candidate
    const refusal = checkPath(chain, rules) ?? (await this.#checkSignatures(chain))
    if (refusal !== undefined) return { ok: false, refusal }
    const outcome = checkNamesAndPolicies(chain, anchor, rules, budget)
    const standing = outcome.ok ? await checkStanding?.(candidate) : undefined
    return standing === undefined ? outcome : { ok: false, refusal: standing }
  }

  async #checkSignatures(chain: readonly Certificate[]): Promise<Refusal | undefined> {
    for (let position = chain.length - 2; position >= 0; position--) {
      const child = placeIn(chain, position)
      const issuer = chain[position + 1]
      if (child === undefined || issuer === undefined) continue
      const known = this.#outcomeOf(child.certificate, issuer)
      const outcome = known ?? (await this.#checkSignature(child, issuer))
      if (known === undefined) {
        const checked = this.#checked.get(child.certificate) ?? []
        this.#checked.set(child.certificate, checked)
        checked.push({ issuerKey: issuer.subjectPublicKeyInfo.der, outcome })
      }
      if (outcome !== 'verified') return outcome
    }
    return undefined
  }

  record(
    refusal: Refusal,
    chain: readonly Certificate[],
    end: 'trust anchor' | 'no trust anchor' = 'no trust anchor',
  ): void {
    if (outranks(refusal, this.#best)) this.#best = refusal
    this.#failures.push({ refusal, chain, end })
    if (this.#failures.length <= MAX_ATTEMPTS) return
    this.#failures.shift()
    this.#attemptsDropped++
  }

  readonly attempts = (): Attempts => ({
    attempts: this.#failures.map(({ refusal, chain, end }) => toAttempt(refusal, chain, end)),
    attemptsDropped: this.#attemptsDropped,
  })

  refused(): PathOutcome {
    const { leaf } = this.#query
    const issuer = formatName(leaf.issuer)
    const nothingFound = (): Refusal =>
      refuse('ERR_PATH_NO_ISSUER', place(leaf, [leaf]), (certificate) => ({ certificate, issuer }))
    return { ok: false, refusal: this.#best ?? nothingFound(), attempts: this.attempts }
  }

  // What failed under a key once fails under it on every path; the attempt stands recorded.
  #isRefuted(chain: readonly Certificate[]): boolean {
    return chain.some((child, position) => {
      const issuer = chain[position + 1]
      const outcome = issuer && this.#outcomeOf(child, issuer)
      return outcome !== undefined && outcome !== 'verified'
    })
  }

  #outcomeOf(child: Certificate, issuer: Certificate): Checked['outcome'] | undefined {
    const issuerKey = issuer.subjectPublicKeyInfo.der
    const signedBy = this.#query.memory?.of(child)?.signedBy
    if (signedBy?.some((key) => equalBytes(key, issuerKey)) === true) return 'verified'
    return this.#checked.get(child)?.find((known) => equalBytes(known.issuerKey, issuerKey))?.outcome
  }

  #issuersNamed(name: Name): readonly Certificate[] {
    return this.#pool.get(nameKey(name)) ?? []
  }

  #spendEdge(child: Certificate, chain: readonly Certificate[]): boolean {
    const { budget } = this.#query
    if (budget.edges < budget.maxEdges) {
      budget.edges++
      return true
    }
    if (!this.#spent)
      this.record(budgetSpent(place(child, chain), 'pairs of certificate and issuer', budget.maxEdges), chain)
    this.#spent = true
    return false
  }

  // RFC 5280 §6.1.3 (a)(1)
  async #checkSignature(child: Place, issuer: Certificate): Promise<Refusal | 'verified'> {
    const { signatureAlgorithm, tbsCertificate, signatureValue } = child.certificate
    const scheme = signatureSchemeOf(signatureAlgorithm, issuer.subjectPublicKeyInfo)
    if (scheme === undefined) {
      const problem = "not accepted as a signature algorithm, or not one of the issuer's key"
      return refuse('ERR_PATH_ALGORITHM', child, (certificate) => ({
        certificate,
        algorithm: signatureAlgorithm.name,
        problem,
      }))
    }
    const { budget } = this.#query
    if (budget.signatureChecks >= budget.maxSignatureChecks) {
      return budgetSpent(child, 'signature checks', budget.maxSignatureChecks)
    }
    budget.signatureChecks++
    const key = await this.#importKey(issuer, scheme)
    if (key === undefined) {
      const problem = 'the runtime cannot use the key of the issuer'
      return refuse('ERR_PATH_ALGORITHM', child, (certificate) => ({
        certificate,
        algorithm: issuer.subjectPublicKeyInfo.algorithm.name,
        problem,
      }))
    }
    if (await platform.verifySignature(scheme, key, tbsCertificate, signatureValue)) return 'verified'
    const issuerName = formatName(issuer.subject)
    return refuse(
      'ERR_PATH_SIGNATURE',
      child,
      (certificate) => ({ certificate, issuer: issuerName, algorithm: signatureAlgorithm.name }),
      agreement(child.certificate, issuer) === 'differ' ? NAMESAKE_RANK : undefined,
    )
  }

  // Keys of anchors and of issuers known before stay, and are imported once for each way in which they sign.
  async #importKey(issuer: Certificate, scheme: SignatureScheme): Promise<PlatformPublicKey | undefined> {
    const keys = this.#query.trustStore.keysOf(issuer) ?? this.#query.memory?.of(issuer)?.keys
    const name = keys && nameOfScheme(scheme)
    const known = name === undefined ? undefined : keys?.get(name)
    if (known !== undefined) return known
    const imported = platform.importPublicKey(toImportable(issuer.subjectPublicKeyInfo), scheme)
    const key = imported instanceof Promise ? await imported : imported
    if (key !== undefined && name !== undefined) keys?.set(name, key)
    return key
  }
}

function nameOfScheme(scheme: SignatureScheme): string {
  switch (scheme.kind) {
    case 'ecdsa':
      return `${scheme.kind} ${scheme.hash} ${scheme.curve} ${scheme.encoding}`
    case 'rsa-pkcs1':
      return `${scheme.kind} ${scheme.hash}`
    case 'rsa-pss':
      return `${scheme.kind} ${scheme.hash} ${scheme.saltLength}`
    case 'ml-dsa':
      return `${scheme.kind} ${scheme.parameterSet}`
    case 'ed25519':
    case 'ed448':
      return scheme.kind
  }
}

// Identifiers that differ tell of another CA of the same name: what other paths meet says more.
const NAMESAKE_RANK = 15

// Not fatal: the search turns back here and tries other ways, and what it meets on these says more.
const TOO_LONG_RANK = 20

function tooLong(at: Place, maximum: number): Refusal {
  return refuse(
    'ERR_PATH_BUDGET',
    at,
    () => ({ budget: 'intermediate certificates', maximum }),
    TOO_LONG_RANK,
  )
}

function place(certificate: Certificate, chain: readonly Certificate[]): Place {
  const position = chain.indexOf(certificate)
  return { certificate, position, role: position === 0 ? 'leaf' : 'intermediate' }
}

// The same name with the same key again would be a loop; a certificate is never its own issuer here.
function standsIn(chain: readonly Certificate[], issuer: Certificate): boolean {
  return chain.some(
    (member) =>
      equalBytes(member.subjectPublicKeyInfo.der, issuer.subjectPublicKeyInfo.der) &&
      nameKey(member.subject) === nameKey(issuer.subject),
  )
}

// RFC 5280 §4.2.1.1: key identifiers help to find the issuer; they order the candidates and never decide.
function byKeyIdentifier<T>(
  child: Certificate,
  issuers: readonly T[],
  of: (issuer: T) => Certificate,
): readonly T[] {
  if (issuers.length < 2) return issuers
  const score = (issuer: T): number => ORDER[agreement(child, of(issuer))]
  return issuers.toSorted((a, b) => score(a) - score(b))
}

const ORDER = { agree: 0, unknown: 1, differ: 2 } as const

function agreement(child: Certificate, issuer: Certificate): keyof typeof ORDER {
  const wanted = child.authorityKeyIdentifier?.keyIdentifier
  const found = issuer.subjectKeyIdentifier
  if (wanted === undefined || found === undefined) return 'unknown'
  return equalBytes(wanted, found) ? 'agree' : 'differ'
}

function anchorCertificate(anchor: StoredAnchor): Certificate {
  return anchor.certificate
}

function itself(certificate: Certificate): Certificate {
  return certificate
}
