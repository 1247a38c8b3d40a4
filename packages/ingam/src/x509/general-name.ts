// Layer: x509. GeneralName (RFC 5280 §4.2.1.6), all nine kinds; otherName of a Microsoft user principal name decoded.

import { encodeHex } from '../bytes/hex.ts'
import { readOidContent } from '../der/oid.ts'
import { type DerReader, readAll, valueError } from '../der/reader.ts'
import { contextTag, TAG } from '../der/tag.ts'
import { createError } from '../errors/errors.ts'
import { decodeAscii, decodeUtf8, formatName, type Name, readName } from './name.ts'

/** One name of a subject, by kind. */
export type GeneralName =
  | { readonly kind: 'otherName'; readonly typeId: string; readonly value: Uint8Array; readonly upn?: string }
  | { readonly kind: 'rfc822Name'; readonly value: string }
  | { readonly kind: 'dNSName'; readonly value: string }
  | { readonly kind: 'x400Address'; readonly der: Uint8Array }
  | { readonly kind: 'directoryName'; readonly name: Name }
  | { readonly kind: 'ediPartyName'; readonly der: Uint8Array }
  | { readonly kind: 'uniformResourceIdentifier'; readonly value: string }
  | { readonly kind: 'iPAddress'; readonly bytes: Uint8Array; readonly value: string }
  | { readonly kind: 'registeredID'; readonly value: string }

const UPN = '1.3.6.1.4.1.311.20.2.3'

/** Reads GeneralNames within a reader that is already inside the SEQUENCE; at least one. */
export function readGeneralNames(
  reader: DerReader,
  reading: string,
  maximum: number = Number.POSITIVE_INFINITY,
): readonly GeneralName[] {
  const names: GeneralName[] = []
  if (reader.isEmpty) throw valueError(reading, reader.offset, 'at least one name', 'none')
  while (!reader.isEmpty) {
    if (names.length === maximum) {
      const limit = { limit: 'number', maximum, found: maximum + 1 }
      throw createError('ERR_DER_LIMIT', { reading, offset: reader.offset, ...limit })
    }
    names.push(Object.freeze(readGeneralName(reader, reading)))
  }
  return Object.freeze(names)
}

/**
 * LIMIT: names of one issuer, or of one place of lists; those in use have one to four. A list may have any size, and nobody
 * has vouched for it when it is read.
 */
export const MAX_NAMES_OF_ONE = 64

/** Reads one GeneralName. */
export function readGeneralName(reader: DerReader, reading: string): GeneralName {
  const start = reader.offset
  const tag = reader.peekTag()
  switch (tag) {
    case contextTag(0, 'constructed'):
      return readOtherName(reader, reading)
    case contextTag(1, 'primitive'):
      return { kind: 'rfc822Name', value: readIa5(reader, reading) }
    case contextTag(2, 'primitive'):
      return { kind: 'dNSName', value: readIa5(reader, reading) }
    case contextTag(3, 'constructed'):
      return { kind: 'x400Address', der: reader.readElement(reading).der }
    case contextTag(4, 'constructed'):
      return {
        kind: 'directoryName',
        name: reader.readWithin(tag, reading, (inner) => readName(inner, reading)),
      }
    case contextTag(5, 'constructed'):
      return { kind: 'ediPartyName', der: reader.readElement(reading).der }
    case contextTag(6, 'primitive'):
      return { kind: 'uniformResourceIdentifier', value: readIa5(reader, reading) }
    case contextTag(7, 'primitive'):
      return readIpAddress(reader, reading)
    case contextTag(8, 'primitive'):
      return {
        kind: 'registeredID',
        value: readOidContent(reader.readElement(reading).content, reading, start),
      }
    default:
      throw valueError(
        reading,
        start,
        'a GeneralName',
        tag === undefined ? 'the end' : `tag 0x${tag.toString(16)}`,
      )
  }
}

/** The name with its kind in front, unescaped. */
export function formatGeneralName(name: GeneralName): string {
  switch (name.kind) {
    case 'otherName':
      return name.upn === undefined ? `otherName:${name.typeId}` : `UPN:${name.upn}`
    case 'rfc822Name':
      return `email:${name.value}`
    case 'dNSName':
      return `DNS:${name.value}`
    case 'x400Address':
      return `x400Address:${encodeHex(name.der)}`
    case 'directoryName':
      return `dirName:${formatName(name.name)}`
    case 'ediPartyName':
      return `ediPartyName:${encodeHex(name.der)}`
    case 'uniformResourceIdentifier':
      return `URI:${name.value}`
    case 'iPAddress':
      return `IP:${name.value}`
    case 'registeredID':
      return `RID:${name.value}`
  }
}

function readOtherName(reader: DerReader, reading: string): GeneralName {
  return reader.readWithin(contextTag(0, 'constructed'), reading, (inner) => {
    const typeId = inner.readOid(`${reading}.otherName.type-id`)
    const value = inner.readContent(contextTag(0, 'constructed'), `${reading}.otherName.value`)
    if (typeId !== UPN) return { kind: 'otherName', typeId, value }
    return { kind: 'otherName', typeId, value, upn: readAll(value, 'userPrincipalName', readUpn) }
  })
}

function readUpn(reader: DerReader): string {
  const start = reader.offset
  const text = decodeUtf8(reader.readContent(TAG.utf8String, 'userPrincipalName'), 'userPrincipalName', start)
  if (text === '') throw emptyName('userPrincipalName', start)
  return text
}

function readIa5(reader: DerReader, reading: string): string {
  const start = reader.offset
  const text = decodeAscii(reader.readElement(reading).content, reading, start)
  if (text === '') throw emptyName(reading, start)
  return text
}

// RFC 5280 §4.2.1.6: an empty name names nobody.
function emptyName(reading: string, start: number): Error {
  return valueError(reading, start, 'a name', 'an empty one')
}

function readIpAddress(reader: DerReader, reading: string): GeneralName {
  const start = reader.offset
  const bytes = reader.readElement(reading).content
  if (bytes.length === 4) return { kind: 'iPAddress', bytes, value: bytes.join('.') }
  if (bytes.length !== 16)
    throw valueError(reading, start, 'an address of 4 or 16 octets', `${bytes.length} octets`)
  const groups: string[] = []
  for (let index = 0; index < 16; index += 2) {
    groups.push((((bytes[index] ?? 0) << 8) | (bytes[index + 1] ?? 0)).toString(16))
  }
  return { kind: 'iPAddress', bytes, value: groups.join(':') }
}
