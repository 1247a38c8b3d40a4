// Layer: x509. Distinguished names: read (RFC 5280 §4.1.2.4), compared (§7.1), printed (RFC 4514).

import { compareBytes, equalBytes } from '../bytes/compare.ts'
import { encodeHex } from '../bytes/hex.ts'
import { BytesMemo } from '../bytes/memo.ts'
import { type DerReader, nonCanonical, readAll, valueError } from '../der/reader.ts'
import { TAG } from '../der/tag.ts'
import { writeElement, writeSequence } from '../der/writer.ts'
import { createError } from '../errors/errors.ts'
import { escapeText, MAX_SHOWN_CHARACTERS } from '../errors/escape.ts'
import { nameOfOid } from './oids.ts'

/** One attribute; `value` is its text, or `#` and hexadecimal DER where its type is no text. */
export interface Attribute {
  readonly oid: string
  readonly tag: number
  readonly value: string
  readonly der: Uint8Array
}

/** A distinguished name. */
export interface Name {
  readonly der: Uint8Array
  readonly rdns: readonly (readonly Attribute[])[]
  readonly isEmpty: boolean
}

// LIMIT: names in use have a handful of attributes, those of devices a dozen; each is prepared for comparison and
// printed in refusals.
const MAX_ATTRIBUTES = 24

function tooMany(reading: string, offset: number, found: number): Error {
  return createError('ERR_DER_LIMIT', {
    reading,
    offset,
    limit: 'attributes of a name',
    maximum: MAX_ATTRIBUTES,
    found,
  })
}

/** Reads one Name. */
export function readName(reader: DerReader, reading: string, tag: number = TAG.sequence): Name {
  const start = reader.offset
  const rdns = reader.readWithin(tag, reading, (inner) => {
    const list: (readonly Attribute[])[] = []
    let attributes = 0
    while (!inner.isEmpty) {
      const rdn = readRdn(inner, reading)
      list.push(rdn)
      attributes += rdn.length
      if (attributes > MAX_ATTRIBUTES) throw tooMany(reading, start, attributes)
    }
    return list
  })
  return Object.freeze({ der: reader.since(start), rdns, isEmpty: rdns.length === 0 })
}

/** Reads bytes as one Name. */
export function parseName(der: Uint8Array, reading: string): Name {
  return readAll(der, reading, (reader) => readName(reader, reading))
}

/** The name one relative distinguished name longer (RFC 5280 §4.2.1.13). */
export function extendName(name: Name, rdn: Uint8Array, reading: string): Name {
  const longer = readAll(name.der, reading, (reader) => reader.readContent(TAG.sequence, reading))
  return parseName(writeSequence(longer, writeElement(TAG.set, rdn)), reading)
}

/** Whether both are the same name by RFC 5280 §7.1. */
export function equalNames(a: Name, b: Name): boolean {
  return equalBytes(a.der, b.der) || nameKey(a) === nameKey(b)
}

/** A text that is equal for two names exactly if RFC 5280 §7.1 calls them equal. */
export function nameKey(name: Name): string {
  const known = keys.get(name)
  if (known !== undefined) return known
  const { der } = name
  const key = keysByDer.valueOf(der, 0, der.length, () => JSON.stringify(rdnKeys(name)))
  keys.set(name, key)
  return key
}

// The same issuers are named in all certificates of a service's clients, mostly in the same bytes, and equal bytes are
// equal names.
const keysByDer = new BytesMemo<string>(256)

/** One text for each RDN that is equal for two of them exactly if RFC 5280 §7.1 calls them equal. */
export function rdnKeys(name: Name): readonly string[] {
  const known = keysOfRdns.get(name)
  if (known !== undefined) return known
  const list = name.rdns.map((rdn) => JSON.stringify(rdn.map(attributeKey).sort()))
  keysOfRdns.set(name, list)
  return list
}

/** Whether the attribute is compared as text; others are equal only byte for byte. */
export function isPrepared({ oid, tag }: Attribute): boolean {
  if (tag === TAG.utf8String || tag === TAG.printableString) return true
  return tag === TAG.ia5String && (oid === EMAIL_ADDRESS || oid === DOMAIN_COMPONENT)
}

/** RFC 4514 text: the last RDN first; control and bidirectional characters are shown as `\u{…}`. */
export function formatName(name: Name): string {
  return name.rdns
    .toReversed()
    .map((rdn) => rdn.map((attribute) => `${nameOfOid(attribute.oid)}=${formatValue(attribute)}`).join('+'))
    .join(',')
}

// A value that is no text stands as number sign and hexadecimal, which is not escaped (RFC 4514 §2.4).
function formatValue({ value, der }: Attribute): string {
  return value.startsWith('#') && value === hexValue(der) ? escapeText(value) : escapeValue(value)
}

function hexValue(der: Uint8Array): string {
  return `#${encodeHex(der)}`
}

// Derived from the name alone, so that it never goes stale.
const keys: WeakMap<Name, string> = new WeakMap()
const keysOfRdns: WeakMap<Name, readonly string[]> = new WeakMap()

function readRdn(reader: DerReader, reading: string): readonly Attribute[] {
  const start = reader.offset
  const rdn = reader.readWithin(TAG.set, `${reading}.rdn`, (set) => {
    const list: Attribute[] = []
    let previous: Uint8Array = new Uint8Array(0)
    while (!set.isEmpty) {
      const at = set.offset
      list.push(readAttribute(set, reading))
      const der = set.since(at)
      // X.690 §11.6
      if (compareBytes(previous, der) > 0)
        throw nonCanonical(`${reading}.rdn`, at, 'a SET OF is in ascending order', 'a smaller attribute')
      previous = der
      // Here too: an RDN alone can be as large as what it stands in.
      if (list.length > MAX_ATTRIBUTES) throw tooMany(reading, start, list.length)
    }
    return list
  })
  if (rdn.length === 0) throw valueError(`${reading}.rdn`, start, 'at least one attribute', 'none')
  return rdn
}

function readAttribute(reader: DerReader, reading: string): Attribute {
  return reader.readWithin(TAG.sequence, `${reading}.attribute`, (inner) => {
    const oid = inner.readOid(`${reading}.attribute.type`)
    const start = inner.offset
    const { tag, content, der } = inner.readElement(`${reading}.attribute.value`)
    return { oid, tag, der, value: readText(tag, content, reading, start) ?? hexValue(der) }
  })
}

function readText(tag: number, content: Uint8Array, reading: string, offset: number): string | undefined {
  switch (tag) {
    case TAG.utf8String:
      return decodeUtf8(content, `${reading}.attribute.value`, offset)
    case TAG.printableString:
    case TAG.ia5String:
    case TAG.numericString:
    case TAG.visibleString:
      return decodeAscii(content, reading, offset)
    case TAG.bmpString:
      return decodeUtf16(content, reading, offset)
    default:
      return undefined
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Text of well-formed UTF-8. */
export function decodeUtf8(content: Uint8Array, reading: string, offset: number): string {
  try {
    return utf8.decode(content)
  } catch {
    throw valueError(reading, offset, 'UTF-8', 'other bytes')
  }
}

// LIMIT: up to here engines copy what they put together, and a call into the runtime costs more.
const SHORT = 12

/** Text of bytes below 0x80. */
export function decodeAscii(content: Uint8Array, reading: string, offset: number): string {
  for (const byte of content) {
    if (byte >= 0x80) throw valueError(reading, offset, 'ASCII', `byte 0x${byte.toString(16)}`)
  }
  // At once: put together from characters, a longer text stays a chain of its pieces, thirty bytes for each of them.
  if (content.length > SHORT) return utf8.decode(content)
  let text = ''
  for (const byte of content) text += String.fromCharCode(byte)
  return text
}

function decodeUtf16(content: Uint8Array, reading: string, offset: number): string {
  let text = ''
  for (let index = 0; index + 1 < content.length; index += 2) {
    text += String.fromCharCode(((content[index] ?? 0) << 8) | (content[index + 1] ?? 0))
  }
  if (content.length % 2 === 0 && text.isWellFormed()) return text
  throw valueError(`${reading}.attribute.value`, offset, 'UTF-16', 'other bytes')
}

const EMAIL_ADDRESS = '1.2.840.113549.1.9.1'
const DOMAIN_COMPONENT = '0.9.2342.19200300.100.1.25'

// RFC 5280 §7.1: DirectoryString by caseIgnoreMatch after RFC 4518's preparation; domainComponent and the
// emailAddress attribute without case; every other type only byte for byte.
function attributeKey(attribute: Attribute): string {
  const { oid, value, der } = attribute
  return isPrepared(attribute) ? `${oid}=${prepare(value)}` : `${oid}#${encodeHex(der)}`
}

// RFC 4518 §2.2: controls, format characters and variation selectors that are mapped to nothing.
const MAPPED_TO_NOTHING =
  /[\0-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\xad\u034f\u06dd\u070f\u1806\u180b-\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2063\u206a-\u206f\ufe00-\ufe0f\ufeff\ufff9-\ufffc\u{1d173}-\u{1d17a}\u{e0001}\u{e0020}-\u{e007f}]/gu
const MAPPED_TO_SPACE = /[\t\n\v\f\r\x85\p{Z}]/gu

// RFC 4518 §2: map, fold, normalise; spaces are insignificant at the ends and count once within.
function prepare(value: string): string {
  // The same for printable ASCII, of which most names are made, without tables.
  if (/^[ -~]*$/u.test(value)) return value.toLowerCase().replaceAll(/ {2,}/gu, ' ').trim()
  const mapped = value.replaceAll(MAPPED_TO_NOTHING, '').replaceAll(MAPPED_TO_SPACE, ' ').normalize('NFKC')
  // §2.6.1: a space in front of a combining mark carries the mark and is none of those that do not count.
  const folded = foldText(mapped)
  return (folded === mapped ? mapped : folded.normalize('NFKC'))
    .replaceAll(/ +(?!\p{M})/gu, ' ')
    .replaceAll(/^ (?!\p{M})| $/gu, '')
}

// Most scripts have no case, and to fold is dear.
function foldText(text: string): string {
  return /\p{Changes_When_Casemapped}/u.test(text) ? Array.from(text, foldCase).join('') : text
}

// RFC 3454 appendix B.2, character by character: sharp s is ss, each sigma the same; dotless i is its own letter.
function foldCase(character: string): string {
  return character === 'ı' ? character : character.toLowerCase().toUpperCase().toLowerCase()
}

// RFC 4514 §2.4
function escapeValue(value: string): string {
  // Nothing to escape, as in most values.
  if (/^[\w.:/@-][\w .:/@-]*(?<! )$/u.test(value) && value.length <= MAX_SHOWN_CHARACTERS) return value
  const escaped = value
    .replaceAll(/["+,;<>\\]/gu, String.raw`\$&`)
    .replaceAll(/^[ #]|(?<=.) $/gsu, String.raw`\$&`)
  return escapeText(escaped)
}
