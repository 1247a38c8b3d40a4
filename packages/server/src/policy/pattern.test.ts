// Patterns: what a star stands for, and above all what it does not.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { policy } from '../../../../test/service/policy/fixtures.ts'
import {
  compilePattern,
  coversPattern,
  matchesPattern,
  type Pattern,
  type PatternKind,
  uriPatternMistake,
} from './pattern.ts'

function pattern(kind: PatternKind, text: string): Pattern {
  const compiled = compilePattern(kind, text)
  if (typeof compiled === 'string') throw new Error(`${text}: ${compiled}`)
  return compiled
}

const matches = (kind: PatternKind, text: string, name: string): boolean =>
  matchesPattern(pattern(kind, text), name)

const DEPLOY = 'spiffe://prod.example/ns/*/sa/deploy'

describe('uri', () => {
  test.each([
    [DEPLOY, 'spiffe://prod.example/ns/build/sa/deploy'],
    [DEPLOY, 'spiffe://prod.example/ns/build-2.x~y/sa/deploy'],
    ['spiffe://prod.example/ns/web-*/sa/x', 'spiffe://prod.example/ns/web-1/sa/x'],
    ['spiffe://prod.example/ns/*-web/sa/x', 'spiffe://prod.example/ns/a-web/sa/x'],
    ['spiffe://prod.example/**', 'spiffe://prod.example/a'],
    ['spiffe://prod.example/**', 'spiffe://prod.example/a/b/c'],
    ['spiffe://*.example/a', 'spiffe://prod.example/a'],
    ['urn:example:*', 'urn:example:one'],
    ['https://prod.example:8443/a?b=c#d', 'https://prod.example:8443/a?b=c#d'],
    ['https://prod.example/a?b=*', 'https://prod.example/a?b=c'],
  ])('%s holds for %s', (text, name) => expect(matches('uri', text, name)).toBe(true))

  test.each([
    ['the end', DEPLOY, 'spiffe://prod.example/ns/build/sa/deployer'],
    ['the beginning', DEPLOY, 'xspiffe://prod.example/ns/build/sa/deploy'],
    ['a part more', DEPLOY, 'spiffe://prod.example/ns/build/sa/deploy/'],
    ['a star over a slash', DEPLOY, 'spiffe://prod.example/ns/a/b/sa/deploy'],
    ['a star for nothing', DEPLOY, 'spiffe://prod.example/ns//sa/deploy'],
    ['a star for an escaped slash', DEPLOY, 'spiffe://prod.example/ns/a%2Fb/sa/deploy'],
    ['a star for a dot segment', DEPLOY, 'spiffe://prod.example/ns/../sa/deploy'],
    ['a star for a single dot', DEPLOY, 'spiffe://prod.example/ns/./sa/deploy'],
    ['a star in a dot segment', 'spiffe://prod.example/.*/a', 'spiffe://prod.example/../a'],
    ['a star for a query', DEPLOY, 'spiffe://prod.example/ns/a?/sa/deploy'],
    ['a star for a fragment', DEPLOY, 'spiffe://prod.example/ns/a#/sa/deploy'],
    ['a star for a star', DEPLOY, 'spiffe://prod.example/ns/*/sa/deploy'],
    ['a star for a backslash', DEPLOY, 'spiffe://prod.example/ns/a\\b/sa/deploy'],
    ['a star for a space', DEPLOY, 'spiffe://prod.example/ns/a b/sa/deploy'],
    ['a star for a line break', DEPLOY, 'spiffe://prod.example/ns/a\n/sa/deploy'],
    ['a star for a letter beyond ASCII', DEPLOY, 'spiffe://prod.example/ns/\u{212a}/sa/deploy'],
    ['another case of the host', DEPLOY, 'spiffe://PROD.example/ns/build/sa/deploy'],
    ['another case of the scheme', DEPLOY, 'SPIFFE://prod.example/ns/build/sa/deploy'],
    ['another case of the path', DEPLOY, 'spiffe://prod.example/ns/build/SA/deploy'],
    ['a star over a dot of the host', 'spiffe://*.example/a', 'spiffe://x.evil.example/a'],
    ['a host that ends in a star', 'https://prod.*/a', 'https://prod.evil.com/a'],
    ['an end of the host', 'https://*.example/a', 'https://evil.com?.example/a'],
    ['an end of the host by a fragment', 'https://*.example/a', 'https://evil.com#.example/a'],
    ['an end of the host by a slash', 'https://*.example/a', 'https://evil.com/.example/a'],
    ['userinfo', 'https://prod.example/*', 'https://prod.example@evil.com/a'],
    ['userinfo before the host', 'https://*/a', 'https://x@evil/a'],
    ['a port', 'https://prod.example/a', 'https://prod.example:1/a'],
    ['a star for a port', 'https://*/a', 'https://prod:1/a'],
    ['** for nothing', 'spiffe://prod.example/**', 'spiffe://prod.example/'],
    ['** for no path', 'spiffe://prod.example/**', 'spiffe://prod.example'],
    ['** for an empty part', 'spiffe://prod.example/**', 'spiffe://prod.example/a//b'],
    ['** for dot segments', 'spiffe://prod.example/a/**', 'spiffe://prod.example/a/../b'],
    ['** for a query', 'spiffe://prod.example/**', 'spiffe://prod.example/a?b'],
    ['** in another host', 'spiffe://prod.example/**', 'spiffe://prod.example.evil/a'],
    ['another authority where the pattern has none', 'x:/**', 'x://evil.host/a'],
    ['a part of a urn', 'urn:example:*', 'urn:example:a:b'],
  ])('does not hold: %s', (_, text, name) => expect(matches('uri', text, name)).toBe(false))

  test('a pattern is itself where it has no star', () => {
    expect(matches('uri', 'urn:a:b', 'urn:a:b')).toBe(true)
    expect(matches('uri', 'urn:a:b', 'urn:a:c')).toBe(false)
  })

  test.each([
    '*',
    '**',
    '*://a/b',
    'spiffe',
    'spiffe:',
    'spiffe://**',
    'spiffe://a/**/b',
    'spiffe://a/x**',
    'spiffe://a/*x*',
    'spiffe://a/***',
    'urn:a:**',
    'spiffe://a/ b',
    'spiffe://a/\u{e9}',
    '',
  ])('%s is no pattern', (text) => expect(compilePattern('uri', text)).toBeTypeOf('string'))
})

describe('dns', () => {
  test.each([
    ['*.build.example', 'a.build.example'],
    ['*.Build.Example', 'A.BUILD.example'],
    ['web-*.example', 'web-1.example'],
    ['a.example', 'a.example'],
  ])('%s holds for %s', (text, name) => expect(matches('dns', text, name)).toBe(true))

  test.each([
    ['two labels', '*.build.example', 'a.b.build.example'],
    ['no label', '*.build.example', 'build.example'],
    ['an empty label', '*.build.example', '.build.example'],
    ['a longer name', '*.build.example', 'a.build.example.evil.com'],
    ['a full stop at the end', '*.build.example', 'a.build.example.'],
    ['a wildcard of a certificate', '*.build.example', '*.build.example'],
    ['a wildcard within a label', 'web-*.example', 'web-*.example'],
    ['the Kelvin sign', 'k.example', '\u{212a}.example'],
    ['a separator of other scripts', '*.example', 'a\u{3002}evil.example'],
    ['a NUL', '*.example', 'evil\0.example'],
  ])('does not hold: %s', (_, text, name) => expect(matches('dns', text, name)).toBe(false))

  test.each(['', '.', 'a..b', '.a', 'a.', '**.a', '*a*.b', 'a b', 'a/b', '\u{e9}.example'])(
    '%s is no pattern',
    (text) => expect(compilePattern('dns', text)).toBeTypeOf('string'),
  )
})

describe('email and upn', () => {
  test.each([
    ['*@example.com', 'first.last@example.com'],
    ['*@example.com', 'a@EXAMPLE.com'],
    ['deploy-*@example.com', 'deploy-1@example.com'],
    ['*@*.example.com', 'a@b.example.com'],
  ])('%s holds for %s', (text, name) => {
    expect(matches('email', text, name)).toBe(true)
    expect(matches('upn', text, name)).toBe(true)
  })

  test('a user principal name may have letters of all scripts', () => {
    expect(matches('upn', '*@corp.example', '홍길동@corp.example')).toBe(true)
  })

  test.each([
    ['two at signs', '*@example.com', 'a@b@example.com'],
    ['a quoted at sign', '*@example.com', '"a@b"@example.com'],
    ['no local part', '*@example.com', '@example.com'],
    ['a host below', '*@example.com', 'a@b.example.com'],
    ['a longer host', '*@example.com', 'a@example.com.evil'],
    ['another case of the local part', 'Admin@example.com', 'admin@example.com'],
    ['a space', '*@example.com', 'a b@example.com'],
    ['a bidirectional mark', '*@example.com', 'a\u{202e}b@example.com'],
    ['a star', '*@example.com', '*@example.com'],
    ['no at sign', '*@example.com', 'example.com'],
  ])('does not hold: %s', (_, text, name) => {
    expect(matches('email', text, name)).toBe(false)
    expect(matches('upn', text, name)).toBe(false)
  })

  test.each(['', '@', 'a@', '@a', 'a', 'a@b@c', '**@a', 'a b@c', 'a@*b*'])('%s is no pattern', (text) =>
    expect(compilePattern('email', text)).toBeTypeOf('string'),
  )
})

describe('name', () => {
  test.each([
    ['CN=*,OU=Build,O=Example', 'CN=one,OU=Build,O=Example'],
    ['CN=ci-*,O=Example', 'CN=ci-7 b,O=Example'],
    ['CN=a+OU=*,O=Example', 'CN=a+OU=b,O=Example'],
    [String.raw`CN=a\,b`, String.raw`CN=a\,b`],
  ])('%s holds for %s', (text, name) => expect(matches('name', text, name)).toBe(true))

  test.each([
    ['an attribute made of a comma', 'CN=*,O=Example', String.raw`CN=x\,O=Example`],
    ['a star for an escaped comma', 'CN=*,O=Example', String.raw`CN=a\,OU\=b,O=Example`],
    ['a star for an RDN more', 'CN=*,O=Example', 'CN=a,OU=b,O=Example'],
    ['a star for an attribute more', 'CN=*,O=Example', 'CN=a+OU=b,O=Example'],
    ['another kind of separator', 'CN=a,O=Example', 'CN=a+O=Example'],
    ['an RDN after', 'CN=*,O=Example', 'CN=a,O=Example,C=DE'],
    ['an RDN before', 'CN=*,O=Example', 'UID=x,CN=a,O=Example'],
    ['another order', 'CN=*,O=Example', 'O=Example,CN=a'],
    ['an empty value', 'CN=*,O=Example', 'CN=,O=Example'],
    ['another case', 'CN=*,O=Example', 'CN=a,O=EXAMPLE'],
    ['a value that is no text', 'CN=*', 'CN=#140161'],
    ['an empty name', 'CN=*', ''],
    ['a value that was cut', 'CN=*,O=Example', `CN=${'a'.repeat(240)}…(500 characters),O=Example`],
  ])('does not hold: %s', (_, text, name) => expect(matches('name', text, name)).toBe(false))
})

// The same rules as a regular expression: slow, and written another way.
function slow(text: string): RegExp {
  const authority = /^[a-z]+:\/\/[^/?#]*/u.exec(text)?.[0].length ?? 0
  let source = ''
  let start = true
  for (let index = 0; index < text.length; index++) {
    const character = text.charAt(index)
    const segment = /^[^/?#:@]*/u.exec(text.slice(index))?.[0] ?? ''
    if (start && segment.includes('*')) source += String.raw`(?!\.\.?(?:[/?#:@]|$))`
    start = '/?#:@'.includes(character)
    if (text.startsWith('**', index)) {
      const part = String.raw`(?!\.\.?(?:/|$))[A-Za-z0-9._~!$&'()+,;=-]+`
      return new RegExp(`^${source}${part}(?:/${part})*$`, 'u')
    }
    if (character === '*') source += index < authority ? '[A-Za-z0-9_-]+' : "[A-Za-z0-9._~!$&'()+,;=-]+"
    else source += character.replace(/[.*+?^${}()|[\]\\/]/u, String.raw`\$&`)
  }
  return new RegExp(`^${source}$`, 'u')
}

const letters = fc.constantFrom('a', 'b', '.', '/', '/', ':', '?', '#', '@', '%', '-', 'x:', '//')
const stars = fc.constantFrom('a', 'b', '.', '/', '/', ':', '*', '*', '-', '@', '?')
const names = fc.array(letters, { maxLength: 9 }).map((rest) => `x:${rest.join('')}`)
const patterns = fc
  .tuple(fc.array(stars, { maxLength: 8 }), fc.constantFrom('', '//', '/'), fc.constantFrom('', '', '/**'))
  .map(([rest, slashes, end]) => `x:${slashes}${rest.join('')}${end}`)
  .filter((text) => typeof compilePattern('uri', text) !== 'string')

describe('properties', () => {
  test('the matcher says what a regular expression says', () => {
    fc.assert(
      fc.property(patterns, names, (text, name) => {
        expect([text, name, matches('uri', text, name)]).toEqual([text, name, slow(text).test(name)])
      }),
      { numRuns: 3_000 },
    )
  })

  // Names made from the pattern, so that many hold.
  test('so it does for names that are near', () => {
    const filled = patterns.chain((text) =>
      fc
        .array(fc.constantFrom('a', 'b', '.', '..', 'a/b', '', '%', '-a.b', '*'), {
          minLength: 12,
          maxLength: 12,
        })
        .map((fill) => {
          let next = 0
          return [text, text.replaceAll(/\*\*?/gu, () => fill[next++] ?? 'a')] as const
        }),
    )
    fc.assert(
      fc.property(filled, ([text, name]) => {
        expect([text, name, matches('uri', text, name)]).toEqual([text, name, slow(text).test(name)])
      }),
      { numRuns: 3_000 },
    )
  })

  test('what covers a pattern holds for all that the pattern holds for', () => {
    const fill = fc.constantFrom('a', 'b', '.', 'a/b', '-a.b', 'ab')
    fc.assert(
      fc.property(patterns, patterns, fc.array(fill, { minLength: 12, maxLength: 12 }), (a, b, filling) => {
        const [wide, narrow] = [pattern('uri', a), pattern('uri', b)]
        if (!coversPattern(wide, narrow)) return
        let next = 0
        const name = b.replaceAll(/\*\*?/gu, () => filling[next++] ?? 'a')
        if (matchesPattern(narrow, name))
          expect([a, b, name, matchesPattern(wide, name)]).toEqual([a, b, name, true])
      }),
      { numRuns: 20_000 },
    )
  })

  test.each([
    ['spiffe://a/**', 'spiffe://a/b/*', true],
    ['spiffe://a/**', 'spiffe://a/b/**', true],
    ['spiffe://a/*', 'spiffe://a/b-*', true],
    ['spiffe://a/*', 'spiffe://a/*', true],
    ['spiffe://a/b-*', 'spiffe://a/*', false],
    ['spiffe://a/*', 'spiffe://a/**', false],
    ['spiffe://a/*', 'spiffe://a/%41*', false],
    ['spiffe://a/*', 'spiffe://b/*', false],
    ['spiffe://a/b', 'spiffe://a/*', false],
  ])('%s covers %s: %s', (wide, narrow, verdict) => {
    expect(coversPattern(pattern('uri', wide), pattern('uri', narrow))).toBe(verdict)
  })

  test('the time is that of reading the name', () => {
    const text = `spiffe://a/${'a*/'.repeat(500)}b`
    const name = `spiffe://a/${'a'.repeat(2_000)}/${'aa/'.repeat(600)}c`
    const compiled = pattern('uri', text)
    const start = performance.now()
    for (let round = 0; round < 100; round++) matchesPattern(compiled, name)
    expect(performance.now() - start).toBeLessThan(1_000)
  })

  test('a pattern has 2048 characters at most, a name 4096', () => {
    expect(compilePattern('uri', `x:${'a'.repeat(2_046)}`)).not.toBeTypeOf('string')
    expect(compilePattern('uri', `x:${'a'.repeat(2_047)}`)).toBeTypeOf('string')
    expect(matches('uri', 'x:*', `x:${'a'.repeat(4_094)}`)).toBe(true)
    expect(matches('uri', 'x:*', `x:${'a'.repeat(4_095)}`)).toBe(false)
  })
})

describe('signs that no path of a URI has', () => {
  test.each(['[', ']', '{', '}', '<', '>', '?', '^', '\\', '`', '|', '"', ' ', '\t', '%2A', '%2a'])(
    '%s is told',
    (sign) => {
      expect(uriPatternMistake(`spiffe://prod.example/a${sign}b`)).toMatch(/^no space, none of/u)
    },
  )

  test.each([
    DEPLOY,
    'spiffe://prod.example/**',
    "https://user@a.example:8443/%2F%2B~_.!$&'()+,;=#b",
    'https://[2001:db8::1]/a',
    'urn:example:a',
  ])('%s has none', (text) => expect(uriPatternMistake(text)).toBeUndefined())

  test('brackets are the host alone, and what has no scheme is told as that', () => {
    expect(uriPatternMistake('https://a[0-9].example/a')).toBeTypeOf('string')
    expect(uriPatternMistake('https://[a-z].example/a')).toBeTypeOf('string')
    expect(uriPatternMistake('https://[abc].example/a')).toBeTypeOf('string')
    expect(uriPatternMistake('prod.example/[a]')).toBeUndefined()
  })

  test('a policy is refused for them in match.uri, and not in the name of a client', () => {
    const uri = 'https://a.example/a?b=c'
    const client = `c: { authentication: private_key_jwt, trustAnchor: workloads, certificate: { san_uri: "${uri}" } }`
    const profile = (text: string): string =>
      `p: { match: { trustAnchor: workloads, uri: "${text}" }, audience: x, binding: none }`
    expect(policy(profile('https://a.example/*'), client).clients.size).toBe(1)
    expect(() => policy(profile(uri), client)).toThrow(/match\.uri .*expected no space, none of/u)
  })
})
