// Layer: der. Time as RFC 5280 §4.1.2.5 narrows it: Zulu, seconds always, no fractions, a date that exists.

import { type DerReader, valueError } from './reader.ts'
import { TAG } from './tag.ts'

/** Reads UTCTime or GeneralizedTime. */
export function readTime(reader: DerReader, reading: string): Date {
  const start = reader.offset
  const { tag, content } = reader.readElement(reading)
  if (tag !== TAG.utcTime && tag !== TAG.generalizedTime) {
    throw valueError(reading, start, 'UTCTime or GeneralizedTime', `tag 0x${tag.toString(16)}`)
  }
  const text = String.fromCharCode(...content.subarray(0, 32))
  const pattern = tag === TAG.utcTime ? /^\d{12}Z$/u : /^\d{14}Z$/u
  if (!pattern.test(text)) {
    throw valueError(reading, start, tag === TAG.utcTime ? 'YYMMDDHHMMSSZ' : 'YYYYMMDDHHMMSSZ', text)
  }
  // DEVIATION: RFC 5280 §4.1.2.5 has dates before 2050 as UTCTime. A GeneralizedTime before 2050 is read all the
  // same: its meaning is plain, and the NIST PKITS suite has such a certificate to be accepted (4.2.3).
  const date = tag === TAG.utcTime ? toDate(fourDigitYear(text)) : toDate(text)
  if (date === undefined) throw valueError(reading, start, 'a date and time that exist', text)
  return date
}

// RFC 5280 §4.1.2.5.1: 50 to 99 are the twentieth century.
function fourDigitYear(text: string): string {
  return `${Number(text.slice(0, 2)) >= 50 ? '19' : '20'}${text}`
}

// By hand, because a certificate has two of them and the built-in parser takes as long as all its other fields.
function toDate(text: string): Date | undefined {
  const year = twoDigits(text, 0) * 100 + twoDigits(text, 2)
  const month = twoDigits(text, 4)
  const day = twoDigits(text, 6)
  const hour = twoDigits(text, 8)
  const minute = twoDigits(text, 10)
  const second = twoDigits(text, 12)
  // A day or an hour that does not exist (30 February, 24:00:00) would otherwise roll over.
  if (month < 1 || month > 12 || day < 1 || day > daysOf(year, month)) return undefined
  if (hour > 23 || minute > 59 || second > 59) return undefined
  const date = new Date(0)
  date.setUTCFullYear(year, month - 1, day)
  date.setUTCHours(hour, minute, second)
  return date
}

function twoDigits(text: string, index: number): number {
  return (text.charCodeAt(index) - 48) * 10 + text.charCodeAt(index + 1) - 48
}

function daysOf(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31
}
