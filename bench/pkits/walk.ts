// PKITS adapter: the walk by hand over node:crypto's X509Certificate that services write themselves: issuer by checkIssued,
// signature, dates, CA flag, until an anchor.

import { X509Certificate } from 'node:crypto'
import type { PkitsCase, PkitsVerdict } from '../../test/conformance/pkits-adapter.ts'

export async function validate(given: PkitsCase): Promise<PkitsVerdict> {
  const anchors = given.trustAnchors.map((der) => new X509Certificate(der))
  const pool = given.intermediates.map((der) => new X509Certificate(der))
  const at = new Date(given.time)
  let certificate = new X509Certificate(given.leaf)
  for (let depth = 0; depth <= pool.length; depth++) {
    if (!isWithin(certificate, at)) return { ok: false, reason: 'dates' }
    const anchor = anchors.find((candidate) => hasIssued(candidate, certificate))
    if (anchor !== undefined) return isWithin(anchor, at) ? { ok: true } : { ok: false, reason: 'dates' }
    const issuer = pool.find((candidate) => hasIssued(candidate, certificate))
    if (issuer === undefined) return { ok: false, reason: 'no issuer' }
    certificate = issuer
  }
  return { ok: false, reason: 'too long' }
}

function hasIssued(issuer: X509Certificate, certificate: X509Certificate): boolean {
  return issuer.ca && certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey)
}

function isWithin({ validFromDate, validToDate }: X509Certificate, at: Date): boolean {
  return validFromDate <= at && at <= validToDate
}
