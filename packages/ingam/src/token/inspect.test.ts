// What a token says with nothing verified: readable parts are shown whatever their worth, unreadable ones refused.

import { describe, expect, test } from 'vitest'
import { codeOf } from '../../../../test/support/codes.ts'
import { AT, encodeText, forge, NOW, thumbprintOf, untyped, x5cOf } from '../../../../test/support/forge.ts'
import { createTestCa } from '../testing/test-ca.ts'
import { inspectToken } from './inspect.ts'

const root = await createTestCa({ at: AT })
const issuer = await root.issue({ kind: 'ca' })
const leaf = await issuer.issue({ uris: ['spiffe://example/client'] })
const EMPTY = encodeText('{}')

describe('inspectToken', () => {
  test('shows header, claims and size', async () => {
    const token = await forge(leaf, { claims: { own: [1] } })
    const inspected = await inspectToken(token)
    expect(inspected.unverifiedHeader).toEqual({ alg: 'ES256', typ: 'cert-auth+jwt', x5c: x5cOf(leaf) })
    expect(inspected.unverifiedClaims).toMatchObject({ iat: NOW, own: [1] })
    expect(inspected.sizeBytes).toBe(token.length)
  })

  test('shows the certificates with the role that each has', async () => {
    const { unverifiedCertificates } = await inspectToken(await forge(leaf))
    expect(unverifiedCertificates).toHaveLength(2)
    expect(unverifiedCertificates[0]).toMatchObject({
      role: 'signer',
      subject: 'CN=client',
      issuer: 'CN=intermediate',
      notBefore: '2026-06-01T11:00:00.000Z',
      notAfter: '2026-08-30T12:00:00.000Z',
      thumbprint: await thumbprintOf(leaf),
    })
    expect(unverifiedCertificates[0]?.key).toContain('P-256')
    expect(unverifiedCertificates[1]).toMatchObject({ role: 'further', subject: 'CN=intermediate' })
    expect(unverifiedCertificates[1]?.unverifiedCertificate.der).toEqual(issuer.der)
  })

  test.each([
    ['a wrong signature', { signature: () => new Uint8Array(64) }],
    ['a forbidden header member', { header: { jku: 'https://attacker.example' } }],
    ['another type', { header: { typ: 'JWT' } }],
    ['an algorithm that nobody allows', { header: { alg: 'none' } }],
    ['expired claims', { claims: { iat: 1, exp: 2 } }],
    ['claims of wrong types', { claims: { iat: 'x', aud: null, sub: undefined } }],
  ])('shows a token with %s', async (_, changes) => {
    const inspected = await inspectToken(await forge(leaf, changes))
    expect(inspected.unverifiedCertificates).toHaveLength(2)
  })

  test('shows a token without x5c, with no certificates', async () => {
    const inspected = await inspectToken(await forge(leaf, { header: { x5c: undefined } }))
    expect(inspected.unverifiedCertificates).toEqual([])
  })

  test('does not read the signature', async () => {
    expect(await inspectToken(`${EMPTY}.${EMPTY}.!`)).toMatchObject({ unverifiedClaims: {} })
  })

  test.each([
    ['text without dots', 'abc', 'ERR_TOKEN_MALFORMED'],
    ['an empty signature', `${EMPTY}.${EMPTY}.`, 'ERR_TOKEN_MALFORMED'],
    ['bytes', new TextEncoder().encode(`${EMPTY}.${EMPTY}.AA`), 'ERR_TOKEN_MALFORMED'],
    ['undefined', undefined, 'ERR_TOKEN_MALFORMED'],
    ['a padded header', `${EMPTY}=.${EMPTY}.AA`, 'ERR_TOKEN_ENCODING'],
    ['a padded payload', `${EMPTY}.${EMPTY}=.AA`, 'ERR_TOKEN_ENCODING'],
    ['a header that is an array', `${encodeText('[]')}.${EMPTY}.AA`, 'ERR_TOKEN_JSON'],
    ['a payload that is text', `${EMPTY}.${encodeText('hello')}.AA`, 'ERR_TOKEN_JSON'],
    ['a member twice', `${encodeText('{"a":1,"a":1}')}.${EMPTY}.AA`, 'ERR_TOKEN_JSON'],
    ['x5c that is null', `${encodeText('{"x5c":null}')}.${EMPTY}.AA`, 'ERR_TOKEN_HEADER'],
    ['an empty x5c', `${encodeText('{"x5c":[]}')}.${EMPTY}.AA`, 'ERR_TOKEN_HEADER'],
    ['x5c of a number', `${encodeText('{"x5c":[1]}')}.${EMPTY}.AA`, 'ERR_TOKEN_HEADER'],
    ['x5c that is no certificate', `${encodeText('{"x5c":["AAAA"]}')}.${EMPTY}.AA`, 'ERR_TOKEN_CHAIN'],
  ])('refuses %s', async (_, token, code) => {
    expect(await codeOf(() => inspectToken(untyped(token)))).toBe(code)
  })

  test('accepts 65,536 characters and refuses one more', async () => {
    const start = `${EMPTY}.${EMPTY}.`
    expect(await codeOf(() => inspectToken(start + 'A'.repeat(65_536 - start.length)))).toBe('accepted')
    expect(await codeOf(() => inspectToken(start + 'A'.repeat(65_537 - start.length)))).toBe(
      'ERR_TOKEN_TOO_LARGE',
    )
  })
})
