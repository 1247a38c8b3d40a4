// What `ingam/testing` writes as evidence of revocation is to openssl what it is meant to be: lists whose signature
// verifies and that revoke, responses that its `ocsp -respin` verifies, and says the status of.

import { createTestCa, type TestCertificate, type TestCrl } from 'ingam/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createOpensslPki, type OpensslPki } from '../support/openssl-pki.ts'
import { describeWith } from '../support/requires.ts'

// openssl looks at the clock of the machine.
const AT = new Date()

describeWith(['openssl'], 'openssl reads the evidence of test CAs', ({ openssl }) => {
  let pki: OpensslPki
  let ca: TestCertificate
  let other: TestCertificate
  let leaf: TestCertificate
  let responder: TestCertificate

  beforeAll(async () => {
    pki = createOpensslPki(openssl)
    ca = await createTestCa({ at: AT, keyType: 'RSA-2048' })
    other = await createTestCa({ at: AT, name: 'other' })
    leaf = await ca.issue({
      crlDistributionPoints: [
        'http://crl.example/a.crl',
        { directoryName: other.certificate.subject.der, reasons: ['keyCompromise', 'aACompromise'] },
        { cRLIssuer: other.certificate.subject.der },
      ],
      ocsp: ['http://ocsp.example/'],
    })
    responder = await ca.issue({ name: 'responder', extKeyUsage: ['1.3.6.1.5.5.7.3.9'], ocspNoCheck: true })
  })

  afterAll(() => pki.remove())

  test('the extensions of a certificate', () => {
    const text = textOf(leaf)
    expect(text).toMatch(/CRL Distribution Points:\s+Full Name:\s+URI:http:\/\/crl\.example\/a\.crl/u)
    expect(text).toMatch(/DirName:CN = other\s+Reasons:\s+Key Compromise, AA Compromise/u)
    expect(text).toMatch(/CRL Issuer:\s+DirName:CN = other/u)
    expect(text).toMatch(/Authority Information Access:\s+OCSP - URI:http:\/\/ocsp\.example\//u)
    expect(textOf(responder)).toMatch(/OCSP No Check:/u)
  })

  test.each(['RSA-2048', 'P-256', 'Ed25519'] as const)('a list, signed with %s', async (keyType) => {
    const issuer = await createTestCa({ at: AT, keyType })
    const crl = await issuer.crl({ revoked: [leaf] })
    expect(verifyList(crl, issuer)).toContain('verify OK')
    expect(verifyList(crl, other)).not.toContain('verify OK')
  })

  test('every field of a list', async () => {
    const crl = await ca.crl({
      revoked: [
        leaf,
        {
          serialNumber: Uint8Array.of(0x12, 0x34),
          reason: 'keyCompromise',
          invalidityDate: new Date('2026-01-02T03:04:05Z'),
        },
        { certificate: responder, certificateIssuer: other.certificate.subject.der },
      ],
      crlNumber: 7,
      deltaCrlIndicator: 5,
      issuingDistributionPoint: {
        urls: ['http://crl.example/a.crl'],
        onlyContainsUserCerts: true,
        indirectCRL: true,
        onlySomeReasons: ['keyCompromise', 'cACompromise'],
      },
      freshestCrl: ['http://crl.example/delta.crl'],
      thisUpdate: new Date('2026-01-01T00:00:00Z'),
      nextUpdate: new Date('2026-01-08T00:00:00Z'),
    })
    const text = pki.run('crl', '-in', pki.write('list.pem', crl.pem), '-noout', '-text').toString()
    for (const expected of [
      /Version 2/u,
      /Issuer: CN = Test CA/u,
      /Last Update: Jan {2}1 00:00:00 2026 GMT/u,
      /Next Update: Jan {2}8 00:00:00 2026 GMT/u,
      /X509v3 CRL Number:\s+7/u,
      /X509v3 Delta CRL Indicator: critical\s+5/u,
      /X509v3 Issuing Distribution Point: critical\s+Full Name:\s+URI:http:\/\/crl\.example\/a\.crl\s+Only User Certificates\s+Indirect CRL\s+Only Some Reasons:\s+Key Compromise, CA Compromise/u,
      /X509v3 Freshest CRL:\s+Full Name:\s+URI:http:\/\/crl\.example\/delta\.crl/u,
      /Serial Number: 1234\s+Revocation Date: .*\s+CRL entry extensions:\s+X509v3 CRL Reason Code:\s+Key Compromise\s+Invalidity Date:\s+Jan {2}2 03:04:05 2026 GMT/u,
      /X509v3 Certificate Issuer: critical\s+DirName:\/CN=other/u,
    ])
      expect(text).toMatch(expected)
  })

  test('a list of the first version, without nextUpdate, has no extensions', async () => {
    const crl = await ca.crl({ version: 1, nextUpdate: null })
    const text = pki.run('crl', '-in', pki.write('list.pem', crl.pem), '-noout', '-text').toString()
    expect(text).toMatch(/Next Update: NONE\s+No Revoked Certificates/u)
    expect(text).toContain('Version 1 (0x0)')
    expect(text).not.toContain('extensions')
  })

  test('openssl refuses a path with a certificate that a list revokes, and no other', async () => {
    const crl = await ca.crl({ revoked: [leaf] })
    expect(verifyPathWith(crl, leaf)).toContain('certificate revoked')
    expect(verifyPathWith(crl, responder)).toContain(': OK')
  })

  describe('a response', () => {
    test.each(['good', 'revoked', 'unknown'] as const)('of the CA itself: %s', async (status) => {
      const der = await ca.ocspResponse({ certificate: leaf, status, reason: 'superseded' })
      const { text, isVerified } = ask(der)
      expect(isVerified).toBe(true)
      expect(text).toContain(`: ${status}`)
      expect(text.includes('Reason: superseded')).toBe(status === 'revoked')
    })

    test.each(['name', 'key'] as const)('of a responder, by its %s', async (responderId) => {
      const { isVerified } = ask(await ca.ocspResponse({ certificate: leaf, responder, responderId }))
      expect(isVerified).toBe(true)
    })

    test('of somebody else is not verified', async () => {
      expect(ask(await ca.ocspResponse({ certificate: leaf, responder: other })).isVerified).toBe(false)
    })

    test('in the name of the CA by another key is not verified', async () => {
      const responderId = { by: 'name', of: ca } as const
      expect(
        ask(await ca.ocspResponse({ certificate: leaf, responder: other, responderId })).isVerified,
      ).toBe(false)
    })

    test('that is over is seen to be', async () => {
      const nextUpdate = new Date(AT.getTime() - 86_400_000)
      const thisUpdate = new Date(AT.getTime() - 2 * 86_400_000)
      expect(ask(await ca.ocspResponse({ certificate: leaf, thisUpdate, nextUpdate })).text).toContain(
        'status expired',
      )
    })
  })

  function textOf(certificate: TestCertificate): string {
    return pki.run('x509', '-in', pki.write('shown.pem', certificate.pem), '-noout', '-text').toString()
  }

  function verifyList(crl: TestCrl, issuer: TestCertificate): string {
    const files = ['-in', pki.write('list.pem', crl.pem), '-CAfile', pki.write('issuer.pem', issuer.pem)]
    const { stdout, stderr } = pki.ask('crl', ...files, '-noout')
    return `${stdout.toString()}${stderr}`
  }

  function verifyPathWith(crl: TestCrl, certificate: TestCertificate): string {
    const trusted = ['-CAfile', pki.write('issuer.pem', ca.pem), '-CRLfile', pki.write('list.pem', crl.pem)]
    const { stdout, stderr } = pki.ask(
      'verify',
      '-crl_check',
      ...trusted,
      pki.write('leaf.pem', certificate.pem),
    )
    return `${stdout.toString()}${stderr}`
  }

  function ask(der: Uint8Array): { readonly text: string; readonly isVerified: boolean } {
    const { stdout, stderr } = pki.ask(
      'ocsp',
      ...['-respin', pki.write('response.der', der), '-CAfile', pki.write('issuer.pem', ca.pem)],
      ...['-issuer', pki.path('issuer.pem'), '-cert', pki.write('leaf.pem', leaf.pem), '-no_nonce'],
    )
    return { text: stdout.toString(), isVerified: stderr.includes('Response verify OK') }
  }
})
