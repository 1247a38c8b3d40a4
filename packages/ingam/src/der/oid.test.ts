// OBJECT IDENTIFIERs: dotted text and content octets, both ways; arcs minimal, complete and bounded.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readWhole, thrownBy } from '../../../../test/support/certificate-der.ts'
import { readOidContent, writeOidContent } from './oid.ts'
import { TAG } from './tag.ts'
import { writeElement } from './writer.ts'

const KNOWN: readonly (readonly [string, readonly number[]])[] = [
  ['0.0', [0x00]],
  ['0.39', [0x27]],
  ['1.0', [0x28]],
  ['1.39', [0x4f]],
  ['2.0', [0x50]],
  ['2.47', [0x7f]],
  ['2.48', [0x81, 0x00]],
  ['2.999.3', [0x88, 0x37, 0x03]],
  ['2.5.29.19', [0x55, 0x1d, 0x13]],
  ['1.2.840.113549.1.1.11', [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0b]],
]

function read(content: readonly number[] | Uint8Array): string {
  return readOidContent(Uint8Array.from(content), 'type', 7)
}

test.each(KNOWN)('%s is read and written', (text, content) => {
  expect(read(content)).toBe(text)
  expect([...writeOidContent(text)]).toEqual(content)
})

test('what is written is read again', () => {
  const arcs = fc.array(fc.nat({ max: 2 ** 31 - 1 }), { minLength: 0, maxLength: 8 })
  const first = fc.oneof(
    fc.tuple(fc.constantFrom(0, 1), fc.nat({ max: 39 })),
    fc.tuple(fc.constant(2), fc.nat({ max: 2 ** 20 })),
  )
  fc.assert(
    fc.property(first, arcs, (start, rest) => {
      const text = [...start, ...rest].join('.')
      expect(read(writeOidContent(text))).toBe(text)
    }),
  )
})

describe('refused', () => {
  test.each([
    ['without content', [], 'an empty one'],
    ['with an arc that has leading zeros', [0x55, 0x80, 0x01], 'an arc with leading zeros'],
    ['whose first arc has leading zeros', [0x80, 0x55], 'an arc with leading zeros'],
    ['whose last arc does not end', [0x55, 0x81], 'an arc that does not end'],
    ['whose only arc does not end', [0x81], 'an arc that does not end'],
  ])('%s', (_, content, found) => {
    expect(thrownBy(() => read(content))).toMatchObject({
      code: 'ERR_DER_VALUE',
      details: { reading: 'type', offset: 7, expected: 'an OBJECT IDENTIFIER', found },
    })
  })

  test('with an arc beyond 2^45, the largest that is read', () => {
    const largest = [0x55, 0x87, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]
    expect(read(largest)).toBe(`2.5.${2 ** 45 - 1}`)
    expect(thrownBy(() => read([0x55, 0x88, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00]))).toMatchObject({
      code: 'ERR_DER_VALUE',
      details: { found: 'an arc beyond 2^45' },
    })
  })

  test('above 64 bytes', () => {
    const of = (length: number): Uint8Array => new Uint8Array(length).fill(1)
    expect(read(of(64)).split('.')).toHaveLength(65)
    expect(thrownBy(() => read(of(65)))).toMatchObject({
      code: 'ERR_DER_LIMIT',
      details: { reading: 'type', offset: 7, limit: 'bytes of an OID', maximum: 64, found: 65 },
    })
  })

  test('at the offset of the element', () => {
    const bytes = Uint8Array.of(0x05, 0x00, 0x06, 0x00)
    const readSecond = (): unknown =>
      readWhole(bytes, (reader) => {
        reader.readNull('first')
        return reader.readOid('second')
      })
    expect(thrownBy(readSecond)).toMatchObject({ details: { reading: 'second', offset: 2 } })
    expect(readWhole(writeElement(TAG.oid, Uint8Array.of(0x2a)), (reader) => reader.readOid('type'))).toBe(
      '1.2',
    )
  })
})
