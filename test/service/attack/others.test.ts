// A client with a good certificate that wants what is another's: its tokens, its name, its audience.

import { describe, expect, it } from 'vitest'
import { API, ASSERTION_TYPE, createWorld, ISSUER, payloadOf, type World } from '../oauth/support.ts'
import { ask, askBy, CREDENTIALS, grantBy, NOW, policyText, profileText, putPolicy } from './support.ts'

describe('a token of another', () => {
  async function introspect(
    world: World,
    who: 'billing' | 'orders' | 'gateway',
    token: string,
  ): Promise<unknown> {
    const isTls = who === 'gateway'
    const form = isTls ? { client_id: who, token } : await world.authenticated(world[who], who, { token })
    return (await world.call({ path: '/introspect', form, ...(isTls && { peer: [world.gateway.der] }) }))
      .body['active']
  }

  it('is told to nobody but resource servers and the client that got it', async () => {
    const world = await createWorld()
    const own = await world.call({
      form: await world.authenticated(world.billing, 'billing', { ...CREDENTIALS }),
    })
    const token = String(own.body['access_token'])
    expect(await introspect(world, 'billing', token)).toBe(true)
    expect(await introspect(world, 'orders', token)).toBe(true)
    expect(await introspect(world, 'gateway', token)).toBe(false)
    const unbound = await world.tokenOf(world.billing)
    expect(await introspect(world, 'billing', unbound)).toBe(false)
    expect(await introspect(world, 'gateway', unbound)).toBe(false)
  })

  it('is ended by nobody who only has it and says another name', async () => {
    const world = await createWorld()
    const own = await world.call({
      form: await world.authenticated(world.billing, 'billing', { ...CREDENTIALS }),
    })
    const token = String(own.body['access_token'])
    for (const client_id of ['billing', 'page', 'nobody', 'uri:spiffe://prod.example/billing']) {
      const { status } = await world.call({ path: '/revoke', form: { client_id, token } })
      expect([client_id, status >= 400]).toEqual([client_id, true])
    }
    const gateway = { client_id: 'gateway', token }
    expect(
      (await world.call({ path: '/revoke', form: gateway, peer: [world.gateway.der] })).body['error'],
    ).toBe('unauthorized_client')
    expect(await introspect(world, 'orders', token)).toBe(true)
  })

  it('is no oracle: whatever is no token of the client reads as one that is none at all', async () => {
    const world = await createWorld()
    const alien = await createWorld()
    const foreign = await alien.tokenOf(alien.workload)
    const [head = '', body = '', tail = ''] = (await world.tokenOf(world.workload)).split('.')
    const claims = { ...payloadOf(`${head}.${body}.${tail}`), client_id: 'billing' }
    const forged = `${head}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.${tail}`
    for (const token of [
      foreign,
      forged,
      `${head}.${body}.`,
      `${head}..${tail}`,
      'x',
      await world.grantOf(world.workload),
    ]) {
      const form = await world.authenticated(world.billing, 'billing', { token })
      const answer = await world.call({ path: '/introspect', form })
      expect([answer.status, answer.body]).toEqual([200, { active: false }])
      const again = await world.authenticated(world.billing, 'billing', { token })
      expect((await world.call({ path: '/revoke', form: again })).status).toBe(200)
    }
  })
})

describe('the name of another', () => {
  it('is no client_id beside an own assertion or handshake', async () => {
    const world = await createWorld()
    const form = await world.authenticated(world.billing, 'billing', { ...CREDENTIALS, client_id: 'orders' })
    expect((await ask(world, form)).error).toBe('invalid_client')
    const asOrders = await world.authenticated(world.billing, 'orders', { ...CREDENTIALS })
    expect((await ask(world, asOrders)).error).toBe('invalid_client')
    const peer = { peer: [world.gateway.der] }
    for (const client_id of ['billing', 'orders', 'Gateway', 'gateway ', 'gateway\0'])
      expect([client_id, (await ask(world, { ...CREDENTIALS, client_id }, peer)).error]).toEqual([
        client_id,
        'invalid_client',
      ])
    expect((await ask(world, { ...CREDENTIALS, client_id: 'gateway' }, peer)).status).toBe(200)
    // The handshake stands for the client that is named and no other, whoever the holder is.
    expect(
      (
        await ask(world, await world.bearer(world.workload, { client_id: 'gateway' }), {
          peer: [world.orders.der],
        })
      ).error,
    ).toBe('invalid_client')
  })

  it('is no sub of a token, whatever a policy says', async () => {
    const world = await createWorld({ grant: { subject: 'billing' } })
    expect((await askBy(world, grantBy(world.workload))).error).toBe('invalid_grant')
    expect((await askBy(world, grantBy(world.workload), { client_id: 'page' })).error).toBe('invalid_grant')
  })

  it('is refused with iss or sub of its own in front', async () => {
    const world = await createWorld()
    const names = [
      { iss: 'billing', sub: 'orders' },
      { iss: 'orders', sub: 'billing' },
      { iss: 'orders', sub: 'orders' },
    ]
    for (const claims of names) {
      const client_assertion = grantBy(world.orders, claims, { typ: 'client-authentication+jwt' })
      const form = { ...CREDENTIALS, client_assertion_type: ASSERTION_TYPE, client_assertion }
      const { error, claims: token } = await ask(world, form)
      expect(claims.iss === claims.sub ? token['sub'] : error).toBe(
        claims.iss === claims.sub ? 'orders' : 'invalid_client',
      )
    }
    const workload = { iss: 'uri:spiffe://prod.example/billing' }
    expect((await askBy(world, grantBy(world.workload, workload))).error).toBe('invalid_grant')
  })
})

describe('an audience', () => {
  it.each<[string, unknown]>([
    ['with a slash', `${ISSUER}/`],
    ['of the endpoint', `${ISSUER}/token`],
    ['in another case', 'https://TOKENS.example'],
    ['with the port', 'https://tokens.example:443'],
    ['of two, both ours', [ISSUER, ISSUER]],
    ['of two, one ours', [ISSUER, 'https://evil.example']],
    ['of nobody', []],
    ['in plain HTTP', 'http://tokens.example'],
  ])('%s is not this server', async (_, aud) => {
    const world = await createWorld()
    expect((await askBy(world, grantBy(world.workload, { aud }))).error).toBe('invalid_grant')
    const client_assertion = grantBy(
      world.billing,
      { iss: 'billing', sub: 'billing', aud },
      { typ: 'client-authentication+jwt' },
    )
    const form = { ...CREDENTIALS, client_assertion_type: ASSERTION_TYPE, client_assertion }
    expect((await ask(world, form)).error).toBe('invalid_client')
  })

  it('that was not given is not got by another spelling', async () => {
    const world = await createWorld()
    putPolicy(
      world,
      policyText(
        { workloads: world.ca },
        profileText("trustAnchor: workloads, uri: 'spiffe://prod.example/deploy'"),
      ),
    )
    for (const resource of [
      `${API}/`,
      'https://API.example',
      `${API}:443`,
      `${API}?a`,
      'https://api.example.evil.example',
    ])
      expect([resource, (await askBy(world, grantBy(world.workload), { resource })).error]).toEqual([
        resource,
        'invalid_target',
      ])
    expect((await askBy(world, grantBy(world.workload), { resource: API })).claims['aud']).toBe(API)
  })
})

describe('a legacy client', () => {
  const clients = `
  billing:
    authentication: private_key_jwt
    trustAnchor: workloads
    certificate: { san_uri: 'spiffe://prod.example/billing' }
    legacy: true`
  const profile = profileText("trustAnchor: workloads, uri: 'spiffe://prod.example/*'", 'clients: [billing]')

  it.each<[string, Record<string, unknown>, Record<string, unknown>]>([
    ['an audience beside ours', { aud: [`${ISSUER}/token`, 'https://as.example/token'] }, {}],
    ['an audience elsewhere', { aud: 'https://as.example/token' }, {}],
    ['no audience', { aud: undefined }, {}],
    ['another endpoint of ours', { aud: `${ISSUER}/revoke` }, {}],
    ['the typ of an access token', {}, { typ: 'at+jwt' }],
    ['the typ of a proof', {}, { typ: 'dpop+jwt' }],
    ['the typ of an administrator', {}, { typ: 'cert-auth+jwt' }],
    ['a typ that is no text', {}, { typ: null }],
    ['no jti', { jti: undefined }, {}],
    ['no exp', { exp: undefined }, {}],
    ['an exp of a day', { exp: NOW + 86_400 }, {}],
  ])('is refused with %s', async (_, claims, header) => {
    const world = await createWorld()
    putPolicy(world, policyText({ workloads: world.ca }, profile, clients))
    const names = { iss: 'billing', sub: 'billing', aud: `${ISSUER}/token` }
    const form = (client_assertion: string) => ({
      ...CREDENTIALS,
      client_assertion_type: ASSERTION_TYPE,
      client_assertion,
    })
    const bad = grantBy(world.billing, { ...names, ...claims }, { typ: undefined, ...header })
    expect((await ask(world, form(bad))).error).toBe('invalid_client')
    expect((await ask(world, form(grantBy(world.billing, names, { typ: undefined })))).status).toBe(200)
  })
})
