import { beforeEach, describe, expect, test } from 'vitest'
import type { AdminClient } from '../../../packages/server/src/admin-client.ts'
import { createAdminEndpoints } from '../../../packages/server/src/routes/admin.ts'
import type { RouteEntry } from '../../../packages/server/src/routes/entry.ts'
import {
  clientOf,
  createWorld,
  dispatch,
  type ObservedClient,
  policyText,
  tokenFor,
  type World,
} from './world.ts'

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

async function refusalOf(call: Promise<unknown>): Promise<unknown> {
  return await call.then(
    () => 'accepted',
    (error: unknown) => error,
  )
}

async function apply(expectedVersion: number, changes: { readonly scope?: string } = {}): Promise<void> {
  await client.applyPolicy({ text: policyText(world, changes), expectedVersion })
}

describe('to apply a policy', () => {
  test('puts it in force, with one audit record, and says what changed', async () => {
    const first = await client.applyPolicy({ text: policyText(world), expectedVersion: 0, comment: 'first' })
    expect(first).toMatchObject({
      version: 1,
      inForce: true,
      diff: { against: 0, warnings: expect.any(Array) },
    })
    expect(first.diff.lines).toContain('+ profiles.deploy.scope: read, write')
    const second = await client.applyPolicy({
      text: policyText(world, { scope: 'read' }),
      expectedVersion: 1,
    })
    expect(second).toMatchObject({
      version: 2,
      diff: { against: 1, lines: ['- profiles.deploy.scope: write'] },
    })
    expect(world.service.policy.current().policy).toMatchObject({ version: 2, digest: second.digest })
    expect(world.stores.records).toMatchObject([
      {
        type: 'policy.applied',
        actor: 'Olga',
        details: { version: 1, digest: first.digest, comment: 'first' },
      },
      { type: 'policy.applied', actor: 'Olga', details: { version: 2, digest: second.digest, comment: '' } },
    ])
    expect(await client.getPolicy({})).toMatchObject({ version: 2, appliedBy: 'Olga', digest: second.digest })
    expect(observed.last().headers.get('ETag')).toBe('"2"')
  })

  test('against another version than the newest changes nothing', async () => {
    await apply(0)
    for (const expectedVersion of [0, 2]) {
      const refusal = await refusalOf(client.applyPolicy({ text: policyText(world), expectedVersion }))
      expect(refusal).toMatchObject({ status: 409, code: 'ERR_POLICY_CONFLICT' })
    }
    expect(world.stores.records).toHaveLength(1)
    expect(world.service.policy.current().policy.version).toBe(1)
  })

  test('of two at once exactly one counts, and the other is written down as refused', async () => {
    const calls = ['read', 'write'].map(
      async (scope) => await client.applyPolicy({ text: policyText(world, { scope }), expectedVersion: 0 }),
    )
    const outcomes = await Promise.allSettled(calls)
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    expect(outcomes.find(({ status }) => status === 'rejected')).toMatchObject({
      reason: { code: 'ERR_POLICY_CONFLICT' },
    })
    expect(world.stores.records.map(({ type }) => type)).toEqual(['policy.applied', 'admin.refused'])
  })

  test('that is wrong changes nothing, and all problems of it are told', async () => {
    const text = policyText(world)
      .replace('binding: none', 'binding: no')
      .replace('lifetime: 5m', 'lifetime: 5d')
    const refusal = await refusalOf(client.applyPolicy({ text, expectedVersion: 0 }))
    expect(refusal).toMatchObject({ status: 422, code: 'ERR_POLICY_VALUE' })
    const { problems }: { problems?: unknown } = JSON.parse(observed.last().text)
    expect(problems).toEqual([
      expect.stringContaining('profiles.deploy.lifetime'),
      expect.stringContaining('profiles.deploy.binding'),
    ])
    const syntax = await refusalOf(client.applyPolicy({ text: 'a: [', expectedVersion: 0 }))
    expect(syntax).toMatchObject({ status: 422, code: 'ERR_POLICY_SYNTAX' })
    expect(await world.stores.policies.current()).toBeUndefined()
    expect(world.stores.records).toEqual([])
  })

  test('is no way for an auditor', async () => {
    const { client: auditor } = clientOf(world, endpoints, world.auditorCredential)
    const refusal = await refusalOf(auditor.applyPolicy({ text: policyText(world), expectedVersion: 0 }))
    expect(refusal).toMatchObject({ status: 403, code: 'ERR_ADMIN_FORBIDDEN' })
    expect(await world.stores.policies.current()).toBeUndefined()
  })

  test('by a token that was used changes nothing, also where the first use of it failed', async () => {
    const content = JSON.stringify({ text: policyText(world), expectedVersion: 1 })
    const asked = { method: 'PUT', target: '/admin/policy', content }
    const token = `Bearer ${await tokenFor(world, asked, { by: world.operatorCredential })}`
    expect((await dispatch(endpoints, asked, token)).status).toBe(409)
    await apply(0)
    expect((await dispatch(endpoints, asked, token)).status).toBe(401)
    expect((await world.stores.policies.current())?.version).toBe(1)
  })

  test('with If-Match of another version than its content says is refused; of the same it is not', async () => {
    const content = JSON.stringify({ text: policyText(world), expectedVersion: 0 })
    const put = async (tag: string): Promise<number> => {
      const asked = { method: 'PUT', target: '/admin/policy', content, headers: { 'If-Match': tag } }
      const token = await tokenFor(world, asked, { by: world.operatorCredential })
      return (await dispatch(endpoints, asked, `Bearer ${token}`)).status
    }
    expect([await put('"1"'), await put('*'), await put('0'), await put('W/"0"')]).toEqual([
      400, 400, 400, 400,
    ])
    expect(await put('"0"')).toBe(200)
  })

  test('that is stored and cannot be put in force says so', async () => {
    await apply(0)
    world.faults.reload = new Error('cannot')
    const answer = await client.applyPolicy({
      text: policyText(world, { scope: 'read' }),
      expectedVersion: 1,
    })
    expect(answer).toMatchObject({ version: 2, inForce: false })
    expect(world.service.policy.current().policy.version).toBe(1)
    expect(world.log.lines).toMatchObject([{ level: 'error', fields: { version: 2 } }])
  })

  test('of more characters than a policy may have is refused', async () => {
    const padded = (length: number): string => `${policyText(world)}#`.padEnd(length, 'x')
    const asked = (length: number) => ({
      method: 'PUT',
      target: '/admin/policy',
      content: JSON.stringify({ text: padded(length), expectedVersion: 0 }),
    })
    const put = async (length: number): Promise<number> => {
      const token = await tokenFor(world, asked(length), { by: world.operatorCredential })
      return (await dispatch(endpoints, asked(length), `Bearer ${token}`)).status
    }
    expect(await put(262_145)).toBe(400)
    expect(await put(262_144)).toBe(200)
  })
})

describe('versions', () => {
  test('are listed newest first, in pages, without their texts; and each is there with its text', async () => {
    await apply(0)
    await apply(1, { scope: 'read' })
    await apply(2, { scope: 'write' })
    const page = await client.listPolicyVersions({ limit: 2 })
    expect(page.items.map(({ version }) => version)).toEqual([3, 2])
    expect(page.items[0]).not.toHaveProperty('text')
    const rest = await client.listPolicyVersions({ limit: 2, before: page.next ?? '' })
    expect(rest.items.map(({ version }) => version)).toEqual([1])
    expect(rest.next).toBeUndefined()
    expect((await client.getPolicyVersion({ version: 2 })).text).toBe(policyText(world, { scope: 'read' }))
  })

  test('that are not there are not found', async () => {
    expect(await refusalOf(client.getPolicy({}))).toMatchObject({
      status: 404,
      code: 'ERR_SERVICE_NOT_FOUND',
    })
    expect(await refusalOf(client.getPolicyVersion({ version: 1 }))).toMatchObject({ status: 404 })
  })

  test.each(['0', '01', '-1', '1e0', '%31', 'x', ''])('version "%s" is no number', async (version) => {
    await apply(0)
    const asked = { target: `/admin/policy/versions/${version}` }
    const token = await tokenFor(world, asked, { by: world.auditorCredential })
    expect((await dispatch(endpoints, asked, `Bearer ${token}`)).status).toBe(400)
  })
})

test('a policy is compared with the newest without being applied', async () => {
  await apply(0)
  const diff = await client.diffPolicy({ text: policyText(world, { scope: 'read, write, delete' }) })
  expect(diff).toMatchObject({ against: 1, lines: ['+ profiles.deploy.scope: delete'] })
  expect(diff.warnings.join()).toContain('widens')
  expect((await world.stores.policies.current())?.version).toBe(1)
})

test('a policy in the store that cannot be read any more does not stand in the way of a new one', async () => {
  const next = { text: 'version: 0', digest: 'x', appliedAt: 0, appliedBy: 'x', comment: '' }
  await world.stores.commit({ policy: { expected: 0, next }, audit: [] })
  const answer = await client.applyPolicy({ text: policyText(world), expectedVersion: 1 })
  expect(answer).toMatchObject({ version: 2, inForce: true })
})
