// What openssl writes into a list is read as it says: entries with their reasons and dates, extensions, an empty list.

import { afterAll, beforeAll, expect, test } from 'vitest'
import { type CertificateList, parseCrl } from '../../packages/ingam/src/x509/crl.ts'
import { createOpensslCa, type OpensslCa } from '../support/openssl-ca.ts'
import {
  CA_EXTENSIONS,
  CLIENT_EXTENSIONS,
  createOpensslPki,
  type OpensslCertificate,
  type OpensslPki,
} from '../support/openssl-pki.ts'
import { describeWith } from '../support/requires.ts'

// As `openssl ca` names them, and what they are here.
const REASONS = [
  ['unspecified', 'unspecified'],
  ['keyCompromise', 'keyCompromise'],
  ['CACompromise', 'cACompromise'],
  ['affiliationChanged', 'affiliationChanged'],
  ['superseded', 'superseded'],
  ['cessationOfOperation', 'cessationOfOperation'],
  ['certificateHold', 'certificateHold'],
] as const

describeWith(['openssl'], 'lists of openssl', ({ openssl }) => {
  let pki: OpensslPki
  let root: OpensslCertificate
  let ca: OpensslCa

  beforeAll(() => {
    pki = createOpensslPki(openssl)
    root = pki.createRoot({ subject: '/O=Example/CN=Root', extensions: CA_EXTENSIONS })
    ca = createOpensslCa(openssl, pki, root)
  })

  afterAll(() => pki.remove())

  // What openssl itself says of it.
  function said(list: CertificateList, ...options: readonly string[]): string {
    const file = pki.write('list.pem', toPem(list.der))
    return pki.run('crl', '-in', file, '-noout', ...options).toString()
  }

  test('an empty one', () => {
    const list = parseCrl(ca.list())
    expect(list).toMatchObject({ version: 2, size: 0, unknownCritical: [] })
    expect(list.crlNumber).toEqual(Uint8Array.of(1))
    expect(said(list, '-crlnumber')).toMatch(/^crlNumber=(0x)?01\n$/u)
    const lines = said(list, '-lastupdate', '-nextupdate').split('\n')
    expect([list.thisUpdate, list.nextUpdate].map((date) => date?.getTime())).toEqual(
      lines.slice(0, 2).map((line) => Date.parse(line.split('=')[1] ?? '')),
    )
    expect(list.authorityKeyIdentifier?.keyIdentifier).toBeDefined()
  })

  test('entries, each with its reason', () => {
    const revoked = REASONS.map(([written, expected]) => {
      const certificate = pki.issue(root, { subject: `/CN=${written}`, extensions: CLIENT_EXTENSIONS })
      ca.revoke(certificate, written)
      return { certificate, expected }
    })
    const list = parseCrl(ca.list())
    expect(list.size).toBe(REASONS.length)
    const text = said(list, '-text')
    for (const { certificate, expected } of revoked) {
      const { serialNumber } = certificate.certificate
      expect(list.find(list.issuer, serialNumber)?.reason).toBe(expected)
      expect(text).toContain(Buffer.from(serialNumber).toString('hex').toUpperCase().replace(/^00/u, ''))
    }
  })

  test('what it covers', () => {
    const extensions = [
      'issuingDistributionPoint=critical,@point',
      'freshestCRL=URI:http://crl.example/delta',
      '[point]\nfullname=URI:http://crl.example/a\nonlyuser=TRUE\nindirectCRL=TRUE',
      'onlysomereasons=keyCompromise,CACompromise',
    ]
    expect(parseCrl(ca.list({ extensions }))).toMatchObject({
      issuingDistributionPoint: {
        distributionPoint: { kind: 'fullName', names: [{ value: 'http://crl.example/a' }] },
        onlyContainsUserCerts: true,
        indirectCRL: true,
        onlySomeReasons: ['keyCompromise', 'cACompromise'],
      },
      freshestCrl: [{ distributionPoint: { names: [{ value: 'http://crl.example/delta' }] } }],
      unknownCritical: [],
    })
  })
})

function toPem(der: Uint8Array): string {
  return `-----BEGIN X509 CRL-----\n${Buffer.from(der).toString('base64')}\n-----END X509 CRL-----\n`
}
