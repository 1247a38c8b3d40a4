// A running service with a client and holders, and what these tests do with it over and over: meet a fault, look at the
// code that it is known by, and see that it heals.

import { expect } from 'vitest'
import { type Answer, type Asking, type Client, createClient, createHolders, type Holders } from './asking.ts'
import { createFolder, type FolderOptions, type ServiceFolder } from './folder.ts'
import { endAll, readiness, type ServiceProcess, type StartOptions, startProcess, until } from './process.ts'

/** A service that runs, and who asks it. */
export interface World {
  readonly folder: ServiceFolder
  readonly service: ServiceProcess
  readonly client: Client
  readonly holders: Holders
}

/** How to start a world. */
export interface WorldOptions extends FolderOptions, StartOptions {
  /** Called before the process is started. */
  readonly prepare?: (folder: ServiceFolder) => Promise<void>
}

/** What a caller hears of every fault. */
export const UNAVAILABLE = { status: 503, body: { error: 'temporarily_unavailable' } } as const

const worlds = new Set<World>()

/** Starts a service in a folder of its own. */
export async function startWorld(options: WorldOptions = {}): Promise<World> {
  const folder = await createFolder(options)
  try {
    await options.prepare?.(folder)
    const holders = await createHolders(folder)
    const service = await startProcess(folder, options)
    const world = { folder, service, client: createClient(service.url), holders }
    worlds.add(world)
    return world
  } catch (error) {
    folder.remove()
    throw error
  }
}

/** Ends all worlds. */
export async function endWorlds(): Promise<void> {
  for (const { client } of worlds) client.close()
  await endAll()
  for (const { folder } of worlds) folder.remove()
  worlds.clear()
}

/** An answer to a request, or to one that was never sent before. */
export async function ask({ client, holders }: World, asking?: Asking): Promise<Answer> {
  const answer = await client.ask(asking ?? (await holders.next('plain', '')))
  if ('status' in answer) return answer
  throw new Error(`no answer: ${answer.code}`)
}

/**
 * A fault that is there goes away again: what it is called in the log and by /readyz, that the assertion that met it is
 * not used up, and that it counts once afterwards.
 */
export async function expectToHeal(
  world: World,
  fault: { readonly part: 'store' | 'keys'; readonly code: string; readonly heal: () => void },
): Promise<void> {
  const { holders, service } = world
  const { part, code, heal } = fault
  const asking = await holders.next('plain', '')
  const refused = await ask(world, asking)
  expect(refused).toMatchObject(UNAVAILABLE)
  await until(
    async () => await Promise.resolve(loggedCode(world, refused)),
    (found) => found !== undefined,
  )
  expect(loggedCode(world, refused)).toBe(code)
  const { parts } = await until(
    async () => await readiness(service.url),
    ({ status }) => status === 503,
  )
  expect(parts[part]).toEqual({ state: 'failing', code })
  heal()
  const accepted = await until(
    async () => await ask(world, asking),
    ({ status }) => status !== 503,
  )
  expect(accepted.status).toBe(200)
  expect(await ask(world, asking)).toMatchObject({ status: 400, body: { error: 'invalid_grant' } })
  await until(
    async () => (await readiness(service.url)).status,
    (status) => status === 200,
  )
  expect(service.isRunning()).toBe(true)
}

function loggedCode({ service }: World, { body }: Answer): unknown {
  const line = service.log.find(
    ({ requestId, msg }) => requestId === body['request_id'] && msg === 'unavailable',
  )
  return line?.['code']
}
