// Tables of tests: what passes, what fails, and that certificates are verified.

import { describe, expect, test } from 'vitest'
import { AT, ca, indent, otherCa, policyText } from '../../../../test/service/policy/fixtures.ts'
import { parsePolicy } from './parse.ts'
import { type PolicyTestRun, runPolicyTests } from './tests.ts'

const document = parsePolicy(
  policyText(
    'p: { match: { trustAnchor: workloads, uri: "spiffe://prod.example/*" }, audience: [x, y], scope: [a, b], roles: r, binding: none }',
    'job: { authentication: private_key_jwt, trustAnchor: workloads, certificate: { san_uri: "spiffe://prod.example/a" } }\nweb: { authentication: none }',
  ).replace('names: any', 'names: { directoryNames: any, uris: [prod.example] }'),
)
const readFile = async (path: string): Promise<string> => Promise.reject(new Error(`no ${path}`))

async function run(...tests: readonly string[]): Promise<PolicyTestRun> {
  const table = `tests:\n${tests.map((text, index) => `  - name: t${index}\n${indent(text, 4)}\n`).join('')}`
  return await runPolicyTests({ document, table, readFile, at: AT })
}

const NAMED = 'certificate: { trustAnchor: workloads, uris: ["spiffe://prod.example/a"] }\n'
const passed = async (...tests: readonly string[]): Promise<readonly boolean[]> =>
  (await run(...tests)).results.map((result) => result.passed)

test('what is expected and found passes, whatever the order of lists', async () => {
  const expected =
    'profile: p, audience: [y, x], scope: [b, a], roles: r, binding: none, lifetime: 300s, subject: "uri:spiffe://prod.example/a"'
  expect(await run(`${NAMED}expect: { ${expected} }`)).toMatchObject({ passed: 1, failed: 0 })
})

test.each([
  'profile: p, audience: x',
  'profile: p, audience: [x, y, z]',
  'profile: p, scope: []',
  'profile: p, roles: [r, s]',
  'profile: p, binding: dpop',
  'profile: p, lifetime: 301s',
  'profile: p, subject: job',
  'refused: ERR_OAUTH_GRANT',
])('something else fails: %s', async (expected) => {
  const { results, failed } = await run(`${NAMED}expect: { ${expected} }`)
  expect(failed).toBe(1)
  expect(results[0]?.expected).not.toBe(results[0]?.found)
})

test('refusals are compared by code and rule', async () => {
  const asked = `${NAMED}scope: c\n`
  expect(
    await passed(
      `${asked}expect: { refused: ERR_OAUTH_SCOPE }`,
      `${asked}expect: { refused: ERR_OAUTH_SCOPE, rule: profiles.p.scope }`,
      `${asked}expect: { refused: ERR_OAUTH_SCOPE, rule: profiles.p.audience }`,
      `${asked}expect: { refused: ERR_OAUTH_TARGET }`,
      `${asked}expect: { profile: p }`,
    ),
  ).toEqual([true, true, false, false, false])
})

test('another rule is told as a difference, also where the request is allowed', async () => {
  const of = async (asked: string): Promise<readonly string[]> => {
    const { results } = await run(
      `${NAMED}${asked}expect: { refused: ERR_OAUTH_SCOPE, rule: profiles.p.audience }`,
    )
    return results[0]?.lines.filter((line) => line.startsWith('differs')) ?? []
  }
  expect(await of('scope: c\n')).toEqual([
    'differs: rule: expected profiles.p.audience; found profiles.p.scope',
  ])
  expect(await of('')).toEqual([
    'differs: refused: expected ERR_OAUTH_SCOPE; found nothing',
    'differs: rule: expected profiles.p.audience; found nothing',
  ])
})

describe('what a test names is of the policy', () => {
  const CREDENTIALS = `${NAMED}grant: client_credentials\nclient: job\n`
  test.each([
    ['a profile', 'expect: { profile: q }'],
    ['a client', 'client: jab\nexpect: { refused: ERR_OAUTH_UNAUTHORIZED_CLIENT }'],
    ['a client that is there', 'client: { unknown: job }\nexpect: { profile: p }'],
    ['a code', 'expect: { refused: ERR_OAUTH_GRAND }'],
    ['a code that no decision has', 'expect: { refused: ERR_OAUTH_CLIENT }'],
    ['a code of the catalogue that no certificate has', 'expect: { refused: ERR_TOKEN_EXPIRED }'],
    ['a property of every object', 'expect: { refused: toString }'],
    ['a rule', 'expect: { refused: ERR_OAUTH_GRANT, rule: profiles.p.match.url }'],
    [
      'a rule that the profile does not have',
      'expect: { refused: ERR_OAUTH_GRANT, rule: profiles.p.match.dns }',
    ],
    [
      'clients of a profile that is open to all',
      'expect: { refused: ERR_OAUTH_GRANT, rule: profiles.p.clients }',
    ],
    ['a rule with a position', 'expect: { refused: ERR_OAUTH_GRANT, rule: "profiles.p.match.uri[0]" }'],
    ['a rule beside a path', 'expect: { refused: ERR_PATH_EXPIRED, rule: clients }'],
    ['a rule beside a signer', 'expect: { refused: ERR_TOKEN_SIGNER, rule: clients }'],
  ])('not so: %s', async (_, text) => {
    await expect(run(`${NAMED}${text}`)).rejects.toMatchObject({ code: 'ERR_POLICY_VALUE' })
  })

  test('not so: a trust anchor', async () => {
    const text = `${NAMED.replace('workloads', 'workload')}expect: { refused: ERR_OAUTH_GRANT }`
    await expect(run(text)).rejects.toThrow('found "workload"; did you mean workloads?')
  })

  test('each rule that can decide has its name', async () => {
    const of = (text: string, code: string, rule: string): string =>
      `${text}expect: { refused: ${code}, rule: ${rule} }`
    const other = CREDENTIALS.replace('prod.example/a', 'prod.example/b')
    const { results } = await run(
      of(`${NAMED}client: { unknown: jab }\n`, 'ERR_OAUTH_UNAUTHORIZED_CLIENT', 'clients'),
      of(other, 'ERR_OAUTH_UNAUTHORIZED_CLIENT', 'clients.job.certificate.san_uri'),
      of(
        CREDENTIALS.replace('workloads', 'partners'),
        'ERR_OAUTH_UNAUTHORIZED_CLIENT',
        'clients.job.trustAnchor',
      ),
      of(
        `${NAMED}grant: client_credentials\nclient: web\n`,
        'ERR_OAUTH_UNAUTHORIZED_CLIENT',
        'clients.web.grants',
      ),
      of(NAMED.replace('workloads', 'partners'), 'ERR_OAUTH_GRANT', 'profiles.p.match.trustAnchor'),
      of(NAMED.replace('prod.', 'test.'), 'ERR_OAUTH_GRANT', 'profiles.p.match.uri'),
      of(`${NAMED}subject: nobody\n`, 'ERR_OAUTH_GRANT', 'profiles.p.subject'),
      of(`${NAMED}audience: z\n`, 'ERR_OAUTH_TARGET', 'profiles.p.audience'),
      of(`${NAMED}scope: z\n`, 'ERR_OAUTH_SCOPE', 'profiles.p.scope'),
    )
    expect(results.filter((result) => !result.passed)).toEqual([])
  })

  test('rules of profiles on the grant and the client have theirs', async () => {
    const closed = parsePolicy(
      policyText(
        'p: { grants: jwt-bearer, clients: job, match: { trustAnchor: workloads, dns: a }, audience: x, binding: none }',
        'job: { authentication: private_key_jwt, trustAnchor: workloads, certificate: { san_dns: a } }',
      ),
    )
    const certificate = 'certificate: { trustAnchor: workloads, dns: a }'
    const refused = 'expect: { refused: ERR_OAUTH_UNAUTHORIZED_CLIENT, rule: profiles.p'
    const table = `tests:
  - { name: one, ${certificate}, grant: client_credentials, client: job, ${refused}.grants } }
  - { name: two, ${certificate}, ${refused}.clients } }
`
    expect((await runPolicyTests({ document: closed, table, readFile, at: AT })).failed).toBe(0)
  })

  test('audiences and scopes may be others', async () => {
    const refused = 'expect: { refused: ERR_OAUTH_TARGET }'
    expect(await passed(`${NAMED}audience: another\nscope: another\n${refused}`)).toEqual([true])
  })
})

test('lists of many and of long values are compared whole', async () => {
  const long = `${'a'.repeat(100)}1`
  const many = parsePolicy(
    policyText(
      `p: { match: { trustAnchor: workloads, dns: a }, audience: x, binding: none, scope: [a, b, c, d, e, f, g, h, i, ${long}] }`,
    ),
  )
  const of = async (scope: string): Promise<number> => {
    const table = `tests: [{ name: t, certificate: { trustAnchor: workloads, dns: a }, expect: { profile: p, scope: [${scope}] } }]`
    return (await runPolicyTests({ document: many, table, readFile, at: AT })).failed
  }
  expect(await of(`a, b, c, d, e, f, g, h, i, ${long}`)).toBe(0)
  expect(await of(`a, b, c, d, e, f, g, h, z, ${long}`)).toBe(1)
  expect(await of(`a, b, c, d, e, f, g, h, i, ${'a'.repeat(100)}2`)).toBe(1)
})

test('with client_credentials the client is the subject, and the certificate must be its own', async () => {
  const of = (uri: string): string =>
    `certificate: { trustAnchor: workloads, uris: ["${uri}"] }\ngrant: client_credentials\nclient: job\nexpect: { profile: p, subject: job }`
  expect(await passed(of('spiffe://prod.example/a'), of('spiffe://prod.example/b'))).toEqual([true, false])
})

test('certificates are verified: anchor, names, time, purpose', async () => {
  const names = { uris: ['spiffe://prod.example/a'] }
  const intermediate = await ca.issue({ kind: 'ca' })
  const below = await intermediate.issue(names)
  const pems: readonly (readonly [string, string])[] = [
    [(await ca.issue(names)).pem, 'profile: p'],
    [`${below.pem}${intermediate.pem}`, 'profile: p'],
    [below.pem, 'refused: ERR_PATH_NO_ISSUER'],
    [(await (await otherCa.issue({ kind: 'ca' })).issue(names)).pem, 'refused: ERR_PATH_NO_ISSUER'],
    [(await otherCa.issue(names)).pem, 'refused: ERR_OAUTH_GRANT, rule: profiles.p.match.trustAnchor'],
    [(await ca.issue({ uris: ['spiffe://test.example/a'] })).pem, 'refused: ERR_PATH_ANCHOR_NAME'],
    [
      (await ca.issue({ ...names, notAfter: new Date(AT.getTime() - 1_000) })).pem,
      'refused: ERR_PATH_EXPIRED',
    ],
    [(await ca.issue({ ...names, extKeyUsage: ['1.3.6.1.5.5.7.3.1'] })).pem, 'refused: ERR_PATH_PURPOSE'],
    [(await ca.issue({ ...names, keyUsage: ['keyAgreement'] })).pem, 'refused: ERR_TOKEN_SIGNER'],
  ]
  const { results } = await run(
    ...pems.map(([pem, expected]) => `certificate: |\n${indent(pem, 2)}\nexpect: { ${expected} }`),
  )
  expect(results.filter((result) => !result.passed)).toEqual([])
})

test('a certificate that is refused passes for nothing else', async () => {
  const pem = indent((await ca.issue({ dns: ['a.example'] })).pem, 2)
  const of = (expected: string): string => `certificate: |\n${pem}\nexpect: { ${expected} }`
  expect(
    await passed(
      of('refused: ERR_PATH_ANCHOR_NAME'),
      of('refused: ERR_OAUTH_GRANT'),
      of('refused: ERR_OAUTH_GRANT, rule: profiles.p.match.uri'),
      of('profile: p'),
    ),
  ).toEqual([true, false, false, false])
  const { results } = await run(of('refused: ERR_OAUTH_GRANT, rule: profiles.p.match.uri'))
  expect(results[0]?.lines.slice(0, 3)).toEqual([
    'differs: refused: expected ERR_OAUTH_GRANT; found ERR_PATH_ANCHOR_NAME',
    'differs: rule: expected profiles.p.match.uri; found nothing',
    'no: ERR_PATH_ANCHOR_NAME',
  ])
})

test('what is no certificate is refused with its code, and what the reader throws passes through', async () => {
  expect(
    (await run('certificate: "-----BEGIN CERTIFICATE-----"\nexpect: { profile: p }')).results[0]?.found,
  ).toMatch(/^refused: ERR_PEM_/u)
  await expect(run('certificate: missing.pem\nexpect: { profile: p }')).rejects.toThrow('no missing.pem')
})
