import { join } from 'node:path'
import { signAuthorizationGrant } from 'ingam'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { RunningService } from '../../../packages/server/src/host/start.ts'
import { openSqliteStores } from '../../../packages/server/src/stores/sqlite-stores.ts'
import { fakeLog } from '../support/fakes.ts'
import { createServiceWorld, type ServiceWorld } from '../support/world.ts'

let world: ServiceWorld

beforeEach(async () => {
  world = await createServiceWorld()
})

afterEach(async () => {
  await world.remove()
})

async function grantOf({ workload }: ServiceWorld): Promise<string> {
  const credential = await workload.credential()
  return await signAuthorizationGrant(credential, { audience: 'http://127.0.0.1:8780' })
}

async function askToken({ url }: RunningService, assertion: string): Promise<Response> {
  return await fetch(`${url}/token`, {
    method: 'POST',
    body: new URLSearchParams({ grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion }),
  })
}

describe('a service that was started', () => {
  it('is ready, gives a token once for an assertion, and remembers that over a restart', async () => {
    const service = await world.start()
    expect(await (await fetch(`${service.url}/readyz`)).json()).toMatchObject({ status: 'ready' })
    const assertion = await grantOf(world)
    const answer = await askToken(service, assertion)
    expect(await answer.json()).toMatchObject({ token_type: 'Bearer', expires_in: 300, scope: 'read write' })
    expect(answer.headers.get('request-id')).toMatch(/^[A-Za-z0-9_-]{22}$/u)
    expect((await askToken(service, assertion)).status).toBe(400)
    await service.stop()
    const again = await world.start()
    expect(await (await askToken(again, assertion)).json()).toMatchObject({ error: 'invalid_grant' })
    expect((await askToken(again, await grantOf(world))).status).toBe(200)
  })

  it('counts what it does', async () => {
    const service = await world.start()
    await askToken(service, await grantOf(world))
    const text = await (await fetch(`${service.url}/metrics`)).text()
    expect(text).toContain('ingam_requests_total{endpoint="/token",status="200"} 1')
    expect(text).toContain('ingam_tokens_issued_total{profile="deploy"} 1')
    expect(text).toContain('ingam_policy_version 1')
    expect(text).toContain('process_cpu_seconds_total')
  })

  it('writes its start and end into the audit log', async () => {
    const first = await world.start()
    await first.stop()
    await first.stop()
    const { state } = await world.config()
    const stores = await openSqliteStores({
      folder: state.folder,
      clock: () => new Date(),
      maxQueue: 8,
      grantRetentionDays: 1,
      log: fakeLog(),
    })
    const { items } = await stores.audit.tail({ limit: 100 })
    expect(items.map(({ type }) => type).toReversed()).toEqual([
      'policy.applied',
      'key.created',
      'key.created',
      'key.created',
      'service.started',
      'service.stopped',
    ])
    expect(await stores.audit.checkpoints()).not.toHaveLength(0)
    await stores.close()
  })

  it('refuses to start on a port that is taken, and leaves nothing open', async () => {
    const service = await world.start()
    const other = await createServiceWorld()
    try {
      const { listen } = await other.config()
      const taken = { listen: { ...listen, port: service.address.port } }
      await expect(other.start(taken)).rejects.toMatchObject({ code: 'EADDRINUSE' })
      await (await other.start()).stop()
    } finally {
      await other.remove()
    }
  })

  it('refuses to start without its key, or with a first policy that is none, and starts once that is mended', async () => {
    const { secrets } = await world.config()
    await expect(world.start({ secrets: { keyEncryptionKey: { env: 'ABSENT' } } })).rejects.toMatchObject({
      code: 'ERR_CONFIG_SECRET',
    })
    const initialPolicy = join(world.folder, 'kek')
    await expect(world.start({ initialPolicy })).rejects.toMatchObject({
      code: expect.stringMatching(/^ERR_POLICY_/u),
    })
    await expect(world.start({ initialPolicy: '/absent' })).rejects.toMatchObject({ code: 'ERR_CONFIG_FILE' })
    await world.start({ secrets })
  })

  it('does not share its state', async () => {
    await world.start()
    await expect(world.start()).rejects.toMatchObject({ code: 'ERR_SERVICE_STORE_IN_USE' })
  })
})
