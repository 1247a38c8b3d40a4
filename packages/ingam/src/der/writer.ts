// Layer: der. A small writer of DER for keys and for test certificates; what it writes, the reader reads.

import { concatBytes } from '../bytes/compare.ts'
import { writeOidContent } from './oid.ts'
import { contextTag, TAG } from './tag.ts'

/** One element of any tag. */
export function writeElement(tag: number, content: Uint8Array): Uint8Array {
  return concatBytes(Uint8Array.of(tag), lengthOctets(content.length), content)
}

export function writeSequence(...parts: readonly Uint8Array[]): Uint8Array {
  return writeElement(TAG.sequence, concatBytes(...parts))
}

export function writeSet(...parts: readonly Uint8Array[]): Uint8Array {
  return writeElement(TAG.set, concatBytes(...parts))
}

/** An INTEGER from a non-negative number, or from big-endian bytes of a non-negative one. */
export function writeInteger(value: number | Uint8Array): Uint8Array {
  const bytes = typeof value === 'number' ? bytesOf(value) : value
  let start = 0
  while (start < bytes.length - 1 && bytes[start] === 0) start++
  const significant = bytes.subarray(start)
  const padded = (significant[0] ?? 0) >= 0x80 ? concatBytes(Uint8Array.of(0), significant) : significant
  return writeElement(TAG.integer, padded.length === 0 ? Uint8Array.of(0) : padded)
}

export function writeBoolean(value: 'true' | 'false'): Uint8Array {
  return writeElement(TAG.boolean, Uint8Array.of(value === 'true' ? 0xff : 0x00))
}

export function writeOid(oid: string): Uint8Array {
  return writeElement(TAG.oid, writeOidContent(oid))
}

export function writeNull(): Uint8Array {
  return writeElement(TAG.null, new Uint8Array(0))
}

export function writeOctetString(bytes: Uint8Array): Uint8Array {
  return writeElement(TAG.octetString, bytes)
}

export function writeBitString(bytes: Uint8Array, unusedBits: number = 0): Uint8Array {
  return writeElement(TAG.bitString, concatBytes(Uint8Array.of(unusedBits), bytes))
}

/** A string type by its tag; UTF-8 bytes, which for the ASCII types are the same. */
export function writeString(tag: number, text: string): Uint8Array {
  return writeElement(tag, new TextEncoder().encode(text))
}

/** UTCTime to 2049, GeneralizedTime from 2050 (RFC 5280 §4.1.2.5). */
export function writeTime(date: Date): Uint8Array {
  const digits = date.toISOString().replaceAll(/[-:T]|\.\d+/gu, '')
  const year = date.getUTCFullYear()
  if (year >= 1950 && year < 2050) return writeString(TAG.utcTime, digits.slice(2))
  return writeString(TAG.generalizedTime, digits)
}

/** GeneralizedTime, whatever the year. */
export function writeGeneralizedTime(date: Date): Uint8Array {
  return writeString(TAG.generalizedTime, date.toISOString().replaceAll(/[-:T]|\.\d+/gu, ''))
}

/** An explicit context tag around an element. */
export function writeExplicit(number: number, element: Uint8Array): Uint8Array {
  return writeElement(contextTag(number, 'constructed'), element)
}

/** An implicit context tag in place of a primitive element's own. */
export function writeImplicit(number: number, content: Uint8Array): Uint8Array {
  return writeElement(contextTag(number, 'primitive'), content)
}

function lengthOctets(length: number): Uint8Array {
  if (length < 0x80) return Uint8Array.of(length)
  const bytes = bytesOf(length)
  return concatBytes(Uint8Array.of(0x80 | bytes.length), bytes)
}

function bytesOf(value: number): Uint8Array {
  const bytes: number[] = []
  for (let rest = value; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256)
  return Uint8Array.from(bytes.length === 0 ? [0] : bytes)
}
