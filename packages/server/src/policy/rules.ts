// Server: policy. What a profile may ask of a certificate: one table, in the order in which the rules are judged. A rule
// holds where any of the certificate's values of that kind is any of those that are written.

import { coversRange, isWithin, parseRange } from './address.ts'
import { isOid, parsePrintedName } from './distinguished-name.ts'
import {
  type CutName,
  compilePattern,
  coversPattern,
  matchesPattern,
  type Pattern,
  type PatternKind,
} from './pattern.ts'
import type { CertificateFacts } from './terms.ts'

/** What a rule looks at. */
export type RuleKind =
  | 'trustAnchor'
  | 'uri'
  | 'dns'
  | 'email'
  | 'upn'
  | 'ip'
  | 'subject'
  | 'thumbprint'
  | 'issuer'
  | 'extKeyUsage'
  | 'policy'

/** One value of a rule. */
export interface Matcher {
  /** @param cut remembers names that were cut, for one request */
  readonly matches: (value: string, cut?: CutName) => boolean
  /** Whether it holds for all that the other holds for; perhaps false where it is so. */
  readonly covers: (other: Matcher) => boolean
  readonly pattern?: Pattern
  readonly text: string
}

interface Rule {
  readonly kind: RuleKind
  /** Whether it says who somebody is; a profile needs one that does. */
  readonly isName: boolean
  readonly valuesOf: (facts: CertificateFacts) => readonly string[]
  /** A matcher, or what is expected where the text is none. */
  readonly compile: (text: string) => Matcher | string
}

/** The rules in the order in which they are judged. */
export const RULES: readonly Rule[] = [
  { kind: 'trustAnchor', isName: false, valuesOf: ({ anchor }) => [anchor], compile: exactly },
  { kind: 'uri', isName: true, valuesOf: ({ uris }) => uris, compile: patternOf('uri') },
  { kind: 'dns', isName: true, valuesOf: ({ dns }) => dns, compile: patternOf('dns') },
  { kind: 'email', isName: true, valuesOf: ({ emails }) => emails, compile: patternOf('email') },
  { kind: 'upn', isName: true, valuesOf: ({ upns }) => upns, compile: patternOf('upn') },
  { kind: 'ip', isName: true, valuesOf: ({ ips }) => ips, compile: rangeOf },
  { kind: 'subject', isName: true, valuesOf: ({ subject }) => [subject], compile: nameOf },
  { kind: 'thumbprint', isName: true, valuesOf: ({ thumbprint }) => [thumbprint], compile: thumbprintOf },
  { kind: 'issuer', isName: false, valuesOf: ({ issuer }) => [issuer], compile: nameOf },
  { kind: 'extKeyUsage', isName: false, valuesOf: ({ extKeyUsage }) => extKeyUsage, compile: purposeOf },
  { kind: 'policy', isName: false, valuesOf: ({ policies }) => policies, compile: policyOf },
]

/** The rule of a kind. */
export function ruleOf(kind: RuleKind): Rule {
  const rule = RULES.find((candidate) => candidate.kind === kind)
  if (rule === undefined) throw new TypeError(`no rule of kind ${kind}`)
  return rule
}

/** The matcher of a text that was validated before. */
export function matcherOf(kind: RuleKind, text: string): Matcher {
  const matcher = ruleOf(kind).compile(text)
  if (typeof matcher === 'string') throw new TypeError(`a rule on ${kind} that was not validated`)
  return matcher
}

function exactly(text: string): Matcher {
  return { text, matches: (value) => value === text, covers: (other) => other.text === text }
}

function patternOf(kind: PatternKind): (text: string) => Matcher | string {
  return (text) => {
    const pattern = compilePattern(kind, text)
    if (typeof pattern === 'string') return pattern
    return {
      text,
      pattern,
      matches: (value, cut) => matchesPattern(pattern, value, cut),
      covers: (other) => other.pattern !== undefined && coversPattern(pattern, other.pattern),
    }
  }
}

function nameOf(text: string): Matcher | string {
  const matcher = patternOf('name')(text)
  if (typeof matcher === 'string' || parsePrintedName(text) !== undefined) return matcher
  return 'a distinguished name as `ingam inspect` prints it, such as CN=*,OU=Build,O=Example'
}

function rangeOf(text: string): Matcher | string {
  const range = parseRange(text)
  if (range === undefined) return 'an address or a range, such as 192.0.2.1 or 2001:db8::/32'
  return {
    text,
    matches: (value) => isWithin(range, value),
    covers: (other) => {
      const narrow = parseRange(other.text)
      return narrow !== undefined && coversRange(range, narrow)
    },
  }
}

function thumbprintOf(text: string): Matcher | string {
  return THUMBPRINT.test(text)
    ? exactly(text)
    : 'a base64url SHA-256 of the certificate, 43 characters, as `ingam inspect` prints it'
}

function purposeOf(text: string): Matcher | string {
  const oid = PURPOSES.get(text) ?? text
  return isOid(oid) ? { ...exactly(oid), text: oid } : `${[...PURPOSES.keys()].join(', ')}, or an OID`
}

// RFC 5280 §6.1.6: anyPolicy in the set says that nothing in particular was asserted.
function policyOf(text: string): Matcher | string {
  return isOid(text) && text !== ANY_POLICY ? exactly(text) : 'an OID of a policy, but not anyPolicy'
}

const ANY_POLICY = '2.5.29.32.0'

// Base64url of 32 bytes: the last character has two spare bits, both zero.
const THUMBPRINT = /^[\w-]{42}[AEIMQUYcgkosw048]$/u

const PURPOSES: ReadonlyMap<string, string> = new Map([
  ['clientAuth', '1.3.6.1.5.5.7.3.2'],
  ['serverAuth', '1.3.6.1.5.5.7.3.1'],
  ['codeSigning', '1.3.6.1.5.5.7.3.3'],
  ['emailProtection', '1.3.6.1.5.5.7.3.4'],
  ['timeStamping', '1.3.6.1.5.5.7.3.8'],
])
