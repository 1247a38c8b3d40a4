// Tables of tests: what passes, what fails, and that certificates are verified.

import { expect, test } from 'vitest'
import { AT, ca, indent, otherCa, policyText } from '../../../../test/service/policy/fixtures.ts'
import { parsePolicy } from './parse.ts'
import { type PolicyTestRun, runPolicyTests } from './tests.ts'

const document = parsePolicy(
  policyText(
    'p: { match: { trustAnchor: workloads, uri: "spiffe://prod.example/*" }, audience: [x, y], scope: [a, b], roles: r, binding: none }',
    'job: { authentication: private_key_jwt, trustAnchor: workloads, certificate: { san_uri: "spiffe://prod.example/a" } }',
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
  'profile: q',
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
      of('refused: ERR_PATH_ANCHOR_NAME, rule: profiles.p.match.uri'),
      of('profile: p'),
    ),
  ).toEqual([true, false, false, false])
})

test('what is no certificate is refused with its code, and what the reader throws passes through', async () => {
  expect(
    (await run('certificate: "-----BEGIN CERTIFICATE-----"\nexpect: { profile: p }')).results[0]?.found,
  ).toMatch(/^refused: ERR_PEM_/u)
  await expect(run('certificate: missing.pem\nexpect: { profile: p }')).rejects.toThrow('no missing.pem')
})
