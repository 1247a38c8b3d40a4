import type { Identity } from 'ingam'
import { describe, expect, test } from 'vitest'
import type { Administrator, CertificateMatch } from '../config/contract.ts'
import { findAdministrator } from './certificate-match.ts'

const THUMBPRINT = 'x'.repeat(43)

function identity(names: Partial<Identity>): Identity {
  return {
    anchor: 'administrators',
    subject: '',
    dns: [],
    uris: [],
    emails: [],
    ips: [],
    upns: [],
    thumbprint: THUMBPRINT,
    ...names,
  }
}

function finds(certificate: CertificateMatch, names: Partial<Identity>): boolean {
  const olga: Administrator = { name: 'Olga', role: 'operator', certificate }
  return findAdministrator([olga], identity(names)) === olga
}

describe('a name is compared whole', () => {
  test.each<[CertificateMatch, Partial<Identity>, boolean]>([
    [{ x5t_s256: THUMBPRINT }, {}, true],
    [{ x5t_s256: `${THUMBPRINT}=` }, {}, false],
    [{ x5t_s256: THUMBPRINT.toUpperCase() }, {}, false],
    [{ san_uri: 'spiffe://a/op' }, { uris: ['spiffe://b/x', 'spiffe://a/op'] }, true],
    [{ san_uri: 'spiffe://a/op' }, { uris: ['spiffe://a/op2'] }, false],
    [{ san_uri: 'spiffe://a/op' }, { uris: ['spiffe://a/OP'] }, false],
    [{ san_uri: 'spiffe://a/*' }, { uris: ['spiffe://a/op'] }, false],
    [{ san_uri: 'a.example' }, { dns: ['a.example'] }, false],
    [{ san_dns: 'Op.Example' }, { dns: ['oP.example'] }, true],
    [{ san_dns: 'op.example' }, { dns: ['op.example.'] }, false],
    [{ san_dns: 'op.example' }, { dns: ['*.example'] }, false],
    [{ san_dns: '*.example' }, { dns: ['op.example'] }, false],
    // The Kelvin sign becomes a k where case is folded beyond ASCII.
    [{ san_dns: 'k.example' }, { dns: ['\u212a.example'] }, false],
    [{ san_email: 'Op@EXAMPLE.com' }, { emails: ['Op@example.com'] }, true],
    [{ san_email: 'op@example.com' }, { emails: ['Op@example.com'] }, false],
    [{ san_email: 'op@example.com' }, { emails: ['op@x@example.com'] }, false],
    [{ san_ip: '192.0.2.1' }, { ips: ['192.0.2.1'] }, true],
    [{ san_ip: '192.0.2.1' }, { ips: ['192.0.2.10'] }, false],
    [{ san_ip: '192.0.2.1' }, { ips: ['::ffff:192.0.2.1'] }, false],
    [{ san_ip: '2001:DB8:0:0:0:0:0:1' }, { ips: ['2001:db8::1'] }, true],
    [{ san_ip: '2001:db8::1' }, { ips: ['2001:db8::10'] }, false],
    [{ subject_dn: 'CN=Olga,O=Example' }, { subject: 'CN=Olga,O=Example' }, true],
    [{ subject_dn: 'CN=Olga,O=Example' }, { subject: 'CN=Olga\\,O=Example' }, false],
    [{ subject_dn: 'CN=Olga' }, { subject: 'CN=Olga,O=Example' }, false],
    // One character or two: names are compared as they are written.
    [{ subject_dn: 'CN=Zo\u00eb' }, { subject: 'CN=Zo\u00eb' }, true],
    [{ subject_dn: 'CN=Zo\u00eb' }, { subject: 'CN=Zoe\u0308' }, false],
    [{ subject_dn: '' }, { subject: '' }, false],
    [{ san_uri: '' }, {}, false],
  ])('%j and %j: %s', (match, names, expected) => {
    expect(finds(match, names)).toBe(expected)
  })
})

test("a match of two kinds, or of none, is nobody's", () => {
  const two: CertificateMatch = { san_uri: 'spiffe://a/op', x5t_s256: THUMBPRINT }
  expect(finds(two, { uris: ['spiffe://a/op'] })).toBe(false)
  expect(finds(JSON.parse('{}'), {})).toBe(false)
})

test("a certificate that two administrators have is nobody's", () => {
  const certificate = { x5t_s256: THUMBPRINT }
  const olga: Administrator = { name: 'Olga', role: 'operator', certificate }
  const aud: Administrator = { name: 'Aud', role: 'auditor', certificate: { san_uri: 'spiffe://a/op' } }
  expect(findAdministrator([olga, aud], identity({}))).toBe(olga)
  expect(findAdministrator([olga, aud], identity({ uris: ['spiffe://a/op'] }))).toBeUndefined()
  expect(findAdministrator([], identity({}))).toBeUndefined()
})
