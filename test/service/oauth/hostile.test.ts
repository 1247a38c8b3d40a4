// Whatever is sent: an answer in the form of the endpoint, never a token that was not earned, never a secret in a record.

import fc from 'fast-check'
import { expect, it } from 'vitest'
import { ServiceError } from '../../../packages/server/src/service-error.ts'
import { proofKey, proofOf } from './dpop-proof.ts'
import { createWorld, ISSUER, JWT_BEARER, type World } from './support.ts'

const ERRORS = [
  'invalid_request',
  'invalid_client',
  'invalid_grant',
  'invalid_scope',
  'invalid_target',
  'invalid_dpop_proof',
  'use_dpop_nonce',
  'unauthorized_client',
  'unsupported_grant_type',
  'temporarily_unavailable',
]
const HEADERS = { 'content-type': 'application/x-www-form-urlencoded' }

async function send(
  world: World,
  path: string,
  body: Uint8Array<ArrayBuffer> | string,
  headers = {},
): Promise<void> {
  const response = await world.fetch(`${ISSUER}${path}`, {
    method: 'POST',
    body,
    headers: { ...HEADERS, ...headers },
  })
  expect(response.status).not.toBe(200)
  expect(response.status).not.toBe(500)
  const answer = (await response.json()) as Record<string, string>
  expect(ERRORS).toContain(answer['error'])
  expect(answer['error_description']).toMatch(/^[\x20\x21\x23-\x5b\x5d-\x7e]+$/u)
}

it('any bytes as body', async () => {
  const world = await createWorld()
  const bodies = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc.string({ maxLength: 200 }).map((text) => new TextEncoder().encode(text)),
  )
  await fc.assert(
    fc.asyncProperty(fc.constantFrom('/token', '/introspect', '/revoke'), bodies, async (path, body) => {
      await send(world, path, Uint8Array.from(body))
    }),
    { numRuns: 200 },
  )
})

it('any values of the parameters', async () => {
  const world = await createWorld()
  const value = fc.oneof(
    fc.string({ maxLength: 40 }),
    fc.constantFrom('billing', 'gateway', 'orders', '__proto__', 'a.b.c'),
  )
  const names = [
    'client_id',
    'client_assertion',
    'client_assertion_type',
    'assertion',
    'scope',
    'resource',
    'token',
  ]
  const forms = fc.record(Object.fromEntries(names.map((name) => [name, value])), { requiredKeys: [] })
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom('client_credentials', JWT_BEARER, 'x'),
      forms,
      async (grant_type, form) => {
        await send(world, '/token', String(new URLSearchParams({ ...form, grant_type })))
      },
    ),
    { numRuns: 200 },
  )
})

it('an assertion or a proof with any character changed', async () => {
  const world = await createWorld({ grant: { binding: 'dpop' } })
  const form = await world.bearer(world.workload)
  const proof = proofOf(proofKey())
  const change = (text: string, at: number, character: string): string => {
    const place = at % text.length
    return text[place] === character ? '' : `${text.slice(0, place)}${character}${text.slice(place + 1)}`
  }
  const characters = fc.constantFrom(...'AZaz09-_.='.split(''))
  await fc.assert(
    fc.asyncProperty(fc.nat(), characters, async (at, character) => {
      const assertion = change(form['assertion'] ?? '', at, character)
      await send(world, '/token', String(new URLSearchParams({ ...form, assertion })), { dpop: proof })
      await send(world, '/token', String(new URLSearchParams(form)), { dpop: change(proof, at, character) })
    }),
    { numRuns: 150 },
  )
  expect((await world.call({ form, headers: { dpop: proof } })).status).toBe(200)
})

it('no token, signature, proof or nonce is in a record, a count or a line of the log', async () => {
  const world = await createWorld({ grant: { binding: 'dpop' }, dpopNonce: 'required' })
  const nonce = (await world.call({ path: '/challenge' })).headers.get('dpop-nonce') ?? ''
  const proof = proofOf(proofKey(), { nonce })
  const form = await world.authenticated(world.billing, 'billing', await world.bearer(world.workload))
  const { body } = await world.call({ form, headers: { dpop: proof } })
  await world.call({ form, headers: { dpop: proof } })
  await world.call({ form: { ...form, scope: 'admin' }, headers: { dpop: proof } })
  await world.call({ path: '/revoke', form: { ...form, token: String(body['access_token']) } })
  expect(world.stores.records.length).toBeGreaterThan(2)
  const written = JSON.stringify([
    world.stores.records,
    world.early,
    [...world.metrics.counts],
    world.service.log,
  ])
  const secrets = [body['access_token'], form['assertion'], form['client_assertion'], proof].flatMap(
    (token) => String(token).split('.'),
  )
  for (const secret of [...secrets, nonce]) expect(written).not.toContain(secret)
})

it('a clock that cannot be relied on, and no policy, answer 503 and nothing else', async () => {
  const world = await createWorld()
  const form = await world.bearer(world.workload)
  const clock = { now: world.service.clock.now }
  const broken = (): Date => {
    throw new ServiceError('ERR_SERVICE_CLOCK', 'stepped')
  }
  Object.assign(world.service.clock, { now: broken })
  for (const path of ['/token', '/introspect', '/revoke', '/challenge'])
    expect((await world.call({ path, form })).status).toBe(503)
  Object.assign(world.service.clock, clock)
  const { current } = world.service.policy
  Object.assign(world.service.policy, {
    current() {
      throw new ServiceError('ERR_SERVICE_NO_POLICY', 'none')
    },
    find: () => undefined,
  })
  for (const path of ['/token', '/introspect', '/revoke'])
    expect((await world.call({ path, form })).status).toBe(503)
  expect((await world.call({ method: 'GET', path: '/.well-known/oauth-authorization-server' })).status).toBe(
    200,
  )
  expect((await world.call({ method: 'GET', path: '/.well-known/openid-configuration' })).status).toBe(200)
  Object.assign(world.service.policy, { current })
  expect((await world.call({ form })).status).toBe(200)
})
