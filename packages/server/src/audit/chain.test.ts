import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { canonicalJson } from './canonical.ts'
import { emptyHash, encodeLine, encodeRecord, sealRecord } from './chain.ts'

// Computed by another implementation (Python: json.dumps with sorted keys, hashlib), for other implementations to take.
describe('vectors', () => {
  const [run, next] = ['AAAAAAAAAAAAAAAAAAAAAA', 'BBBBBBBBBBBBBBBBBBBBBA']
  const first = sealRecord(
    { type: 'service.started', at: 1795420800000, actor: 'service', details: { version: '0.1.0' } },
    { position: 1, run, sequence: 1, previous: emptyHash },
  )
  const second = sealRecord(
    {
      type: 'token.issued',
      at: 1795420800123,
      requestId: 'Zm9vYmFyYmF6cXV4MTIzNA',
      thumbprint: emptyHash,
      details: {
        subject: 'spiffe://example.test/한글',
        scope: ['read', 'write'],
        expiresAt: 1795421700,
        binding: { kind: 'dpop', '"q"': null },
      },
    },
    { position: 2, run, sequence: 2, previous: first.hash },
  )
  const third = sealRecord(
    { type: 'service.started', at: 1795424400000, details: {} },
    { position: 3, run: next, sequence: 1, previous: second.hash },
  )

  test('of hashes', () => {
    expect(emptyHash).toBe('47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU')
    expect(first.hash).toBe('1V-P3JzVJdW5FzFcPTslX-qhfhW1Onl4GyO4CEvgBE0')
    expect(second.hash).toBe('wXjeW0vDOALIbrcxK7ysaIXL5OP30cvx1-jThfLZuug')
    expect(third.hash).toBe('Jt1XacIbsQSGhEqsfrGFl_8nm8ivQBWZLDyDsg5_IFw')
  })

  test('of a line', () => {
    const text =
      '{"at":1795420800123,"details":{"binding":{"\\"q\\"":null,"kind":"dpop"},"expiresAt":1795421700,' +
      '"scope":["read","write"],"subject":"spiffe://example.test/한글"},"position":2,' +
      '"previous":"1V-P3JzVJdW5FzFcPTslX-qhfhW1Onl4GyO4CEvgBE0","requestId":"Zm9vYmFyYmF6cXV4MTIzNA",' +
      '"run":"AAAAAAAAAAAAAAAAAAAAAA","sequence":2,' +
      '"thumbprint":"47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU","type":"token.issued"}'
    expect(encodeRecord(second)).toBe(text)
    expect(second.hash).toBe(createHash('sha256').update(text, 'utf8').digest('base64url'))
    expect(JSON.parse(encodeLine(second))).toEqual(second)
  })

  test('members beyond the contract are dropped', () => {
    const event = { type: 'backup.made', at: 1, details: {}, secret: 'x' } as const
    expect(sealRecord(event, first)).not.toHaveProperty('secret')
  })
})

describe('canonical JSON', () => {
  test.each([
    [{ b: 1, a: 2 }, '{"a":2,"b":1}'],
    [{ '10': 1, '9': 2, '': 3 }, '{"":3,"10":1,"9":2}'],
    // RFC 8785 §3.2.3: by UTF-16 code units, so that a surrogate pair comes before U+FB33.
    [{ '\ufb33': 1, '😀': 2, '€': 3 }, '{"€":3,"😀":2,"\ufb33":1}'],
    [[1e21, 1e-7, -0, 0.1, Number.NaN], '[1e+21,1e-7,0,0.1,null]'],
    ['"\\/\u0000\u001f\u007f\u2028\n', '"\\"\\\\/\\u0000\\u001f\u007f\u2028\\n"'],
    ['\ud800', '"\\ud800"'],
    [{ a: [], b: {}, c: [[{}]], d: null, e: true }, '{"a":[],"b":{},"c":[[{}]],"d":null,"e":true}'],
  ])('%j', (value, text) => {
    expect(canonicalJson(value)).toBe(text)
  })

  test('more than sixteen members are sorted too', () => {
    const names = Array.from({ length: 40 }, (_, index) => `m${(index * 7) % 40}`)
    const value = Object.fromEntries(names.map((name) => [name, 0]))
    expect(canonicalJson(value)).toBe(
      `{${names
        .sort()
        .map((name) => `"${name}":0`)
        .join(',')}}`,
    )
  })

  test('it means the same, and is the same after a round through JSON in any order of members', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = canonicalJson(value as Parameters<typeof canonicalJson>[0])
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)))
        expect(canonicalJson(JSON.parse(text))).toBe(text)
        expect(canonicalJson(reversed(JSON.parse(text)))).toBe(text)
      }),
    )
  })
})

function reversed(value: unknown): Parameters<typeof canonicalJson>[0] {
  if (Array.isArray(value)) return value.map(reversed) as Parameters<typeof canonicalJson>[0]
  if (typeof value !== 'object' || value === null) return value as Parameters<typeof canonicalJson>[0]
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([name, member]) => [name, reversed(member)]),
  ) as Parameters<typeof canonicalJson>[0]
}
