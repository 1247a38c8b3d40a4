import { describe, expect, test } from 'vitest'
import { type AdminEndpoint, adminApi } from '../contract.ts'
import type { Exchange } from '../service.ts'
import { readInput } from './input.ts'

interface Given {
  readonly query?: string
  readonly path?: string
  readonly type?: string
  readonly body?: string | Uint8Array
}

function read<Input>(endpoint: AdminEndpoint<Input, unknown>, given: Given): Input {
  const { query = '', path = endpoint.path, type = 'application/json', body = '' } = given
  const exchange: Exchange = {
    request: new Request(`https://a.example${path}${query}`, {
      method: 'POST',
      headers: { 'Content-Type': type },
    }),
    path,
    peer: { address: '192.0.2.1' },
    requestId: 'r',
    body: typeof body === 'string' ? new TextEncoder().encode(body) : body,
    now: new Date(0),
  }
  return readInput(endpoint, exchange)
}

const REFUSED = expect.objectContaining({ code: 'ERR_SERVICE_REQUEST' })
const THUMBPRINT = 'A'.repeat(43)

describe('a query', () => {
  test.each<[string, object]>([
    ['', {}],
    ['?limit=1', { limit: 1 }],
    ['?limit=1000', { limit: 1000 }],
    ['?active=true', { active: true }],
    ['?active=false', { active: false }],
    [`?certificate=${THUMBPRINT}&limit=5`, { certificate: THUMBPRINT, limit: 5 }],
    [
      '?identity=uri%3Aspiffe%3A%2F%2Fa%2F%C3%A9%2Bb%20c&trustAnchor=w',
      { identity: 'uri:spiffe://a/é+b c', trustAnchor: 'w' },
    ],
    ['?trustAnchor=w', { trustAnchor: 'w' }],
    ['?id=abc', { id: 'abc' }],
    // A name may be escaped as well; it is the same name.
    ['?%6Cimit=7', { limit: 7 }],
  ])('"%s" is read', (query, expected) => {
    expect(read(adminApi.listGrants, { query })).toEqual(expected)
  })

  test.each([
    '?limit=0',
    '?limit=1001',
    '?limit=01',
    '?limit=+1',
    '?limit=1e1',
    '?limit=0x1',
    '?limit=1.0',
    '?limit=%201',
    '?limit=',
    '?limit',
    '?limit=9999999999999999',
    '?limit=1&limit=1',
    '?limit=1&%6Cimit=2',
    '?limit=1&',
    '?&limit=1',
    '?=1',
    '?active=1',
    '?active=TRUE',
    '?unknown=1',
    '?Limit=1',
    '?__proto__=1',
    '?constructor=1',
    '?limit[]=1',
    '?identity=a',
    `?id=a&certificate=${THUMBPRINT}`,
    `?certificate=${THUMBPRINT}&trustAnchor=w`,
    '?id=a&identity=b&trustAnchor=w',
    `?certificate=${'A'.repeat(42)}`,
    `?certificate=${'A'.repeat(44)}`,
    '?identity=%FF&trustAnchor=w',
    '?identity=%&trustAnchor=w',
    '?identity=a+b&trustAnchor=w',
    '?identity=a%00b&trustAnchor=w',
    '?identity=%ED%A0%80&trustAnchor=w',
    '?before=%0A',
  ])('"%s" is refused', (query) => {
    expect(() => read(adminApi.listGrants, { query })).toThrow(REFUSED)
  })

  test('has words with commas between them, each once and each known', () => {
    const query = '?type=token.issued,grant.ended'
    expect(read(adminApi.listAudit, { query })).toEqual({ type: ['token.issued', 'grant.ended'] })
    for (const wrong of ['token.issued,', ',', 'token.issued,token.issued', 'token.Issued', 'x']) {
      expect(() => read(adminApi.listAudit, { query: `?type=${wrong}` })).toThrow(REFUSED)
    }
  })

  test('has no place where the input is content, and content none where it is a query', () => {
    const body = '{"text":"a"}'
    expect(read(adminApi.diffPolicy, { body })).toEqual({ text: 'a' })
    expect(() => read(adminApi.diffPolicy, { body, query: '?text=a' })).toThrow(REFUSED)
    expect(() => read(adminApi.listGrants, { body: '{}' })).toThrow(REFUSED)
    expect(() => read(adminApi.getStatus, { query: '?a=1' })).toThrow(REFUSED)
    expect(() =>
      read(adminApi.getPolicyVersion, { path: '/admin/policy/versions/1', query: '?a=1' }),
    ).toThrow(REFUSED)
  })
})

describe('content', () => {
  test.each([
    'application/json',
    'Application/JSON',
    'application/json; charset=utf-8',
    'application/json;charset="UTF-8"',
  ])('is read as %s', (type) => {
    expect(read(adminApi.diffPolicy, { type, body: '{"text":"a"}' })).toEqual({ text: 'a' })
  })

  test.each([
    '',
    'text/plain',
    'application/json5',
    'application/jsonx',
    'application/json; charset=utf-16',
    'application/json, text/plain',
  ])('is not read as "%s"', (type) => {
    const call = (): unknown => read(adminApi.diffPolicy, { type, body: '{"text":"a"}' })
    expect(call).toThrow(expect.objectContaining({ code: 'ERR_SERVICE_MEDIA_TYPE' }))
  })

  test.each([
    '',
    '{',
    'null',
    '[]',
    '{}',
    '{"text":""}',
    '{"text":1}',
    '{"text":"a","more":1}',
    '{"text":"a","__proto__":{}}',
    '\ufeff{"text":"a"}',
    '{"text":"a"} x',
    '{"text":"\\ud800"}',
  ])('%j is refused', (body) => {
    expect(() => read(adminApi.diffPolicy, { body })).toThrow(REFUSED)
  })

  test('that is not UTF-8 is refused', () => {
    const body = Uint8Array.from([...new TextEncoder().encode('{"text":"'), 0xff, 0x22, 0x7d])
    expect(() => read(adminApi.diffPolicy, { body })).toThrow(REFUSED)
  })

  test('of a selector says what it means, and a single grant cannot be blocked', () => {
    const end = (content: object): unknown => read(adminApi.endGrants, { body: JSON.stringify(content) })
    const certificate = { kind: 'certificate', thumbprint: THUMBPRINT }
    expect(end({ selector: certificate, reason: 'stolen', block: true })).toMatchObject({ block: true })
    expect(end({ selector: { kind: 'grant', id: 'a' }, reason: 'x', block: false })).toMatchObject({
      block: false,
    })
    const wrong = [
      { selector: { kind: 'grant', id: 'a' }, reason: 'x', block: true },
      { selector: { kind: 'all' }, reason: 'x' },
      { selector: { ...certificate, trustAnchor: 'w' }, reason: 'x' },
      { selector: { kind: 'identity', subject: 'a' }, reason: 'x' },
      { selector: {}, reason: 'x' },
      { reason: 'x' },
      { selector: certificate },
      { selector: certificate, reason: '' },
      { selector: certificate, reason: 'a\u001bb' },
      { selector: certificate, reason: '\ud800' },
      { selector: certificate, reason: 'x', block: 'true' },
    ]
    for (const content of wrong) expect(() => end(content)).toThrow(REFUSED)
  })

  test('has reasons of up to 500 characters, whatever their script', () => {
    const selector = { kind: 'grant', id: 'a' }
    const end = (reason: string): unknown =>
      read(adminApi.endGrants, { body: JSON.stringify({ selector, reason }) })
    expect(end('ж'.repeat(500))).toMatchObject({ selector })
    expect(() => end('ж'.repeat(501))).toThrow(REFUSED)
  })
})

test('a refusal names what is wrong, escaped, and no value', () => {
  const call = (): unknown => read(adminApi.diffPolicy, { body: '{"text":1,"se\\u202ecret":"hunter2"}' })
  expect(call).toThrow(/^text: .*; the content: .*se\\u\{202e\}cret/u)
  expect(call).not.toThrow(/hunter2/u)
})
