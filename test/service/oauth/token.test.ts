// POST /token: both grants, what the token says, what is recorded, and what is refused.

import { createHash } from 'node:crypto'
import { signAuthorizationGrant, signToken } from 'ingam'
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from 'jose'
import { describe, expect, it } from 'vitest'
import { ServiceError } from '../../../packages/server/src/service-error.ts'
import { API, ASSERTION_TYPE, AT, createWorld, ISSUER, JWT_BEARER, payloadOf } from './support.ts'

const NOW = AT.getTime() / 1000

describe('jwt-bearer', () => {
  it('gives a token with every claim of RFC 9068, which jose verifies by /jwks', async () => {
    const world = await createWorld()
    const { status, body, headers } = await world.call({ form: await world.bearer(world.workload) })
    expect(status).toBe(200)
    expect(headers.get('cache-control')).toBe('no-store')
    expect(headers.get('pragma')).toBe('no-cache')
    expect(body).toEqual({
      access_token: expect.any(String),
      token_type: 'Bearer',
      expires_in: 300,
      scope: 'read write',
    })
    const jwks = await world.call({ path: '/jwks', method: 'GET' })
    const { payload, protectedHeader } = await jwtVerify(
      String(body['access_token']),
      createLocalJWKSet(jwks.body as unknown as JSONWebKeySet),
      { issuer: ISSUER, audience: API, typ: 'at+jwt', currentDate: AT },
    )
    expect(protectedHeader.alg).toBe('ES256')
    expect(payload).toEqual({
      iss: ISSUER,
      sub: 'uri:spiffe://prod.example/deploy',
      aud: API,
      client_id: 'uri:spiffe://prod.example/deploy',
      iat: NOW,
      exp: NOW + 300,
      jti: expect.stringMatching(/^[\w-]{22}$/u),
      scope: 'read write',
      roles: ['deployer'],
      auth_time: NOW,
      trust_anchor: 'workloads',
    })
  })

  it('records the grant and one event, without token, chain or names of the certificate', async () => {
    const world = await createWorld()
    const form = await world.bearer(world.workload)
    const { body } = await world.call({ form })
    const [record, ...more] = world.stores.records
    expect(more).toEqual([])
    const { jti } = payloadOf(String(body['access_token']))
    expect(record).toMatchObject({
      type: 'token.issued',
      at: AT.getTime(),
      requestId: expect.any(String),
      thumbprint: expect.stringMatching(/^[\w-]{43}$/u),
      details: {
        jti,
        profile: 'deploy',
        policyVersion: 7,
        trustAnchor: 'workloads',
        audience: [API],
        scope: ['read', 'write'],
        binding: 'none',
      },
    })
    const text = JSON.stringify(record)
    expect(text).not.toContain(String(body['access_token']).split('.')[2])
    expect(text).not.toContain(form['assertion']?.split('.')[2])
    expect(await world.stores.grants.find(String(jti))).toMatchObject({
      clientId: 'uri:spiffe://prod.example/deploy',
      trustAnchor: 'workloads',
      thumbprint: record?.thumbprint,
      expiresAt: NOW + 300,
      policyVersion: 7,
    })
    expect(world.metrics.counts.get('issued deploy')).toBe(1)
  })

  it('writes several audiences as an array, and leaves out what is empty', async () => {
    const world = await createWorld({ grant: { audience: [API, 'https://b.example'], scope: [], roles: [] } })
    const { body } = await world.call({ form: await world.bearer(world.workload) })
    const payload = payloadOf(String(body['access_token']))
    expect(payload['aud']).toEqual([API, 'https://b.example'])
    expect(payload).not.toHaveProperty('scope')
    expect(payload).not.toHaveProperty('roles')
    expect(body).not.toHaveProperty('scope')
  })

  it('narrows audience and scope to what is asked for, and refuses more than there is', async () => {
    const world = await createWorld({ grant: { audience: [API, 'https://b.example'] } })
    const narrow = await world.call({
      form: await world.bearer(world.workload, { scope: 'read', resource: API }),
    })
    expect(narrow.body).toMatchObject({ scope: 'read' })
    expect(payloadOf(String(narrow.body['access_token']))).toMatchObject({ aud: API, scope: 'read' })
    const scope = await world.call({ form: await world.bearer(world.workload, { scope: 'read admin' }) })
    expect([scope.status, scope.body['error']]).toEqual([400, 'invalid_scope'])
    const target = await world.call({
      form: await world.bearer(world.workload, { audience: 'https://c.example' }),
    })
    expect([target.status, target.body['error']]).toEqual([400, 'invalid_target'])
  })

  it('takes resource and audience several times', async () => {
    const world = await createWorld({ grant: { audience: [API, 'https://b.example', 'logical'] } })
    const form = `${String(new URLSearchParams(await world.bearer(world.workload)))}&resource=https%3A%2F%2Fb.example&resource=${encodeURIComponent(API)}&audience=logical&audience=logical`
    const { body } = await world.call({ form })
    expect(payloadOf(String(body['access_token']))['aud']).toEqual(['https://b.example', API, 'logical'])
  })

  it.each(['x y', 'https://api.example/#f', '/relative', `https://api.example/${'a'.repeat(2_048)}`])(
    'refuses %s as resource',
    async (resource) => {
      const world = await createWorld()
      const { status, body } = await world.call({ form: await world.bearer(world.workload, { resource }) })
      expect([status, body['error']]).toEqual([400, 'invalid_target'])
      expect(world.early).toEqual([{ code: 'ERR_OAUTH_TARGET' }])
    },
  )

  it.each(['a  b', ' a', 'a"b', 'ä'])('refuses %j as scope', async (scope) => {
    const world = await createWorld()
    const { status, body } = await world.call({ form: await world.bearer(world.workload, { scope }) })
    expect([status, body['error']]).toEqual([400, 'invalid_scope'])
  })

  it('ends the token with the certificate, and gives none that would have ended already', async () => {
    const world = await createWorld()
    const soon = await world.ca.issue({
      uris: ['spiffe://prod.example/soon'],
      notAfter: new Date(AT.getTime() + 30_000),
    })
    const { body } = await world.call({ form: await world.bearer(soon) })
    expect(body['expires_in']).toBe(30)
    expect(payloadOf(String(body['access_token']))['exp']).toBe(NOW + 30)
    const form = await world.bearer(soon)
    world.clock.advance(30)
    expect((await world.call({ form })).body['error']).toBe('invalid_grant')
    world.clock.advance(1)
    expect((await world.call({ form })).body['error']).toBe('invalid_grant')
    expect(world.early).toEqual([{ code: 'ERR_PATH_EXPIRED' }])
  })

  it('takes an assertion once', async () => {
    const world = await createWorld()
    const form = await world.bearer(world.workload)
    expect((await world.call({ form })).status).toBe(200)
    const again = await world.call({ form })
    expect([again.status, again.body['error']]).toEqual([400, 'invalid_grant'])
    expect(again.body).not.toHaveProperty('access_token')
    expect(world.stores.records.at(-1)).toMatchObject({
      type: 'token.refused',
      details: { code: 'ERR_OAUTH_USED', reason: 'used before' },
    })
  })

  it('gives one token of many that ask at once with one assertion', async () => {
    const world = await createWorld()
    const form = await world.bearer(world.workload)
    const answers = await Promise.all(Array.from({ length: 8 }, async () => await world.call({ form })))
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
  })

  it('refuses what is older than the store surely remembers as undecided', async () => {
    const world = await createWorld({ epoch: NOW + 7 })
    const { status, body, headers } = await world.call({ form: await world.bearer(world.workload) })
    expect([status, body['error']]).toEqual([503, 'temporarily_unavailable'])
    expect(headers.get('retry-after')).toBe('7')
    expect(world.stores.records.at(-1)).toMatchObject({ details: { code: 'ERR_OAUTH_UNDECIDED' } })
    // What the answer promises holds: neither before it nor later than it says.
    world.clock.advance(6.9)
    expect((await world.call({ form: await world.bearer(world.workload) })).headers.get('retry-after')).toBe(
      '1',
    )
    world.clock.advance(0.1)
    expect((await world.call({ form: await world.bearer(world.workload) })).status).toBe(200)
  })

  it.each(['certificate', 'identity', 'trustAnchor'] as const)('refuses a blocked %s', async (kind) => {
    const world = await createWorld()
    await world.call({ form: await world.bearer(world.workload) })
    const thumbprint = world.stores.records[0]?.thumbprint ?? ''
    const selector = {
      certificate: { kind: 'certificate', thumbprint },
      identity: { kind: 'identity', subject: 'uri:spiffe://prod.example/deploy', trustAnchor: 'workloads' },
      trustAnchor: { kind: 'trustAnchor', trustAnchor: 'workloads' },
    } as const
    await world.stores.commit({
      block: { selector: selector[kind], since: NOW, reason: 'r', by: 'b' },
      audit: [],
    })
    const { status, body } = await world.call({ form: await world.bearer(world.workload) })
    expect([status, body['error']]).toEqual([400, 'invalid_grant'])
    expect(world.stores.records.at(-1)).toMatchObject({ details: { reason: 'blocked' } })
    if (kind === 'trustAnchor') return
    expect((await world.call({ form: await world.bearer(world.billing) })).status).toBe(200)
  })

  it('refuses by the policy, and records the whole trace', async () => {
    const miss = { profile: 'deploy', rule: 'profiles.deploy.match.uri', expected: 'x', found: 'y' }
    const world = await createWorld({
      decide: () => ({ allowed: false, code: 'ERR_OAUTH_GRANT', nearest: miss, misses: [miss] }),
    })
    const { status, body } = await world.call({ form: await world.bearer(world.workload) })
    expect([status, body['error']]).toEqual([400, 'invalid_grant'])
    expect(JSON.stringify(body)).not.toContain('profiles.deploy')
    expect(world.stores.records).toMatchObject([
      {
        type: 'token.refused',
        thumbprint: expect.any(String),
        details: { code: 'ERR_OAUTH_GRANT', nearest: miss, misses: [miss], policyVersion: 7 },
      },
    ])
    expect(world.early).toEqual([])
  })

  it('answers 503 where a refusal cannot be recorded, and where a grant cannot', async () => {
    const refusing = await createWorld({
      decide: () => ({ allowed: false, code: 'ERR_OAUTH_GRANT', nearest: undefined, misses: [] }),
    })
    refusing.stores.failWith = new ServiceError('ERR_SERVICE_STORE', 'no disk')
    expect((await refusing.call({ form: await refusing.bearer(refusing.workload) })).status).toBe(503)
    const granting = await createWorld()
    granting.stores.failWith = new ServiceError('ERR_SERVICE_STORE', 'no disk')
    const form = await granting.bearer(granting.workload)
    const { status, body } = await granting.call({ form })
    expect([status, body['error']]).toEqual([503, 'temporarily_unavailable'])
    granting.stores.failWith = undefined
    expect((await granting.call({ form })).status).toBe(200)
  })

  it('answers only after the unit of work is durable', async () => {
    const world = await createWorld()
    const order: string[] = []
    world.stores.beforeCommit = async () => {
      await new Promise((resolve) => setTimeout(resolve, 20))
      order.push('durable')
    }
    await world.call({ form: await world.bearer(world.workload) })
    order.push('answered')
    expect(order).toEqual(['durable', 'answered'])
  })

  it('uses nothing up where nothing can be signed', async () => {
    const world = await createWorld()
    const form = await world.bearer(world.workload)
    world.keys.failing = true
    expect((await world.call({ form })).status).toBe(503)
    world.keys.failing = false
    expect((await world.call({ form })).status).toBe(200)
  })

  it('limits how often a certificate is served, before the policy is asked and without a record', async () => {
    const world = await createWorld()
    await world.call({ form: await world.bearer(world.workload) })
    world.exhausted.add(world.rateKeys[0] ?? '')
    const { status, headers } = await world.call({ form: await world.bearer(world.workload) })
    expect([status, headers.get('retry-after')]).toEqual([429, '1'])
    expect(world.requests).toHaveLength(1)
    expect(world.stores.records).toHaveLength(1)
    expect((await world.call({ form: await world.bearer(world.billing) })).status).toBe(200)
  })

  it("answers what the policy says is another client's name with no", async () => {
    const world = await createWorld({ grant: { subject: 'billing' } })
    expect((await world.call({ form: await world.bearer(world.workload) })).body['error']).toBe(
      'invalid_grant',
    )
  })
})

describe('jwt-bearer refuses', () => {
  it('a forged signature, before anything is recorded', async () => {
    const world = await createWorld()
    const assertion = await world.grantOf(world.workload)
    const forged = `${assertion.slice(0, -8)}AAAAAAAA`
    const { status, body } = await world.call({ form: { grant_type: JWT_BEARER, assertion: forged } })
    expect([status, body['error']]).toEqual([400, 'invalid_grant'])
    expect(world.early).toEqual([{ code: 'ERR_TOKEN_SIGNATURE' }])
    expect(world.stores.records).toEqual([])
    expect(world.rateKeys).toEqual([])
  })

  it('alg none', async () => {
    const world = await createWorld()
    const [head = '', payload = ''] = (await world.grantOf(world.workload)).split('.')
    const header: unknown = JSON.parse(Buffer.from(head, 'base64url').toString())
    const none = Buffer.from(JSON.stringify({ ...Object(header), alg: 'none' })).toString('base64url')
    const { body } = await world.call({ form: { grant_type: JWT_BEARER, assertion: `${none}.${payload}.` } })
    expect(body['error']).toBe('invalid_grant')
  })

  it("tokens of other kinds: cert-auth+jwt, and a client's assertion", async () => {
    const world = await createWorld()
    const auth = await signToken(await world.workload.credential(), { audience: ISSUER, at: AT })
    const client = await world.clientAssertionOf(world.billing, 'billing')
    for (const assertion of [auth, client]) {
      expect((await world.call({ form: { grant_type: JWT_BEARER, assertion } })).body['error']).toBe(
        'invalid_grant',
      )
    }
    expect(world.early).toEqual([{ code: 'ERR_TOKEN_TYPE' }, { code: 'ERR_TOKEN_TYPE' }])
  })

  it('an assertion for another issuer, or for the token endpoint', async () => {
    const world = await createWorld()
    const other = await createWorld({ issuer: `${ISSUER}/token` })
    const form = await world.bearer(world.workload, { assertion: await other.grantOf(world.workload) })
    expect((await world.call({ form })).body['error']).toBe('invalid_grant')
    expect(world.early).toEqual([{ code: 'ERR_TOKEN_AUDIENCE' }])
  })

  it('a certificate of another CA', async () => {
    const world = await createWorld()
    const other = await createWorld()
    expect((await world.call({ form: await world.bearer(other.workload) })).body['error']).toBe(
      'invalid_grant',
    )
    expect(world.stores.records).toEqual([])
  })

  it('an expired assertion', async () => {
    const world = await createWorld()
    const form = await world.bearer(world.workload)
    world.clock.advance(300 + 60)
    expect((await world.call({ form })).body['error']).toBe('invalid_grant')
    expect(world.early).toEqual([{ code: 'ERR_TOKEN_EXPIRED' }])
  })

  it('a thumbprint that is not known, saying what would help', async () => {
    const world = await createWorld()
    const assertion = await signAuthorizationGrant(await world.workload.credential(), {
      audience: ISSUER,
      at: AT,
      certificateBy: 'x5t#S256',
    })
    const { body } = await world.call({ form: { grant_type: JWT_BEARER, assertion } })
    expect(body['error_description']).toContain('send x5c')
    await world.tokenOf(world.workload)
    expect((await world.call({ form: { grant_type: JWT_BEARER, assertion } })).status).toBe(200)
  })

  it('what is oversized', async () => {
    const world = await createWorld()
    const { body } = await world.call({ form: { grant_type: JWT_BEARER, assertion: 'a'.repeat(100_000) } })
    expect(body['error']).toBe('invalid_grant')
  })

  it.each([
    ['no grant_type', {}, 'invalid_request'],
    ['an empty grant_type', { grant_type: '' }, 'invalid_request'],
    ['another grant_type', { grant_type: 'password' }, 'unsupported_grant_type'],
    ['no assertion', { grant_type: JWT_BEARER }, 'invalid_request'],
  ])('%s', async (_, form, error) => {
    const world = await createWorld()
    const { status, body } = await world.call({ form })
    expect([status, body['error']]).toEqual([400, error])
  })

  it('an unknown grant is counted under its code', async () => {
    const world = await createWorld()
    await world.call({ form: { grant_type: 'password' } })
    expect(world.early).toEqual([{ code: 'ERR_OAUTH_GRANT_TYPE' }])
  })

  it.each([
    'grant_type',
    'assertion',
    'scope',
    'client_id',
    'client_assertion',
    'client_assertion_type',
    'unheard_of',
  ])('%s twice', async (name) => {
    const world = await createWorld()
    const form = String(
      new URLSearchParams({
        ...(await world.bearer(world.workload)),
        ...(await world.authenticated(world.billing, 'billing')),
        scope: 'read',
        client_id: 'billing',
        unheard_of: '1',
      }),
    )
    const value = new URLSearchParams(form).get(name) ?? ''
    expect((await world.call({ form })).status).toBe(200)
    const { status, body } = await world.call({ form: `${form}&${name}=${encodeURIComponent(value)}` })
    expect([status, body['error']]).toEqual([400, 'invalid_request'])
    const empty = await world.call({ form: `${form}&${name}=` })
    expect([empty.status, empty.body['error']]).toEqual([400, 'invalid_request'])
  })
})

describe('client_credentials', () => {
  it('gives a client its own token', async () => {
    const world = await createWorld()
    const form = await world.authenticated(world.billing, 'billing', { grant_type: 'client_credentials' })
    const { status, body } = await world.call({ form })
    expect(status).toBe(200)
    expect(payloadOf(String(body['access_token']))).toMatchObject({ sub: 'billing', client_id: 'billing' })
    expect(world.requests).toMatchObject([
      { grant: 'client_credentials', clientId: 'billing', subject: 'billing' },
    ])
    const again = await world.call({ form })
    expect([again.status, again.body['error']]).toEqual([401, 'invalid_client'])
  })

  it('gives nobody else one', async () => {
    const world = await createWorld()
    const nobody = await world.call({ form: { grant_type: 'client_credentials' } })
    expect([nobody.status, nobody.body['error']]).toEqual([401, 'invalid_client'])
    for (const id of ['billing', 'page', 'gateway', 'unknown']) {
      const named = await world.call({ form: { grant_type: 'client_credentials', client_id: id } })
      expect([named.status, named.body['error']]).toEqual([401, 'invalid_client'])
    }
    // A holder that is no client.
    const holder = await world.authenticated(world.workload, 'uri:spiffe://prod.example/deploy')
    expect((await world.call({ form: { ...holder, grant_type: 'client_credentials' } })).status).toBe(401)
    expect(world.requests).toEqual([])
  })

  it('is refused to a client without this grant', async () => {
    const world = await createWorld()
    const billing = world.clients.get('billing')
    if (billing !== undefined) world.clients.set('billing', { ...billing, grants: ['jwt-bearer'] })
    const form = await world.authenticated(world.billing, 'billing', { grant_type: 'client_credentials' })
    const { status, body } = await world.call({ form })
    expect([status, body['error']]).toEqual([400, 'unauthorized_client'])
    expect((await world.call({ form: { ...form, ...(await world.bearer(world.workload)) } })).status).toBe(
      200,
    )
  })

  it('ignores the assertion of another grant', async () => {
    const world = await createWorld()
    const form = {
      grant_type: 'client_credentials',
      assertion: await world.grantOf(world.billing),
      client_assertion_type: ASSERTION_TYPE,
    }
    expect((await world.call({ form })).status).toBe(400)
  })

  it('answers a blocked client with invalid_client', async () => {
    const world = await createWorld()
    const selector = { kind: 'identity', subject: 'billing', trustAnchor: 'workloads' } as const
    await world.stores.commit({ block: { selector, since: NOW, reason: 'r', by: 'b' }, audit: [] })
    const form = await world.authenticated(world.billing, 'billing', { grant_type: 'client_credentials' })
    expect((await world.call({ form })).body['error']).toBe('invalid_client')
  })
})

describe('a block of a name', () => {
  it('covers every certificate of the anchor that bears it, whichever name is signed under', async () => {
    const world = await createWorld()
    const two = await world.ca.issue({ uris: ['spiffe://prod.example/a', 'spiffe://prod.example/b'] })
    const askAs = async (holder: typeof two, subject: string): Promise<unknown> => {
      const assertion = await signAuthorizationGrant(await holder.credential({ subject }), {
        audience: ISSUER,
        at: AT,
      })
      return (await world.call({ form: { grant_type: JWT_BEARER, assertion } })).body['error']
    }
    const byThumbprint = `x509-sha256:${createHash('sha256').update(world.workload.der).digest('base64url')}`
    const block = async (subject: string): Promise<void> => {
      const selector = { kind: 'identity', subject, trustAnchor: 'workloads' } as const
      await world.stores.commit({ block: { selector, since: NOW, reason: 'r', by: 'b' }, audit: [] })
    }
    expect(await askAs(two, 'uri:spiffe://prod.example/a')).toBeUndefined()
    expect(await askAs(world.workload, byThumbprint)).toBeUndefined()
    await block('uri:spiffe://prod.example/b')
    await block('uri:spiffe://prod.example/deploy')
    expect(await askAs(two, 'uri:spiffe://prod.example/a')).toBe('invalid_grant')
    expect(await askAs(world.workload, byThumbprint)).toBe('invalid_grant')
    expect(await askAs(world.billing, 'uri:spiffe://prod.example/billing')).toBeUndefined()
  })

  it('covers the client whose certificate bears it', async () => {
    const world = await createWorld()
    const form = { grant_type: 'client_credentials' }
    expect(
      (await world.call({ form: await world.authenticated(world.billing, 'billing', form) })).status,
    ).toBe(200)
    const selector = {
      kind: 'identity',
      subject: 'uri:spiffe://prod.example/billing',
      trustAnchor: 'workloads',
    } as const
    await world.stores.commit({ block: { selector, since: NOW, reason: 'r', by: 'b' }, audit: [] })
    const { body } = await world.call({ form: await world.authenticated(world.billing, 'billing', form) })
    expect(body['error']).toBe('invalid_client')
    const elsewhere = { ...selector, trustAnchor: 'others' }
    await world.stores.commit({ unblock: selector, audit: [] })
    await world.stores.commit({ block: { selector: elsewhere, since: NOW, reason: 'r', by: 'b' }, audit: [] })
    expect(
      (await world.call({ form: await world.authenticated(world.billing, 'billing', form) })).status,
    ).toBe(200)
  })
})
