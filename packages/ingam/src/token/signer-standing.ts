// Layer: token. How a signer's certificates stand, asked for after the token's own signature has verified: only who holds
// the key makes a source fetch, or chooses what is looked at. What is known is kept beside the signer until new evidence
// comes or its time is over.

import { platform } from '#platform'
import { equalBytes } from '../bytes/compare.ts'
import { createError, isPkiError } from '../errors/errors.ts'
import type { PathRules } from '../path/checks.ts'
import { referenceTo } from '../path/refusal.ts'
import type { PathStanding } from '../revocation/judgement.ts'
import type { RevocationDesk } from '../revocation/standing.ts'
import { tellUndecided } from '../verify/verify-path.ts'
import type { Certificate } from '../x509/certificate.ts'
import { type OcspResponse, parseOcspResponse } from '../x509/ocsp.ts'
import type { Staples } from './header.ts'
import type { KnownSigner, SignerStanding } from './known-signer.ts'

// LIMIT: for so long an unknown standing is not asked for again, where the policy accepts it.
const UNKNOWN_MILLISECONDS = 1_000

/** What is kept of a standing that was accepted at an instant. */
export function toSignerStanding(
  { statuses, revision, from, until }: PathStanding,
  at: Date,
  { isOfToken }: Pick<SignerStanding, 'isOfToken'>,
): SignerStanding {
  const isKnown = statuses.every(({ status }) => status === 'good')
  const instant = at.getTime()
  if (isKnown) return { revision, from, until, isKnown, isOfToken }
  return {
    revision,
    from: instant,
    until: Math.min(until, instant + UNKNOWN_MILLISECONDS),
    isKnown,
    isOfToken,
  }
}

/** Whether what is known of the signer still holds; true where nobody asks. */
export function isCurrent(desk: RevocationDesk | undefined, { standing }: KnownSigner, at: Date): boolean {
  if (desk === undefined) return true
  if (standing === undefined || standing.revision !== desk.revision()) return false
  return at.getTime() >= standing.from && at.getTime() <= standing.until
}

/**
 * Asks anew about a signer that was known before, with what the sources hold.
 *
 * @returns whether all its certificates are good; if not, the whole path is to be judged again
 */
export async function renewStanding(
  desk: RevocationDesk,
  signer: KnownSigner,
  rules: PathRules,
): Promise<boolean> {
  // What came with the token has to be read again.
  if (signer.standing === undefined || signer.standing.isOfToken) return false
  const { certificates: chain, anchor } = signer.path
  const standing = await desk.judge({ chain, anchor }, rules, { pool: chain.slice(1), network: 'leave' })
  if (standing.refusal !== undefined || standing.statuses.some(({ status }) => status !== 'good'))
    return false
  signer.path = signer.path.withStanding(standing.statuses)
  signer.standing = toSignerStanding(standing, rules.at, { isOfToken: false })
  return true
}

/** Tells the policy's callback of a token that passes although something about its signer is unknown. */
export function tellIfUndecided(desk: RevocationDesk | undefined, { standing, path }: KnownSigner): void {
  if (standing?.isKnown === false) tellUndecided({ statuses: path.revocation }, desk)
}

/**
 * The responses that came with a token, for the certificates at the same places; ERR_REVOCATION_STAPLE where one cannot be
 * read. Of a certificate that was sent several times the first one counts, for all its copies.
 */
export async function readStapledResponses(
  staples: Staples,
  certificates: readonly Certificate[],
): Promise<ReadonlyMap<Certificate, OcspResponse>> {
  const responses = new Map<Certificate, OcspResponse>()
  for (const [position, text] of staples.entries()) {
    const certificate = certificates[position]
    if (text === null || certificate === undefined) continue
    const response = await readStaple(text, certificate, position)
    const copies = certificates.filter(({ der }) => equalBytes(der, certificate.der))
    if (copies.some((copy) => responses.has(copy))) continue
    for (const copy of copies) responses.set(copy, response)
  }
  return responses
}

async function readStaple(text: string, certificate: Certificate, position: number): Promise<OcspResponse> {
  const refuse = async (problem: string, cause?: unknown): Promise<Error> => {
    const reference = await referenceTo({
      certificate,
      position,
      role: position === 0 ? 'leaf' : 'intermediate',
    })
    return createError('ERR_REVOCATION_STAPLE', { certificate: reference, problem }, { cause })
  }
  const der = platform.decodeBase64(text, 'base64')
  if (der === undefined) throw await refuse('not canonical padded base64 (RFC 4648 §4)')
  try {
    return parseOcspResponse(der)
  } catch (cause) {
    if (!isPkiError(cause)) throw cause
    throw await refuse(`${cause.code}: ${cause.message}`, cause)
  }
}
