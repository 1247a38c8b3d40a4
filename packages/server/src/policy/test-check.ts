// Server: policy. What a table of tests must hold beyond its shape: names of the policy that it is for, and refusals that
// can come. A test that names something else would be refused for another reason than it is written for, and pass.

import { codes } from 'ingam'
import type { PolicyRefusal } from './contract.ts'
import { type DocumentPath, describeFound, type Problem } from './problem.ts'
import { RULES } from './rules.ts'
import type { PolicyDocument } from './schema.ts'
import { withSuggestion } from './suggestion.ts'
import type { ExpectedDecision, PolicyTest } from './test-table.ts'

/** What of the tests names nothing of the policy. Audiences and scopes may be others: asking for them is a test. */
export function testProblems(tests: readonly PolicyTest[], document: PolicyDocument): readonly Problem[] {
  const problems: Problem[] = []
  const anchors = Object.keys(document.trustAnchors)
  const clients = Object.keys(document.clients)
  const profiles = Object.keys(document.profiles)
  const rules = rulesOf(document)
  const look: Look = (path, name, known, expected) => {
    if (!known.includes(name)) {
      problems.push({ path, expected, found: withSuggestion(describeFound(name), name, known) })
    }
  }
  for (const [index, { certificate, client, expect }] of tests.entries()) {
    const path = ['tests', index]
    if (typeof certificate !== 'string') {
      const place = [...path, 'certificate', 'trustAnchor']
      look(place, certificate.trustAnchor, anchors, 'the id of a trust anchor of this policy')
    }
    if (typeof client === 'string') look([...path, 'client'], client, clients, CLIENT_EXPECTED)
    else if (client !== undefined && clients.includes(client.unknown)) {
      const expected = 'an id that the policy does not have'
      problems.push({ path: [...path, 'client', 'unknown'], expected, found: describeFound(client.unknown) })
    }
    if ('profile' in expect) {
      look([...path, 'expect', 'profile'], expect.profile, profiles, 'the name of a profile of this policy')
    } else checkRefusal([...path, 'expect'], expect, rules, look, problems)
  }
  return problems
}

type Look = (path: DocumentPath, name: string, known: readonly string[], expected: string) => void

function checkRefusal(
  path: DocumentPath,
  { refused, rule }: Extract<ExpectedDecision, { readonly refused: string }>,
  rules: readonly string[],
  look: Look,
  problems: Problem[],
): void {
  look([...path, 'refused'], refused, [...DECISIONS, ...CERTIFICATE_CODES], REFUSED_EXPECTED)
  if (rule === undefined) return
  if (!CERTIFICATE_CODES.some((code) => code === refused))
    look([...path, 'rule'], rule, rules, 'the name of a rule of this policy')
  else {
    const expected = `nothing beside ${refused}: where the certificate is refused, no rule is asked`
    problems.push({ path: [...path, 'rule'], expected, found: describeFound(rule) })
  }
}

const DECISIONS: readonly PolicyRefusal['code'][] = [
  'ERR_OAUTH_GRANT',
  'ERR_OAUTH_UNAUTHORIZED_CLIENT',
  'ERR_OAUTH_SCOPE',
  'ERR_OAUTH_TARGET',
]

// Of the library, for a certificate that the policy is not asked about. Tests do not look at the standing of certificates.
const CERTIFICATE_CODES = codes.filter(
  (code) => /^ERR_(?:PATH|CERT)_/u.test(code) || code === 'ERR_TOKEN_SIGNER',
)

const REFUSED_EXPECTED = `${DECISIONS.join(', ')}, ERR_TOKEN_SIGNER, or a code of a certificate: ERR_PATH_…, ERR_CERT_…`

const CLIENT_EXPECTED = 'the id of a client of this policy, or { unknown: ID } for one that it does not have'

// Every rule at which a decision can stop, by the name that decide.ts and client.ts give it.
function rulesOf({ clients, profiles }: PolicyDocument): readonly string[] {
  return [
    'clients',
    ...Object.entries(clients).flatMap(([id, { certificate = {} }]) => [
      `clients.${id}.grants`,
      ...Object.keys(certificate).flatMap((field) => [
        `clients.${id}.trustAnchor`,
        `clients.${id}.certificate.${field}`,
      ]),
    ]),
    ...Object.entries(profiles).flatMap(([name, { clients: wanted, match }]) => [
      `profiles.${name}.grants`,
      ...(wanted === undefined ? [] : [`profiles.${name}.clients`]),
      ...RULES.filter(({ kind }) => match[kind] !== undefined).map(
        ({ kind }) => `profiles.${name}.match.${kind}`,
      ),
      ...['subject', 'audience', 'scope'].map((key) => `profiles.${name}.${key}`),
    ]),
  ]
}
