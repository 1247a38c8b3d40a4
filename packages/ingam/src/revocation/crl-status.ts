// Layer: revocation. What lists say of one certificate (RFC 5280 §6.3.3). Good needs lists that together cover every
// reason, each current, understood, and signed by whoever may; revoked needs one that names the certificate.

import { compareBytes, equalBytes } from '../bytes/compare.ts'
import { encodeHex } from '../bytes/hex.ts'
import type { Place } from '../path/place.ts'
import type { CertificateList, RevokedCertificate } from '../x509/crl.ts'
import { formatName, nameKey } from '../x509/name.ts'
import { nameOfOid } from '../x509/oids.ts'
import {
  countedSpan,
  type Doubt,
  type Evidence,
  type Finding,
  incomplete,
  isoOf,
  onHold,
  staleness,
  undecided,
  unusable,
  type Window,
  windowOf,
} from './evidence.ts'
import type { Inquiry } from './inquiry.ts'
import { ALL_REASONS, coveredReasons, type Reasons } from './scope.ts'
import { findListSigner, type SignerDoubt } from './signers.ts'
import { type HeldEvidence, tellVerified } from './source.ts'

/** A list and where it was read. */
export type HeldList = HeldEvidence & { readonly kind: 'crl' }

type ReadList = Pick<HeldList, 'crl' | 'from'>

// A list in whose scope the certificate lies, signed by whoever may.
interface GenuineList extends ReadList {
  readonly reasons: Reasons
  readonly window: Window
  /** Why it does not count now; undefined where it does. */
  readonly stale: string | undefined
  readonly signer: string
  /** Why its signer might have been revoked; undefined where that is known. */
  readonly doubt: SignerDoubt | undefined
}

const WITHOUT_END = 'at no time, without nextUpdate and without maxAgeSeconds'
// LIMIT: lists of one certificate that are looked at; a partition by reasons has at most nine, with deltas eighteen.
const MAX_LISTS = 32

/** What the lists say of the certificate at a place; each that says nothing with its reason. */
export async function judgeByLists(
  held: readonly HeldList[],
  place: Place,
  inquiry: Inquiry,
): Promise<readonly Finding[]> {
  const findings: Finding[] = []
  const genuine: GenuineList[] = []
  const inScope = held.filter(({ crl }) => coveredReasons(crl, place.certificate) !== 0)
  for (const list of inScope.slice(0, MAX_LISTS)) {
    const outcome = await vouchForList(list, place, inquiry)
    if ('status' in outcome) findings.push(outcome)
    else genuine.push(outcome)
  }
  if (inScope.length > MAX_LISTS)
    findings.push(
      incomplete(`${inScope.length} lists`, `at most ${MAX_LISTS} about one certificate are looked at`),
    )
  const complete = genuine.filter(({ crl }) => crl.deltaCrlIndicator === undefined)
  const deltas = genuine.filter(({ crl }) => crl.deltaCrlIndicator !== undefined)
  const combined = complete.map((list) => combine(list, deltas))
  const usable: CombinedList[] = []
  for (const list of combined) {
    const problem = problemOf(list, inquiry)
    if (problem === undefined) usable.push(list)
    else findings.push(problem)
  }
  findings.push(...revocations(genuine, usable, place, inquiry))
  findings.push(...standing(usable, place))
  return findings
}

async function vouchForList(list: HeldList, place: Place, inquiry: Inquiry): Promise<GenuineList | Finding> {
  const { plan, rules } = inquiry
  const { crl, from } = list
  const outcome = await findListSigner(crl, place, inquiry)
  if (!outcome.ok) return unusable(describe(list), outcome)
  if (outcome.doubt === undefined) tellVerified(list, plan.sources)
  // RFC 5280 §5.1.2.5 demands nextUpdate; a list without one counts only where the verifier says how old it may be.
  const { maxAgeSeconds } = plan
  const hasEnd = crl.nextUpdate !== undefined || maxAgeSeconds !== undefined
  const window = windowOf(crl, { maxAgeSeconds, withoutNextUpdateSeconds: maxAgeSeconds ?? 0 })
  inquiry.horizon.note(countedSpan(window, plan.toleranceSeconds))
  return {
    crl,
    from,
    reasons: coveredReasons(crl, place.certificate),
    window: { ...window, until: Math.min(window.until, outcome.until) },
    stale: hasEnd ? staleness(window, rules.at.getTime(), plan.toleranceSeconds) : WITHOUT_END,
    signer: formatName(outcome.signer.subject),
    doubt: outcome.doubt,
  }
}

// A complete list with the newest delta that continues it (RFC 5280 §5.2.4, §6.3.3 (c)).
interface CombinedList {
  readonly base: GenuineList
  readonly delta: GenuineList | undefined
}

function combine(base: GenuineList, deltas: readonly GenuineList[]): CombinedList {
  const fitting = deltas.filter((delta) => continues(delta, base) && delta.stale === undefined)
  const delta = fitting.toSorted((a, b) => b.window.thisUpdate - a.window.thisUpdate)[0]
  return { base, delta }
}

function continues({ crl: delta }: GenuineList, { crl: base }: GenuineList): boolean {
  const { deltaCrlIndicator, crlNumber } = delta
  if (deltaCrlIndicator === undefined || crlNumber === undefined || base.crlNumber === undefined) return false
  return (
    nameKey(delta.issuer) === nameKey(base.issuer) &&
    sameScope(delta, base) &&
    sameAuthorityKey(delta, base) &&
    compareNumbers(base.crlNumber, deltaCrlIndicator) >= 0 &&
    compareNumbers(base.crlNumber, crlNumber) < 0
  )
}

function sameScope(a: CertificateList, b: CertificateList): boolean {
  return sameBytes(a.issuingDistributionPoint?.der, b.issuingDistributionPoint?.der)
}

function sameAuthorityKey(a: CertificateList, b: CertificateList): boolean {
  return sameBytes(a.authorityKeyIdentifier?.keyIdentifier, b.authorityKeyIdentifier?.keyIdentifier)
}

function sameBytes(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  return a === undefined || b === undefined ? a === b : equalBytes(a, b)
}

// Content octets of INTEGERs that are not negative: minimal, so a longer one is larger.
function compareNumbers(a: Uint8Array, b: Uint8Array): number {
  return a.length === b.length ? compareBytes(a, b) : a.length - b.length
}

// One list that names the certificate is enough. What is revoked stays so, therefore an old list serves as well, and so
// does one with extensions that are not understood, or whose signer may have been revoked since. A hold can be lifted: it
// counts as long as its list does, or until a newer list of the same scope says otherwise; when its list has run out, good
// takes somebody who says so since.
function revocations(
  genuine: readonly GenuineList[],
  usable: readonly CombinedList[],
  place: Place,
  inquiry: Inquiry,
): readonly Finding[] {
  const findings: Finding[] = []
  for (const list of genuine) {
    const entry = entryIn(list, place)
    if (entry === undefined || entry.reason === 'removeFromCRL') continue
    const isHold = entry.reason === 'certificateHold'
    if (isHold && usable.some((other) => lifts(other, list, place))) continue
    if (isHold && list.stale !== undefined) {
      findings.push(onHold(staleDoubt(list, list.stale, inquiry), list.window.thisUpdate))
      continue
    }
    findings.push({
      status: 'revoked',
      evidence: evidenceOf(list, list.window.until),
      revokedAt: entry.revocationDate.getTime(),
      reason: entry.reason,
    })
  }
  return findings
}

function lifts(list: CombinedList, hold: GenuineList, place: Place): boolean {
  const { crl } = list.base
  if (!sameScope(crl, hold.crl) || nameKey(crl.issuer) !== nameKey(hold.crl.issuer)) return false
  return newestOf(list).window.thisUpdate > hold.window.thisUpdate && isClear(list, place)
}

// Whether the combination does not name the certificate.
function isClear({ base, delta }: CombinedList, place: Place): boolean {
  const changed = delta && entryIn(delta, place)
  if (changed !== undefined) return changed.reason === 'removeFromCRL'
  return entryIn(base, place) === undefined
}

// Good for as long as all lists that are needed to cover every reason count, and said when the oldest of them was; the
// newest first.
function standing(usable: readonly CombinedList[], place: Place): readonly Finding[] {
  const clear = usable
    .filter((list) => isClear(list, place))
    .toSorted((a, b) => newestOf(b).window.thisUpdate - newestOf(a).window.thisUpdate)
  const [first] = clear
  if (first === undefined) return []
  let covered = 0
  let thisUpdate = Number.POSITIVE_INFINITY
  let until = Number.POSITIVE_INFINITY
  for (const list of clear) {
    if ((list.base.reasons & ~covered) === 0) continue
    covered |= list.base.reasons
    thisUpdate = newestOf(list).window.thisUpdate
    until = Math.min(until, list.base.window.until, newestOf(list).window.until)
  }
  if (covered === ALL_REASONS)
    return [{ status: 'good', evidence: evidenceOf(newestOf(first), until), thisUpdate, until }]
  const problem = 'the lists that are held do not cover every reason for a revocation'
  return [undecided({ code: 'ERR_REVOCATION_UNKNOWN', problem })]
}

// Why a combination proves nothing good.
function problemOf({ base, delta }: CombinedList, inquiry: Inquiry): Finding | undefined {
  if (base.stale !== undefined) return undecided(staleDoubt(base, base.stale, inquiry))
  const doubtful = [base, delta].find((part) => part?.doubt !== undefined)
  if (doubtful?.doubt !== undefined) return unusable(describe(doubtful), doubtful.doubt)
  // RFC 5280 §5.2, §5.3: a critical extension that is not understood may change what the list covers.
  const list = [base, delta].find((part) => part !== undefined && part.crl.unknownCritical.length > 0)
  if (list === undefined) return undefined
  const names = list.crl.unknownCritical.map(nameOfOid).join(', ')
  return unusable(describe(list), { problem: `critical extension ${names} is not understood` })
}

function staleDoubt(list: ReadList, until: string, { rules }: Inquiry): Doubt {
  return {
    code: 'ERR_REVOCATION_STALE',
    evidence: describe(list),
    until,
    at: isoOf(rules.at.getTime()),
  }
}

function entryIn({ crl }: ReadList, { certificate }: Place): RevokedCertificate | undefined {
  return crl.find(certificate.issuer, certificate.serialNumber)
}

function newestOf({ base, delta }: CombinedList): GenuineList {
  return delta ?? base
}

function evidenceOf({ from, signer, window }: GenuineList, until: number): Evidence {
  return Object.freeze({
    kind: 'crl',
    signer,
    from,
    thisUpdate: isoOf(window.thisUpdate),
    ...(Number.isFinite(until) && { until: isoOf(until) }),
  })
}

function describe({ crl, from }: ReadList): string {
  const number = crl.crlNumber === undefined ? '' : ` number 0x${encodeHex(crl.crlNumber)}`
  const kind = crl.deltaCrlIndicator === undefined ? 'list' : 'delta list'
  return `${kind}${number} of "${formatName(crl.issuer)}" (${from})`
}
