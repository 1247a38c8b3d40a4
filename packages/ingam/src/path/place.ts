// Layer: path. Where a certificate stands in a chain. The role follows from the position and is never passed in.

import type { CertificateRef } from '../errors/codes.ts'
import type { Certificate } from '../x509/certificate.ts'
import { equalNames } from '../x509/name.ts'

/** A certificate and where it stands. */
export interface Place {
  readonly certificate: Certificate
  readonly position: number
  readonly role: CertificateRef['role']
}

/** The certificate at a position of a complete path, leaf first, with its role. */
export function placeIn(chain: readonly Certificate[], position: number): Place | undefined {
  const certificate = chain[position]
  if (certificate === undefined) return undefined
  const role = position === 0 ? 'leaf' : position === chain.length - 1 ? 'trust anchor' : 'intermediate'
  return { certificate, position, role }
}

/** The certificates 1 to n of RFC 5280 §6.1, from the one that the anchor issued to the leaf; of a pinned leaf itself. */
export function placesBelowAnchor(chain: readonly Certificate[]): readonly Place[] {
  const places: Place[] = []
  for (let position = chain.length - 1; position >= 0; position--) {
    const place = placeIn(chain, position)
    if (place !== undefined && place.role !== 'trust anchor') places.push(place)
  }
  return places
}

/** RFC 5280 §6.1: issuer and subject are the same name; such certificates do not count against path lengths. */
export function isSelfIssued(certificate: Certificate): boolean {
  return equalNames(certificate.issuer, certificate.subject)
}
