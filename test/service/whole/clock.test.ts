// A clock that is set while the service runs, and before it starts again. The service is started within this process, with
// a clock that the test holds; all else is as it is in earnest.

import { readFile } from 'node:fs/promises'
import { signAuthorizationGrant } from 'ingam'
import { afterEach, describe, expect, it } from 'vitest'
import { loadConfig } from '../../../packages/server/src/config/load.ts'
import { type RunningService, startService } from '../../../packages/server/src/host/start.ts'
import { type Answer, type Client, createClient } from './support/asking.ts'
import { createFolder, NAMES, type ServiceFolder } from './support/folder.ts'
import { readiness } from './support/process.ts'
import { UNAVAILABLE } from './support/world.ts'

const HOUR = 3_600_000

// How far the wall clock is from the true time, and how much more has passed by the other one.
let offset = 0
let passed = 0
let folder: ServiceFolder
let service: RunningService
let client: Client

const wall = (): Date => new Date(Date.now() + offset + passed)

async function start(): Promise<void> {
  const { limits, ...config } = await loadConfig({ file: folder.config, env: {}, readFile })
  const monotonic = (): number => performance.now() + passed
  service = await startService({
    config: { ...config, limits: { ...limits, drainSeconds: 0 } },
    env: {},
    logStream: { write: () => undefined },
    clock: wall,
    monotonic,
  })
  client = createClient(service.url)
}

async function stop(): Promise<void> {
  client.close()
  await service.stop()
}

async function begin(): Promise<void> {
  offset = 0
  passed = 0
  folder = await createFolder()
  await start()
}

afterEach(async () => {
  await stop()
  folder.remove()
})

async function assertion(): Promise<string> {
  const holder = await folder.ca.issue({ name: 'plain', uris: [NAMES.plain] })
  return await signAuthorizationGrant(await holder.credential(), { audience: folder.issuer, at: wall() })
}

async function ask(asking: string): Promise<Answer> {
  const answer = await client.ask({ assertion: asking })
  if ('status' in answer) return answer
  throw new Error(`no answer: ${answer.code}`)
}

async function clockPart(): Promise<unknown> {
  return (await readiness(service.url)).parts['clock']
}

const FAILING = { state: 'failing', code: 'ERR_SERVICE_CLOCK' }

describe('a clock that is set', () => {
  it.each([
    ['back', -HOUR],
    ['forward', HOUR],
  ])('%s by an hour: nothing is issued until it is right again, and nothing is used up', async (_, step) => {
    await begin()
    const kept = await assertion()
    expect(await clockPart()).toEqual({ state: 'ok' })
    offset = step
    for (const asking of [kept, await assertion()]) expect(await ask(asking)).toMatchObject(UNAVAILABLE)
    expect(await clockPart()).toEqual(FAILING)
    // Whoever verifies tokens that were issued before is served.
    expect((await fetch(`${service.url}/jwks`)).status).toBe(200)
    offset = 0
    expect((await ask(kept)).status).toBe(200)
    expect(await ask(kept)).toMatchObject({ status: 400, body: { error: 'invalid_grant' } })
    expect(await clockPart()).toEqual({ state: 'ok' })
  })

  it.each([
    ['back', -1],
    ['forward', 1],
  ])('%s within the tolerance of 10 seconds is served; a second beyond is not', async (_, sign) => {
    await begin()
    offset = sign * 9_000
    expect((await ask(await assertion())).status).toBe(200)
    offset = sign * 11_000
    expect(await ask(await assertion())).toMatchObject(UNAVAILABLE)
  })

  it('forward is believed once it has stayed there for a minute of the other clock', async () => {
    await begin()
    offset = HOUR
    expect(await ask(await assertion())).toMatchObject(UNAVAILABLE)
    passed = 58_000
    expect(await ask(await assertion())).toMatchObject(UNAVAILABLE)
    passed = 60_000
    expect((await ask(await assertion())).status).toBe(200)
  })

  it('back before a start is refused by the mark in the database, until it is right again', async () => {
    await begin()
    const used = await assertion()
    expect((await ask(used)).status).toBe(200)
    await stop()
    offset = -HOUR
    await start()
    expect(await clockPart()).toEqual(FAILING)
    for (const asking of [used, await assertion()]) expect(await ask(asking)).toMatchObject(UNAVAILABLE)
    offset = 0
    expect(await ask(used)).toMatchObject({ status: 400, body: { error: 'invalid_grant' } })
    expect((await ask(await assertion())).status).toBe(200)
  })
})
