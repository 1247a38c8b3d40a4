// A decision in lines: yes or no first, and nothing of a certificate that could control a terminal.

import { expect, test } from 'vitest'
import { policy, request } from '../../../../test/service/policy/fixtures.ts'
import { explainDecision } from './explain.ts'

const PROFILE = `deploy: { match: { trustAnchor: workloads, uri: "x:a" }, audience: https://a.example, scope: read, binding: dpop }
other: { match: { trustAnchor: partners, uri: "x:a" }, audience: https://a.example, binding: dpop }
`

test('a yes', () => {
  const asked = request({ facts: { uris: ['x:a'] } })
  expect(explainDecision(policy(PROFILE).decide(asked), asked)).toEqual([
    'yes: profile deploy',
    '  subject: uri:x:a',
    '  audience: "https://a.example"',
    '  scope: "read"',
    '  roles: none',
    '  lifetime: 300 s, binding: dpop, algorithm: ES256',
    'certificate: CN=client',
    '  trust anchor: workloads',
    '  names: "uri:x:a"',
    '  issuer: CN=Workload CA',
    `  x509-sha256: ${'A'.repeat(43)}`,
    'request: jwt-bearer, no client',
    '  signed under: uri:x:a',
    '  audience: all',
    '  scope: all',
  ])
})

test('a no, with the rule that came nearest', () => {
  const asked = request({ facts: { uris: ['x:b'] }, audience: ['https://b.example'] })
  expect(explainDecision(policy(PROFILE).decide(asked), asked).slice(0, 5)).toEqual([
    'no: ERR_OAUTH_GRANT',
    '  nearest: profile deploy, which failed at profiles.deploy.match.uri',
    '  expected: "x:a"',
    '  found: "x:b"',
    '  also refused by: profiles.other.match.trustAnchor',
  ])
})

test('a no by the client', () => {
  const asked = request({ clientId: 'nobody' })
  expect(explainDecision(policy(PROFILE).decide(asked), asked).slice(0, 2)).toEqual([
    'no: ERR_OAUTH_UNAUTHORIZED_CLIENT',
    '  decided by clients',
  ])
})

test('a no by a policy without profiles', () => {
  const asked = request()
  expect(explainDecision(policy('').decide(asked), asked)[1]).toBe('  the policy has no profile')
})

test('control and bidirectional characters are escaped everywhere', () => {
  const evil = '\u{1b}[31m\u{202e}\n'
  const given = { uris: [evil], subject: evil, issuer: evil, anchor: evil, thumbprint: evil }
  const asked = request({ facts: given, clientId: evil, subject: evil, audience: [evil], scope: [evil] })
  const lines = explainDecision(policy(PROFILE).decide(asked), asked).join('')
  expect(lines).not.toMatch(/[\u{0}-\u{1f}\u{202e}]/u)
})
