// What a request binds a token to: the configured origin with the target as it came, and the content's bytes.

import { describe, expect, test } from 'vitest'
import { thrownBy } from '../../../../test/support/certificate-der.ts'
import { codeOf } from '../../../../test/support/codes.ts'
import { untyped } from '../../../../test/support/forge.ts'
import { bindRequest, targetUriOf } from './request.ts'

const ORIGIN = 'https://api.example'
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

function post(content: string): Request {
  return new Request('http://10.0.0.7:8080/orders?a=1', { method: 'POST', body: content })
}

describe('targetUriOf', () => {
  test.each([
    ['/', 'https://api.example/'],
    ['/orders?urgent=1&x=%20', 'https://api.example/orders?urgent=1&x=%20'],
    ['/?', 'https://api.example/?'],
    ['/a%2Fb/%7Ec', 'https://api.example/a%2Fb/%7Ec'],
    ['//evil.example/x', 'https://api.example//evil.example/x'],
    ['/@evil.example', 'https://api.example/@evil.example'],
    ["/a?b='", undefined],
    ['/a?b=%27', 'https://api.example/a?b=%27'],
  ])('%s', async (target, expected) => {
    if (expected === undefined) {
      expect(await codeOf(async () => targetUriOf(ORIGIN, target))).toBe('ERR_REQUEST_TARGET')
    } else expect(targetUriOf(ORIGIN, target)).toBe(expected)
  })

  // Routers take these for one path, and the URL Standard for another.
  test.each([
    '/a/../b',
    '/a/./b',
    '/a/%2e%2e/b',
    '/a/.%2E/b',
    '/..',
    '/a\\b',
    '/a b',
    '/a\tb',
    '/a\nb',
    '/é',
    '/a#b',
    '/a"b',
    '/<a>',
    '',
    '*',
    'orders',
    '?a=1',
    'https://api.example/orders',
    '.evil.example/',
    ':8443/orders',
    '@evil.example/orders',
  ])('refuses %j', async (target) => {
    expect(await codeOf(async () => targetUriOf(ORIGIN, target))).toBe('ERR_REQUEST_TARGET')
  })

  test('takes as many characters as a token may name, and not one more', async () => {
    const longest = `/${'a'.repeat(8_000 - ORIGIN.length - 1)}`
    expect(targetUriOf(ORIGIN, longest)).toHaveLength(8_000)
    expect(await codeOf(async () => targetUriOf(ORIGIN, `${longest}a`))).toBe('ERR_REQUEST_TARGET')
    expect(await codeOf(async () => targetUriOf(ORIGIN, `/${'a'.repeat(10_000_000)}`))).toBe(
      'ERR_REQUEST_TARGET',
    )
  })

  test.each(['http://127.0.0.1:8780', 'https://api.example:8443', 'http://[::1]:80'.replace(':80', '')])(
    'takes the origin %s',
    (origin) => {
      expect(targetUriOf(origin, '/x')).toBe(`${origin}/x`)
    },
  )

  test.each([
    'https://api.example/',
    'https://api.example/base',
    'https://api.example:443',
    'https://API.example',
    'https://user@api.example',
    'api.example',
    '//api.example',
    'ftp://api.example',
    'null',
    '',
    undefined,
    null,
    7,
  ])('refuses the origin %j', async (origin) => {
    expect(await codeOf(async () => targetUriOf(untyped(origin), '/x'))).toBe('ERR_ARG_VALUE')
  })
})

test('an origin with a password is refused without showing it', () => {
  const error = thrownBy(() => targetUriOf('https://user:p@ss-word@api.example', '/'))
  expect(String(error)).toContain('…@api.example')
  expect(String(error)).not.toContain('word')
})

describe('bindRequest', () => {
  test('takes method, target and content, and nothing of where the request says it was sent', async () => {
    const request = post('{}')
    request.headers.set('forwarded', 'host=evil.example')
    expect(await bindRequest(request, { origin: ORIGIN })).toEqual({
      method: 'POST',
      targetUri: 'https://api.example/orders?a=1',
      content: bytes('{}'),
    })
    expect(await request.text()).toBe('{}')
  })

  test('tells that there is no content, unless it is not asked for', async () => {
    const request = new Request('http://internal/a?')
    expect(await bindRequest(request, { origin: ORIGIN })).toEqual({
      method: 'GET',
      targetUri: 'https://api.example/a?',
      content: new Uint8Array(0),
    })
    expect(await bindRequest(request, { origin: ORIGIN, content: 'none' })).toEqual({
      method: 'GET',
      targetUri: 'https://api.example/a?',
    })
  })

  test('leaves out the fragment that a Request may have', async () => {
    const request = new Request('http://internal/a?b=1#c')
    const { targetUri } = await bindRequest(request, { origin: ORIGIN })
    expect(targetUri).toBe('https://api.example/a?b=1')
  })

  test('reads as much as it is allowed and not a byte more', async () => {
    const options = { origin: ORIGIN, maxContentBytes: 5 }
    expect(await bindRequest(post('12345'), options)).toMatchObject({ content: bytes('12345') })
    expect(await codeOf(() => bindRequest(post('123456'), options))).toBe('ERR_REQUEST_CONTENT')
    expect(await codeOf(() => bindRequest(post('123456'), { ...options, content: 'none' }))).toBe('accepted')
    const none = { ...options, maxContentBytes: 0 }
    expect(await codeOf(() => bindRequest(new Request('http://internal/'), none))).toBe('accepted')
    expect(await codeOf(() => bindRequest(post('1'), none))).toBe('ERR_REQUEST_CONTENT')
  })

  test('reads 1 MiB unless told otherwise', async () => {
    const sent = (length: number): Request => post('x'.repeat(length))
    expect(await bindRequest(sent(1_048_576), { origin: ORIGIN })).toMatchObject({
      content: { length: 1_048_576 },
    })
    expect(await codeOf(() => bindRequest(sent(1_048_577), { origin: ORIGIN }))).toBe('ERR_REQUEST_CONTENT')
  })

  test('holds no copy of content that it refused: whoever cancels the request cancels its source', async () => {
    let isCancelled = false
    const body = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(new Uint8Array(10)),
      cancel() {
        isCancelled = true
      },
    })
    const request = new Request('http://internal/', untyped({ method: 'POST', body, duplex: 'half' }))
    const options = { origin: ORIGIN, maxContentBytes: 5 }
    expect(await codeOf(() => bindRequest(request, options))).toBe('ERR_REQUEST_CONTENT')
    await request.body?.cancel()
    expect(isCancelled).toBe(true)
  })

  test('stops reading content without end', async () => {
    let pulled = 0
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        pulled++
        controller.enqueue(new Uint8Array(1_024))
      },
    })
    const request = new Request('http://internal/', untyped({ method: 'POST', body, duplex: 'half' }))
    const options = { origin: ORIGIN, maxContentBytes: 10_240 }
    expect(await codeOf(() => bindRequest(request, options))).toBe('ERR_REQUEST_CONTENT')
    expect(pulled).toBeLessThan(40)
  })

  test.each([
    ['no origin', {}, 'ERR_ARG_VALUE'],
    ['an unknown option', { origin: ORIGIN, host: 'x' }, 'ERR_ARG_UNKNOWN_OPTION'],
    ['a content that is neither', { origin: ORIGIN, content: 'sha-256' }, 'ERR_ARG_VALUE'],
    ['a limit above the limit', { origin: ORIGIN, maxContentBytes: 2 ** 30 + 1 }, 'ERR_ARG_VALUE'],
  ])('refuses %s', async (_, options, code) => {
    expect(await codeOf(() => bindRequest(new Request('http://internal/'), untyped(options)))).toBe(code)
  })

  test.each([
    ['text', '{}'],
    ['an ArrayBuffer', new Uint8Array([1]).buffer],
    ['numbers of two bytes', new Uint16Array([258])],
    ['null', null],
    ['undefined', undefined],
  ])('refuses content made of %s, of which no bytes can be told', async (_, chunk) => {
    const body = new ReadableStream({
      start(controller) {
        controller.enqueue(new Uint8Array([1]))
        controller.enqueue(chunk)
        controller.close()
      },
    })
    const request = new Request('http://internal/', untyped({ method: 'POST', body, duplex: 'half' }))
    expect(await codeOf(() => bindRequest(request, { origin: ORIGIN }))).toBe('ERR_ARG_VALUE')
  })

  test('refuses a method that no token names, as a fault of the request and not of the call', async () => {
    const sent = (length: number): Request => new Request('http://internal/', { method: 'X'.repeat(length) })
    for (const content of ['digest', 'none'] as const) {
      expect(await codeOf(() => bindRequest(sent(32), { origin: ORIGIN, content }))).toBe('accepted')
      expect(await codeOf(() => bindRequest(sent(33), { origin: ORIGIN, content }))).toBe(
        'ERR_REQUEST_TARGET',
      )
    }
  })

  test.each(['own:/orders', 'blob:http://abcd/orders', 'data:,orders', 'about:blank'])(
    'refuses a Request for %s',
    async (url) => {
      expect(await codeOf(() => bindRequest(new Request(url), { origin: ORIGIN }))).toBe('ERR_REQUEST_TARGET')
    },
  )

  test('refuses a Request that somebody has begun to read', async () => {
    const request = post('{}')
    request.body?.getReader()
    expect(await codeOf(() => bindRequest(request, { origin: ORIGIN }))).toBe('ERR_ARG_VALUE')
  })

  test('refuses what is no Request, and one that was read', async () => {
    const like = { method: 'GET', url: 'http://internal/' }
    expect(await codeOf(() => bindRequest(untyped(like), { origin: ORIGIN }))).toBe('ERR_ARG_TYPE')
    const read = post('1')
    await read.text()
    expect(await codeOf(() => bindRequest(read, { origin: ORIGIN }))).toBe('ERR_ARG_VALUE')
  })
})
