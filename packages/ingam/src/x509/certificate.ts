// Layer: x509. Certificates (RFC 5280 §4.1): every field, fifteen extensions decoded, the others as they stand. What comes
// out is well-formed and unvouched: no signature, date or issuer has been looked at.

import { equalBytes } from '../bytes/compare.ts'
import { type DerReader, readAll } from '../der/reader.ts'
import { contextTag, TAG } from '../der/tag.ts'
import { readTime } from '../der/time.ts'
import { createError, isPkiError } from '../errors/errors.ts'
import { type AlgorithmIdentifier, readAlgorithmIdentifier } from './algorithm.ts'
import { type Extension, readExtensions } from './extension.ts'
import {
  type AccessDescription,
  OCSP_ACCESS,
  readAuthorityInfoAccess,
} from './extensions/authority-info-access.ts'
import { type BasicConstraints, readBasicConstraints } from './extensions/basic-constraints.ts'
import { type PolicyInformation, readCertificatePolicies } from './extensions/certificate-policies.ts'
import { type DistributionPoint, readDistributionPoints } from './extensions/distribution-points.ts'
import { type ExtKeyUsage, readExtKeyUsage } from './extensions/ext-key-usage.ts'
import {
  type AuthorityKeyIdentifier,
  readAuthorityKeyIdentifier,
  readSubjectKeyIdentifier,
} from './extensions/key-identifiers.ts'
import { type KeyUsage, readKeyUsage } from './extensions/key-usage.ts'
import { type NameConstraints, readNameConstraints } from './extensions/name-constraints.ts'
import {
  type PolicyConstraints,
  readInhibitAnyPolicy,
  readPolicyConstraints,
} from './extensions/policy-constraints.ts'
import { type PolicyMapping, readPolicyMappings } from './extensions/policy-mappings.ts'
import { type GeneralName, readGeneralNames } from './general-name.ts'
import { type Name, readName } from './name.ts'
import { nameOfOid } from './oids.ts'
import { isLongNumber, longNumberProblem } from './serial-number.ts'
import { readSubjectPublicKeyInfo, type SubjectPublicKeyInfo } from './spki.ts'

/** The extensions that are understood, each where the certificate has it. */
export interface DecodedExtensions {
  readonly basicConstraints?: BasicConstraints
  readonly keyUsage?: KeyUsage
  readonly extKeyUsage?: ExtKeyUsage
  readonly subjectAltName?: readonly GeneralName[]
  readonly subjectKeyIdentifier?: Uint8Array
  readonly authorityKeyIdentifier?: AuthorityKeyIdentifier
  readonly nameConstraints?: NameConstraints
  readonly certificatePolicies?: readonly PolicyInformation[]
  readonly policyMappings?: readonly PolicyMapping[]
  readonly policyConstraints?: PolicyConstraints
  readonly inhibitAnyPolicy?: number
  readonly crlDistributionPoints?: readonly DistributionPoint[]
  readonly freshestCrl?: readonly DistributionPoint[]
  readonly authorityInfoAccess?: readonly AccessDescription[]
  /** id-ce-noRevAvail (RFC 9608): its CA will never say whether it was revoked. */
  readonly noRevAvail?: true
}

/** A parsed certificate that nobody has vouched for. Byte fields are views on a private copy of the input. */
export interface Certificate extends DecodedExtensions {
  readonly kind: 'certificate'
  readonly der: Uint8Array
  readonly tbsCertificate: Uint8Array
  readonly version: 1 | 2 | 3
  /** Content octets of the INTEGER. */
  readonly serialNumber: Uint8Array
  readonly signatureAlgorithm: AlgorithmIdentifier
  readonly issuer: Name
  readonly subject: Name
  readonly notBefore: Date
  readonly notAfter: Date
  readonly subjectPublicKeyInfo: SubjectPublicKeyInfo
  readonly extensions: readonly Extension[]
  readonly signatureValue: Uint8Array
}

// LIMIT: real certificates have 1 to 3 KiB, with ML-DSA 8 KiB, with a thousand names 30 KiB.
const MAX_BYTES = 65_536
// LIMIT: certificates in use have fewer than twenty; bounds the look for repeated ones.
const MAX_EXTENSIONS = 64

/**
 * Reads a certificate. **Nothing is verified**: not its signature, its dates or who issued it.
 *
 * @param der DER bytes of one Certificate, no PEM, at most 64 KiB; copied, so later changes have no effect
 * @throws {DecodeError} ERR_DER_* where it is not DER; {CertificateError} ERR_CERT_* where it breaks RFC 5280
 * @see RFC 5280 §4.1
 */
export function parseCertificate(der: Uint8Array): Certificate {
  if (!(der instanceof Uint8Array)) {
    throw createError('ERR_ARG_TYPE', { argument: 'der', expected: 'a Uint8Array of DER', found: typeof der })
  }
  if (der.length > MAX_BYTES) {
    const found = der.length
    throw createError('ERR_DER_LIMIT', {
      reading: 'Certificate',
      offset: 0,
      limit: 'size',
      maximum: MAX_BYTES,
      found,
    })
  }
  const copy = new Uint8Array(der)
  return readAll(copy, 'Certificate', (outer) => readCertificate(outer, copy))
}

function readCertificate(outer: DerReader, der: Uint8Array): Certificate {
  return outer.readWithin(TAG.sequence, 'Certificate', (reader) => {
    const start = reader.offset
    const tbs = reader.readWithin(TAG.sequence, 'tbsCertificate', readTbsCertificate)
    const tbsCertificate = reader.since(start)
    const signatureAlgorithm = readAlgorithmIdentifier(reader, 'signatureAlgorithm')
    const signatureValue = reader.readBitString('signatureValue')
    // RFC 5280 §4.1.1.2: the same algorithm identifier, to the byte.
    if (!equalBytes(tbs.signature.der, signatureAlgorithm.der)) {
      throw createError('ERR_CERT_ALGORITHM_MISMATCH', {
        inner: tbs.signature.name,
        outer: signatureAlgorithm.name,
      })
    }
    const certificate = new ParsedCertificate(der, tbsCertificate, tbs, signatureAlgorithm, signatureValue)
    checkNames(certificate)
    checkNoRevAvail(certificate)
    return certificate
  })
}

// One shape for all: an object put together anew from parts costs as much as reading them.
class ParsedCertificate implements Certificate {
  readonly kind = 'certificate'
  readonly der: Uint8Array
  readonly tbsCertificate: Uint8Array
  readonly version: 1 | 2 | 3
  readonly serialNumber: Uint8Array
  readonly signatureAlgorithm: AlgorithmIdentifier
  readonly issuer: Name
  readonly subject: Name
  readonly subjectPublicKeyInfo: SubjectPublicKeyInfo
  readonly extensions: readonly Extension[]
  readonly basicConstraints?: BasicConstraints
  readonly keyUsage?: KeyUsage
  readonly extKeyUsage?: ExtKeyUsage
  readonly subjectAltName?: readonly GeneralName[]
  readonly subjectKeyIdentifier?: Uint8Array
  readonly authorityKeyIdentifier?: AuthorityKeyIdentifier
  readonly nameConstraints?: NameConstraints
  readonly certificatePolicies?: readonly PolicyInformation[]
  readonly policyMappings?: readonly PolicyMapping[]
  readonly policyConstraints?: PolicyConstraints
  readonly inhibitAnyPolicy?: number
  readonly crlDistributionPoints?: readonly DistributionPoint[]
  readonly freshestCrl?: readonly DistributionPoint[]
  readonly authorityInfoAccess?: readonly AccessDescription[]
  /** id-ce-noRevAvail (RFC 9608): its CA will never say whether it was revoked. */
  readonly noRevAvail?: true
  readonly signatureValue: Uint8Array
  readonly #notBefore: number
  readonly #notAfter: number

  constructor(
    der: Uint8Array,
    tbsCertificate: Uint8Array,
    tbs: TbsFields,
    signatureAlgorithm: AlgorithmIdentifier,
    signatureValue: Uint8Array,
  ) {
    this.der = der
    this.tbsCertificate = tbsCertificate
    this.version = tbs.version
    this.serialNumber = tbs.serialNumber
    this.signatureAlgorithm = signatureAlgorithm
    this.issuer = tbs.issuer
    this.subject = tbs.subject
    this.subjectPublicKeyInfo = tbs.subjectPublicKeyInfo
    this.extensions = tbs.extensions
    Object.assign(this, tbs.decoded)
    this.signatureValue = signatureValue
    this.#notBefore = tbs.notBefore
    this.#notAfter = tbs.notAfter
    Object.freeze(this)
  }

  // A fresh Date each time: what one reader does to it never reaches another's judgement.
  get notBefore(): Date {
    return new Date(this.#notBefore)
  }

  get notAfter(): Date {
    return new Date(this.#notAfter)
  }

  static validityOf(certificate: Certificate): Validity {
    if (#notAfter in certificate) return { from: certificate.#notBefore, until: certificate.#notAfter }
    return { from: certificate.notBefore.getTime(), until: certificate.notAfter.getTime() }
  }
}

/** The ends of a validity period, both within it, in milliseconds since 1970 UTC. */
export interface Validity {
  readonly from: number
  readonly until: number
}

/** The validity period of a certificate, without the Dates that it makes for others to keep. */
export function validityOf(certificate: Certificate): Validity {
  return ParsedCertificate.validityOf(certificate)
}

interface TbsFields {
  readonly version: 1 | 2 | 3
  readonly serialNumber: Uint8Array
  readonly signature: AlgorithmIdentifier
  readonly issuer: Name
  /** Milliseconds since 1970 UTC. */
  readonly notBefore: number
  readonly notAfter: number
  readonly subject: Name
  readonly subjectPublicKeyInfo: SubjectPublicKeyInfo
  readonly extensions: readonly Extension[]
  readonly decoded: DecodedExtensions
}

function readTbsCertificate(reader: DerReader): TbsFields {
  const version = readVersion(reader)
  const serialNumber = readSerialNumber(reader)
  const signature = readAlgorithmIdentifier(reader, 'signature')
  const issuer = readName(reader, 'issuer')
  const validity = reader.readInto(TAG.sequence, 'validity')
  const notBefore = readTime(validity, 'notBefore')
  const notAfter = readTime(validity, 'notAfter')
  validity.finish('validity')
  const subject = readName(reader, 'subject')
  const subjectPublicKeyInfo = readSubjectPublicKeyInfo(reader)
  skipUniqueIdentifier(reader, version, 1, 'issuerUniqueID')
  skipUniqueIdentifier(reader, version, 2, 'subjectUniqueID')
  const extensions = readCertificateExtensions(reader, version)
  const decoded = decodeExtensions(extensions)
  return {
    version,
    serialNumber,
    signature,
    issuer,
    notBefore,
    notAfter,
    subject,
    subjectPublicKeyInfo,
    extensions,
    decoded,
  }
}

function readVersion(reader: DerReader): 1 | 2 | 3 {
  if (reader.peekTag() !== contextTag(0, 'constructed')) return 1
  const value = reader.readWithin(contextTag(0, 'constructed'), 'version', (inner) =>
    inner.readSmallInteger('version'),
  )
  if (value === 1) return 2
  if (value === 2) return 3
  // X.690 §11.5: a default value is not written, so v1 is never written.
  const problem = value === 0 ? 'the default is written out' : 'unknown version'
  throw createError('ERR_CERT_VERSION', { version: value + 1, problem })
}

// RFC 5280 §4.1.2.2: at most 20 octets. Zero and negative ones occur and are to be handled gracefully.
function readSerialNumber(reader: DerReader): Uint8Array {
  const serialNumber = reader.readInteger('serialNumber')
  if (!isLongNumber(serialNumber)) return serialNumber
  throw createError('ERR_CERT_SERIAL', { problem: longNumberProblem(serialNumber) })
}

// RFC 5280 §4.1.2.8: only in version 2 or 3; read for its form and not used.
function skipUniqueIdentifier(reader: DerReader, version: number, number: 1 | 2, reading: string): void {
  if (reader.peekTag() !== contextTag(number, 'primitive')) return
  if (version === 1)
    throw createError('ERR_CERT_VERSION', { version, problem: `${reading} needs version 2 or 3` })
  reader.readBits(reading, contextTag(number, 'primitive'))
}

function readCertificateExtensions(reader: DerReader, version: number): readonly Extension[] {
  if (reader.peekTag() !== contextTag(3, 'constructed')) return []
  // RFC 5280 §4.1.2.9
  if (version !== 3) throw createError('ERR_CERT_VERSION', { version, problem: 'extensions need version 3' })
  return reader.readWithin(contextTag(3, 'constructed'), 'extensions', (tagged) =>
    tagged.readWithin(TAG.sequence, 'extensions', (list) =>
      readExtensions(list, { reading: 'extensions', maximum: MAX_EXTENSIONS, twice: duplicate }),
    ),
  )
}

function duplicate(oid: string): Error {
  return createError('ERR_CERT_DUPLICATE_EXTENSION', { oid, name: nameOfOid(oid) })
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

function decodeExtensions(extensions: readonly Extension[]): DecodedExtensions {
  const decoded: Mutable<DecodedExtensions> = {}
  for (const extension of extensions) {
    try {
      decodeExtension(extension, decoded)
    } catch (cause) {
      if (!isPkiError(cause)) throw cause
      const { oid } = extension
      throw createError(
        'ERR_CERT_EXTENSION',
        { oid, name: nameOfOid(oid), problem: cause.message },
        { cause },
      )
    }
  }
  return decoded
}

function decodeExtension({ oid, value }: Extension, decoded: Mutable<DecodedExtensions>): void {
  switch (oid) {
    case '2.5.29.14':
      decoded.subjectKeyIdentifier = readAll(value, 'SubjectKeyIdentifier', readSubjectKeyIdentifier)
      break
    case '2.5.29.15':
      decoded.keyUsage = readAll(value, 'KeyUsage', readKeyUsage)
      break
    case '2.5.29.17':
      decoded.subjectAltName = readAll(value, 'SubjectAltName', (reader) =>
        reader.readWithin(TAG.sequence, 'SubjectAltName', (inner) =>
          readGeneralNames(inner, 'SubjectAltName'),
        ),
      )
      break
    case '2.5.29.19':
      decoded.basicConstraints = readAll(value, 'BasicConstraints', readBasicConstraints)
      break
    case '2.5.29.30':
      decoded.nameConstraints = readAll(value, 'NameConstraints', readNameConstraints)
      break
    case '2.5.29.32':
      decoded.certificatePolicies = readAll(value, 'CertificatePolicies', readCertificatePolicies)
      break
    case '2.5.29.33':
      decoded.policyMappings = readAll(value, 'PolicyMappings', readPolicyMappings)
      break
    case '2.5.29.35':
      decoded.authorityKeyIdentifier = readAll(value, 'AuthorityKeyIdentifier', readAuthorityKeyIdentifier)
      break
    case '2.5.29.36':
      decoded.policyConstraints = readAll(value, 'PolicyConstraints', readPolicyConstraints)
      break
    case '2.5.29.37':
      decoded.extKeyUsage = readAll(value, 'ExtKeyUsageSyntax', readExtKeyUsage)
      break
    case '2.5.29.54':
      decoded.inhibitAnyPolicy = readAll(value, 'InhibitAnyPolicy', readInhibitAnyPolicy)
      break
    case '2.5.29.31':
      decoded.crlDistributionPoints = readAll(value, 'CRLDistributionPoints', readDistributionPoints)
      break
    case '2.5.29.46':
      decoded.freshestCrl = readAll(value, 'FreshestCRL', readDistributionPoints)
      break
    case '1.3.6.1.5.5.7.1.1':
      decoded.authorityInfoAccess = readAll(value, 'AuthorityInfoAccess', readAuthorityInfoAccess)
      break
    case '2.5.29.56':
      readAll(value, 'NoRevAvail', (reader) => reader.readNull('NoRevAvail'))
      decoded.noRevAvail = true
      break
    default:
  }
}

// RFC 9608 §3, §4: of a CA somebody must be able to say that it was revoked; and what names a list or a responder
// contradicts that nobody will.
function checkNoRevAvail(certificate: Certificate): void {
  if (certificate.noRevAvail !== true) return
  const { basicConstraints, crlDistributionPoints, freshestCrl, authorityInfoAccess = [] } = certificate
  const beside =
    basicConstraints?.cA === true
      ? 'on a CA'
      : crlDistributionPoints !== undefined
        ? 'beside cRLDistributionPoints'
        : freshestCrl !== undefined
          ? 'beside freshestCRL'
          : authorityInfoAccess.some(({ accessMethod }) => accessMethod === OCSP_ACCESS)
            ? 'beside the address of an OCSP responder'
            : undefined
  if (beside === undefined) return
  throw createError('ERR_CERT_EXTENSION', {
    oid: '2.5.29.56',
    name: 'noRevAvail',
    problem: `stands ${beside}`,
  })
}

// RFC 5280 §4.1.2.4: an issuer has a name. §4.1.2.6: so has a CA; an end entity may have its names in a critical
// subjectAltName instead.
function checkNames(certificate: Certificate): void {
  const { issuer, subject, extensions, basicConstraints } = certificate
  if (issuer.isEmpty) throw createError('ERR_CERT_NAME', { field: 'issuer', problem: 'is empty' })
  if (!subject.isEmpty) return
  const named = extensions.some(({ oid, critical }) => oid === '2.5.29.17' && critical)
  if (named && basicConstraints?.cA !== true) return
  throw createError('ERR_CERT_NAME', {
    field: 'subject',
    problem: 'is empty without a critical subjectAltName',
  })
}
