import { describe, expect, it } from 'vitest'
import type { Exchange } from '../service.ts'
import { ServiceError } from '../service-error.ts'
import { type Form, parseForm } from './form.ts'

const TYPE = 'application/x-www-form-urlencoded'

function parse(
  body: string | Uint8Array,
  headers: Record<string, string> = {},
  url = 'https://a.example/token',
): Form {
  const exchange: Exchange = {
    request: new Request(url, { method: 'POST', headers: { 'content-type': TYPE, ...headers } }),
    path: '/token',
    peer: { address: '192.0.2.1' },
    requestId: 'r',
    body: typeof body === 'string' ? Buffer.from(body, 'latin1') : body,
    now: new Date(0),
  }
  return parseForm(exchange)
}

function codeOf(act: () => unknown): string {
  try {
    act()
    return 'accepted'
  } catch (error) {
    return error instanceof ServiceError ? error.code : String(error)
  }
}

describe('parseForm', () => {
  it('reads names and values, percent-encoded and not', () => {
    const form = parse('a=1&b=x%20y+z&c=%C3%A4&%64=%2B&e=a=b')
    expect(['a', 'b', 'c', 'd', 'e'].map((name) => form.get(name))).toEqual(['1', 'x y z', 'ä', '+', 'a=b'])
  })

  it('takes a parameter without a value as omitted (RFC 6749 §3.2)', () => {
    const form = parse('a=&b&&c=1&')
    expect([form.get('a'), form.get('b'), form.get('c'), form.get('d')]).toEqual([
      undefined,
      undefined,
      '1',
      undefined,
    ])
  })

  it('takes the part of the body that the view shows', () => {
    expect(parse(Buffer.from('xxa=1xx').subarray(2, 5)).get('a')).toBe('1')
  })

  it('lets resource and audience repeat, in order and without empty ones', () => {
    const form = parse('resource=b&audience=x&resource=&resource=a&resource=b')
    expect(form.resources).toEqual(['b', 'a', 'b'])
    expect(form.audiences).toEqual(['x'])
    expect(form.get('resource')).toBeUndefined()
  })

  it.each(['a=1&a=1', 'a=1&a=', 'a&a=1', 'a=1&%61=2', '=1&=2', '__proto__=1&__proto__=2'])(
    'refuses %s',
    (body) => {
      expect(codeOf(() => parse(body))).toBe('ERR_SERVICE_REQUEST')
    },
  )

  it('keeps names that objects have apart from theirs', () => {
    const form = parse('__proto__=1&constructor=2')
    expect([form.get('__proto__'), form.get('constructor'), form.get('toString')]).toEqual([
      '1',
      '2',
      undefined,
    ])
  })

  it.each(['a=%', 'a=%2', 'a=%zz', 'a=%C3', 'a=%C0%80', 'a=%ED%A0%80', 'a=%FF', '%FF=a'])(
    'refuses %s, which is not percent-encoded UTF-8',
    (body) => {
      expect(codeOf(() => parse(body))).toBe('ERR_SERVICE_REQUEST')
    },
  )

  it.each(['a=\u00e4', 'a=b c', 'a=b\n', '\u00efa=1', 'a=\0'])('refuses the raw byte in %j', (body) => {
    expect(codeOf(() => parse(body))).toBe('ERR_SERVICE_REQUEST')
  })

  it('takes 64 parameters and not 65', () => {
    const form = (count: number): string =>
      Array.from({ length: count }, (_, index) => `p${index}=1`).join('&')
    expect(codeOf(() => parse(form(64)))).toBe('accepted')
    expect(codeOf(() => parse(form(65)))).toBe('ERR_SERVICE_REQUEST')
    expect(codeOf(() => parse('&'.repeat(100_000)))).toBe('ERR_SERVICE_REQUEST')
  })

  it.each([TYPE, `${TYPE};charset=UTF-8`, `${TYPE.toUpperCase()} ; charset="utf-8"`])('takes %s', (type) => {
    expect(codeOf(() => parse('a=1', { 'content-type': type }))).toBe('accepted')
  })

  it.each([
    '',
    'application/json',
    'multipart/form-data; boundary=x',
    `${TYPE};charset=utf-16`,
    `${TYPE}x`,
    `text/plain, ${TYPE}`,
  ])('refuses the content type %j', (type) => {
    expect(codeOf(() => parse('a=1', { 'content-type': type }))).toBe('ERR_SERVICE_MEDIA_TYPE')
  })

  it('refuses encoded content, and parameters in the URL', () => {
    expect(codeOf(() => parse('a=1', { 'content-encoding': 'gzip' }))).toBe('ERR_SERVICE_MEDIA_TYPE')
    expect(codeOf(() => parse('a=1', {}, 'https://a.example/token?a=1'))).toBe('ERR_SERVICE_REQUEST')
  })

  it('says which parameter is repeated, but repeats no strange name', () => {
    expect(() => parse('scope=a&scope=b')).toThrow('the parameter scope is repeated')
    expect(() => parse('%1B[2J=a&%1B[2J=b')).toThrow('the parameter of another name is repeated')
  })
})
