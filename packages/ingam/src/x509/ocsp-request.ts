// Layer: x509. OCSP requests (RFC 6960 §4.1): written unsigned, as RFC 9919 §3.1 has them; read for those who answer. The
// signature of a signed one is read for its form and verified by nobody.

import { type DerReader, readAll } from '../der/reader.ts'
import { contextTag, TAG } from '../der/tag.ts'
import { writeExplicit, writeOctetString, writeOid, writeSequence } from '../der/writer.ts'
import { createError } from '../errors/errors.ts'
import { checkOptionKeys, kindOf } from '../errors/options.ts'
import { readAlgorithmIdentifier } from './algorithm.ts'
import type { Extension } from './extension.ts'
import { readGeneralName } from './general-name.ts'
import { type CertId, encodeCertId, readCertId } from './ocsp-cert-id.ts'
import { MAX_NONCE_OCTETS, NONCE, readNonce, readOcspExtensions } from './ocsp-extensions.ts'
import { copyOfMessage, fieldError, refuseVersion, tooMany } from './ocsp-message.ts'

/** A parsed request that nobody has vouched for. */
export interface OcspRequest {
  readonly kind: 'ocsp-request'
  readonly der: Uint8Array
  readonly certIds: readonly CertId[]
  /** Content of the nonce (RFC 9654), where there is one. */
  readonly nonce?: Uint8Array
  readonly extensions: readonly Extension[]
  /** OIDs of critical extensions, of the request and of any part, that are not understood. */
  readonly unknownCritical: readonly string[]
  /** Whether it bears a signature; nobody has verified it. */
  readonly isSigned: boolean
}

/** What to ask. */
export interface OcspRequestOptions {
  /** At least one; many responders answer no more than one at a time (RFC 9919 §3.1.1). */
  readonly certIds: readonly CertId[]
  /** 1 to 128 octets; fresh random ones, 32 of them, as RFC 9654 §2.1 asks of those who ask. */
  readonly nonce?: Uint8Array
}

// LIMIT: those who ask here ask about one certificate; others about a chain.
const MAX_REQUESTS = 64

/**
 * Writes an unsigned request.
 *
 * @returns DER of an OCSPRequest
 * @throws {ArgumentError} ERR_ARG_TYPE, ERR_ARG_VALUE, ERR_ARG_UNKNOWN_OPTION
 * @see RFC 6960 §4.1.1
 */
export function encodeOcspRequest(options: OcspRequestOptions): Uint8Array {
  checkOptionKeys('encodeOcspRequest options', options, ['certIds', 'nonce'])
  const { certIds, nonce } = options
  if (!Array.isArray(certIds))
    throw createError('ERR_ARG_TYPE', { argument: 'certIds', expected: 'an array', found: kindOf(certIds) })
  if (certIds.length === 0 || certIds.length > MAX_REQUESTS) {
    const [expected, found] = [`1 to ${MAX_REQUESTS} names of certificates`, String(certIds.length)]
    throw createError('ERR_ARG_VALUE', { argument: 'certIds', expected, found })
  }
  const requestList = certIds.map((certId) => writeSequence(encodeCertId(certId)))
  const extensions = nonce === undefined ? [] : [writeExplicit(2, writeSequence(writeNonce(nonce)))]
  return writeSequence(writeSequence(writeSequence(...requestList), ...extensions))
}

function writeNonce(nonce: Uint8Array): Uint8Array {
  if (!(nonce instanceof Uint8Array))
    throw createError('ERR_ARG_TYPE', { argument: 'nonce', expected: 'a Uint8Array', found: kindOf(nonce) })
  if (nonce.length === 0 || nonce.length > MAX_NONCE_OCTETS) {
    const [expected, found] = [`1 to ${MAX_NONCE_OCTETS} octets`, String(nonce.length)]
    throw createError('ERR_ARG_VALUE', { argument: 'nonce', expected, found })
  }
  return writeSequence(writeOid(NONCE), writeOctetString(writeOctetString(nonce)))
}

/**
 * Reads a request. **Nothing is verified**, a signature least of all.
 *
 * @param der DER bytes of one OCSPRequest, at most 64 KiB; copied
 * @throws {DecodeError} ERR_DER_* where it is not DER; {CertificateError} ERR_OCSP_* where it breaks RFC 6960
 * @see RFC 6960 §4.1
 */
export function parseOcspRequest(der: Uint8Array): OcspRequest {
  const copy = copyOfMessage(der, 'OCSPRequest')
  return readAll(copy, 'OCSPRequest', (reader) =>
    reader.readWithin(TAG.sequence, 'OCSPRequest', (inner) => {
      const tbs = inner.readWithin(TAG.sequence, 'tbsRequest', readTbsRequest)
      const isSigned = inner.peekTag() === contextTag(0, 'constructed')
      if (isSigned) inner.readWithin(contextTag(0, 'constructed'), 'optionalSignature', readSignature)
      return Object.freeze({ kind: 'ocsp-request', der: copy, ...tbs, isSigned })
    }),
  )
}

function readTbsRequest(reader: DerReader): Omit<OcspRequest, 'kind' | 'der' | 'isSigned'> {
  refuseVersion(reader)
  const requestorName = contextTag(1, 'constructed')
  if (reader.peekTag() === requestorName)
    reader.readWithin(requestorName, 'requestorName', (inner) => readGeneralName(inner, 'requestorName'))
  const requests = reader.readWithin(TAG.sequence, 'requestList', readRequestList)
  const tag = contextTag(2, 'constructed')
  const { extensions, unknownCritical } = readOcspExtensions(reader, tag, 'requestExtensions', [NONCE])
  const nonce = readNonce(extensions)
  return {
    certIds: Object.freeze(requests.map(({ certId }) => certId)),
    ...(nonce && { nonce }),
    extensions,
    unknownCritical: Object.freeze([
      ...unknownCritical,
      ...requests.flatMap((request) => request.unknownCritical),
    ]),
  }
}

interface SingleRequest {
  readonly certId: CertId
  readonly unknownCritical: readonly string[]
}

function readRequestList(list: DerReader): readonly SingleRequest[] {
  const requests: SingleRequest[] = []
  if (list.isEmpty) throw fieldError('requestList', 'none at all')
  while (!list.isEmpty) {
    if (requests.length === MAX_REQUESTS) throw tooMany('requestList', list.offset, MAX_REQUESTS)
    requests.push(
      list.readWithin(TAG.sequence, 'Request', (inner) => {
        const certId = readCertId(inner)
        const tag = contextTag(0, 'constructed')
        return { certId, ...readOcspExtensions(inner, tag, 'singleRequestExtensions') }
      }),
    )
  }
  return requests
}

function readSignature(reader: DerReader): void {
  reader.readWithin(TAG.sequence, 'Signature', (inner) => {
    readAlgorithmIdentifier(inner, 'optionalSignature.signatureAlgorithm')
    inner.readBitString('optionalSignature.signature')
    // Certificates that nobody looks at are not read either.
    if (inner.peekTag() === contextTag(0, 'constructed')) inner.readElement('optionalSignature.certs')
  })
}
