// Answers over TLS: a server that nobody vouches for is not believed, and one that is known is asked.

import { once } from 'node:events'
import { createServer, type Server } from 'node:https'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createTestCa, type TestCa } from '../../testing/index.ts'
import { type HttpAnswer, HttpClient } from './http-client.ts'

const SERVER_AUTH = '1.3.6.1.5.5.7.3.1'
const BODY = Uint8Array.of(1, 2, 3)

let ca: TestCa
let server: Server
const client = new HttpClient({ timeoutMilliseconds: 20_000, loopback: 'allow' })
const before = getCACertificates('default')

beforeAll(async () => {
  ca = await createTestCa()
  const own = await ca.issue({ ips: ['127.0.0.1'], extKeyUsage: [SERVER_AUTH] })
  server = createServer({ key: own.privateKeyPem, cert: own.pem }, (_request, response) => {
    response.writeHead(200, { 'content-type': 'application/pkix-crl' }).end(BODY)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
})

afterAll(async () => {
  setDefaultCACertificates(before)
  client.close()
  server.close()
  await once(server, 'close')
})

async function ask(host: string): Promise<HttpAnswer> {
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : undefined
  const url = new URL(`https://${host}:${port}/`)
  return await client.ask({ url, accept: '*/*', caches: 'use', types: ['application/pkix-crl'], maxBytes: 3 })
}

test('a server is asked that a CA of the system vouches for, under the name that it vouches for', async () => {
  expect(await ask('127.0.0.1')).toEqual({
    ok: false,
    problem: 'no connection (UNABLE_TO_VERIFY_LEAF_SIGNATURE)',
  })
  setDefaultCACertificates([ca.pem])
  expect(await ask('127.0.0.1')).toEqual({ ok: true, bytes: BODY })
  expect(await ask('localhost')).toEqual({
    ok: false,
    problem: 'no connection (ERR_TLS_CERT_ALTNAME_INVALID)',
  })
})
