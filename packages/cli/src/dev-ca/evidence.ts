// CLI: revocation lists (RFC 5280 §5) and OCSP responses (RFC 6960 §4.2) of a development CA, written field by field. What
// is written here is read back by the library before it leaves.

import type { Certificate } from 'ingam/x509'
import { splitSequence, writeDer } from './der.ts'
import type { Revocation, RevocationReason } from './revocations.ts'
import type { EvidenceSigner } from './signing.ts'

/** What a list says. */
export interface ListFields {
  readonly issuer: Certificate
  readonly thisUpdate: Date
  readonly nextUpdate: Date
  readonly number: number
  /** BaseCRLNumber, of a delta. */
  readonly base?: number
  readonly revocations: readonly Revocation[]
}

/** DER of a list. */
export function writeList(fields: ListFields, signer: EvidenceSigner): Uint8Array {
  const { issuer, thisUpdate, nextUpdate, number, base, revocations } = fields
  const extensions = [
    authorityKeyIdentifier(issuer),
    extension(OIDS.crlNumber, writeInteger(number)),
    ...(base === undefined ? [] : [extension(OIDS.deltaCrlIndicator, writeInteger(base), 'critical')]),
  ]
  const entries = revocations.map((revocation) =>
    writeDer(
      0x30,
      writeDer(0x02, Buffer.from(revocation.serial, 'hex')),
      writeTime(new Date(revocation.revokedAt)),
      // RFC 5280 §5.3.1: unspecified is not written.
      ...(revocation.reason === 'unspecified'
        ? []
        : [writeDer(0x30, extension(OIDS.reasonCode, writeReason(revocation.reason)))]),
    ),
  )
  const tbsCertList = writeDer(
    0x30,
    writeInteger(1),
    signer.algorithm,
    issuer.subject.der,
    writeTime(thisUpdate),
    writeTime(nextUpdate),
    ...(entries.length === 0 ? [] : [writeDer(0x30, ...entries)]),
    writeDer(0xa0, writeDer(0x30, ...extensions)),
  )
  return signed(tbsCertList, signer)
}

/** What a response says of one certificate. */
export interface ResponseFields {
  /** The name of the certificate as it was asked for: DER of the CertID. */
  readonly certId: Uint8Array
  readonly status: 'good' | 'unknown' | Revocation
}

/** What a response says. */
export interface AnswerFields {
  readonly responder: Certificate
  /** Whether the responder's certificate goes along. */
  readonly isDelegated: boolean
  readonly producedAt: Date
  readonly nextUpdate: Date
  readonly responses: readonly ResponseFields[]
  readonly nonce: Uint8Array | undefined
}

/** DER of a successful response. */
export function writeAnswer(fields: AnswerFields, signer: EvidenceSigner): Uint8Array {
  const { responder, isDelegated, producedAt, nextUpdate, responses, nonce } = fields
  const tbsResponseData = writeDer(
    0x30,
    writeDer(0xa1, responder.subject.der),
    writeGeneralizedTime(producedAt),
    writeDer(
      0x30,
      ...responses.map(({ certId, status }) =>
        writeDer(
          0x30,
          certId,
          writeStatus(status),
          writeGeneralizedTime(producedAt),
          writeDer(0xa0, writeGeneralizedTime(nextUpdate)),
        ),
      ),
    ),
    ...(nonce === undefined
      ? []
      : [writeDer(0xa1, writeDer(0x30, extension(OIDS.nonce, writeDer(0x04, nonce))))]),
  )
  const certificates = isDelegated ? [writeDer(0xa0, writeDer(0x30, responder.der))] : []
  const basic = signed(tbsResponseData, signer, certificates)
  const bytes = writeDer(0x30, writeDer(0x06, OIDS.basic), writeDer(0x04, basic))
  return writeDer(0x30, writeDer(0x0a, Uint8Array.of(0)), writeDer(0xa0, bytes))
}

/** DER of a response that is an error: malformedRequest (1), internalError (2), tryLater (3) or unauthorized (6). */
export function writeError(status: 1 | 2 | 3 | 6): Uint8Array {
  return writeDer(0x30, writeDer(0x0a, Uint8Array.of(status)))
}

// Contents.
const OIDS = {
  crlNumber: Uint8Array.of(0x55, 0x1d, 20),
  reasonCode: Uint8Array.of(0x55, 0x1d, 21),
  deltaCrlIndicator: Uint8Array.of(0x55, 0x1d, 27),
  authorityKeyIdentifier: Uint8Array.of(0x55, 0x1d, 35),
  basic: Uint8Array.of(0x2b, 6, 1, 5, 5, 7, 48, 1, 1),
  nonce: Uint8Array.of(0x2b, 6, 1, 5, 5, 7, 48, 1, 2),
} as const

/** RFC 5280 §5.3.1; 7 is not used. */
const REASON_NUMBERS: Readonly<Record<RevocationReason, number>> = {
  unspecified: 0,
  keyCompromise: 1,
  cACompromise: 2,
  affiliationChanged: 3,
  superseded: 4,
  cessationOfOperation: 5,
  certificateHold: 6,
  removeFromCRL: 8,
  privilegeWithdrawn: 9,
  aACompromise: 10,
}

function writeStatus(status: ResponseFields['status']): Uint8Array {
  if (status === 'good') return writeDer(0x80)
  if (status === 'unknown') return writeDer(0x82)
  const reason = status.reason === 'unspecified' ? [] : [writeDer(0xa0, writeReason(status.reason))]
  return writeDer(0xa1, writeGeneralizedTime(new Date(status.revokedAt)), ...reason)
}

function signed(tbs: Uint8Array, signer: EvidenceSigner, further: readonly Uint8Array[] = []): Uint8Array {
  return writeDer(0x30, tbs, signer.algorithm, writeDer(0x03, Uint8Array.of(0), signer.sign(tbs)), ...further)
}

function authorityKeyIdentifier({ subjectKeyIdentifier = new Uint8Array(0) }: Certificate): Uint8Array {
  return extension(OIDS.authorityKeyIdentifier, writeDer(0x30, writeDer(0x80, subjectKeyIdentifier)))
}

function extension(oid: Uint8Array, value: Uint8Array, critical?: 'critical'): Uint8Array {
  const mark = critical === undefined ? [] : [writeDer(0x01, Uint8Array.of(0xff))]
  return writeDer(0x30, writeDer(0x06, oid), ...mark, writeDer(0x04, value))
}

function writeReason(reason: RevocationReason): Uint8Array {
  return writeDer(0x0a, Uint8Array.of(REASON_NUMBERS[reason]))
}

// Not negative.
function writeInteger(value: number): Uint8Array {
  const hex = value.toString(16)
  const digits = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex')
  return writeDer(0x02, (digits[0] ?? 0) < 0x80 ? digits : Buffer.concat([Uint8Array.of(0), digits]))
}

// RFC 5280 §5.1.2.4: UTCTime through 2049.
function writeTime(date: Date): Uint8Array {
  return date.getUTCFullYear() < 2050
    ? writeDer(0x17, Buffer.from(digitsOf(date).slice(2), 'latin1'))
    : writeGeneralizedTime(date)
}

function writeGeneralizedTime(date: Date): Uint8Array {
  return writeDer(0x18, Buffer.from(digitsOf(date), 'latin1'))
}

function digitsOf(date: Date): string {
  return `${date.toISOString().slice(0, 19).replaceAll(/[-:T]/gu, '')}Z`
}

/** DER of each CertID of an OCSP request, in order; undefined where it is none. */
export function certIdsIn(request: Uint8Array): readonly Uint8Array[] | undefined {
  const [tbsRequest] = splitSequence(request) ?? []
  const elements = tbsRequest === undefined ? undefined : splitSequence(tbsRequest.bytes)
  // requestorName [1] may stand before, requestExtensions [2] behind.
  const list = elements?.find(({ tag }) => tag === 0x30)
  const requests = list === undefined ? undefined : splitSequence(list.bytes)
  const certIds = requests?.map(({ bytes }) => splitSequence(bytes)?.[0]?.bytes)
  return certIds?.every((certId) => certId !== undefined) ? certIds : undefined
}
