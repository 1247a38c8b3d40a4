// Certificates, names and extensions written field by field, unsigned: for parsers, which look at no signature. Each
// field can be replaced by any bytes. Also: the error that a call throws, and values of whatever type is asked for.

import { concatBytes } from '../../packages/ingam/src/bytes/compare.ts'
import { type DerReader, readAll } from '../../packages/ingam/src/der/reader.ts'
import { TAG } from '../../packages/ingam/src/der/tag.ts'
import {
  writeBitString,
  writeElement,
  writeExplicit,
  writeInteger,
  writeOctetString,
  writeOid,
  writeSequence,
  writeSet,
  writeString,
} from '../../packages/ingam/src/der/writer.ts'

/** The parts of a certificate as whole encodings; one that is undefined is left out. */
export interface CertificateParts {
  readonly version?: Uint8Array | undefined
  readonly serialNumber?: Uint8Array
  readonly signature?: Uint8Array
  readonly issuer?: Uint8Array
  readonly validity?: Uint8Array
  readonly subject?: Uint8Array
  readonly subjectPublicKeyInfo?: Uint8Array
  /** What stands between the key and the extensions. */
  readonly uniqueIdentifiers?: Uint8Array
  /** The extensions, each a whole encoding; none leaves the field out. */
  readonly extensions?: readonly Uint8Array[]
  /** The whole field instead. */
  readonly extensionsField?: Uint8Array
  /** What follows the last field of tbsCertificate. */
  readonly afterFields?: Uint8Array
  readonly signatureAlgorithm?: Uint8Array
  readonly signatureValue?: Uint8Array
  /** What follows signatureValue within the certificate. */
  readonly afterSignature?: Uint8Array
}

const NOTHING = new Uint8Array(0)
/** AlgorithmIdentifier of Ed25519. */
export const ED25519: Uint8Array = writeSequence(writeOid('1.3.101.112'))
/** An Ed25519 key of 32 equal bytes. */
export const KEY: Uint8Array = writeSequence(ED25519, writeBitString(new Uint8Array(32).fill(7)))

/** The [0] field of a version, by the number that is written: 2 for version 3. */
export function writeVersion(written: number): Uint8Array {
  return writeExplicit(0, writeInteger(written))
}

/** UTCTime from its text. */
export function writeUtc(text: string): Uint8Array {
  return writeString(TAG.utcTime, text)
}

/** One attribute in an RDN of its own. */
export function writeRdn(oid: string, text: string, tag: number = TAG.utf8String): Uint8Array {
  return writeSet(writeAttribute(oid, text, tag))
}

/** One attribute. */
export function writeAttribute(oid: string, text: string, tag: number = TAG.utf8String): Uint8Array {
  return writeSequence(writeOid(oid), writeString(tag, text))
}

/** One extension; `critical` are the bytes of that field. */
export function writeExtensionField(oid: string, value: Uint8Array, critical?: Uint8Array): Uint8Array {
  return writeSequence(writeOid(oid), critical ?? NOTHING, writeOctetString(value))
}

/** `critical` as TRUE. */
export const CRITICAL: Uint8Array = Uint8Array.of(0x01, 0x01, 0xff)
/** `critical` as FALSE, which is the default and not to be written. */
export const NOT_CRITICAL: Uint8Array = Uint8Array.of(0x01, 0x01, 0x00)

/** DER of an unsigned version 3 certificate without extensions, or with the parts replaced. */
export function writeUnsigned(parts: CertificateParts = {}): Uint8Array {
  const name = writeSequence(writeRdn('2.5.4.3', 'x'))
  const extensions = parts.extensions ?? []
  const usualField = extensions.length === 0 ? NOTHING : writeExplicit(3, writeSequence(...extensions))
  const tbsCertificate = writeSequence(
    'version' in parts ? (parts.version ?? NOTHING) : writeVersion(2),
    parts.serialNumber ?? writeInteger(1),
    parts.signature ?? ED25519,
    parts.issuer ?? name,
    parts.validity ?? writeSequence(writeUtc('260101000000Z'), writeUtc('270101000000Z')),
    parts.subject ?? name,
    parts.subjectPublicKeyInfo ?? KEY,
    parts.uniqueIdentifiers ?? NOTHING,
    parts.extensionsField ?? usualField,
    parts.afterFields ?? NOTHING,
  )
  return writeSequence(
    tbsCertificate,
    parts.signatureAlgorithm ?? parts.signature ?? ED25519,
    parts.signatureValue ?? writeBitString(new Uint8Array(64).fill(9)),
    parts.afterSignature ?? NOTHING,
  )
}

/** An INTEGER of exactly these content octets. */
export function writeRawInteger(...content: readonly number[]): Uint8Array {
  return writeElement(TAG.integer, Uint8Array.from(content))
}

/** Everything that a reader makes of the bytes; refuses what is left over. */
export function readWhole<T>(bytes: Uint8Array, read: (reader: DerReader) => T): T {
  return readAll(bytes, 'input', read)
}

/** Bytes one after the other. */
export function bytesOf(...parts: readonly (Uint8Array | readonly number[])[]): Uint8Array {
  return concatBytes(...parts.map((part) => Uint8Array.from(part)))
}

/** The error that the call throws; a call that throws nothing is an error itself. */
export function thrownBy(run: () => unknown): unknown {
  try {
    run()
  } catch (error) {
    return error
  }
  throw new Error('nothing was thrown')
}

/** The value as whatever type is asked for, to call functions as untyped callers can. */
export function untyped<T>(value: unknown): T
export function untyped(value: unknown): unknown {
  return value
}
