// Layer: x509. One entry of a revocation list (RFC 5280 §5.1.2.6, §5.3): serial number, date, and the extensions of the profile.
// Refused: what is malformed, repeated or of no meaning; critical extensions that are not understood are collected.

import { DerReader, readAll, valueError } from '../der/reader.ts'
import { TAG } from '../der/tag.ts'
import { readGeneralizedTime, readTime } from '../der/time.ts'
import { createError, isPkiError } from '../errors/errors.ts'
import { twice, wrongExtension } from './crl-extensions.ts'
import { CRL_REASONS, type CrlReason } from './crl-reason.ts'
import { createScannedEntry, scanEntry } from './crl-scan.ts'
import { type Extension, readExtensions } from './extension.ts'
import { MAX_NAMES_OF_ONE, readGeneralNames } from './general-name.ts'
import type { Name } from './name.ts'
import { isLongNumber, longNumberProblem } from './serial-number.ts'

/** One entry of a list. */
export interface RevokedCertificate {
  /** Content octets of the INTEGER. */
  readonly serialNumber: Uint8Array
  readonly revocationDate: Date
  /** `unspecified` where none is given. */
  readonly reason: CrlReason
  readonly invalidityDate?: Date | undefined
}

/** What an entry says. */
export interface Entry {
  readonly serialNumber: Uint8Array
  readonly revocationDate: number
  readonly extensions: readonly Extension[]
  readonly reason?: CrlReason
  readonly invalidityDate?: number
  /** The extension's value as it stands; `readCertificateIssuer` reads it, since the same one may come a thousand times. */
  readonly certificateIssuer?: Uint8Array
  readonly unknownCritical: readonly string[]
}

// LIMIT: entries in use have some hundred bytes at most; bounds the names of one.
const MAX_ENTRY_BYTES = 16_384

/** Reads an entry of whatever shape, strictly. */
export function readEntry(reader: DerReader): Entry {
  reader.limitNext(MAX_ENTRY_BYTES, 'revokedCertificate')
  return reader.readWithin(TAG.sequence, 'revokedCertificate', (inner) => {
    const serialNumber = inner.readInteger('userCertificate')
    // RFC 5280 §4.1.2.2: at most 20 octets, as in certificates.
    if (isLongNumber(serialNumber)) {
      const problem = longNumberProblem(serialNumber)
      throw createError('ERR_CRL_FIELD', { field: 'userCertificate', problem })
    }
    const revocationDate = readTime(inner, 'revocationDate')
    if (inner.isEmpty) return { serialNumber, revocationDate, extensions: NONE, unknownCritical: NONE }
    const extensions = inner.readWithin(TAG.sequence, 'crlEntryExtensions', readEntryExtensions)
    return { serialNumber, revocationDate, extensions, ...decodeExtensions(extensions) }
  })
}

const NONE: readonly never[] = Object.freeze([])
// LIMIT: entries in use have one or two; bounds the look for repeated ones.
const MAX_EXTENSIONS = 16

function readEntryExtensions(list: DerReader): readonly Extension[] {
  return readExtensions(list, { reading: 'crlEntryExtensions', maximum: MAX_EXTENSIONS, twice })
}

type DecodedExtensions = Pick<Entry, 'reason' | 'invalidityDate' | 'certificateIssuer' | 'unknownCritical'>
type Mutable<T> = { -readonly [K in keyof T]: T[K] }

function decodeExtensions(extensions: readonly Extension[]): DecodedExtensions {
  const unknownCritical: string[] = []
  const decoded: Mutable<DecodedExtensions> = { unknownCritical }
  for (const { oid, critical, value } of extensions) {
    try {
      switch (oid) {
        case '2.5.29.21':
          decoded.reason = readAll(value, 'CRLReason', readReason)
          break
        case '2.5.29.24':
          decoded.invalidityDate = readAll(value, 'InvalidityDate', (reader) =>
            readGeneralizedTime(reader, 'InvalidityDate'),
          )
          break
        case '2.5.29.29':
          // RFC 5280 §5.3.3
          if (!critical) throw wrongExtension(oid, 'is not critical')
          decoded.certificateIssuer = value
          break
        default:
          if (critical) unknownCritical.push(oid)
      }
    } catch (cause) {
      if (!isPkiError(cause) || cause.code === 'ERR_CRL_EXTENSION') throw cause
      throw wrongExtension(oid, cause.message, cause)
    }
  }
  return decoded
}

function readReason(reader: DerReader): CrlReason {
  const start = reader.offset
  const number = reader.readSmallInteger('CRLReason', TAG.enumerated)
  const reason = CRL_REASONS[number]
  if (reason === undefined)
    throw valueError('CRLReason', start, 'a reason of RFC 5280 §5.3.1', String(number))
  return reason
}

/** Reads the value of certificateIssuer as the directory names that are among its names. */
export function readCertificateIssuer(value: Uint8Array): readonly Name[] {
  try {
    return readAll(value, 'CertificateIssuer', readDirectoryNames)
  } catch (cause) {
    if (!isPkiError(cause)) throw cause
    throw wrongExtension('2.5.29.29', cause.message, cause)
  }
}

function readDirectoryNames(reader: DerReader): readonly Name[] {
  const start = reader.offset
  const names = reader.readWithin(TAG.sequence, 'CertificateIssuer', (inner) =>
    readGeneralNames(inner, 'CertificateIssuer', MAX_NAMES_OF_ONE),
  )
  const directoryNames = names.flatMap((name) => (name.kind === 'directoryName' ? [name.name] : []))
  // RFC 5280 §5.3.3: the issuer's distinguished name is always there. An entry without would speak of nobody, and whoever
  // was revoked by it would pass for good.
  if (directoryNames.length === 0) throw valueError('CertificateIssuer', start, 'a directory name', 'none')
  return directoryNames
}

// An entry that a look-up found, as it is handed out.
class FoundEntry implements RevokedCertificate {
  readonly serialNumber: Uint8Array
  readonly reason: CrlReason
  readonly #revocationDate: number
  readonly #invalidityDate: number | undefined

  constructor({ serialNumber, revocationDate, reason = 'unspecified', invalidityDate }: EntryFacts) {
    this.serialNumber = serialNumber
    this.reason = reason
    this.#revocationDate = revocationDate
    this.#invalidityDate = invalidityDate
    Object.freeze(this)
  }

  // A fresh Date each time: what one reader does to it never reaches another's judgement.
  get revocationDate(): Date {
    return new Date(this.#revocationDate)
  }

  get invalidityDate(): Date | undefined {
    return this.#invalidityDate === undefined ? undefined : new Date(this.#invalidityDate)
  }

  // A getter of a class is no member of its own, and JSON would not have the dates.
  toJSON(): RevokedCertificate {
    const { serialNumber, reason, revocationDate, invalidityDate } = this
    return { serialNumber, reason, revocationDate, ...(invalidityDate && { invalidityDate }) }
  }
}

type EntryFacts = Pick<Entry, 'serialNumber' | 'revocationDate' | 'reason' | 'invalidityDate'>

// Used within one call, which nothing interrupts.
const room = createScannedEntry()

/** The entry at an offset, which was read before. */
export function revokedAt(der: Uint8Array, offset: number, limit: number): RevokedCertificate {
  if (!scanEntry(der, offset, limit, room))
    return new FoundEntry(readEntry(new DerReader(der, offset, limit, 2)))
  const serialNumber = der.subarray(room.serialFrom, room.serialTo)
  const reason = CRL_REASONS[room.reason] ?? 'unspecified'
  return new FoundEntry({ serialNumber, revocationDate: room.revocationDate, reason })
}
