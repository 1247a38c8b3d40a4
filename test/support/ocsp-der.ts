// OCSP messages written field by field, unsigned: for parsers, which look at no signature. Each field can be replaced by
// any bytes; one that is undefined is left out.

import { contextTag, TAG } from '../../packages/ingam/src/der/tag.ts'
import {
  writeBitString,
  writeElement,
  writeExplicit,
  writeImplicit,
  writeInteger,
  writeNull,
  writeOctetString,
  writeOid,
  writeSequence,
  writeString,
} from '../../packages/ingam/src/der/writer.ts'
import { ED25519, writeRdn } from './certificate-der.ts'

const NOTHING = new Uint8Array(0)

export const OCSP_OID = {
  sha1: '1.3.14.3.2.26',
  sha256: '2.16.840.1.101.3.4.2.1',
  basic: '1.3.6.1.5.5.7.48.1.1',
  nonce: '1.3.6.1.5.5.7.48.1.2',
} as const

/** The fields of a CertID as whole encodings. */
export interface CertIdParts {
  readonly hashAlgorithm?: Uint8Array
  readonly issuerNameHash?: Uint8Array
  readonly issuerKeyHash?: Uint8Array
  readonly serialNumber?: Uint8Array
  readonly after?: Uint8Array
}

/** DER of a CertID by SHA-1, of serial number 1. */
export function writeCertId(parts: CertIdParts = {}): Uint8Array {
  return writeSequence(
    parts.hashAlgorithm ?? writeSequence(writeOid(OCSP_OID.sha1), writeNull()),
    parts.issuerNameHash ?? writeOctetString(new Uint8Array(20).fill(1)),
    parts.issuerKeyHash ?? writeOctetString(new Uint8Array(20).fill(2)),
    parts.serialNumber ?? writeInteger(1),
    parts.after ?? NOTHING,
  )
}

/** GeneralizedTime from its text. */
export function writeGeneralized(text: string): Uint8Array {
  return writeString(TAG.generalizedTime, text)
}

/** An ENUMERATED of these content octets. */
export function writeEnumerated(...content: readonly number[]): Uint8Array {
  return writeElement(TAG.enumerated, Uint8Array.from(content))
}

/** CertStatus good. */
export const GOOD: Uint8Array = writeImplicit(0, NOTHING)
/** CertStatus unknown. */
export const UNKNOWN: Uint8Array = writeImplicit(2, NOTHING)

/** CertStatus revoked with these fields. */
export function writeRevoked(...fields: readonly Uint8Array[]): Uint8Array {
  const content = Uint8Array.from(fields.flatMap((field) => [...field]))
  return writeElement(contextTag(1, 'constructed'), content)
}

/** The fields of a SingleResponse as whole encodings. */
export interface SingleResponseParts {
  readonly certId?: Uint8Array
  readonly certStatus?: Uint8Array
  readonly thisUpdate?: Uint8Array
  readonly nextUpdate?: Uint8Array | undefined
  /** Each a whole Extension. */
  readonly extensions?: readonly Uint8Array[]
  readonly after?: Uint8Array
}

/** DER of a SingleResponse: good, from 1 June 2026 for a week. */
export function writeSingleResponse(parts: SingleResponseParts = {}): Uint8Array {
  return writeSequence(
    parts.certId ?? writeCertId(),
    parts.certStatus ?? GOOD,
    parts.thisUpdate ?? writeGeneralized('20260601000000Z'),
    'nextUpdate' in parts
      ? (parts.nextUpdate ?? NOTHING)
      : writeExplicit(0, writeGeneralized('20260608000000Z')),
    parts.extensions === undefined ? NOTHING : writeExplicit(1, writeSequence(...parts.extensions)),
    parts.after ?? NOTHING,
  )
}

/** The fields of a response as whole encodings. */
export interface OcspParts {
  readonly responseStatus?: Uint8Array
  readonly responseBytes?: Uint8Array | undefined
  readonly responseType?: Uint8Array
  readonly version?: Uint8Array
  readonly responderId?: Uint8Array
  readonly producedAt?: Uint8Array
  readonly responses?: readonly Uint8Array[]
  /** Each a whole Extension. */
  readonly extensions?: readonly Uint8Array[]
  readonly afterData?: Uint8Array
  readonly signatureAlgorithm?: Uint8Array
  readonly signature?: Uint8Array
  /** The whole field. */
  readonly certs?: Uint8Array
  readonly afterCerts?: Uint8Array
  readonly afterBasic?: Uint8Array
  readonly afterResponse?: Uint8Array
}

/** DER of an unsigned successful response for one certificate, or with the parts replaced. */
export function writeOcspResponse(parts: OcspParts = {}): Uint8Array {
  return writeSequence(
    parts.responseStatus ?? writeEnumerated(0),
    'responseBytes' in parts ? (parts.responseBytes ?? NOTHING) : writeResponseBytes(parts),
    parts.afterResponse ?? NOTHING,
  )
}

/** DER of the signed part. */
export function writeResponseData(parts: OcspParts = {}): Uint8Array {
  return writeSequence(
    parts.version ?? NOTHING,
    parts.responderId ?? writeExplicit(1, writeSequence(writeRdn('2.5.4.3', 'responder'))),
    parts.producedAt ?? writeGeneralized('20260601000000Z'),
    writeSequence(...(parts.responses ?? [writeSingleResponse()])),
    parts.extensions === undefined ? NOTHING : writeExplicit(1, writeSequence(...parts.extensions)),
    parts.afterData ?? NOTHING,
  )
}

function writeResponseBytes(parts: OcspParts): Uint8Array {
  const basic = writeSequence(
    writeResponseData(parts),
    parts.signatureAlgorithm ?? ED25519,
    parts.signature ?? writeBitString(new Uint8Array(64).fill(9)),
    parts.certs ?? NOTHING,
    parts.afterCerts ?? NOTHING,
  )
  return writeExplicit(
    0,
    writeSequence(
      parts.responseType ?? writeOid(OCSP_OID.basic),
      writeOctetString(Uint8Array.from([...basic, ...(parts.afterBasic ?? [])])),
    ),
  )
}
