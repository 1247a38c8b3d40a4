import { beforeEach, describe, expect, test } from 'vitest'
import type { AdminClient } from '../../../packages/server/src/admin-client.ts'
import { type AdminEndpoint, adminApi } from '../../../packages/server/src/contract.ts'
import { createAdminEndpoints } from '../../../packages/server/src/routes/admin.ts'
import type { RouteEntry } from '../../../packages/server/src/routes/entry.ts'
import { ServiceError } from '../../../packages/server/src/service-error.ts'
import type { GrantRecord } from '../../../packages/server/src/stores/contract.ts'
import {
  clientOf,
  createWorld,
  dispatch,
  type ObservedClient,
  policyText,
  START,
  tokenFor,
  type World,
} from './world.ts'

const STOLEN = 'S'.repeat(43)
const OTHER = 'O'.repeat(43)
const NOW = START.getTime() / 1000

let world: World
let endpoints: readonly RouteEntry[]
let observed: ObservedClient
let client: AdminClient

beforeEach(async () => {
  world = await createWorld()
  endpoints = createAdminEndpoints(world.service) ?? []
  observed = clientOf(world, endpoints, world.operatorCredential)
  client = observed.client
})

async function grant(id: string, changes: Partial<GrantRecord> = {}): Promise<string> {
  const { outcome } = await world.stores.commit({
    grant: {
      id,
      subject: 'uri:spiffe://prod.example/a',
      clientId: 'billing',
      trustAnchor: 'workloads',
      thumbprint: STOLEN,
      profile: 'deploy',
      policyVersion: 1,
      audience: ['https://api.example'],
      scope: ['read'],
      binding: 'none',
      issuedAt: NOW - 60,
      expiresAt: NOW + 240,
      ...changes,
    },
    audit: [],
  })
  return outcome
}

async function codeOf(call: Promise<unknown>): Promise<unknown> {
  return await call.then(
    () => 'accepted',
    (error: unknown) => Reflect.get(Object(error), 'code'),
  )
}

describe('the table of the contract and the endpoints', () => {
  test('are the same, and without administrators there are none', async () => {
    const named = Object.values(adminApi).map(({ method, path }) => `${method} ${path}`)
    expect(endpoints.map(({ method, path }) => `${method} ${path}`).toSorted()).toEqual(named.toSorted())
    expect(new Set(endpoints.map(({ kind }) => kind))).toEqual(new Set(['admin']))
    const closed = await createWorld({ withoutAdmin: true })
    expect(createAdminEndpoints(closed.service)).toBeUndefined()
  })

  const all: readonly AdminEndpoint<never, unknown>[] = Object.values(adminApi)
  test.each(all)(
    '$method $path is closed without a token, and to who may not',
    async ({ method, path, role }) => {
      const asked = { method, target: path.replace('{version}', '1') }
      expect((await dispatch(endpoints, asked, undefined)).status).toBe(401)
      const token = await tokenFor(world, asked, { by: world.auditorCredential })
      const { status } = await dispatch(endpoints, asked, `Bearer ${token}`)
      if (role === 'operator') expect(status).toBe(403)
      else expect([200, 400, 404, 415]).toContain(status)
    },
  )

  test('below the path of an issuer that has one', async () => {
    world = await createWorld({ issuer: 'https://tokens.example/tenant' })
    endpoints = createAdminEndpoints(world.service) ?? []
    expect(endpoints.every(({ path }) => path.startsWith('/tenant/admin/'))).toBe(true)
    const { client: tenant } = clientOf(world, endpoints, world.auditorCredential)
    expect(await tenant.getStatus({})).toMatchObject({ issuer: 'https://tokens.example/tenant' })
  })

  test('answers are not stored, and are of their media type', async () => {
    await client.getStatus({})
    expect(observed.last().headers.get('Cache-Control')).toBe('no-store')
    expect(observed.last().headers.get('Content-Type')).toBe('application/json')
  })
})

describe('every answer says what the contract says, and nothing more', () => {
  const calls: readonly [string, () => Promise<unknown>][] = [
    ['status', async () => await client.getStatus({})],
    ['policy', async () => await client.getPolicy({})],
    ['apply', async () => await client.applyPolicy({ text: policyText(world), expectedVersion: 1 })],
    ['versions', async () => await client.listPolicyVersions({ limit: 1 })],
    ['version', async () => await client.getPolicyVersion({ version: 1 })],
    ['diff', async () => await client.diffPolicy({ text: policyText(world, { scope: 'x' }) })],
    ['grants', async () => await client.listGrants({ limit: 1 })],
    ['end', async () => await client.endGrants({ selector: { kind: 'grant', id: 'g2' }, reason: 'x' })],
    ['blocks', async () => await client.listBlocks({})],
    ['lift', async () => await client.liftBlock({ trustAnchor: 'old', reason: 'x' })],
    ['keys', async () => await client.listKeys({})],
    ['rotate', async () => await client.rotateKey({ use: 'access-token' })],
    ['audit', async () => await client.listAudit({ limit: 2 })],
    ['checkpoints', async () => await client.listCheckpoints({})],
    ['openapi', async () => await client.getOpenApi({})],
  ]
  test.each(calls)('%s', async (_, call) => {
    await client.applyPolicy({ text: policyText(world), expectedVersion: 0 })
    await grant('g1', { trustAnchor: 'old' })
    await client.endGrants({
      selector: { kind: 'trustAnchor', trustAnchor: 'old' },
      block: true,
      reason: 'x',
    })
    await grant('g2')
    await world.stores.audit.addCheckpoint('a.b.c')
    await world.stores.commit({ audit: [{ type: 'service.started', at: NOW * 1000, details: {} }] })
    const answer = await call()
    expect(answer).toEqual(JSON.parse(observed.last().text))
  })
})

describe('a stolen certificate', () => {
  beforeEach(async () => {
    await grant('a')
    await grant('b', { subject: 'uri:spiffe://prod.example/b' })
    await grant('expired', { expiresAt: NOW })
    await grant('other', { thumbprint: OTHER })
    await grant('anchor', { thumbprint: OTHER, trustAnchor: 'partners' })
  })

  const ids = async (...[input]: Parameters<AdminClient['listGrants']>): Promise<readonly string[]> =>
    (await client.listGrants(input)).items.map(({ id }) => id)

  test('what did it get?', async () => {
    expect(await ids({ certificate: STOLEN })).toEqual(['expired', 'b', 'a'])
    expect(await ids({ certificate: STOLEN, active: true })).toEqual(['b', 'a'])
    expect(await ids({ identity: 'uri:spiffe://prod.example/a', trustAnchor: 'workloads' })).toEqual([
      'other',
      'expired',
      'a',
    ])
    expect(await ids({ identity: 'uri:spiffe://prod.example/a', trustAnchor: 'partners' })).toEqual([
      'anchor',
    ])
    expect(await ids({ trustAnchor: 'partners' })).toEqual(['anchor'])
    expect(await ids({ id: 'b' })).toEqual(['b'])
    expect(await ids({ id: 'nothing' })).toEqual([])
    expect(await ids({})).toHaveLength(5)
    const first = await client.listGrants({ limit: 3 })
    const second = await client.listGrants({ limit: 3, before: first.next ?? '' })
    expect([...first.items, ...second.items].map(({ id }) => id)).toEqual([
      'anchor',
      'other',
      'expired',
      'b',
      'a',
    ])
  })

  test('end all of it, and give it nothing more', async () => {
    const selector = { kind: 'certificate', thumbprint: STOLEN } as const
    expect(await client.endGrants({ selector, block: true, reason: 'stolen' })).toEqual({
      ended: 2,
      blocked: true,
    })
    expect(await ids({ certificate: STOLEN, active: true })).toEqual([])
    expect(await ids({ active: true })).toEqual(['anchor', 'other'])
    expect(await grant('again')).toBe('blocked')
    expect((await client.listBlocks({})).items).toEqual([
      { selector, since: '2026-03-01T12:00:00.000Z', reason: 'stolen', by: 'Olga' },
    ])
    expect(world.stores.records).toMatchObject([
      { type: 'grant.ended', actor: 'Olga', thumbprint: STOLEN, details: { selector, reason: 'stolen' } },
      { type: 'block.added', actor: 'Olga', thumbprint: STOLEN, details: { selector, reason: 'stolen' } },
    ])
    const { items } = await client.listGrants({ id: 'a' })
    expect(items[0]).toMatchObject({
      endedAt: '2026-03-01T12:00:00.000Z',
      endedBy: world.stores.records[0]?.requestId,
    })
  })

  test('ending it without a block leaves the way open', async () => {
    const selector = {
      kind: 'identity',
      subject: 'uri:spiffe://prod.example/a',
      trustAnchor: 'workloads',
    } as const
    expect(await client.endGrants({ selector, reason: 'rotated' })).toEqual({ ended: 2, blocked: false })
    expect(await grant('again')).toBe('committed')
    expect(world.stores.records.map(({ type }) => type)).toEqual(['grant.ended'])
  })

  test('its block is lifted once, and only by its own name', async () => {
    const selector = { kind: 'certificate', thumbprint: STOLEN } as const
    await client.endGrants({ selector, block: true, reason: 'stolen' })
    expect(await codeOf(client.liftBlock({ certificate: OTHER, reason: 'x' }))).toBe('ERR_SERVICE_NOT_FOUND')
    expect(await codeOf(client.liftBlock({ trustAnchor: STOLEN, reason: 'x' }))).toBe('ERR_SERVICE_NOT_FOUND')
    expect(await client.liftBlock({ certificate: STOLEN, reason: 'found' })).toEqual({ lifted: selector })
    expect(await codeOf(client.liftBlock({ certificate: STOLEN, reason: 'found' }))).toBe(
      'ERR_SERVICE_NOT_FOUND',
    )
    expect(await grant('again')).toBe('committed')
    expect(world.stores.records.at(-1)).toMatchObject({
      type: 'block.lifted',
      thumbprint: STOLEN,
      actor: 'Olga',
    })
  })

  test('an auditor ends and lifts nothing, and the act of a replayed token counts once', async () => {
    const auditor = clientOf(world, endpoints, world.auditorCredential).client
    const selector = { kind: 'trustAnchor', trustAnchor: 'workloads' } as const
    expect(await codeOf(auditor.endGrants({ selector, reason: 'x' }))).toBe('ERR_ADMIN_FORBIDDEN')
    expect(await codeOf(auditor.liftBlock({ trustAnchor: 'workloads', reason: 'x' }))).toBe(
      'ERR_ADMIN_FORBIDDEN',
    )
    expect(await ids({ active: true })).toHaveLength(4)
    const content = JSON.stringify({ selector, reason: 'x' })
    const asked = { method: 'POST', target: '/admin/grants/end', content }
    const token = `Bearer ${await tokenFor(world, asked, { by: world.operatorCredential })}`
    expect((await dispatch(endpoints, asked, token)).status).toBe(200)
    await grant('later')
    expect((await dispatch(endpoints, asked, token)).status).toBe(401)
    expect(await ids({ active: true })).toEqual(['later', 'anchor'])
  })

  test('a selector in Unicode means exactly what it says', async () => {
    await grant('composed', { subject: 'uri:spiffe://prod.example/caf\u00e9' })
    await grant('decomposed', { subject: 'uri:spiffe://prod.example/cafe\u0301' })
    const identity = 'uri:spiffe://prod.example/caf\u00e9'
    expect(await ids({ identity, trustAnchor: 'workloads' })).toEqual(['composed'])
    const selector = { kind: 'identity', subject: identity, trustAnchor: 'workloads' } as const
    expect(await client.endGrants({ selector, reason: 'ж' })).toMatchObject({ ended: 1 })
  })

  test('a store that cannot write ends nothing, and says so', async () => {
    world.stores.failWith = new ServiceError('ERR_SERVICE_STORE_FULL', 'full')
    const call = client.endGrants({ selector: { kind: 'certificate', thumbprint: STOLEN }, reason: 'x' })
    expect(await codeOf(call)).toBe('ERR_SERVICE_STORE_FULL')
    world.stores.failWith = undefined
    expect(await ids({ certificate: STOLEN, active: true })).toEqual(['b', 'a'])
  })
})

describe('keys', () => {
  test('are listed, and made anew by operators; at once for one that leaked', async () => {
    const before = (await client.listKeys({})).items.map(({ kid }) => kid)
    const { kid } = await client.rotateKey({ use: 'access-token' })
    expect((await client.listKeys({})).items.map((key) => key.kid)).toEqual([...before, kid])
    const last = await client.rotateKey({ use: 'access-token', immediately: true })
    expect((await client.listKeys({})).items.map((key) => key.kid)).toEqual([last.kid])
    const auditor = clientOf(world, endpoints, world.auditorCredential).client
    expect(await codeOf(auditor.rotateKey({ use: 'audit' }))).toBe('ERR_ADMIN_FORBIDDEN')
  })

  test('are rotated once by a token, with the name of who did it', async () => {
    const asked: unknown[] = []
    const rotate = world.keys.rotate
    Object.assign(world.keys, {
      rotate: async (options: Parameters<typeof rotate>[0]) => {
        asked.push(options)
        return await rotate(options)
      },
    })
    const request = { method: 'POST', target: '/admin/keys/rotate', content: '{"use":"audit"}' }
    const token = `Bearer ${await tokenFor(world, request, { by: world.operatorCredential })}`
    expect((await dispatch(endpoints, request, token)).status).toBe(200)
    expect((await dispatch(endpoints, request, token)).status).toBe(401)
    expect(asked).toEqual([
      { use: 'audit', immediately: false, actor: 'Olga', requestId: expect.stringMatching(/^request-\d+$/u) },
    ])
  })
})

describe('status', () => {
  test('says how the parts stand, and who asks', async () => {
    await client.applyPolicy({ text: policyText(world), expectedVersion: 0 })
    await world.stores.commit({ audit: [{ type: 'service.started', at: NOW * 1000 - 90_500, details: {} }] })
    const { client: auditor } = clientOf(world, endpoints, world.auditorCredential)
    expect(await auditor.getStatus({})).toMatchObject({
      issuer: 'https://tokens.example',
      administrator: { name: 'Aud', role: 'auditor' },
      at: '2026-03-01T12:00:00.000Z',
      uptimeSeconds: 90,
      health: { store: { state: 'ok' }, keys: { state: 'ok' }, clock: { state: 'ok' } },
      policy: { version: 1, trustAnchors: 1, clients: 1, profiles: 1 },
      blocks: 0,
      audit: { position: 2 },
    })
    world.keys.failing = true
    expect(await auditor.getStatus({})).toMatchObject({ health: { keys: { state: 'failing' } } })
  })

  test('without a policy and without records is an answer too', async () => {
    const status = await client.getStatus({})
    expect(status.policy).toBeUndefined()
    expect(status.audit).toBeUndefined()
    expect(status.startedAt).toBeUndefined()
  })
})

describe('audit', () => {
  test('records are narrowed by type, request and certificate', async () => {
    await grant('a')
    await client.endGrants({
      selector: { kind: 'certificate', thumbprint: STOLEN },
      block: true,
      reason: 'x',
    })
    await client.endGrants({ selector: { kind: 'certificate', thumbprint: OTHER }, reason: 'x' })
    const types = async (...[input]: Parameters<AdminClient['listAudit']>): Promise<readonly string[]> =>
      (await client.listAudit(input)).items.map(({ type }) => type)
    expect(await types({})).toEqual(['grant.ended', 'block.added', 'grant.ended'])
    expect(await types({ type: ['block.added', 'block.lifted'] })).toEqual(['block.added'])
    expect(await types({ thumbprint: OTHER })).toEqual(['grant.ended'])
    expect(await types({ requestId: world.stores.records[0]?.requestId ?? '' })).toEqual([
      'block.added',
      'grant.ended',
    ])
    const page = await client.listAudit({ limit: 2 })
    expect(await types({ limit: 2, before: page.next ?? '' })).toEqual(['grant.ended'])
  })

  test('the newest checkpoints come with the keys that verify them', async () => {
    for (const signed of ['a.b.c', 'd.e.f', 'g.h.i']) await world.stores.audit.addCheckpoint(signed)
    expect(await client.listCheckpoints({ limit: 2 })).toMatchObject({
      items: ['d.e.f', 'g.h.i'],
      older: 1,
      jwks: { keys: [{ kty: 'EC' }] },
    })
    expect((await client.listCheckpoints({ limit: 3 })).older).toBe(0)
  })
})
