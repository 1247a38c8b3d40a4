// CLI: the names a certificate can be given, by kind, and what each kind must look like.

import { isIP } from 'node:net'

/** The kinds, as the options are called and as the index writes them before the colon. */
export const NAME_KINDS = ['uri', 'dns', 'email', 'upn', 'ip'] as const
export type NameKind = (typeof NAME_KINDS)[number]

/** One name of subjectAltName. */
export interface CertificateName {
  readonly kind: NameKind
  readonly value: string
}

/** What is wrong with a name, in words that follow its kind; undefined where nothing is. */
export function problemOf({ kind, value }: CertificateName): string | undefined {
  // LIMIT: the longest name that a token's `sub` can hold is 2,048 characters, its kind included.
  if (value.length > 2_000 || !RULES[kind].test(value)) return `expected ${WORDS[kind]}`
  if (kind === 'dns' && value.length > 253) return `expected ${WORDS[kind]}`
  return kind === 'ip' && isIP(value) === 0 ? `expected ${WORDS[kind]}` : undefined
}

/** Whether it can be a common name: RFC 5280 appendix A.1, ub-common-name, and nothing that could hide or reorder text. */
export function isCommonName(name: string): boolean {
  return name.trim() !== '' && name.length <= 64 && !/[\p{C}\p{Zl}\p{Zp}]/u.test(name)
}

/** `uri:spiffe://example/client`: the form in which tokens name their subject too. */
export function nameText({ kind, value }: CertificateName): string {
  return `${kind}:${value}`
}

const RULES: Readonly<Record<NameKind, RegExp>> = {
  uri: /^[a-z][a-z\d+.-]*:[\x21-\x7e]+$/iu,
  // A wildcard stands for the first label alone.
  dns: /^(?:\*\.)?[a-z\d_](?:[a-z\d_-]{0,61}[a-z\d_])?(?:\.[a-z\d_](?:[a-z\d_-]{0,61}[a-z\d_])?)*$/iu,
  email: /^[\x21-\x3f\x41-\x7e]+@[a-z\d](?:[a-z\d.-]*[a-z\d])?$/iu,
  upn: /^[^\p{C}\p{Z}@]+@[^\p{C}\p{Z}@]+$/u,
  ip: /^[\da-f.:]+$/iu,
}

const WORDS: Readonly<Record<NameKind, string>> = {
  uri: 'an absolute URI in printable ASCII, such as spiffe://example/client',
  dns: 'a DNS name in ASCII, such as client.example or *.example',
  email: 'an address in ASCII, such as a@example',
  upn: 'a user principal name, such as a@example',
  ip: 'an IPv4 or IPv6 address, such as 192.0.2.1 or 2001:db8::1',
}
