// Client authentication: one way a request, the registered one, with the client's own certificate.

import { createHash, sign } from 'node:crypto'
import { signAuthorizationGrant, signClientAuthentication, signToken } from 'ingam'
import type { TestCertificate } from 'ingam/testing'
import { describe, expect, it } from 'vitest'
import { ASSERTION_TYPE, AT, createWorld, ISSUER, JWT_BEARER, payloadOf, type World } from './support.ts'

const NOW = AT.getTime() / 1000
const CREDENTIALS = { grant_type: 'client_credentials' }

async function errorOf(world: World, form: Record<string, string>, more = {}): Promise<[number, unknown]> {
  const { status, body } = await world.call({ form, ...more })
  return [status, body['error']]
}

/** An assertion as clients write it that know no typ: RFC 7523. */
function legacyAssertion(
  holder: TestCertificate,
  claims: Record<string, unknown> = {},
  header: Record<string, unknown> = {},
): string {
  const head = {
    alg: 'ES256',
    x5c: holder.chain.map(({ der }) => Buffer.from(der).toString('base64')),
    ...header,
  }
  const body = {
    iss: 'billing',
    sub: 'billing',
    aud: `${ISSUER}/token`,
    iat: NOW,
    exp: NOW + 60,
    jti: crypto.randomUUID(),
    ...claims,
  }
  const input = [head, body].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')
  const key = { key: holder.privateKeyPem, dsaEncoding: 'ieee-p1363' } as const
  return `${input}.${sign('sha256', Buffer.from(input), key).toString('base64url')}`
}

describe('private_key_jwt', () => {
  it('with a jwt-bearer grant: the client is named in the token, and the policy hears of it', async () => {
    const world = await createWorld()
    const form = await world.authenticated(world.billing, 'billing', await world.bearer(world.workload))
    const { status, body } = await world.call({ form: { ...form, client_id: 'billing' } })
    expect(status).toBe(200)
    expect(payloadOf(String(body['access_token']))).toMatchObject({
      sub: 'uri:spiffe://prod.example/deploy',
      client_id: 'billing',
    })
    expect(world.requests).toMatchObject([
      { clientId: 'billing', subject: 'uri:spiffe://prod.example/deploy' },
    ])
    expect(new Set(world.rateKeys).size).toBe(2)
  })

  it('uses neither assertion up where the other was used', async () => {
    const world = await createWorld()
    const grant = await world.bearer(world.workload)
    const client = await world.authenticated(world.billing, 'billing')
    expect((await errorOf(world, { ...client, ...CREDENTIALS }))[0]).toBe(200)
    expect(await errorOf(world, { ...client, ...grant })).toEqual([401, 'invalid_client'])
    expect((await errorOf(world, grant))[0]).toBe(200)
  })

  it('refuses a certificate of another client under the same anchor, and records whose it was', async () => {
    const world = await createWorld()
    const form = await world.authenticated(world.gateway, 'billing', CREDENTIALS)
    expect(await errorOf(world, form)).toEqual([401, 'invalid_client'])
    expect(world.stores.records).toMatchObject([
      {
        type: 'token.refused',
        thumbprint: world.rateKeys[0],
        details: {
          code: 'ERR_OAUTH_CLIENT',
          client: 'billing',
          misses: [{ rule: 'clients.billing.certificate' }],
        },
      },
    ])
  })

  it('refuses a client_id that is not the sub, and clients that are registered otherwise or not at all', async () => {
    const world = await createWorld()
    const own = await world.authenticated(world.billing, 'billing', { ...CREDENTIALS, client_id: 'orders' })
    expect(await errorOf(world, own)).toEqual([401, 'invalid_client'])
    const tls = await world.authenticated(world.gateway, 'gateway', CREDENTIALS)
    expect(await errorOf(world, tls)).toEqual([401, 'invalid_client'])
    const none = await world.authenticated(world.billing, 'page', CREDENTIALS)
    expect(await errorOf(world, none)).toEqual([401, 'invalid_client'])
    const unknown = await world.authenticated(world.billing, '__proto__', CREDENTIALS)
    expect(await errorOf(world, unknown)).toEqual([401, 'invalid_client'])
  })

  it('refuses an assertion for a grant, and a cert-auth+jwt', async () => {
    const world = await createWorld()
    const credential = await world.billing.credential()
    const grant = await signAuthorizationGrant(credential, { audience: ISSUER, at: AT })
    const auth = await signToken(credential, { audience: ISSUER, at: AT })
    for (const client_assertion of [grant, auth]) {
      const form = { ...CREDENTIALS, client_assertion_type: ASSERTION_TYPE, client_assertion }
      expect(await errorOf(world, form)).toEqual([401, 'invalid_client'])
    }
  })

  it.each<[string, Record<string, string>, Record<string, string>, [number, string]]>([
    [
      'another type',
      { client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:saml2-bearer' },
      {},
      [401, 'invalid_client'],
    ],
    ['no type', { client_assertion_type: '' }, {}, [400, 'invalid_request']],
    ['no assertion', { client_assertion: '' }, {}, [400, 'invalid_request']],
    ['a secret too', { client_secret: 'x' }, {}, [400, 'invalid_request']],
    ['HTTP Basic too', {}, { authorization: 'Basic YTpi' }, [400, 'invalid_request']],
  ])('refuses %s', async (_, more, headers, expected) => {
    const world = await createWorld()
    const form = await world.authenticated(world.billing, 'billing', CREDENTIALS)
    expect(await errorOf(world, { ...form, ...more }, { headers })).toEqual(expected)
    expect(world.stores.records).toEqual([])
  })

  it('refuses HTTP Basic and a secret alone, the first in its own scheme', async () => {
    const world = await createWorld()
    const basic = await world.call({ form: CREDENTIALS, headers: { authorization: 'Basic YTpi' } })
    expect([basic.status, basic.body['error']]).toEqual([401, 'invalid_client'])
    expect(basic.headers.get('www-authenticate')).toMatch(/^Basic /u)
    const form = { ...CREDENTIALS, client_id: 'billing', client_secret: 'x' }
    expect(await errorOf(world, form)).toEqual([401, 'invalid_client'])
    const bearer = await world.bearer(world.workload)
    expect(await errorOf(world, bearer, { headers: { authorization: 'Bearer x' } })).toEqual([
      401,
      'invalid_client',
    ])
    expect((await errorOf(world, bearer))[0]).toBe(200)
  })

  it('refuses a client whose certificate or name is blocked, also where somebody else gets the token', async () => {
    const world = await createWorld()
    const form = await world.authenticated(world.billing, 'billing', await world.bearer(world.workload))
    const selector = { kind: 'identity', subject: 'billing', trustAnchor: 'workloads' } as const
    await world.stores.commit({ block: { selector, since: NOW, reason: 'r', by: 'b' }, audit: [] })
    expect(await errorOf(world, form)).toEqual([401, 'invalid_client'])
    await world.stores.commit({ unblock: selector, audit: [] })
    expect((await errorOf(world, form))[0]).toBe(200)
  })
})

describe('a legacy client', () => {
  async function legacyWorld(): Promise<World> {
    const world = await createWorld()
    const billing = world.clients.get('billing')
    if (billing !== undefined) world.clients.set('billing', { ...billing, legacy: true })
    return world
  }
  const form = (client_assertion: string): Record<string, string> => ({
    ...CREDENTIALS,
    client_assertion_type: ASSERTION_TYPE,
    client_assertion,
  })

  it.each<[string, Record<string, unknown>, Record<string, unknown>]>([
    ['without typ, for the token endpoint', {}, {}],
    ['with typ JWT', {}, { typ: 'JWT' }],
    ['for the issuer', { aud: ISSUER }, {}],
    ['for both', { aud: [ISSUER, `${ISSUER}/token`] }, {}],
  ])('is let in %s', async (_, claims, header) => {
    const world = await legacyWorld()
    expect((await errorOf(world, form(legacyAssertion(world.billing, claims, header))))[0]).toBe(200)
  })

  it.each<[string, Record<string, unknown>, Record<string, unknown>]>([
    ['with the typ of a grant', {}, { typ: 'authorization-grant+jwt' }],
    ['with the new typ for the token endpoint', {}, { typ: 'client-authentication+jwt' }],
    ['for somebody else too', { aud: [ISSUER, 'https://evil.example'] }, {}],
    ['for another endpoint', { aud: `${ISSUER}/introspect` }, {}],
    ['under another name', { sub: 'orders', iss: 'orders' }, {}],
  ])('is refused %s', async (_, claims, header) => {
    const world = await legacyWorld()
    expect(await errorOf(world, form(legacyAssertion(world.billing, claims, header)))).toEqual([
      401,
      'invalid_client',
    ])
  })

  it('may use the new form as well', async () => {
    const world = await legacyWorld()
    expect((await errorOf(world, await world.authenticated(world.billing, 'billing', CREDENTIALS)))[0]).toBe(
      200,
    )
  })

  it('is one only where the policy says so', async () => {
    const world = await createWorld()
    expect(await errorOf(world, form(legacyAssertion(world.billing)))).toEqual([401, 'invalid_client'])
    expect(world.stores.records).toMatchObject([{ details: { reason: 'this client is not marked legacy' } }])
  })

  it('has no other way for its grant', async () => {
    const world = await legacyWorld()
    const assertion = legacyAssertion(world.workload, {
      iss: 'uri:spiffe://prod.example/deploy',
      sub: 'uri:spiffe://prod.example/deploy',
      aud: ISSUER,
    })
    expect(await errorOf(world, { grant_type: JWT_BEARER, assertion })).toEqual([400, 'invalid_grant'])
  })
})

describe('tls_client_auth', () => {
  const gateway = { ...CREDENTIALS, client_id: 'gateway' }

  it('gives a client its token', async () => {
    const world = await createWorld()
    const { status, body } = await world.call({ form: gateway, peer: [world.gateway.der] })
    expect(status).toBe(200)
    const payload = payloadOf(String(body['access_token']))
    expect(payload).toMatchObject({ sub: 'gateway', client_id: 'gateway' })
    expect(payload).not.toHaveProperty('auth_time')
    expect(world.requests[0]?.facts).toMatchObject({ anchor: 'workloads', dns: ['gateway.example'] })
  })

  it('takes the chain that was shown', async () => {
    const world = await createWorld()
    const middle = await world.ca.issue({ kind: 'ca', name: 'Issuing CA' })
    const leaf = await middle.issue({ dns: ['gateway.example'] })
    expect(await errorOf(world, gateway, { peer: [leaf.der] })).toEqual([401, 'invalid_client'])
    expect((await errorOf(world, gateway, { peer: [leaf.der, middle.der] }))[0]).toBe(200)
  })

  it("refuses no certificate, another client's, another CA's, an expired one, a server's, a CA's, and garbage", async () => {
    const world = await createWorld()
    const other = await createWorld()
    const expired = await world.ca.issue({
      dns: ['gateway.example'],
      notAfter: new Date(AT.getTime() - 1_000),
    })
    const server = await world.ca.issue({ dns: ['gateway.example'], extKeyUsage: ['1.3.6.1.5.5.7.3.1'] })
    const ca = await world.ca.issue({ dns: ['gateway.example'], kind: 'ca' })
    const peers = [
      [],
      [world.billing.der],
      [other.gateway.der],
      [expired.der],
      [server.der],
      [ca.der],
      [new Uint8Array(9)],
    ]
    for (const peer of peers) expect(await errorOf(world, gateway, { peer })).toEqual([401, 'invalid_client'])
    expect(world.requests).toEqual([])
  })

  it('needs the client_id', async () => {
    const world = await createWorld()
    expect(await errorOf(world, CREDENTIALS, { peer: [world.gateway.der] })).toEqual([401, 'invalid_client'])
  })

  it('is no way in for a client that is registered for assertions', async () => {
    const world = await createWorld()
    const form = { ...CREDENTIALS, client_id: 'billing' }
    expect(await errorOf(world, form, { peer: [world.billing.der] })).toEqual([401, 'invalid_client'])
  })

  it('asks for the standing as the policy says, and records who is refused by it', async () => {
    const world = await createWorld({ revocation: { mode: 'require', depth: 'chain' }, sources: [] })
    const unknown = await world.call({ form: gateway, peer: [world.gateway.der] })
    expect([unknown.status, unknown.body['error']]).toEqual([503, 'temporarily_unavailable'])
    expect(world.stores.records).toMatchObject([{ details: { code: 'ERR_OAUTH_UNDECIDED' } }])
  })
})

describe('revocation', () => {
  it('refuses the revoked, and records it with the certificate', async () => {
    const world = await createWorld({ revoked: ['workload', 'gateway'] })
    const form = await world.bearer(world.workload)
    expect(await errorOf(world, form)).toEqual([400, 'invalid_grant'])
    const gateway = { ...CREDENTIALS, client_id: 'gateway' }
    expect(await errorOf(world, gateway, { peer: [world.gateway.der] })).toEqual([401, 'invalid_client'])
    expect(world.stores.records.map(({ thumbprint }) => thumbprint)).toEqual(
      [world.workload, world.gateway].map(({ der }) => createHash('sha256').update(der).digest('base64url')),
    )
    expect(world.stores.records).toMatchObject([
      { type: 'token.refused', details: { reason: 'ERR_REVOCATION_REVOKED' } },
      { type: 'token.refused', details: { reason: 'ERR_REVOCATION_REVOKED' } },
    ])
    expect(world.early).toEqual([])
    expect((await errorOf(world, await world.bearer(world.billing)))[0]).toBe(200)
  })

  it('records nobody for a certificate that somebody else sent', async () => {
    const world = await createWorld({ revoked: ['workload'] })
    const assertion = await world.grantOf(world.workload)
    const form = { grant_type: JWT_BEARER, assertion: `${assertion.slice(0, -8)}AAAAAAAA` }
    expect(await errorOf(world, form)).toEqual([400, 'invalid_grant'])
    expect(world.stores.records).toEqual([])
    expect(world.early).toEqual([{ code: 'ERR_TOKEN_SIGNATURE' }])
  })
})

describe('none', () => {
  it('names a client without proof, and gets what its certificate gets', async () => {
    const world = await createWorld()
    const { body } = await world.call({ form: await world.bearer(world.workload, { client_id: 'page' }) })
    expect(payloadOf(String(body['access_token']))).toMatchObject({ client_id: 'page' })
    expect(world.requests).toMatchObject([{ clientId: 'page' }])
  })

  it('may name the holder itself', async () => {
    const world = await createWorld()
    const sub = 'uri:spiffe://prod.example/deploy'
    const form = await world.bearer(world.workload, { client_id: sub })
    expect((await errorOf(world, form))[0]).toBe(200)
    expect(world.requests[0]).not.toHaveProperty('clientId')
    const other = await world.bearer(world.workload, { client_id: 'uri:spiffe://prod.example/other' })
    expect(await errorOf(world, other)).toEqual([401, 'invalid_client'])
  })

  it('names no client that has to authenticate, not by the sub of an assertion either', async () => {
    const world = await createWorld()
    for (const id of ['billing', 'gateway']) {
      expect(await errorOf(world, await world.bearer(world.workload, { client_id: id }))).toEqual([
        401,
        'invalid_client',
      ])
    }
    const billing = world.clients.get('billing')
    if (billing === undefined) throw new Error('no client')
    const id = 'uri:spiffe://prod.example/deploy'
    world.clients.set(id, { ...billing, id })
    expect(await errorOf(world, await world.bearer(world.workload))).toEqual([401, 'invalid_client'])
    world.clients.set(id, { ...billing, id, authentication: 'none' })
    expect((await errorOf(world, await world.bearer(world.workload)))[0]).toBe(200)
    expect(world.requests.at(-1)).toMatchObject({ clientId: id })
  })

  it('gets the grants of the client', async () => {
    const world = await createWorld()
    const page = world.clients.get('page')
    if (page !== undefined) world.clients.set('page', { ...page, grants: [] })
    const form = await world.bearer(world.workload, { client_id: 'page' })
    expect(await errorOf(world, form)).toEqual([400, 'unauthorized_client'])
  })
})

describe('an assertion', () => {
  const SUB = 'uri:spiffe://prod.example/deploy'
  const challengeOf = async (world: World): Promise<string> =>
    String((await world.call({ path: '/challenge' })).body['challenge'])
  const answering = (world: World, nonce: unknown): Record<string, string> => {
    const iat = world.clock.now().getTime() / 1000
    const names = { iss: SUB, sub: SUB, aud: ISSUER }
    const claims = { ...names, iat, exp: iat + 60, ...(nonce !== undefined && { nonce }) }
    const typ = { typ: 'authorization-grant+jwt' }
    return { grant_type: JWT_BEARER, assertion: legacyAssertion(world.workload, claims, typ) }
  }

  it('answers a challenge of this service, once', async () => {
    const world = await createWorld()
    const challenge = await challengeOf(world)
    expect((await errorOf(world, answering(world, challenge)))[0]).toBe(200)
    expect(await errorOf(world, answering(world, challenge))).toEqual([400, 'invalid_grant'])
    expect(world.stores.records.at(-1)).toMatchObject({ details: { reason: 'challenge answered before' } })
    expect((await errorOf(world, answering(world, await challengeOf(world))))[0]).toBe(200)
    expect((await errorOf(world, answering(world, undefined)))[0]).toBe(200)
  })

  it('answers no other challenge', async () => {
    const world = await createWorld()
    const foreign = await challengeOf(await createWorld())
    const nonce = (await world.call({ path: '/challenge' })).headers.get('dpop-nonce')
    for (const other of [foreign, nonce, 'x', '', 7, null, `${await challengeOf(world)}A`]) {
      expect(await errorOf(world, answering(world, other)), String(other)).toEqual([400, 'invalid_grant'])
    }
    const old = await challengeOf(world)
    world.clock.advance(119)
    expect((await errorOf(world, answering(world, old)))[0]).toBe(200)
    const older = await challengeOf(world)
    world.clock.advance(120)
    expect(await errorOf(world, answering(world, older))).toEqual([400, 'invalid_grant'])
    expect(world.early.at(-1)).toEqual({ code: 'ERR_OAUTH_GRANT' })
  })

  it('of a client answers a challenge once where no token is issued, too', async () => {
    const world = await createWorld()
    const ask = async (challenge: string): Promise<readonly unknown[]> => {
      const options = { audience: ISSUER, clientId: 'billing', challenge, at: world.clock.now() }
      const assertion = await signClientAuthentication(await world.billing.credential(), options)
      const form = { token: 'x', client_assertion_type: ASSERTION_TYPE, client_assertion: assertion }
      return await errorOf(world, form, { path: '/introspect' })
    }
    const challenge = await challengeOf(world)
    expect((await ask(challenge))[0]).toBe(200)
    expect(await ask(challenge)).toEqual([401, 'invalid_client'])
    expect((await ask(await challengeOf(world)))[0]).toBe(200)
  })

  it('of a client answers a challenge too, once', async () => {
    const world = await createWorld()
    const challenge = await challengeOf(world)
    const ask = async (): Promise<readonly unknown[]> => {
      const options = { audience: ISSUER, clientId: 'billing', challenge, at: world.clock.now() }
      const assertion = await signClientAuthentication(await world.billing.credential(), options)
      return await errorOf(world, {
        grant_type: 'client_credentials',
        client_assertion_type: ASSERTION_TYPE,
        client_assertion: assertion,
      })
    }
    expect((await ask())[0]).toBe(200)
    expect(await ask()).toEqual([401, 'invalid_client'])
    expect(world.stores.records.at(-1)).toMatchObject({
      details: { reason: 'the challenge was answered before' },
    })
  })
})
