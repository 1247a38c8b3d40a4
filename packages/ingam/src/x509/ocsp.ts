// Layer: x509. OCSP responses (RFC 6960 §4.2): every field, strict DER. What comes out is well-formed and unvouched: no
// signature, responder or date has been looked at. Requests stand in ocsp-request.ts.

import { type DerReader, readAll, valueError } from '../der/reader.ts'
import { contextTag, TAG, tagName } from '../der/tag.ts'
import { readGeneralizedTime } from '../der/time.ts'
import { isPkiError } from '../errors/errors.ts'
import { type AlgorithmIdentifier, readAlgorithmIdentifier } from './algorithm.ts'
import { type Certificate, parseCertificate } from './certificate.ts'
import type { CrlReason } from './crl.ts'
import { CRL_REASONS } from './crl-reason.ts'
import type { Extension } from './extension.ts'
import { withInstants } from './instants.ts'
import { type Name, readName } from './name.ts'
import { type CertId, readCertId } from './ocsp-cert-id.ts'
import { NONCE, readNonce, readOcspExtensions } from './ocsp-extensions.ts'
import { copyOfMessage, fieldError, refuseVersion, tooMany } from './ocsp-message.ts'
import { nameOfOid } from './oids.ts'

export { type CertId, createCertId, encodeCertId, sameCertId } from './ocsp-cert-id.ts'
export {
  encodeOcspRequest,
  type OcspRequest,
  type OcspRequestOptions,
  parseOcspRequest,
} from './ocsp-request.ts'

export type OcspCertStatus =
  | { readonly status: 'good' | 'unknown' }
  | {
      readonly status: 'revoked'
      readonly revocationTime: Date
      /** As it stands; whatever it is, the status is revoked. */
      readonly reason?: CrlReason
    }

/** What a response says of one certificate. */
export type SingleResponse = OcspCertStatus & {
  readonly certId: CertId
  readonly thisUpdate: Date
  readonly nextUpdate?: Date
  /** OIDs of critical singleExtensions that are not understood. */
  readonly unknownCritical: readonly string[]
}

export type OcspResponseStatus =
  | 'successful'
  | 'malformedRequest'
  | 'internalError'
  | 'tryLater'
  | 'sigRequired'
  | 'unauthorized'

export type ResponderId =
  | { readonly by: 'name'; readonly name: Name }
  | { readonly by: 'key'; readonly keyHash: Uint8Array }

/** BasicOCSPResponse. */
export interface BasicOcspResponse {
  readonly tbsResponseData: Uint8Array
  readonly responderId: ResponderId
  readonly producedAt: Date
  readonly responses: readonly SingleResponse[]
  /** Content of the nonce (RFC 9654), where there is one. */
  readonly nonce?: Uint8Array
  readonly extensions: readonly Extension[]
  readonly unknownCritical: readonly string[]
  readonly signatureAlgorithm: AlgorithmIdentifier
  readonly signatureValue: Uint8Array
  /** Unvouched. */
  readonly certificates: readonly Certificate[]
}

/** A parsed response that nobody has vouched for. */
export type OcspResponse =
  | {
      readonly kind: 'ocsp-response'
      readonly der: Uint8Array
      readonly status: 'successful'
      readonly basic: BasicOcspResponse
    }
  | {
      readonly kind: 'ocsp-response'
      readonly der: Uint8Array
      readonly status: Exclude<OcspResponseStatus, 'successful'>
    }

/** RFC 6960 §4.2.1: the statuses, each at its number; 4 is not used. */
export const OCSP_STATUSES: readonly (OcspResponseStatus | undefined)[] = [
  'successful',
  'malformedRequest',
  'internalError',
  'tryLater',
  undefined,
  'sigRequired',
  'unauthorized',
]

const OCSP_BASIC = '1.3.6.1.5.5.7.48.1.1'
// LIMIT: a request from here is answered by one; responders that prepare their answers have seldom more.
const MAX_RESPONSES = 64
// LIMIT: responders send their own certificate, some the chain above it.
const MAX_CERTIFICATES = 8

/**
 * Reads an OCSP response. **Nothing is verified**: not its signature, its dates or who may answer; an error status bears
 * no signature at all.
 *
 * @param der DER bytes of one OCSPResponse, at most 64 KiB; copied, so later changes have no effect
 * @returns byte fields are views on the copy; every look at an instant makes a Date of its own
 * @throws {DecodeError} ERR_DER_* where it is not DER; {CertificateError} ERR_OCSP_FIELD, ERR_OCSP_EXTENSION where it
 *   breaks RFC 6960, certificates sent along included
 * @see RFC 6960 §4.2
 */
export function parseOcspResponse(der: Uint8Array): OcspResponse {
  const copy = copyOfMessage(der, 'OCSPResponse')
  return readAll(copy, 'OCSPResponse', (reader) =>
    reader.readWithin(TAG.sequence, 'OCSPResponse', (inner): OcspResponse => {
      const status = readStatus(inner)
      const tag = contextTag(0, 'constructed')
      const hasBytes = inner.peekTag() === tag
      // RFC 6960 §4.2.1: an error condition comes without responseBytes, and success would say nothing without them.
      if (status !== 'successful') {
        if (hasBytes) throw fieldError('responseBytes', `are present with status ${status}`)
        return Object.freeze({ kind: 'ocsp-response', der: copy, status })
      }
      if (!hasBytes) throw fieldError('responseBytes', 'are absent with status successful')
      const basic = inner.readWithin(tag, 'responseBytes', readResponseBytes)
      return Object.freeze({ kind: 'ocsp-response', der: copy, status, basic })
    }),
  )
}

function readStatus(reader: DerReader): OcspResponseStatus {
  const number = reader.readSmallInteger('responseStatus', TAG.enumerated)
  const status = OCSP_STATUSES[number]
  if (status === undefined) throw fieldError('responseStatus', `unknown value ${number}`)
  return status
}

function readResponseBytes(reader: DerReader): BasicOcspResponse {
  return reader.readWithin(TAG.sequence, 'responseBytes', (inner) => {
    const type = inner.readOid('responseType')
    if (type !== OCSP_BASIC)
      throw fieldError('responseType', `${nameOfOid(type)} instead of ${nameOfOid(OCSP_BASIC)}`)
    return readAll(inner.readOctetString('response'), 'BasicOCSPResponse', readBasicResponse)
  })
}

function readBasicResponse(outer: DerReader): BasicOcspResponse {
  return outer.readWithin(TAG.sequence, 'BasicOCSPResponse', (reader) => {
    const start = reader.offset
    const { producedAt, ...data } = reader.readWithin(TAG.sequence, 'tbsResponseData', readResponseData)
    const tbsResponseData = reader.since(start)
    const signatureAlgorithm = Object.freeze(readAlgorithmIdentifier(reader, 'signatureAlgorithm'))
    const signatureValue = reader.readBitString('signature')
    const certificates = readCertificates(reader)
    const fields = { tbsResponseData, ...data, signatureAlgorithm, signatureValue, certificates }
    return withInstants(fields, { producedAt })
  })
}

type ResponseData = Pick<
  BasicOcspResponse,
  'responderId' | 'responses' | 'nonce' | 'extensions' | 'unknownCritical'
> & { readonly producedAt: number }

function readResponseData(reader: DerReader): ResponseData {
  refuseVersion(reader)
  const responderId = readResponderId(reader)
  const producedAt = readGeneralizedTime(reader, 'producedAt')
  const responses = reader.readWithin(TAG.sequence, 'responses', readResponses)
  const tag = contextTag(1, 'constructed')
  const { extensions, unknownCritical } = readOcspExtensions(reader, tag, 'responseExtensions', [NONCE])
  const nonce = readNonce(extensions)
  return { responderId, producedAt, responses, ...(nonce && { nonce }), extensions, unknownCritical }
}

// LIMIT: KeyHash is a SHA-1 digest (RFC 6960 §4.2.1).
const KEY_HASH_OCTETS = 20

function readResponderId(reader: DerReader): ResponderId {
  const byKey = contextTag(2, 'constructed')
  if (reader.peekTag() === byKey) {
    const keyHash = reader.readWithin(byKey, 'byKey', (inner) => inner.readOctetString('KeyHash'))
    if (keyHash.length !== KEY_HASH_OCTETS)
      throw fieldError('byKey', `${keyHash.length} octets, a digest by SHA-1 has ${KEY_HASH_OCTETS}`)
    return Object.freeze({ by: 'key', keyHash })
  }
  const name = reader.readWithin(contextTag(1, 'constructed'), 'byName', (inner) => readName(inner, 'byName'))
  return Object.freeze({ by: 'name', name })
}

function readResponses(list: DerReader): readonly SingleResponse[] {
  const responses: SingleResponse[] = []
  if (list.isEmpty) throw fieldError('responses', 'none at all')
  while (!list.isEmpty) {
    if (responses.length === MAX_RESPONSES) throw tooMany('responses', list.offset, MAX_RESPONSES)
    responses.push(list.readWithin(TAG.sequence, 'SingleResponse', readSingleResponse))
  }
  return Object.freeze(responses)
}

function readSingleResponse(reader: DerReader): SingleResponse {
  const certId = readCertId(reader)
  const standing = readCertStatus(reader)
  const thisUpdate = readGeneralizedTime(reader, 'thisUpdate')
  const nextUpdateTag = contextTag(0, 'constructed')
  const times =
    reader.peekTag() === nextUpdateTag
      ? {
          thisUpdate,
          nextUpdate: reader.readWithin(nextUpdateTag, 'nextUpdate', (inner) =>
            readGeneralizedTime(inner, 'nextUpdate'),
          ),
        }
      : { thisUpdate }
  const extensionsTag = contextTag(1, 'constructed')
  const { unknownCritical } = readOcspExtensions(reader, extensionsTag, 'singleExtensions')
  if (standing.status !== 'revoked')
    return withInstants({ status: standing.status, certId, unknownCritical }, times)
  const { revocationTime, ...revoked } = standing
  return withInstants({ ...revoked, certId, unknownCritical }, { ...times, revocationTime })
}

type Standing =
  | { readonly status: 'good' | 'unknown' }
  | { readonly status: 'revoked'; readonly revocationTime: number; readonly reason?: CrlReason }

function readCertStatus(reader: DerReader): Standing {
  const start = reader.offset
  const tag = reader.peekTag()
  if (tag === contextTag(1, 'constructed')) return reader.readWithin(tag, 'revoked', readRevokedInfo)
  const { content } = reader.readElement('certStatus')
  if (tag === contextTag(0, 'primitive') && content.length === 0) return { status: 'good' }
  if (tag === contextTag(2, 'primitive') && content.length === 0) return { status: 'unknown' }
  const found = `${tagName(tag ?? 0)} with ${content.length} bytes`
  throw valueError('certStatus', start, 'good [0] NULL, revoked [1] or unknown [2] NULL', found)
}

function readRevokedInfo(reader: DerReader): Standing {
  const revocationTime = readGeneralizedTime(reader, 'revocationTime')
  const tag = contextTag(0, 'constructed')
  if (reader.peekTag() !== tag) return { status: 'revoked', revocationTime }
  const number = reader.readWithin(tag, 'revocationReason', (inner) =>
    inner.readSmallInteger('revocationReason', TAG.enumerated),
  )
  const reason = CRL_REASONS[number]
  if (reason === undefined) throw fieldError('revocationReason', `unknown value ${number}`)
  return { status: 'revoked', revocationTime, reason }
}

function readCertificates(reader: DerReader): readonly Certificate[] {
  const tag = contextTag(0, 'constructed')
  const certificates: Certificate[] = []
  if (reader.peekTag() === tag) {
    reader.readWithin(tag, 'certs', (tagged) =>
      tagged.readWithin(TAG.sequence, 'certs', (list) => {
        while (!list.isEmpty) {
          if (certificates.length === MAX_CERTIFICATES) throw tooMany('certs', list.offset, MAX_CERTIFICATES)
          certificates.push(readCertificate(list.readElement('certs').der))
        }
      }),
    )
  }
  return Object.freeze(certificates)
}

function readCertificate(der: Uint8Array): Certificate {
  try {
    return parseCertificate(der)
  } catch (cause) {
    if (!isPkiError(cause)) throw cause
    throw fieldError('certs', cause.message, cause)
  }
}
