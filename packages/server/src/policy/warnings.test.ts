// What is written in vain is told, and what may hold is not.

import { describe, expect, test } from 'vitest'
import { policyText } from '../../../../test/service/policy/fixtures.ts'
import { parsePolicy } from './parse.ts'
import { policyWarnings } from './warnings.ts'

const NAMES =
  '{ directoryNames: any, dns: [a.example], uris: [a.example], emails: [a.example], ips: [192.0.2.0/24] }'

function warnings(match: string, { clients = '', names = NAMES } = {}): readonly string[] {
  const profile = `p: { match: { trustAnchor: workloads, ${match} }, audience: x, binding: none }`
  const text = policyText(profile, clients).replace('names: any', `names: ${names}`)
  return policyWarnings(parsePolicy(text)).filter((line) => !line.startsWith('trustAnchors.partners'))
}

describe('rules outside the names of every anchor', () => {
  test.each([
    ['dns: "*.b.example"', 'dns: none of its trust anchors may speak for *.b.example'],
    ['dns: [a.example, b.example]', 'dns: none of its trust anchors may speak for b.example'],
    ['uri: "x://b.example/*"', 'uri: none of its trust anchors may speak for x://b.example/*'],
    ['uri: "urn:a:*"', 'uri: none of its trust anchors may speak for urn:a:*'],
    ['email: "*@b.example"', 'email: none of its trust anchors may speak for *@b.example'],
    ['upn: "*@a.example"', 'upn: none of its trust anchors may speak for upns'],
    ['ip: 198.51.100.7', 'ip: none of its trust anchors may speak for 198.51.100.7'],
  ])('%s', (match, line) => expect(warnings(match)).toEqual([`profiles.p.match.${line}`]))

  test.each([
    'dns: "*.a.example"',
    'dns: "*.example"',
    'uri: "x://a.example/*"',
    'uri: "x://*.example/*"',
    'email: "*@a.example"',
    'ip: 192.0.0.0/16',
    'subject: CN=a',
  ])('not so: %s', (match) => expect(warnings(match)).toEqual([]))

  test('not so where one of its anchors may', () => {
    const text = policyText(
      'p: { match: { trustAnchor: [workloads, partners], dns: b.example }, audience: x, binding: none }',
    ).replace('names: any', `names: ${NAMES}`)
    expect(policyWarnings(parsePolicy(text))).toEqual([])
  })

  test('1,024 pairs of a rule and a name are compared, more are not', () => {
    const list = (length: number, of: (index: number) => string): string =>
      `[${Array.from({ length }, (_, index) => of(index)).join(', ')}]`
    const count = (texts: number, names: number): number => {
      const allowed = `{ directoryNames: any, dns: ${list(names, (index) => `n${index}.example`)} }`
      return warnings(`dns: ${list(texts, (index) => `t${index}.example`)}`, { names: allowed }).length
    }
    expect([count(16, 64), count(25, 41)]).toEqual([16, 0])
  })

  test('subjects where no certificate may have one', () => {
    const of = (names: string): readonly string[] => warnings('subject: "CN=*,O=A"', { names })
    expect(of('{ directoryNames: [] }')).toEqual([
      'profiles.p.match.subject: none of its trust anchors may speak for subjects',
    ])
    expect(of('{ directoryNames: ["O=B"] }')).toEqual([])
    expect(of('{ directoryNames: any }')).toEqual([])
  })
})

describe('certificates of clients outside the names of their anchor', () => {
  const of = (certificate: string, names = NAMES): readonly string[] =>
    warnings('dns: a.example', {
      names,
      clients: `c: { authentication: tls_client_auth, trustAnchor: workloads, certificate: { ${certificate} } }`,
    })

  test.each([
    ['san_dns: b.example', 'san_dns: its trust anchor may not speak for b.example'],
    ['san_uri: "x://b.example/a"', 'san_uri: its trust anchor may not speak for x://b.example/a'],
    ['san_email: a@b.example', 'san_email: its trust anchor may not speak for a@b.example'],
    ['san_ip: 198.51.100.7', 'san_ip: its trust anchor may not speak for 198.51.100.7'],
  ])('%s', (certificate, line) => {
    expect(of(certificate)).toEqual([`clients.c.certificate.${line}`])
  })

  test.each([
    'san_dns: b.a.example',
    'san_uri: "x://a.example/a"',
    'san_email: a@a.example',
    'san_ip: 192.0.2.7',
    'subject_dn: CN=a',
    `x5t_s256: ${'A'.repeat(43)}`,
  ])('not so: %s', (certificate) => expect(of(certificate)).toEqual([]))

  test('its subject where none may have one, and nothing where the anchor may speak for any', () => {
    expect(of('subject_dn: CN=a', '{ directoryNames: [], dns: a.example }')).toEqual([
      'clients.c.certificate.subject_dn: its trust anchor may not speak for CN=a',
    ])
    expect(of('san_dns: b.example', 'any')).toEqual([])
  })
})
