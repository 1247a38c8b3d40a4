// The strict reader of DER: every form that BER allows and DER does not is refused, with what was read and where.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { bytesOf, readWhole, thrownBy } from '../../../../test/support/certificate-der.ts'
import { type DerReader, describeBytes, MAX_DEPTH, readAll } from './reader.ts'
import { contextTag, TAG, tagName } from './tag.ts'
import {
  writeBitString,
  writeBoolean,
  writeElement,
  writeExplicit,
  writeInteger,
  writeNull,
  writeOctetString,
  writeSequence,
} from './writer.ts'

function filled(length: number): Uint8Array {
  return new Uint8Array(length).fill(0x55)
}

function anything(reader: DerReader): { readonly tag: number; readonly content: Uint8Array } {
  return reader.readElement('thing')
}

/** The bytes read by a method of the reader under the name "thing", nothing left over. */
function readWith<T>(bytes: readonly number[] | Uint8Array, read: (reader: DerReader) => T): T {
  return readAll(Uint8Array.from(bytes), 'all', read)
}

describe('lengths', () => {
  test.each([
    ['none', [0x04, 0x00], 0],
    ['127 in one byte', bytesOf([0x04, 0x7f], filled(127)), 127],
    ['128 in two bytes', bytesOf([0x04, 0x81, 0x80], filled(128)), 128],
    ['255 in two bytes', bytesOf([0x04, 0x81, 0xff], filled(255)), 255],
    ['256 in three bytes', bytesOf([0x04, 0x82, 0x01, 0x00], filled(256)), 256],
    ['65,535 in three bytes', bytesOf([0x04, 0x82, 0xff, 0xff], filled(65_535)), 65_535],
    ['65,536 in four bytes', bytesOf([0x04, 0x83, 0x01, 0x00, 0x00], filled(65_536)), 65_536],
  ])('accepts %s', (_, bytes, length) => {
    expect(readWith(bytes, anything).content).toHaveLength(length)
  })

  test.each([
    ['0 in two bytes', [0x04, 0x81, 0x00], '0 in 1 bytes'],
    ['127 in two bytes', bytesOf([0x04, 0x81, 0x7f], filled(127)), '127 in 1 bytes'],
    ['128 in three bytes', bytesOf([0x04, 0x82, 0x00, 0x80], filled(128)), '128 in 2 bytes'],
    ['255 in three bytes', bytesOf([0x04, 0x82, 0x00, 0xff], filled(255)), '255 in 2 bytes'],
    ['65,535 in four bytes', bytesOf([0x04, 0x83, 0x00, 0xff, 0xff], filled(65_535)), '65535 in 3 bytes'],
  ])('refuses %s', (_, bytes, found) => {
    expect(thrownBy(() => readWith(bytes, anything))).toMatchObject({
      code: 'ERR_DER_NON_CANONICAL',
      details: { reading: 'thing', offset: 1, rule: 'lengths take as few bytes as they can', found },
    })
  })

  test('refuses an indefinite length', () => {
    expect(thrownBy(() => readWith([0x30, 0x80, 0x05, 0x00, 0x00, 0x00], anything))).toMatchObject({
      code: 'ERR_DER_NON_CANONICAL',
      details: { reading: 'thing', offset: 1, rule: 'lengths are definite' },
    })
  })

  test.each([
    ['five bytes', [0x04, 0x85, 0x01, 0x00, 0x00, 0x00, 0x00], 5],
    ['126 bytes', [0x04, 0xfe, 0x01], 126],
    ['the reserved form', [0x04, 0xff, 0x01], 127],
  ])('refuses a length of %s', (_, bytes, found) => {
    expect(thrownBy(() => readWith(bytes, anything))).toMatchObject({
      code: 'ERR_DER_LIMIT',
      details: { reading: 'thing', offset: 1, limit: 'bytes of a length', maximum: 4, found },
    })
  })

  test('takes a length of four bytes, where three do not suffice', () => {
    const bytes = new Uint8Array(6 + 16_777_216)
    bytes.set([0x04, 0x84, 0x01, 0x00, 0x00, 0x00])
    expect(readWhole(bytes, (reader) => reader.readOctetString('thing'))).toHaveLength(16_777_216)
    expect(thrownBy(() => readWith([0x04, 0x84, 0x00, 0xff, 0xff, 0xff], anything))).toMatchObject({
      code: 'ERR_DER_NON_CANONICAL',
      details: { rule: 'lengths take as few bytes as they can' },
    })
    expect(thrownBy(() => readWith([0x04, 0x84, 0xff, 0xff, 0xff, 0xff], anything))).toMatchObject({
      code: 'ERR_DER_TRUNCATED',
      details: { needed: 4_294_967_295, available: 0 },
    })
  })

  test('are limited on demand, without being read', () => {
    const bytes = [0x04, 0x02, 0x01, 0x02]
    const limited = (maximum: number) => (reader: DerReader) => {
      reader.limitNext(maximum, 'thing')
      return reader.readOctetString('thing')
    }
    expect(readWith(bytes, limited(4))).toEqual(Uint8Array.of(1, 2))
    expect(thrownBy(() => readWith(bytes, limited(3)))).toMatchObject({
      code: 'ERR_DER_LIMIT',
      details: { reading: 'thing', offset: 0, limit: 'size', maximum: 3, found: 4 },
    })
    expect(thrownBy(() => readWith(bytes.slice(0, 3), limited(4)))).toMatchObject({
      code: 'ERR_DER_TRUNCATED',
    })
  })

  test.each([
    ['of an element', [0x04, 0x03, 0x01, 0x02], { offset: 2, needed: 3, available: 2 }],
    ['of a long element', [0x04, 0x81, 0x80, 0x01], { offset: 3, needed: 128, available: 1 }],
    ['within the length', [0x04, 0x82, 0x01], { offset: 3, needed: 1, available: 0 }],
    ['after the tag', [0x04], { offset: 1, needed: 1, available: 0 }],
    ['before the tag', [], { offset: 0, needed: 1, available: 0 }],
  ])('refuses an end %s', (_, bytes, details) => {
    expect(thrownBy(() => readWith(bytes, anything))).toMatchObject({
      code: 'ERR_DER_TRUNCATED',
      details: { reading: 'thing', ...details },
    })
  })

  test('refuses an element that reaches beyond the one around it', () => {
    const bytes = Uint8Array.of(0x30, 0x02, 0x04, 0x02, 0x01, 0x02)
    const read = (): unknown =>
      readWhole(bytes, (reader) =>
        reader.readWithin(TAG.sequence, 'outer', (inner) => inner.readElement('inner')),
      )
    expect(thrownBy(read)).toMatchObject({
      code: 'ERR_DER_TRUNCATED',
      details: { reading: 'inner', offset: 4, needed: 2, available: 0 },
    })
  })

  test('refuses a length whose bytes lie beyond the element around it', () => {
    const bytes = Uint8Array.of(0x30, 0x02, 0x04, 0x81, 0x80)
    const read = (): unknown =>
      readWhole(bytes, (reader) =>
        reader.readWithin(TAG.sequence, 'outer', (inner) => inner.readElement('inner')),
      )
    expect(thrownBy(read)).toMatchObject({
      code: 'ERR_DER_TRUNCATED',
      details: { reading: 'inner', offset: 4 },
    })
  })
})

describe('tags', () => {
  test('refuses a tag of several bytes, whatever is asked for', () => {
    for (const first of [0x1f, 0x3f, 0x9f, 0xbf, 0xff]) {
      expect(thrownBy(() => readWith([first, 0x1f, 0x00], anything))).toMatchObject({
        code: 'ERR_DER_NON_CANONICAL',
        details: { reading: 'thing', offset: 0, rule: 'tags take one byte' },
      })
      expect(
        thrownBy(() => readWith([first, 0x00], (reader) => reader.readInto(first, 'thing'))),
      ).toMatchObject({ code: 'ERR_DER_NON_CANONICAL' })
    }
  })

  test.each([
    ['readContent', (reader: DerReader): unknown => reader.readContent(TAG.octetString, 'thing')],
    ['readInto', (reader: DerReader): unknown => reader.readInto(TAG.octetString, 'thing')],
    ['readOctetString', (reader: DerReader): unknown => reader.readOctetString('thing')],
  ])('%s names the tag that it expected and the one that it found', (_, read) => {
    const details = { reading: 'thing', offset: 0, expected: 'octetString', found: 'integer' }
    expect(thrownBy(() => readWith([0x02, 0x01, 0x01], read))).toMatchObject({
      code: 'ERR_DER_UNEXPECTED_TAG',
      details,
    })
    expect(thrownBy(() => readWith([], read))).toMatchObject({ code: 'ERR_DER_TRUNCATED' })
  })

  test('are named in words, context-specific ones by their number', () => {
    expect(tagName(TAG.utcTime)).toBe('utcTime')
    expect(tagName(contextTag(3, 'constructed'))).toBe('[3] (0xa3)')
    expect(tagName(contextTag(0, 'primitive'))).toBe('[0] (0x80)')
    expect(tagName(0x07)).toBe('0x07')
    expect(tagName(0x41)).toBe('0x41')
  })

  test('can be looked at without reading, also at the end', () => {
    readWith([0x05, 0x00], (reader) => {
      expect(reader.peekTag()).toBe(TAG.null)
      expect(reader.offset).toBe(0)
      reader.readNull('thing')
      expect(reader.peekTag()).toBeUndefined()
    })
  })
})

describe('what is left over', () => {
  test('is refused after the whole', () => {
    expect(thrownBy(() => readWith([0x05, 0x00, 0x05, 0x00], anything))).toMatchObject({
      code: 'ERR_DER_TRAILING_DATA',
      details: { reading: 'all', offset: 2, count: 2 },
    })
  })

  test('is refused within an element, at its offset in the whole', () => {
    const bytes = writeSequence(writeNull(), writeNull())
    const read = (): unknown =>
      readWhole(bytes, (reader) =>
        reader.readWithin(TAG.sequence, 'list', (inner) => inner.readNull('first')),
      )
    expect(thrownBy(read)).toMatchObject({
      code: 'ERR_DER_TRAILING_DATA',
      details: { reading: 'list', offset: 4, count: 2 },
    })
  })

  test('is nothing where all has been read', () => {
    const read = (reader: DerReader): void =>
      reader.readWithin(TAG.sequence, 'list', (inner) => {
        inner.readNull('first')
        inner.readNull('second')
      })
    expect(readWith(writeSequence(writeNull(), writeNull()), read)).toBeUndefined()
  })
})

describe('depth', () => {
  const nested = (depth: number): Uint8Array => {
    let bytes = writeNull()
    for (let level = 0; level < depth; level++) bytes = writeSequence(bytes)
    return bytes
  }
  const descend = (reader: DerReader): void => {
    if (reader.peekTag() !== TAG.sequence) return reader.readNull('bottom')
    return reader.readWithin(TAG.sequence, 'level', descend)
  }

  test('accepts the limit', () => {
    expect(readWith(nested(MAX_DEPTH), descend)).toBeUndefined()
  })

  test('refuses one level more', () => {
    expect(thrownBy(() => readWith(nested(MAX_DEPTH + 1), descend))).toMatchObject({
      code: 'ERR_DER_LIMIT',
      details: { reading: 'level', limit: 'depth', maximum: MAX_DEPTH, found: MAX_DEPTH + 1 },
    })
  })
})

describe('BOOLEAN', () => {
  test.each([
    ['TRUE', writeBoolean('true'), true],
    ['FALSE', writeBoolean('false'), false],
  ])('accepts %s', (_, bytes, value) => {
    expect(readWith(bytes, (reader) => reader.readBoolean('flag'))).toBe(value)
  })

  test.each([
    ['01', [0x01, 0x01, 0x01]],
    ['7f', [0x01, 0x01, 0x7f]],
    ['fe', [0x01, 0x01, 0xfe]],
    ['no byte', [0x01, 0x00]],
    ['two bytes of TRUE', [0x01, 0x02, 0xff, 0xff]],
    ['two bytes of FALSE', [0x01, 0x02, 0x00, 0x00]],
  ])('refuses %s', (_, bytes) => {
    expect(thrownBy(() => readWith(bytes, (reader) => reader.readBoolean('flag')))).toMatchObject({
      code: 'ERR_DER_NON_CANONICAL',
      details: { reading: 'flag', offset: 0, rule: 'BOOLEAN is one byte, 00 or FF' },
    })
  })
})

describe('INTEGER', () => {
  test.each([
    ['0', [0x00]],
    ['127', [0x7f]],
    ['128', [0x00, 0x80]],
    ['-1', [0xff]],
    ['-128', [0x80]],
    ['-129', [0xff, 0x7f]],
  ])('accepts %s', (_, content) => {
    const read = readWith([0x02, content.length, ...content], (reader) => reader.readInteger('number'))
    expect([...read]).toEqual(content)
  })

  test.each([
    ['no byte', []],
    ['0 in two bytes', [0x00, 0x00]],
    ['127 in two bytes', [0x00, 0x7f]],
    ['-1 in two bytes', [0xff, 0xff]],
    ['-128 in two bytes', [0xff, 0x80]],
  ])('refuses %s', (_, content) => {
    const bytes = [0x02, content.length, ...content]
    expect(thrownBy(() => readWith(bytes, (reader) => reader.readInteger('number')))).toMatchObject({
      code: 'ERR_DER_NON_CANONICAL',
      details: { reading: 'number', offset: 0 },
    })
  })

  test('is read under an implicit tag when asked for, and under no other', () => {
    const bytes = Uint8Array.of(0x80, 0x01, 0x05)
    const tag = contextTag(0, 'primitive')
    expect(readWith(bytes, (reader) => reader.readSmallInteger('number', tag))).toBe(5)
    expect(thrownBy(() => readWith(bytes, (reader) => reader.readSmallInteger('number')))).toMatchObject({
      code: 'ERR_DER_UNEXPECTED_TAG',
    })
  })

  test.each([0, 1, 127, 128, 255, 256, 65_535, 65_536, 2 ** 31 - 1])('accepts %i as a small one', (value) => {
    expect(readWith(writeInteger(value), (reader) => reader.readSmallInteger('number'))).toBe(value)
  })

  test.each([
    ['-1', [0x02, 0x01, 0xff]],
    ['-2^31', [0x02, 0x04, 0x80, 0x00, 0x00, 0x00]],
    ['2^31', writeInteger(2 ** 31)],
    ['2^32', writeInteger(2 ** 32)],
  ])('refuses %s as a small one', (_, bytes) => {
    expect(thrownBy(() => readWith(bytes, (reader) => reader.readSmallInteger('number')))).toMatchObject({
      code: 'ERR_DER_VALUE',
      details: { reading: 'number', offset: 0, expected: 'an integer from 0 to 2^31 − 1' },
    })
  })
})

describe('BIT STRING', () => {
  test.each([
    ['of no bits', [0x00], 0, []],
    ['of one bit', [0x07, 0x80], 7, [0x80]],
    ['of nine bits', [0x07, 0xff, 0x80], 7, [0xff, 0x80]],
    ['of whole bytes', [0x00, 0x01], 0, [0x01]],
  ])('accepts one %s', (_, content, unusedBits, bytes) => {
    const read = readWith([0x03, content.length, ...content], (reader) => reader.readBits('bits'))
    expect({ unusedBits: read.unusedBits, bytes: [...read.bytes] }).toEqual({ unusedBits, bytes })
  })

  test.each([
    ['without content', [], 'BIT STRING begins with 0 to 7 unused bits'],
    ['of eight unused bits', [0x08, 0x00], 'BIT STRING begins with 0 to 7 unused bits'],
    ['of unused bits and no byte', [0x01], 'BIT STRING begins with 0 to 7 unused bits'],
    ['whose lowest unused bit is set', [0x01, 0x01], 'unused bits of a BIT STRING are zero'],
    ['whose highest unused bit is set', [0x07, 0x40], 'unused bits of a BIT STRING are zero'],
  ])('refuses one %s', (_, content, rule) => {
    const bytes = [0x03, content.length, ...content]
    expect(thrownBy(() => readWith(bytes, (reader) => reader.readBits('bits')))).toMatchObject({
      code: 'ERR_DER_NON_CANONICAL',
      details: { reading: 'bits', offset: 0, rule },
    })
  })

  test('of whole bytes is asked for by name, and an odd one refused', () => {
    expect([
      ...readWith(writeBitString(Uint8Array.of(1, 2)), (reader) => reader.readBitString('key')),
    ]).toEqual([1, 2])
    const odd = writeBitString(Uint8Array.of(0x80), 7)
    expect(thrownBy(() => readWith(odd, (reader) => reader.readBitString('key')))).toMatchObject({
      code: 'ERR_DER_VALUE',
      details: { reading: 'key', offset: 0, found: '7 unused bits' },
    })
  })

  test('is refused in constructed form', () => {
    const bytes = writeElement(0x23, writeBitString(Uint8Array.of(1)))
    expect(thrownBy(() => readWith(bytes, (reader) => reader.readBits('bits')))).toMatchObject({
      code: 'ERR_DER_UNEXPECTED_TAG',
    })
  })
})

describe('NULL and OCTET STRING', () => {
  test('NULL is empty', () => {
    expect(readWith([0x05, 0x00], (reader) => reader.readNull('parameters'))).toBeUndefined()
    expect(
      thrownBy(() => readWith([0x05, 0x01, 0x00], (reader) => reader.readNull('parameters'))),
    ).toMatchObject({
      code: 'ERR_DER_NON_CANONICAL',
      details: { reading: 'parameters', offset: 0, rule: 'NULL is empty' },
    })
  })

  test('OCTET STRING is primitive', () => {
    expect(readWith(writeOctetString(filled(3)), (reader) => reader.readOctetString('bytes'))).toHaveLength(3)
    const constructed = writeElement(0x24, writeOctetString(filled(3)))
    expect(thrownBy(() => readWith(constructed, (reader) => reader.readOctetString('bytes')))).toMatchObject({
      code: 'ERR_DER_UNEXPECTED_TAG',
    })
  })
})

describe('views', () => {
  test('an element is a view on the input, its content without its header', () => {
    const bytes = bytesOf(writeNull(), writeExplicit(2, writeInteger(5)))
    readAll(bytes, 'all', (reader) => {
      reader.readNull('first')
      const start = reader.offset
      const { tag, content, der } = reader.readElement('second')
      expect(tag).toBe(contextTag(2, 'constructed'))
      expect([...content]).toEqual([0x02, 0x01, 0x05])
      expect([...der]).toEqual([0xa2, 0x03, 0x02, 0x01, 0x05])
      expect([...reader.since(start)]).toEqual([...der])
      expect(der.buffer).toBe(bytes.buffer)
    })
  })
})

describe('any bytes', () => {
  // Reads whatever stands there, into every constructed element, and counts the bytes of all elements.
  function walk(reader: DerReader): number {
    let count = 0
    while (!reader.isEmpty) {
      const tag = reader.peekTag() ?? 0
      const start = reader.offset
      if ((tag & 0x20) !== 0) count += reader.readWithin(tag, 'element', walk)
      else reader.readElement('element')
      count += reader.offset - start
    }
    return count
  }

  test('are read or refused with a code of this layer', () => {
    const shaped = fc.oneof(
      fc.uint8Array({ maxLength: 64 }),
      fc.uint8Array({ maxLength: 40 }).map((content) => writeSequence(content)),
      fc
        .array(fc.constantFrom(0x30, 0x02, 0x01, 0x00, 0x80, 0x81, 0x82, 0xff, 0x1f), { maxLength: 40 })
        .map((bytes) => Uint8Array.from(bytes)),
    )
    fc.assert(
      fc.property(shaped, (bytes) => {
        try {
          expect(readAll(bytes, 'all', walk)).toBeGreaterThanOrEqual(bytes.length)
        } catch (error) {
          expect(error).toMatchObject({ code: expect.stringMatching(/^ERR_DER_/u) })
        }
      }),
      { numRuns: 2_000 },
    )
  })
})

describe('bytes in messages', () => {
  test.each([
    [0, 'nothing'],
    [1, '55'],
    [8, '55 55 55 55 55 55 55 55'],
    [9, '55 55 55 55 55 55 55 55 … (9 bytes)'],
  ])('%i of them', (count, text) => {
    expect(describeBytes(filled(count))).toBe(text)
  })
})
