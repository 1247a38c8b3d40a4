// A policy with real certificates, and facts, for the tests of the policy.

import { borneSubjectsOf } from 'ingam'
import { createTestCa, type TestCa } from 'ingam/testing'
import { compilePolicy, policyDigest } from '../../../packages/server/src/policy/compile.ts'
import type {
  CertificateFacts,
  CompiledPolicy,
  PolicyDecision,
  PolicyRequest,
} from '../../../packages/server/src/policy/contract.ts'
import { ServiceError } from '../../../packages/server/src/service-error.ts'

export const AT = new Date('2026-06-01T12:00:00Z')

/** The CA of the policies below. */
export const ca: TestCa = await createTestCa({ at: AT, name: 'Workload CA' })
export const otherCa: TestCa = await createTestCa({ at: AT, name: 'Other CA' })

/** A text of several lines, each indented. */
export function indent(text: string, spaces: number): string {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => ' '.repeat(spaces) + line)
    .join('\n')
}

/** A policy with two anchors and these parts; `profiles` and `clients` are YAML at column 2. */
export function policyText(profiles: string, clients = ''): string {
  return `version: 1
revocation: off
trustAnchors:
  workloads:
    certificate: |
${indent(ca.pem, 6)}
    names: any
  partners:
    certificate: |
${indent(otherCa.pem, 6)}
    names: any
${clients === '' ? '' : `clients:\n${indent(clients, 2)}\n`}profiles:${profiles === '' ? ' {}' : `\n${indent(profiles, 2)}`}
`
}

export function policy(profiles: string, clients = ''): CompiledPolicy {
  const text = policyText(profiles, clients)
  return compilePolicy({ version: 1, digest: policyDigest(text), text })
}

/** Facts of a certificate of the anchor `workloads` without names. */
export function facts(given: Partial<CertificateFacts> = {}): CertificateFacts {
  return {
    anchor: 'workloads',
    subject: 'CN=client',
    dns: [],
    uris: [],
    emails: [],
    ips: [],
    upns: [],
    thumbprint: 'A'.repeat(43),
    issuer: 'CN=Workload CA',
    serialNumber: '01',
    policies: [],
    extKeyUsage: ['1.3.6.1.5.5.7.3.2'],
    notAfter: AT.getTime(),
    ...given,
  }
}

/** A request by the jwt-bearer grant for all that a profile gives, signed under the first name. */
export function request(
  given: Partial<Omit<PolicyRequest, 'facts'>> & { readonly facts?: Partial<CertificateFacts> } = {},
): PolicyRequest {
  const whole = facts(given.facts)
  const [subject = ''] = borneSubjectsOf(whole)
  return { grant: 'jwt-bearer', subject, audience: [], scope: [], ...given, facts: whole }
}

/** The profile that gives the token, or the code and the rule that refuse it. */
export function verdict(decision: PolicyDecision): string {
  return decision.allowed ? decision.profile : `${decision.code} ${decision.nearest?.rule ?? 'no profile'}`
}

/** What a call throws, as a ServiceError. */
export function refusal(run: () => unknown): ServiceError {
  try {
    run()
  } catch (error) {
    if (error instanceof ServiceError) return error
    throw error
  }
  throw new Error('it was accepted')
}

/** The lines that say what is wrong. */
export function problemsOf(error: ServiceError): readonly string[] {
  const { problems } = error.details
  if (!Array.isArray(problems)) throw new Error('no problems are told')
  return problems.map(String)
}
