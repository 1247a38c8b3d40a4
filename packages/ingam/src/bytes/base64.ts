// Layer: bytes. Base64 (RFC 4648 §4, padded) and base64url (§5, unpadded), strict and canonical: one text for each
// sequence of bytes. Refuses white space, the other alphabet, missing or surplus padding, spare bits that are not zero.

import { asciiOf, writeAscii } from './ascii.ts'

const STANDARD = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
const URL_SAFE = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
const INVALID = 255

const STANDARD_VALUES: Uint8Array = valuesOf(STANDARD)
const URL_SAFE_VALUES: Uint8Array = valuesOf(URL_SAFE)
const STANDARD_LETTERS: Uint8Array = new TextEncoder().encode(STANDARD)
const URL_SAFE_LETTERS: Uint8Array = new TextEncoder().encode(URL_SAFE)

/** Bytes of padded base64, or undefined where the text is not canonical. */
export function decodeBase64(text: string): Uint8Array | undefined {
  if (text.length % 4 !== 0) return undefined
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0
  return decodeText(text, text.length - padding, STANDARD_VALUES)
}

/** Bytes of unpadded base64url, or undefined where the text is not canonical. */
export function decodeBase64url(text: string): Uint8Array | undefined {
  return decodeText(text, text.length, URL_SAFE_VALUES)
}

/**
 * Decodes the unpadded base64url that stands in `source` from `start` to `end` into `target` from `offset`; returns
 * how many bytes came out, or -1 where it is not canonical. The target is written in either case.
 */
export function decodeBase64urlInto(
  source: Uint8Array,
  start: number,
  end: number,
  target: Uint8Array,
  offset: number,
): number {
  return decode(source, start, end, URL_SAFE_VALUES, target, offset)
}

/** Padded base64. */
export function encodeBase64(bytes: Uint8Array): string {
  const text = encodeText(bytes, STANDARD_LETTERS)
  return text + '='.repeat((4 - (text.length % 4)) % 4)
}

/** Unpadded base64url. */
export function encodeBase64url(bytes: Uint8Array): string {
  return encodeText(bytes, URL_SAFE_LETTERS)
}

/** Writes unpadded base64url into `target` from `offset`; returns the offset after it. */
export function encodeBase64urlInto(bytes: Uint8Array, target: Uint8Array, offset: number): number {
  return encode(bytes, URL_SAFE_LETTERS, target, offset)
}

// Reused by the functions below, none of which is ever interrupted; LIMIT: a longer text gets an array of its own.
const scratch = new Uint8Array(8_192)

function decodeText(text: string, length: number, values: Uint8Array): Uint8Array | undefined {
  const source = text.length <= scratch.length ? scratch : new Uint8Array(text.length)
  writeAscii(text, source)
  const bytes = new Uint8Array(Math.floor((length * 3) / 4))
  return decode(source, 0, length, values, bytes, 0) < 0 ? undefined : bytes
}

function encodeText(bytes: Uint8Array, letters: Uint8Array): string {
  const length = Math.ceil((bytes.length * 4) / 3)
  const target = length <= scratch.length ? scratch : new Uint8Array(length)
  return asciiOf(target.subarray(0, encode(bytes, letters, target, 0)))
}

function decode(
  source: Uint8Array,
  start: number,
  end: number,
  values: Uint8Array,
  target: Uint8Array,
  offset: number,
): number {
  const remainder = (end - start) % 4
  if (remainder === 1) return -1
  const whole = end - remainder
  let out = offset
  let index = start
  let seen = 0
  for (; index < whole; index += 4) {
    const a = valueAt(source, index, values)
    const b = valueAt(source, index + 1, values)
    const c = valueAt(source, index + 2, values)
    const d = valueAt(source, index + 3, values)
    seen |= a | b | c | d
    target[out] = (a << 2) | (b >> 4)
    target[out + 1] = (b << 4) | (c >> 2)
    target[out + 2] = (c << 6) | d
    out += 3
  }
  if (seen > 63) return -1
  if (remainder === 0) return out - offset
  const a = valueAt(source, index, values)
  const b = valueAt(source, index + 1, values)
  const c = remainder === 3 ? valueAt(source, index + 2, values) : 0
  if ((a | b | c) > 63) return -1
  // RFC 4648 §3.5: spare bits must be zero, or several texts would mean the same bytes.
  if (remainder === 2 ? (b & 0x0f) !== 0 : (c & 0x03) !== 0) return -1
  target[out++] = (a << 2) | (b >> 4)
  if (remainder === 3) target[out++] = (b << 4) | (c >> 2)
  return out - offset
}

function valueAt(source: Uint8Array, index: number, values: Uint8Array): number {
  return values[source[index] ?? INVALID] ?? INVALID
}

function encode(bytes: Uint8Array, letters: Uint8Array, target: Uint8Array, offset: number): number {
  let out = offset
  for (let index = 0; index < bytes.length; index += 3) {
    const a = bytes[index] ?? 0
    const b = bytes[index + 1] ?? 0
    const c = bytes[index + 2] ?? 0
    target[out++] = letterOf(letters, a >> 2)
    target[out++] = letterOf(letters, ((a & 3) << 4) | (b >> 4))
    if (index + 1 < bytes.length) target[out++] = letterOf(letters, ((b & 15) << 2) | (c >> 6))
    if (index + 2 < bytes.length) target[out++] = letterOf(letters, c & 63)
  }
  return out
}

function letterOf(letters: Uint8Array, value: number): number {
  return letters[value] ?? 0
}

function valuesOf(alphabet: string): Uint8Array {
  const values = new Uint8Array(256).fill(INVALID)
  for (let value = 0; value < alphabet.length; value++) values[alphabet.charCodeAt(value)] = value
  return values
}
