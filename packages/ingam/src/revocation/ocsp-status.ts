// Layer: revocation. What one OCSP response says of one certificate (RFC 6960 §3.2, §4.2.2). The certificate is matched by
// the hashes of its issuer's name and key and by its serial number; the signer is the issuer itself or whom it appointed.

import { platform } from '#platform'
import { equalBytes } from '../bytes/compare.ts'
import type { Certificate } from '../x509/certificate.ts'
import type { Extension } from '../x509/extension.ts'
import { equalNames, formatName } from '../x509/name.ts'
import {
  type BasicOcspResponse,
  type CertId,
  createCertId,
  type OcspResponse,
  type ResponderId,
  type SingleResponse,
} from '../x509/ocsp.ts'
import { nameOfOid } from '../x509/oids.ts'
import {
  type AgeLimits,
  countedSpan,
  type Doubt,
  type Evidence,
  type Finding,
  isoOf,
  onHold,
  staleness,
  undecided,
  unusable,
  windowOf,
} from './evidence.ts'
import type { Asked, Inquiry } from './inquiry.ts'
import { doubtAbout, isSameIssuer, pathOfSigner, type SignerOutcome, type SignerPath } from './signers.ts'
import { type HeldEvidence, tellVerified } from './source.ts'

/** A response and where it was read. */
export type HeldResponse = HeldEvidence & { readonly kind: 'ocsp' }

// RFC 6960 §2.4: without nextUpdate newer answers are there at any time, so one such answers for the moment.
const WITHOUT_NEXT_UPDATE_SECONDS = 300

/**
 * How old a response may be, by the verifier's limit and by another one for responses of its kind. Without nextUpdate it
 * is the former that makes it serve for longer than a moment.
 */
export function responseLimits(
  maxAgeSeconds: number | undefined,
  ownSeconds: number = Number.POSITIVE_INFINITY,
): AgeLimits {
  return {
    maxAgeSeconds: Math.min(maxAgeSeconds ?? Number.POSITIVE_INFINITY, ownSeconds),
    withoutNextUpdateSeconds: Math.min(maxAgeSeconds ?? WITHOUT_NEXT_UPDATE_SECONDS, ownSeconds),
  }
}

const OCSP_SIGNING = '1.3.6.1.5.5.7.3.9'
const NO_CHECK = '1.3.6.1.5.5.7.48.1.5'
const NULL = Uint8Array.of(0x05, 0x00)

/** What a response says of the certificate; undefined where it speaks of others alone. */
export async function judgeByResponse(
  held: HeldResponse,
  asked: Asked,
  inquiry: Inquiry,
  limits: AgeLimits,
): Promise<Finding | undefined> {
  const { response, from } = held
  const evidence = `OCSP response (${from})`
  if (response.status !== 'successful') {
    const problem = `answers ${response.status}`
    return undecided({ code: 'ERR_REVOCATION_RESPONDER', responder: from, problem })
  }
  const { basic } = response
  const single = await findSingle(basic.responses, asked)
  if (single === undefined) return undefined
  const signer = await findResponder(response, basic, asked, inquiry)
  if (!signer.ok) return unusable(evidence, signer)
  if (signer.doubt === undefined) tellVerified(held, inquiry.plan.sources)
  const name = formatName(signer.signer.subject)
  const window = windowOf(single, limits)
  const until = Math.min(window.until, signer.until)
  const at = inquiry.rules.at.getTime()
  const shown: Evidence = Object.freeze({
    kind: 'ocsp',
    signer: name,
    from,
    thisUpdate: isoOf(window.thisUpdate),
    until: isoOf(until),
  })
  const { toleranceSeconds } = inquiry.plan
  const produced = { thisUpdate: basic.producedAt.getTime(), until: Number.POSITIVE_INFINITY }
  for (const each of [window, produced]) inquiry.horizon.note(countedSpan(each, toleranceSeconds))
  const stale = staleness(window, at, toleranceSeconds) ?? staleness(produced, at, toleranceSeconds)
  // What is revoked stays so, therefore an old response serves as well, and so does one whose signer may have been revoked
  // since; a hold can be lifted.
  if (single.status === 'revoked' && (stale === undefined || single.reason !== 'certificateHold')) {
    const reason = single.reason ?? 'unspecified'
    return { status: 'revoked', evidence: shown, revokedAt: single.revocationTime.getTime(), reason }
  }
  if (stale !== undefined) {
    const doubt: Doubt = { code: 'ERR_REVOCATION_STALE', evidence, until: stale, at: isoOf(at) }
    return single.status === 'revoked' ? onHold(doubt, window.thisUpdate) : undecided(doubt)
  }
  if (signer.doubt !== undefined) return unusable(evidence, signer.doubt)
  // RFC 6960 §4.4 leaves all extensions optional; one that is marked critical may change what the answer means.
  const [unknown] = [...basic.unknownCritical, ...single.unknownCritical]
  if (unknown !== undefined)
    return unusable(evidence, { problem: `critical extension ${nameOfOid(unknown)} is not understood` })
  if (single.status === 'good') {
    return { status: 'good', evidence: shown, thisUpdate: window.thisUpdate, until }
  }
  const problem = `"${name}" says that it does not know the certificate (${from})`
  return {
    status: 'unknown',
    doubt: { code: 'ERR_REVOCATION_UNKNOWN', problem },
    thisUpdate: window.thisUpdate,
  }
}

// Revoked for good before all, then on hold; among others the newest.
async function findSingle(
  responses: readonly SingleResponse[],
  asked: Asked,
): Promise<SingleResponse | undefined> {
  const matching: SingleResponse[] = []
  for (const single of responses) if (await isOf(single.certId, asked)) matching.push(single)
  return matching.toSorted(
    (a, b) => weightOf(b) - weightOf(a) || b.thisUpdate.getTime() - a.thisUpdate.getTime(),
  )[0]
}

function weightOf(single: SingleResponse): number {
  if (single.status !== 'revoked') return 0
  return single.reason === 'certificateHold' ? 1 : 2
}

async function isOf(certId: CertId, { place, issuer }: Asked): Promise<boolean> {
  if (certId.hash === 'unknown' || !equalBytes(certId.serialNumber, place.certificate.serialNumber))
    return false
  const own = await createCertId(place.certificate, issuer, certId.hash)
  return (
    equalBytes(certId.issuerNameHash, own.issuerNameHash) &&
    equalBytes(certId.issuerKeyHash, own.issuerKeyHash)
  )
}

// RFC 6960 §4.2.2.2: the issuer, or a certificate that the issuer made for it with id-kp-OCSPSigning.
async function findResponder(
  response: OcspResponse,
  basic: BasicOcspResponse,
  asked: Asked,
  inquiry: Inquiry,
): Promise<SignerOutcome> {
  const signed = {
    object: response,
    data: basic.tbsResponseData,
    signatureAlgorithm: basic.signatureAlgorithm,
    signatureValue: basic.signatureValue,
  }
  // At most eight came along; those that bear another name cost nothing, the others what the budget has.
  const candidates = [asked.issuer, ...basic.certificates]
  let problem = 'its signer is neither the issuer nor a certificate sent along'
  let doubtful: SignerOutcome | undefined
  for (const candidate of candidates) {
    if (!(await isNamed(basic.responderId, candidate))) continue
    const isIssuer = isSameIssuer(candidate, asked.issuer)
    const appointed = isIssuer ? undefined : await appoint(candidate, basic, asked, inquiry)
    if (appointed?.ok === false) {
      if (appointed.isIncomplete) return doubtful ?? appointed
      problem = appointed.problem
      continue
    }
    const outcome = await inquiry.memory.check(signed, candidate, inquiry.budget)
    if (outcome === 'too many signatures to check')
      return doubtful ?? { ok: false, problem: outcome, isIncomplete: true }
    if (outcome !== 'verified') {
      problem = outcome === 'does not verify' ? 'its signature does not verify' : outcome
      continue
    }
    if (appointed === undefined) return { ok: true, signer: candidate, until: Number.POSITIVE_INFINITY }
    // Last, because it may ask about others in turn.
    const vouched = await withStanding(candidate, appointed, inquiry)
    if (vouched.ok && vouched.doubt === undefined) return vouched
    // Another certificate for the same key may be without doubt.
    if (vouched.ok) doubtful ??= vouched
    else problem = vouched.problem
  }
  return doubtful ?? { ok: false, problem }
}

async function isNamed(
  responderId: ResponderId,
  { subject, subjectPublicKeyInfo }: Certificate,
): Promise<boolean> {
  if (responderId.by === 'name') return equalNames(responderId.name, subject)
  return equalBytes(
    responderId.keyHash,
    await platform.digest('SHA-1', subjectPublicKeyInfo.subjectPublicKey),
  )
}

// RFC 6960 §4.2.2.2.1: its value is NULL.
function isNoCheck({ oid, value }: Extension): boolean {
  return oid === NO_CHECK && equalBytes(value, NULL)
}

// The path of a responder that the issuer appointed.
async function appoint(
  responder: Certificate,
  { producedAt }: BasicOcspResponse,
  { place, issuer }: Asked,
  inquiry: Inquiry,
): Promise<SignerPath> {
  const refuse = (problem: string): SignerPath => ({ ok: false, problem })
  const { extKeyUsage, keyUsage, subjectPublicKeyInfo } = responder
  // Whoever was appointed to answer was not appointed to answer for itself; a second certificate makes it nobody else.
  if (equalBytes(subjectPublicKeyInfo.der, place.certificate.subjectPublicKeyInfo.der))
    return refuse('its signer vouches for itself alone')
  // Said outright: anyExtendedKeyUsage appoints nobody.
  if (extKeyUsage?.includes(OCSP_SIGNING) !== true) return refuse('its signer has no id-kp-OCSPSigning')
  if (
    keyUsage !== undefined &&
    !keyUsage.includes('digitalSignature') &&
    !keyUsage.includes('nonRepudiation')
  )
    return refuse('the key usage of its signer does not allow signing')
  const intermediates = inquiry.path.chain.slice(inquiry.position + 1, -1)
  const found = await pathOfSigner(responder, intermediates, producedAt, inquiry)
  const above = found.ok ? found.chain[1] : undefined
  if (found.ok && (above === undefined || !isSameIssuer(above, issuer)))
    return refuse('its signer was not appointed by the issuer')
  return found
}

// Whether a responder was revoked itself, as far as lists say. RFC 6960 §4.2.2.2.1: with nocheck nobody has to ask. What is
// held counts all the same.
async function withStanding(
  responder: Certificate,
  { chain, until, doubt }: SignerPath & { readonly ok: true },
  inquiry: Inquiry,
): Promise<SignerOutcome> {
  const hasNoCheck = responder.extensions.some(isNoCheck)
  const standing = await inquiry.judgeSigners(
    { chain, anchor: inquiry.path.anchor },
    hasNoCheck ? { ...inquiry, network: 'leave' } : inquiry,
  )
  if (standing.status === 'revoked') return { ok: false, problem: 'its signer was revoked' }
  const outcome = { ok: true, signer: responder, ...(doubt && { doubt }) } as const
  if (standing.status === 'good') return { ...outcome, until: Math.min(until, standing.until) }
  if (hasNoCheck && !standing.isIncomplete && !standing.isHold) return { ...outcome, until }
  const problem = 'its signer has no id-pkix-ocsp-nocheck, and no list says that it was not revoked'
  return { ...outcome, until, doubt: doubtAbout(problem, standing) }
}
