// Layer: x509. Certificate revocation lists (RFC 5280 §5): every field and extension of the profile, entries of any number
// as sorted offsets (crl-entries.ts). What comes out is well-formed and unvouched.

import { equalBytes } from '../bytes/compare.ts'
import { type DerReader, readAll, valueError } from '../der/reader.ts'
import { contextTag, TAG } from '../der/tag.ts'
import { readTime } from '../der/time.ts'
import { createError, isPkiError } from '../errors/errors.ts'
import { kindOf } from '../errors/options.ts'
import { type AlgorithmIdentifier, readAlgorithmIdentifier } from './algorithm.ts'
import { EntryIndex, indexEntries } from './crl-entries.ts'
import type { RevokedCertificate } from './crl-entry.ts'
import { twice, wrongExtension } from './crl-extensions.ts'
import { type Extension, readExtensions } from './extension.ts'
import {
  type DistributionPoint,
  type IssuingDistributionPoint,
  readDistributionPoints,
  readIssuingDistributionPoint,
} from './extensions/distribution-points.ts'
import { type AuthorityKeyIdentifier, readAuthorityKeyIdentifier } from './extensions/key-identifiers.ts'
import { withInstants } from './instants.ts'
import { type Name, readName } from './name.ts'
import { isLongNumber } from './serial-number.ts'

export type { RevokedCertificate } from './crl-entry.ts'
export type { CrlReason } from './crl-reason.ts'

/** A parsed list that nobody has vouched for. Byte fields are views on what was read: for parseCrl a private copy. */
export interface CertificateList {
  readonly kind: 'crl'
  readonly der: Uint8Array
  readonly tbsCertList: Uint8Array
  readonly version: 1 | 2
  readonly signatureAlgorithm: AlgorithmIdentifier
  readonly issuer: Name
  readonly thisUpdate: Date
  readonly nextUpdate?: Date
  readonly extensions: readonly Extension[]
  readonly authorityKeyIdentifier?: AuthorityKeyIdentifier
  /** Content octets of the INTEGER, not negative. */
  readonly crlNumber?: Uint8Array
  /** BaseCRLNumber; where present, the list is a delta. */
  readonly deltaCrlIndicator?: Uint8Array
  readonly issuingDistributionPoint?: IssuingDistributionPoint
  readonly freshestCrl?: readonly DistributionPoint[]
  readonly signatureValue: Uint8Array
  /** OIDs of critical extensions, of the list and of any entry, that are not understood; such a list proves nothing good. */
  readonly unknownCritical: readonly string[]
  /** Number of entries. */
  readonly size: number
  /**
   * The entry for the certificate of this issuer and serial number, never of a serial number alone; the last of several.
   *
   * @param serialNumber content octets of the INTEGER
   */
  readonly find: (issuer: Name, serialNumber: Uint8Array) => RevokedCertificate | undefined
}

// LIMIT: the largest lists of public CAs have some 100 MiB; offsets take four bytes.
const MAX_BYTES = 1_073_741_824
// LIMIT: issuer, algorithm and extensions of lists in use have some hundred bytes; these are read in one step.
const MAX_FIELD_BYTES = 65_536
// LIMIT: lists in use have two to five; bounds the look for repeated ones.
const MAX_EXTENSIONS = 64

/**
 * Reads a list. **Nothing is verified**: not its signature, its dates or who issued it. A list of a million entries takes
 * seconds: readCrl of `ingam/node` reads it in slices.
 *
 * @param der DER bytes of one CertificateList, no PEM, at most 1 GiB; copied, so later changes have no effect
 * @throws {DecodeError} ERR_DER_* where it is not DER; {CertificateError} ERR_CRL_* where it breaks RFC 5280
 * @see RFC 5280 §5.1
 */
export function parseCrl(der: Uint8Array): CertificateList {
  checkInput(der)
  const steps = readInSteps(new Uint8Array(der))
  let step = steps.next()
  while (step.done !== true) step = steps.next()
  return step.value
}

/** Reads a list step by step; each step is a bounded piece of work. The bytes are kept as they are. */
export function* readInSteps(der: Uint8Array): Generator<void, CertificateList, void> {
  checkInput(der)
  const { fields, entries } = readAll(der, 'CertificateList', (outer) =>
    outer.readWithin(TAG.sequence, 'CertificateList', readOuter),
  )
  const index = entries === undefined ? EntryIndex.NONE : yield* indexEntries(der, entries.from, entries.to)
  return toList(der, fields, index)
}

function checkInput(der: Uint8Array): void {
  if (!(der instanceof Uint8Array)) {
    throw createError('ERR_ARG_TYPE', {
      argument: 'der',
      expected: 'a Uint8Array of DER',
      found: kindOf(der),
    })
  }
  if (der.length > MAX_BYTES) {
    const limit = { limit: 'size', maximum: MAX_BYTES, found: der.length }
    throw createError('ERR_DER_LIMIT', { reading: 'CertificateList', offset: 0, ...limit })
  }
}

interface Fields extends DecodedExtensions {
  readonly tbsCertList: Uint8Array
  readonly version: 1 | 2
  readonly signatureAlgorithm: AlgorithmIdentifier
  readonly issuer: Name
  readonly thisUpdate: number
  readonly nextUpdate: number | undefined
  readonly extensions: readonly Extension[]
  readonly signatureValue: Uint8Array
}

interface Outer {
  readonly fields: Fields
  /** Where the content of revokedCertificates lies. */
  readonly entries: { readonly from: number; readonly to: number } | undefined
}

function readOuter(reader: DerReader): Outer {
  const start = reader.offset
  const { signature, entries, ...tbs } = reader.readWithin(TAG.sequence, 'tbsCertList', readTbsCertList)
  const tbsCertList = reader.since(start)
  const signatureAlgorithm = readAlgorithmIdentifier(reader, 'signatureAlgorithm')
  const signatureValue = reader.readBitString('signatureValue')
  // RFC 5280 §5.1.1.2: the same algorithm identifier, to the byte.
  if (!equalBytes(signature.der, signatureAlgorithm.der)) {
    const problem = `${signature.name} within tbsCertList, ${signatureAlgorithm.name} outside`
    throw createError('ERR_CRL_FIELD', { field: 'signatureAlgorithm', problem })
  }
  return { fields: { ...tbs, tbsCertList, signatureAlgorithm, signatureValue }, entries }
}

type TbsFields = Omit<Fields, 'tbsCertList' | 'signatureAlgorithm' | 'signatureValue'> & {
  readonly signature: AlgorithmIdentifier
  readonly entries: Outer['entries']
}

function readTbsCertList(reader: DerReader): TbsFields {
  const version = readVersion(reader)
  reader.limitNext(MAX_FIELD_BYTES, 'signature')
  const signature = readAlgorithmIdentifier(reader, 'signature')
  reader.limitNext(MAX_FIELD_BYTES, 'issuer')
  const issuer = readName(reader, 'issuer')
  // RFC 5280 §5.1.2.3
  if (issuer.isEmpty) throw createError('ERR_CRL_FIELD', { field: 'issuer', problem: 'is empty' })
  const thisUpdate = readTime(reader, 'thisUpdate')
  const tag = reader.peekTag()
  const isTime = tag === TAG.utcTime || tag === TAG.generalizedTime
  const nextUpdate = isTime ? readTime(reader, 'nextUpdate') : undefined
  const entries = readEntriesPlace(reader)
  const extensions = readListExtensions(reader, version)
  return {
    version,
    signature,
    issuer,
    thisUpdate,
    nextUpdate,
    entries,
    extensions,
    ...decodeExtensions(extensions),
  }
}

// RFC 5280 §5.1.2.1: optional, and only v2 is written.
function readVersion(reader: DerReader): 1 | 2 {
  if (reader.peekTag() !== TAG.integer) return 1
  const version = reader.readSmallInteger('version')
  if (version === 1) return 2
  throw createError('ERR_CRL_FIELD', { field: 'version', problem: `unknown value ${version}` })
}

function readEntriesPlace(reader: DerReader): Outer['entries'] {
  if (reader.peekTag() !== TAG.sequence) return undefined
  // DEVIATION: RFC 5280 §5.1.2.6 has the field absent where there are no entries. An empty one is read all the same: it says
  // plainly that nothing is revoked, and CAs above CreateCRL of Go's crypto/x509, and older ones above Botan, write it.
  const { length } = reader.readContent(TAG.sequence, 'revokedCertificates')
  return { from: reader.offset - length, to: reader.offset }
}

function readListExtensions(reader: DerReader, version: 1 | 2): readonly Extension[] {
  const tag = contextTag(0, 'constructed')
  if (reader.peekTag() !== tag) return Object.freeze([])
  // RFC 5280 §5.1.2.7
  if (version !== 2)
    throw createError('ERR_CRL_FIELD', { field: 'version', problem: 'extensions need version 2' })
  reader.limitNext(MAX_FIELD_BYTES, 'crlExtensions')
  return reader.readWithin(tag, 'crlExtensions', (tagged) =>
    tagged.readWithin(TAG.sequence, 'crlExtensions', (list) =>
      readExtensions(list, { reading: 'crlExtensions', maximum: MAX_EXTENSIONS, twice }),
    ),
  )
}

type DecodedExtensions = Pick<
  CertificateList,
  | 'authorityKeyIdentifier'
  | 'crlNumber'
  | 'deltaCrlIndicator'
  | 'issuingDistributionPoint'
  | 'freshestCrl'
  | 'unknownCritical'
>

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

function decodeExtensions(extensions: readonly Extension[]): DecodedExtensions {
  const unknownCritical: string[] = []
  const decoded: Mutable<DecodedExtensions> = { unknownCritical }
  for (const extension of extensions) {
    const { oid, critical } = extension
    try {
      const isKnown = decodeExtension(extension, decoded)
      if (!isKnown && critical) unknownCritical.push(oid)
    } catch (cause) {
      if (!isPkiError(cause) || cause.code === 'ERR_CRL_EXTENSION') throw cause
      throw wrongExtension(oid, cause.message, cause)
    }
  }
  // RFC 5280 §5.2.6
  if (decoded.deltaCrlIndicator !== undefined && decoded.freshestCrl !== undefined)
    throw wrongExtension('2.5.29.46', 'stands in a delta')
  return decoded
}

// Whether the extension is one of the profile's.
function decodeExtension({ oid, critical, value }: Extension, decoded: Mutable<DecodedExtensions>): boolean {
  switch (oid) {
    case '2.5.29.35':
      decoded.authorityKeyIdentifier = readAll(value, 'AuthorityKeyIdentifier', readAuthorityKeyIdentifier)
      return true
    case '2.5.29.20':
      decoded.crlNumber = readAll(value, 'CRLNumber', readNumber)
      return true
    case '2.5.29.27':
      // RFC 5280 §5.2.4
      if (!critical) throw wrongExtension(oid, 'is not critical')
      decoded.deltaCrlIndicator = readAll(value, 'BaseCRLNumber', readNumber)
      return true
    case '2.5.29.28':
      // RFC 5280 §5.2.5
      if (!critical) throw wrongExtension(oid, 'is not critical')
      decoded.issuingDistributionPoint = readAll(
        value,
        'IssuingDistributionPoint',
        readIssuingDistributionPoint,
      )
      return true
    case '2.5.29.46':
      decoded.freshestCrl = readAll(value, 'FreshestCRL', readDistributionPoints)
      return true
    default:
      return false
  }
}

// RFC 5280 §5.2.3: not negative, at most 20 octets.
function readNumber(reader: DerReader): Uint8Array {
  const start = reader.offset
  const number = reader.readInteger('CRLNumber')
  if ((number[0] ?? 0) >= 0x80 || isLongNumber(number))
    throw valueError('CRLNumber', start, 'a number of at most 20 octets that is not negative', 'another')
  return number
}

function toList(der: Uint8Array, fields: Fields, entries: EntryIndex): CertificateList {
  const { thisUpdate, nextUpdate, version, issuingDistributionPoint, ...rest } = fields
  // RFC 5280 §5.1.2.6, §5.3.3
  if (version === 1 && entries.hasExtensions)
    throw createError('ERR_CRL_FIELD', { field: 'version', problem: 'extensions need version 2' })
  if (entries.namesIssuers && issuingDistributionPoint?.indirectCRL !== true)
    throw wrongExtension('2.5.29.29', 'stands in a list that is not indirect')
  const unknownCritical = Object.freeze([...new Set([...fields.unknownCritical, ...entries.unknownCritical])])
  const list = {
    ...rest,
    kind: 'crl' as const,
    der,
    version,
    ...(issuingDistributionPoint && { issuingDistributionPoint }),
    unknownCritical,
    size: entries.size,
    find: (issuer: Name, serialNumber: Uint8Array) => entries.find(fields.issuer, issuer, serialNumber),
  }
  return nextUpdate === undefined
    ? withInstants(list, { thisUpdate })
    : withInstants(list, { thisUpdate, nextUpdate })
}
