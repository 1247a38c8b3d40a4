// Times as RFC 5280 §4.1.2.5 narrows them: Zulu, with seconds, without fractions, dates that exist.

import { describe, expect, test } from 'vitest'
import { readWhole, thrownBy } from '../../../../test/support/certificate-der.ts'
import { TAG } from './tag.ts'
import { readGeneralizedTime, readTime } from './time.ts'
import { writeElement, writeGeneralizedTime, writeString, writeTime } from './writer.ts'

function read(tag: number, text: string): string {
  const time = readWhole(writeString(tag, text), (reader) => readTime(reader, 'notAfter'))
  return new Date(time).toISOString()
}

describe('UTCTime', () => {
  test.each([
    ['260601120000Z', '2026-06-01T12:00:00.000Z'],
    ['491231235959Z', '2049-12-31T23:59:59.000Z'],
    ['500101000000Z', '1950-01-01T00:00:00.000Z'],
    ['991231235959Z', '1999-12-31T23:59:59.000Z'],
    ['000229000000Z', '2000-02-29T00:00:00.000Z'],
    ['240229235959Z', '2024-02-29T23:59:59.000Z'],
  ])('%s is %s', (text, iso) => {
    expect(read(TAG.utcTime, text)).toBe(iso)
  })

  test.each([
    ['without seconds', '2606011200Z'],
    ['with a fraction', '260601120000.5Z'],
    ['without Z', '260601120000'],
    ['with a small z', '260601120000z'],
    ['with an offset', '260601120000+0000'],
    ['with an offset of an hour', '260601120000-0100'],
    ['with four digits for the year', '20260601120000Z'],
    ['with a space', ' 60601120000Z'],
    ['with a sign', '-60601120000Z'],
    ['with a line feed after it', '260601120000Z\n'],
    ['with other digits', '２60601120000Z'],
    ['without text', ''],
  ])('is refused %s', (_, text) => {
    expect(thrownBy(() => read(TAG.utcTime, text))).toMatchObject({
      code: 'ERR_DER_VALUE',
      details: { reading: 'notAfter', offset: 0, expected: 'YYMMDDHHMMSSZ' },
    })
  })
})

describe('GeneralizedTime', () => {
  test.each([
    ['20500101000000Z', '2050-01-01T00:00:00.000Z'],
    ['99991231235959Z', '9999-12-31T23:59:59.000Z'],
    ['20260601120000Z', '2026-06-01T12:00:00.000Z'],
    ['19491231235959Z', '1949-12-31T23:59:59.000Z'],
    ['00000101000000Z', '0000-01-01T00:00:00.000Z'],
  ])('%s is %s', (text, iso) => {
    expect(read(TAG.generalizedTime, text)).toBe(iso)
  })

  test.each([
    ['without seconds', '205001010000Z'],
    ['with a fraction', '20500101000000.0Z'],
    ['without Z', '20500101000000'],
    ['with an offset', '20500101000000+0000'],
    ['with two digits for the year', '500101000000Z'],
    ['with five digits for the year', '120500101000000Z'],
  ])('is refused %s', (_, text) => {
    expect(thrownBy(() => read(TAG.generalizedTime, text))).toMatchObject({
      code: 'ERR_DER_VALUE',
      details: { reading: 'notAfter', offset: 0, expected: 'YYYYMMDDHHMMSSZ' },
    })
  })
})

describe('a date or time that does not exist', () => {
  test.each([
    ['30 February', '240230000000Z'],
    ['29 February of a common year', '250229000000Z'],
    ['31 April', '260431000000Z'],
    ['month 0', '260001000000Z'],
    ['month 13', '261301000000Z'],
    ['day 0', '260100000000Z'],
    ['day 32', '260132000000Z'],
    ["24 o'clock", '260101240000Z'],
    ['minute 60', '260101006000Z'],
    ['second 60, a leap second', '161231235960Z'],
  ])('%s is refused', (_, text) => {
    for (const [tag, whole] of [
      [TAG.utcTime, text],
      [TAG.generalizedTime, `20${text}`],
    ] as const) {
      expect(thrownBy(() => read(tag, whole))).toMatchObject({
        code: 'ERR_DER_VALUE',
        details: { expected: 'a date and time that exist', found: whole },
      })
    }
  })

  test('29 February of 2100 is refused, of 2400 accepted', () => {
    expect(thrownBy(() => read(TAG.generalizedTime, '21000229000000Z'))).toMatchObject({
      code: 'ERR_DER_VALUE',
    })
    expect(read(TAG.generalizedTime, '24000229000000Z')).toBe('2400-02-29T00:00:00.000Z')
  })
})

test('another type is refused, whatever its text', () => {
  for (const tag of [TAG.printableString, TAG.utf8String, 0x37, 0x80]) {
    expect(thrownBy(() => read(tag, '260601120000Z'))).toMatchObject({
      code: 'ERR_DER_VALUE',
      details: {
        reading: 'notAfter',
        expected: 'UTCTime or GeneralizedTime',
        found: `tag 0x${tag.toString(16)}`,
      },
    })
  }
})

test('a long text is cut before it is looked at', () => {
  const bytes = writeElement(TAG.utcTime, new Uint8Array(10_000).fill(0x31))
  const refusal = thrownBy(() => readWhole(bytes, (reader) => readTime(reader, 'notAfter')))
  expect(refusal).toMatchObject({ code: 'ERR_DER_VALUE', details: { found: '1'.repeat(32) } })
})

test.each([
  ['1949-12-31T23:59:59Z', TAG.generalizedTime],
  ['1950-01-01T00:00:00Z', TAG.utcTime],
  ['2049-12-31T23:59:59Z', TAG.utcTime],
  ['2050-01-01T00:00:00Z', TAG.generalizedTime],
])('%s is written by the rule of the year and read again', (iso, tag) => {
  const date = new Date(iso)
  const bytes = writeTime(date)
  expect(bytes[0]).toBe(tag)
  expect(readWhole(bytes, (reader) => readTime(reader, 'notAfter'))).toBe(date.getTime())
})

test.each([0, 4, 1900, 1999, 2000, 2023, 2024, 2100, 2400, 9999])(
  'the days of %d are those of the calendar',
  (year) => {
    const digits = (value: number, length: number): string => String(value).padStart(length, '0')
    for (let month = 0; month <= 13; month++) {
      for (let day = 0; day <= 32; day++) {
        const iso = `${digits(year, 4)}-${digits(month, 2)}-${digits(day, 2)}T23:59:59.000Z`
        const date = new Date(iso)
        const exists = Number.isFinite(date.getTime()) && date.toISOString() === iso
        const text = `${digits(year, 4)}${digits(month, 2)}${digits(day, 2)}235959Z`
        if (exists) expect(read(TAG.generalizedTime, text)).toBe(iso)
        else expect(() => read(TAG.generalizedTime, text)).toThrow(/that exist/u)
      }
    }
  },
)

describe('where GeneralizedTime alone is allowed', () => {
  const readAlone = (bytes: Uint8Array): number =>
    readWhole(bytes, (reader) => readGeneralizedTime(reader, 'thisUpdate'))

  test.each(['1949-12-31T23:59:59Z', '2026-06-01T12:00:00Z', '2050-01-01T00:00:00Z'])(
    '%s is written so and read again',
    (iso) => {
      const date = new Date(iso)
      expect(readAlone(writeGeneralizedTime(date))).toBe(date.getTime())
    },
  )

  test('UTCTime is refused', () => {
    expect(thrownBy(() => readAlone(writeString(TAG.utcTime, '260601120000Z')))).toMatchObject({
      code: 'ERR_DER_UNEXPECTED_TAG',
      details: { reading: 'thisUpdate', expected: 'generalizedTime', found: 'utcTime' },
    })
  })

  test.each(['20260601120000.0Z', '202606011200Z', '20260601120000', '20260229000000Z'])(
    '%s is refused',
    (text) => {
      expect(thrownBy(() => readAlone(writeString(TAG.generalizedTime, text)))).toMatchObject({
        code: 'ERR_DER_VALUE',
        details: { reading: 'thisUpdate', offset: 0 },
      })
    },
  )
})
