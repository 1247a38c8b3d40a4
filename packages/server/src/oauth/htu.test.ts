import { describe, expect, it } from 'vitest'
import { normaliseTarget } from './htu.ts'

describe('normaliseTarget', () => {
  it.each([
    ['https://a.example/token', 'https://a.example/token'],
    ['HTTPS://A.Example:443/token?q#f', 'https://a.example/token'],
    ['http://127.0.0.1:80/token', 'http://127.0.0.1/token'],
    ['https://a.example:8443/token', 'https://a.example:8443/token'],
    ['https://a.example', 'https://a.example/'],
    ['https://a.example?x', 'https://a.example/'],
    ['https://a.example/%7euser/%2f', 'https://a.example/~user/%2F'],
    ['https://a.example/a/./b/../c', 'https://a.example/a/c'],
    ['https://[2001:DB8::1]/t', 'https://[2001:db8::1]/t'],
  ])('%s', (text, normal) => {
    expect(normaliseTarget(text)).toBe(normal)
  })

  it.each([
    '',
    'token',
    '//a.example/token',
    'ftp://a.example/token',
    'https:a.example',
    'https:/a.example',
    'https:///a.example',
    'https://',
    'https://\\a.example',
    'https://a.example\\token',
    'https://u@a.example/token',
    'https://u:p@a.example/token',
    'https://a.example/to ken',
    'https://a.example/tok\ten',
    'https://a.example/tökens',
    'https://a.exämple/token',
    'https://a.example:99999/token',
    'javascript:https://a.example/token',
    ' https://a.example/token',
    'https://a.example/token\n',
  ])('%j is none', (text) => {
    expect(normaliseTarget(text)).toBeUndefined()
  })

  it('does not take a slash, a case or an encoded slash for the same path', () => {
    const paths = ['token', 'token/', 'Token', '%2Ftoken', 'token%2F', '/token'].map((path) =>
      normaliseTarget(`https://a.example/${path}`),
    )
    expect(new Set(paths).size).toBe(paths.length)
  })

  it('is bounded', () => {
    const path = 'a'.repeat(8_000 - 'https://a.example/'.length)
    expect(normaliseTarget(`https://a.example/${path}`)).toBeDefined()
    expect(normaliseTarget(`https://a.example/${path}a`)).toBeUndefined()
  })
})
