// Layer: der. A strict reader of DER (X.690 §8, §10, §11): definite minimal lengths, single-byte tags, minimal
// integers, exact booleans, no trailing bytes, bounded size and depth. Every refusal names what was read, and where.

import { createError } from '../errors/errors.ts'
import { readOidBetween } from './oid.ts'
import { TAG, tagName } from './tag.ts'

/** LIMIT: X.509 nests about a dozen deep with every extension; the reader never recurses by itself. */
export const MAX_DEPTH = 32

// LIMIT: 4 GiB; the largest that is read, revocation lists, end at 1 GiB.
const MAX_LENGTH_BYTES = 4

/** One element: its tag, its content, and its whole encoding as views on the input, made when they are asked for. */
export class DerElement {
  readonly tag: number
  readonly #bytes: Uint8Array
  readonly #start: number
  readonly #from: number
  readonly #end: number

  constructor(tag: number, bytes: Uint8Array, start: number, from: number, end: number) {
    this.tag = tag
    this.#bytes = bytes
    this.#start = start
    this.#from = from
    this.#end = end
  }

  get content(): Uint8Array {
    return this.#bytes.subarray(this.#from, this.#end)
  }

  get der(): Uint8Array {
    return this.#bytes.subarray(this.#start, this.#end)
  }
}

/** Reads bytes as one thing and refuses what is left over. Offsets in refusals count from the start of `bytes`. */
export function readAll<T>(bytes: Uint8Array, reading: string, read: (reader: DerReader) => T): T {
  const reader = new DerReader(bytes, 0, bytes.length, 0)
  const value = read(reader)
  reader.finish(reading)
  return value
}

/** A position within one encoding; reads forwards only. */
export class DerReader {
  readonly #bytes: Uint8Array
  readonly #end: number
  readonly #depth: number
  #offset: number

  constructor(bytes: Uint8Array, start: number, end: number, depth: number) {
    this.#bytes = bytes
    this.#offset = start
    this.#end = end
    this.#depth = depth
  }

  /** Bytes read so far, as an offset in the whole input. */
  get offset(): number {
    return this.#offset
  }

  /** The bytes from an earlier offset up to here, as a view. */
  since(start: number): Uint8Array {
    return this.#bytes.subarray(start, this.#offset)
  }

  get isEmpty(): boolean {
    return this.#offset >= this.#end
  }

  /** The next tag, or undefined at the end. */
  peekTag(): number | undefined {
    return this.isEmpty ? undefined : this.#bytes[this.#offset]
  }

  /** Refuses a next element of more bytes in all, so that whoever reads it need not count. */
  limitNext(maximum: number, reading: string): void {
    const start = this.#offset
    this.#readTag(reading)
    const length = this.#readLength(reading)
    const found = this.#offset + length - start
    this.#offset = start
    if (found <= maximum) return
    throw createError('ERR_DER_LIMIT', { reading, offset: start, limit: 'size', maximum, found })
  }

  /** Refuses bytes that are left over. */
  finish(reading: string): void {
    if (this.isEmpty) return
    const count = this.#end - this.#offset
    throw createError('ERR_DER_TRAILING_DATA', { reading, offset: this.#offset, count })
  }

  /** The next element, whatever its tag. */
  readElement(reading: string): DerElement {
    const start = this.#offset
    const tag = this.#readTag(reading)
    const length = this.#readLength(reading)
    const from = this.#offset
    this.#offset = from + length
    return new DerElement(tag, this.#bytes, start, from, this.#offset)
  }

  /** Content of the next element, which must bear the tag. */
  readContent(tag: number, reading: string): Uint8Array {
    const from = this.#stepOver(tag, reading)
    return this.#bytes.subarray(from, this.#offset)
  }

  /** A reader of what is within the next element, which must bear the tag. */
  readInto(tag: number, reading: string): DerReader {
    this.#expect(tag, reading)
    if (this.#depth >= MAX_DEPTH) {
      throw createError('ERR_DER_LIMIT', {
        reading,
        offset: this.#offset,
        limit: 'depth',
        maximum: MAX_DEPTH,
        found: this.#depth + 1,
      })
    }
    this.#readTag(reading)
    const length = this.#readLength(reading)
    const start = this.#offset
    this.#offset = start + length
    return new DerReader(this.#bytes, start, this.#offset, this.#depth + 1)
  }

  /** Reads a constructed element whole: nothing may be left within it. */
  readWithin<T>(tag: number, reading: string, read: (inner: DerReader) => T): T {
    const inner = this.readInto(tag, reading)
    const value = read(inner)
    inner.finish(reading)
    return value
  }

  /** X.690 §11.1: FALSE is 00, TRUE is FF. */
  readBoolean(reading: string): boolean {
    const start = this.#offset
    const content = this.readContent(TAG.boolean, reading)
    if (content.length === 1 && content[0] === 0x00) return false
    if (content.length === 1 && content[0] === 0xff) return true
    throw nonCanonical(reading, start, 'BOOLEAN is one byte, 00 or FF', describeBytes(content))
  }

  /** Content octets of an INTEGER, minimal (X.690 §8.3.2), two's complement. */
  readInteger(reading: string, tag: number = TAG.integer): Uint8Array {
    const start = this.#offset
    const content = this.readContent(tag, reading)
    const first = content[0]
    if (first === undefined) throw nonCanonical(reading, start, 'INTEGER has at least one byte', 'none')
    const second = content[1]
    if (second === undefined) return content
    if ((first === 0x00 && second < 0x80) || (first === 0xff && second >= 0x80)) {
      throw nonCanonical(reading, start, 'INTEGER takes as few bytes as it can', describeBytes(content))
    }
    return content
  }

  /** A non-negative INTEGER of at most four bytes. */
  readSmallInteger(reading: string, tag: number = TAG.integer): number {
    const start = this.#offset
    const content = this.readInteger(reading, tag)
    if ((content[0] ?? 0) >= 0x80 || content.length > 4) {
      throw valueError(reading, start, 'an integer from 0 to 2^31 − 1', describeBytes(content))
    }
    let value = 0
    for (const byte of content) value = value * 256 + byte
    return value
  }

  /** Bytes of a BIT STRING of whole bytes. */
  readBitString(reading: string): Uint8Array {
    const start = this.#offset
    const { bytes, unusedBits } = this.readBits(reading)
    if (unusedBits !== 0)
      throw valueError(reading, start, 'a BIT STRING of whole bytes', `${unusedBits} unused bits`)
    return bytes
  }

  /** A BIT STRING with its number of unused bits, which must be zero bits (X.690 §11.2.1). */
  readBits(
    reading: string,
    tag: number = TAG.bitString,
  ): { readonly bytes: Uint8Array; readonly unusedBits: number } {
    const start = this.#offset
    const content = this.readContent(tag, reading)
    const unusedBits = content[0]
    const bytes = content.subarray(1)
    if (unusedBits === undefined || unusedBits > 7 || (unusedBits > 0 && bytes.length === 0)) {
      throw nonCanonical(reading, start, 'BIT STRING begins with 0 to 7 unused bits', describeBytes(content))
    }
    if (unusedBits > 0 && ((bytes.at(-1) ?? 0) & ((1 << unusedBits) - 1)) !== 0) {
      throw nonCanonical(reading, start, 'unused bits of a BIT STRING are zero', describeBytes(content))
    }
    return { bytes, unusedBits }
  }

  readOctetString(reading: string): Uint8Array {
    return this.readContent(TAG.octetString, reading)
  }

  /** An OBJECT IDENTIFIER as dotted text. */
  readOid(reading: string): string {
    const start = this.#offset
    const from = this.#stepOver(TAG.oid, reading)
    return readOidBetween(this.#bytes, from, this.#offset, reading, start)
  }

  readNull(reading: string): void {
    const start = this.#offset
    const content = this.readContent(TAG.null, reading)
    if (content.length > 0) throw nonCanonical(reading, start, 'NULL is empty', describeBytes(content))
  }

  // Steps over an element and returns where its content begins; it ends where the reader then stands.
  #stepOver(tag: number, reading: string): number {
    this.#expect(tag, reading)
    this.#readTag(reading)
    const length = this.#readLength(reading)
    const from = this.#offset
    this.#offset = from + length
    return from
  }

  #expect(tag: number, reading: string): void {
    const found = this.peekTag()
    if (found === tag) return
    if (found === undefined) throw this.#truncated(reading, 1)
    const expected = tagName(tag)
    throw createError('ERR_DER_UNEXPECTED_TAG', {
      reading,
      offset: this.#offset,
      expected,
      found: tagName(found),
    })
  }

  #readTag(reading: string): number {
    const tag = this.peekTag()
    if (tag === undefined) throw this.#truncated(reading, 1)
    // X.690 §8.1.2.4: no type read here has a tag number above 30.
    if ((tag & 0x1f) === 0x1f) throw nonCanonical(reading, this.#offset, 'tags take one byte', tagName(tag))
    this.#offset++
    return tag
  }

  // X.690 §10.1: definite, in as few bytes as possible.
  #readLength(reading: string): number {
    const start = this.#offset
    const first = this.isEmpty ? undefined : this.#bytes[this.#offset++]
    if (first === undefined) throw this.#truncated(reading, 1)
    let length = first
    if (first >= 0x80) {
      const count = first & 0x7f
      if (count === 0) throw nonCanonical(reading, start, 'lengths are definite', 'an indefinite length')
      if (count > MAX_LENGTH_BYTES) {
        throw createError('ERR_DER_LIMIT', {
          reading,
          offset: start,
          limit: 'bytes of a length',
          maximum: MAX_LENGTH_BYTES,
          found: count,
        })
      }
      length = 0
      for (let index = 0; index < count; index++) {
        const byte = this.isEmpty ? undefined : this.#bytes[this.#offset++]
        if (byte === undefined) throw this.#truncated(reading, 1)
        length = length * 256 + byte
      }
      if (length < 0x80 || length < 256 ** (count - 1)) {
        throw nonCanonical(
          reading,
          start,
          'lengths take as few bytes as they can',
          `${length} in ${count} bytes`,
        )
      }
    }
    if (length > this.#end - this.#offset) throw this.#truncated(reading, length)
    return length
  }

  #truncated(reading: string, needed: number): Error {
    const available = this.#end - this.#offset
    return createError('ERR_DER_TRUNCATED', { reading, offset: this.#offset, needed, available })
  }
}

/** The refusal of well-formed bytes that their type does not allow. */
export function valueError(reading: string, offset: number, expected: string, found: string): Error {
  return createError('ERR_DER_VALUE', { reading, offset, expected, found })
}

/** The refusal of bytes that are BER at best. */
export function nonCanonical(reading: string, offset: number, rule: string, found: string): Error {
  return createError('ERR_DER_NON_CANONICAL', { reading, offset, rule, found })
}

/** A few bytes in hexadecimal for a message. */
export function describeBytes(bytes: Uint8Array): string {
  const shown = Array.from(bytes.subarray(0, 8), (byte) => byte.toString(16).padStart(2, '0')).join(' ')
  return bytes.length > 8 ? `${shown} … (${bytes.length} bytes)` : shown || 'nothing'
}
