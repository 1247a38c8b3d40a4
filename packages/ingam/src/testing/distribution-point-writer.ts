// Layer: testing. Writes where revocation lists and responders are to be had, and what a list covers.

import { concatBytes } from '../bytes/compare.ts'
import { contextTag } from '../der/tag.ts'
import { writeElement, writeExplicit, writeImplicit, writeOid, writeSequence } from '../der/writer.ts'
import { checkOptionKeys, choice } from '../errors/options.ts'
import { OCSP_ACCESS } from '../x509/extensions/authority-info-access.ts'
import { REASON_FLAGS, type ReasonFlag } from '../x509/extensions/distribution-points.ts'

/** The name of a distribution point; at most one kind of them. */
export interface TestPointName {
  /** Full names that are URLs. */
  readonly urls?: readonly string[]
  /** DER of a Name that is the full name. */
  readonly directoryName?: Uint8Array
  /** Content of the RelativeDistinguishedName that follows the name of the lists' issuer. */
  readonly relativeName?: Uint8Array
}

/** One DistributionPoint. */
export interface TestDistributionPoint extends TestPointName {
  readonly reasons?: readonly ReasonFlag[]
  /** DER of a Name. */
  readonly cRLIssuer?: Uint8Array
}

/** What a list covers. */
export interface TestIssuingDistributionPoint extends TestPointName {
  readonly onlyContainsUserCerts?: boolean
  readonly onlyContainsCACerts?: boolean
  readonly onlyContainsAttributeCerts?: boolean
  readonly indirectCRL?: boolean
  readonly onlySomeReasons?: readonly ReasonFlag[]
}

const NAME_KEYS = ['urls', 'directoryName', 'relativeName'] as const

/** The content of cRLDistributionPoints or freshestCRL. */
export function writeDistributionPoints(points: readonly (string | TestDistributionPoint)[]): Uint8Array {
  return writeSequence(
    ...points.map((point) => {
      if (typeof point === 'string') return writeSequence(...writePointName({ urls: [point] }))
      checkOptionKeys('distribution point', point, [...NAME_KEYS, 'reasons', 'cRLIssuer'])
      const { reasons, cRLIssuer } = point
      return writeSequence(
        ...writePointName(point),
        ...writeReasons(1, reasons),
        ...(cRLIssuer === undefined
          ? []
          : [writeElement(contextTag(2, 'constructed'), writeDirectoryName(cRLIssuer))]),
      )
    }),
  )
}

/** The content of issuingDistributionPoint. */
export function writeIssuingDistributionPoint(point: TestIssuingDistributionPoint): Uint8Array {
  const known = ['onlyContainsUserCerts', 'onlyContainsCACerts', 'onlyContainsAttributeCerts'] as const
  checkOptionKeys('issuingDistributionPoint', point, [
    ...NAME_KEYS,
    ...known,
    'indirectCRL',
    'onlySomeReasons',
  ])
  return writeSequence(
    ...writePointName(point),
    ...writeFlag(1, point.onlyContainsUserCerts),
    ...writeFlag(2, point.onlyContainsCACerts),
    ...writeReasons(3, point.onlySomeReasons),
    ...writeFlag(4, point.indirectCRL),
    ...writeFlag(5, point.onlyContainsAttributeCerts),
  )
}

/** The content of authorityInfoAccess with responders at these URLs. */
export function writeResponderUrls(urls: readonly string[]): Uint8Array {
  return writeSequence(...urls.map((url) => writeSequence(writeOid(OCSP_ACCESS), writeUrl(url))))
}

/** A GeneralName that is a directoryName, from DER of the Name. */
export function writeDirectoryName(name: Uint8Array): Uint8Array {
  return writeExplicit(4, name)
}

function writePointName({ urls, directoryName, relativeName }: TestPointName): readonly Uint8Array[] {
  const constructed = contextTag(0, 'constructed')
  const names = [...(urls ?? []).map(writeUrl), ...(directoryName ? [writeDirectoryName(directoryName)] : [])]
  if (names.length > 0) return [writeExplicit(0, writeElement(constructed, concatBytes(...names)))]
  return relativeName ? [writeExplicit(0, writeElement(contextTag(1, 'constructed'), relativeName))] : []
}

function writeUrl(url: string): Uint8Array {
  return writeImplicit(6, new TextEncoder().encode(url))
}

// X.690 §11.1, §11.5: TRUE is FF, and the default FALSE is not written.
function writeFlag(number: number, flag: boolean | undefined): readonly Uint8Array[] {
  return flag === true ? [writeImplicit(number, Uint8Array.of(0xff))] : []
}

// RFC 5280 §4.2.1.13: bit 0 is unused; X.690 §11.2.2: the last bit is set.
function writeReasons(number: number, reasons: readonly ReasonFlag[] | undefined): readonly Uint8Array[] {
  if (reasons === undefined) return []
  const bits = reasons.map((reason) => REASON_FLAGS.indexOf(choice('reasons', reason, REASON_FLAGS)) + 1)
  if (bits.length === 0) return [writeImplicit(number, Uint8Array.of(0))]
  const last = Math.max(...bits)
  const bytes = new Uint8Array((last >> 3) + 1)
  for (const bit of bits) bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) | (0x80 >> (bit & 7))
  return [writeImplicit(number, concatBytes(Uint8Array.of(7 - (last & 7)), bytes))]
}
