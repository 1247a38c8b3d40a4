// Names: of two CAs, of one certificate, in every spelling that some reader takes for another one.

import { createTestCa, type TestCertificate } from 'ingam/testing'
import { describe, expect, it } from 'vitest'
import { AT, createWorld, type World } from '../oauth/support.ts'
import { ask, askBy, CREDENTIALS, grantBy, policyText, profileText, putPolicy } from './support.ts'

type Names = Parameters<TestCertificate['issue']>[0]

/** The error for a certificate with these names, signed under `sub`; undefined where it gets a token. */
async function errorFor(world: World, names: Names, sub: string): Promise<unknown> {
  const holder = await world.ca.issue(names)
  return (await askBy(world, grantBy(holder, { iss: sub, sub }))).error
}

async function worldOf(match: string, more = ''): Promise<World> {
  const world = await createWorld()
  putPolicy(world, policyText({ workloads: world.ca }, profileText(`trustAnchor: workloads, ${match}`, more)))
  return world
}

describe('a pattern on URIs', () => {
  it('holds for nothing that only some readers take for the name', async () => {
    const world = await worldOf(
      "uri: ['spiffe://prod.example/ns/*/sa/deploy', 'spiffe://prod.example/ci/**']",
    )
    const good = [
      'spiffe://prod.example/ns/a/sa/deploy',
      'spiffe://prod.example/ci/a',
      'spiffe://prod.example/ci/a/b.c',
    ]
    for (const uri of good)
      expect([uri, await errorFor(world, { uris: [uri] }, `uri:${uri}`)]).toEqual([uri, undefined])
    const bad = [
      'spiffe://prod.example/ns/../sa/deploy',
      'spiffe://prod.example/ns/./sa/deploy',
      'spiffe://prod.example/ns//sa/deploy',
      'spiffe://prod.example/ns/a%2Fb/sa/deploy',
      'spiffe://prod.example/ns/%2e%2e/sa/deploy',
      'spiffe://prod.example/ns/a/b/sa/deploy',
      'spiffe://prod.example/ns/a/sa/deploy/',
      'spiffe://prod.example/ns/a/sa/deploy?x',
      'spiffe://prod.example/ns/a/sa/deploy#x',
      'spiffe://prod.example/ns/a/sa/Deploy',
      'spiffe://prod.example/ns/*/sa/deploy',
      String.raw`spiffe://prod.example/ns/a\b/sa/deploy`,
      'SPIFFE://prod.example/ns/a/sa/deploy',
      'spiffe://PROD.example/ns/a/sa/deploy',
      'spiffe://prod.example./ns/a/sa/deploy',
      'spiffe://prod.example:443/ns/a/sa/deploy',
      'spiffe://a@prod.example/ns/a/sa/deploy',
      'spiffe://prod.example@evil.example/ns/a/sa/deploy',
      'spiffe://evil.example/prod.example/ns/a/sa/deploy',
      'spiffe:prod.example/ns/a/sa/deploy',
      'spiffe://prod.example/ci/',
      'spiffe://prod.example/ci/a/../b',
      'spiffe://prod.example/ci/a//b',
      'spiffe://prod.example/ci/a/%2e',
      'spiffe://prod.example/ci/a?b/c',
    ]
    for (const uri of bad)
      expect([uri, await errorFor(world, { uris: [uri] }, `uri:${uri}`)]).toEqual([uri, 'invalid_grant'])
  })
})

describe('a pattern on hosts', () => {
  it('holds for no wildcard of a certificate, no trailing dot, no label that is missing', async () => {
    const world = await worldOf("dns: ['*.build.example', build.example]")
    for (const dns of ['a.build.example', 'A.BUILD.example', 'build.example'])
      expect([dns, await errorFor(world, { dns: [dns] }, `dns:${dns}`)]).toEqual([dns, undefined])
    for (const dns of [
      'a.b.build.example',
      'a.build.example.',
      'build.example.',
      'xbuild.example',
      'a.build.example.evil.example',
    ])
      expect([dns, await errorFor(world, { dns: [dns] }, `dns:${dns}`)]).toEqual([dns, 'invalid_grant'])
    // A wildcard is no name to sign under, and matches no rule under another name.
    const wild = await world.ca.issue({ dns: ['*.build.example'], uris: ['urn:x'] })
    for (const sub of ['dns:*.build.example', 'dns:a.build.example', 'dns:build.example', 'uri:urn:x'])
      expect([sub, (await askBy(world, grantBy(wild, { iss: sub, sub }))).error]).toEqual([
        sub,
        'invalid_grant',
      ])
  })
})

describe('a rule on addresses', () => {
  it('is of one family, whatever is mapped', async () => {
    const world = await worldOf("ip: ['192.0.2.0/24', '2001:db8::/32']")
    const v6 = (hex: string): number[] => [...Buffer.from(hex, 'hex')]
    const good = [[192, 0, 2, 7], v6('20010db8000000000000000000000001')]
    const bad = [
      [192, 0, 3, 1],
      v6('20010db9000000000000000000000001'),
      // ::ffff:192.0.2.7 and ::192.0.2.7
      v6('00000000000000000000ffffc0000207'),
      v6('000000000000000000000000c0000207'),
    ]
    for (const [address, error] of [
      ...good.map((one) => [one, undefined]),
      ...bad.map((one) => [one, 'invalid_grant']),
    ]) {
      const holder = await world.ca.issue({
        extensions: [{ oid: '2.5.29.17', value: subjectAltName(address) }],
      })
      expect([address, (await askBy(world, grantBy(holder))).error]).toEqual([address, error])
    }
  })
})

// The address, and urn:x to sign under.
function subjectAltName(address: unknown): Uint8Array {
  const octets = Array.isArray(address) ? address.map(Number) : []
  const names = [0x87, octets.length, ...octets, 0x86, 5, ...Buffer.from('urn:x')]
  return Uint8Array.of(0x30, names.length, ...names)
}

describe('a certificate with several names', () => {
  it('speaks under the name that the rule holds for, and no other of its kind', async () => {
    const world = await worldOf("uri: 'spiffe://prod.example/admin'")
    const names = { uris: ['spiffe://prod.example/admin', 'spiffe://prod.example/low'] }
    expect(await errorFor(world, names, 'uri:spiffe://prod.example/admin')).toBeUndefined()
    for (const sub of [
      'uri:spiffe://prod.example/low',
      'uri:spiffe://prod.example/Admin',
      'spiffe://prod.example/admin',
    ])
      expect([sub, await errorFor(world, names, sub)]).toEqual([sub, 'invalid_grant'])
    expect(
      await errorFor(world, { uris: ['spiffe://prod.example/low'] }, 'uri:spiffe://prod.example/admin'),
    ).toBe('invalid_grant')
  })

  it('speaks under a chosen name only where there is one', async () => {
    const world = await worldOf("uri: 'spiffe://prod.example/*'", "subject: '{uri}'")
    const sub = 'uri:spiffe://prod.example/a'
    const one = { uris: ['spiffe://prod.example/a', 'spiffe://other.example/b'] }
    expect(await errorFor(world, one, sub)).toBeUndefined()
    expect(await errorFor(world, { uris: ['spiffe://prod.example/a', 'spiffe://prod.example/b'] }, sub)).toBe(
      'invalid_grant',
    )
  })

  it('is compared with nothing where it has more names of a kind than any certificate in use', async () => {
    const world = await worldOf("uri: 'spiffe://prod.example/n0'")
    const names = (count: number): string[] =>
      Array.from({ length: count }, (_, index) => `spiffe://prod.example/n${index}`)
    expect(await errorFor(world, { uris: names(256) }, 'uri:spiffe://prod.example/n0')).toBeUndefined()
    expect(await errorFor(world, { uris: names(257) }, 'uri:spiffe://prod.example/n0')).toBe('invalid_grant')
  })
})

describe('a second CA', () => {
  const DEPLOY = 'spiffe://prod.example/deploy'
  async function twoAnchors(names: string): Promise<readonly [World, TestCertificate]> {
    const world = await createWorld()
    const partner = await createTestCa({ at: AT, name: 'Partner CA' })
    const profiles =
      profileText(`trustAnchor: workloads, uri: '${DEPLOY}'`, '', 'own') +
      profileText(`trustAnchor: partners, uri: 'spiffe://partner.example/*'`, 'scope: [partner]', 'partner')
    const clients = `
  billing:
    authentication: private_key_jwt
    trustAnchor: workloads
    certificate: { san_uri: 'spiffe://prod.example/billing' }
  gateway:
    authentication: tls_client_auth
    trustAnchor: workloads
    certificate: { san_dns: gateway.example }`
    putPolicy(
      world,
      policyText({ workloads: world.ca, partners: { pem: partner.pem, names } }, profiles, clients),
    )
    return [world, partner]
  }

  it('gets nothing for a name of the first, and the token says which of them vouches', async () => {
    const [world, partner] = await twoAnchors('any')
    const thief = await partner.issue({ uris: [DEPLOY] })
    expect((await askBy(world, grantBy(thief))).error).toBe('invalid_grant')
    const both = await partner.issue({ uris: ['spiffe://partner.example/a', DEPLOY] })
    expect((await askBy(world, grantBy(both, { iss: `uri:${DEPLOY}`, sub: `uri:${DEPLOY}` }))).error).toBe(
      'invalid_grant',
    )
    const own = await askBy(world, grantBy(both))
    expect(own.claims).toMatchObject({
      sub: 'uri:spiffe://partner.example/a',
      trust_anchor: 'partners',
      scope: 'partner',
    })
    expect((await askBy(world, grantBy(world.workload))).claims).toMatchObject({ trust_anchor: 'workloads' })
  })

  it('is no CA of the clients of the first, by assertion or in the handshake', async () => {
    const [world, partner] = await twoAnchors('any')
    const billing = await partner.issue({ uris: ['spiffe://prod.example/billing'] })
    const form = await world.authenticated(billing, 'billing', { ...CREDENTIALS })
    expect((await ask(world, form)).error).toBe('invalid_client')
    expect(world.stores.records.at(-1)?.details).toMatchObject({
      misses: [{ rule: 'clients.billing.trustAnchor' }],
    })
    const gateway = await partner.issue({ dns: ['gateway.example'] })
    const named = { ...CREDENTIALS, client_id: 'gateway' }
    expect((await ask(world, named, { peer: [gateway.der] })).error).toBe('invalid_client')
  })

  it('speaks for no name beyond its own, whatever else the certificate bears', async () => {
    const [world, partner] = await twoAnchors("{ directoryNames: any, uris: ['partner.example'] }")
    expect(
      (await askBy(world, grantBy(await partner.issue({ uris: ['spiffe://partner.example/a'] })))).status,
    ).toBe(200)
    const beyond: readonly Names[] = [
      { uris: ['spiffe://partner.example/a', DEPLOY] },
      { uris: ['spiffe://partner.example/a'], dns: ['partner.example'] },
      { uris: ['spiffe://partner.example/a'], emails: ['a@partner.example'] },
      { uris: ['spiffe://partner.example/a'], upns: ['a@partner.example'] },
      { uris: ['spiffe://partner.example/a'], ips: ['192.0.2.1'] },
      { uris: ['spiffe://partner.example.evil.example/a'] },
    ]
    for (const names of beyond) {
      const holder = await partner.issue(names)
      expect([names, (await askBy(world, grantBy(holder))).error]).toEqual([names, 'invalid_grant'])
    }
  })

  it('with the name of the first one, and another key, is another CA', async () => {
    const world = await createWorld()
    const twin = await createTestCa({ at: AT, name: 'Workload CA' })
    const holder = await twin.issue({ uris: [DEPLOY] })
    expect((await askBy(world, grantBy(holder))).error).toBe('invalid_grant')
    const x5c = [holder.der, world.ca.der].map((der) => Buffer.from(der).toString('base64'))
    expect((await askBy(world, grantBy(holder, {}, { x5c }))).error).toBe('invalid_grant')
  })
})

describe('an old and a new certificate of one CA key as two trust anchors', () => {
  it.each([
    ['old', 'new'],
    ['new', 'old'],
  ])('are no choice of the sender (%s first)', async (first, second) => {
    const world = await createWorld()
    const renewed = await createTestCa({ at: AT, name: 'Workload CA', keyOf: world.ca })
    const pems: Readonly<Record<string, string>> = { old: world.ca.pem, new: renewed.pem }
    const anchors = { [first]: { pem: pems[first] ?? '' }, [second]: { pem: pems[second] ?? '' } }
    const profiles =
      profileText(`trustAnchor: old, uri: '${DEPLOY_URI}'`, 'scope: [old]', 'o') +
      profileText(`trustAnchor: new, uri: '${DEPLOY_URI}'`, 'scope: [new]', 'n')
    putPolicy(world, policyText(anchors, profiles))
    const seen = new Set<unknown>()
    for (const root of [undefined, world.ca.der, renewed.der]) {
      const x5c = [world.workload.der, ...(root === undefined ? [] : [root])].map((der) =>
        Buffer.from(der).toString('base64'),
      )
      const { claims, error } = await askBy(world, grantBy(world.workload, {}, { x5c }))
      if (error === undefined) seen.add(claims['trust_anchor'])
    }
    expect([...seen]).toHaveLength(1)
  })
})

const DEPLOY_URI = 'spiffe://prod.example/deploy'

describe('a client', () => {
  it.each([
    "san_uri: 'spiffe://prod.example/*'",
    "san_uri: 'spiffe://prod.example/**'",
    "san_dns: '*.example'",
    "san_email: '*@example.com'",
    "san_ip: '192.0.2.0/24'",
    "subject_dn: 'CN=*'",
    "san_uri: 'spiffe://prod.example/a', san_dns: a.example",
  ])('is registered with one name and no pattern: %s', async (match) => {
    const world = await createWorld()
    const clients = `\n  c: { authentication: private_key_jwt, trustAnchor: workloads, certificate: { ${match} } }`
    expect(() => putPolicy(world, policyText({ workloads: world.ca }, '  {}', clients))).toThrow(
      /clients\.c\.certificate/u,
    )
  })

  it.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty'])(
    'and a profile of the name %s are either refused or what they say, never what every object has',
    async (name) => {
      const world = await createWorld()
      const form = { client_id: name, ...(await world.bearer(world.workload)) }
      expect((await ask(world, form)).error).toBe('invalid_client')
      const assertion = await world.authenticated(world.billing, name, { ...CREDENTIALS })
      expect((await ask(world, assertion)).error).toBe('invalid_client')
      const clients = `\n  ${name}: { authentication: none }`
      const profiles = profileText(`trustAnchor: workloads, uri: '${DEPLOY_URI}'`, `clients: [${name}]`, name)
      const put = (): void => putPolicy(world, policyText({ workloads: world.ca }, profiles, clients))
      if (name === '__proto__') {
        expect(put).toThrow(/no key has this name/u)
        return
      }
      put()
      expect((await askBy(world, grantBy(world.workload))).error).toBe('unauthorized_client')
      expect((await askBy(world, grantBy(world.workload), { client_id: name })).claims['client_id']).toBe(
        name,
      )
    },
  )
})
