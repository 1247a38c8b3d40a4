// The endpoints behind the app, as the host serves them: routes, methods, and the peer that the listener saw.

import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { createHandler, type Handler } from '../../../packages/server/src/app.ts'
import { createOAuthEndpoints } from '../../../packages/server/src/routes/oauth.ts'
import { createWorld, ISSUER, payloadOf, type World } from './support.ts'

const PEER = { address: '192.0.2.1' }

function handlerOf(world: World): Handler {
  return createHandler(world.service, createOAuthEndpoints(world.service))
}

function post(path: string, form: Record<string, string>): Request {
  return new Request(`${ISSUER}${path}`, { method: 'POST', body: new URLSearchParams(form) })
}

describe('behind the app', () => {
  it('a token is got, looked at and ended', async () => {
    const world = await createWorld({ grant: { binding: 'mtls' } })
    const handler = handlerOf(world)
    const peer = { ...PEER, certificates: [world.billing.der] }
    const form = await world.authenticated(world.billing, 'billing', { grant_type: 'client_credentials' })
    const issued = await handler(post('/token', form), peer)
    expect(issued.status).toBe(200)
    const { access_token: token } = (await issued.json()) as { access_token: string }
    expect(payloadOf(token)['cnf']).toEqual({
      'x5t#S256': createHash('sha256').update(world.billing.der).digest('base64url'),
    })
    const ask = async (): Promise<unknown> => {
      const about = await world.authenticated(world.orders, 'orders', { token })
      return await (await handler(post('/introspect', about), PEER)).json()
    }
    expect(await ask()).toMatchObject({ active: true, client_id: 'billing' })
    const end = await world.authenticated(world.billing, 'billing', { token })
    expect((await handler(post('/revoke', end), PEER)).status).toBe(200)
    expect(await ask()).toEqual({ active: false })
  })

  it('no header stands for the handshake', async () => {
    const world = await createWorld({ grant: { binding: 'mtls' } })
    const request = post('/token', await world.bearer(world.workload))
    const pem = encodeURIComponent(world.workload.pem)
    for (const name of ['x-forwarded-client-cert', 'x-ssl-client-cert', 'client-cert'])
      request.headers.set(name, pem)
    const response = await handlerOf(world)(request, PEER)
    expect([response.status, ((await response.json()) as { error: string }).error]).toEqual([
      400,
      'invalid_request',
    ])
  })

  it('refusals have the form of RFC 6749, and a request id that finds the record', async () => {
    const world = await createWorld()
    const request = post('/token', await world.bearer(world.workload, { scope: 'admin' }))
    const response = await handlerOf(world)(request, PEER)
    const body = (await response.json()) as Record<string, string>
    expect(body).toEqual({
      error: 'invalid_scope',
      error_description: expect.any(String),
      request_id: expect.any(String),
    })
    expect(response.headers.get('cache-control')).toBe('no-store')
    expect(world.stores.records.at(-1)?.requestId).toBe(body['request_id'])
    expect(world.metrics.counts.get('refused ERR_OAUTH_SCOPE')).toBe(1)
  })

  it('other methods are refused, and documents answer GET', async () => {
    const world = await createWorld()
    const handler = handlerOf(world)
    const token = await handler(new Request(`${ISSUER}/token?grant_type=client_credentials`), PEER)
    expect([token.status, token.headers.get('allow')]).toEqual([405, 'POST'])
    for (const path of [
      '/jwks',
      '/.well-known/oauth-authorization-server',
      '/.well-known/openid-configuration',
    ])
      expect((await handler(new Request(`${ISSUER}${path}`), PEER)).status).toBe(200)
    const challenge = await handler(new Request(`${ISSUER}/challenge`, { method: 'POST' }), PEER)
    expect(challenge.status).toBe(200)
  })
})
