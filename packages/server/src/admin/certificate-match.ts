// Server: which administrator a certificate belongs to. Names are compared whole, one kind with one kind; nothing is a
// pattern here, and no two spellings of a name are the same but those that its kind says are.

import type { Identity } from 'ingam'
import type { Administrator, CertificateMatch } from '../config/contract.ts'

/**
 * The one administrator whose certificate this is; undefined where it is nobody's, or more than one's: then nobody can
 * say who acts.
 *
 * **Not checked: anything about the certificate.** The identity comes from a verified token.
 */
export function findAdministrator(
  administrators: readonly Administrator[],
  identity: Identity,
): Administrator | undefined {
  const [found, another] = administrators.filter(({ certificate }) => isOf(certificate, identity))
  return another === undefined ? found : undefined
}

function isOf(match: CertificateMatch, identity: Identity): boolean {
  // RFC 8705 §2.1.2 names the kinds, and asks for exactly one of them.
  if (Object.keys(match).length !== 1) return false
  if ('x5t_s256' in match) return match.x5t_s256 === identity.thumbprint
  // The text as RFC 4514 writes it: an attribute's comma is escaped in it, so that none can be made up of two.
  if ('subject_dn' in match) return match.subject_dn === identity.subject && match.subject_dn !== ''
  if ('san_uri' in match) return identity.uris.includes(match.san_uri)
  if ('san_dns' in match) return identity.dns.map(lowerAscii).includes(lowerAscii(match.san_dns))
  if ('san_email' in match) return identity.emails.map(mailbox).includes(mailbox(match.san_email))
  return identity.ips.map(address).includes(address(match.san_ip))
}

// Case folding beyond ASCII would make different names equal (K and the Kelvin sign).
function lowerAscii(text: string): string {
  return text.replaceAll(/[A-Z]/gu, (letter) => letter.toLowerCase())
}

// RFC 5280 §7.5: the host without case, the local part as it stands.
function mailbox(text: string): string {
  const at = text.lastIndexOf('@')
  return text.slice(0, at + 1) + lowerAscii(text.slice(at + 1))
}

// RFC 5952: one text for an IPv6 address, however it was written.
function address(text: string): string {
  const url = `http://[${text}]/`
  return text.includes(':') && URL.canParse(url) ? new URL(url).hostname : text
}
