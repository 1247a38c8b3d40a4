// Server: policy. Registered clients: which certificate is a client's own. Names are compared whole, never as patterns.

import type { CertificateMatch } from '../config/contract.ts'
import type { CertificateFacts, PolicyClient, RuleMiss } from './contract.ts'
import { describeFound } from './problem.ts'
import { matcherOf, type RuleKind, ruleOf } from './rules.ts'
import type { PolicyClientEntry, PolicyDocument } from './schema.ts'
import { describeValues } from './values.ts'

/** The clients of a document that was read, by id. */
export function compileClients(document: PolicyDocument): ReadonlyMap<string, PolicyClient> {
  return new Map(Object.entries(document.clients).map(([id, entry]) => [id, compileClient(id, entry)]))
}

function compileClient(id: string, entry: PolicyClientEntry): PolicyClient {
  const { authentication, legacy, grants, introspects } = entry
  return Object.freeze({
    id,
    authentication,
    legacy,
    grants,
    introspects,
    matches: certificateTest(id, entry),
  })
}

function certificateTest(id: string, entry: PolicyClientEntry): PolicyClient['matches'] {
  const { authentication, trustAnchor, certificate } = entry
  const miss = (rule: string, expected: string, found: string): RuleMiss => {
    return Object.freeze({ profile: '', rule: `clients.${id}.${rule}`, expected, found })
  }
  if (authentication === 'none' || trustAnchor === undefined || certificate === undefined) {
    return () => miss('authentication', 'a client that has a certificate', 'none')
  }
  const { field, kind, text } = fieldOf(certificate)
  const { matches } = matcherOf(kind, text)
  const { valuesOf } = ruleOf(kind)
  return (facts: CertificateFacts) => {
    // Another CA may give the same name to somebody else.
    if (facts.anchor !== trustAnchor) return miss('trustAnchor', trustAnchor, describeFound(facts.anchor))
    const values = valuesOf(facts)
    if (values.some((value) => matches(value))) return undefined
    return miss(`certificate.${field}`, describeFound(text), describeValues(values))
  }
}

function fieldOf(match: CertificateMatch): {
  readonly field: string
  readonly kind: RuleKind
  readonly text: string
} {
  if ('san_uri' in match) return { field: 'san_uri', kind: 'uri', text: match.san_uri }
  if ('san_dns' in match) return { field: 'san_dns', kind: 'dns', text: match.san_dns }
  if ('san_email' in match) return { field: 'san_email', kind: 'email', text: match.san_email }
  if ('san_ip' in match) return { field: 'san_ip', kind: 'ip', text: match.san_ip }
  if ('subject_dn' in match) return { field: 'subject_dn', kind: 'subject', text: match.subject_dn }
  return { field: 'x5t_s256', kind: 'thumbprint', text: match.x5t_s256 }
}
