// A crowd at the door: connections that the system cannot hand over, and requests that are sent away.

import { Server } from 'node:net'
import { afterEach, expect, test, vi } from 'vitest'
import { createHandler } from '../../../packages/server/src/app.ts'
import { type Listener, listen } from '../../../packages/server/src/host/listener.ts'
import type { RouteEntry } from '../../../packages/server/src/routes/entry.ts'
import { ServiceError } from '../../../packages/server/src/service-error.ts'
import { fakeConfig, fakeLog, fakeService } from '../support/fakes.ts'

const opened: Listener[] = []
afterEach(async () => {
  vi.restoreAllMocks()
  for (const listener of opened.splice(0)) await listener.drain(0)
})

function answering(endpoint: RouteEntry['endpoint']): readonly RouteEntry[] {
  return [{ method: 'POST', path: '/token', kind: 'oauth', endpoint }]
}

test('connections that cannot be accepted do not end the process', async () => {
  const listening = vi.spyOn(Server.prototype, 'listen')
  const config = fakeConfig()
  const service = fakeService({ config })
  const handler = createHandler(
    service,
    answering(() => Response.json({})),
  )
  const listener = await listen({ config, handler, pair: undefined })
  opened.push(listener)
  const [server] = listening.mock.contexts
  if (!(server instanceof Server)) throw new TypeError('a server')
  // As Node tells of ENOBUFS or ENOMEM from accept(2); the second one is what nobody listened to.
  for (let count = 0; count < 3; count += 1) server.emit('error', new Error('accept ENOBUFS'))
  const answer = await fetch(`http://127.0.0.1:${listener.address.port}/token`, { method: 'POST', body: '' })
  expect(answer.status).toBe(200)
})

test('a request that is sent away leaves no line above debug; one that meets a fault does', async () => {
  const log = fakeLog()
  const config = fakeConfig()
  const peer = { address: '192.0.2.1' }
  const ask = async (endpoints: readonly RouteEntry[], isDraining: boolean): Promise<number> => {
    const handler = createHandler(fakeService({ config, log }), endpoints, { isDraining: () => isDraining })
    const request = new Request('http://id.example/token', { method: 'POST', body: '' })
    return (await handler(request, peer)).status
  }
  expect(
    await ask(
      answering(() => Response.json({})),
      true,
    ),
  ).toBe(503)
  expect(log.lines.filter(({ level }) => level !== 'debug')).toEqual([])
  const fails = answering(() => {
    throw new ServiceError('ERR_SERVICE_STORE', 'the disk')
  })
  expect(await ask(fails, false)).toBe(503)
  expect(log.lines).toContainEqual(expect.objectContaining({ level: 'warn', message: 'unavailable' }))
})
