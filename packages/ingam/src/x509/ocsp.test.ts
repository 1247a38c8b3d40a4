// OCSP responses: every field as it stands, the shape that RFC 6960 §4.2 asks for, defaults that may not be written out,
// limits on size and number. No response here is signed; the parser looks at no signature.

import { describe, expect, test } from 'vitest'
import {
  bytesOf,
  CRITICAL,
  ED25519,
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
import {
  GOOD,
  OCSP_OID,
  type OcspParts,
  type SingleResponseParts,
  UNKNOWN,
  writeCertId,
  writeEnumerated,
  writeGeneralized,
  writeOcspResponse,
  writeResponseData,
  writeRevoked,
  writeSingleResponse,
} from '../../../../test/support/ocsp-der.ts'
import { TAG } from '../der/tag.ts'
import {
  writeBitString,
  writeElement,
  writeExplicit,
  writeInteger,
  writeNull,
  writeOctetString,
  writeOid,
  writeSequence,
} from '../der/writer.ts'
import { isPkiError } from '../errors/errors.ts'
import { type BasicOcspResponse, type OcspResponse, parseOcspResponse, type SingleResponse } from './ocsp.ts'

const REVOKED_AT = writeGeneralized('20260501120000Z')

function parse(parts: OcspParts): OcspResponse {
  return parseOcspResponse(writeOcspResponse(parts))
}

function basicOf(parts: OcspParts = {}): BasicOcspResponse {
  const response = parse(parts)
  if (response.status !== 'successful') throw new Error(`status ${response.status}`)
  return response.basic
}

function singleOf(parts: SingleResponseParts): SingleResponse {
  const [single] = basicOf({ responses: [writeSingleResponse(parts)] }).responses
  if (single === undefined) throw new Error('no response')
  return single
}

function refusal(parts: OcspParts): unknown {
  return thrownBy(() => parse(parts))
}

function singleRefusal(parts: SingleResponseParts): unknown {
  return thrownBy(() => singleOf(parts))
}

function field(name: string): object {
  return { code: 'ERR_OCSP_FIELD', details: { field: name } }
}

describe('the fields', () => {
  const name = writeSequence(writeRdn('2.5.4.3', 'responder'))
  const nonce = Uint8Array.of(1, 2, 3, 4)
  const extension = writeExtensionField(OCSP_OID.nonce, writeOctetString(nonce))
  const certificate = writeUnsigned()
  const parts: OcspParts = {
    responderId: writeExplicit(1, name),
    producedAt: writeGeneralized('20260601010203Z'),
    responses: [
      writeSingleResponse({ certId: writeCertId({ serialNumber: writeRawInteger(0x12, 0x34) }) }),
      writeSingleResponse({ certStatus: UNKNOWN, nextUpdate: undefined }),
    ],
    extensions: [extension],
    signature: writeBitString(Uint8Array.of(5, 6, 7)),
    certs: writeExplicit(0, writeSequence(certificate)),
  }
  const der = writeOcspResponse(parts)
  const response = parseOcspResponse(der)
  const basic = basicOf(parts)

  test('reads the whole encoding and its status', () => {
    expect(response).toMatchObject({ kind: 'ocsp-response', status: 'successful', der })
  })

  test('reads the signed part as it stands', () => {
    expect(basic.tbsResponseData).toEqual(writeResponseData(parts))
  })

  test('reads a responder by name', () => {
    expect(basic.responderId).toMatchObject({ by: 'name', name: { der: name } })
  })

  test('reads a responder by key', () => {
    const keyHash = new Uint8Array(20).fill(3)
    const responderId = writeExplicit(2, writeOctetString(keyHash))
    expect(basicOf({ responderId }).responderId).toEqual({ by: 'key', keyHash })
  })

  test('reads producedAt', () => {
    expect(basic.producedAt).toEqual(new Date('2026-06-01T01:02:03Z'))
  })

  test('reads each single response', () => {
    expect(basic.responses).toMatchObject([
      {
        status: 'good',
        certId: {
          hash: 'SHA-1',
          hashAlgorithm: '1.3.14.3.2.26',
          issuerNameHash: new Uint8Array(20).fill(1),
          issuerKeyHash: new Uint8Array(20).fill(2),
          serialNumber: Uint8Array.of(0x12, 0x34),
        },
        thisUpdate: new Date('2026-06-01T00:00:00Z'),
        nextUpdate: new Date('2026-06-08T00:00:00Z'),
        unknownCritical: [],
      },
      { status: 'unknown', certId: { serialNumber: Uint8Array.of(1) } },
    ])
  })

  test('has no nextUpdate where none is written', () => {
    expect(basic.responses[1] && 'nextUpdate' in basic.responses[1]).toBe(false)
  })

  test('reads the nonce, and the extension as it stands', () => {
    expect(basic.nonce).toEqual(nonce)
    expect(basic.extensions).toEqual([
      { oid: OCSP_OID.nonce, critical: false, value: writeOctetString(nonce) },
    ])
  })

  test('has neither nonce nor extensions where none are written', () => {
    expect('nonce' in basicOf()).toBe(false)
    expect(basicOf()).toMatchObject({ extensions: [], unknownCritical: [] })
  })

  test('reads signatureAlgorithm and signature', () => {
    expect(basic.signatureAlgorithm).toEqual({ oid: '1.3.101.112', name: 'Ed25519', der: ED25519 })
    expect(basic.signatureValue).toEqual(Uint8Array.of(5, 6, 7))
  })

  test('reads the certificates that are sent along', () => {
    expect(basic.certificates).toMatchObject([{ kind: 'certificate', der: certificate }])
    expect(basicOf().certificates).toEqual([])
  })
})

test('later changes of the input have no effect', () => {
  const der = writeOcspResponse()
  const response = parseOcspResponse(der)
  const before = Uint8Array.from(response.der)
  der.fill(0)
  expect(response.der).toEqual(before)
})

describe('what comes out is frozen', () => {
  test('with everything in it', () => {
    const extension = writeExtensionField('1.2.3', writeNull())
    const basic = basicOf({
      extensions: [extension],
      certs: writeExplicit(0, writeSequence(writeUnsigned())),
      responses: [writeSingleResponse({ extensions: [extension] })],
    })
    const [single] = basic.responses
    for (const part of [
      parse({}),
      basic,
      basic.responderId,
      basic.responses,
      single,
      single?.certId,
      single?.unknownCritical,
      basic.extensions,
      basic.extensions[0],
      basic.unknownCritical,
      basic.signatureAlgorithm,
      basic.certificates,
      basic.certificates[0],
    ])
      expect(Object.isFrozen(part)).toBe(true)
  })

  test('and its instants cannot be moved', () => {
    const basic = basicOf()
    const revoked = singleOf({ certStatus: writeRevoked(REVOKED_AT) })
    if (revoked.status !== 'revoked') throw new Error('not revoked')
    const looks = [
      () => basic.producedAt,
      () => revoked.thisUpdate,
      () => revoked.nextUpdate,
      () => revoked.revocationTime,
    ]
    for (const look of looks) {
      const before = look()?.getTime()
      look()?.setTime(0)
      expect(look()?.getTime()).toBe(before)
      expect(before).toBeGreaterThan(0)
    }
  })
})

describe('the input', () => {
  test.each([['text'], [null], [undefined], [{}], [[0x30, 0]], [new ArrayBuffer(2)]])(
    '%j is no bytes',
    (value) => {
      expect(thrownBy(() => parseOcspResponse(untyped(value)))).toMatchObject({ code: 'ERR_ARG_TYPE' })
    },
  )

  const padded = (length: number): Uint8Array => {
    const signature = writeBitString(new Uint8Array(length))
    return writeOcspResponse({ signature })
  }

  test('may have 64 KiB, and no byte more', () => {
    const rest = 65_536 - padded(60_000).length + 60_000
    expect(padded(rest)).toHaveLength(65_536)
    expect(parseOcspResponse(padded(rest)).status).toBe('successful')
    expect(thrownBy(() => parseOcspResponse(padded(rest + 1)))).toMatchObject({
      code: 'ERR_DER_LIMIT',
      details: { limit: 'size', maximum: 65_536, found: 65_537 },
    })
  })

  test.each([
    ['the response', { afterResponse: writeNull() }, 'OCSPResponse'],
    ['the basic response, within its OCTET STRING', { afterBasic: writeNull() }, 'BasicOCSPResponse'],
    ['the certificates', { afterCerts: writeNull() }, 'BasicOCSPResponse'],
    ['the response data', { afterData: writeNull() }, 'tbsResponseData'],
  ])('nothing follows %s', (_, parts, reading) => {
    expect(refusal(parts)).toMatchObject({ code: 'ERR_DER_TRAILING_DATA', details: { reading } })
  })

  test('nothing follows the whole', () => {
    expect(thrownBy(() => parseOcspResponse(bytesOf(writeOcspResponse(), [0])))).toMatchObject({
      code: 'ERR_DER_TRAILING_DATA',
    })
  })
})

describe('responseStatus', () => {
  test.each([
    [1, 'malformedRequest'],
    [2, 'internalError'],
    [3, 'tryLater'],
    [5, 'sigRequired'],
    [6, 'unauthorized'],
  ])('%d is %s, without responseBytes', (number, status) => {
    const responseStatus = writeEnumerated(number)
    const response = parse({ responseStatus, responseBytes: undefined })
    expect(response).toEqual({ kind: 'ocsp-response', der: response.der, status })
    expect(refusal({ responseStatus })).toMatchObject(field('responseBytes'))
  })

  test('0 has responseBytes', () => {
    expect(parse({}).status).toBe('successful')
    expect(refusal({ responseBytes: undefined })).toMatchObject(field('responseBytes'))
  })

  test.each([[4], [7], [127]])('%d is refused', (number) => {
    const parts = { responseStatus: writeEnumerated(number), responseBytes: undefined }
    expect(refusal(parts)).toMatchObject({
      ...field('responseStatus'),
      details: { problem: `unknown value ${number}` },
    })
  })

  test.each([
    ['negative', writeEnumerated(0xff), 'ERR_DER_VALUE'],
    ['in five bytes', writeEnumerated(1, 0, 0, 0, 0), 'ERR_DER_VALUE'],
    ['in more bytes than it needs', writeEnumerated(0, 1), 'ERR_DER_NON_CANONICAL'],
    ['without bytes', writeEnumerated(), 'ERR_DER_NON_CANONICAL'],
    ['as an INTEGER', writeInteger(1), 'ERR_DER_UNEXPECTED_TAG'],
  ])('is refused %s', (_, responseStatus, code) => {
    expect(refusal({ responseStatus, responseBytes: undefined })).toMatchObject({ code })
  })
})

test('responseType is id-pkix-ocsp-basic alone', () => {
  expect(refusal({ responseType: writeOid('1.3.6.1.5.5.7.48.1.4') })).toMatchObject({
    ...field('responseType'),
    details: { problem: 'id-pkix-ocsp-response instead of id-pkix-ocsp-basic' },
  })
})

describe('version', () => {
  test.each([
    [0, 'the default is written out'],
    [1, 'unknown version 2'],
  ])('%d is not written', (written, problem) => {
    expect(refusal({ version: writeVersion(written) })).toMatchObject({
      ...field('version'),
      details: { problem },
    })
  })
})

describe('responderID', () => {
  test.each([
    ['a key hash of 19 octets', writeExplicit(2, writeOctetString(new Uint8Array(19))), 'ERR_OCSP_FIELD'],
    ['a key hash of 32 octets', writeExplicit(2, writeOctetString(new Uint8Array(32))), 'ERR_OCSP_FIELD'],
    ['a key hash in an implicit tag', writeElement(0xa2, new Uint8Array(20)), 'ERR_DER_UNEXPECTED_TAG'],
    ['a name in an implicit tag', writeElement(0xa1, writeRdn('2.5.4.3', 'x')), 'ERR_DER_UNEXPECTED_TAG'],
    ['a third choice', writeExplicit(3, writeNull()), 'ERR_DER_UNEXPECTED_TAG'],
    ['none', new Uint8Array(0), 'ERR_DER_UNEXPECTED_TAG'],
  ])('is not %s', (_, responderId, code) => {
    expect(refusal({ responderId })).toMatchObject({ code })
  })
})

describe('times are GeneralizedTime', () => {
  const places: readonly (readonly [string, (time: Uint8Array) => OcspParts])[] = [
    ['producedAt', (producedAt) => ({ producedAt })],
    ['thisUpdate', (thisUpdate) => ({ responses: [writeSingleResponse({ thisUpdate })] })],
    ['nextUpdate', (time) => ({ responses: [writeSingleResponse({ nextUpdate: writeExplicit(0, time) })] })],
    ['revocationTime', (time) => ({ responses: [writeSingleResponse({ certStatus: writeRevoked(time) })] })],
  ]

  describe.each(places)('%s', (reading, partsOf) => {
    test('with seconds, in UTC', () => {
      expect(parse(partsOf(writeGeneralized('20240229235959Z'))).status).toBe('successful')
    })

    test.each([
      ['with a fraction', writeGeneralized('20260601000000.5Z'), 'ERR_DER_VALUE'],
      ['without seconds', writeGeneralized('202606010000Z'), 'ERR_DER_VALUE'],
      ['in local time', writeGeneralized('20260601000000'), 'ERR_DER_VALUE'],
      ['with an offset', writeGeneralized('20260601000000+0000'), 'ERR_DER_VALUE'],
      ['of a day that does not exist', writeGeneralized('20260229000000Z'), 'ERR_DER_VALUE'],
      ['as UTCTime', writeUtc('260601000000Z'), 'ERR_DER_UNEXPECTED_TAG'],
    ])('not %s', (_, time, code) => {
      expect(refusal(partsOf(time))).toMatchObject({ code, details: { reading } })
    })
  })
})

describe('responses', () => {
  test('are at least one', () => {
    expect(refusal({ responses: [] })).toMatchObject(field('responses'))
  })

  test('are at most 64', () => {
    const some = (length: number) => Array.from({ length }, () => writeSingleResponse())
    expect(basicOf({ responses: some(64) }).responses).toHaveLength(64)
    expect(refusal({ responses: some(65) })).toMatchObject({
      code: 'ERR_DER_LIMIT',
      details: { reading: 'responses', limit: 'number', maximum: 64, found: 65 },
    })
  })

  test('have nothing after their last field', () => {
    expect(singleRefusal({ after: writeNull() })).toMatchObject({
      code: 'ERR_DER_TRAILING_DATA',
      details: { reading: 'SingleResponse' },
    })
  })
})

describe('certStatus', () => {
  test.each([
    ['good', GOOD],
    ['unknown', UNKNOWN],
  ])('%s is an empty NULL', (status, certStatus) => {
    expect(singleOf({ certStatus })).toMatchObject({ status })
    const filled = writeElement(certStatus[0] ?? 0, Uint8Array.of(0))
    expect(singleRefusal({ certStatus: filled })).toMatchObject({
      code: 'ERR_DER_VALUE',
      details: { reading: 'certStatus' },
    })
    const constructed = writeElement((certStatus[0] ?? 0) | 0x20, new Uint8Array(0))
    expect(singleRefusal({ certStatus: constructed })).toMatchObject({ code: 'ERR_DER_VALUE' })
  })

  test.each([
    ['a fourth choice', writeElement(0x83, new Uint8Array(0))],
    ['a primitive revoked', writeElement(0x81, REVOKED_AT)],
    ['a universal NULL', writeNull()],
  ])('is not %s', (_, certStatus) => {
    expect(singleRefusal({ certStatus })).toMatchObject({
      code: 'ERR_DER_VALUE',
      details: { reading: 'certStatus' },
    })
  })

  test('revoked without a reason', () => {
    const single = singleOf({ certStatus: writeRevoked(REVOKED_AT) })
    expect(single).toMatchObject({ status: 'revoked', revocationTime: new Date('2026-05-01T12:00:00Z') })
    expect('reason' in single).toBe(false)
  })

  test.each([
    [0, 'unspecified'],
    [1, 'keyCompromise'],
    [2, 'cACompromise'],
    [3, 'affiliationChanged'],
    [4, 'superseded'],
    [5, 'cessationOfOperation'],
    [6, 'certificateHold'],
    [8, 'removeFromCRL'],
    [9, 'privilegeWithdrawn'],
    [10, 'aACompromise'],
  ])('revoked with reason %d, %s', (number, reason) => {
    const certStatus = writeRevoked(REVOKED_AT, writeExplicit(0, writeEnumerated(number)))
    expect(singleOf({ certStatus })).toMatchObject({ status: 'revoked', reason })
  })

  test.each([[7], [11], [127]])('revoked with reason %d is refused', (number) => {
    const certStatus = writeRevoked(REVOKED_AT, writeExplicit(0, writeEnumerated(number)))
    expect(singleRefusal({ certStatus })).toMatchObject(field('revocationReason'))
  })

  test.each([
    ['an INTEGER', writeExplicit(0, writeInteger(1)), 'ERR_DER_UNEXPECTED_TAG'],
    ['two', writeExplicit(0, bytesOf(writeEnumerated(1), writeEnumerated(1))), 'ERR_DER_TRAILING_DATA'],
    [
      'not the last field',
      bytesOf(writeExplicit(0, writeEnumerated(1)), writeNull()),
      'ERR_DER_TRAILING_DATA',
    ],
    ['in another tag', writeExplicit(1, writeEnumerated(1)), 'ERR_DER_TRAILING_DATA'],
  ])('revoked with a reason that is %s is refused', (_, reason, code) => {
    expect(singleRefusal({ certStatus: writeRevoked(REVOKED_AT, reason) })).toMatchObject({ code })
  })

  test('revoked without a time is refused', () => {
    expect(singleRefusal({ certStatus: writeRevoked() })).toMatchObject({ code: 'ERR_DER_TRUNCATED' })
  })
})

describe.each<readonly [string, (extensions: readonly Uint8Array[]) => OcspParts]>([
  ['responseExtensions', (extensions) => ({ extensions })],
  ['singleExtensions', (extensions) => ({ responses: [writeSingleResponse({ extensions })] })],
])('%s', (reading, partsOf) => {
  const unknownOf = (basic: BasicOcspResponse): readonly string[] => [
    ...basic.unknownCritical,
    ...basic.responses.flatMap(({ unknownCritical }) => unknownCritical),
  ]
  const some = (length: number): Uint8Array[] =>
    Array.from({ length }, (_, index) => writeExtensionField(`1.2.3.${index}`, writeNull()))

  test('critical ones that are not understood are listed', () => {
    const extensions = [
      writeExtensionField('1.2.3.1', writeNull(), CRITICAL),
      writeExtensionField('1.2.3.2', writeNull()),
      writeExtensionField('1.2.3.3', writeNull(), CRITICAL),
    ]
    expect(unknownOf(basicOf(partsOf(extensions)))).toEqual(['1.2.3.1', '1.2.3.3'])
    expect(unknownOf(basicOf(partsOf(extensions.slice(1, 2))))).toEqual([])
  })

  test('stand once each', () => {
    const extension = writeExtensionField('1.2.3', writeNull())
    expect(parse(partsOf([extension])).status).toBe('successful')
    expect(refusal(partsOf([extension, writeExtensionField('1.2.4', writeNull()), extension]))).toMatchObject(
      {
        code: 'ERR_OCSP_EXTENSION',
        details: { oid: '1.2.3', problem: 'stands twice' },
      },
    )
  })

  test('are at least one', () => {
    expect(refusal(partsOf([]))).toMatchObject({ code: 'ERR_DER_VALUE', details: { reading } })
  })

  test('are at most 32', () => {
    expect(parse(partsOf(some(32))).status).toBe('successful')
    expect(refusal(partsOf(some(33)))).toMatchObject({
      code: 'ERR_DER_LIMIT',
      details: { reading, limit: 'number', maximum: 32, found: 33 },
    })
  })

  test('do not write out that they are not critical', () => {
    expect(refusal(partsOf([writeExtensionField('1.2.3', writeNull(), NOT_CRITICAL)]))).toMatchObject({
      code: 'ERR_DER_VALUE',
    })
  })
})

describe('the nonce', () => {
  const withNonce = (value: Uint8Array, critical?: Uint8Array): OcspParts => ({
    extensions: [writeExtensionField(OCSP_OID.nonce, value, critical)],
  })

  test.each([[1], [32], [128]])('may have %d octets', (length) => {
    expect(basicOf(withNonce(writeOctetString(new Uint8Array(length)))).nonce).toHaveLength(length)
  })

  test.each([[0], [129]])('may not have %d octets', (length) => {
    expect(refusal(withNonce(writeOctetString(new Uint8Array(length))))).toMatchObject({
      code: 'ERR_OCSP_EXTENSION',
      details: { oid: OCSP_OID.nonce, name: 'id-pkix-ocsp-nonce' },
    })
  })

  test.each([
    ['bare octets', Uint8Array.of(1, 2, 3, 4)],
    ['an INTEGER', writeInteger(1)],
    ['two octet strings', bytesOf(writeOctetString(Uint8Array.of(1)), writeOctetString(Uint8Array.of(2)))],
    ['nothing', new Uint8Array(0)],
  ])('is not %s', (_, value) => {
    expect(refusal(withNonce(value))).toMatchObject({ code: 'ERR_OCSP_EXTENSION' })
  })

  test('is understood where it is critical, in responseExtensions alone', () => {
    const extension = writeExtensionField(OCSP_OID.nonce, writeOctetString(Uint8Array.of(1)), CRITICAL)
    expect(basicOf({ extensions: [extension] }).unknownCritical).toEqual([])
    expect(singleOf({ extensions: [extension] }).unknownCritical).toEqual([OCSP_OID.nonce])
  })
})

describe('certID', () => {
  const sha1 = writeSequence(writeOid(OCSP_OID.sha1))
  const digests = (length: number) => ({
    issuerNameHash: writeOctetString(new Uint8Array(length)),
    issuerKeyHash: writeOctetString(new Uint8Array(length)),
  })

  test.each([
    ['SHA-1', '1.3.14.3.2.26', 20],
    ['SHA-256', '2.16.840.1.101.3.4.2.1', 32],
    ['SHA-384', '2.16.840.1.101.3.4.2.2', 48],
    ['SHA-512', '2.16.840.1.101.3.4.2.3', 64],
  ])('%s has digests of its length', (hash, oid, length) => {
    const hashAlgorithm = writeSequence(writeOid(oid))
    expect(singleOf({ certId: writeCertId({ hashAlgorithm, ...digests(length) }) }).certId).toMatchObject({
      hash,
      hashAlgorithm: oid,
    })
    for (const name of ['issuerNameHash', 'issuerKeyHash'] as const)
      for (const wrong of [0, length - 1, length + 1]) {
        const parts = { hashAlgorithm, ...digests(length), [name]: writeOctetString(new Uint8Array(wrong)) }
        expect(singleRefusal({ certId: writeCertId(parts) })).toMatchObject(field(name))
      }
  })

  test('another hash is read and marked unknown', () => {
    const parts = { hashAlgorithm: writeSequence(writeOid('1.2.3'), writeInteger(1)), ...digests(5) }
    expect(singleOf({ certId: writeCertId(parts) }).certId).toMatchObject({
      hash: 'unknown',
      hashAlgorithm: '1.2.3',
    })
  })

  test('a hash that is known has NULL as its parameters, or none', () => {
    expect(singleOf({ certId: writeCertId({ hashAlgorithm: sha1 }) }).certId).toMatchObject({ hash: 'SHA-1' })
    const hashAlgorithm = writeSequence(writeOid(OCSP_OID.sha1), writeSequence())
    expect(singleRefusal({ certId: writeCertId({ hashAlgorithm }) })).toMatchObject(
      field('certID.hashAlgorithm'),
    )
  })

  test.each([
    ['20 octets', [0x7f, ...new Uint8Array(19)]],
    ['20 octets and a zero', [0, 0x80, ...new Uint8Array(19)]],
    ['zero', [0]],
    ['a negative number', [0x80]],
  ])('serialNumber may be %s', (_, content) => {
    const serialNumber = writeRawInteger(...content)
    expect(singleOf({ certId: writeCertId({ serialNumber }) }).certId.serialNumber).toEqual(
      Uint8Array.from(content),
    )
  })

  test.each([
    ['21 octets', [0x7f, ...new Uint8Array(20)], 'ERR_OCSP_FIELD'],
    ['21 octets and a zero', [0, 0x80, ...new Uint8Array(20)], 'ERR_OCSP_FIELD'],
    ['more octets than it needs', [0, 1], 'ERR_DER_NON_CANONICAL'],
    ['no octets', [], 'ERR_DER_NON_CANONICAL'],
  ])('serialNumber may not be %s', (_, content, code) => {
    const serialNumber = writeRawInteger(...content)
    expect(singleRefusal({ certId: writeCertId({ serialNumber }) })).toMatchObject({ code })
  })

  test('has nothing after its last field', () => {
    expect(singleRefusal({ certId: writeCertId({ after: writeNull() }) })).toMatchObject({
      code: 'ERR_DER_TRAILING_DATA',
      details: { reading: 'certID' },
    })
  })
})

describe('signature', () => {
  test('is a BIT STRING of whole bytes', () => {
    expect(refusal({ signature: writeBitString(Uint8Array.of(0x80), 1) })).toMatchObject({
      code: 'ERR_DER_VALUE',
      details: { reading: 'signature' },
    })
    expect(refusal({ signature: writeOctetString(Uint8Array.of(1)) })).toMatchObject({
      code: 'ERR_DER_UNEXPECTED_TAG',
    })
  })

  test('has an algorithm of nothing but OID and parameters', () => {
    const signatureAlgorithm = writeSequence(writeOid('1.2.3'), writeNull(), writeNull())
    expect(refusal({ signatureAlgorithm })).toMatchObject({ code: 'ERR_DER_TRAILING_DATA' })
  })
})

describe('certs', () => {
  const certsOf = (certificates: readonly Uint8Array[]): OcspParts => ({
    certs: writeExplicit(0, writeSequence(...certificates)),
  })

  test('may be an empty list', () => {
    expect(basicOf(certsOf([])).certificates).toEqual([])
  })

  test('are at most 8', () => {
    const some = (length: number) => Array.from({ length }, () => writeUnsigned())
    expect(basicOf(certsOf(some(8))).certificates).toHaveLength(8)
    expect(refusal(certsOf(some(9)))).toMatchObject({
      code: 'ERR_DER_LIMIT',
      details: { reading: 'certs', limit: 'number', maximum: 8, found: 9 },
    })
  })

  test.each([
    ['is no certificate', writeSequence()],
    [
      'has a serial number beyond its limit',
      writeUnsigned({ serialNumber: writeRawInteger(...new Uint8Array(22).fill(1)) }),
    ],
    ['has something after it', writeUnsigned({ afterSignature: writeNull() })],
    ['is a NULL', writeNull()],
  ])('one that %s refuses the whole', (_, certificate) => {
    expect(refusal(certsOf([writeUnsigned(), certificate]))).toMatchObject({
      ...field('certs'),
      cause: expect.objectContaining({ code: expect.stringMatching(/^ERR_(DER|CERT)_/u) }),
    })
  })

  test('stand in a SEQUENCE', () => {
    expect(refusal({ certs: writeExplicit(0, writeUnsigned()) })).toMatchObject({ code: 'ERR_OCSP_FIELD' })
    expect(refusal({ certs: writeExplicit(0, writeElement(TAG.set, writeUnsigned())) })).toMatchObject({
      code: 'ERR_DER_UNEXPECTED_TAG',
    })
  })
})

describe('a response with every field', () => {
  const der = writeOcspResponse({
    responderId: writeExplicit(2, writeOctetString(new Uint8Array(20))),
    responses: [
      writeSingleResponse({
        certStatus: writeRevoked(REVOKED_AT, writeExplicit(0, writeEnumerated(1))),
        extensions: [writeExtensionField('1.2.3', writeNull(), CRITICAL)],
      }),
    ],
    extensions: [writeExtensionField(OCSP_OID.nonce, writeOctetString(new Uint8Array(32)))],
    certs: writeExplicit(0, writeSequence(writeUnsigned())),
  })

  test('is refused wherever it is cut off', () => {
    expect(parseOcspResponse(der).status).toBe('successful')
    for (let length = 0; length < der.length; length++)
      expect(thrownBy(() => parseOcspResponse(der.subarray(0, length)))).toMatchObject({
        code: expect.stringMatching(/^ERR_DER_/u),
      })
  })

  test('with any one byte changed is refused by a code, or read from other bytes', () => {
    let read = 0
    for (let index = 0; index < der.length; index++)
      for (const change of [0x01, 0x20, 0x80, 0xff]) {
        const changed = der.with(index, (der[index] ?? 0) ^ change)
        try {
          expect(parseOcspResponse(changed).der).toEqual(changed)
          read++
        } catch (error) {
          if (!isPkiError(error)) throw error
          expect(error.code).toMatch(/^ERR_(DER|OCSP)_/u)
        }
      }
    // Content octets of digests, key and signature may be any.
    expect(read).toBeGreaterThan(100)
  })
})
