// Which addresses may be asked: exactly those of the named origins, whatever a certificate writes to look like one.

import { describe, expect, test } from 'vitest'
import { AllowList } from './allow-list.ts'

const list = new AllowList([
  'http://crl.example',
  'https://ocsp.example:8443/',
  'http://[2001:db8::1]:8080',
  'http://192.0.2.1',
])

function problemOf(address: string): string {
  const verdict = list.check(address)
  return verdict.ok ? `allowed: ${verdict.url.href}` : verdict.problem
}

test.each([
  ['http://crl.example', 'http://crl.example/'],
  ['http://crl.example/a/b.crl?c=d', 'http://crl.example/a/b.crl?c=d'],
  ['http://crl.example:80/a', 'http://crl.example/a'],
  ['HTTP://CRL.Example/A', 'http://crl.example/A'],
  ['http://crl.example/a#b', 'http://crl.example/a'],
  ['http://crl.example/a@b', 'http://crl.example/a@b'],
  ['https://ocsp.example:8443/x', 'https://ocsp.example:8443/x'],
  ['http://[2001:DB8:0:0::1]:8080/', 'http://[2001:db8::1]:8080/'],
  ['http://192.0.2.1/', 'http://192.0.2.1/'],
  // Other ways to write the same address, and what is connected to is what was compared.
  ['http://0xc0000201/', 'http://192.0.2.1/'],
  ['http://3221225985/', 'http://192.0.2.1/'],
])('%s may be asked', (address, href) => {
  expect(list.check(address)).toMatchObject({ ok: true, url: { href } })
})

describe('is not asked:', () => {
  test.each([
    ['another port', 'http://crl.example:8080/'],
    ['no port where one is named', 'https://ocsp.example/'],
    ['another scheme', 'https://crl.example/'],
    ['the port with another scheme', 'http://ocsp.example:8443/'],
    ['a host below', 'http://a.crl.example/'],
    ['a host above', 'http://example/'],
    ['a longer host', 'http://crl.example.org/'],
    ['a host that ends so', 'http://xcrl.example/'],
    ['a trailing dot', 'http://crl.example./'],
    ['an escaped dot after it', 'http://crl.example%2e/'],
    ['the name in another place', 'http://evil.example/http://crl.example/'],
    ['the name before a number sign', 'http://evil.example#http://crl.example/'],
    ['another address of IPv6', 'http://[2001:db8::2]:8080/'],
    ['an address mapped to IPv6', 'http://[::ffff:192.0.2.1]/'],
  ])('%s', (_, address) => {
    expect(problemOf(address)).toContain('is not in the allow list')
  })

  test.each([
    ['the name as a user', 'http://crl.example@evil.example/'],
    ['the name and port as user and password', 'http://crl.example:80@evil.example/'],
    ['a user of the host', 'http://user@crl.example/'],
    ['a password of the host', 'http://:secret@crl.example/'],
  ])('%s', (_, address) => {
    expect(problemOf(address)).toBe('names a user')
  })

  test.each([
    ['ldap', 'ldap://crl.example/cn=x'],
    ['ftp', 'ftp://crl.example/'],
    ['file', 'file:///etc/passwd'],
    ['data', 'data:application/pkix-crl,x'],
    ['no scheme', '//crl.example/'],
    ['nothing', ''],
    ['one slash', 'http:/crl.example/'],
    ['a backslash', 'http://evil.example\\@crl.example/'],
    ['a backslash for the slashes', 'http:\\\\crl.example/'],
    ['a line break', 'http://crl.\nexample/'],
    ['a tab', 'http://crl.example/\tx'],
    ['a space before it', ' http://crl.example/'],
    ['NUL', 'http://crl.example\0.evil.example/'],
    ['other letters', 'http://crl。example/'],
    ['no host', 'http://:80/'],
    ['a port that is none', 'http://crl.example:65536/'],
  ])('%s', (_, address) => {
    expect(problemOf(address)).toBe('no address of http or https')
  })

  test('more characters than bearable: at the limit, and one past it', () => {
    const longest = `http://crl.example/${'a'.repeat(1_024 - 19)}`
    expect(problemOf(longest)).toBe(`allowed: ${longest}`)
    expect(problemOf(`${longest}a`)).toBe('longer than 1024 characters')
  })
})

describe('an entry is refused:', () => {
  test.each([
    ['a path', 'http://crl.example/a'],
    ['a query', 'http://crl.example?a'],
    ['a fragment', 'http://crl.example#a'],
    ['a user', 'http://a@crl.example'],
    ['a wildcard', 'http://*.example'],
    ['no scheme', 'crl.example'],
    ['another scheme', 'ldap://crl.example'],
    ['several', 'http://a.example,http://b.example/'],
    ['a space', 'http://a.example '],
  ])('%s', (_, entry) => {
    expect(() => new AllowList([entry])).toThrow(expect.objectContaining({ code: 'ERR_ARG_VALUE' }))
  })

  test('one more than a thousand', () => {
    const origins = Array.from({ length: 1_001 }, (_, index) => `http://${index}.example`)
    expect(new AllowList(origins.slice(1)).check('http://1000.example/').ok).toBe(true)
    expect(() => new AllowList(origins)).toThrow(expect.objectContaining({ code: 'ERR_ARG_VALUE' }))
  })

  test.each([
    ['no list', undefined, 'ERR_ARG_VALUE'],
    ['an empty list', [], 'ERR_ARG_VALUE'],
    ['a text', 'http://crl.example', 'ERR_ARG_VALUE'],
    ['a list with a hole', new Array(1), 'ERR_ARG_TYPE'],
    ['an URL object', [new URL('http://crl.example')], 'ERR_ARG_TYPE'],
  ])('%s', (_, allow, code) => {
    expect(() => new AllowList(allow)).toThrow(expect.objectContaining({ code }))
  })
})
