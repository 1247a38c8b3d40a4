// Certificates: every field as it stands, the shape that RFC 5280 §4.1 asks for, defaults that may not be written out,
// limits on size and number. No certificate here is signed; the parser looks at no signature.

import { describe, expect, test } from 'vitest'
import {
  bytesOf,
  CRITICAL,
  ED25519,
  KEY,
  NOT_CRITICAL,
  thrownBy,
  untyped,
  writeExtensionField,
  writeRawInteger,
  writeRdn,
  writeUnsigned,
  writeUtc,
  writeVersion,
} from '../../../../test/support/certificate-der.ts'
import { TAG } from '../der/tag.ts'
import {
  writeBitString,
  writeBoolean,
  writeElement,
  writeExplicit,
  writeImplicit,
  writeInteger,
  writeNull,
  writeOctetString,
  writeOid,
  writeSequence,
  writeString,
} from '../der/writer.ts'
import { parseCertificate } from './certificate.ts'

const OID = {
  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  authorityKeyIdentifier: '2.5.29.35',
  extKeyUsage: '2.5.29.37',
} as const

const EMPTY_NAME = writeSequence()
const SHA256_RSA = writeSequence(writeOid('1.2.840.113549.1.1.11'), writeNull())
const CA_TRUE = writeSequence(writeBoolean('true'))
const DNS = writeSequence(writeImplicit(2, new TextEncoder().encode('a.example')))

describe('the fields', () => {
  const issuer = writeSequence(writeRdn('2.5.4.3', 'issuer'))
  const subject = writeSequence(writeRdn('2.5.4.3', 'subject'))
  const extension = writeExtensionField('1.2.3.4', Uint8Array.of(1, 2, 3), CRITICAL)
  const der = writeUnsigned({
    serialNumber: writeRawInteger(0x12, 0x34),
    issuer,
    subject,
    validity: writeSequence(writeUtc('260102030405Z'), writeString(TAG.generalizedTime, '20600102030405Z')),
    extensions: [extension],
    signatureValue: writeBitString(Uint8Array.of(5, 6, 7)),
  })
  const certificate = parseCertificate(der)

  test('says that it is a certificate', () => {
    expect(certificate.kind).toBe('certificate')
  })

  test('reads the whole encoding', () => {
    expect(certificate.der).toEqual(der)
  })

  test('reads the signed part as it stands', () => {
    const extensions = writeExplicit(3, writeSequence(extension))
    const validity = writeSequence(
      writeUtc('260102030405Z'),
      writeString(TAG.generalizedTime, '20600102030405Z'),
    )
    const serialNumber = writeRawInteger(0x12, 0x34)
    expect(certificate.tbsCertificate).toEqual(
      writeSequence(writeVersion(2), serialNumber, ED25519, issuer, validity, subject, KEY, extensions),
    )
  })

  test('reads the content octets of serialNumber', () => {
    expect(certificate.serialNumber).toEqual(Uint8Array.of(0x12, 0x34))
  })

  test('reads issuer and subject apart', () => {
    expect([certificate.issuer.der, certificate.subject.der]).toEqual([issuer, subject])
  })

  test('reads notBefore of UTCTime', () => {
    expect(certificate.notBefore).toEqual(new Date('2026-01-02T03:04:05Z'))
  })

  test('reads notAfter of GeneralizedTime', () => {
    expect(certificate.notAfter).toEqual(new Date('2060-01-02T03:04:05Z'))
  })

  test('reads subjectPublicKeyInfo', () => {
    expect(certificate.subjectPublicKeyInfo).toMatchObject({ der: KEY, key: { kind: 'ed25519' } })
  })

  test('reads signatureAlgorithm', () => {
    const expected = { oid: '1.3.101.112', name: 'Ed25519', der: ED25519 }
    expect(certificate.signatureAlgorithm).toEqual(expected)
  })

  test('reads the parameters of signatureAlgorithm as they stand', () => {
    const { signatureAlgorithm } = parseCertificate(writeUnsigned({ signature: SHA256_RSA }))
    expect(signatureAlgorithm).toMatchObject({ parameters: Uint8Array.of(0x05, 0x00) })
  })

  test('reads the bytes of signatureValue', () => {
    expect(certificate.signatureValue).toEqual(Uint8Array.of(5, 6, 7))
  })

  test('reads an extension that it does not know as it stands', () => {
    expect(certificate.extensions).toEqual([
      { oid: '1.2.3.4', critical: true, value: Uint8Array.of(1, 2, 3) },
    ])
  })

  test('holds nothing of an extension that is absent', () => {
    const bare = parseCertificate(writeUnsigned())
    const decoded = Object.entries(bare).filter(([key, value]) => key in OID && value !== undefined)
    expect(decoded).toEqual([])
    expect(bare.extensions).toEqual([])
  })

  test('cannot be changed', () => {
    expect([certificate, certificate.extensions].map(Object.isFrozen)).toEqual([true, true])
  })

  test('keeps a copy of its own', () => {
    const input = writeUnsigned()
    const parsed = parseCertificate(input)
    input.fill(0)
    expect(parsed.der).toEqual(writeUnsigned())
    expect(parsed.signatureValue[0]).toBe(9)
  })

  test('reads a certificate from the midst of a larger buffer', () => {
    const buffer = bytesOf([1, 2, 3], der, [4, 5])
    expect(parseCertificate(buffer.subarray(3, 3 + der.length)).der).toEqual(der)
  })
})

describe('decoded extensions', () => {
  const certificate = parseCertificate(
    writeUnsigned({
      extensions: [
        writeExtensionField(OID.basicConstraints, CA_TRUE, CRITICAL),
        writeExtensionField(OID.keyUsage, writeBitString(Uint8Array.of(0x04), 2)),
        writeExtensionField(OID.extKeyUsage, writeSequence(writeOid('1.3.6.1.5.5.7.3.2'))),
        writeExtensionField(OID.subjectAltName, DNS),
        writeExtensionField(OID.subjectKeyIdentifier, writeOctetString(Uint8Array.of(1, 2))),
        writeExtensionField(OID.authorityKeyIdentifier, writeSequence(writeImplicit(0, Uint8Array.of(3)))),
      ],
    }),
  )

  test.each([
    ['basicConstraints', { cA: true }],
    ['keyUsage', ['keyCertSign']],
    ['extKeyUsage', ['1.3.6.1.5.5.7.3.2']],
    ['subjectAltName', [{ kind: 'dNSName', value: 'a.example' }]],
    ['subjectKeyIdentifier', Uint8Array.of(1, 2)],
    ['authorityKeyIdentifier', { keyIdentifier: Uint8Array.of(3) }],
  ] as const)('reads %s', (field, expected) => {
    expect(certificate[field]).toEqual(expected)
  })

  test('lists them as they stand too, in order', () => {
    expect(certificate.extensions.map(({ oid, critical }) => [oid, critical])).toEqual([
      [OID.basicConstraints, true],
      [OID.keyUsage, false],
      [OID.extKeyUsage, false],
      [OID.subjectAltName, false],
      [OID.subjectKeyIdentifier, false],
      [OID.authorityKeyIdentifier, false],
    ])
  })

  test.each([
    ['subjectKeyIdentifier', OID.subjectKeyIdentifier],
    ['keyUsage', OID.keyUsage],
    ['subjectAltName', OID.subjectAltName],
    ['basicConstraints', OID.basicConstraints],
    ['authorityKeyIdentifier', OID.authorityKeyIdentifier],
    ['extKeyUsage', OID.extKeyUsage],
  ])('refuses %s that is malformed, and names it', (name, oid) => {
    const extensions = [writeExtensionField(oid, writeNull())]
    expect(thrownBy(() => parseCertificate(writeUnsigned({ extensions })))).toMatchObject({
      name: 'CertificateError',
      code: 'ERR_CERT_EXTENSION',
      details: { oid, name },
      cause: { code: 'ERR_DER_UNEXPECTED_TAG' },
    })
  })

  test.each([
    ['subjectKeyIdentifier', OID.subjectKeyIdentifier, writeOctetString(Uint8Array.of(1))],
    ['keyUsage', OID.keyUsage, writeBitString(Uint8Array.of(0x80), 7)],
    ['subjectAltName', OID.subjectAltName, DNS],
    ['basicConstraints', OID.basicConstraints, CA_TRUE],
    ['authorityKeyIdentifier', OID.authorityKeyIdentifier, writeSequence()],
    ['extKeyUsage', OID.extKeyUsage, writeSequence(writeOid('1.2.3'))],
  ])('refuses %s with a byte left over', (name, oid, value) => {
    const extensions = [writeExtensionField(oid, bytesOf(value, [0x00]))]
    expect(thrownBy(() => parseCertificate(writeUnsigned({ extensions })))).toMatchObject({
      code: 'ERR_CERT_EXTENSION',
      details: { name },
      cause: { code: 'ERR_DER_TRAILING_DATA' },
    })
  })

  test('refuses an empty subjectAltName', () => {
    const extensions = [writeExtensionField(OID.subjectAltName, writeSequence())]
    expect(thrownBy(() => parseCertificate(writeUnsigned({ extensions })))).toMatchObject({
      code: 'ERR_CERT_EXTENSION',
      details: { oid: OID.subjectAltName, name: 'subjectAltName' },
    })
  })

  test('accepts an unknown extension whose content is no DER', () => {
    const extensions = [writeExtensionField('1.2.3.4', Uint8Array.of(0xff))]
    expect(parseCertificate(writeUnsigned({ extensions })).extensions).toHaveLength(1)
  })
})

describe('version', () => {
  test.each([
    [1, undefined],
    [2, writeVersion(1)],
    [3, writeVersion(2)],
  ])('reads version %d', (version, field) => {
    expect(parseCertificate(writeUnsigned({ version: field })).version).toBe(version)
  })

  test('refuses version 1 written out, which is the default', () => {
    expect(thrownBy(() => parseCertificate(writeUnsigned({ version: writeVersion(0) })))).toMatchObject({
      code: 'ERR_CERT_VERSION',
      details: { version: 1, problem: 'the default is written out' },
    })
  })

  test.each([3, 4, 127])('refuses version field %d', (written) => {
    expect(thrownBy(() => parseCertificate(writeUnsigned({ version: writeVersion(written) })))).toMatchObject(
      { code: 'ERR_CERT_VERSION', details: { version: written + 1, problem: 'unknown version' } },
    )
  })

  test('refuses a negative version', () => {
    const version = writeExplicit(0, writeRawInteger(0xff))
    expect(thrownBy(() => parseCertificate(writeUnsigned({ version })))).toMatchObject({
      code: 'ERR_DER_VALUE',
      details: { reading: 'version' },
    })
  })

  test('refuses a version with two integers', () => {
    const version = writeExplicit(0, bytesOf(writeInteger(2), writeInteger(2)))
    expect(thrownBy(() => parseCertificate(writeUnsigned({ version })))).toMatchObject({
      code: 'ERR_DER_TRAILING_DATA',
      details: { reading: 'version' },
    })
  })

  test.each([
    [1, undefined],
    [2, writeVersion(1)],
  ])('refuses extensions in version %d', (number, version) => {
    const extensions = [writeExtensionField('1.2.3', Uint8Array.of(1))]
    expect(thrownBy(() => parseCertificate(writeUnsigned({ version, extensions })))).toMatchObject({
      code: 'ERR_CERT_VERSION',
      details: { version: number, problem: 'extensions need version 3' },
    })
  })

  const unique = [
    ['issuerUniqueID', writeImplicit(1, Uint8Array.of(0, 1))],
    ['subjectUniqueID', writeImplicit(2, Uint8Array.of(0, 1))],
  ] as const

  test.each(unique)('refuses %s in version 1', (name, uniqueIdentifiers) => {
    const der = writeUnsigned({ version: undefined, uniqueIdentifiers })
    expect(thrownBy(() => parseCertificate(der))).toMatchObject({
      code: 'ERR_CERT_VERSION',
      details: { version: 1, problem: `${name} needs version 2 or 3` },
    })
  })

  test.each(unique)('accepts %s in version 2', (_, uniqueIdentifiers) => {
    expect(parseCertificate(writeUnsigned({ version: writeVersion(1), uniqueIdentifiers })).version).toBe(2)
  })

  test.each(unique)('accepts %s in version 3', (_, uniqueIdentifiers) => {
    expect(parseCertificate(writeUnsigned({ uniqueIdentifiers })).version).toBe(3)
  })

  test('accepts both unique identifiers in front of extensions', () => {
    const uniqueIdentifiers = bytesOf(unique[0][1], unique[1][1])
    const extensions = [writeExtensionField('1.2.3', Uint8Array.of(1))]
    expect(parseCertificate(writeUnsigned({ uniqueIdentifiers, extensions })).extensions).toHaveLength(1)
  })

  test('refuses the unique identifiers in the wrong order', () => {
    const uniqueIdentifiers = bytesOf(unique[1][1], unique[0][1])
    expect(thrownBy(() => parseCertificate(writeUnsigned({ uniqueIdentifiers })))).toMatchObject({
      code: 'ERR_DER_TRAILING_DATA',
    })
  })

  test('refuses a unique identifier in constructed form', () => {
    const uniqueIdentifiers = writeExplicit(1, writeBitString(Uint8Array.of(1)))
    expect(thrownBy(() => parseCertificate(writeUnsigned({ uniqueIdentifiers })))).toMatchObject({
      code: 'ERR_DER_TRAILING_DATA',
    })
  })

  test('refuses a unique identifier without any byte', () => {
    const uniqueIdentifiers = writeImplicit(1, new Uint8Array(0))
    expect(thrownBy(() => parseCertificate(writeUnsigned({ uniqueIdentifiers })))).toMatchObject({
      code: 'ERR_DER_NON_CANONICAL',
    })
  })
})

describe('serialNumber', () => {
  const ones = (length: number): number[] => Array.from({ length }, () => 0x7f)

  test.each([
    ['20 octets', ones(20)],
    ['21 octets of which the first is the sign', [0x00, 0xff, ...ones(19)]],
    ['zero', [0x00]],
    ['a negative one', [0x80]],
    ['a negative one of 20 octets', [0x80, ...ones(19)]],
  ])('accepts %s', (_, content) => {
    const { serialNumber } = parseCertificate(writeUnsigned({ serialNumber: writeRawInteger(...content) }))
    expect(serialNumber).toEqual(Uint8Array.from(content))
  })

  test.each([
    ['21 octets', ones(21)],
    ['21 octets of a negative one', [0x80, ...ones(20)]],
    ['22 octets of which the first is the sign', [0x00, 0xff, ...ones(20)]],
  ])('refuses %s', (_, content) => {
    const serialNumber = writeRawInteger(...content)
    expect(thrownBy(() => parseCertificate(writeUnsigned({ serialNumber })))).toMatchObject({
      code: 'ERR_CERT_SERIAL',
      details: { problem: `${content.length} octets, at most 20 are allowed` },
    })
  })

  test.each([
    ['an empty one', []],
    ['a needless zero in front', [0x00, 0x01]],
    ['needless ones in front', [0xff, 0x80]],
  ])('refuses %s', (_, content) => {
    const serialNumber = writeRawInteger(...content)
    expect(thrownBy(() => parseCertificate(writeUnsigned({ serialNumber })))).toMatchObject({
      code: 'ERR_DER_NON_CANONICAL',
      details: { reading: 'serialNumber' },
    })
  })
})

describe('the two signature algorithms', () => {
  test('refuses two different ones, and names both', () => {
    const der = writeUnsigned({ signature: SHA256_RSA, signatureAlgorithm: ED25519 })
    expect(thrownBy(() => parseCertificate(der))).toMatchObject({
      code: 'ERR_CERT_ALGORITHM_MISMATCH',
      details: { inner: 'sha256WithRSAEncryption', outer: 'Ed25519' },
    })
  })

  test('refuses NULL parameters on one side alone', () => {
    const without = writeSequence(writeOid('1.2.840.113549.1.1.11'))
    const der = writeUnsigned({ signature: without, signatureAlgorithm: SHA256_RSA })
    expect(thrownBy(() => parseCertificate(der))).toMatchObject({ code: 'ERR_CERT_ALGORITHM_MISMATCH' })
  })

  test('refuses parameters that differ in a byte', () => {
    const written = (value: number): Uint8Array => writeSequence(writeOid('1.2.3'), writeInteger(value))
    const der = writeUnsigned({ signature: written(1), signatureAlgorithm: written(2) })
    expect(thrownBy(() => parseCertificate(der))).toMatchObject({ code: 'ERR_CERT_ALGORITHM_MISMATCH' })
  })

  test('accepts an algorithm that nobody knows, the same on both sides', () => {
    const signature = writeSequence(writeOid('1.2.3'), writeInteger(1))
    expect(parseCertificate(writeUnsigned({ signature })).signatureAlgorithm.name).toBe('1.2.3')
  })

  test('refuses an algorithm with two parameters', () => {
    const signature = writeSequence(writeOid('1.2.3'), writeNull(), writeNull())
    expect(thrownBy(() => parseCertificate(writeUnsigned({ signature })))).toMatchObject({
      code: 'ERR_DER_TRAILING_DATA',
      details: { reading: 'signature' },
    })
  })
})

describe('names', () => {
  test('refuses an empty issuer', () => {
    expect(thrownBy(() => parseCertificate(writeUnsigned({ issuer: EMPTY_NAME })))).toMatchObject({
      code: 'ERR_CERT_NAME',
      details: { field: 'issuer', problem: 'is empty' },
    })
  })

  test('refuses an empty issuer with a critical subjectAltName', () => {
    const extensions = [writeExtensionField(OID.subjectAltName, DNS, CRITICAL)]
    const der = writeUnsigned({ issuer: EMPTY_NAME, extensions })
    expect(thrownBy(() => parseCertificate(der))).toMatchObject({
      code: 'ERR_CERT_NAME',
      details: { field: 'issuer' },
    })
  })

  test('accepts an empty subject with a critical subjectAltName', () => {
    const extensions = [writeExtensionField(OID.subjectAltName, DNS, CRITICAL)]
    const der = writeUnsigned({ subject: EMPTY_NAME, extensions })
    expect(parseCertificate(der).subject.isEmpty).toBe(true)
  })

  test.each([
    ['alone', []],
    ['with a subjectAltName that is not critical', [writeExtensionField(OID.subjectAltName, DNS)]],
    ['with another critical extension', [writeExtensionField('1.2.3', DNS, CRITICAL)]],
    [
      'of a CA with a critical subjectAltName',
      [
        writeExtensionField(OID.subjectAltName, DNS, CRITICAL),
        writeExtensionField(OID.basicConstraints, CA_TRUE, CRITICAL),
      ],
    ],
  ])('refuses an empty subject %s', (_, extensions) => {
    const der = writeUnsigned({ subject: EMPTY_NAME, extensions })
    expect(thrownBy(() => parseCertificate(der))).toMatchObject({
      code: 'ERR_CERT_NAME',
      details: { field: 'subject' },
    })
  })

  test('accepts an empty subject whose basicConstraints says that it is no CA', () => {
    const extensions = [
      writeExtensionField(OID.subjectAltName, DNS, CRITICAL),
      writeExtensionField(OID.basicConstraints, writeSequence()),
    ]
    const certificate = parseCertificate(writeUnsigned({ subject: EMPTY_NAME, extensions }))
    expect(certificate.basicConstraints).toEqual({ cA: false })
  })
})

describe('validity', () => {
  test('accepts a period of one instant', () => {
    const validity = writeSequence(writeUtc('260101000000Z'), writeUtc('260101000000Z'))
    const { notBefore, notAfter } = parseCertificate(writeUnsigned({ validity }))
    expect(notAfter).toEqual(notBefore)
  })

  test.each([
    ['one time', writeSequence(writeUtc('260101000000Z')), 'ERR_DER_TRUNCATED'],
    [
      'three times',
      writeSequence(writeUtc('260101000000Z'), writeUtc('270101000000Z'), writeUtc('280101000000Z')),
      'ERR_DER_TRAILING_DATA',
    ],
    ['no seconds', writeSequence(writeUtc('2601010000Z'), writeUtc('270101000000Z')), 'ERR_DER_VALUE'],
    [
      'a day that does not exist',
      writeSequence(writeUtc('260230000000Z'), writeUtc('270101000000Z')),
      'ERR_DER_VALUE',
    ],
  ])('refuses %s', (_, validity, code) => {
    expect(thrownBy(() => parseCertificate(writeUnsigned({ validity })))).toMatchObject({ code })
  })
})

describe('the list of extensions', () => {
  test('refuses the same extension twice', () => {
    const extensions = [
      writeExtensionField(OID.keyUsage, writeBitString(Uint8Array.of(0x80), 7)),
      writeExtensionField('1.2.3', Uint8Array.of(1)),
      writeExtensionField(OID.keyUsage, writeBitString(Uint8Array.of(0x04), 2)),
    ]
    expect(thrownBy(() => parseCertificate(writeUnsigned({ extensions })))).toMatchObject({
      code: 'ERR_CERT_DUPLICATE_EXTENSION',
      details: { oid: OID.keyUsage, name: 'keyUsage' },
    })
  })

  test('refuses an unknown extension twice, the second one critical', () => {
    const value = Uint8Array.of(1)
    const extensions = [writeExtensionField('1.2.3', value), writeExtensionField('1.2.3', value, CRITICAL)]
    expect(thrownBy(() => parseCertificate(writeUnsigned({ extensions })))).toMatchObject({
      code: 'ERR_CERT_DUPLICATE_EXTENSION',
      details: { oid: '1.2.3', name: '1.2.3' },
    })
  })

  test('accepts two extensions of the same content', () => {
    const value = Uint8Array.of(1)
    const extensions = [writeExtensionField('1.2.3', value), writeExtensionField('1.2.4', value)]
    expect(parseCertificate(writeUnsigned({ extensions })).extensions).toHaveLength(2)
  })

  test('refuses critical FALSE written out, which is the default', () => {
    const extensions = [writeExtensionField('1.2.3', Uint8Array.of(1), NOT_CRITICAL)]
    expect(thrownBy(() => parseCertificate(writeUnsigned({ extensions })))).toMatchObject({
      code: 'ERR_DER_VALUE',
      details: { reading: 'extension.critical', found: 'the default FALSE' },
    })
  })

  test('refuses critical as another byte than FF', () => {
    const critical = Uint8Array.of(0x01, 0x01, 0x01)
    const extensions = [writeExtensionField('1.2.3', Uint8Array.of(1), critical)]
    expect(thrownBy(() => parseCertificate(writeUnsigned({ extensions })))).toMatchObject({
      code: 'ERR_DER_NON_CANONICAL',
    })
  })

  test('refuses an empty list', () => {
    const extensionsField = writeExplicit(3, writeSequence())
    expect(thrownBy(() => parseCertificate(writeUnsigned({ extensionsField })))).toMatchObject({
      code: 'ERR_DER_VALUE',
      details: { reading: 'extensions', found: 'none' },
    })
  })

  test('refuses two lists in the field', () => {
    const list = writeSequence(writeExtensionField('1.2.3', Uint8Array.of(1)))
    const extensionsField = writeExplicit(3, bytesOf(list, list))
    expect(thrownBy(() => parseCertificate(writeUnsigned({ extensionsField })))).toMatchObject({
      code: 'ERR_DER_TRAILING_DATA',
      details: { reading: 'extensions' },
    })
  })

  test('refuses an extension without value', () => {
    const extensions = [writeSequence(writeOid('1.2.3'))]
    expect(thrownBy(() => parseCertificate(writeUnsigned({ extensions })))).toMatchObject({
      code: 'ERR_DER_TRUNCATED',
      details: { reading: 'extension.extnValue' },
    })
  })

  test('refuses an extension with something behind its value', () => {
    const value = writeOctetString(Uint8Array.of(1))
    const extensions = [writeSequence(writeOid('1.2.3'), value, writeNull())]
    expect(thrownBy(() => parseCertificate(writeUnsigned({ extensions })))).toMatchObject({
      code: 'ERR_DER_TRAILING_DATA',
      details: { reading: 'extension' },
    })
  })

  const many = (count: number): Uint8Array =>
    writeUnsigned({
      extensions: Array.from({ length: count }, (_, index) =>
        writeExtensionField(`1.2.3.${index}`, Uint8Array.of(1)),
      ),
    })

  test('accepts 64 extensions', () => {
    expect(parseCertificate(many(64)).extensions).toHaveLength(64)
  })

  test('refuses 65 extensions', () => {
    expect(thrownBy(() => parseCertificate(many(65)))).toMatchObject({
      code: 'ERR_DER_LIMIT',
      details: { reading: 'extensions', limit: 'number', maximum: 64, found: 65 },
    })
  })
})

describe('the whole', () => {
  const sized = (bytes: number): Uint8Array => {
    const padded = (padding: number): Uint8Array =>
      writeUnsigned({ extensions: [writeExtensionField('1.2.3', new Uint8Array(padding))] })
    const overhead = padded(60_000).length - 60_000
    return padded(bytes - overhead)
  }

  test('accepts 64 KiB', () => {
    const der = sized(65_536)
    expect(der).toHaveLength(65_536)
    expect(parseCertificate(der).der).toHaveLength(65_536)
  })

  test('refuses 64 KiB and one byte', () => {
    expect(thrownBy(() => parseCertificate(sized(65_537)))).toMatchObject({
      code: 'ERR_DER_LIMIT',
      details: { reading: 'Certificate', limit: 'size', maximum: 65_536, found: 65_537 },
    })
  })

  test('refuses a byte behind the certificate', () => {
    expect(thrownBy(() => parseCertificate(bytesOf(writeUnsigned(), [0])))).toMatchObject({
      code: 'ERR_DER_TRAILING_DATA',
      details: { reading: 'Certificate', count: 1 },
    })
  })

  test('refuses an element behind the signature', () => {
    expect(thrownBy(() => parseCertificate(writeUnsigned({ afterSignature: writeNull() })))).toMatchObject({
      code: 'ERR_DER_TRAILING_DATA',
      details: { reading: 'Certificate' },
    })
  })

  test('refuses an element behind the last field', () => {
    expect(thrownBy(() => parseCertificate(writeUnsigned({ afterFields: writeNull() })))).toMatchObject({
      code: 'ERR_DER_TRAILING_DATA',
      details: { reading: 'tbsCertificate' },
    })
  })

  test('refuses a certificate that lacks its last byte', () => {
    expect(thrownBy(() => parseCertificate(writeUnsigned().subarray(0, -1)))).toMatchObject({
      code: 'ERR_DER_TRUNCATED',
    })
  })

  test('refuses a signature with unused bits', () => {
    const signatureValue = writeBitString(Uint8Array.of(0x80), 7)
    expect(thrownBy(() => parseCertificate(writeUnsigned({ signatureValue })))).toMatchObject({
      code: 'ERR_DER_VALUE',
      details: { reading: 'signatureValue' },
    })
  })

  test('refuses no bytes at all', () => {
    expect(thrownBy(() => parseCertificate(new Uint8Array(0)))).toMatchObject({ code: 'ERR_DER_TRUNCATED' })
  })

  test('refuses a SET in place of the SEQUENCE', () => {
    const der = writeElement(TAG.set, writeUnsigned().subarray(4))
    expect(thrownBy(() => parseCertificate(der))).toMatchObject({ code: 'ERR_DER_UNEXPECTED_TAG' })
  })

  test.each([
    ['text', 'MIIB', 'string'],
    ['an array of numbers', [0x30, 0x00], 'object'],
    ['an ArrayBuffer', new ArrayBuffer(2), 'object'],
    ['nothing', undefined, 'undefined'],
  ])('refuses %s as a wrong argument', (_, input, found) => {
    expect(thrownBy(() => parseCertificate(untyped(input)))).toMatchObject({
      name: 'ArgumentError',
      code: 'ERR_ARG_TYPE',
      details: { argument: 'der', found },
    })
  })
})

describe('noRevAvail', () => {
  const NO_REV_AVAIL = writeExtensionField('2.5.29.56', writeNull())
  const place = writeImplicit(6, new TextEncoder().encode('http://pki.example/'))
  const points = writeSequence(writeSequence(writeExplicit(0, writeExplicit(0, place))))
  const access = (method: string): Uint8Array => writeSequence(writeSequence(writeOid(method), place))
  const read = (...extensions: readonly Uint8Array[]): unknown =>
    parseCertificate(writeUnsigned({ extensions: [NO_REV_AVAIL, ...extensions] })).noRevAvail

  test('is read of an end entity', () => {
    expect(read()).toBe(true)
    expect(read(writeExtensionField(OID.basicConstraints, writeSequence(), CRITICAL))).toBe(true)
    expect(parseCertificate(writeUnsigned({ extensions: [] })).noRevAvail).toBeUndefined()
  })

  test('stands beside the place of the issuer', () => {
    expect(read(writeExtensionField('1.3.6.1.5.5.7.1.1', access('1.3.6.1.5.5.7.48.2')))).toBe(true)
  })

  test.each([
    ['on a CA', writeExtensionField(OID.basicConstraints, CA_TRUE, CRITICAL)],
    ['beside cRLDistributionPoints', writeExtensionField('2.5.29.31', points)],
    ['beside freshestCRL', writeExtensionField('2.5.29.46', points)],
    [
      'beside the address of an OCSP responder',
      writeExtensionField('1.3.6.1.5.5.7.1.1', access('1.3.6.1.5.5.7.48.1')),
    ],
  ])('is refused %s', (where, extension) => {
    expect(thrownBy(() => read(extension))).toMatchObject({
      code: 'ERR_CERT_EXTENSION',
      details: { name: 'noRevAvail', problem: `stands ${where}` },
    })
  })

  test('has the value NULL', () => {
    const wrong = writeExtensionField('2.5.29.56', writeSequence())
    expect(thrownBy(() => parseCertificate(writeUnsigned({ extensions: [wrong] })))).toMatchObject({
      code: 'ERR_CERT_EXTENSION',
    })
  })
})
