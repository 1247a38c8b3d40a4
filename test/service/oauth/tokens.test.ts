// /introspect, /revoke, binding by certificate, and the documents that others read.

import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { ServiceError } from '../../../packages/server/src/service-error.ts'
import { proofKey, proofOf } from './dpop-proof.ts'
import { API, AT, createWorld, ISSUER, payloadOf, type World } from './support.ts'

const NOW = AT.getTime() / 1000
const thumbprintOf = (der: Uint8Array): string => createHash('sha256').update(der).digest('base64url')

async function introspect(world: World, token: string, client: 'orders' | 'billing' = 'orders') {
  return await world.call({
    path: '/introspect',
    form: await world.authenticated(world[client], client, { token }),
  })
}

async function billingToken(world: World): Promise<string> {
  const form = await world.authenticated(world.billing, 'billing', { grant_type: 'client_credentials' })
  return String((await world.call({ form })).body['access_token'])
}

describe('binding', () => {
  it('by mutual TLS: to the certificate of the assertion, shown in this very connection', async () => {
    const world = await createWorld({ grant: { binding: 'mtls' } })
    const { body } = await world.call({
      form: await world.bearer(world.workload),
      peer: [world.workload.der],
    })
    expect(body['token_type']).toBe('Bearer')
    expect(payloadOf(String(body['access_token']))['cnf']).toEqual({
      'x5t#S256': thumbprintOf(world.workload.der),
    })
    for (const peer of [undefined, [], [world.billing.der], [world.ca.der, world.workload.der]]) {
      const form = await world.bearer(world.workload)
      const refused = await world.call({ form, ...(peer !== undefined && { peer }) })
      expect([refused.status, refused.body['error']]).toEqual([400, 'invalid_request'])
      expect(refused.body).not.toHaveProperty('access_token')
    }
    expect(world.stores.records.slice(1).every(({ type }) => type === 'token.refused')).toBe(true)
  })

  it('by mutual TLS, for a client that authenticated by it', async () => {
    const world = await createWorld({ grant: { binding: 'mtls' } })
    const form = { grant_type: 'client_credentials', client_id: 'gateway' }
    const { body } = await world.call({ form, peer: [world.gateway.der] })
    expect(payloadOf(String(body['access_token']))['cnf']).toEqual({
      'x5t#S256': thumbprintOf(world.gateway.der),
    })
  })

  it('by proofs: to the certificate of the assertion, without mutual TLS', async () => {
    const world = await createWorld({ grant: { binding: 'proof' } })
    expect(payloadOf(await world.tokenOf(world.workload))['cnf']).toEqual({
      'x5t#S256': thumbprintOf(world.workload.der),
    })
  })

  it('by nothing says nothing, whatever was shown', async () => {
    const world = await createWorld()
    const { body } = await world.call({
      form: await world.bearer(world.workload),
      peer: [world.workload.der],
    })
    expect(payloadOf(String(body['access_token']))).not.toHaveProperty('cnf')
  })
})

describe('POST /introspect', () => {
  it('tells a resource server all of an active token', async () => {
    const world = await createWorld({ grant: { binding: 'dpop' } })
    const form = await world.bearer(world.workload)
    const { body } = await world.call({ form, headers: { dpop: proofOf(proofKey()) } })
    const token = String(body['access_token'])
    const answer = await introspect(world, token)
    expect(answer.status).toBe(200)
    expect(answer.headers.get('cache-control')).toBe('no-store')
    expect(answer.body).toEqual({ active: true, token_type: 'DPoP', ...payloadOf(token) })
    expect(answer.body).toMatchObject({
      iss: ISSUER,
      aud: API,
      scope: 'read write',
      cnf: { jkt: expect.any(String) },
    })
  })

  it('takes a client that authenticates by TLS', async () => {
    const world = await createWorld()
    const gateway = world.clients.get('gateway')
    if (gateway !== undefined) world.clients.set('gateway', { ...gateway, introspects: true })
    const token = await world.tokenOf(world.workload)
    const form = { token, client_id: 'gateway' }
    const { body } = await world.call({ path: '/introspect', form, peer: [world.gateway.der] })
    expect(body['active']).toBe(true)
    expect((await world.call({ path: '/introspect', form })).status).toBe(401)
  })

  it('tells a client of its own tokens alone', async () => {
    const world = await createWorld()
    expect((await introspect(world, await billingToken(world), 'billing')).body['active']).toBe(true)
    expect((await introspect(world, await world.tokenOf(world.workload), 'billing')).body).toEqual({
      active: false,
    })
  })

  it('asks for authentication, and takes an assertion once', async () => {
    const world = await createWorld()
    const token = await world.tokenOf(world.workload)
    for (const form of [{ token }, { token, client_id: 'page' }, { token, client_id: 'orders' }]) {
      const { status, body } = await world.call({ path: '/introspect', form })
      expect([status, body['error']]).toEqual([401, 'invalid_client'])
    }
    const form = await world.authenticated(world.orders, 'orders', { token })
    expect((await world.call({ path: '/introspect', form })).body['active']).toBe(true)
    expect((await world.call({ path: '/introspect', form })).status).toBe(401)
    expect((await world.call({ form: { ...form, grant_type: 'client_credentials' } })).status).toBe(401)
    expect((await world.call({ path: '/introspect', form: { ...form, token: '' } })).status).toBe(400)
  })

  it('refuses a blocked client', async () => {
    const world = await createWorld()
    const token = await world.tokenOf(world.workload)
    const selector = { kind: 'certificate', thumbprint: thumbprintOf(world.orders.der) } as const
    await world.stores.commit({ block: { selector, since: NOW, reason: 'r', by: 'b' }, audit: [] })
    expect((await introspect(world, token)).status).toBe(401)
  })

  it('says no more than that of what is none of its tokens', async () => {
    const world = await createWorld()
    const token = await world.tokenOf(world.workload)
    const [head = '', payload = '', tail = ''] = token.split('.')
    const foreign = await (await createWorld()).tokenOf(world.workload).catch(async () => {
      const other = await createWorld()
      return await other.tokenOf(other.workload)
    })
    const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
    const header: object = JSON.parse(Buffer.from(head, 'base64url').toString()) as object
    const bad = [
      'x',
      '..',
      `${token}.`,
      `${head}.${payload}.`,
      `${head}.${part({ ...payloadOf(token), sub: 'admin' })}.${tail}`,
      `${part({ ...header, alg: 'none' })}.${payload}.`,
      `${part({ ...header, alg: 'RS256' })}.${payload}.${tail}`,
      `${part({ ...header, kid: 'x' })}.${payload}.${tail}`,
      `${token}${'a'.repeat(16_384)}`,
      world.keys.signCheckpoint(JSON.stringify(payloadOf(token))),
      world.keys.signAccessToken('ES256', JSON.stringify({ ...payloadOf(token), jti: 'never issued' })),
      world.keys.signAccessToken(
        'ES256',
        JSON.stringify({ ...payloadOf(token), iss: 'https://other.example' }),
      ),
      world.keys.signAccessToken('ES256', JSON.stringify({ ...payloadOf(token), exp: NOW })),
      foreign,
      await world.grantOf(world.workload),
    ]
    for (const text of bad) expect((await introspect(world, text)).body).toEqual({ active: false })
    expect((await introspect(world, token)).body['active']).toBe(true)
  })

  it('says no of a token that has expired, was ended, or whose key is gone', async () => {
    const world = await createWorld()
    const expiring = await world.tokenOf(world.workload)
    world.clock.advance(299)
    expect((await introspect(world, expiring)).body['active']).toBe(true)
    world.clock.advance(1)
    expect((await introspect(world, expiring)).body).toEqual({ active: false })
    const ended = await world.tokenOf(world.workload)
    await world.stores.commit({ end: { kind: 'grant', id: String(payloadOf(ended)['jti']) }, audit: [] })
    expect((await introspect(world, ended)).body).toEqual({ active: false })
    const token = await world.tokenOf(world.workload)
    await world.keys.rotate({ use: 'access-token', immediately: false, actor: 'a' })
    expect((await introspect(world, token)).body['active']).toBe(true)
    await world.keys.rotate({ use: 'access-token', immediately: true, actor: 'a' })
    expect((await introspect(world, token)).body).toEqual({ active: false })
  })

  it('works for RS256 too', async () => {
    const world = await createWorld({ grant: { algorithm: 'RS256' } })
    expect((await introspect(world, await world.tokenOf(world.workload))).body['active']).toBe(true)
  })
})

describe('POST /revoke', () => {
  const revoke = async (world: World, token: string, form: Record<string, string> = {}) =>
    await world.call({ path: '/revoke', form: { token, ...form } })

  it('ends a token of the client, durably and with a record', async () => {
    const world = await createWorld()
    const token = await billingToken(world)
    const { status, headers } = await revoke(
      world,
      token,
      await world.authenticated(world.billing, 'billing'),
    )
    expect([status, headers.get('cache-control')]).toEqual([200, 'no-store'])
    expect(world.stores.records.at(-1)).toMatchObject({
      type: 'grant.ended',
      thumbprint: thumbprintOf(world.billing.der),
      details: { jti: payloadOf(token)['jti'], clientId: 'billing', by: 'client' },
    })
    expect((await introspect(world, token)).body).toEqual({ active: false })
    const again = await revoke(world, token, await world.authenticated(world.billing, 'billing'))
    expect(again.status).toBe(200)
    expect(world.stores.records.filter(({ type }) => type === 'grant.ended')).toHaveLength(1)
  })

  it('answers 200 for what is unknown, and takes the assertion all the same', async () => {
    const world = await createWorld()
    const form = await world.authenticated(world.billing, 'billing')
    expect((await revoke(world, 'x', form)).status).toBe(200)
    expect((await revoke(world, 'x', form)).status).toBe(401)
  })

  it('refuses the tokens of others, also to a resource server, and records it', async () => {
    const world = await createWorld()
    const token = await world.tokenOf(world.workload)
    for (const client of ['billing', 'orders'] as const) {
      const form = await world.authenticated(world[client], client)
      const { status, body } = await revoke(world, token, form)
      expect([status, body['error']]).toEqual([400, 'unauthorized_client'])
    }
    expect(world.stores.records.at(-1)).toMatchObject({
      type: 'token.refused',
      details: { endpoint: 'revoke' },
    })
    expect((await introspect(world, token)).body['active']).toBe(true)
  })

  it('lets a client that cannot authenticate, and a holder without client, end what they hold', async () => {
    const world = await createWorld()
    const own = await world.tokenOf(world.workload)
    expect((await revoke(world, own, { client_id: 'page' })).status).toBe(400)
    expect((await revoke(world, own, { client_id: 'uri:spiffe://prod.example/deploy' })).status).toBe(200)
    expect((await introspect(world, own)).body).toEqual({ active: false })
    const page = await world.tokenOf(world.workload, { client_id: 'page' })
    expect((await revoke(world, page, { client_id: 'page' })).status).toBe(200)
    expect((await introspect(world, page)).body).toEqual({ active: false })
  })

  it('asks for authentication where there is one', async () => {
    const world = await createWorld()
    const token = await billingToken(world)
    for (const form of [{}, { client_id: 'billing' }])
      expect((await revoke(world, token, form)).status).toBe(401)
    expect((await introspect(world, token)).body['active']).toBe(true)
  })

  it('answers no 200 before the end is durable', async () => {
    const world = await createWorld()
    const token = await billingToken(world)
    world.stores.failWith = new ServiceError('ERR_SERVICE_STORE', 'no disk')
    expect((await revoke(world, token, await world.authenticated(world.billing, 'billing'))).status).toBe(503)
  })
})

describe('documents', () => {
  it('metadata of OAuth (RFC 8414)', async () => {
    const world = await createWorld()
    const { body, headers } = await world.call({
      method: 'GET',
      path: '/.well-known/oauth-authorization-server',
    })
    expect(headers.get('content-type')).toBe('application/json')
    expect(body).toMatchObject({
      issuer: ISSUER,
      token_endpoint: `${ISSUER}/token`,
      jwks_uri: `${ISSUER}/jwks`,
      response_types_supported: [],
      grant_types_supported: ['client_credentials', 'urn:ietf:params:oauth:grant-type:jwt-bearer'],
      token_endpoint_auth_methods_supported: ['private_key_jwt', 'tls_client_auth', 'none'],
      scopes_supported: ['read', 'write'],
      dpop_signing_alg_values_supported: ['ES256', 'ES384', 'Ed25519', 'EdDSA', 'PS256', 'RS256'],
      tls_client_certificate_bound_access_tokens: true,
      introspection_endpoint: `${ISSUER}/introspect`,
      revocation_endpoint: `${ISSUER}/revoke`,
    })
    expect(body['token_endpoint_auth_signing_alg_values_supported']).toContain('ES256')
    expect(body['token_endpoint_auth_signing_alg_values_supported']).not.toContain('none')
  })

  it('offers no mutual TLS where nobody is asked for a certificate', async () => {
    const world = await createWorld({ tls: false })
    const { body } = await world.call({ method: 'GET', path: '/.well-known/oauth-authorization-server' })
    expect(body).toMatchObject({
      token_endpoint_auth_methods_supported: ['private_key_jwt', 'none'],
      tls_client_certificate_bound_access_tokens: false,
    })
  })

  it('metadata for workload federation', async () => {
    const world = await createWorld()
    const { body } = await world.call({ method: 'GET', path: '/.well-known/openid-configuration' })
    expect(body).toMatchObject({
      issuer: ISSUER,
      jwks_uri: `${ISSUER}/jwks`,
      response_types_supported: ['id_token'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: ['ES256'],
    })
  })

  it('of an issuer with a path stand where their specifications put them', async () => {
    const issuer = `${ISSUER}/tenant`
    const world = await createWorld({ issuer })
    for (const path of [
      '/.well-known/oauth-authorization-server/tenant',
      '/tenant/.well-known/openid-configuration',
    ]) {
      const response = await world.fetch(`${ISSUER}${path}`)
      expect(await response.json()).toMatchObject({ issuer, jwks_uri: `${issuer}/jwks` })
    }
    expect((await world.call({ form: await world.bearer(world.workload) })).status).toBe(200)
  })

  it('keys: public alone, cached for less than the overlap, and again only where they have changed', async () => {
    const world = await createWorld()
    const { body, headers } = await world.call({ method: 'GET', path: '/jwks' })
    expect(headers.get('cache-control')).toBe('public, max-age=300')
    expect(headers.get('content-type')).toBe('application/jwk-set+json')
    for (const key of body['keys'] as object[]) expect(key).not.toHaveProperty('d')
    const tag = headers.get('etag') ?? ''
    const ask = async (value: string) =>
      (await world.call({ method: 'GET', path: '/jwks', headers: { 'if-none-match': value } })).status
    expect(await ask(tag)).toBe(304)
    expect(await ask(`"x", W/${tag}`)).toBe(304)
    expect(await ask('"x"')).toBe(200)
    await world.keys.rotate({ use: 'access-token', immediately: false, actor: 'a' })
    expect(await ask(tag)).toBe(200)
  })
})
