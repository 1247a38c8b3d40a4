// Clients of others, as they come, against the process over a socket: they discover, authenticate, follow the nonce, read
// and verify by themselves. What each of them must be told about certificates is in `modifyAssertion`, and nowhere else.

import type { TestCertificate } from 'ingam/testing'
import { createRemoteJWKSet, jwtVerify } from 'jose'
import * as oauth from 'oauth4webapi'
import * as openid from 'openid-client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { freePort } from '../../support/server-process.ts'
import { assertionOf, JWT_BEARER } from './support/asking.ts'
import { API, NAMES } from './support/folder.ts'
import { endWorlds, startWorld, type World } from './support/world.ts'

// LIMIT: a start, on a machine that is busy with other tests.
const HOOK_MILLISECONDS = 60_000

let world: World
let issuer: URL
let billing: TestCertificate
let reports: TestCertificate

beforeAll(async () => {
  // Who discovers compares the issuer with the URL it asked, so that both must be the same here.
  const port = await freePort()
  world = await startWorld({ issuer: `http://127.0.0.1:${port}`, port })
  issuer = new URL(world.folder.issuer)
  billing = await world.folder.ca.issue({ name: 'billing', uris: [NAMES.billing] })
  reports = await world.folder.ca.issue({ name: 'reports', uris: [NAMES.reports] })
}, HOOK_MILLISECONDS)
afterAll(endWorlds)

async function keyOf({ privateKeyPkcs8 }: TestCertificate): Promise<CryptoKey> {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256' }
  return await crypto.subtle.importKey('pkcs8', Uint8Array.from(privateKeyPkcs8), algorithm, false, ['sign'])
}

function x5cOf({ chain }: TestCertificate): readonly string[] {
  return chain.map(({ der }) => Buffer.from(der).toString('base64'))
}

// The access token as a resource server reads it, by the keys that the service publishes.
async function verify(token: string): Promise<Readonly<Record<string, unknown>>> {
  const keys = createRemoteJWKSet(new URL('/jwks', issuer))
  const { payload } = await jwtVerify(token, keys, {
    issuer: world.folder.issuer,
    audience: API,
    typ: 'at+jwt',
  })
  return payload
}

async function holderAssertion(name: string): Promise<string> {
  const holder = await world.folder.ca.issue({ uris: [name] })
  return await assertionOf(await holder.credential(), world.folder.issuer)
}

describe('oauth4webapi', () => {
  const insecure = { [oauth.allowInsecureRequests]: true }
  const client = { client_id: 'billing' }

  async function discover(): Promise<oauth.AuthorizationServer> {
    const response = await oauth.discoveryRequest(issuer, { algorithm: 'oauth2', ...insecure })
    return await oauth.processDiscoveryResponse(issuer, response)
  }

  async function authentication(): Promise<oauth.ClientAuth> {
    return oauth.PrivateKeyJwt(await keyOf(billing), {
      [oauth.modifyAssertion](header, payload) {
        Object.assign(header, { x5c: x5cOf(billing), typ: 'client-authentication+jwt' })
        payload['aud'] = world.folder.issuer
      },
    })
  }

  it('gets a token by client_credentials and DPoP with the nonce it was told, introspects and revokes it', async () => {
    const server = await discover()
    const DPoP = oauth.DPoP({}, await oauth.generateKeyPair('ES256'))
    const auth = await authentication()
    const ask = async (): Promise<oauth.TokenEndpointResponse> => {
      const more = { ...insecure, DPoP }
      const response = await oauth.clientCredentialsGrantRequest(
        server,
        client,
        auth,
        { scope: 'read' },
        more,
      )
      return await oauth.processClientCredentialsResponse(server, client, response)
    }
    const first: unknown = await ask().catch((error: unknown) => error)
    expect(oauth.isDPoPNonceError(first)).toBe(true)
    const { access_token: token, ...answer } = await ask()
    expect(answer).toMatchObject({ token_type: 'dpop', scope: 'read', expires_in: 300 })
    expect(await verify(token)).toMatchObject({
      sub: 'billing',
      cnf: { jkt: await DPoP.calculateThumbprint() },
    })

    const introspect = async (): Promise<oauth.IntrospectionResponse> => {
      const response = await oauth.introspectionRequest(server, client, auth, token, insecure)
      return await oauth.processIntrospectionResponse(server, client, response)
    }
    expect(await introspect()).toMatchObject({ active: true, sub: 'billing', token_type: 'DPoP' })
    const revoked = await oauth.revocationRequest(server, client, auth, token, insecure)
    expect(await oauth.processRevocationResponse(revoked)).toBeUndefined()
    expect(await introspect()).toEqual({ active: false })
  })

  it.each([
    ['nothing', NAMES.plain, undefined],
    ['its certificate', NAMES.proved, { 'x5t#S256': expect.stringMatching(/^[\w-]{43}$/u) }],
  ])('gets a token that is bound to %s by an assertion of its holder, once', async (_, name, cnf) => {
    const server = await discover()
    const assertion = await holderAssertion(name)
    const own = { client_id: `uri:${name}` }
    const ask = async (): Promise<oauth.TokenEndpointResponse> => {
      const parameters = { assertion }
      const response = await oauth.genericTokenEndpointRequest(
        server,
        own,
        oauth.None(),
        JWT_BEARER,
        parameters,
        insecure,
      )
      return await oauth.processGenericTokenEndpointResponse(server, own, response)
    }
    const { access_token: token } = await ask()
    const claims = await verify(token)
    expect(claims).toMatchObject({ sub: `uri:${name}`, scope: 'read write' })
    expect(claims['cnf']).toEqual(cnf)
    await expect(ask()).rejects.toMatchObject({ error: 'invalid_grant', status: 400 })
  })
})

describe('openid-client', () => {
  // A client that knows nothing of typ; the policy marks it as legacy for that.
  async function configure(certificate: TestCertificate, id: string): Promise<openid.Configuration> {
    const authentication = openid.PrivateKeyJwt(await keyOf(certificate), {
      [openid.modifyAssertion]: (header) => void Object.assign(header, { x5c: x5cOf(certificate) }),
    })
    return await openid.discovery(issuer, id, undefined, authentication, {
      algorithm: 'oauth2',
      execute: [openid.allowInsecureRequests],
    })
  }

  it('that is marked legacy gets tokens by both grants, introspects and revokes', async () => {
    const config = await configure(reports, 'reports')
    const own = await openid.clientCredentialsGrant(config, { resource: API })
    expect(await verify(own.access_token)).toMatchObject({ sub: 'reports', client_id: 'reports' })
    const DPoP = openid.getDPoPHandle(config, await openid.randomDPoPKeyPair())
    const assertion = await holderAssertion(NAMES.bound)
    const { access_token: token } = await openid.genericGrantRequest(
      config,
      JWT_BEARER,
      { assertion },
      { DPoP },
    )
    expect(await verify(token)).toMatchObject({
      sub: `uri:${NAMES.bound}`,
      client_id: 'reports',
      cnf: { jkt: await DPoP.calculateThumbprint() },
    })
    expect(await openid.tokenIntrospection(config, token)).toMatchObject({
      active: true,
      client_id: 'reports',
    })
    await openid.tokenRevocation(config, token)
    expect(await openid.tokenIntrospection(config, token)).toEqual({ active: false })
    expect(await openid.tokenIntrospection(config, own.access_token)).toMatchObject({ active: true })
  })

  it('that is not marked legacy, or is not who it says, is refused', async () => {
    for (const [certificate, id] of [
      [billing, 'billing'],
      [billing, 'reports'],
    ] as const) {
      const config = await configure(certificate, id)
      // So it tells of any 401 with WWW-Authenticate.
      await expect(openid.clientCredentialsGrant(config)).rejects.toMatchObject({
        code: 'OAUTH_WWW_AUTHENTICATE_CHALLENGE',
        status: 401,
      })
    }
  })
})
