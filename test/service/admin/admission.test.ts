import { signAuthorizationGrant, signToken } from 'ingam'
import { createMemorySource } from 'ingam/x509'
import { beforeEach, describe, expect, test } from 'vitest'
import { type Admission, createAdminGate } from '../../../packages/server/src/admin/admission.ts'
import type { RouteEntry } from '../../../packages/server/src/routes/entry.ts'
import { ServiceError } from '../../../packages/server/src/service-error.ts'
import {
  ADMINISTRATORS,
  type Asked,
  createWorld,
  dispatch,
  ISSUER,
  type Signed,
  START,
  tokenFor,
  type World,
  type WorldOptions,
} from './world.ts'

const READ: Asked = { target: '/admin/read' }
const ACT: Asked = { method: 'POST', target: '/admin/act', content: '{"reason":"stolen"}' }

let world: World
let admitted: Admission[]
let endpoints: readonly RouteEntry[]

// Two endpoints that do nothing but use up the token: what is tested is the gate.
async function open(options: WorldOptions = {}): Promise<void> {
  world = await createWorld(options)
  admitted = []
  const { admin } = world.service.config
  if (admin === undefined) throw new TypeError('a world with administrators')
  const gate = createAdminGate(world.service, admin)
  const entry = (method: 'GET' | 'POST', path: string, role: 'auditor' | 'operator'): RouteEntry => ({
    method,
    path: new URL(world.service.config.issuer).pathname.replace(/^\/$/u, '') + path,
    kind: 'admin',
    async endpoint(exchange) {
      const admission = await gate(exchange, role)
      await admission.take()
      admitted.push(admission)
      return Response.json({ done: true })
    },
  })
  endpoints = [
    entry('GET', '/admin/read', 'auditor'),
    entry('POST', '/admin/read', 'auditor'),
    entry('GET', '/admin/other', 'auditor'),
    entry('POST', '/admin/act', 'operator'),
  ]
}

beforeEach(async () => await open())

async function send(asked: Asked, signed: Signed, sent: Asked = asked): Promise<Response> {
  return await dispatch(endpoints, sent, `Bearer ${await tokenFor(world, asked, signed)}`)
}

async function bodyOf(response: Response): Promise<unknown> {
  const { requestId: _, ...body } = Object(await response.json())
  return body
}

const NOT_ADMITTED = {
  title: 'an administrator is needed',
  status: 401,
  detail: 'an administrator is needed',
  code: 'ERR_ADMIN_TOKEN',
}

async function expectNotAdmitted(response: Response): Promise<void> {
  expect(response.status).toBe(401)
  expect(response.headers.get('WWW-Authenticate')).toBe('Bearer')
  expect(await bodyOf(response)).toEqual(NOT_ADMITTED)
  expect(admitted).toEqual([])
}

describe('an administrator is admitted', () => {
  test('for the request that the token was signed for, and its token is used up', async () => {
    const token = `Bearer ${await tokenFor(world, ACT, { by: world.operatorCredential })}`
    expect((await dispatch(endpoints, ACT, token)).status).toBe(200)
    expect(admitted[0]?.administrator.name).toBe('Olga')
    admitted = []
    await expectNotAdmitted(await dispatch(endpoints, ACT, token))
    expect(world.stores.records.map(({ type, details }) => [type, details['reason']])).toEqual([
      ['admin.refused', 'used before, or undecided'],
    ])
  })

  test('as auditor to read', async () => {
    expect((await send(READ, { by: world.auditorCredential })).status).toBe(200)
    expect(admitted[0]?.administrator.name).toBe('Aud')
  })

  test('below the path of an issuer that has one', async () => {
    await open({ issuer: `${ISSUER}/tenant` })
    const asked: Asked = { target: '/tenant/admin/read' }
    expect((await send(asked, { by: world.auditorCredential })).status).toBe(200)
    admitted = []
    await expectNotAdmitted(
      await send(asked, { by: world.auditorCredential, boundTo: { targetUri: `${ISSUER}/admin/read` } }),
    )
  })

  test('up to the longest lifetime and not a second longer', async () => {
    expect((await send(READ, { by: world.auditorCredential, lifetimeSeconds: 120 })).status).toBe(200)
    admitted = []
    await expectNotAdmitted(await send(READ, { by: world.auditorCredential, lifetimeSeconds: 121 }))
  })

  test('with a scheme in any case, and one space or more', async () => {
    const token = await tokenFor(world, READ, { by: world.auditorCredential })
    expect((await dispatch(endpoints, READ, `bEARER  ${token}`)).status).toBe(200)
  })
})

describe('nobody else is, and all are told the same', () => {
  test('without a token', async () => {
    await expectNotAdmitted(await dispatch(endpoints, READ, undefined))
    expect(world.early).toEqual(['ERR_ADMIN_TOKEN'])
  })

  test.each([
    'Bearer',
    'Bearer x',
    'Bearer a.b',
    'Bearer a.b.c.d',
    'Basic YTpi',
    'Bearer a.b.c, Bearer a.b.c',
  ])('with "%s"', async (authorization) => {
    await expectNotAdmitted(await dispatch(endpoints, READ, authorization))
    expect(world.early).toHaveLength(1)
  })

  test('with a token of which any character is another', async () => {
    const token = await tokenFor(world, READ, { by: world.auditorCredential })
    for (let index = 0; index < token.length; index += 13) {
      const other = token[index] === 'A' ? 'B' : 'A'
      const changed = token.slice(0, index) + other + token.slice(index + 1)
      await expectNotAdmitted(await dispatch(endpoints, READ, `Bearer ${changed}`))
    }
    const last = token.at(-1) ?? ''
    for (const other of ['A', 'B', 'Q', 'w', '-', '_'].filter((character) => character !== last)) {
      await expectNotAdmitted(await dispatch(endpoints, READ, `Bearer ${token.slice(0, -1)}${other}`))
    }
    expect((await dispatch(endpoints, READ, `Bearer ${token}`)).status).toBe(200)
  })

  test('with two tokens, the second of them good', async () => {
    const token = await tokenFor(world, READ, { by: world.auditorCredential })
    await expectNotAdmitted(await dispatch(endpoints, READ, `Bearer ${token}, Bearer ${token}`))
  })

  test.each<[string, Asked, Asked]>([
    ['for another path', { target: '/admin/other' }, READ],
    ['for another method', READ, { ...READ, method: 'POST' }],
    ['for the query in another order', { target: '/admin/read?a=1&b=2' }, { target: '/admin/read?b=2&a=1' }],
    ['without the query', READ, { target: '/admin/read?a=1' }],
    ['without the question mark', READ, { target: '/admin/read?' }],
    ['for another spelling of the query', { target: '/admin/read?a=%41' }, { target: '/admin/read?a=A' }],
    ['for a content that differs in a byte', ACT, { ...ACT, content: '{"reason":"stolfn"}' }],
    ['for a content without its last byte', ACT, { ...ACT, content: '{"reason":"stolen"' }],
    ['for a content with a byte more', ACT, { ...ACT, content: '{"reason":"stolen"} ' }],
    ['for no content where there is one', { ...ACT, content: '' }, ACT],
    ['for a content where there is none', ACT, { ...ACT, content: '' }],
  ])('with a token %s', async (_, signed, sent) => {
    await expectNotAdmitted(await send(signed, { by: world.operatorCredential }, sent))
    expect(world.early).toEqual(['ERR_TOKEN_BINDING_MISMATCH'])
    expect(world.stores.records).toEqual([])
  })

  test('with a token that is bound to method and URI, and not to the content', async () => {
    const by = world.operatorCredential
    const request = { method: 'GET', targetUri: `${ISSUER}/admin/read` }
    const token = await signToken(by, {
      audience: `${ISSUER}/admin`,
      at: world.clock.now(),
      lifetimeSeconds: 60,
      request,
    })
    await expectNotAdmitted(await dispatch(endpoints, READ, `Bearer ${token}`))
    expect(world.early).toEqual(['ERR_TOKEN_BINDING_MISSING'])
  })

  test('with a token that is bound to nothing', async () => {
    await expectNotAdmitted(await send(READ, { by: world.operatorCredential, boundTo: null }))
  })

  test.each([
    'http://elsewhere.test:8080/admin/read',
    'https://attacker.example/admin/read',
    'http://tokens.example/admin/read',
    'https://tokens.example:8443/admin/read',
  ])('with a token for %s, where the request went or what its Host says', async (targetUri) => {
    await expectNotAdmitted(await send(READ, { by: world.operatorCredential, boundTo: { targetUri } }))
  })

  test.each([
    ISSUER,
    `${ISSUER}/`,
    `${ISSUER}/admin/`,
    `${ISSUER}/Admin`,
    `${ISSUER}/admin/read`,
    'https://other.example/admin',
  ])('with a token for the audience %s', async (audience) => {
    await expectNotAdmitted(await send(READ, { by: world.operatorCredential, audience }))
    expect(world.early).toEqual(['ERR_TOKEN_AUDIENCE'])
  })

  test('with a token that has expired, or comes from the future', async () => {
    const at = new Date(world.clock.now().getTime() - 120_000)
    await expectNotAdmitted(await send(READ, { by: world.auditorCredential, at }))
    const future = new Date(world.clock.now().getTime() + 6_000)
    await expectNotAdmitted(await send(READ, { by: world.auditorCredential, at: future }))
    expect(world.early).toEqual(['ERR_TOKEN_EXPIRED', 'ERR_TOKEN_NOT_YET_VALID'])
  })

  test('with an assertion for the token endpoint, whatever its audience', async () => {
    const by = world.operatorCredential
    for (const audience of [ISSUER, `${ISSUER}/admin`]) {
      const assertion = await signAuthorizationGrant(by, {
        audience,
        at: world.clock.now(),
        lifetimeSeconds: 60,
      })
      await expectNotAdmitted(await dispatch(endpoints, READ, `Bearer ${assertion}`))
    }
    expect(world.early).toEqual(['ERR_TOKEN_TYPE', 'ERR_TOKEN_TYPE'])
  })

  test("with a certificate of the workloads' CA that has an administrator's name", async () => {
    const forged = await world.workloadCa.issue({
      name: 'operator',
      uris: ['spiffe://admin.example/operator'],
    })
    await expectNotAdmitted(await send(READ, { by: await forged.credential() }))
    expect(world.early).toEqual(['ERR_PATH_NO_ISSUER'])
    expect(world.stores.records).toEqual([])
  })

  test("with a certificate of the administrators' CA that is nobody's; that is written down", async () => {
    const stranger = await world.adminCa.issue({
      name: 'stranger',
      uris: ['spiffe://admin.example/operator2'],
    })
    const credential = await stranger.credential()
    const token = `Bearer ${await tokenFor(world, READ, { by: credential })}`
    await expectNotAdmitted(await dispatch(endpoints, READ, token))
    const [record, ...more] = world.stores.records
    expect(more).toEqual([])
    expect(record).toMatchObject({
      type: 'admin.refused',
      thumbprint: expect.stringMatching(/^[\w-]{43}$/u),
      details: { reason: 'no administrator', method: 'GET', path: '/admin/read', anchor: 'administrators' },
    })
  })

  test('with a certificate that two administrators have', async () => {
    const [olga] = ADMINISTRATORS
    if (olga === undefined) throw new TypeError('an administrator')
    await open({ administrators: [olga, { ...olga, name: 'Olga again' }] })
    await expectNotAdmitted(await send(READ, { by: world.operatorCredential }))
    expect(world.stores.records.map(({ details }) => details['reason'])).toEqual(['no administrator'])
  })

  test('with a certificate that bears the names of two administrators', async () => {
    const both = await world.adminCa.issue({
      uris: ['spiffe://admin.example/operator', 'spiffe://admin.example/auditor'],
    })
    await expectNotAdmitted(await send(READ, { by: await both.credential() }))
  })

  test('a stranger whose token is older than what the store remembers', async () => {
    await open({ epoch: 1_772_366_401 })
    const stranger = await (await world.adminCa.issue({ name: 'stranger' })).credential()
    await expectNotAdmitted(await send(READ, { by: stranger }))
  })
})

test('an administrator whose token is older than what the store remembers may try again', async () => {
  await open({ epoch: 1_772_366_401 })
  const early = await send(READ, { by: world.auditorCredential })
  expect([early.status, early.headers.get('Retry-After')]).toEqual([503, '1'])
  expect(await bodyOf(early)).toMatchObject({ code: 'ERR_OAUTH_UNDECIDED' })
  expect(admitted).toEqual([])
  world.clock.advance(1)
  expect((await send(READ, { by: world.auditorCredential })).status).toBe(200)
})

describe('revocation', () => {
  test('a revoked administrator is not admitted, and that is written down under its certificate', async () => {
    const crl = await world.adminCa.crl({ revoked: [world.operator] })
    const source = createMemorySource({ crls: [crl.der] })
    await open({ revocation: 'require', revocationSources: [source] })
    await expectNotAdmitted(await send(READ, { by: world.operatorCredential }))
    expect(world.early).toEqual([])
    expect(world.stores.records[0]).toMatchObject({
      type: 'admin.refused',
      thumbprint: expect.stringMatching(/^[\w-]{43}$/u),
      details: { reason: 'revocation', code: 'ERR_REVOCATION_REVOKED' },
    })
    expect((await send(READ, { by: world.auditorCredential })).status).toBe(200)
  })

  test('one that names its certificate by its thumbprint alone is written down and limited too', async () => {
    const list = await world.adminCa.crl({})
    const source = createMemorySource({ crls: [list.der] })
    const later = await world.adminCa.crl({ revoked: [world.operator], crlNumber: 2 })
    let held = source
    let revision = 0
    const changing: typeof source = {
      ...source,
      revision: () => revision,
      find: (query) => held.find(query),
      status: () => held.status(),
    }
    await open({ revocation: 'require', revocationSources: [changing] })
    expect((await send(READ, { by: world.operatorCredential })).status).toBe(200)
    admitted = []
    held = createMemorySource({ crls: [later.der] })
    revision = 1
    const targetUri = `${ISSUER}/admin/read`
    const token = await signToken(world.operatorCredential, {
      audience: `${ISSUER}/admin`,
      at: world.clock.now(),
      lifetimeSeconds: 60,
      certificateBy: 'x5t#S256',
      request: { method: 'GET', targetUri, content: new Uint8Array() },
    })
    await expectNotAdmitted(await dispatch(endpoints, READ, `Bearer ${token}`))
    expect(world.rates.keys[1]).toBe(world.rates.keys[0])
    expect(world.stores.records[0]).toMatchObject({ details: { code: 'ERR_REVOCATION_REVOKED' } })
  })

  test('unknown is refused under require, and told like all else', async () => {
    await open({ revocation: 'require' })
    await expectNotAdmitted(await send(READ, { by: world.operatorCredential }))
    await open({ revocation: 'prefer' })
    expect((await send(READ, { by: world.operatorCredential })).status).toBe(200)
  })
})

describe('roles', () => {
  test('an auditor does not act, and that is written down', async () => {
    const response = await send(ACT, { by: world.auditorCredential })
    expect(response.status).toBe(403)
    expect(await bodyOf(response)).toMatchObject({ code: 'ERR_ADMIN_FORBIDDEN' })
    expect(admitted).toEqual([])
    expect(world.stores.records).toMatchObject([
      {
        type: 'admin.refused',
        actor: 'Aud',
        details: { reason: 'role', method: 'POST', path: '/admin/act' },
      },
    ])
  })

  test('an operator reads too', async () => {
    expect((await send(READ, { by: world.operatorCredential })).status).toBe(200)
  })
})

describe('what is not about the token is answered before it is looked at, or after it was found good', () => {
  test('a clock that cannot be relied on, for good tokens and none', async () => {
    world.faults.clock = new ServiceError('ERR_SERVICE_CLOCK', 'stepped')
    expect((await dispatch(endpoints, READ, undefined)).status).toBe(503)
    expect((await send(READ, { by: world.auditorCredential })).status).toBe(503)
    expect(world.early).toEqual([])
  })

  test('a clock that fails already at the start keeps nobody from asking once it is right', async () => {
    const { admin } = world.service.config
    if (admin === undefined) throw new TypeError('administrators')
    world.faults.clock = new ServiceError('ERR_SERVICE_CLOCK', 'stepped')
    const gate = createAdminGate(world.service, admin)
    world.faults.clock = undefined
    const token = await tokenFor(world, READ, { by: world.auditorCredential })
    const request = new Request(`${ISSUER}/admin/read`, { headers: { Authorization: `Bearer ${token}` } })
    const exchange = {
      request,
      path: '/admin/read',
      peer: { address: '' },
      requestId: 'r',
      body: new Uint8Array(),
      now: START,
    }
    expect((await gate(exchange, 'auditor')).administrator.name).toBe('Aud')
  })

  test('too many requests of one certificate, which reads and acts for itself alone', async () => {
    world.rates.limit = new ServiceError('ERR_SERVICE_RATE_LIMITED', 'slow', { retryAfterSeconds: 2 })
    await expectNotAdmitted(await dispatch(endpoints, READ, undefined))
    expect(world.rates.keys).toEqual([])
    expect((await send(READ, { by: world.auditorCredential })).status).toBe(429)
    expect(world.rates.keys).toEqual([expect.stringMatching(/^admin:[\w-]{43}$/u)])
    expect(world.stores.records).toEqual([])
  })

  test('a store that cannot write: nothing is admitted', async () => {
    world.stores.failWith = new ServiceError('ERR_SERVICE_STORE', 'no disk')
    expect((await send(READ, { by: world.auditorCredential })).status).toBe(503)
    expect(admitted).toEqual([])
    world.stores.failWith = undefined
    expect((await send(READ, { by: world.auditorCredential })).status).toBe(200)
  })
})

test('of many copies of one token at once exactly one is admitted', async () => {
  const token = `Bearer ${await tokenFor(world, ACT, { by: world.operatorCredential })}`
  const answers = await Promise.all(
    Array.from({ length: 16 }, async () => await dispatch(endpoints, ACT, token)),
  )
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
  expect(answers.filter(({ status }) => status === 401)).toHaveLength(15)
})
