// Layer: testing. Writes OCSP responses (RFC 6960 §4.2) for test CAs and their responders.

import { concatBytes } from '../bytes/compare.ts'
import { contextTag } from '../der/tag.ts'
import {
  writeElement,
  writeExplicit,
  writeGeneralizedTime,
  writeImplicit,
  writeOctetString,
  writeOid,
  writeSequence,
} from '../der/writer.ts'
import { createError } from '../errors/errors.ts'
import { checkOptionKeys, choice } from '../errors/options.ts'
import { CRL_REASONS } from '../x509/crl-reason.ts'
import { createCertId, encodeCertId, OCSP_STATUSES } from '../x509/ocsp.ts'
import { NONCE } from '../x509/ocsp-extensions.ts'
import {
  mergeExtensions,
  signatureAlgorithmOf,
  type TestExtension,
  writeExtension,
  writeSignature,
} from './certificate-writer.ts'
import { writeEnumerated } from './enumerated-writer.ts'
import {
  pairOf,
  type TestCertificate,
  type TestOcspOptions,
  type TestSingleResponse,
  wholeSecond,
} from './test-certificate.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

const SINGLE_KEYS = [
  'certificate',
  'issuer',
  'hash',
  'certId',
  'status',
  'revocationTime',
  'reason',
  'thisUpdate',
  'nextUpdate',
  'singleExtensions',
] as const

const RESPONSE_KEYS = [
  ...SINGLE_KEYS,
  'responseStatus',
  'responses',
  'responder',
  'responderId',
  'certificates',
  'producedAt',
  'nonce',
  'extensions',
] as const

/** DER of a response of the issuer's, signed by its key or its responder's. */
export async function answerOcsp(
  issuer: TestCertificate,
  options: TestOcspOptions,
  at: Date,
): Promise<Uint8Array> {
  checkOptionKeys('ocspResponse options', options, RESPONSE_KEYS)
  const { responseStatus = 'successful', responder = issuer, nonce } = options
  const status = writeEnumerated('responseStatus', OCSP_STATUSES, responseStatus)
  if (responseStatus !== 'successful') return writeSequence(status)

  for (const single of options.responses ?? []) checkOptionKeys('single response', single, SINGLE_KEYS)
  const singles: Uint8Array[] = []
  for (const single of options.responses ?? [options]) singles.push(await writeSingle(single, issuer, at))
  const written = nonce === undefined ? [] : [{ oid: NONCE, value: writeOctetString(nonce) }]
  const tbsResponseData = writeSequence(
    await writeResponderId(options.responderId ?? 'name', responder),
    writeGeneralizedTime(options.producedAt ?? wholeSecond(at.getTime() - MINUTE)),
    writeSequence(...singles),
    ...writeExtensions(mergeExtensions(written, options.extensions)),
  )
  const keys = pairOf(responder)
  const certificates = options.certificates ?? (responder === issuer ? [] : [responder])
  const basic = writeSequence(
    tbsResponseData,
    signatureAlgorithmOf(keys),
    await writeSignature(keys, tbsResponseData),
    ...(certificates.length === 0
      ? []
      : [writeExplicit(0, writeSequence(...certificates.map(({ der }) => der)))]),
  )
  return writeSequence(
    status,
    writeExplicit(0, writeSequence(writeOid('1.3.6.1.5.5.7.48.1.1'), writeOctetString(basic))),
  )
}

async function writeSingle(
  single: TestSingleResponse,
  issuer: TestCertificate,
  at: Date,
): Promise<Uint8Array> {
  const nextUpdate = single.nextUpdate === undefined ? wholeSecond(at.getTime() + DAY) : single.nextUpdate
  return writeSequence(
    single.certId ?? (await writeCertId(single, issuer)),
    writeStatus(single, at),
    writeGeneralizedTime(single.thisUpdate ?? wholeSecond(at.getTime() - MINUTE)),
    ...(nextUpdate === null ? [] : [writeExplicit(0, writeGeneralizedTime(nextUpdate))]),
    ...writeExtensions(single.singleExtensions ?? []),
  )
}

async function writeCertId(single: TestSingleResponse, issuer: TestCertificate): Promise<Uint8Array> {
  const { certificate, hash = 'SHA-1' } = single
  if (certificate === undefined) {
    const expected = 'a certificate or a certId'
    throw createError('ERR_ARG_TYPE', { argument: 'single response', expected, found: 'neither' })
  }
  const { certificate: above } = single.issuer ?? issuer
  return encodeCertId(await createCertId(certificate.certificate, above, hash))
}

function writeStatus({ status, reason, revocationTime }: TestSingleResponse, at: Date): Uint8Array {
  const nothing = new Uint8Array(0)
  const chosen = choice('status', status, ['good', 'revoked', 'unknown'])
  if (chosen !== 'revoked') return writeImplicit(chosen === 'good' ? 0 : 2, nothing)
  return writeElement(
    contextTag(1, 'constructed'),
    concatBytes(
      writeGeneralizedTime(revocationTime ?? wholeSecond(at.getTime() - HOUR)),
      reason === undefined ? nothing : writeExplicit(0, writeEnumerated('reason', CRL_REASONS, reason)),
    ),
  )
}

async function writeResponderId(
  responderId: NonNullable<TestOcspOptions['responderId']>,
  responder: TestCertificate,
): Promise<Uint8Array> {
  const { by, of } = typeof responderId === 'string' ? { by: responderId, of: responder } : responderId
  if (by === 'name') return writeExplicit(1, of.certificate.subject.der)
  // KeyHash is the digest that names a key in a CertID by SHA-1.
  const { issuerKeyHash } = await createCertId(of.certificate, of.certificate, 'SHA-1')
  return writeExplicit(2, writeOctetString(issuerKeyHash))
}

function writeExtensions(extensions: readonly TestExtension[]): readonly Uint8Array[] {
  return extensions.length === 0 ? [] : [writeExplicit(1, writeSequence(...extensions.map(writeExtension)))]
}
