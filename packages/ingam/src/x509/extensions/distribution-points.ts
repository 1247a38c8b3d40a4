// Layer: x509. Where revocation lists are to be had, and what a list covers: cRLDistributionPoints and freshestCRL (RFC
// 5280 §4.2.1.13, §4.2.1.15), issuingDistributionPoint (§5.2.5). Shape only; what covers what is decided in revocation/.

import { type DerReader, nonCanonical, valueError } from '../../der/reader.ts'
import { contextTag, TAG } from '../../der/tag.ts'
import { writeElement, writeSequence } from '../../der/writer.ts'
import { type GeneralName, MAX_NAMES_OF_ONE, readGeneralNames } from '../general-name.ts'
import { parseName } from '../name.ts'

/** The reasons that can partition lists (RFC 5280 §4.2.1.13, ReasonFlags), bit 1 first. */
export const REASON_FLAGS = [
  'keyCompromise',
  'cACompromise',
  'affiliationChanged',
  'superseded',
  'cessationOfOperation',
  'certificateHold',
  'privilegeWithdrawn',
  'aACompromise',
] as const

/** One reason of a partition. */
export type ReasonFlag = (typeof REASON_FLAGS)[number]

/** DistributionPointName: full names, or the last part of the directory name of the lists' issuer. */
export type DistributionPointName =
  | { readonly kind: 'fullName'; readonly names: readonly GeneralName[] }
  | { readonly kind: 'nameRelativeToCRLIssuer'; readonly rdn: Uint8Array }

/** One DistributionPoint. */
export interface DistributionPoint {
  readonly distributionPoint?: DistributionPointName
  /** Absent: all of them. */
  readonly reasons?: readonly ReasonFlag[]
  /** Absent: the issuer of the certificate. */
  readonly cRLIssuer?: readonly GeneralName[]
}

/** Which certificates and reasons a list covers. */
export interface IssuingDistributionPoint {
  readonly distributionPoint?: DistributionPointName
  readonly onlyContainsUserCerts: boolean
  readonly onlyContainsCACerts: boolean
  readonly onlyContainsAttributeCerts: boolean
  readonly indirectCRL: boolean
  /** Absent: all of them. */
  readonly onlySomeReasons?: readonly ReasonFlag[]
  /** The extension's value: equal for two lists of one scope (RFC 5280 §5.2.4). */
  readonly der: Uint8Array
}

// LIMIT: certificates in use name one to four points, partitioned lists a dozen.
const MAX_POINTS = 64

/** Reads the value of cRLDistributionPoints or freshestCRL. */
export function readDistributionPoints(reader: DerReader): readonly DistributionPoint[] {
  return reader.readWithin(TAG.sequence, 'CRLDistributionPoints', (inner) => {
    if (inner.isEmpty) throw valueError('CRLDistributionPoints', inner.offset, 'at least one point', 'none')
    const points: DistributionPoint[] = []
    while (!inner.isEmpty) {
      if (points.length === MAX_POINTS) {
        const expected = `at most ${MAX_POINTS} points`
        throw valueError('CRLDistributionPoints', inner.offset, expected, 'more')
      }
      points.push(readDistributionPoint(inner))
    }
    return Object.freeze(points)
  })
}

function readDistributionPoint(reader: DerReader): DistributionPoint {
  return reader.readWithin(TAG.sequence, 'DistributionPoint', (inner) => {
    const start = inner.offset
    const distributionPoint = readPointName(inner)
    const reasons = readReasons(inner, 1, 'reasons')
    const cRLIssuer = readCrlIssuer(inner)
    // RFC 5280 §4.2.1.13: never reasons alone, and a point has a name or another issuer.
    if (distributionPoint === undefined && cRLIssuer === undefined)
      throw valueError('DistributionPoint', start, 'distributionPoint or cRLIssuer', 'neither')
    return Object.freeze({
      ...(distributionPoint && { distributionPoint }),
      ...(reasons && { reasons }),
      ...(cRLIssuer && { cRLIssuer }),
    })
  })
}

function readCrlIssuer(reader: DerReader): readonly GeneralName[] | undefined {
  const tag = contextTag(2, 'constructed')
  if (reader.peekTag() !== tag) return undefined
  return reader.readWithin(tag, 'cRLIssuer', (inner) =>
    readGeneralNames(inner, 'cRLIssuer', MAX_NAMES_OF_ONE),
  )
}

/** Reads the value of issuingDistributionPoint. */
export function readIssuingDistributionPoint(reader: DerReader): IssuingDistributionPoint {
  const start = reader.offset
  const fields = reader.readWithin(TAG.sequence, 'IssuingDistributionPoint', (inner) => {
    const point = readPointName(inner)
    const onlyContainsUserCerts = readFlag(inner, 1, 'onlyContainsUserCerts')
    const onlyContainsCACerts = readFlag(inner, 2, 'onlyContainsCACerts')
    const onlySomeReasons = readReasons(inner, 3, 'onlySomeReasons')
    const indirectCRL = readFlag(inner, 4, 'indirectCRL')
    const onlyContainsAttributeCerts = readFlag(inner, 5, 'onlyContainsAttributeCerts')
    return {
      ...(point && { distributionPoint: point }),
      onlyContainsUserCerts,
      onlyContainsCACerts,
      onlyContainsAttributeCerts,
      indirectCRL,
      ...(onlySomeReasons && { onlySomeReasons }),
    }
  })
  // RFC 5280 §5.2.5: at most one of the three.
  const { onlyContainsUserCerts, onlyContainsCACerts, onlyContainsAttributeCerts } = fields
  if ([onlyContainsUserCerts, onlyContainsCACerts, onlyContainsAttributeCerts].filter(Boolean).length > 1) {
    const expected =
      'at most one of onlyContainsUserCerts, onlyContainsCACerts and onlyContainsAttributeCerts'
    throw valueError('IssuingDistributionPoint', start, expected, 'several')
  }
  return Object.freeze({ ...fields, der: reader.since(start) })
}

// [0] EXPLICIT in effect, because DistributionPointName is a CHOICE.
function readPointName(reader: DerReader): DistributionPointName | undefined {
  const tag = contextTag(0, 'constructed')
  if (reader.peekTag() !== tag) return undefined
  return reader.readWithin(tag, 'distributionPoint', (choice) => {
    if (choice.peekTag() === contextTag(1, 'constructed')) {
      const rdn = choice.readContent(contextTag(1, 'constructed'), 'nameRelativeToCRLIssuer')
      parseName(writeSequence(writeElement(TAG.set, rdn)), 'nameRelativeToCRLIssuer')
      return Object.freeze({ kind: 'nameRelativeToCRLIssuer', rdn })
    }
    const names = choice.readWithin(contextTag(0, 'constructed'), 'fullName', (inner) =>
      readGeneralNames(inner, 'fullName', MAX_NAMES_OF_ONE),
    )
    return Object.freeze({ kind: 'fullName', names })
  })
}

// X.690 §11.1, §11.5: TRUE is FF, and the default FALSE is not written.
function readFlag(reader: DerReader, number: number, reading: string): boolean {
  const tag = contextTag(number, 'primitive')
  if (reader.peekTag() !== tag) return false
  const start = reader.offset
  const content = reader.readContent(tag, reading)
  if (content.length === 1 && content[0] === 0xff) return true
  throw nonCanonical(
    reading,
    start,
    'TRUE is one byte FF, and FALSE is not written',
    `${content.length} bytes`,
  )
}

function readReasons(reader: DerReader, number: 1 | 3, reading: string): readonly ReasonFlag[] | undefined {
  const tag = contextTag(number, 'primitive')
  if (reader.peekTag() !== tag) return undefined
  const start = reader.offset
  const { bytes, unusedBits } = reader.readBits(reading, tag)
  const length = bytes.length * 8 - unusedBits
  // X.690 §11.2.2: a named bit list ends with a bit that is set. Bit 0 is unused, and there are nine.
  if (length > 0 && (((bytes.at(-1) ?? 0) >> unusedBits) & 1) === 0)
    throw nonCanonical(reading, start, 'a named bit list ends with a one', 'a zero')
  if (length > REASON_FLAGS.length + 1)
    throw valueError(reading, start, `at most ${REASON_FLAGS.length + 1} bits`, String(length))
  return Object.freeze(
    REASON_FLAGS.filter((_, index) => (((bytes[(index + 1) >> 3] ?? 0) << ((index + 1) & 7)) & 0x80) !== 0),
  )
}
