// OCSP requests: what is written is read back; what others write is read for its form, a signature included.

import { describe, expect, test } from 'vitest'
import {
  bytesOf,
  CRITICAL,
  ED25519,
  thrownBy,
  untyped,
  writeExtensionField,
  writeRdn,
  writeVersion,
} from '../../../../test/support/certificate-der.ts'
import { OCSP_OID, writeCertId } from '../../../../test/support/ocsp-der.ts'
import { readAll } from '../der/reader.ts'
import { writeBitString, writeExplicit, writeNull, writeOctetString, writeSequence } from '../der/writer.ts'
import { isPkiError } from '../errors/errors.ts'
import { readCertId } from './ocsp-cert-id.ts'
import { encodeOcspRequest, parseOcspRequest } from './ocsp-request.ts'

const CERT_ID = readAll(writeCertId(), 'CertID', readCertId)
const NOTHING = new Uint8Array(0)

interface RequestParts {
  readonly version?: Uint8Array
  readonly requestorName?: Uint8Array
  readonly requests?: readonly Uint8Array[]
  readonly extensions?: readonly Uint8Array[]
  readonly afterTbs?: Uint8Array
  readonly signature?: Uint8Array
  readonly after?: Uint8Array
}

function writeRequest(parts: RequestParts = {}): Uint8Array {
  const tbsRequest = writeSequence(
    parts.version ?? NOTHING,
    parts.requestorName ?? NOTHING,
    writeSequence(...(parts.requests ?? [writeSequence(writeCertId())])),
    parts.extensions === undefined ? NOTHING : writeExplicit(2, writeSequence(...parts.extensions)),
    parts.afterTbs ?? NOTHING,
  )
  return writeSequence(tbsRequest, parts.signature ?? NOTHING, parts.after ?? NOTHING)
}

function refusal(parts: RequestParts): unknown {
  return thrownBy(() => parseOcspRequest(writeRequest(parts)))
}

describe('encodeOcspRequest', () => {
  test('writes names and nothing else', () => {
    const der = encodeOcspRequest({ certIds: [CERT_ID] })
    expect(der).toEqual(writeRequest())
    expect(parseOcspRequest(der)).toEqual({
      kind: 'ocsp-request',
      der,
      certIds: [CERT_ID],
      extensions: [],
      unknownCritical: [],
      isSigned: false,
    })
  })

  test('writes several names in order', () => {
    const other = { ...CERT_ID, serialNumber: Uint8Array.of(2) }
    const { certIds } = parseOcspRequest(encodeOcspRequest({ certIds: [other, CERT_ID] }))
    expect(certIds).toEqual([other, CERT_ID])
  })

  test.each([[1], [32], [128]])('writes a nonce of %d octets, not critical', (length) => {
    const nonce = new Uint8Array(length).fill(5)
    const request = parseOcspRequest(encodeOcspRequest({ certIds: [CERT_ID], nonce }))
    expect(request).toMatchObject({ nonce, extensions: [{ oid: OCSP_OID.nonce, critical: false }] })
  })

  test.each([[0], [129]])('writes no nonce of %d octets', (length) => {
    const nonce = new Uint8Array(length)
    expect(thrownBy(() => encodeOcspRequest({ certIds: [CERT_ID], nonce }))).toMatchObject({
      code: 'ERR_ARG_VALUE',
      details: { argument: 'nonce' },
    })
  })

  test.each<[string, unknown, string]>([
    ['no options', undefined, 'ERR_ARG_TYPE'],
    ['no names', { certIds: [] }, 'ERR_ARG_VALUE'],
    ['65 names', { certIds: Array.from({ length: 65 }, () => CERT_ID) }, 'ERR_ARG_VALUE'],
    ['names that are no array', { certIds: CERT_ID }, 'ERR_ARG_TYPE'],
    ['a nonce that is text', { certIds: [CERT_ID], nonce: 'x' }, 'ERR_ARG_TYPE'],
    ['a misspelt option', { certIds: [CERT_ID], nonse: NOTHING }, 'ERR_ARG_UNKNOWN_OPTION'],
  ])('refuses %s', (_, options, code) => {
    expect(thrownBy(() => encodeOcspRequest(untyped(options)))).toMatchObject({ code })
  })

  test('writes 64 names', () => {
    const der = encodeOcspRequest({ certIds: Array.from({ length: 64 }, () => CERT_ID) })
    expect(parseOcspRequest(der).certIds).toHaveLength(64)
  })
})

describe('parseOcspRequest', () => {
  const signature = writeExplicit(
    0,
    writeSequence(ED25519, writeBitString(new Uint8Array(64)), writeExplicit(0, writeSequence())),
  )
  const full = writeRequest({
    requestorName: writeExplicit(1, writeExplicit(4, writeSequence(writeRdn('2.5.4.3', 'who')))),
    requests: [
      writeSequence(writeCertId(), writeExplicit(0, writeSequence(writeExtensionField('1.2.3', NOTHING)))),
    ],
    extensions: [writeExtensionField(OCSP_OID.nonce, writeOctetString(Uint8Array.of(1)), CRITICAL)],
    signature,
  })

  test('reads the name of who asks and a signature for their form', () => {
    expect(parseOcspRequest(full)).toMatchObject({
      isSigned: true,
      nonce: Uint8Array.of(1),
      unknownCritical: [],
    })
  })

  test('is frozen', () => {
    const request = parseOcspRequest(full)
    for (const part of [request, request.certIds, request.certIds[0], request.unknownCritical])
      expect(Object.isFrozen(part)).toBe(true)
  })

  test('lists critical extensions of the request and of its parts', () => {
    const critical = (oid: string) => writeExtensionField(oid, NOTHING, CRITICAL)
    const { unknownCritical } = parseOcspRequest(
      writeRequest({
        requests: [writeSequence(writeCertId(), writeExplicit(0, writeSequence(critical('1.2.3'))))],
        extensions: [critical('1.2.4'), writeExtensionField('1.2.5', NOTHING)],
      }),
    )
    expect(unknownCritical).toEqual(['1.2.4', '1.2.3'])
  })

  test('is at most 64 names', () => {
    const some = (length: number) => Array.from({ length }, () => writeSequence(writeCertId()))
    expect(parseOcspRequest(writeRequest({ requests: some(64) })).certIds).toHaveLength(64)
    expect(refusal({ requests: some(65) })).toMatchObject({
      code: 'ERR_DER_LIMIT',
      details: { reading: 'requestList', maximum: 64, found: 65 },
    })
  })

  test.each<[string, RequestParts, string]>([
    ['no name at all', { requests: [] }, 'ERR_OCSP_FIELD'],
    ['version 1 written out', { version: writeVersion(0) }, 'ERR_OCSP_FIELD'],
    ['version 2', { version: writeVersion(1) }, 'ERR_OCSP_FIELD'],
    [
      'something after a name',
      { requests: [writeSequence(writeCertId(), writeNull())] },
      'ERR_DER_TRAILING_DATA',
    ],
    ['something after the extensions', { afterTbs: writeNull() }, 'ERR_DER_TRAILING_DATA'],
    ['something after the signature', { signature, after: writeNull() }, 'ERR_DER_TRAILING_DATA'],
    ['a signature that is none', { signature: writeExplicit(0, writeNull()) }, 'ERR_DER_UNEXPECTED_TAG'],
    ['who asks as no name', { requestorName: writeExplicit(1, writeNull()) }, 'ERR_DER_VALUE'],
    [
      'an empty nonce',
      { extensions: [writeExtensionField(OCSP_OID.nonce, writeOctetString(NOTHING))] },
      'ERR_OCSP_EXTENSION',
    ],
  ])('refuses %s', (_, parts, code) => {
    expect(parseOcspRequest(writeRequest()).isSigned).toBe(false)
    expect(refusal(parts)).toMatchObject({ code })
  })

  test('may have 64 KiB, and no byte more', () => {
    const padded = (length: number): Uint8Array =>
      writeRequest({ extensions: [writeExtensionField('1.2.3', new Uint8Array(length))] })
    const rest = 65_536 - padded(60_000).length + 60_000
    expect(parseOcspRequest(padded(rest)).der).toHaveLength(65_536)
    expect(thrownBy(() => parseOcspRequest(padded(rest + 1)))).toMatchObject({ code: 'ERR_DER_LIMIT' })
  })

  test('is refused wherever it is cut off, or longer', () => {
    for (let length = 0; length < full.length; length++)
      expect(thrownBy(() => parseOcspRequest(full.subarray(0, length)))).toMatchObject({
        code: expect.stringMatching(/^ERR_DER_/u),
      })
    expect(thrownBy(() => parseOcspRequest(bytesOf(full, [0])))).toMatchObject({
      code: 'ERR_DER_TRAILING_DATA',
    })
  })

  test('with any one byte changed is refused by a code, or read from other bytes', () => {
    for (let index = 0; index < full.length; index++)
      for (const change of [0x01, 0x20, 0x80, 0xff]) {
        const changed = full.with(index, (full[index] ?? 0) ^ change)
        try {
          expect(parseOcspRequest(changed).der).toEqual(changed)
        } catch (error) {
          if (!isPkiError(error)) throw error
          expect(error.code).toMatch(/^ERR_(DER|OCSP)_/u)
        }
      }
  })
})
