// What one value of a rule covers of another one: a change of a policy that gives more must never read as one that does not.

import { describe, expect, it } from 'vitest'
import { matcherOf, type RuleKind, ruleOf } from './rules.ts'

describe('covers', () => {
  it.each<[RuleKind, string, string, boolean]>([
    ['ip', '192.0.2.0/24', '192.0.2.7', true],
    ['ip', '192.0.2.0/24', '192.0.2.128/25', true],
    ['ip', '192.0.2.0/24', '192.0.2.0/24', true],
    ['ip', '192.0.2.128/25', '192.0.2.0/24', false],
    ['ip', '192.0.2.0/24', '192.0.3.7', false],
    ['ip', '::/0', '192.0.2.7', false],
    ['ip', '0.0.0.0/0', '::ffff:c000:207', false],
    ['trustAnchor', 'a', 'a', true],
    ['trustAnchor', 'a', 'b', false],
    ['extKeyUsage', 'clientAuth', '1.3.6.1.5.5.7.3.2', true],
    ['extKeyUsage', 'clientAuth', 'serverAuth', false],
    ['dns', '*.example', 'a.example', true],
    ['dns', 'a.example', '*.example', false],
    ['subject', 'CN=*,O=Example', 'CN=a,O=Example', true],
    ['subject', 'CN=a,O=Example', 'CN=*,O=Example', false],
  ])('%s %s covers %s: %s', (kind, wide, narrow, expected) => {
    expect(matcherOf(kind, wide).covers(matcherOf(kind, narrow))).toBe(expected)
  })

  it('is of one kind', () => {
    expect(matcherOf('ip', '0.0.0.0/0').covers(matcherOf('dns', 'a.example'))).toBe(false)
    expect(matcherOf('dns', '*.example').covers(matcherOf('ip', '192.0.2.7'))).toBe(false)
    expect(matcherOf('uri', 'urn:a').covers(matcherOf('thumbprint', 'A'.repeat(43)))).toBe(false)
  })
})

it('a text that was not validated makes no matcher', () => {
  expect(() => matcherOf('ip', '192.0.2.1/24')).toThrow(/not validated/u)
  expect(typeof ruleOf('ip').compile('192.0.2.1/24')).toBe('string')
})
