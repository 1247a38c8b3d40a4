// keyUsage: nine bits by name, a named bit list without trailing zeros, at least one bit.

import { describe, expect, test } from 'vitest'
import { readWhole, thrownBy } from '../../../../../test/support/certificate-der.ts'
import { TAG } from '../../der/tag.ts'
import { writeBitString, writeElement, writeNull } from '../../der/writer.ts'
import { KEY_USAGE_BITS, readKeyUsage } from './key-usage.ts'

describe('keyUsage', () => {
  test.each([
    ['digitalSignature', [0x80], 7],
    ['nonRepudiation', [0x40], 6],
    ['keyEncipherment', [0x20], 5],
    ['dataEncipherment', [0x10], 4],
    ['keyAgreement', [0x08], 3],
    ['keyCertSign', [0x04], 2],
    ['cRLSign', [0x02], 1],
    ['encipherOnly', [0x01], 0],
    ['decipherOnly', [0x00, 0x80], 7],
  ])('reads %s alone', (name, bytes, unusedBits) => {
    expect(readWhole(writeBitString(Uint8Array.from(bytes), unusedBits), readKeyUsage)).toEqual([name])
  })

  test('reads all nine bits in their order', () => {
    expect(readWhole(writeBitString(Uint8Array.of(0xff, 0x80), 7), readKeyUsage)).toEqual(KEY_USAGE_BITS)
  })

  test('reads several bits', () => {
    expect(readWhole(writeBitString(Uint8Array.of(0x06), 1), readKeyUsage)).toEqual([
      'keyCertSign',
      'cRLSign',
    ])
  })

  test('refuses no bits at all', () => {
    expect(thrownBy(() => readWhole(writeBitString(new Uint8Array(0)), readKeyUsage))).toMatchObject({
      code: 'ERR_DER_VALUE',
      details: { reading: 'KeyUsage', found: 'none' },
    })
  })

  test.each([
    ['one zero bit', [0x00], 7],
    ['a trailing zero bit', [0x80], 6],
    ['a trailing zero byte', [0x80, 0x00], 0],
    ['eight bits where one is set', [0x80], 0],
  ])('refuses %s', (_, bytes, unusedBits) => {
    const der = writeBitString(Uint8Array.from(bytes), unusedBits)
    expect(thrownBy(() => readWhole(der, readKeyUsage))).toMatchObject({
      code: 'ERR_DER_NON_CANONICAL',
      details: { rule: 'a named bit list ends with a one' },
    })
  })

  test.each([
    [10, [0x80, 0x40], 6],
    [16, [0x80, 0x01], 0],
    [17, [0x80, 0x00, 0x80], 7],
  ])('refuses %d bits', (count, bytes, unusedBits) => {
    const der = writeBitString(Uint8Array.from(bytes), unusedBits)
    expect(thrownBy(() => readWhole(der, readKeyUsage))).toMatchObject({
      code: 'ERR_DER_VALUE',
      details: { expected: 'at most 9 bits', found: String(count) },
    })
  })

  test.each([
    ['unused bits that are set', [0x01, 0x81], 'ERR_DER_NON_CANONICAL'],
    ['eight unused bits', [0x08, 0x80], 'ERR_DER_NON_CANONICAL'],
    ['unused bits of nothing', [0x01], 'ERR_DER_NON_CANONICAL'],
    ['a BIT STRING without its first byte', [], 'ERR_DER_NON_CANONICAL'],
  ])('refuses %s', (_, content, code) => {
    const der = writeElement(TAG.bitString, Uint8Array.from(content))
    expect(thrownBy(() => readWhole(der, readKeyUsage))).toMatchObject({ code })
  })

  test('refuses another type', () => {
    expect(thrownBy(() => readWhole(writeNull(), readKeyUsage))).toMatchObject({
      code: 'ERR_DER_UNEXPECTED_TAG',
      details: { expected: 'bitString', found: 'null' },
    })
  })
})
