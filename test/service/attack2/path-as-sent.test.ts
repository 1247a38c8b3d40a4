// The path that an endpoint is found by is the one that was sent, byte by byte: whoever stands before the service, and lets
// some paths through alone, has seen the same one. The Host header has no say in it.

import { connect } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { createHandler } from '../../../packages/server/src/app.ts'
import { type Listener, listen } from '../../../packages/server/src/host/listener.ts'
import { fakeConfig, fakeService } from '../support/fakes.ts'

const opened: Listener[] = []
afterEach(async () => {
  for (const listener of opened.splice(0)) await listener.drain(0)
})

async function statusOf(target: string, host: string): Promise<string> {
  const config = fakeConfig()
  const endpoint = (): Response => Response.json({})
  const handler = createHandler(fakeService({ config }), [
    { method: 'POST', path: '/token', kind: 'oauth', endpoint },
    { method: 'POST', path: '/admin/keys/rotate', kind: 'admin', endpoint },
  ])
  const listener = await listen({ config, handler, pair: undefined })
  opened.push(listener)
  const socket = connect(listener.address.port, '127.0.0.1')
  let text = ''
  socket.on('data', (chunk: Buffer) => {
    text += chunk.toString('latin1')
  })
  const closed = new Promise((resolve) => socket.on('close', resolve))
  const request = `POST ${target} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`
  socket.write(Buffer.from(request, 'latin1'))
  await closed
  return text.slice(9, 12)
}

test.each([
  ['/rotate', 'a.example/admin/keys'],
  // A name that is longer as the URL Standard writes it (xn--…), so that its length hides the path behind it.
  ['/keys/rotate', '\u00fc/admin'],
  ['/token', '\u00fc?admin'],
  ['/token', 'user@a.example'],
  ['/token', 'a.example#'],
])('POST %s with Host %s reaches no endpoint', async (target, host) => {
  expect(await statusOf(target, host)).toBe('400')
})

test.each(['id.example', 'ID.example:8443', '127.0.0.1:8780', '[::1]:8780', '[::1]', 'a_b.example'])(
  'POST /token with Host %s does',
  async (host) => {
    expect(await statusOf('/token', host)).toBe('200')
  },
)

test.each([
  '/a/../token',
  '/./token',
  '/a/%2e%2e/token',
  '/a/.%2E/token',
  '/a/%2e%2e/admin/keys/rotate',
  '/a\\..\\token',
  '\\token',
  '//token/../../token',
  'http://id.example/a/../token',
  'http://id.example',
  '/token?a="',
])('POST %s is not put right', async (target) => {
  expect(await statusOf(target, 'id.example')).toBe('400')
})

test.each(['/token?a=b&c=%2e', '/token?', 'http://id.example/token', 'http://other.example:1/token?a'])(
  'POST %s is /token',
  async (target) => {
    expect(await statusOf(target, 'id.example')).toBe('200')
  },
)
