// Layer: revocation. Who may sign evidence. A list: whoever bears the name of its issuer, may sign lists, and stands in a
// path of its own to the same trust anchor (RFC 5280 §6.3.3 (f)). A response: the issuer itself, or a responder that the
// issuer appointed by a certificate of its own (RFC 6960 §4.2.2.2).

import { equalBytes } from '../bytes/compare.ts'
import type { Code } from '../errors/codes.ts'
import { createBudget } from '../path/budget.ts'
import { buildPath } from '../path/build.ts'
import type { Place } from '../path/place.ts'
import { DEFAULT_POLICY_INPUTS } from '../path/policy-graph.ts'
import { createTrustStore, type StoredAnchor, type TrustStore } from '../path/trust-store.ts'
import { type Certificate, validityOf } from '../x509/certificate.ts'
import type { CertificateList } from '../x509/crl.ts'
import { equalNames, type Name, nameKey } from '../x509/name.ts'
import type { Finding } from './evidence.ts'
import type { Inquiry } from './inquiry.ts'

/** A certificate that may sign, or the reason why a possible one may not. */
export type SignerOutcome =
  | {
      readonly ok: true
      readonly signer: Certificate
      /** Until when it may be believed, in milliseconds since 1970 UTC; infinite where it stands in the path itself. */
      readonly until: number
      /** Why nobody knows whether it was revoked itself: then it revokes, and proves nothing good. */
      readonly doubt?: SignerDoubt
    }
  | ({ readonly ok: false } & SignerDoubt)

/** What is missing about a signer. */
export interface SignerDoubt {
  readonly problem: string
  /** Whether a limit was reached. */
  readonly isIncomplete?: true
}

/** The certificate that signed a list, vouched for and allowed to. */
export async function findListSigner(
  list: CertificateList,
  { certificate }: Place,
  inquiry: Inquiry,
): Promise<SignerOutcome> {
  const { memory, budget } = inquiry
  const { tbsCertList: data, signatureAlgorithm, signatureValue } = list
  const signed = { object: list, data, signatureAlgorithm, signatureValue }
  let failed: SignerOutcome & { readonly ok: false } = {
    ok: false,
    problem: 'nobody with the name of its issuer is known',
  }
  let doubtful: SignerOutcome | undefined
  for (const signer of candidatesFor(list, inquiry)) {
    if (!maySignLists(signer)) {
      failed = { ok: false, problem: 'the key usage of its signer does not allow signing lists' }
      continue
    }
    const placed = await place(signer, list, certificate, inquiry)
    if (!placed.ok) {
      if (placed.isIncomplete) return doubtful ?? placed
      failed = placed
      continue
    }
    const outcome = await memory.check(signed, signer, budget)
    if (outcome === 'too many signatures to check')
      return doubtful ?? { ok: false, problem: outcome, isIncomplete: true }
    if (outcome !== 'verified') {
      failed = {
        ok: false,
        problem: outcome === 'does not verify' ? 'its signature does not verify' : outcome,
      }
      continue
    }
    // Last, because it may ask about others in turn.
    const vouched = await withStanding(signer, placed, inquiry)
    if (vouched.ok && vouched.doubt === undefined) return vouched
    // Another certificate for the same key may be without doubt.
    if (vouched.ok) doubtful ??= vouched
    else failed = vouched
  }
  return doubtful ?? failed
}

// RFC 5280 §6.3.3 (f): if keyUsage is there, cRLSign is set. §4.2.1.3: it is there in every certificate for signatures on
// lists; an old CA may do without, an end entity that nobody made a signer of lists may not.
function maySignLists({ keyUsage, basicConstraints }: Certificate): boolean {
  return keyUsage === undefined ? basicConstraints?.cA === true : keyUsage.includes('cRLSign')
}

// Where a certificate stands that may have signed: in the path of the inquiry above the certificate asked about, or in one
// of its own to the same anchor, whatever its purpose, close enough to that certificate.
async function place(
  signer: Certificate,
  list: CertificateList,
  asked: Certificate,
  inquiry: Inquiry,
): Promise<SignerPath> {
  const ofThePath = { ok: true, chain: [], until: Number.POSITIVE_INFINITY } as const
  if (positionIn(inquiry.path.chain, signer) > inquiry.position) return ofThePath
  if (positionIn(inquiry.asking, signer) >= 0) {
    // Its path has verified, or it would not be asked about.
    const isOwn = positionIn(inquiry.asking.slice(-1), signer) === 0
    if (isOwn && speaksForItself(signer)) return ofThePath
    return { ok: false, problem: 'its signer vouches for itself alone' }
  }
  const found = await findPath(signer, list, inquiry)
  if (!found.ok || isNear(found.chain, asked, inquiry)) return found
  return { ok: false, problem: 'its signer was made a signer by none of the CAs above the certificate' }
}

// Whether a signer with a path was revoked itself. One of the path of the inquiry is judged for itself.
async function withStanding(
  signer: Certificate,
  { chain, until, doubt }: SignerPath & { readonly ok: true },
  inquiry: Inquiry,
): Promise<SignerOutcome> {
  if (chain.length === 0) return { ok: true, signer, until }
  const standing = await inquiry.judgeSigners({ chain, anchor: inquiry.path.anchor }, inquiry)
  if (standing.status === 'revoked') return { ok: false, problem: 'its signer was revoked' }
  if (standing.status === 'unknown')
    return { ok: true, signer, until, doubt: doubtAbout("its signer's standing is unknown", standing) }
  return { ok: true, signer, until: Math.min(until, standing.until), ...(doubt && { doubt }) }
}

/** The doubt about a signer of whose standing nothing is known. */
export function doubtAbout(
  problem: string,
  { isIncomplete }: Finding & { readonly status: 'unknown' },
): SignerDoubt {
  return { problem, ...(isIncomplete && { isIncomplete }) }
}

// First by what the verifier chose, then by what came along.
async function findPath(signer: Certificate, list: CertificateList, inquiry: Inquiry): Promise<SignerPath> {
  const { path, plan, pool } = inquiry
  const chosen = [...path.chain.slice(1), ...plan.signers]
  const found = await pathOfSigner(signer, chosen, list.thisUpdate, inquiry)
  if (found.ok || found.isIncomplete || pool.length === 0) return found
  return await pathOfSigner(signer, [...chosen, ...pool], list.thisUpdate, inquiry)
}

/** A path of a signer to the anchor of an inquiry, the signer first; empty where it stands in the path of the inquiry. */
export type SignerPath =
  | {
      readonly ok: true
      readonly chain: readonly Certificate[]
      /** Until when its certificates below the anchor are valid, in milliseconds since 1970 UTC. */
      readonly until: number
      /** Where the path was valid when the evidence was made, and is no more. */
      readonly doubt?: SignerDoubt
    }
  | ({ readonly ok: false } & SignerDoubt)

/**
 * Searches for the path of a signer. What it revoked stays so when it has expired itself, which signers do sooner than those
 * of whom they speak.
 */
export async function pathOfSigner(
  signer: Certificate,
  intermediates: readonly Certificate[],
  madeAt: Date,
  { path, rules, budget, horizon }: Inquiry,
): Promise<SignerPath> {
  const instants = madeAt.getTime() < rules.at.getTime() ? [rules.at, madeAt] : [rules.at]
  horizon.noteAll([signer, ...intermediates])
  let code: Code = 'ERR_PATH_NO_ISSUER'
  for (const at of instants) {
    if (budget.searches <= 0)
      return { ok: false, problem: 'too many paths of signers to look for', isIncomplete: true }
    budget.searches--
    const outcome = await buildPath({
      leaf: signer,
      intermediates,
      trustStore: storeOf(path.anchor),
      // RFC 5280 §6.3.3 (f) asks for a valid path and for nothing of purposes; cRLSign says who may sign lists.
      rules: { ...rules, at, purpose: 'any', policies: DEFAULT_POLICY_INPUTS },
      pinnedLeaf: 'refuse',
      budget: createBudget(),
    })
    if (outcome.ok) {
      const { chain } = outcome
      const until = Math.min(...chain.slice(0, -1).map((certificate) => validityOf(certificate).until))
      return {
        ok: true,
        chain,
        until,
        ...(at !== rules.at && { doubt: { problem: 'its signer has expired' } }),
      }
    }
    code = outcome.refusal.code
    if (code !== 'ERR_PATH_EXPIRED') break
  }
  return { ok: false, problem: `its signer has no valid path: ${code}` }
}

// RFC 5280 §6.3.3 (f) asks for the same trust anchor alone, and relies on names being unique below it. A CA that gives
// somebody another CA's name would speak for that one's certificates; so whoever made a signer has to stand above the
// certificate, and where the list is under the name of its issuer, has to be who made the issuer.
function isNear(signers: readonly Certificate[], asked: Certificate, { path, position }: Inquiry): boolean {
  const [signer] = signers
  if (signer === undefined) return false
  const maker = firstOfAnotherName(signers, signer.subject)
  const above = path.chain.slice(position + 1)
  if (equalNames(signer.subject, asked.issuer)) {
    const makerOfIssuer = firstOfAnotherName(above, asked.issuer)
    // Neither: both are the anchor's own, under its name.
    if (maker === undefined || makerOfIssuer === undefined) return maker === makerOfIssuer
    return isSameIssuer(maker, makerOfIssuer)
  }
  return maker === undefined || above.some((member) => isSameIssuer(member, maker))
}

function firstOfAnotherName(chain: readonly Certificate[], name: Name): Certificate | undefined {
  return chain.find(({ subject }) => !equalNames(subject, name))
}

// A CA that leaves all its lists to another says so in that one's certificate too, and can say it nowhere else: then the
// list that would name the signer is the signer's own (NIST PKITS 4.14.30).
function speaksForItself({ subject, crlDistributionPoints = [] }: Certificate): boolean {
  return crlDistributionPoints.some(({ cRLIssuer = [] }) =>
    cRLIssuer.some((name) => name.kind === 'directoryName' && equalNames(name.name, subject)),
  )
}

/** Where a certificate stands in a chain: the same bytes, or −1. */
export function positionIn(chain: readonly Certificate[], certificate: Certificate): number {
  return chain.findIndex((member) => member === certificate || equalBytes(member.der, certificate.der))
}

// Those of the path first: nothing that comes along keeps them from being tried. Then those that the verifier chose, and
// last what came along, both in the order in which their key identifiers fit.
function candidatesFor(list: CertificateList, { path, plan, pool }: Inquiry): readonly Certificate[] {
  const issuer = nameKey(list.issuer)
  const wanted = list.authorityKeyIdentifier?.keyIdentifier
  const score = ({ subjectKeyIdentifier: found }: Certificate): number => {
    if (wanted === undefined || found === undefined) return 1
    return equalBytes(wanted, found) ? 0 : 2
  }
  const candidates: Certificate[] = []
  // All of them: what they cost is bounded by the budget, which says so where it does not suffice.
  const add = (certificates: readonly Certificate[]): void => {
    const named = certificates.filter(({ subject }) => nameKey(subject) === issuer)
    const others = named.filter((certificate) => positionIn(candidates, certificate) < 0)
    candidates.push(...others.toSorted((a, b) => score(a) - score(b)))
  }
  for (const certificates of [path.chain.slice(1), plan.signers, pool]) add(certificates)
  return candidates
}

// A store with this anchor alone: the signer's path must end where the path of the certificate ends.
const stores: WeakMap<StoredAnchor, TrustStore> = new WeakMap()

/** A trust store with one anchor alone. */
export function storeOf(anchor: StoredAnchor): TrustStore {
  const known = stores.get(anchor)
  if (known !== undefined) return known
  // The names for which the anchor may speak are those of holders; who signs lists has a name of the CA's choosing.
  const store = createTrustStore([anchor.certificate])
  stores.set(anchor, store)
  return store
}

/** Whether one certificate is the other's issuer by name and by key. */
export function isSameIssuer(a: Certificate, b: Certificate): boolean {
  return (
    equalNames(a.subject, b.subject) && equalBytes(a.subjectPublicKeyInfo.der, b.subjectPublicKeyInfo.der)
  )
}
