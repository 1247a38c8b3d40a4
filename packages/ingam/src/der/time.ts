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

function toDate(text: string): Date | undefined {
  const iso = `${text.slice(0, 4)}-${text.slice(4, 6)}-${text.slice(6, 8)}T${text.slice(8, 10)}:${text.slice(10, 12)}:${text.slice(12, 14)}.000Z`
  const date = new Date(iso)
  // A day or an hour that does not exist (30 February, 24:00:00) would otherwise roll over.
  return Number.isFinite(date.getTime()) && date.toISOString() === iso ? date : undefined
}
