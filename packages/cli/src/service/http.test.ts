// Requests over real sockets of this machine: whose TLS is trusted, what is shown in the handshake, what is followed.

import { createServer as createPlainServer, type RequestListener } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo, Server } from 'node:net'
import { TLSSocket } from 'node:tls'
import { createTestCa } from 'ingam/testing'
import { afterEach, describe, expect, test } from 'vitest'
import { createFetch, UnreachableError } from './http.ts'

const open: Server[] = []

afterEach(async () => {
  for (const server of open.splice(0)) await new Promise((resolve) => server.close(resolve))
})

const echo: RequestListener = (request, response) => {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => {
    const { socket, method, url, headers } = request
    const peer = socket instanceof TLSSocket ? socket.getPeerCertificate().subject : undefined
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ method, url, headers, body: Buffer.concat(chunks).toString(), peer }))
  })
}

async function listen(server: Server): Promise<number> {
  open.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}

async function tlsService(): Promise<{
  url: string
  ca: string
  client: { certificate: string; privateKey: string }
}> {
  const ca = await createTestCa()
  const names = { ips: ['127.0.0.1'], extKeyUsage: ['1.3.6.1.5.5.7.3.1'] }
  const server = await ca.issue(names)
  const client = await ca.issue({ name: 'holder' })
  const options = {
    cert: server.pem,
    key: server.privateKeyPem,
    ca: ca.pem,
    requestCert: true,
    rejectUnauthorized: false,
  }
  const port = await listen(createTlsServer(options, echo))
  return {
    url: `https://127.0.0.1:${port}`,
    ca: ca.pem,
    client: { certificate: client.pem, privateKey: client.privateKeyPem },
  }
}

describe('TLS', () => {
  test('a private CA is trusted where it is named, and nowhere else', async () => {
    const { url, ca } = await tlsService()
    expect((await createFetch({ ca })(url)).status).toBe(200)
    await expect(createFetch()(url)).rejects.toBeInstanceOf(UnreachableError)
    const stranger = await createTestCa()
    await expect(createFetch({ ca: stranger.pem })(url)).rejects.toBeInstanceOf(UnreachableError)
  })

  test('a certificate is shown where one was given, and only then', async () => {
    const { url, ca, client } = await tlsService()
    expect(await (await createFetch({ ca })(url)).json()).not.toHaveProperty('peer')
    const shown = await createFetch({ ca, ...client })(url)
    expect(await shown.json()).toMatchObject({ peer: { CN: 'holder' } })
  })

  test('the name in the certificate must be that of the address', async () => {
    const { url, ca } = await tlsService()
    const elsewhere = url.replace('127.0.0.1', 'localhost')
    await expect(createFetch({ ca })(elsewhere)).rejects.toThrow(/localhost/u)
  })

  test('a key that does not fit is said before anything is sent', async () => {
    const { ca, client } = await tlsService()
    const { privateKeyPem: privateKey } = await (await createTestCa()).issue({})
    expect(() => createFetch({ ca, ...client, privateKey })).toThrow(/cannot be used for TLS/u)
  })
})

describe('requests', () => {
  test('method, headers and body arrive; the body has its length', async () => {
    const port = await listen(createPlainServer(echo))
    const response = await createFetch()(`http://127.0.0.1:${port}/a?b=c`, {
      method: 'POST',
      headers: { 'x-test': 'yes' },
      body: 'content',
    })
    expect(await response.json()).toMatchObject({
      method: 'POST',
      url: '/a?b=c',
      body: 'content',
      headers: { 'x-test': 'yes', 'content-length': '7' },
    })
  })

  test('a redirect is an answer, and not followed', async () => {
    const seen: string[] = []
    const port = await listen(
      createPlainServer((request, response) => {
        seen.push(request.url ?? '')
        response.writeHead(307, { location: '/elsewhere' }).end()
      }),
    )
    expect((await createFetch()(`http://127.0.0.1:${port}/here`, { method: 'POST', body: 'x' })).status).toBe(
      307,
    )
    expect(seen).toEqual(['/here'])
  })

  test('an answer without content has none', async () => {
    const port = await listen(createPlainServer((_, response) => void response.writeHead(204).end()))
    const response = await createFetch()(`http://127.0.0.1:${port}/`)
    expect([response.status, response.body]).toEqual([204, null])
  })

  test('nobody who listens, and nobody who answers', async () => {
    const server = createPlainServer(() => undefined)
    const port = await listen(server)
    await expect(createFetch({}, 0.05)(`http://127.0.0.1:${port}/`)).rejects.toThrow('no answer in time')
    open.pop()
    await new Promise((resolve) => server.close(resolve))
    await expect(createFetch()(`http://127.0.0.1:${port}/`)).rejects.toThrow('nobody listens there')
  })

  test('a body that breaks off is an error, not an end', async () => {
    const port = await listen(
      createPlainServer((_, response) => {
        response.writeHead(200, { 'content-length': '100' }).write('half')
        setTimeout(() => response.destroy(), 10)
      }),
    )
    const response = await createFetch()(`http://127.0.0.1:${port}/`)
    await expect(response.text()).rejects.toThrow()
  })
})
