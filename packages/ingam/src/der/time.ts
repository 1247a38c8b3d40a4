// Layer: der. Time as RFC 5280 §4.1.2.5 narrows it: Zulu, seconds always, no fractions, a date that exists.

import { type DerReader, valueError } from './reader.ts'
import { TAG } from './tag.ts'

/** Reads UTCTime or GeneralizedTime as milliseconds since 1970 UTC. */
export function readTime(reader: DerReader, reading: string): number {
  const start = reader.offset
  const tag = reader.peekTag()
  if (tag !== TAG.utcTime && tag !== TAG.generalizedTime) {
    const found = reader.readElement(reading).tag
    throw valueError(reading, start, 'UTCTime or GeneralizedTime', `tag 0x${found.toString(16)}`)
  }
  // DEVIATION: RFC 5280 §4.1.2.5 has dates before 2050 as UTCTime. A GeneralizedTime before 2050 is read all the
  // same: its meaning is plain, and the NIST PKITS suite has such a certificate to be accepted (4.2.3).
  return tag === TAG.utcTime ? readDigits(reader, tag, 12, reading) : readDigits(reader, tag, 14, reading)
}

/** Reads GeneralizedTime alone, as milliseconds since 1970 UTC. */
export function readGeneralizedTime(reader: DerReader, reading: string): number {
  return readDigits(reader, TAG.generalizedTime, 14, reading)
}

function readDigits(reader: DerReader, tag: number, digits: 12 | 14, reading: string): number {
  const start = reader.offset
  const content = reader.readContent(tag, reading)
  const refused = (expected: string): Error =>
    valueError(reading, start, expected, String.fromCharCode(...content.subarray(0, 32)))
  if (content.length !== digits + 1 || !isDigitsAndZ(content, 0, digits))
    throw refused(digits === 12 ? 'YYMMDDHHMMSSZ' : 'YYYYMMDDHHMMSSZ')
  const time = instantAt(content, 0, digits)
  if (time === undefined) throw refused('a date and time that exist')
  return time
}

/**
 * The instant that stands at an offset as UTCTime (12 digits and Z) or GeneralizedTime (14), in milliseconds since 1970 UTC;
 * undefined where there are other characters, or where it does not exist. For lists of millions, which are read in place.
 */
export function instantAt(bytes: Uint8Array, from: number, digits: 12 | 14): number | undefined {
  if (!isDigitsAndZ(bytes, from, digits)) return undefined
  const year = digits === 12 ? yearOfTwo(bytes, from) : yearOfFour(bytes, from)
  return toInstant(year, bytes, from + digits - 10)
}

function isDigitsAndZ(bytes: Uint8Array, from: number, digits: number): boolean {
  if (bytes[from + digits] !== 0x5a) return false
  for (let index = from; index < from + digits; index++) {
    const byte = bytes[index] ?? 0
    if (byte < 0x30 || byte > 0x39) return false
  }
  return true
}

// RFC 5280 §4.1.2.5.1: 50 to 99 are the twentieth century.
function yearOfTwo(bytes: Uint8Array, from: number): number {
  const year = twoDigits(bytes, from)
  return year >= 50 ? 1900 + year : 2000 + year
}

function yearOfFour(bytes: Uint8Array, from: number): number {
  return twoDigits(bytes, from) * 100 + twoDigits(bytes, from + 2)
}

// By hand, because a certificate has two of them and the built-in parser takes as long as all its other fields.
function toInstant(year: number, bytes: Uint8Array, from: number): number | undefined {
  const month = twoDigits(bytes, from)
  const day = twoDigits(bytes, from + 2)
  const hour = twoDigits(bytes, from + 4)
  const minute = twoDigits(bytes, from + 6)
  const second = twoDigits(bytes, from + 8)
  // A day or an hour that does not exist (30 February, 24:00:00) would otherwise roll over.
  if (month < 1 || month > 12 || day < 1 || day > daysOf(year, month)) return undefined
  if (hour > 23 || minute > 59 || second > 59) return undefined
  if (year >= 100) return Date.UTC(year, month - 1, day, hour, minute, second)
  // Date.UTC reads a year below 100 as one of the twentieth century.
  return new Date(Date.UTC(2000, 0, 1, hour, minute, second)).setUTCFullYear(year, month - 1, day)
}

function twoDigits(bytes: Uint8Array, index: number): number {
  return ((bytes[index] ?? 0) - 48) * 10 + (bytes[index + 1] ?? 0) - 48
}

function daysOf(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31
}
