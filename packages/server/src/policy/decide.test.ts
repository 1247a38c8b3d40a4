// The judgement: each rule refuses something and accepts its neighbour, and a wrong yes is looked for.

import { describe, expect, test } from 'vitest'
import { facts, policy, request, verdict } from '../../../../test/service/policy/fixtures.ts'
import type { CertificateFacts, PolicyRequest } from './contract.ts'

const PROFILE = `deploy:
  match: { trustAnchor: workloads, uri: "spiffe://prod.example/ns/*/sa/deploy" }
  audience: [https://api.example, https://b.example]
  scope: [read, write]
  roles: [deployer]
  lifetime: 10m
  binding: dpop
`
const DEPLOY = 'spiffe://prod.example/ns/a/sa/deploy'

const CLIENTS = `billing:
  authentication: private_key_jwt
  trustAnchor: workloads
  certificate: { san_uri: "${DEPLOY}" }
web:
  authentication: none
batch:
  authentication: tls_client_auth
  trustAnchor: workloads
  certificate: { san_dns: Batch.example }
  grants: client_credentials
`

/** A profile for a rule alone. */
const ruled = (rules: string, more = ''): string =>
  `p:\n  match: { trustAnchor: workloads, ${rules} }\n  audience: https://api.example\n  binding: none\n${more}`

test('a profile of which all rules hold gives what it says', () => {
  expect(policy(PROFILE).decide(request({ facts: { uris: [DEPLOY] } }))).toEqual({
    allowed: true,
    profile: 'deploy',
    audience: ['https://api.example', 'https://b.example'],
    scope: ['read', 'write'],
    roles: ['deployer'],
    lifetimeSeconds: 600,
    binding: 'dpop',
    algorithm: 'ES256',
    subject: `uri:${DEPLOY}`,
  })
})

test('no profile, no token', () => {
  const decision = policy('').decide(request())
  expect(decision).toEqual({ allowed: false, code: 'ERR_OAUTH_GRANT', nearest: undefined, misses: [] })
})

test('a certificate without names gets nothing by a rule on names', () => {
  expect(verdict(policy(PROFILE).decide(request()))).toBe('ERR_OAUTH_GRANT profiles.deploy.match.uri')
})

test('the same name below another trust anchor is another name', () => {
  const decision = policy(PROFILE).decide(request({ facts: { anchor: 'partners', uris: [DEPLOY] } }))
  expect(verdict(decision)).toBe('ERR_OAUTH_GRANT profiles.deploy.match.trustAnchor')
})

describe('rules', () => {
  const cases: readonly (readonly [string, Partial<CertificateFacts>, Partial<CertificateFacts>])[] = [
    ['uri: "spiffe://a/*"', { uris: ['spiffe://a/b'] }, { uris: ['spiffe://a/b/c'] }],
    ['uri: ["spiffe://a/b", "spiffe://a/c"]', { uris: ['spiffe://a/c'] }, { uris: ['spiffe://a/d'] }],
    ['uri: "spiffe://a/b"', { uris: ['spiffe://a/b'] }, { dns: ['spiffe://a/b'] }],
    ['dns: "*.example"', { dns: ['A.example'] }, { dns: ['*.example'] }],
    ['email: "*@example.com"', { emails: ['a@example.com'] }, { upns: ['a@example.com'] }],
    ['upn: "*@example.com"', { upns: ['a@example.com'] }, { emails: ['a@example.com'] }],
    ['ip: 192.0.2.0/24', { ips: ['192.0.2.7'] }, { ips: ['192.0.3.7'] }],
    ['subject: "CN=*,O=Example"', { subject: 'CN=a,O=Example' }, { subject: String.raw`CN=a\,O=Example` }],
    ['subject: "CN=a,O=Example"', { subject: 'CN=a,O=Example' }, { subject: 'CN=a,O=Example,C=DE' }],
    [
      `thumbprint: ${'B'.repeat(42)}A`,
      { thumbprint: `${'B'.repeat(42)}A` },
      { thumbprint: `${'B'.repeat(42)}E` },
    ],
    [
      'dns: a.example, issuer: "CN=CA 1"',
      { dns: ['a.example'], issuer: 'CN=CA 1' },
      { dns: ['a.example'], issuer: 'CN=CA 10' },
    ],
    [
      'dns: a.example, extKeyUsage: codeSigning',
      { dns: ['a.example'], extKeyUsage: ['1.3.6.1.5.5.7.3.3'] },
      { dns: ['a.example'], extKeyUsage: [] },
    ],
    [
      'dns: a.example, policy: 1.2.3.4',
      { dns: ['a.example'], policies: ['1.2.3.4'] },
      { dns: ['a.example'], policies: ['2.5.29.32.0'] },
    ],
    ['dns: a.example, uri: "x:y"', { dns: ['a.example'], uris: ['x:y'] }, { dns: ['a.example'] }],
  ]
  test.each(cases)('%s', (rules, holder, stranger) => {
    const { decide } = policy(ruled(rules))
    expect(verdict(decide(request({ facts: holder })))).toBe('p')
    expect(verdict(decide(request({ facts: stranger })))).toMatch(/^ERR_OAUTH_GRANT profiles\.p\.match\./u)
  })

  test('any of the names of a kind is enough', () => {
    const { decide } = policy(ruled('dns: b.example'))
    expect(verdict(decide(request({ facts: { dns: ['b.example', 'a.example'] } })))).toBe('p')
  })

  test('a profile without scopes says so to whoever asks for one', () => {
    const decision = policy(ruled('dns: a.example')).decide(
      request({ facts: { dns: ['a.example'] }, scope: ['x'] }),
    )
    expect(decision).toMatchObject({
      code: 'ERR_OAUTH_SCOPE',
      nearest: { expected: 'no scope', found: '"x"' },
    })
  })

  test('a certificate with 256 names of a kind is judged, one with 257 is not', () => {
    const { decide } = policy(ruled('dns: a0.example'))
    const names = (length: number): string[] => Array.from({ length }, (_, index) => `a${index}.example`)
    expect(verdict(decide(request({ facts: { dns: names(256) } })))).toBe('p')
    const decision = decide(request({ facts: { dns: names(257) } }))
    expect(decision).toMatchObject({ allowed: false, nearest: { found: '257 names, more than 256' } })
    const others = names(257).slice(1)
    expect(decide(request({ facts: { dns: others } }))).toMatchObject({
      allowed: false,
      nearest: { found: expect.stringMatching(/ and 248 more$/u) },
    })
  })
})

describe('the name that was signed under', () => {
  const TWO = { uris: ['spiffe://a/deploy', 'spiffe://a/other'] }
  const { decide } = policy(ruled('uri: "spiffe://a/deploy"'))

  test.each([
    ['the one that matched', 'uri:spiffe://a/deploy', 'p'],
    ['another of that kind', 'uri:spiffe://a/other', 'ERR_OAUTH_GRANT profiles.p.match.uri'],
    ['the thumbprint', `x509-sha256:${facts().thumbprint}`, 'p'],
    [
      'one that the certificate does not bear',
      'uri:spiffe://a/deploy2',
      'ERR_OAUTH_GRANT profiles.p.subject',
    ],
    ['one without its kind', 'spiffe://a/deploy', 'ERR_OAUTH_GRANT profiles.p.subject'],
    ['none', '', 'ERR_OAUTH_GRANT profiles.p.subject'],
    ['another thumbprint', `x509-sha256:${'B'.repeat(43)}`, 'ERR_OAUTH_GRANT profiles.p.subject'],
  ])('%s', (_, subject, expected) => {
    expect(verdict(decide(request({ subject, facts: TWO })))).toBe(expected)
  })

  test('a name of a kind that no rule looks at is taken', () => {
    const decision = decide(request({ subject: 'dns:a.example', facts: { ...TWO, dns: ['a.example'] } }))
    expect(decision).toMatchObject({ allowed: true, subject: 'dns:a.example' })
  })

  test("with '{uri}' it is the name that the rule found, whatever was signed under", () => {
    const chosen = policy(ruled('uri: "spiffe://a/deploy"', "  subject: '{uri}'\n"))
    const subject = `x509-sha256:${facts().thumbprint}`
    expect(chosen.decide(request({ subject, facts: TWO }))).toMatchObject({
      subject: 'uri:spiffe://a/deploy',
    })
    expect(verdict(chosen.decide(request({ subject: 'uri:x', facts: TWO })))).toBe(
      'ERR_OAUTH_GRANT profiles.p.subject',
    )
  })

  test("with '{dns}' two names that match are one too many, the same twice is not", () => {
    const chosen = policy(ruled('dns: "*.example"', "  subject: '{dns}'\n"))
    const of = (...dns: string[]): string => verdict(chosen.decide(request({ facts: { dns } })))
    expect(of('a.example')).toBe('p')
    expect(of('a.example', 'a.example')).toBe('p')
    expect(of('a.example', 'b.test')).toBe('p')
    expect(of('a.example', 'b.example')).toBe('ERR_OAUTH_GRANT profiles.p.subject')
  })
})

describe('what is asked for', () => {
  const { decide } = policy(PROFILE)
  const ask = (given: Partial<PolicyRequest>): ReturnType<typeof decide> =>
    decide({ ...request({ facts: { uris: [DEPLOY] } }), ...given })

  test('narrows audience and scope, in the order of the policy', () => {
    expect(
      ask({ audience: ['https://b.example', 'https://b.example'], scope: ['write', 'read'] }),
    ).toMatchObject({
      audience: ['https://b.example'],
      scope: ['read', 'write'],
    })
  })

  test.each([
    [
      'an audience beyond it',
      { audience: ['https://api.example', 'https://c.example'] },
      'ERR_OAUTH_TARGET profiles.deploy.audience',
    ],
    [
      'an audience with a slash',
      { audience: ['https://api.example/'] },
      'ERR_OAUTH_TARGET profiles.deploy.audience',
    ],
    [
      'an audience of another case',
      { audience: ['https://API.example'] },
      'ERR_OAUTH_TARGET profiles.deploy.audience',
    ],
    ['an empty audience', { audience: [''] }, 'ERR_OAUTH_TARGET profiles.deploy.audience'],
    ['a scope beyond it', { scope: ['read', 'admin'] }, 'ERR_OAUTH_SCOPE profiles.deploy.scope'],
    ['a scope of another case', { scope: ['READ'] }, 'ERR_OAUTH_SCOPE profiles.deploy.scope'],
    ['a role as scope', { scope: ['deployer'] }, 'ERR_OAUTH_SCOPE profiles.deploy.scope'],
    [
      'both',
      { scope: ['admin'], audience: ['https://c.example'] },
      'ERR_OAUTH_TARGET profiles.deploy.audience',
    ],
  ])('is refused: %s', (_, given, expected) => expect(verdict(ask(given))).toBe(expected))

  test('of a profile without scopes is refused, and none has the empty one', () => {
    const bare = policy(ruled('dns: a.example'))
    const of = (scope: string[]): ReturnType<typeof decide> =>
      bare.decide(request({ scope, facts: { dns: ['a.example'] } }))
    expect(verdict(of(['read']))).toBe('ERR_OAUTH_SCOPE profiles.p.scope')
    expect(of([])).toMatchObject({ allowed: true, scope: [] })
  })
})

describe('several profiles', () => {
  const two = policy(`${PROFILE}wide:
  match: { trustAnchor: workloads, uri: "spiffe://prod.example/**" }
  audience: https://c.example
  binding: none
  lifetime: 10s
  algorithm: RS256
`)

  test('the first that holds gives the token', () => {
    expect(verdict(two.decide(request({ facts: { uris: [DEPLOY] } })))).toBe('deploy')
    expect(two.decide(request({ facts: { uris: ['spiffe://prod.example/x'] } }))).toMatchObject({
      profile: 'wide',
      lifetimeSeconds: 10,
      algorithm: 'RS256',
    })
  })

  test('a later one gives what an earlier one cannot', () => {
    expect(verdict(two.decide(request({ audience: ['https://c.example'], facts: { uris: [DEPLOY] } })))).toBe(
      'wide',
    )
  })

  test('no two together give what none gives', () => {
    const decision = two.decide(
      request({ audience: ['https://api.example', 'https://c.example'], facts: { uris: [DEPLOY] } }),
    )
    expect(verdict(decision)).toBe('ERR_OAUTH_TARGET profiles.deploy.audience')
    expect(
      verdict(
        two.decide(request({ audience: ['https://c.example'], scope: ['read'], facts: { uris: [DEPLOY] } })),
      ),
    ).toBe('ERR_OAUTH_SCOPE profiles.wide.scope')
  })

  test('the nearest is the one that came furthest, and each says what it missed', () => {
    const decision = two.decide(
      request({ audience: ['https://d.example'], facts: { uris: ['spiffe://prod.example/x'] } }),
    )
    expect(decision).toEqual({
      allowed: false,
      code: 'ERR_OAUTH_TARGET',
      nearest: {
        profile: 'wide',
        rule: 'profiles.wide.audience',
        expected: '"https://c.example"',
        found: '"https://d.example"',
      },
      misses: [
        {
          profile: 'deploy',
          rule: 'profiles.deploy.match.uri',
          expected: '"spiffe://prod.example/ns/*/sa/deploy"',
          found: '"spiffe://prod.example/x"',
        },
        expect.objectContaining({ rule: 'profiles.wide.audience' }),
      ],
    })
  })

  test('a hundred misses are told, and the nearest of all', () => {
    const many = Array.from({ length: 101 }, (_, index) =>
      ruled(`dns: a${index}.example`).replace('p:', `p${index}:`),
    )
    const decision = policy(many.join('')).decide(request({ scope: ['x'], facts: { dns: ['a100.example'] } }))
    expect(verdict(decision)).toBe('ERR_OAUTH_SCOPE profiles.p100.scope')
    expect(decision.allowed ? [] : decision.misses).toHaveLength(100)
  })
})

describe('clients and grants', () => {
  const open = policy(PROFILE, CLIENTS)
  const closed = policy(`${PROFILE}  clients: [billing]\n  grants: client_credentials\n`, CLIENTS)
  const holder = { uris: [DEPLOY] }
  const NO_CLIENT = 'ERR_OAUTH_UNAUTHORIZED_CLIENT clients'

  test.each([
    ['any client, none too', open, { facts: holder }, 'deploy'],
    ['a client that only names itself', open, { clientId: 'web', facts: holder }, 'deploy'],
    ['a client that nobody registered', open, { clientId: 'nobody', facts: holder }, NO_CLIENT],
    ['a name that every object has', open, { clientId: 'constructor', facts: holder }, NO_CLIENT],
    ['an empty client', open, { clientId: '', facts: holder }, NO_CLIENT],
    [
      'a client without that grant',
      open,
      { clientId: 'batch', facts: holder },
      'ERR_OAUTH_UNAUTHORIZED_CLIENT clients.batch.grants',
    ],
    [
      'none where one is asked for',
      closed,
      { grant: 'client_credentials', facts: holder },
      'ERR_OAUTH_UNAUTHORIZED_CLIENT profiles.deploy.clients',
    ],
    [
      'another grant',
      closed,
      { clientId: 'billing', facts: holder },
      'ERR_OAUTH_UNAUTHORIZED_CLIENT profiles.deploy.grants',
    ],
    ['the client', closed, { clientId: 'billing', grant: 'client_credentials', facts: holder }, 'deploy'],
    [
      'the client with the certificate of another',
      closed,
      {
        clientId: 'billing',
        grant: 'client_credentials',
        facts: { uris: ['spiffe://prod.example/ns/b/sa/deploy'] },
      },
      'ERR_OAUTH_UNAUTHORIZED_CLIENT clients.billing.certificate.san_uri',
    ],
    [
      'the client with a certificate of another CA',
      closed,
      { clientId: 'billing', grant: 'client_credentials', facts: { ...holder, anchor: 'partners' } },
      'ERR_OAUTH_UNAUTHORIZED_CLIENT clients.billing.trustAnchor',
    ],
    [
      'another client',
      closed,
      { clientId: 'batch', grant: 'client_credentials', facts: { ...holder, dns: ['batch.example'] } },
      'ERR_OAUTH_UNAUTHORIZED_CLIENT profiles.deploy.clients',
    ],
    [
      'a client that is not authenticated',
      open,
      { clientId: 'web', grant: 'client_credentials', facts: holder },
      'ERR_OAUTH_UNAUTHORIZED_CLIENT clients.web.grants',
    ],
  ] as const)('%s', (_, { decide }, given, expected) => {
    expect(verdict(decide(request(given)))).toBe(expected)
  })

  test('a client that was authenticated is the subject by its id, with its own grant alone', () => {
    const given = { clientId: 'billing', subject: 'billing', facts: holder }
    expect(open.decide(request({ ...given, grant: 'client_credentials' }))).toMatchObject({
      subject: 'billing',
    })
    expect(verdict(open.decide(request(given)))).toBe('ERR_OAUTH_GRANT profiles.deploy.subject')
    expect(verdict(open.decide(request({ ...given, clientId: 'web', subject: 'web' })))).toBe(
      'ERR_OAUTH_GRANT profiles.deploy.subject',
    )
  })

  test.each([
    ['without a client', {}, 'billing'],
    ['without a client, under a foreign name', {}, 'uri:spiffe://prod.example/other'],
    ['by a client under the id of another', { clientId: 'billing' }, 'batch'],
    ['by a client under a foreign name', { clientId: 'billing' }, 'uri:spiffe://prod.example/other'],
  ])('client_credentials %s has no name that nobody vouched for', (_, client, subject) => {
    const given = { ...client, subject, grant: 'client_credentials', facts: holder } as const
    expect(verdict(open.decide(request(given)))).toBe('ERR_OAUTH_GRANT profiles.deploy.subject')
  })

  test('matches compares the anchor and the certificate', () => {
    const client = open.clients.get('batch')
    expect(client?.matches(facts({ dns: ['BATCH.example'] }))).toBeUndefined()
    expect(client?.matches(facts({ dns: ['batch.example'], anchor: 'partners' }))?.rule).toBe(
      'clients.batch.trustAnchor',
    )
    expect(client?.matches(facts({ dns: ['x.batch.example'] }))?.rule).toBe(
      'clients.batch.certificate.san_dns',
    )
    expect(client?.matches(facts({ dns: ['*.example'] }))?.rule).toBe('clients.batch.certificate.san_dns')
    expect(open.clients.get('web')?.matches(facts())?.rule).toBe('clients.web.authentication')
  })

  test.each([
    ['san_uri: "x:y"', { uris: ['x:y'] }, { uris: ['x:Y'] }],
    ['san_email: a@Example.com', { emails: ['a@example.com'] }, { emails: ['A@example.com'] }],
    ['san_ip: "2001:db8::1"', { ips: ['2001:db8:0:0:0:0:0:1'] }, { ips: ['2001:db8:0:0:0:0:0:2'] }],
    ['subject_dn: "CN=a,O=b"', { subject: 'CN=a,O=b' }, { subject: 'CN=a,O=b,C=DE' }],
    [
      `x5t_s256: ${'B'.repeat(42)}A`,
      { thumbprint: `${'B'.repeat(42)}A` },
      { thumbprint: `${'b'.repeat(42)}A` },
    ],
  ])('certificate: { %s }', (certificate, own, other) => {
    const { clients } = policy(
      '',
      `c: { authentication: private_key_jwt, trustAnchor: workloads, certificate: { ${certificate} } }`,
    )
    expect(clients.get('c')?.matches(facts(own))).toBeUndefined()
    expect(clients.get('c')?.matches(facts(other))?.rule).toMatch(/^clients\.c\.certificate\./u)
  })
})

test('eight values are told, and how many more there are', () => {
  const { decide } = policy(ruled('dns: a.example'))
  const found = (length: number): unknown => {
    const decision = decide(request({ facts: { dns: Array.from({ length }, (_, index) => `b${index}`) } }))
    return decision.allowed ? undefined : decision.nearest?.found
  }
  expect(found(8)).toBe('"b0", "b1", "b2", "b3", "b4", "b5", "b6", "b7"')
  expect(found(9)).toBe('"b0", "b1", "b2", "b3", "b4", "b5", "b6", "b7" and 1 more')
})

test('many names and many patterns are judged in bounded time', () => {
  const patterns = (profile: number): string =>
    Array.from({ length: 60 }, (_, index) => `"x:/${profile}/${index}/*"`).join(', ')
  const many = Array.from({ length: 150 }, (_, index) =>
    ruled(`uri: [${patterns(index)}]`).replace('p:', `p${index}:`),
  )
  const { decide } = policy(many.join(''))
  const uris = Array.from({ length: 256 }, (_, index) => `x:/${index}/${'a/'.repeat(100)}`)
  const start = performance.now()
  expect(decide(request({ facts: { uris } })).allowed).toBe(false)
  expect(performance.now() - start).toBeLessThan(20_000)
})

test('texts of certificates are escaped in what is told', () => {
  const decision = policy(PROFILE).decide(request({ facts: { uris: ['x:\u{202e}\u{1b}[31m'] } }))
  expect(decision).toMatchObject({ nearest: { found: String.raw`"x:\u{202e}\u{1b}[31m"` } })
})

test('decisions and policies are frozen', () => {
  const compiled = policy(PROFILE, CLIENTS)
  const decision = compiled.decide(request({ facts: { uris: [DEPLOY] } }))
  for (const value of [
    compiled,
    compiled.document,
    compiled.document.profiles['deploy'],
    compiled.trustAnchors,
    decision,
  ]) {
    expect(Object.isFrozen(value)).toBe(true)
  }
})

test('metadata names what the profiles can give', () => {
  const { scopes, algorithms } = policy(
    `${PROFILE}q:\n  match: { trustAnchor: workloads, dns: a }\n  audience: x\n  binding: none\n  scope: [a, read]\n  algorithm: RS256\n`,
  )
  expect(scopes).toEqual(['a', 'read', 'write'])
  expect(algorithms).toEqual(['ES256', 'RS256'])
})
