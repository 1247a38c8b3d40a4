// What changes, in lines; and each change that gives somebody more is told.

import { describe, expect, test } from 'vitest'
import { otherCa, policyText } from '../../../../test/service/policy/fixtures.ts'
import { diffPolicies } from './diff.ts'
import { parsePolicy } from './parse.ts'

const CLIENTS = `web: { authentication: none }
job:
  authentication: private_key_jwt
  trustAnchor: workloads
  certificate: { san_uri: "x:job" }
  grants: jwt-bearer
`
const PROFILES = `first:
  grants: jwt-bearer
  clients: [job]
  match: { trustAnchor: workloads, uri: "x:/a/*", issuer: CN=CA }
  audience: https://a.example
  scope: [read]
  roles: [r]
  lifetime: 5m
  binding: dpop
second:
  match: { trustAnchor: [workloads, partners], dns: a.example }
  audience: https://a.example
  binding: mtls
`
const TEXT = policyText(PROFILES, CLIENTS)
  .replace('revocation: off', 'revocation: { mode: require, depth: chain }')
  .replace('names: any', 'names: { directoryNames: ["O=A"], dns: [a.example] }')

const before = parsePolicy(TEXT)

function diff(...changes: readonly (readonly [string, string])[]): ReturnType<typeof diffPolicies> {
  let text = TEXT
  for (const [from, to] of changes) {
    if (!text.includes(from)) throw new Error(`no ${from}`)
    text = text.replace(from, () => to)
  }
  return diffPolicies(before, parsePolicy(text))
}

test('the same meaning is no difference', () => {
  const again = `# other\n${TEXT}`
    .replace('[read]', 'read')
    .replace('{ mode: require, depth: chain }', '{ mode: require }')
    .replace('[workloads, partners]', '[partners, workloads]')
    .replace('  lifetime: 5m\n    binding: dpop', '  binding: dpop')
  expect(diffPolicies(before, parsePolicy(again))).toEqual({ lines: [], warnings: [] })
  expect(diffPolicies(before, before)).toEqual({ lines: [], warnings: [] })
})

describe('widening', () => {
  test.each([
    ['revocation', 'mode: require', 'mode: prefer', 'revocation is less strict'],
    ['depth', 'depth: chain', 'depth: leaf', 'revocation is less strict'],
    ['no revocation', '{ mode: require, depth: chain }', 'off', 'revocation is less strict'],
    [
      'a name more',
      'dns: [a.example]',
      'dns: [a.example, b.example]',
      'trustAnchors.workloads.names.dns has more: b.example',
    ],
    [
      'a kind more',
      'dns: [a.example]',
      'dns: [a.example], uris: [b]',
      'trustAnchors.workloads.names.uris has more: b',
    ],
    ['any subject', '["O=A"]', 'any', 'trustAnchors.workloads.names.directoryNames may now be any'],
    [
      'any name',
      '{ directoryNames: ["O=A"], dns: [a.example] }',
      'any',
      'trustAnchors.workloads.names may now be any',
    ],
    ['a new client', 'web: {', 'new: { authentication: none }\n  web: {', 'clients.new is new'],
    [
      'another authentication',
      'private_key_jwt',
      'tls_client_auth',
      'clients.job.authentication is now tls_client_auth',
    ],
    [
      'another anchor of a client',
      '    trustAnchor: workloads',
      '    trustAnchor: partners',
      'clients.job.trustAnchor is another',
    ],
    ['another certificate of a client', 'x:job', 'x:jobs', 'clients.job.certificate is another'],
    [
      'a grant of a client',
      'grants: jwt-bearer',
      'grants: [jwt-bearer, client_credentials]',
      'clients.job.grants has more: client_credentials',
    ],
    [
      'older assertions',
      '    grants: jwt-bearer\n',
      '    grants: jwt-bearer\n    legacy: true\n',
      'clients.job.legacy takes older assertions now',
    ],
    [
      'introspection',
      '    grants: jwt-bearer\n',
      '    grants: jwt-bearer\n    introspects: true\n',
      'clients.job.introspects may look at tokens of others now',
    ],
    [
      'a new profile',
      '  second:',
      '  third: { match: { trustAnchor: workloads, dns: c }, audience: x, binding: none }\n  second:',
      'profiles.third is new',
    ],
    [
      'a grant',
      '    grants: jwt-bearer\n    clients',
      '    clients',
      'profiles.first.grants has more: client_credentials',
    ],
    ['any client', '    clients: [job]\n', '', 'profiles.first.clients may now be any, also none'],
    ['a client', '[job]', '[job, web]', 'profiles.first.clients has more: web'],
    ['a rule less', ', issuer: CN=CA', '', 'profiles.first.match.issuer is no longer asked for'],
    ['a wider pattern', 'x:/a/*', 'x:/*/*', 'profiles.first.match.uri now matches more'],
    ['another pattern', 'x:/a/*', 'x:/b/*', 'profiles.first.match.uri now matches others'],
    [
      'a value more',
      'dns: a.example }',
      'dns: [a.example, b.example] }',
      'profiles.second.match.dns now matches more',
    ],
    [
      'an audience',
      'audience: https://a.example\n    scope',
      'audience: [https://a.example, https://b.example]\n    scope',
      'profiles.first.audience has more: https://b.example',
    ],
    ['a scope', '[read]', '[read, write]', 'profiles.first.scope has more: write'],
    ['a role', '[r]', '[r, s]', 'profiles.first.roles has more: s'],
    ['a longer lifetime', 'lifetime: 5m', 'lifetime: 301s', 'profiles.first.lifetime is longer'],
    [
      'no binding',
      'binding: dpop',
      'binding: none',
      'profiles.first.binding is gone: whoever finds a token can use it',
    ],
    [
      'another subject',
      'binding: dpop',
      "binding: dpop\n    subject: '{uri}'",
      'profiles.first.subject is another: tokens name somebody else',
    ],
  ])('%s', (_, from, to, warning) => {
    const { lines, warnings } = diff([from, to])
    expect(warnings).toContain(`widens: ${warning}`)
    expect(lines.length).toBeGreaterThan(0)
  })

  test.each([
    ['a narrower pattern', 'x:/a/*', 'x:/a/b-*'],
    ['a rule more', 'issuer: CN=CA', 'issuer: CN=CA, policy: 1.2.3'],
    ['a shorter lifetime', 'lifetime: 5m', 'lifetime: 10s'],
    ['a scope less', '[read]', '[]'],
    ['a value less', '[workloads, partners]', 'workloads'],
    ['a name less', 'dns: [a.example]', 'dns: []'],
    ['a narrower name', 'dns: [a.example]', 'dns: [b.a.example]'],
    ['names below alone', 'dns: [a.example]', 'dns: [.a.example]'],
    ['subjects further below', '["O=A"]', '["OU=B,O=A"]'],
  ])('not so: %s', (_, from, to) => {
    const { lines, warnings } = diff([from, to])
    expect(warnings).toEqual([])
    expect(lines.length).toBeGreaterThan(0)
  })

  test('a wider name beside one that stays is told alone', () => {
    const { warnings } = diff(['dns: [a.example]', 'dns: [b.a.example, example]'])
    expect(warnings).toEqual(['widens: trustAnchors.workloads.names.dns has more: example'])
  })

  test('a binding to another key changes, a binding where there was none does neither', () => {
    expect(diff(['binding: dpop', 'binding: proof']).warnings).toEqual([
      'changes: profiles.first.binding is another: proof instead of dpop',
    ])
    for (const binding of ['dpop', 'mtls', 'proof']) {
      const open = parsePolicy(TEXT.replace('binding: dpop', 'binding: none'))
      const bound = parsePolicy(TEXT.replace('binding: dpop', `binding: ${binding}`))
      expect(diffPolicies(open, bound)).toEqual({
        lines: [`~ profiles.first.binding: none -> ${binding}`],
        warnings: [],
      })
    }
  })

  test('another certificate of an anchor, shown by its subject and digest', () => {
    const swapped = parsePolicy(TEXT)
    const anchors = {
      ...swapped.trustAnchors,
      workloads: { certificate: otherCa.pem, names: 'any' as const },
    }
    const { lines, warnings } = diffPolicies(before, { ...swapped, trustAnchors: anchors })
    expect(lines).toContainEqual(
      expect.stringMatching(
        /^~ trustAnchors\.workloads\.certificate: "CN=Workload CA" \([0-9a-f]{8}\) -> "CN=Other CA" \(/u,
      ),
    )
    expect(warnings).toContain('widens: trustAnchors.workloads.certificate is another')
    expect(lines.join()).not.toContain('BEGIN')
  })

  test('profiles in another order', () => {
    const { profiles } = before
    const turned = Object.fromEntries(Object.entries(profiles).toReversed())
    expect(diffPolicies(before, { ...before, profiles: turned })).toEqual({
      lines: ['~ profiles: tried in the order first, second -> second, first'],
      warnings: ['widens: profiles are tried in another order'],
    })
  })
})

test('what goes is told by its values, and is no widening', () => {
  const { profiles } = before
  const [, second] = Object.entries(profiles)
  if (second === undefined) throw new Error('two profiles')
  const { lines, warnings } = diffPolicies(before, { ...before, profiles: Object.fromEntries([second]) })
  expect(lines).toContain('- profiles.first.match.uri: x:/a/*')
  expect(warnings).toEqual([])
})
