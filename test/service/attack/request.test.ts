// A request that is good in itself, and asks to be taken for another one: bound to less, sent elsewhere, longer, under a
// policy that is gone; and what its refusal tells.

import { createTestCa } from 'ingam/testing'
import { describe, expect, it } from 'vitest'
import { createHandler } from '../../../packages/server/src/app.ts'
import { createOAuthEndpoints } from '../../../packages/server/src/routes/oauth.ts'
import { proofKey, proofOf } from '../oauth/dpop-proof.ts'
import { API, AT, createWorld, ISSUER, JWT_BEARER, payloadOf } from '../oauth/support.ts'
import {
  ask,
  askBy,
  CREDENTIALS,
  grantBy,
  NOW,
  policyText,
  profileText,
  putPolicy,
  signRaw,
} from './support.ts'

describe('a binding', () => {
  const key = proofKey()
  async function outcome(
    binding: 'none' | 'dpop' | 'mtls' | 'proof',
    dpop: boolean,
    peer: 'own' | 'other' | 'no',
  ): Promise<unknown> {
    const world = await createWorld({ grant: { binding } })
    const shown = { own: [world.workload.der], other: [world.billing.der], no: [] }[peer]
    const headers = dpop ? { dpop: proofOf(key) } : {}
    const { error, claims } = await ask(world, await world.bearer(world.workload), {
      headers,
      ...(peer !== 'no' && { peer: shown }),
    })
    return error ?? Object.keys(Object(claims['cnf'])).join()
  }

  it.each<['none' | 'dpop' | 'mtls' | 'proof', boolean, 'own' | 'other' | 'no', string]>([
    ['dpop', false, 'no', 'invalid_dpop_proof'],
    ['dpop', false, 'own', 'invalid_dpop_proof'],
    ['dpop', true, 'other', 'jkt'],
    ['mtls', false, 'no', 'invalid_request'],
    ['mtls', false, 'other', 'invalid_request'],
    ['mtls', true, 'own', 'invalid_dpop_proof'],
    ['mtls', false, 'own', 'x5t#S256'],
    ['proof', true, 'no', 'invalid_dpop_proof'],
    ['proof', false, 'other', 'x5t#S256'],
    ['none', true, 'no', 'invalid_dpop_proof'],
    ['none', false, 'own', ''],
  ])('%s with a proof (%s) and a handshake (%s): %s', async (binding, dpop, peer, expected) => {
    expect(await outcome(binding, dpop, peer)).toBe(expected)
  })

  it('is to the certificate that signed, not to that of the client in the handshake', async () => {
    const world = await createWorld({ grant: { binding: 'mtls' } })
    const form = await world.bearer(world.workload, { client_id: 'gateway' })
    expect((await ask(world, form, { peer: [world.gateway.der] })).error).toBe('invalid_request')
    // A renewed certificate with the same key and names is another one.
    const renewed = await world.ca.issue({ uris: ['spiffe://prod.example/deploy'], keyOf: world.workload })
    expect((await ask(world, await world.bearer(world.workload), { peer: [renewed.der] })).error).toBe(
      'invalid_request',
    )
    // Only the leaf was proved.
    const behind = { peer: [renewed.der, world.workload.der] }
    expect((await ask(world, await world.bearer(world.workload), behind)).error).toBe('invalid_request')
  })

  it('of a proof that somebody else signed is none', async () => {
    const world = await createWorld({ grant: { binding: 'dpop' } })
    const [head = '', body = ''] = proofOf(key)
      .split('.')
      .map((part) => Buffer.from(part, 'base64url').toString('utf8'))
    const dpop = signRaw(world.workload, head, body)
    expect((await ask(world, await world.bearer(world.workload), { headers: { dpop } })).error).toBe(
      'invalid_dpop_proof',
    )
  })
})

describe('headers and paths', () => {
  it('say nothing about host, address, certificate or endpoint', async () => {
    const world = await createWorld({ grant: { binding: 'dpop' } })
    const handler = createHandler(world.service, createOAuthEndpoints(world.service))
    const certificate = Buffer.from(world.gateway.der).toString('base64')
    const spoofed = {
      host: 'evil.example',
      forwarded: 'for=192.0.2.9;host=evil.example;proto=http',
      'x-forwarded-host': 'evil.example',
      'x-forwarded-proto': 'http',
      'x-forwarded-prefix': '/evil',
      'x-original-url': '/introspect',
      'x-rewrite-url': '/introspect',
      'x-http-method-override': 'GET',
      'x-client-cert': certificate,
      'client-cert': `:${certificate}:`,
      'x-ssl-client-cert': certificate,
      'x-forwarded-client-cert': certificate,
    }
    const post = async (url: string, form: Record<string, string>, headers: Record<string, string> = {}) => {
      const request = new Request(url, {
        method: 'POST',
        body: String(new URLSearchParams(form)),
        headers: { 'content-type': 'application/x-www-form-urlencoded', ...spoofed, ...headers },
      })
      const response = await handler(request, { address: '192.0.2.1' })
      const text = await response.text()
      const answer: Record<string, unknown> = text.startsWith('{') ? JSON.parse(text) : {}
      return { status: response.status, error: answer['error'], token: answer['access_token'] }
    }
    const evil = proofOf(proofKey(), { htu: 'https://evil.example/token' })
    expect(
      (await post('https://evil.example/token', await world.bearer(world.workload), { dpop: evil })).error,
    ).toBe('invalid_dpop_proof')
    const good = proofOf(proofKey())
    const { token } = await post('https://evil.example/token', await world.bearer(world.workload), {
      dpop: good,
    })
    expect(payloadOf(String(token))['iss']).toBe(ISSUER)
    const gateway = { ...CREDENTIALS, client_id: 'gateway' }
    expect((await post('https://tokens.example/token', gateway)).error).toBe('invalid_client')
    const metadata = await handler(
      new Request(`${ISSUER}/.well-known/oauth-authorization-server`, { headers: spoofed }),
      { address: '192.0.2.1' },
    )
    expect(await metadata.text()).not.toContain('evil')
    for (const path of [
      '/%74oken',
      '//token',
      '/token/',
      '/TOKEN',
      '/token%2f',
      '/x/%2e%2e%2ftoken',
      '/token;a=b',
      '/token%00',
    ])
      expect([path, (await post(`${ISSUER}${path}`, await world.bearer(world.workload))).status]).toEqual([
        path,
        404,
      ])
  })
})

describe('a refusal', () => {
  it('reads the same for a bad signature, a bad path, a revoked name, a used assertion and a policy that says no', async () => {
    const world = await createWorld({
      decide: (request) => ({
        allowed: false,
        code: 'ERR_OAUTH_GRANT',
        nearest: { profile: 'secret', rule: 'profiles.secret', expected: 'x', found: request.subject },
        misses: [],
      }),
    })
    const stranger = await (await createTestCa({ at: AT, name: 'Workload CA' })).issue({
      uris: ['spiffe://prod.example/deploy'],
    })
    const [head = '', body = '', tail = ''] = grantBy(world.workload).split('.')
    const expired = await world.ca.issue({
      uris: ['spiffe://prod.example/deploy'],
      notAfter: new Date(AT.getTime() - 1000),
    })
    const server = await world.ca.issue({
      uris: ['spiffe://prod.example/deploy'],
      extKeyUsage: ['1.3.6.1.5.5.7.3.1'],
    })
    const assertions = [
      `${head}.${body}.${tail.startsWith('A') ? 'B' : 'A'}${tail.slice(1)}`,
      grantBy(stranger),
      grantBy(expired),
      grantBy(server),
      grantBy(world.workload, { aud: 'https://evil.example' }),
      grantBy(world.workload, { exp: NOW - 100, iat: NOW - 160 }),
      grantBy(world.workload),
      'x',
    ]
    const read = new Set<string>()
    for (const assertion of assertions) {
      const {
        status,
        headers,
        body: answer,
      } = await world.call({ form: { grant_type: JWT_BEARER, assertion } })
      read.add(JSON.stringify([status, { ...answer, request_id: '' }, [...headers.keys()].sort()]))
    }
    expect([...read]).toHaveLength(1)
    expect([...read][0]).not.toContain('secret')
  })
})

describe('the end of a certificate', () => {
  it('is the end of its token, of any certificate of its path', async () => {
    const world = await createWorld({ grant: { lifetimeSeconds: 86_400 } })
    const short = await world.ca.issue({
      uris: ['spiffe://prod.example/deploy'],
      notAfter: new Date(AT.getTime() + 90_000),
    })
    expect((await askBy(world, grantBy(short))).claims['exp']).toBe(NOW + 90)
    const issuing = await world.ca.issue({
      kind: 'ca',
      name: 'Issuing',
      notAfter: new Date(AT.getTime() + 30_000),
    })
    const below = await issuing.issue({ uris: ['spiffe://prod.example/deploy'] })
    expect((await askBy(world, grantBy(below))).claims['exp']).toBe(NOW + 30)
    world.clock.advance(30)
    expect((await askBy(world, grantBy(below, { iat: NOW + 30, exp: NOW + 90 }))).error).toBe('invalid_grant')
  })
})

describe('a policy that is replaced while a request is judged', () => {
  it('leaves the request to the policy with which it began, and the records say which one that was', async () => {
    const world = await createWorld()
    const text = (scope: string): string =>
      policyText(
        { workloads: world.ca },
        profileText("trustAnchor: workloads, uri: 'spiffe://prod.example/deploy'", `scope: [${scope}]`),
      )
    putPolicy(world, text('old'), 8)
    world.stores.beforeCommit = async () => {
      // Nothing is given from now on: the profile is gone before the unit of work is written.
      putPolicy(world, policyText({ workloads: world.ca }, '  {}'), 9)
      await Promise.resolve()
    }
    const { claims } = await askBy(world, grantBy(world.workload))
    expect(claims['scope']).toBe('old')
    const issued = world.stores.records.find(({ type }) => type === 'token.issued')
    expect(issued?.details).toMatchObject({ policyVersion: 8, jti: claims['jti'] })
    expect(await world.stores.grants.find(String(claims['jti']))).toMatchObject({ policyVersion: 8 })
    expect((await askBy(world, grantBy(world.workload))).error).toBe('invalid_grant')
    expect(world.stores.records.at(-1)).toMatchObject({
      type: 'token.refused',
      details: { policyVersion: 9 },
    })
  })
})

it('every token that leaves has its record, with everything that can be asked about it later', async () => {
  const world = await createWorld()
  const form = await world.authenticated(
    world.billing,
    'billing',
    await world.bearer(world.workload, { scope: 'read' }),
  )
  const { claims } = await ask(world, form)
  const [record] = world.stores.records
  expect(record?.details).toMatchObject({
    jti: claims['jti'],
    sub: claims['sub'],
    clientId: 'billing',
    client: 'billing',
    grant: 'jwt-bearer',
    audience: [API],
    scope: ['read'],
    binding: 'none',
    profile: 'deploy',
    policyVersion: 7,
    trustAnchor: 'workloads',
    clientTrustAnchor: 'workloads',
    expiresAt: claims['exp'],
  })
})
