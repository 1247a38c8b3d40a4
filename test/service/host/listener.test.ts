import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { Agent, request as httpRequest } from 'node:http'
import { request as httpsRequest, Agent as TlsAgent } from 'node:https'
import { connect as connectTcp } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect as connectTls } from 'node:tls'
import { promisify } from 'node:util'
import { createTestCa, type TestCa, type TestCertificate } from 'ingam/testing'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { createHandler } from '../../../packages/server/src/app.ts'
import type { ServiceConfig } from '../../../packages/server/src/config/contract.ts'
import { type Listener, listen } from '../../../packages/server/src/host/listener.ts'
import { loadTlsPair, type TlsPair } from '../../../packages/server/src/host/tls-pair.ts'
import type { Endpoint, Peer } from '../../../packages/server/src/service.ts'
import { fakeConfig, fakeService } from '../support/fakes.ts'

let ca: TestCa
let other: TestCa
let server: TestCertificate
let renewed: TestCertificate
let intermediate: TestCertificate
let client: TestCertificate
let folder: string

beforeAll(async () => {
  ca = await createTestCa({ name: 'TLS CA' })
  other = await createTestCa({ name: 'Client CA' })
  server = await ca.issue({ name: 'one', dns: ['localhost'], extKeyUsage: ['1.3.6.1.5.5.7.3.1'] })
  renewed = await ca.issue({ name: 'two', dns: ['localhost'], extKeyUsage: ['1.3.6.1.5.5.7.3.1'] })
  intermediate = await other.issue({ name: 'Client Intermediate', kind: 'ca' })
  client = await intermediate.issue({ name: 'client', dns: ['client.example'] })
  folder = mkdtempSync(join(tmpdir(), 'ingam-listener-'))
  writeFileSync(join(folder, 'client.pem'), client.pem + intermediate.pem)
  writeFileSync(join(folder, 'client.key'), client.privateKeyPem, { mode: 0o600 })
  return () => rmSync(folder, { recursive: true, force: true })
})

const opened: Listener[] = []
afterEach(async () => {
  for (const listener of opened.splice(0)) await listener.drain(0)
})

interface Opened {
  readonly listener: Listener
  readonly port: number
  /** Peers as the endpoint saw them. */
  readonly peers: Peer[]
}

async function pairOf(certificate: TestCertificate): Promise<TlsPair> {
  return await loadTlsPair(
    { certificate: 'server.pem', privateKey: { env: 'KEY' }, clientCertificates: 'request' },
    {
      env: { KEY: certificate.privateKeyPem },
      readFile: async () => await Promise.resolve(Buffer.from(certificate.pem)),
      now: new Date(),
    },
  )
}

async function open(
  options: { readonly tls?: 'request' | 'off'; readonly limits?: Partial<ServiceConfig['limits']> } = {},
  endpoint?: Endpoint,
  isDraining: () => boolean = () => false,
): Promise<Opened> {
  const base = fakeConfig()
  const tls = options.tls && {
    certificate: 'server.pem',
    privateKey: { env: 'KEY' },
    clientCertificates: options.tls,
  }
  const config = fakeConfig({
    listen: { ...base.listen, ...(tls && { tls }) },
    limits: { ...base.limits, ...options.limits },
  })
  const peers: Peer[] = []
  const echo: Endpoint = (exchange) => {
    peers.push(exchange.peer)
    return Response.json({ bytes: exchange.body.length })
  }
  const service = fakeService({ config })
  const handler = createHandler(
    service,
    [{ method: 'POST', path: '/token', kind: 'oauth', endpoint: endpoint ?? echo }],
    { isDraining },
  )
  const listener = await listen({
    config,
    handler,
    pair: tls === undefined ? undefined : await pairOf(server),
  })
  opened.push(listener)
  return { listener, port: listener.address.port, peers }
}

interface RawAnswer {
  readonly text: string
  readonly milliseconds: number
}

/** Sends bytes as they are, and returns all that comes until the other side closes. */
async function raw(port: number, ...parts: readonly string[]): Promise<RawAnswer> {
  const started = performance.now()
  const socket = connectTcp(port, '127.0.0.1')
  const closed = new Promise((resolve) => socket.on('close', resolve))
  let text = ''
  socket.on('data', (chunk: Buffer) => {
    text += chunk.toString('latin1')
  })
  socket.on('error', () => undefined)
  socket.on('connect', () => {
    for (const part of parts) socket.write(part)
  })
  await closed
  return { text, milliseconds: performance.now() - started }
}

const HEAD = 'POST /token HTTP/1.1\r\nHost: id.example\r\n'

describe('plain HTTP', () => {
  it('reads bodies with a length and in chunks, at the limit and one byte past it', async () => {
    const { port } = await open({ limits: { bodyBytes: 1_024 } })
    const ask = async (size: number, isChunked: boolean): Promise<number> => {
      const request = httpRequest({ port, method: 'POST', path: '/token', agent: new Agent() })
      if (isChunked) request.write('')
      const answered = once(request, 'response') as Promise<[{ statusCode: number; resume: () => void }]>
      if (!isChunked) request.setHeader('content-length', size)
      request.end('x'.repeat(size))
      const [response] = await answered
      response.resume()
      return response.statusCode
    }
    expect([await ask(1_024, false), await ask(1_024, true)]).toEqual([200, 200])
    expect([await ask(1_025, false), await ask(1_025, true)]).toEqual([413, 413])
  })

  it('refuses a length that is a lie, and two lengths', async () => {
    const { port } = await open({ limits: { bodyBytes: 1_024 } })
    const huge = await raw(port, `${HEAD}Content-Length: 99999999\r\n\r\n`)
    expect(huge.text).toMatch(/^HTTP\/1\.1 413 /u)
    expect(huge.text.toLowerCase()).toContain('connection: close')
    const two = await raw(port, `${HEAD}Content-Length: 1\r\nContent-Length: 2\r\n\r\nab`)
    expect(two.text).toMatch(/^HTTP\/1\.1 400 /u)
    const both = await raw(port, `${HEAD}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`)
    expect(both.text).toMatch(/^HTTP\/1\.1 400 /u)
  })

  it('takes headers up to the limit', async () => {
    const { port } = await open({ limits: { headerBytes: 4_096 } })
    const fits = await raw(
      port,
      `${HEAD}X: ${'a'.repeat(3_900)}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`,
    )
    expect(fits.text).toMatch(/^HTTP\/1\.1 200 /u)
    const over = await raw(
      port,
      `${HEAD}X: ${'a'.repeat(4_200)}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`,
    )
    expect(over.text).toMatch(/^HTTP\/1\.1 431 /u)
    expect(over.text).toContain('ERR_SERVICE_HEADERS_TOO_LARGE')
  })

  it('hides no header behind many others', async () => {
    let seen: string | null = ''
    const { port } = await open({}, ({ request }) => {
      seen = request.headers.get('dpop')
      return new Response('')
    })
    const many = Array.from({ length: 2_500 }, (_, index) => `a${index % 10}: b\r\n`).join('')
    await raw(port, `${HEAD}DPoP: one\r\n${many}DPoP: two\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
    expect(seen).toBe('one, two')
  })

  it('does not wait for those who send slowly', async () => {
    const { port } = await open({ limits: { requestSeconds: 0.1 } })
    const [head, body] = await Promise.all([
      raw(port, 'POST /token HTTP/1.1\r\nHost: id'),
      raw(port, `${HEAD}Content-Length: 10\r\n\r\nabc`),
    ])
    expect(head.text).toMatch(/^HTTP\/1\.1 408 /u)
    expect(body.text).toMatch(/^HTTP\/1\.1 408 /u)
    expect(Math.max(head.milliseconds, body.milliseconds)).toBeLessThan(5_000)
  })

  it('answers what is no HTTP, and a host that is none, without an endpoint', async () => {
    const { port, peers } = await open()
    expect((await raw(port, 'nonsense\r\n\r\n')).text).toMatch(/^HTTP\/1\.1 400 /u)
    expect((await raw(port, 'POST /token HTTP/1.1\r\n\r\n')).text).toMatch(/^HTTP\/1\.1 400 /u)
    const host = 'POST /token HTTP/1.1\r\nHost: a b/c\r\nConnection: close\r\nContent-Length: 0\r\n\r\n'
    expect((await raw(port, host)).text).toMatch(/^HTTP\/1\.1 400 /u)
    expect(peers).toEqual([])
  })

  it('has no more connections than the limit', async () => {
    const { port, listener } = await open({ limits: { connections: 2 } })
    const first = [connectTcp(port, '127.0.0.1'), connectTcp(port, '127.0.0.1')]
    for (const socket of first) socket.on('error', () => undefined)
    await Promise.all(first.map(async (socket) => await once(socket, 'connect')))
    const third = await raw(port, `${HEAD}Content-Length: 0\r\n\r\n`)
    expect(third.text).toBe('')
    expect(listener.connections()).toBe(2)
    for (const socket of first) socket.destroy()
  })

  it('tells the address that it sees, whatever headers say', async () => {
    const { port, peers } = await open()
    const forwarded = 'X-Forwarded-For: 203.0.113.9\r\nForwarded: for=203.0.113.9\r\nX-Client-Cert: abc\r\n'
    await raw(port, `${HEAD}${forwarded}Connection: close\r\nContent-Length: 0\r\n\r\n`)
    expect(peers).toEqual([{ address: '127.0.0.1' }])
  })
})

describe('draining', () => {
  it('lets what has begun end, refuses what begins, and takes no more connections', async () => {
    const gate = Promise.withResolvers<void>()
    const begun = Promise.withResolvers<void>()
    let isDraining = false
    const { port, listener } = await open(
      {},
      async () => {
        begun.resolve()
        await gate.promise
        return new Response('done')
      },
      () => isDraining,
    )
    const waiting = raw(port, `${HEAD}Content-Length: 0\r\n\r\n`)
    const idle = connectTcp(port, '127.0.0.1')
    let idleText = ''
    idle.on('data', (chunk: Buffer) => {
      idleText += chunk.toString()
    })
    await once(idle, 'connect')
    await begun.promise
    isDraining = true
    const drained = listener.drain(5_000)
    const refused = connectTcp(port, '127.0.0.1')
    await expect(once(refused, 'connect')).rejects.toMatchObject({ code: 'ECONNREFUSED' })
    idle.write(`${HEAD}Content-Length: 0\r\n\r\n`)
    await once(idle, 'close')
    expect(idleText).toMatch(/^HTTP\/1\.1 503 /u)
    expect(idleText.toLowerCase()).toContain('connection: close')
    gate.resolve()
    expect((await waiting).text).toMatch(/^HTTP\/1\.1 200 /u)
    await drained
    opened.length = 0
  })

  it('cuts what does not end in time', async () => {
    const begun = Promise.withResolvers<void>()
    const { port, listener } = await open({}, async () => {
      begun.resolve()
      return await new Promise(() => undefined)
    })
    const waiting = raw(port, `${HEAD}Content-Length: 0\r\n\r\n`)
    await begun.promise
    await listener.drain(50)
    expect((await waiting).text).toBe('')
    opened.length = 0
  })
})

describe('TLS', () => {
  async function post(
    port: number,
    options: { readonly cert?: string; readonly key?: string; readonly agent?: TlsAgent } = {},
  ): Promise<number> {
    const request = httpsRequest({
      port,
      host: 'localhost',
      method: 'POST',
      path: '/token',
      ca: ca.pem,
      ...options,
    })
    request.end('a=b')
    const [response] = (await once(request, 'response')) as [{ statusCode: number; resume: () => void }]
    response.resume()
    await once(response as unknown as NodeJS.EventEmitter, 'end')
    return response.statusCode
  }

  const shown = (): { readonly cert: string; readonly key: string } => ({
    cert: client.pem + intermediate.pem,
    key: client.privateKeyPem,
  })

  it('hands on the chain that was shown, leaf first, though nobody here trusts it', async () => {
    const { port, peers } = await open({ tls: 'request' })
    expect(await post(port, { ...shown(), agent: new TlsAgent() })).toBe(200)
    const chain = peers[0]?.certificates?.map((der) => Buffer.from(der).toString('hex'))
    expect(chain).toEqual([client.der, intermediate.der].map((der) => Buffer.from(der).toString('hex')))
    expect(await post(port, { agent: new TlsAgent() })).toBe(200)
    expect(peers[1]).not.toHaveProperty('certificates')
  })

  it('finds the chain out once for a connection', async () => {
    const { port, peers } = await open({ tls: 'request' })
    const agent = new TlsAgent({ keepAlive: true, maxSockets: 1 })
    await post(port, { ...shown(), agent })
    await post(port, { ...shown(), agent })
    expect(peers[1]).toBe(peers[0])
    agent.destroy()
  })

  it('does not ask where the configuration says so', async () => {
    const { port, peers } = await open({ tls: 'off' })
    expect(await post(port, { ...shown(), agent: new TlsAgent() })).toBe(200)
    expect(peers[0]).not.toHaveProperty('certificates')
  })

  it('never lets a session be taken up again without its certificate', async () => {
    const { port, peers } = await open({ tls: 'request' })
    const run = promisify(execFile)
    for (const version of ['-tls1_2', '-tls1_3']) {
      peers.length = 0
      const session = join(folder, `session${version}`)
      const common = ['s_client', '-connect', `127.0.0.1:${port}`, '-ign_eof', version]
      const mine = [
        '-cert',
        join(folder, 'client.pem'),
        '-key',
        join(folder, 'client.key'),
        '-cert_chain',
        join(folder, 'client.pem'),
      ]
      const request = `printf 'POST /token HTTP/1.1\\r\\nHost: id.example\\r\\nContent-Length: 0\\r\\nConnection: close\\r\\n\\r\\n'`
      const ask = async (...more: readonly string[]): Promise<string> => {
        const { stdout, stderr } = await run('sh', [
          '-c',
          `${request} | timeout 20 openssl ${[...common, ...mine, ...more].join(' ')}`,
        ])
        return stdout + stderr
      }
      expect(await ask('-sess_out', session)).toContain('HTTP/1.1 200')
      const again = await ask('-sess_in', session).catch(async () => await ask())
      expect(again).not.toMatch(/^Reused/mu)
      expect(peers.map(({ certificates }) => certificates?.length)).toEqual([2, 2])
    }
  })

  it('is of version 1.2 or later', async () => {
    const { port } = await open({ tls: 'request' })
    const socket = connectTls({
      port,
      host: 'localhost',
      ca: ca.pem,
      minVersion: 'TLSv1',
      maxVersion: 'TLSv1.1',
    })
    await expect(once(socket, 'secureConnect')).rejects.toThrow()
  })

  it('shows another certificate to new connections, and asks for theirs all the same', async () => {
    const { port, peers, listener } = await open({ tls: 'request' })
    const subject = async (): Promise<string | string[] | undefined> => {
      const socket = connectTls({ port, host: 'localhost', ca: ca.pem })
      await once(socket, 'secureConnect')
      const { subject: found } = socket.getPeerCertificate()
      socket.destroy()
      return found.CN
    }
    expect(await subject()).toBe('one')
    listener.setPair(await pairOf(renewed))
    expect(await subject()).toBe('two')
    await post(port, { ...shown(), agent: new TlsAgent() })
    expect(peers[0]?.certificates).toHaveLength(2)
  })
})
