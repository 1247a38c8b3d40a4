// The evidence that test CAs write: what the defaults say, that each option changes what it is named for and nothing
// else, and who signs.

import { beforeAll, describe, expect, test } from 'vitest'
import { platform } from '#platform'
import { untyped, writeRdn } from '../../../../test/support/certificate-der.ts'
import { writeInteger, writeNull, writeOctetString, writeSequence } from '../der/writer.ts'
import { type CertificateList, parseCrl } from '../x509/crl.ts'
import { CRL_REASONS } from '../x509/crl-reason.ts'
import {
  type BasicOcspResponse,
  createCertId,
  encodeCertId,
  OCSP_STATUSES,
  parseOcspResponse,
} from '../x509/ocsp.ts'
import { createTestCa, type TestCertificate, type TestCrlOptions, type TestOcspOptions } from './index.ts'

const AT = new Date('2026-06-01T12:00:00.700Z')
const OTHER_DAY = new Date('2026-04-05T06:07:08Z')
const OCSP_SIGNING = '1.3.6.1.5.5.7.3.9'
const P256 = { kind: 'ecdsa', hash: 'SHA-256', curve: 'P-256', encoding: 'der' } as const

let ca: TestCertificate
let other: TestCertificate
let leaf: TestCertificate
let responder: TestCertificate

beforeAll(async () => {
  ca = await createTestCa({ at: AT })
  other = await createTestCa({ at: AT, name: 'other' })
  leaf = await ca.issue()
  responder = await ca.issue({ name: 'responder', extKeyUsage: [OCSP_SIGNING], ocspNoCheck: true })
})

async function isSignedBy(
  { certificate }: TestCertificate,
  data: Uint8Array,
  signature: Uint8Array,
): Promise<boolean> {
  const key = await platform.importPublicKey(certificate.subjectPublicKeyInfo.der, P256)
  if (key === undefined) throw new Error('the key was not imported')
  return await platform.verifySignature(P256, key, data, signature)
}

describe('a certificate', () => {
  test('says nothing of revocation unless it is told to', () => {
    const { crlDistributionPoints, authorityInfoAccess, noRevAvail, extensions } = leaf.certificate
    expect([crlDistributionPoints, authorityInfoAccess, noRevAvail]).toEqual([
      undefined,
      undefined,
      undefined,
    ])
    expect(extensions.some(({ oid }) => oid.startsWith('1.3.6.1.5.5.7.48'))).toBe(false)
  })

  test('says where lists and responders are', async () => {
    const { certificate } = await ca.issue({
      crlDistributionPoints: [
        'http://crl.example/1',
        { urls: ['http://crl.example/2', 'ldap://crl.example/'], reasons: ['keyCompromise'] },
        { directoryName: other.certificate.subject.der, cRLIssuer: other.certificate.subject.der },
        { relativeName: writeRdn('2.5.4.3', 'part').subarray(2), cRLIssuer: other.certificate.subject.der },
      ],
      ocsp: ['http://ocsp.example/'],
    })
    const url = (value: string) => ({ kind: 'uniformResourceIdentifier', value })
    const directory = { kind: 'directoryName', name: { der: other.certificate.subject.der } }
    expect(certificate.crlDistributionPoints).toMatchObject([
      { distributionPoint: { kind: 'fullName', names: [url('http://crl.example/1')] } },
      {
        distributionPoint: { names: [url('http://crl.example/2'), url('ldap://crl.example/')] },
        reasons: ['keyCompromise'],
      },
      { distributionPoint: { names: [directory] }, cRLIssuer: [directory] },
      { distributionPoint: { kind: 'nameRelativeToCRLIssuer' }, cRLIssuer: [directory] },
    ])
    expect(certificate.authorityInfoAccess).toMatchObject([{ accessLocation: url('http://ocsp.example/') }])
  })

  test('says that there will be no word of it', async () => {
    expect((await ca.issue({ noRevAvail: true })).certificate.noRevAvail).toBe(true)
    expect((await ca.issue({ noRevAvail: false })).certificate.noRevAvail).toBeUndefined()
  })

  test('of a responder says that it is not to be looked for', () => {
    expect(responder.certificate.extensions).toContainEqual({
      oid: '1.3.6.1.5.5.7.48.1.5',
      critical: false,
      value: writeNull(),
    })
  })
})

describe('a list', () => {
  async function crl(options?: TestCrlOptions): Promise<CertificateList> {
    return parseCrl((await ca.crl(options)).der)
  }

  test('is current, empty, of the CA and numbered, unless it is told otherwise', async () => {
    const list = await crl()
    expect(list).toMatchObject({
      version: 2,
      issuer: { der: ca.certificate.subject.der },
      thisUpdate: new Date('2026-06-01T11:00:00Z'),
      nextUpdate: new Date('2026-06-08T12:00:00Z'),
      crlNumber: Uint8Array.of(1),
      authorityKeyIdentifier: { keyIdentifier: ca.certificate.subjectKeyIdentifier },
      unknownCritical: [],
      size: 0,
    })
    expect(list.extensions).toHaveLength(2)
    expect(await isSignedBy(ca, list.tbsCertList, list.signatureValue)).toBe(true)
  })

  test('is PEM as well', async () => {
    const { der, pem } = await ca.crl()
    expect(pem).toMatch(/^-----BEGIN X509 CRL-----\n/u)
    expect(Buffer.from(pem.split('\n').slice(1, -2).join(''), 'base64')).toEqual(Buffer.from(der))
  })

  test('lists certificates, or serial numbers with what is known of them', async () => {
    const list = await crl({
      revoked: [
        leaf,
        {
          serialNumber: Uint8Array.of(2),
          revocationDate: OTHER_DAY,
          reason: 'cACompromise',
          invalidityDate: OTHER_DAY,
        },
        {
          certificate: responder,
          certificateIssuer: other.certificate.subject.der,
          extensions: [{ oid: '1.2.3', critical: true, value: writeNull() }],
        },
      ],
      issuingDistributionPoint: { indirectCRL: true },
    })
    const { subject } = ca.certificate
    expect(list).toMatchObject({ size: 3, unknownCritical: ['1.2.3'] })
    expect(list.find(subject, leaf.certificate.serialNumber)).toMatchObject({
      revocationDate: new Date('2026-06-01T11:00:00Z'),
      reason: 'unspecified',
    })
    expect(list.find(subject, Uint8Array.of(2))).toMatchObject({
      revocationDate: OTHER_DAY,
      reason: 'cACompromise',
      invalidityDate: OTHER_DAY,
    })
    expect(list.find(subject, responder.certificate.serialNumber)).toBeUndefined()
    expect(list.find(other.certificate.subject, responder.certificate.serialNumber)).toBeDefined()
  })

  test.each(CRL_REASONS.filter((reason) => reason !== undefined))('gives the reason %s', async (reason) => {
    const list = await crl({ revoked: [{ certificate: leaf, reason }] })
    expect(list.find(ca.certificate.subject, leaf.certificate.serialNumber)).toMatchObject({ reason })
  })

  test('can be of another name, by another key', async () => {
    const list = await crl({ signer: other, issuerName: leaf.certificate.subject.der })
    expect(list).toMatchObject({
      issuer: { der: leaf.certificate.subject.der },
      authorityKeyIdentifier: { keyIdentifier: other.certificate.subjectKeyIdentifier },
    })
    expect(await isSignedBy(other, list.tbsCertList, list.signatureValue)).toBe(true)
    expect(await isSignedBy(ca, list.tbsCertList, list.signatureValue)).toBe(false)
  })

  test('can be of another time, or without end', async () => {
    expect(await crl({ thisUpdate: OTHER_DAY, nextUpdate: OTHER_DAY })).toMatchObject({
      thisUpdate: OTHER_DAY,
      nextUpdate: OTHER_DAY,
    })
    expect('nextUpdate' in (await crl({ nextUpdate: null }))).toBe(false)
  })

  test('can be a delta with a number of its own', async () => {
    expect(await crl({ crlNumber: 300, deltaCrlIndicator: 299 })).toMatchObject({
      crlNumber: Uint8Array.of(1, 44),
      deltaCrlIndicator: Uint8Array.of(1, 43),
    })
    expect('crlNumber' in (await crl({ crlNumber: null }))).toBe(false)
  })

  test.each([
    [{ onlyContainsUserCerts: true }],
    [{ onlyContainsCACerts: true }],
    [{ onlyContainsAttributeCerts: true }],
    [{ indirectCRL: true, onlySomeReasons: ['superseded', 'aACompromise'] as const }],
  ])('can be of a part: %j', async (point) => {
    const { issuingDistributionPoint, extensions } = await crl({ issuingDistributionPoint: point })
    expect(issuingDistributionPoint).toMatchObject({
      onlyContainsUserCerts: false,
      onlyContainsCACerts: false,
      onlyContainsAttributeCerts: false,
      indirectCRL: false,
      ...point,
    })
    expect(extensions.find(({ oid }) => oid === '2.5.29.28')?.critical).toBe(true)
  })

  test('can name its point and where its deltas are', async () => {
    const urls = ['http://crl.example/a']
    const list = await crl({ issuingDistributionPoint: { urls }, freshestCrl: ['http://crl.example/delta'] })
    expect(list.issuingDistributionPoint).toMatchObject({
      distributionPoint: { kind: 'fullName', names: [{ value: 'http://crl.example/a' }] },
    })
    expect(list.freshestCrl).toMatchObject([
      { distributionPoint: { names: [{ value: 'http://crl.example/delta' }] } },
    ])
  })

  test('can have other extensions, or fewer', async () => {
    const extensions = [
      { oid: '2.5.29.20', value: writeInteger(9) },
      { oid: '1.2.3', critical: true, value: writeNull() },
    ]
    const list = await crl({ extensions, withoutExtensions: ['2.5.29.35'] })
    expect(list).toMatchObject({ crlNumber: Uint8Array.of(9), unknownCritical: ['1.2.3'] })
    expect(list.extensions).toHaveLength(2)
  })

  test('can be of version 1', async () => {
    expect(await crl({ version: 1 })).toMatchObject({ version: 1, extensions: [] })
  })

  test.each<[string, unknown, string]>([
    ['a misspelt option', { nextupdate: null }, 'ERR_ARG_UNKNOWN_OPTION'],
    ['a misspelt option of an entry', { revoked: [{ serial: 1 }] }, 'ERR_ARG_UNKNOWN_OPTION'],
    ['a misspelt reason', { revoked: [{ serialNumber: Uint8Array.of(1), reason: 'hold' }] }, 'ERR_ARG_VALUE'],
    ['an entry of nothing', { revoked: [{ reason: 'superseded' }] }, 'ERR_ARG_TYPE'],
    [
      'a misspelt reason of its part',
      { issuingDistributionPoint: { onlySomeReasons: ['hold'] } },
      'ERR_ARG_VALUE',
    ],
    ['a misspelt option of its part', { issuingDistributionPoint: { url: [] } }, 'ERR_ARG_UNKNOWN_OPTION'],
    ['a signer that is none', { signer: {} }, 'ERR_ARG_TYPE'],
  ])('is not written of %s', async (_, options, code) => {
    await expect(ca.crl(untyped(options))).rejects.toMatchObject({ code })
  })
})

describe('a response', () => {
  async function basicOf(options: TestOcspOptions): Promise<BasicOcspResponse> {
    const response = parseOcspResponse(await ca.ocspResponse(options))
    if (response.status !== 'successful') throw new Error(`status ${response.status}`)
    return response.basic
  }

  test('is current, good and of the CA itself, unless it is told otherwise', async () => {
    const basic = await basicOf({ certificate: leaf })
    const minuteAgo = new Date('2026-06-01T11:59:00Z')
    expect(basic).toMatchObject({
      responderId: { by: 'name', name: { der: ca.certificate.subject.der } },
      producedAt: minuteAgo,
      responses: [
        {
          status: 'good',
          certId: await createCertId(leaf.certificate, ca.certificate, 'SHA-1'),
          thisUpdate: minuteAgo,
          nextUpdate: new Date('2026-06-02T12:00:00Z'),
        },
      ],
      extensions: [],
      certificates: [],
    })
    expect('nonce' in basic).toBe(false)
    expect(await isSignedBy(ca, basic.tbsResponseData, basic.signatureValue)).toBe(true)
  })

  test('can be of a responder, whose certificate comes along', async () => {
    const basic = await basicOf({ certificate: leaf, responder })
    expect(basic).toMatchObject({
      responderId: { by: 'name', name: { der: responder.certificate.subject.der } },
      certificates: [{ der: responder.der }],
    })
    expect(await isSignedBy(responder, basic.tbsResponseData, basic.signatureValue)).toBe(true)
    expect((await basicOf({ certificate: leaf, responder, certificates: [] })).certificates).toEqual([])
    const certificates = [other, responder]
    expect((await basicOf({ certificate: leaf, certificates })).certificates).toMatchObject([
      { der: other.der },
      { der: responder.der },
    ])
  })

  test('can name its responder by the key, or name another', async () => {
    const { issuerKeyHash: keyHash } = await createCertId(leaf.certificate, responder.certificate, 'SHA-1')
    expect(await basicOf({ certificate: leaf, responder, responderId: 'key' })).toMatchObject({
      responderId: { by: 'key', keyHash },
    })
    const byKey = await basicOf({ certificate: leaf, responderId: { by: 'key', of: responder } })
    expect(byKey.responderId).toEqual({ by: 'key', keyHash })
    expect(await basicOf({ certificate: leaf, responderId: { by: 'name', of: other } })).toMatchObject({
      responderId: { name: { der: other.certificate.subject.der } },
    })
  })

  test.each(CRL_REASONS)('can revoke with reason %s', async (reason) => {
    const revocationTime = OTHER_DAY
    const options = { certificate: leaf, status: 'revoked', ...(reason && { reason }) } as const
    const [single] = (await basicOf(options)).responses
    expect(single).toMatchObject({ status: 'revoked', revocationTime: new Date('2026-06-01T11:00:00Z') })
    expect(single && 'reason' in single ? single.reason : undefined).toBe(reason)
    expect(await basicOf({ ...options, revocationTime })).toMatchObject({ responses: [{ revocationTime }] })
  })

  test('can know nothing', async () => {
    expect(await basicOf({ certificate: leaf, status: 'unknown' })).toMatchObject({
      responses: [{ status: 'unknown' }],
    })
  })

  test.each(['SHA-1', 'SHA-256', 'SHA-384', 'SHA-512'] as const)(
    'can name its certificate by %s',
    async (hash) => {
      expect(await basicOf({ certificate: leaf, hash })).toMatchObject({
        responses: [{ certId: await createCertId(leaf.certificate, ca.certificate, hash) }],
      })
    },
  )

  test("can name its certificate by another's key, or as it is told", async () => {
    const named = await createCertId(leaf.certificate, other.certificate, 'SHA-1')
    expect(await basicOf({ certificate: leaf, issuer: other })).toMatchObject({
      responses: [{ certId: named }],
    })
    expect(await basicOf({ certId: encodeCertId(named) })).toMatchObject({ responses: [{ certId: named }] })
  })

  test('can be of another time, or without end', async () => {
    const times = { producedAt: OTHER_DAY, thisUpdate: OTHER_DAY, nextUpdate: OTHER_DAY }
    expect(await basicOf({ certificate: leaf, ...times })).toMatchObject({
      producedAt: OTHER_DAY,
      responses: [{ thisUpdate: OTHER_DAY, nextUpdate: OTHER_DAY }],
    })
    const [single] = (await basicOf({ certificate: leaf, nextUpdate: null })).responses
    expect(single && 'nextUpdate' in single).toBe(false)
  })

  test('can have a nonce and other extensions', async () => {
    const nonce = Uint8Array.of(1, 2, 3)
    const critical = [{ oid: '1.2.3', critical: true, value: writeNull() }]
    expect(
      await basicOf({ certificate: leaf, nonce, extensions: critical, singleExtensions: critical }),
    ).toMatchObject({ nonce, unknownCritical: ['1.2.3'], responses: [{ unknownCritical: ['1.2.3'] }] })
    const replaced = [{ oid: '1.3.6.1.5.5.7.48.1.2', value: writeOctetString(Uint8Array.of(9)) }]
    expect(await basicOf({ certificate: leaf, nonce, extensions: replaced })).toMatchObject({
      nonce: Uint8Array.of(9),
    })
  })

  test('can speak of several, or of none', async () => {
    const responses = [{ certificate: responder }, { certificate: leaf, status: 'revoked' } as const]
    expect(await basicOf({ responses })).toMatchObject({
      responses: [
        { status: 'good', certId: { serialNumber: responder.certificate.serialNumber } },
        { status: 'revoked', certId: { serialNumber: leaf.certificate.serialNumber } },
      ],
    })
    await expect(basicOf({ responses: [] })).rejects.toMatchObject({
      code: 'ERR_OCSP_FIELD',
      details: { field: 'responses' },
    })
  })

  test.each(OCSP_STATUSES.filter((status) => status !== undefined && status !== 'successful'))(
    'can be the error %s',
    async (responseStatus) => {
      const der = await ca.ocspResponse({ responseStatus: untyped(responseStatus) })
      expect(parseOcspResponse(der).status).toBe(responseStatus)
    },
  )

  test.each<[string, unknown, string]>([
    ['a misspelt option', { certificate: 1, producedat: AT }, 'ERR_ARG_UNKNOWN_OPTION'],
    ['an answer with what belongs to the response', { responses: [{ nonce: 1 }] }, 'ERR_ARG_UNKNOWN_OPTION'],
    ['a misspelt status', { certId: writeNull(), status: 'revoke' }, 'ERR_ARG_VALUE'],
    ['a misspelt reason', { certId: writeNull(), status: 'revoked', reason: 'hold' }, 'ERR_ARG_VALUE'],
    ['a misspelt error', { responseStatus: 'trylater' }, 'ERR_ARG_VALUE'],
    ['nothing', {}, 'ERR_ARG_TYPE'],
    ['no options', undefined, 'ERR_ARG_TYPE'],
  ])('is not written of %s', async (_, options, code) => {
    await expect(ca.ocspResponse(untyped(options))).rejects.toMatchObject({ code })
  })
})

test('a list can be of nobody, which its reader refuses', async () => {
  const list = await ca.crl({ issuerName: writeSequence() })
  expect(() => parseCrl(list.der)).toThrow(/issuer/u)
})
