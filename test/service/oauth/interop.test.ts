// Unmodified clients of others against the handler: oauth4webapi and openid-client, which sign and discover by themselves.

import { createRemoteJWKSet, customFetch as joseFetch, jwtVerify } from 'jose'
import * as oauth from 'oauth4webapi'
import * as openid from 'openid-client'
import { describe, expect, it } from 'vitest'
import { API, AT, createWorld, ISSUER, JWT_BEARER, type World } from './support.ts'

// These clients read the system's clock; the service of these tests does too.
async function liveWorld(options: Parameters<typeof createWorld>[0] = {}): Promise<World> {
  const world = await createWorld(options)
  world.clock.advance((Date.now() - AT.getTime()) / 1000)
  const billing = world.clients.get('billing')
  if (billing !== undefined) world.clients.set('billing', { ...billing, legacy: true, introspects: true })
  return world
}

async function privateKeyOf(world: World): Promise<CryptoKey> {
  return await crypto.subtle.importKey(
    'pkcs8',
    Uint8Array.from(world.billing.privateKeyPkcs8),
    { name: 'ECDSA', namedCurve: 'P-256' },
    false,
    ['sign'],
  )
}

async function dpopKeys(): Promise<CryptoKeyPair> {
  return await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign', 'verify'])
}

const fetchOf = (world: World) => async (url: string, init: object) => await world.fetch(url, init)

describe('oauth4webapi', () => {
  async function setUp(world: World) {
    const options = { [oauth.customFetch]: fetchOf(world) }
    const issuer = new URL(ISSUER)
    const response = await oauth.discoveryRequest(issuer, { algorithm: 'oauth2', ...options })
    const server = await oauth.processDiscoveryResponse(issuer, response)
    const x5c = world.billing.chain.map(({ der }) => Buffer.from(der).toString('base64'))
    const authentication = oauth.PrivateKeyJwt(await privateKeyOf(world), {
      [oauth.modifyAssertion](header, payload) {
        Object.assign(header, { x5c, typ: 'client-authentication+jwt' })
        payload['aud'] = ISSUER
      },
    })
    return { options, server, authentication, client: { client_id: 'billing' } }
  }

  it('discovers, gets a token by client_credentials with DPoP and a nonce, introspects and revokes it', async () => {
    const world = await liveWorld({ grant: { binding: 'dpop' }, dpopNonce: 'required' })
    const { options, server, authentication, client } = await setUp(world)
    const DPoP = oauth.DPoP({}, await dpopKeys())
    const ask = async () => {
      const response = await oauth.clientCredentialsGrantRequest(
        server,
        client,
        authentication,
        { scope: 'read' },
        { ...options, DPoP },
      )
      return await oauth.processClientCredentialsResponse(server, client, response)
    }
    const first: unknown = await ask().catch((error: unknown) => error)
    expect(oauth.isDPoPNonceError(first)).toBe(true)
    const token = await ask()
    expect(token).toMatchObject({ token_type: 'dpop', scope: 'read', expires_in: 300 })

    const introspected = await oauth.processIntrospectionResponse(
      server,
      client,
      await oauth.introspectionRequest(server, client, authentication, token.access_token, options),
    )
    expect(introspected).toMatchObject({ active: true, sub: 'billing', token_type: 'DPoP' })
    const revoked = await oauth.revocationRequest(server, client, authentication, token.access_token, options)
    expect(await oauth.processRevocationResponse(revoked)).toBeUndefined()
    const after = await oauth.introspectionRequest(
      server,
      client,
      authentication,
      token.access_token,
      options,
    )
    expect(await oauth.processIntrospectionResponse(server, client, after)).toEqual({ active: false })
  })

  it('gets a token by an assertion of a holder that is no client, and validates it as a resource server', async () => {
    const world = await liveWorld()
    const { options, server } = await setUp(world)
    const client = { client_id: 'uri:spiffe://prod.example/deploy' }
    const assertion = await world.grantOf(world.workload)
    const response = await oauth.genericTokenEndpointRequest(
      server,
      client,
      oauth.None(),
      JWT_BEARER,
      { assertion },
      options,
    )
    const { access_token } = await oauth.processGenericTokenEndpointResponse(server, client, response)
    const request = new Request(`${API}/x`, { headers: { authorization: `Bearer ${access_token}` } })
    const claims = await oauth.validateJwtAccessToken(server, request, API, options)
    expect(claims).toMatchObject({ sub: 'uri:spiffe://prod.example/deploy', scope: 'read write' })
  })

  it('validates a token that is bound by DPoP', async () => {
    const world = await liveWorld({ grant: { binding: 'dpop' } })
    const { options, server, authentication, client } = await setUp(world)
    const keys = await dpopKeys()
    const DPoP = oauth.DPoP({}, keys)
    const response = await oauth.clientCredentialsGrantRequest(
      server,
      client,
      authentication,
      {},
      { ...options, DPoP },
    )
    const { access_token } = await oauth.processClientCredentialsResponse(server, client, response)
    let seen: Request | undefined
    await oauth.protectedResourceRequest(access_token, 'GET', new URL(`${API}/x`), new Headers(), null, {
      DPoP,
      async [oauth.customFetch](url: string, init: object) {
        seen = new Request(url, init)
        return await Promise.resolve(new Response())
      },
    })
    if (seen === undefined) throw new Error('no request')
    const claims = await oauth.validateJwtAccessToken(server, seen, API, options)
    expect(claims.cnf).toEqual({ jkt: expect.any(String) })
  })
})

describe('openid-client', () => {
  async function configure(world: World): Promise<openid.Configuration> {
    const x5c = world.billing.chain.map(({ der }) => Buffer.from(der).toString('base64'))
    // As it comes: without typ. The client is marked legacy for it.
    const authentication = openid.PrivateKeyJwt(await privateKeyOf(world), {
      [openid.modifyAssertion](header) {
        Object.assign(header, { x5c })
        delete (header as Record<string, unknown>)['typ']
      },
    })
    return await openid.discovery(new URL(ISSUER), 'billing', undefined, authentication, {
      algorithm: 'oauth2',
      [openid.customFetch]: async (url, init) => await world.fetch(url, Object(init)),
    })
  }

  it('gets tokens by both grants, with DPoP and the nonce by itself, introspects and revokes', async () => {
    const world = await liveWorld({ grant: { binding: 'dpop' }, dpopNonce: 'required' })
    const config = await configure(world)
    const DPoP = openid.getDPoPHandle(config, await openid.randomDPoPKeyPair())
    const own = await openid.clientCredentialsGrant(config, { resource: API }, { DPoP })
    expect(own).toMatchObject({ token_type: 'dpop', scope: 'read write' })
    const assertion = await world.grantOf(world.workload)
    const other = await openid.genericGrantRequest(config, JWT_BEARER, { assertion }, { DPoP })
    expect(await openid.tokenIntrospection(config, other.access_token)).toMatchObject({
      active: true,
      sub: 'uri:spiffe://prod.example/deploy',
      client_id: 'billing',
    })
    await openid.tokenRevocation(config, other.access_token)
    expect(await openid.tokenIntrospection(config, other.access_token)).toEqual({ active: false })
    expect(await openid.tokenIntrospection(config, own.access_token)).toMatchObject({ active: true })
  })

  it('hears why it is refused', async () => {
    const world = await liveWorld()
    const config = await configure(world)
    await expect(openid.clientCredentialsGrant(config, { scope: 'admin' })).rejects.toMatchObject({
      error: 'invalid_scope',
      status: 400,
    })
  })
})

describe('jose', () => {
  it('verifies by the published keys, across a rotation', async () => {
    const world = await liveWorld()
    const keys = createRemoteJWKSet(new URL(`${ISSUER}/jwks`), {
      cooldownDuration: 0,
      [joseFetch]: async (url: string, init: object) => await world.fetch(url, init),
    })
    const options = { issuer: ISSUER, audience: API, typ: 'at+jwt' }
    const before = await world.tokenOf(world.workload)
    expect((await jwtVerify(before, keys, options)).payload.sub).toBe('uri:spiffe://prod.example/deploy')
    await world.keys.rotate({ use: 'access-token', immediately: false, actor: 'a' })
    const after = await world.tokenOf(world.workload)
    expect((await jwtVerify(after, keys, options)).payload.sub).toBe('uri:spiffe://prod.example/deploy')
    expect((await jwtVerify(before, keys, options)).payload.sub).toBe('uri:spiffe://prod.example/deploy')
  })
})
