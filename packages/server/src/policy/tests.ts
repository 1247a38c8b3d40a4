// Server: policy. A policy tried against a table of tests: with certificates the path is verified, so that anchors, names
// and purposes count; with supposed facts the rules alone. Revocation is not asked for, and nobody proves a key.

import { borneSubjectsOf, escapeText, isPkiError } from 'ingam'
import { parseCertificates } from 'ingam/x509'
import { compilePolicy } from './compile.ts'
import type { CertificateFacts, CompiledPolicy, PolicyDecision, PolicyRequest } from './contract.ts'
import { explainDecision } from './explain.ts'
import { supposedFactsOf } from './facts.ts'
import { secondsOf } from './fields.ts'
import type { ReadFile } from './files.ts'
import { parsePolicyTests } from './parse-tests.ts'
import type { PolicyDocument } from './schema.ts'
import type { ExpectedDecision, PolicyTest, SupposedCertificate } from './test-table.ts'

/** What {@link runPolicyTests} takes. */
export interface RunPolicyTestsOptions {
  readonly document: PolicyDocument
  /** The table: YAML. */
  readonly table: string
  /** Reads the certificates that the table names by file. */
  readonly readFile: ReadFile
  /** The instant for which paths are verified. */
  readonly at: Date
  /** Of the configuration, for profiles that name none; default ES256. */
  readonly defaultAlgorithm?: 'ES256' | 'RS256'
}

/** How one test ended. */
export interface PolicyTestResult {
  readonly name: string
  readonly passed: boolean
  readonly expected: string
  readonly found: string
  /** The decision in lines, or why the certificate was refused. */
  readonly lines: readonly string[]
}

/** How all ended. */
export interface PolicyTestRun {
  readonly passed: number
  readonly failed: number
  /** In the order of the table. */
  readonly results: readonly PolicyTestResult[]
}

/**
 * Runs a table of tests against a policy.
 *
 * A certificate whose path is refused is an answer too: its code, such as ERR_PATH_NO_ISSUER, can be expected as
 * `refused`. At the token endpoint whoever sends it reads the answer of ERR_OAUTH_GRANT or ERR_OAUTH_CLIENT.
 *
 * @throws {ServiceError} ERR_POLICY_SYNTAX, ERR_POLICY_VALUE for a table that cannot be read, as parsePolicyTests;
 *   what `readFile` throws passes through
 */
export async function runPolicyTests(options: RunPolicyTestsOptions): Promise<PolicyTestRun> {
  const { document, defaultAlgorithm = 'ES256' } = options
  const tests = parsePolicyTests(options.table, document)
  const policy = compilePolicy({ version: 0, digest: '', document, defaultAlgorithm })
  const results: PolicyTestResult[] = []
  for (const test of tests) results.push(await runTest(test, policy, options))
  const passed = results.filter((result) => result.passed).length
  return { passed, failed: results.length - passed, results }
}

async function runTest(
  test: PolicyTest,
  policy: CompiledPolicy,
  options: RunPolicyTestsOptions,
): Promise<PolicyTestResult> {
  const { name, expect } = test
  const facts = await readFacts(test.certificate, policy, options)
  if ('code' in facts) {
    const differing = differencesTo(expect, (field) => (field === 'refused' ? facts.code : undefined))
    const lines = [...differing, `no: ${facts.code}`, `  ${facts.message}`]
    const passed = differing.length === 0
    return { name, passed, expected: describeExpected(expect), found: `refused: ${facts.code}`, lines }
  }
  const request = requestOf(test, facts)
  const decision = policy.decide(request)
  const differing = differencesTo(expect, (field) => fieldOf(decision, field))
  return {
    name,
    passed: differing.length === 0,
    expected: describeExpected(expect),
    found: describeDecision(expect, decision),
    lines: [...differing, ...explainDecision(decision, request)],
  }
}

function requestOf(test: PolicyTest, facts: CertificateFacts): PolicyRequest {
  const { grant, audience, scope } = test
  const client = typeof test.client === 'object' ? test.client.unknown : test.client
  const [first = ''] = borneSubjectsOf(facts)
  const subject = test.subject ?? (grant === 'client_credentials' && client !== undefined ? client : first)
  return { grant, facts, subject, audience, scope, ...(client !== undefined && { clientId: client }) }
}

type Refused = { readonly code: string; readonly message: string }

async function readFacts(
  certificate: PolicyTest['certificate'],
  policy: CompiledPolicy,
  { readFile, at }: RunPolicyTestsOptions,
): Promise<CertificateFacts | Refused> {
  if (typeof certificate !== 'string') return suppose(certificate)
  const content = certificate.includes('-----BEGIN') ? certificate : await readFile(certificate)
  try {
    const [leaf, ...intermediates] = parseCertificates(content)
    if (leaf === undefined) throw new TypeError('a bundle has a certificate')
    return await supposedFactsOf([leaf, ...intermediates], policy, at)
  } catch (error) {
    if (!isPkiError(error)) throw error
    return { code: error.code, message: error.message }
  }
}

function suppose({ trustAnchor, thumbprint = NOBODY, ...named }: SupposedCertificate): CertificateFacts {
  return { ...named, anchor: trustAnchor, thumbprint, serialNumber: '00', notAfter: Number.MAX_SAFE_INTEGER }
}

// Base64url of 32 zero bytes: no certificate has this digest.
const NOBODY = 'A'.repeat(43)

function differencesTo(
  expect: ExpectedDecision,
  foundOf: (field: string) => string | undefined,
): readonly string[] {
  return fieldsOf(expect)
    .map(([field, wanted]) => ({ field, wanted, found: foundOf(field) }))
    .filter(({ wanted, found }) => wanted !== found)
    .map(({ field, wanted, found }) => `differs: ${field}: expected ${wanted}; found ${found ?? 'nothing'}`)
}

function describeExpected(expect: ExpectedDecision): string {
  return fieldsOf(expect)
    .map(([field, wanted]) => `${field}: ${wanted}`)
    .join(', ')
}

// What was decided, in the fields of what was expected.
function describeDecision(expect: ExpectedDecision, decision: PolicyDecision): string {
  const fields = fieldsOf(expect).map(([field]) => field)
  const told =
    decision.allowed === 'profile' in expect ? fields : [decision.allowed ? 'profile' : 'refused', 'rule']
  return told
    .map((field) => ({ field, found: fieldOf(decision, field) }))
    .filter(({ found }) => found !== undefined)
    .map(({ field, found }) => `${field}: ${found}`)
    .join(', ')
}

function fieldsOf(expect: ExpectedDecision): readonly (readonly [string, string])[] {
  return Object.entries(expect).map(([field, value]: [string, string | readonly string[]]) => {
    if (field === 'lifetime' && typeof value === 'string') return [field, `${secondsOf(value)} s`]
    return [field, typeof value === 'string' ? escapeText(value, Number.POSITIVE_INFINITY) : asSet(value)]
  })
}

function fieldOf(decision: PolicyDecision, field: string): string | undefined {
  if (!decision.allowed) {
    if (field === 'refused') return decision.code
    return field === 'rule' ? decision.nearest?.rule : undefined
  }
  switch (field) {
    case 'profile':
      return decision.profile
    case 'audience':
      return asSet(decision.audience)
    case 'scope':
      return asSet(decision.scope)
    case 'roles':
      return asSet(decision.roles)
    case 'binding':
      return decision.binding
    case 'lifetime':
      return `${decision.lifetimeSeconds} s`
    case 'subject':
      return decision.subject
    default:
      return undefined
  }
}

// The order of audiences and scopes says nothing. Whole, since what is shown here is what is compared.
function asSet(values: readonly string[]): string {
  return escapeText(JSON.stringify(values.toSorted()), Number.POSITIVE_INFINITY)
}
