// Layer: testing. Writes certificate revocation lists (RFC 5280 §5) for test CAs.

import { TAG } from '../der/tag.ts'
import {
  writeElement,
  writeExplicit,
  writeGeneralizedTime,
  writeImplicit,
  writeInteger,
  writeSequence,
  writeTime,
} from '../der/writer.ts'
import { createError } from '../errors/errors.ts'
import { checkOptionKeys } from '../errors/options.ts'
import { CRL_REASONS } from '../x509/crl-reason.ts'
import { encodePem } from '../x509/pem.ts'
import {
  keyIdentifier,
  mergeExtensions,
  signatureAlgorithmOf,
  type TestExtension,
  type TestKeyPair,
  writeExtension,
  writeSignature,
} from './certificate-writer.ts'
import {
  writeDirectoryName,
  writeDistributionPoints,
  writeIssuingDistributionPoint,
} from './distribution-point-writer.ts'
import { writeEnumerated } from './enumerated-writer.ts'
import {
  pairOf,
  type TestCertificate,
  type TestCrl,
  type TestCrlOptions,
  type TestRevocation,
  wholeSecond,
} from './test-certificate.ts'

const HOUR = 3_600_000
const WEEK = 168 * HOUR

/** A list of the issuer's, signed by its key or the one that the options name. */
export async function issueCrl(issuer: TestCertificate, options: TestCrlOptions, at: Date): Promise<TestCrl> {
  checkOptionKeys('crl options', options, CRL_KEYS)
  const signer = pairOf(options.signer ?? issuer)
  const hourAgo = wholeSecond(at.getTime() - HOUR)
  const nextUpdate = options.nextUpdate === undefined ? wholeSecond(at.getTime() + WEEK) : options.nextUpdate
  const entries = (options.revoked ?? []).map((entry) => writeEntry(entry, hourAgo))
  const algorithm = signatureAlgorithmOf(signer)
  const extensions = options.version === 1 ? [] : await extensionsOf(options, signer)
  const tbsCertList = writeSequence(
    ...(options.version === 1 ? [] : [writeInteger(1)]),
    algorithm,
    options.issuerName ?? issuer.certificate.subject.der,
    writeTime(options.thisUpdate ?? hourAgo),
    ...(nextUpdate === null ? [] : [writeTime(nextUpdate)]),
    // RFC 5280 §5.1.2.6: without entries the list of them is absent.
    ...(entries.length === 0 ? [] : [writeSequence(...entries)]),
    ...(extensions.length === 0 ? [] : [writeExplicit(0, writeSequence(...extensions.map(writeExtension)))]),
  )
  const der = writeSequence(tbsCertList, algorithm, await writeSignature(signer, tbsCertList))
  return { der, pem: encodePem('X509 CRL', der) }
}

const CRL_KEYS = [
  'revoked',
  'signer',
  'issuerName',
  'thisUpdate',
  'nextUpdate',
  'crlNumber',
  'deltaCrlIndicator',
  'issuingDistributionPoint',
  'freshestCrl',
  'version',
  'extensions',
  'withoutExtensions',
] as const

async function extensionsOf(options: TestCrlOptions, signer: TestKeyPair): Promise<readonly TestExtension[]> {
  const { crlNumber = 1, deltaCrlIndicator: base, issuingDistributionPoint: point, freshestCrl } = options
  const written = [
    { oid: '2.5.29.35', value: writeSequence(writeImplicit(0, await keyIdentifier(signer))) },
    crlNumber === null ? undefined : { oid: '2.5.29.20', value: writeInteger(crlNumber) },
    base === undefined ? undefined : { oid: '2.5.29.27', critical: true, value: writeInteger(base) },
    point === undefined
      ? undefined
      : { oid: '2.5.29.28', critical: true, value: writeIssuingDistributionPoint(point) },
    freshestCrl === undefined ? undefined : { oid: '2.5.29.46', value: writeDistributionPoints(freshestCrl) },
  ]
  return mergeExtensions(written, options.extensions, options.withoutExtensions)
}

const ENTRY_KEYS = [
  'certificate',
  'serialNumber',
  'revocationDate',
  'reason',
  'invalidityDate',
  'certificateIssuer',
  'extensions',
] as const

function writeEntry(listed: TestCertificate | TestRevocation, hourAgo: Date): Uint8Array {
  const entry: TestRevocation = 'issue' in listed ? { certificate: listed } : listed
  checkOptionKeys('revoked entry', entry, ENTRY_KEYS)
  const serialNumber = entry.serialNumber ?? entry.certificate?.certificate.serialNumber
  if (serialNumber === undefined) {
    const expected = 'a certificate or a serialNumber'
    throw createError('ERR_ARG_TYPE', { argument: 'revoked entry', expected, found: 'neither' })
  }
  const { reason, invalidityDate, certificateIssuer: name } = entry
  const extensions = mergeExtensions(
    [
      reason === undefined
        ? undefined
        : { oid: '2.5.29.21', value: writeEnumerated('reason', CRL_REASONS, reason) },
      invalidityDate === undefined
        ? undefined
        : { oid: '2.5.29.24', value: writeGeneralizedTime(invalidityDate) },
      name === undefined
        ? undefined
        : { oid: '2.5.29.29', critical: true, value: writeSequence(writeDirectoryName(name)) },
    ],
    entry.extensions,
  )
  return writeSequence(
    writeElement(TAG.integer, serialNumber),
    writeTime(entry.revocationDate ?? hourAgo),
    ...(extensions.length === 0 ? [] : [writeSequence(...extensions.map(writeExtension))]),
  )
}
