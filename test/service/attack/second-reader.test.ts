// What a pattern holds for is what a second reader reads too: resource servers parse the name in sub with what they have.

import fc from 'fast-check'
import { expect, it } from 'vitest'
import { compilePattern, matchesPattern } from '../../../packages/server/src/policy/pattern.ts'

const PIECES = [
  ...[
    '/',
    '//',
    '.',
    '..',
    '%2f',
    '%2F',
    '%2e',
    '%00',
    '\\',
    '*',
    '**',
    '@',
    ':',
    ':443',
    '?',
    '#',
    ';',
    '=',
    ' ',
    '\t',
  ],
  ...[
    '\n',
    '\0',
    '\u200b',
    'ｄ',
    'K',
    'ſ',
    'a',
    'b',
    'ns',
    'sa',
    'ci',
    'deploy',
    'prod',
    'example',
    'prod.example',
    'evil',
  ],
]
const noise = fc.array(fc.constantFrom(...PIECES), { maxLength: 4 }).map((pieces) => pieces.join(''))

function matches(kind: 'uri' | 'dns' | 'email', pattern: string, name: string): boolean {
  const compiled = compilePattern(kind, pattern)
  if (typeof compiled === 'string') throw new TypeError(compiled)
  return matchesPattern(compiled, name)
}

it('a URI that matches is the same URI to a browser, with the host and the segments of the pattern', () => {
  const names = fc.oneof(
    fc.tuple(noise, noise, noise).map(([a, b, c]) => `https://prod.example${a}/ns/${b}/sa/deploy${c}`),
    fc.tuple(noise, noise).map(([a, b]) => `https://${a}prod.example/ci/${b}`),
    noise.map((a) => `https:${a}prod.example/ci/a`),
  )
  let held = 0
  fc.assert(
    fc.property(names, (name) => {
      const isOne = matches('uri', 'https://prod.example/ns/*/sa/deploy', name)
      const isAny = matches('uri', 'https://prod.example/ci/**', name)
      if (!isOne && !isAny) return
      held += 1
      const url = new URL(name)
      expect([url.href, url.host, url.username, url.search, url.hash]).toEqual([
        name,
        'prod.example',
        '',
        '',
        '',
      ])
      const [empty, first, ...rest] = decodeURIComponent(url.pathname).split('/')
      expect([empty, rest.includes('')]).toEqual(['', false])
      expect(isOne ? [first, rest.length, rest[1], rest[2]] : [first]).toEqual(
        isOne ? ['ns', 3, 'sa', 'deploy'] : ['ci'],
      )
    }),
    { numRuns: 3_000, examples: [['https://prod.example/ns/a/sa/deploy'], ['https://prod.example/ci/a/b']] },
  )
  expect(held).toBeGreaterThan(10)
})

it('a host that matches is one label below the domain, to a resolver and to a browser', () => {
  const names = fc.tuple(noise, noise).map(([a, b]) => `${a}.build.example${b}`)
  let held = 0
  fc.assert(
    fc.property(names, (name) => {
      if (!matches('dns', '*.build.example', name)) return
      held += 1
      expect(new URL(`https://${name}/`).hostname).toBe(name.toLowerCase())
      expect(name.split('.')).toHaveLength(3)
    }),
    { numRuns: 3_000, examples: [['a.build.example'], ['a-1.BUILD.example']] },
  )
  expect(held).toBeGreaterThan(10)
})

it('an address that matches has one @ and the domain of the pattern behind it', () => {
  const names = fc.tuple(noise, noise).map(([a, b]) => `${a}@${b}example.com`)
  fc.assert(
    fc.property(names, (name) => {
      if (!matches('email', '*@example.com', name)) return
      expect(name).toMatch(/^[^@\s\\*]+@example\.com$/u)
    }),
    { numRuns: 3_000, examples: [['a.b+c@example.com']] },
  )
})
