import { describe, expect, test } from 'vitest'
import { isCommonName, type NameKind, problemOf } from './names.ts'

const label = 'a'.repeat(63)

describe('names that a certificate can bear', () => {
  test.each<readonly [NameKind, string]>([
    ['uri', 'spiffe://example/client'],
    ['uri', 'urn:example:a'],
    ['uri', `x:${'a'.repeat(1_998)}`],
    ['dns', 'localhost'],
    ['dns', '*.example'],
    ['dns', '_service.example'],
    ['dns', `${label}.example`],
    ['dns', `${label}.${label}.${label}.${'a'.repeat(61)}`],
    ['email', "o'neill@example"],
    ['upn', '김@example'],
    ['ip', '192.0.2.1'],
    ['ip', '2001:db8::1'],
  ])('%s %s', (kind, value) => {
    expect(problemOf({ kind, value })).toBeUndefined()
  })

  test.each<readonly [NameKind, string]>([
    ['uri', ''],
    ['uri', '/relative'],
    ['uri', 'spiffe://example/a b'],
    ['uri', 'spiffe://예/a'],
    ['uri', `x:${'a'.repeat(1_999)}`],
    ['dns', ''],
    ['dns', 'a..example'],
    ['dns', '.example'],
    ['dns', 'example.'],
    ['dns', '-a.example'],
    ['dns', 'a.*.example'],
    ['dns', 'exämple'],
    ['dns', 'spiffe://example'],
    ['dns', `a${label}.example`],
    ['dns', `${label}.${label}.${label}.${'a'.repeat(62)}`],
    ['email', 'example'],
    ['email', 'a@b@example'],
    ['email', 'a b@example'],
    ['upn', 'a\u202e@example'],
    ['upn', 'example'],
    ['ip', '192.0.2.256'],
    ['ip', '192.0.2.0/24'],
    ['ip', 'fe80::1%eth0'],
  ])('not %s %s', (kind, value) => {
    expect(problemOf({ kind, value })).toMatch(/^expected /u)
  })

  test('a common name has 1 to 64 characters, none of which hides or reorders text', () => {
    expect(
      ['a', 'a'.repeat(64), '김 에이', 'Ingam development CA'].filter((name) => !isCommonName(name)),
    ).toEqual([])
    expect(['', '  ', 'a'.repeat(65), 'a\nb', 'a\u202eb', 'a\u2028b', '\ud800'].filter(isCommonName)).toEqual(
      [],
    )
  })
})
