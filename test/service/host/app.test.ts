import { describe, expect, it } from 'vitest'
import { createHandler, type Handler, type HandlerOptions } from '../../../packages/server/src/app.ts'
import type { RouteEntry } from '../../../packages/server/src/routes/entry.ts'
import type { Endpoint, Peer, Service } from '../../../packages/server/src/service.ts'
import { ServiceError, serviceCodes } from '../../../packages/server/src/service-error.ts'
import {
  type FakeLog,
  type FakeMetrics,
  fakeConfig,
  fakeLog,
  fakeMetrics,
  fakeService,
} from '../support/fakes.ts'

const peer: Peer = { address: '192.0.2.1' }

interface Setup {
  readonly ask: (path: string, init?: RequestInit, from?: Peer) => Promise<Response>
  readonly handler: Handler
  readonly log: FakeLog
  readonly metrics: FakeMetrics
  readonly early: readonly { readonly code: string }[]
}

const echo: Endpoint = ({ body, path, requestId }) =>
  Response.json({ path, requestId, body: Buffer.from(body).toString() })

function setup(
  endpoints: readonly RouteEntry[],
  changes: Partial<Service> = {},
  options: HandlerOptions = {},
): Setup {
  const log = fakeLog()
  const metrics = fakeMetrics()
  const service = fakeService({ log, metrics, ...changes })
  const handler = createHandler(service, endpoints, options)
  return {
    handler,
    log,
    metrics,
    early: service.early,
    ask: async (path, init, from = peer) =>
      await handler(
        new Request(`https://id.example${path}`, { duplex: 'half', ...init } as RequestInit),
        from,
      ),
  }
}

const post = (path: string, endpoint: Endpoint = echo, kind: RouteEntry['kind'] = 'oauth'): RouteEntry => ({
  method: 'POST',
  path,
  kind,
  endpoint,
})
const get = (path: string, endpoint: Endpoint = echo): RouteEntry => ({
  method: 'GET',
  path,
  kind: 'public',
  endpoint,
})

function limits(changes: Partial<Service['config']['limits']>): { readonly config: Service['config'] } {
  const config = fakeConfig()
  return { config: { ...config, limits: { ...config.limits, ...changes } } }
}

describe('routes', () => {
  it('hand the request to the endpoint, with an id that stands in the answer', async () => {
    const { ask } = setup([post('/token')])
    const response = await ask('/token', { method: 'POST', body: 'a=b' })
    const id = response.headers.get('request-id') ?? ''
    expect(id).toMatch(/^[A-Za-z0-9_-]{22}$/u)
    expect(await response.json()).toEqual({ path: '/token', requestId: id, body: 'a=b' })
  })

  it('have names in braces for one segment', async () => {
    const { ask } = setup([get('/versions/{n}')])
    expect((await ask('/versions/7')).status).toBe(200)
    expect((await ask('/versions/7/8')).status).toBe(404)
  })

  it.each([
    '/',
    '/tokens',
    '/token/',
    '/Token',
    '/%74oken',
    '//token',
    '/token;a',
    '/admin',
    '/admin/policy',
    '/constructor',
  ])('are not at %s', async (path) => {
    const { ask } = setup([post('/token')])
    const response = await ask(path, { method: 'POST', body: '' })
    expect(response.status).toBe(404)
    expect(response.headers.get('content-type')).toBe('application/problem+json')
    expect(await response.json()).toMatchObject({ code: 'ERR_SERVICE_NOT_FOUND' })
  })

  it('say which methods they have', async () => {
    const { ask } = setup([post('/token'), get('/jwks'), post('/challenge', echo, 'admin')])
    const problem = await (await ask('/challenge')).json()
    expect(problem).toMatchObject({ status: 405, code: 'ERR_SERVICE_METHOD' })
    const response = await ask('/token')
    expect(response.status).toBe(405)
    expect(response.headers.get('allow')).toBe('POST')
    const other = await ask('/jwks', { method: 'OPTIONS' })
    expect(other.status).toBe(405)
    expect(other.headers.get('allow')).toBe('GET, HEAD')
    expect(other.headers.get('access-control-allow-origin')).toBeNull()
    expect((await ask('/token', { method: 'HEAD' })).status).toBe(405)
  })

  it('answer HEAD as GET, without body', async () => {
    const { ask } = setup([get('/jwks')])
    const response = await ask('/jwks', { method: 'HEAD' })
    expect(response.status).toBe(200)
    expect(await response.text()).toBe('')
  })
})

describe('headers', () => {
  it('keep answers out of caches and from being guessed at, unless the endpoint knows better', async () => {
    const cached = (): Response => new Response('', { headers: { 'cache-control': 'public, max-age=60' } })
    const { ask } = setup([post('/token'), get('/jwks', cached)])
    const response = await ask('/token', { method: 'POST', body: '' })
    expect(response.headers.get('cache-control')).toBe('no-store')
    expect(response.headers.get('x-content-type-options')).toBe('nosniff')
    expect(response.headers.get('server')).toBeNull()
    expect((await ask('/jwks')).headers.get('cache-control')).toBe('public, max-age=60')
  })

  it('take no request id from outside, but log one that is harmless', async () => {
    const { ask, log } = setup([post('/token')])
    const asked = async (id: string): Promise<object> => {
      const response = await ask('/token', { method: 'POST', body: '', headers: { 'request-id': id } })
      expect(response.headers.get('request-id')).not.toBe(id)
      return log.lines.at(-1)?.fields ?? {}
    }
    expect(await asked('a'.repeat(64))).toMatchObject({ inboundRequestId: 'a'.repeat(64) })
    expect(await asked('a'.repeat(65))).not.toHaveProperty('inboundRequestId')
    expect(await asked('a b')).not.toHaveProperty('inboundRequestId')
    expect(await asked('a"}')).not.toHaveProperty('inboundRequestId')
  })
})

describe('bodies', () => {
  const chunks = (size: number, count: number): ReadableStream<Uint8Array> => {
    let left = count
    return new ReadableStream({
      pull(controller) {
        if (left === 0) controller.close()
        else controller.enqueue(new Uint8Array(size))
        left -= 1
      },
    })
  }

  it('are taken at the limit and refused one byte past it, however they come', async () => {
    const { ask, early } = setup([post('/token')], limits({ bodyBytes: 1_024 }))
    const status = async (body: BodyInit, headers: HeadersInit = {}): Promise<number> =>
      (await ask('/token', { method: 'POST', body, headers })).status
    expect(await status('x'.repeat(1_024))).toBe(200)
    expect(await status('x'.repeat(1_025))).toBe(413)
    expect(await status(chunks(512, 2))).toBe(200)
    expect(await status(chunks(513, 2))).toBe(413)
    expect(await status(chunks(1, 1), { 'content-length': '1025' })).toBe(413)
    expect(await status(chunks(1_000, 9_000), { 'content-length': '1' })).toBe(413)
    expect(await status(chunks(1, 1), { 'content-length': '1e3' })).toBe(400)
    expect(early.map(({ code }) => code)).toContain('ERR_SERVICE_BODY_TOO_LARGE')
  })

  it('of administrators may hold a policy', async () => {
    const { ask } = setup([post('/admin/policy', echo, 'admin')], limits({ bodyBytes: 1_024 }))
    const status = async (size: number): Promise<number> =>
      (await ask('/admin/policy', { method: 'POST', body: 'x'.repeat(size) })).status
    expect(await status(524_288)).toBe(200)
    expect(await status(524_289)).toBe(413)
  })

  it('that do not arrive end after the time limit, and with them the connection', async () => {
    const { handler } = setup([post('/token')], limits({ requestSeconds: 0.02 }))
    const stalled = new ReadableStream<Uint8Array>({ pull: async () => await new Promise(() => undefined) })
    const request = new Request('https://id.example/token', {
      method: 'POST',
      body: stalled,
      duplex: 'half',
    } as RequestInit)
    const response = await handler(request, peer)
    expect(response.status).toBe(408)
    expect(response.headers.get('connection')).toBe('close')
    const text = serviceCodes.ERR_SERVICE_TIMEOUT.text
    expect(await response.json()).toMatchObject({ error: 'invalid_request', error_description: text })
  })

  it("that break off are the request's fault", async () => {
    const { ask } = setup([post('/token')])
    const broken = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.error(new Error('reset')),
    })
    expect((await ask('/token', { method: 'POST', body: broken })).status).toBe(400)
  })
})

describe('limits', () => {
  it('let a burst from an address through and no more, and others all the same', async () => {
    let now = 0
    const { ask, metrics, log } = setup(
      [post('/token')],
      limits({ ratePerAddress: { perSecond: 1, burst: 2 } }),
      { monotonic: () => now },
    )
    const status = async (address: string): Promise<number> =>
      (await ask('/token', { method: 'POST', body: '' }, { address })).status
    expect([await status('2001:db8::1'), await status('2001:db8::2'), await status('2001:db8::3')]).toEqual([
      200, 200, 429,
    ])
    expect(log.lines.at(-1)).toMatchObject({ level: 'debug', fields: { status: 429 } })
    expect(await status('2001:db8:0:1::1')).toBe(200)
    expect(metrics.counts.get('shed rate')).toBe(1)
    now += 1_000
    expect([await status('2001:db8::1'), await status('2001:db8::1')]).toEqual([200, 429])
  })

  it('hold for paths and methods that are not there, too', async () => {
    const { ask } = setup([post('/token')], limits({ ratePerAddress: { perSecond: 1, burst: 2 } }), {
      monotonic: () => 0,
    })
    expect([(await ask('/x')).status, (await ask('/token')).status, (await ask('/y')).status]).toEqual([
      404, 405, 429,
    ])
    expect((await ask('/token')).status).toBe(429)
    expect((await ask('/healthz')).status).toBe(200)
  })

  it('do not count addresses behind a proxy', async () => {
    const { config } = limits({ ratePerAddress: { perSecond: 1, burst: 1 } })
    const { ask } = setup([post('/token')], {
      config: { ...config, listen: { ...config.listen, behindProxy: true } },
    })
    for (let count = 0; count < 3; count += 1) {
      expect((await ask('/token', { method: 'POST', body: '' })).status).toBe(200)
    }
  })

  it('work on some, let as many wait, and send the rest away at once; health goes on', async () => {
    const gates = Array.from({ length: 4 }, () => Promise.withResolvers<void>())
    let next = 0
    const slow: Endpoint = async () => {
      const gate = gates[next]
      next += 1
      await gate?.promise
      return new Response('done')
    }
    const { ask, metrics } = setup([post('/token', slow)], limits({ concurrency: 2 }))
    const all = Array.from({ length: 5 }, async () => await ask('/token', { method: 'POST', body: '' }))
    const last = await all[4]
    expect(last?.status).toBe(503)
    expect(last?.headers.get('retry-after')).toBe('1')
    expect(metrics.counts.get('shed overloaded')).toBe(1)
    expect((await ask('/healthz')).status).toBe(200)
    expect((await ask('/readyz')).status).toBe(503)
    for (const gate of gates) gate.resolve()
    expect((await Promise.all(all.slice(0, 4))).map(({ status }) => status)).toEqual([200, 200, 200, 200])
    expect((await ask('/token', { method: 'POST', body: '' })).status).toBe(200)
  })

  it('give a place back after an endpoint that fails', async () => {
    const fails: Endpoint = () => {
      throw new Error('broken')
    }
    const { ask } = setup([post('/token', fails)], limits({ concurrency: 1 }))
    for (let count = 0; count < 4; count += 1) {
      expect((await ask('/token', { method: 'POST', body: '' })).status).toBe(500)
    }
  })

  it('send everybody away while the service stops, and close the connection', async () => {
    const { ask } = setup([post('/token')], {}, { isDraining: () => true })
    const response = await ask('/token', { method: 'POST', body: '' })
    expect(response.status).toBe(503)
    expect(response.headers.get('connection')).toBe('close')
    expect(await response.json()).toMatchObject({ error: 'temporarily_unavailable' })
    expect((await ask('/healthz')).status).toBe(200)
  })
})

describe('the clock', () => {
  it('that cannot be relied on stops what depends on it, and nothing else', async () => {
    const clock: Service['clock'] = {
      now() {
        throw new ServiceError('ERR_SERVICE_CLOCK', 'stepped')
      },
      health: () => ({ state: 'failing' }),
    }
    const { ask } = setup([post('/token'), get('/jwks')], { clock })
    expect((await ask('/token', { method: 'POST', body: '' })).status).toBe(503)
    expect((await ask('/jwks')).status).toBe(200)
  })
})

describe('errors of endpoints', () => {
  it('answer in the form of the endpoint', async () => {
    const refuse: Endpoint = () => {
      throw new ServiceError('ERR_SERVICE_REQUEST', 'private', { publicDetail: 'scope' })
    }
    const { ask } = setup([post('/token', refuse), post('/challenge', refuse, 'public')])
    expect(await (await ask('/token', { method: 'POST', body: '' })).json()).toMatchObject({
      error: 'invalid_request',
    })
    expect(await (await ask('/challenge', { method: 'POST', body: '' })).json()).toMatchObject({
      code: 'ERR_SERVICE_REQUEST',
    })
  })

  it('that are no errors of the service are logged with their stack, and say nothing outside', async () => {
    const token = `eyJhbGciOiJFUzI1NiJ9.${'a'.repeat(40)}.${'b'.repeat(40)}`
    const fails: Endpoint = () => {
      throw new TypeError(`cannot read ${token}`)
    }
    const { ask, log } = setup([post('/token', fails)])
    const response = await ask('/token', { method: 'POST', body: '' })
    expect(response.status).toBe(500)
    expect(await response.json()).toMatchObject({ error: 'server_error' })
    const line = log.lines.find(({ level }) => level === 'error')
    expect(JSON.stringify(line)).toContain('app.test.ts')
    expect(JSON.stringify(log.lines)).not.toContain('eyJ')
  })

  it('that are thrown without being errors do not stop the service', async () => {
    const fails: Endpoint = () => {
      throw 'text' as unknown as Error
    }
    const { ask } = setup([post('/token', fails)])
    expect((await ask('/token', { method: 'POST', body: '' })).status).toBe(500)
  })
})
