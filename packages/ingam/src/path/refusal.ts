// Layer: path. A refusal inside the search is a value, so that the next candidate can be tried; it becomes an error
// once, at the public edge, where the thumbprint of the certificate at fault is computed.

import { platform } from '#platform'
import { encodeHex } from '../bytes/hex.ts'
import { catalogue } from '../errors/catalogue.ts'
import type { CertificateRef, Code, CodeDetails, PathAttempt } from '../errors/codes.ts'
import { createError } from '../errors/errors.ts'
import type { Certificate } from '../x509/certificate.ts'
import { formatName } from '../x509/name.ts'
import type { Place } from './place.ts'

/** One refused candidate. */
export interface Refusal {
  readonly code: Code
  readonly place: Place
  /** Of several refusals the one with the highest rank is reported. */
  readonly rank: number
  readonly describe: (reference: CertificateRef, attempts?: Attempts) => Error
}

/** Makes the refusal of one rule. */
export function refuse<C extends Code>(
  code: C,
  place: Place,
  details: (certificate: CertificateRef) => CodeDetails[C],
  rank: number = catalogue[code].rank,
): Refusal {
  return {
    code,
    place,
    rank,
    describe: (reference, attempts) => createError(code, details(reference), attempts),
  }
}

/** Whether the first says more about what is wrong than the second. */
export function outranks(first: Refusal, second: Refusal | undefined): boolean {
  return second === undefined || first.rank > second.rank
}

/** The newest attempts of a search, and how many older ones were dropped. */
export interface Attempts {
  readonly attempts: readonly PathAttempt[]
  readonly attemptsDropped: number
}

/** The refusal as the error to throw, the attempts attached. */
export async function toError(refusal: Refusal, attempts: Attempts): Promise<Error> {
  return refusal.describe(await referenceTo(refusal.place), attempts)
}

/** The refusal as one line of the list of attempts; without thumbprint, which costs a digest. */
export function toAttempt(
  { code, place, describe }: Refusal,
  chain: readonly Certificate[],
  end: 'trust anchor' | 'no trust anchor',
): PathAttempt {
  const { certificate, position, role } = place
  const subject = formatName(certificate.subject)
  return Object.freeze({
    code,
    message: describe({ role, position, subject, thumbprint: '' }).message,
    certificates: chain.map((member) => ({
      subject: formatName(member.subject),
      serialNumber: encodeHex(member.serialNumber),
    })),
    position,
    reachesAnchor: end === 'trust anchor',
  })
}

/** Names a certificate for a message. */
export async function referenceTo({ certificate, position, role }: Place): Promise<CertificateRef> {
  const digest = await platform.sha256(certificate.der)
  return {
    role,
    position,
    subject: formatName(certificate.subject),
    thumbprint: encodeHex(digest.subarray(0, 4)),
  }
}
