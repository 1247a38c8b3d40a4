// CertID: what names a certificate to a responder, and when two of them name the same one.

import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { KEY, untyped, writeRdn, writeUnsigned } from '../../../../test/support/certificate-der.ts'
import { writeCertId } from '../../../../test/support/ocsp-der.ts'
import { readAll } from '../der/reader.ts'
import { TAG } from '../der/tag.ts'
import { writeBitString, writeInteger, writeNull, writeOid, writeSequence } from '../der/writer.ts'
import type { DigestName } from '../platform/contract.ts'
import { parseCertificate } from './certificate.ts'
import { type CertId, createCertId, encodeCertId, readCertId, sameCertId } from './ocsp-cert-id.ts'

const NAME = writeSequence(writeRdn('2.5.4.3', 'Example CA'))
// Equal by RFC 5280 §7.1, in other bytes.
const SAME_NAME = writeSequence(writeRdn('2.5.4.3', 'example ca', TAG.printableString))
const certificate = parseCertificate(writeUnsigned({ issuer: NAME, serialNumber: writeInteger(4660) }))
const issuer = parseCertificate(writeUnsigned({ subject: SAME_NAME }))

function digestOf(hash: DigestName, bytes: Uint8Array): Uint8Array {
  return Uint8Array.from(createHash(hash.replace('-', '')).update(bytes).digest())
}

describe.each([
  ['SHA-1', '1.3.14.3.2.26'],
  ['SHA-256', '2.16.840.1.101.3.4.2.1'],
  ['SHA-384', '2.16.840.1.101.3.4.2.2'],
  ['SHA-512', '2.16.840.1.101.3.4.2.3'],
] as const)('%s', (hash, oid) => {
  test("the name is hashed as it stands in the certificate, the key as it stands in the issuer's", async () => {
    expect(await createCertId(certificate, issuer, hash)).toEqual({
      hash,
      hashAlgorithm: oid,
      issuerNameHash: digestOf(hash, NAME),
      // The 32 bytes of the key, without the number of unused bits.
      issuerKeyHash: digestOf(hash, new Uint8Array(32).fill(7)),
      serialNumber: Uint8Array.of(0x12, 0x34),
    })
    expect(KEY.subarray(-33)).toEqual(Uint8Array.of(0, ...new Uint8Array(32).fill(7)))
  })

  test('is written with NULL, and read back', async () => {
    const certId = await createCertId(certificate, issuer, hash)
    const der = encodeCertId(certId)
    expect(readAll(der, 'CertID', readCertId)).toEqual(certId)
    const algorithm = readAll(der, 'CertID', (reader) => {
      const inner = reader.readInto(TAG.sequence, 'CertID')
      return inner.readElement('hashAlgorithm').der
    })
    expect(algorithm).toEqual(writeSequence(writeOid(oid), writeNull()))
  })
})

test.each([['MD5'], ['sha1'], [''], [null], [3]])('%j is no hash to ask by', async (hash) => {
  await expect(createCertId(certificate, issuer, untyped(hash))).rejects.toMatchObject({
    code: 'ERR_ARG_VALUE',
  })
})

describe('sameCertId', () => {
  const read = (der: Uint8Array): CertId => readAll(der, 'CertID', readCertId)
  const certId = read(writeCertId())

  test('sees the same name in other bytes of the algorithm', () => {
    const hashAlgorithm = writeSequence(writeOid('1.3.14.3.2.26'))
    expect(sameCertId(certId, read(writeCertId()))).toBe(true)
    expect(sameCertId(certId, read(writeCertId({ hashAlgorithm })))).toBe(true)
  })

  test.each<[string, Partial<CertId>]>([
    ['algorithm', { hashAlgorithm: '1.2.3' }],
    ['issuerNameHash', { issuerNameHash: new Uint8Array(20) }],
    ['issuerKeyHash', { issuerKeyHash: new Uint8Array(20) }],
    ['serialNumber', { serialNumber: Uint8Array.of(2) }],
    ['length of serialNumber', { serialNumber: Uint8Array.of(1, 0) }],
  ])('sees another %s', (_, other) => {
    expect(sameCertId(certId, { ...certId, ...other })).toBe(false)
    expect(sameCertId({ ...certId, ...other }, certId)).toBe(false)
  })
})

test('a key of a certificate is never its whole BIT STRING', async () => {
  const other = parseCertificate(
    writeUnsigned({
      subjectPublicKeyInfo: writeSequence(
        writeSequence(writeOid('1.2.3')),
        writeBitString(Uint8Array.of(1, 2)),
      ),
    }),
  )
  const { issuerKeyHash } = await createCertId(certificate, other, 'SHA-1')
  expect(issuerKeyHash).toEqual(digestOf('SHA-1', Uint8Array.of(1, 2)))
})
