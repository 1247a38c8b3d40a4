// Server: policy. A decision in lines for people. Texts of certificates and requests are escaped.

import { escapeText } from 'ingam'
import type { PolicyDecision, PolicyRequest } from './contract.ts'
import { describeValues } from './values.ts'

/**
 * Lines that say what was asked, by whom, and what was decided why; the first says yes or no.
 *
 * @param decision what a policy's `decide` said to the request
 */
export function explainDecision(decision: PolicyDecision, request: PolicyRequest): readonly string[] {
  return [...(decision.allowed ? grantLines(decision) : refusalLines(decision)), ...requestLines(request)]
}

function grantLines(grant: Extract<PolicyDecision, { allowed: true }>): readonly string[] {
  return [
    `yes: profile ${grant.profile}`,
    `  subject: ${shown(grant.subject)}`,
    `  audience: ${describeValues(grant.audience)}`,
    `  scope: ${describeValues(grant.scope)}`,
    `  roles: ${describeValues(grant.roles)}`,
    `  lifetime: ${grant.lifetimeSeconds} s, binding: ${grant.binding}, algorithm: ${grant.algorithm}`,
  ]
}

function refusalLines({
  code,
  nearest,
  misses,
}: Extract<PolicyDecision, { allowed: false }>): readonly string[] {
  if (nearest === undefined) return [`no: ${code}`, '  the policy has no profile']
  return [
    `no: ${code}`,
    `  ${nearest.profile === '' ? 'decided by' : `nearest: profile ${nearest.profile}, which failed at`} ${nearest.rule}`,
    `  expected: ${nearest.expected}`,
    `  found: ${nearest.found}`,
    ...misses.filter((miss) => miss !== nearest).map((miss) => `  also refused by: ${miss.rule}`),
  ]
}

function requestLines({
  facts,
  grant,
  clientId,
  subject,
  audience,
  scope,
}: PolicyRequest): readonly string[] {
  const names = [
    ...facts.uris.map((name) => `uri:${name}`),
    ...facts.dns.map((name) => `dns:${name}`),
    ...facts.emails.map((name) => `email:${name}`),
    ...facts.upns.map((name) => `upn:${name}`),
    ...facts.ips.map((name) => `ip:${name}`),
  ]
  return [
    `certificate: ${shown(facts.subject === '' ? '(empty subject)' : facts.subject)}`,
    `  trust anchor: ${shown(facts.anchor)}`,
    `  names: ${describeValues(names)}`,
    `  issuer: ${shown(facts.issuer)}`,
    `  x509-sha256: ${shown(facts.thumbprint)}`,
    `request: ${grant}, ${clientId === undefined ? 'no client' : `client ${shown(clientId)}`}`,
    `  signed under: ${shown(subject)}`,
    `  audience: ${audience.length === 0 ? 'all' : describeValues(audience)}`,
    `  scope: ${scope.length === 0 ? 'all' : describeValues(scope)}`,
  ]
}

function shown(text: string): string {
  return escapeText(text)
}
