// Server: who gets nothing until further notice, in memory: each grant is held against it without a query. Runs in the
// worker thread: no imports but types.

import type { Block, GrantRecord } from './contract.ts'

/** One name for each selector; equal names are the same selector. */
export function blockName(selector: Block['selector']): string {
  switch (selector.kind) {
    case 'certificate':
      return `certificate ${selector.thumbprint}`
    case 'identity':
      return identityName(selector.trustAnchor, selector.subject)
    case 'trustAnchor':
      return `trustAnchor ${selector.trustAnchor}`
  }
}

/**
 * Whether a block covers the grant: its certificate, its identity under its trust anchor, or the trust anchor. The name
 * that each certificate bears, its thumbprint's, is its identity whatever the sub is.
 */
export function isBlocked(
  names: ReadonlySet<string>,
  { thumbprint, subject, trustAnchor }: Pick<GrantRecord, 'thumbprint' | 'subject' | 'trustAnchor'>,
): boolean {
  if (names.size === 0) return false
  return (
    names.has(`certificate ${thumbprint}`) ||
    names.has(identityName(trustAnchor, subject)) ||
    names.has(identityName(trustAnchor, `${THUMBPRINT_NAME}${thumbprint}`)) ||
    names.has(`trustAnchor ${trustAnchor}`)
  )
}

/** The thumbprint in the name that each certificate bears; undefined for other names. */
export function thumbprintOfName(subject: string): string | undefined {
  return subject.startsWith(THUMBPRINT_NAME) ? subject.slice(THUMBPRINT_NAME.length) : undefined
}

const THUMBPRINT_NAME = 'x509-sha256:'

// The length in front says where the first part ends, whatever characters are in it.
function identityName(trustAnchor: string, subject: string): string {
  return `identity ${trustAnchor.length} ${trustAnchor} ${foldSubject(subject)}`
}

/**
 * The name with its host in lower case: a policy takes hosts so (RFC 4343), and a new certificate in which the same host is
 * written otherwise is no way around a block.
 */
export function foldSubject(subject: string): string {
  const host = /^(?:dns:|email:.*@|upn:.*@)/su.exec(subject)?.[0].length ?? subject.length
  return (
    subject.slice(0, host) + subject.slice(host).replaceAll(/[A-Z]+/gu, (letters) => letters.toLowerCase())
  )
}
