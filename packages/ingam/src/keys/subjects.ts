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
  const subjects: { [K in keyof Subjects]: string[] } = { dns: [], uris: [], emails: [], ips: [], upns: [] }
  for (const name of certificate.subjectAltName ?? []) {
    switch (name.kind) {
      case 'dNSName':
        subjects.dns.push(name.value)
        break
      case 'uniformResourceIdentifier':
        subjects.uris.push(name.value)
        break
      case 'rfc822Name':
        subjects.emails.push(name.value)
        break
      case 'iPAddress':
        subjects.ips.push(name.value)
        break
      case 'otherName':
        if (name.upn !== undefined) subjects.upns.push(name.upn)
        break
      default:
    }
  }
  for (const list of Object.values(subjects)) Object.freeze(list)
  return Object.freeze(subjects)
}

/**
 * Every value of `sub` that the certificate bears, the preferred first; the last is the thumbprint, which it always
 * bears.
 *
 * @param thumbprint base64url SHA-256 of the certificate's DER
 */
export function borneSubjects(certificate: Certificate, thumbprint: string): readonly [string, ...string[]] {
  const { uris, dns, emails, upns } = subjectsOf(certificate)
  const named = [
    ...uris.map((value) => `uri:${value}`),
    // A wildcard stands for many hosts and names none.
    ...dns.filter((value) => !value.includes('*')).map((value) => `dns:${value}`),
    ...emails.map((value) => `email:${value}`),
    ...upns.map((value) => `upn:${value}`),
  ]
  const own = `x509-sha256:${thumbprint}`
  const [first, ...rest] = named
  return first === undefined ? [own] : [first, ...rest, own]
}
