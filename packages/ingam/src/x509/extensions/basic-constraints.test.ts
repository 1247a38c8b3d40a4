// basicConstraints: the default FALSE is not written, pathLenConstraint is a small non-negative integer.

import { describe, expect, test } from 'vitest'
import { bytesOf, readWhole, thrownBy, writeRawInteger } from '../../../../../test/support/certificate-der.ts'
import { writeBoolean, writeInteger, writeNull, writeSequence } from '../../der/writer.ts'
import { readBasicConstraints } from './basic-constraints.ts'

const TRUE = writeBoolean('true')

describe('basicConstraints', () => {
  test.each([
    ['of a CA', writeSequence(TRUE), { cA: true }],
    ['of an end entity', writeSequence(), { cA: false }],
    ['with pathLenConstraint 0', writeSequence(TRUE, writeInteger(0)), { cA: true, pathLenConstraint: 0 }],
    ['with pathLenConstraint 5', writeSequence(TRUE, writeInteger(5)), { cA: true, pathLenConstraint: 5 }],
    [
      'with the greatest pathLenConstraint',
      writeSequence(TRUE, writeInteger(2 ** 31 - 1)),
      { cA: true, pathLenConstraint: 2 ** 31 - 1 },
    ],
  ])('are read %s', (_, der, expected) => {
    expect(readWhole(der, readBasicConstraints)).toEqual(expected)
  })

  test('refuse cA FALSE written out, which is the default', () => {
    const der = writeSequence(writeBoolean('false'))
    expect(thrownBy(() => readWhole(der, readBasicConstraints))).toMatchObject({
      code: 'ERR_DER_VALUE',
      details: { reading: 'cA', found: 'the default FALSE' },
    })
  })

  test.each([0x01, 0x80, 0xfe])('refuse cA as byte %d', (byte) => {
    const der = writeSequence(Uint8Array.of(0x01, 0x01, byte))
    expect(thrownBy(() => readWhole(der, readBasicConstraints))).toMatchObject({
      code: 'ERR_DER_NON_CANONICAL',
      details: { reading: 'cA' },
    })
  })

  test.each([
    ['negative', writeRawInteger(0xff), 'ERR_DER_VALUE'],
    ['above 2^31 - 1', writeInteger(2 ** 31), 'ERR_DER_VALUE'],
    ['with a needless zero', writeRawInteger(0x00, 0x05), 'ERR_DER_NON_CANONICAL'],
    ['empty', writeRawInteger(), 'ERR_DER_NON_CANONICAL'],
    ['another type', writeNull(), 'ERR_DER_UNEXPECTED_TAG'],
  ])('refuse a pathLenConstraint that is %s', (_, pathLenConstraint, code) => {
    const der = writeSequence(TRUE, pathLenConstraint)
    expect(thrownBy(() => readWhole(der, readBasicConstraints))).toMatchObject({ code })
  })

  test('refuse a third member', () => {
    const der = writeSequence(TRUE, writeInteger(0), writeInteger(0))
    expect(thrownBy(() => readWhole(der, readBasicConstraints))).toMatchObject({
      code: 'ERR_DER_TRAILING_DATA',
    })
  })

  test('refuse the members in the wrong order', () => {
    const der = writeSequence(writeInteger(0), TRUE)
    expect(thrownBy(() => readWhole(der, readBasicConstraints))).toMatchObject({
      code: 'ERR_DER_TRAILING_DATA',
    })
  })

  test('refuse a byte behind them', () => {
    const der = bytesOf(writeSequence(TRUE), [0])
    expect(thrownBy(() => readWhole(der, readBasicConstraints))).toMatchObject({
      code: 'ERR_DER_TRAILING_DATA',
    })
  })
})
