// Layer: keys. The names that a certificate bears and a token may claim as `sub`: subjectAltName entries with their
// type in front, or the certificate's own thumbprint. Never a bare common name, never a printed DN.

import type { Certificate } from '../x509/certificate.ts'

/** The names of a certificate by kind, each list in the certificate's order. */
export interface Subjects {
  readonly dns: readonly string[]
  readonly uris: readonly string[]
  readonly emails: readonly string[]
  readonly ips: readonly string[]
  readonly upns: readonly string[]
}

/** The names in subjectAltName, as they stand. */
export function subjectsOf(certificate: Certificate): Subjects {
  return Object.freeze({
    dns: namesOf(certificate, 'dNSName'),
    uris: namesOf(certificate, 'uniformResourceIdentifier'),
    emails: namesOf(certificate, 'rfc822Name'),
    ips: namesOf(certificate, 'iPAddress'),
    upns: namesOf(certificate, 'otherName'),
  })
}

const NONE: readonly string[] = Object.freeze([])

type NamedKind = 'dNSName' | 'uniformResourceIdentifier' | 'rfc822Name' | 'iPAddress' | 'otherName'

function namesOf({ subjectAltName = [] }: Certificate, kind: NamedKind): readonly string[] {
  let names: string[] | undefined
  for (const name of subjectAltName) {
    if (name.kind !== kind) continue
    const value = name.kind === 'otherName' ? name.upn : name.value
    if (value === undefined) continue
    // A list that begins with its one name takes no room for more.
    if (names === undefined) names = [value]
    else names.push(value)
  }
  return names === undefined ? NONE : Object.freeze(names)
}

/**
 * Every value of `sub` that a certificate with these names bears, the preferred first; the last is the thumbprint, which it always
 * bears.
 *
 * @param thumbprint base64url SHA-256 of the certificate's DER
 */
export function borneSubjects(subjects: Subjects, thumbprint: string): readonly string[] {
  const { uris, dns, emails, upns } = subjects
  const named: string[] = []
  for (const value of uris) named.push(`uri:${value}`)
  // A wildcard stands for many hosts and names none.
  for (const value of dns) if (!value.includes('*')) named.push(`dns:${value}`)
  for (const value of emails) named.push(`email:${value}`)
  for (const value of upns) named.push(`upn:${value}`)
  named.push(`x509-sha256:${thumbprint}`)
  // A copy has no room for more, and these are kept for each signer.
  return named.slice()
}
