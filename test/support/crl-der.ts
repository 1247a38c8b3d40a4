// Revocation lists written field by field, unsigned: for parsers, which look at no signature. Each field can be replaced by
// any bytes; one that is undefined is left out.

import { concatBytes } from '../../packages/ingam/src/bytes/compare.ts'
import { TAG } from '../../packages/ingam/src/der/tag.ts'
import {
  writeBitString,
  writeElement,
  writeExplicit,
  writeInteger,
  writeSequence,
} from '../../packages/ingam/src/der/writer.ts'
import {
  CRITICAL,
  ED25519,
  writeExtensionField,
  writeRawInteger,
  writeRdn,
  writeUtc,
} from './certificate-der.ts'

const NOTHING = new Uint8Array(0)

export const CRL_OID = {
  authorityKeyIdentifier: '2.5.29.35',
  crlNumber: '2.5.29.20',
  deltaCrlIndicator: '2.5.29.27',
  issuingDistributionPoint: '2.5.29.28',
  freshestCrl: '2.5.29.46',
  reasonCode: '2.5.29.21',
  invalidityDate: '2.5.29.24',
  certificateIssuer: '2.5.29.29',
} as const

/** The Name that issues a list which says nothing else. */
export const LIST_ISSUER: Uint8Array = writeSequence(writeRdn('2.5.4.3', 'x'))

/** The fields of an entry as whole encodings. */
export interface EntryParts {
  readonly serialNumber?: Uint8Array
  readonly revocationDate?: Uint8Array
  /** Each a whole Extension; none leaves the field out. */
  readonly extensions?: readonly Uint8Array[]
  /** The whole field instead. */
  readonly extensionsField?: Uint8Array
  readonly after?: Uint8Array
}

/** DER of an entry: serial number 1, revoked on 1 May 2026. */
export function writeEntry(parts: EntryParts = {}): Uint8Array {
  const extensions = parts.extensions ?? []
  return writeSequence(
    parts.serialNumber ?? writeInteger(1),
    parts.revocationDate ?? writeUtc('260501000000Z'),
    parts.extensionsField ?? (extensions.length === 0 ? NOTHING : writeSequence(...extensions)),
    parts.after ?? NOTHING,
  )
}

/** DER of an entry of these content octets of a serial number. */
export function writeSerialEntry(...serialNumber: readonly number[]): Uint8Array {
  return writeEntry({ serialNumber: writeRawInteger(...serialNumber) })
}

/** reasonCode of this number. */
export function writeReasonCode(number: number): Uint8Array {
  return writeExtensionField(CRL_OID.reasonCode, writeElement(TAG.enumerated, Uint8Array.of(number)))
}

/** certificateIssuer, critical, of whole GeneralNames. */
export function writeCertificateIssuer(...names: readonly Uint8Array[]): Uint8Array {
  return writeExtensionField(CRL_OID.certificateIssuer, writeSequence(...names), CRITICAL)
}

/** The parts of a list as whole encodings. */
export interface CrlParts {
  readonly version?: Uint8Array | undefined
  readonly signature?: Uint8Array
  readonly issuer?: Uint8Array
  readonly thisUpdate?: Uint8Array
  readonly nextUpdate?: Uint8Array | undefined
  /** The entries, each a whole encoding; none leaves the field out. */
  readonly entries?: readonly Uint8Array[]
  /** The whole field instead. */
  readonly entriesField?: Uint8Array
  /** The extensions, each a whole encoding; none leaves the field out. */
  readonly extensions?: readonly Uint8Array[]
  /** The whole field instead. */
  readonly extensionsField?: Uint8Array
  /** What follows the last field of tbsCertList. */
  readonly afterFields?: Uint8Array
  readonly signatureAlgorithm?: Uint8Array
  readonly signatureValue?: Uint8Array
  /** What follows signatureValue within the list. */
  readonly afterSignature?: Uint8Array
}

/** DER of an unsigned version 2 list without entries and extensions, or with the parts replaced. */
export function writeUnsignedCrl(parts: CrlParts = {}): Uint8Array {
  return writeSequence(
    writeTbsCertList(parts),
    parts.signatureAlgorithm ?? parts.signature ?? ED25519,
    parts.signatureValue ?? writeBitString(new Uint8Array(64).fill(9)),
    parts.afterSignature ?? NOTHING,
  )
}

/** DER of the part that is signed. */
export function writeTbsCertList(parts: CrlParts = {}): Uint8Array {
  const { entries = [], extensions = [] } = parts
  return writeSequence(
    'version' in parts ? (parts.version ?? NOTHING) : writeInteger(1),
    parts.signature ?? ED25519,
    parts.issuer ?? LIST_ISSUER,
    parts.thisUpdate ?? writeUtc('260601000000Z'),
    'nextUpdate' in parts ? (parts.nextUpdate ?? NOTHING) : writeUtc('260608000000Z'),
    parts.entriesField ??
      (entries.length === 0 ? NOTHING : writeElement(TAG.sequence, concatBytes(...entries))),
    parts.extensionsField ??
      (extensions.length === 0 ? NOTHING : writeExplicit(0, writeSequence(...extensions))),
    parts.afterFields ?? NOTHING,
  )
}
