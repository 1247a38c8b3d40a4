// An act that did not count is on record once, and is not tried a second time behind the administrator's back.

import { beforeEach, expect, test } from 'vitest'
import { createAdminEndpoints } from '../../../packages/server/src/routes/admin.ts'
import type { RouteEntry } from '../../../packages/server/src/routes/entry.ts'
import { ServiceError } from '../../../packages/server/src/service-error.ts'
import { type Asked, createWorld, dispatch, tokenFor, type World } from '../admin/world.ts'

const END: Asked = {
  method: 'POST',
  target: '/admin/grants/end',
  content: JSON.stringify({ selector: { kind: 'trustAnchor', trustAnchor: 'corp' }, reason: 'stolen' }),
}

let world: World
let endpoints: readonly RouteEntry[]
let commits: number

beforeEach(async () => {
  world = await createWorld()
  endpoints = createAdminEndpoints(world.service) ?? []
  commits = 0
  world.stores.beforeCommit = async () => {
    commits += 1
    await Promise.resolve()
  }
})

const types = (): string[] => world.stores.records.map(({ type }) => type)

test('a token that comes again leaves one record more', async () => {
  const token = `Bearer ${await tokenFor(world, END, { by: world.operatorCredential })}`
  expect((await dispatch(endpoints, END, token)).status).toBe(200)
  expect((await dispatch(endpoints, END, token)).status).toBe(401)
  expect([types(), commits]).toEqual([['grant.ended', 'admin.refused'], 2])
})

test('a unit of which nobody knows what became is written by nobody again', async () => {
  const token = `Bearer ${await tokenFor(world, END, { by: world.operatorCredential })}`
  world.stores.failWith = new ServiceError('ERR_SERVICE_STORE', 'the worker ended')
  expect((await dispatch(endpoints, END, token)).status).toBe(503)
  expect([types(), commits]).toEqual([[], 1])
  world.stores.failWith = undefined
  expect((await dispatch(endpoints, END, token)).status).toBe(200)
})
