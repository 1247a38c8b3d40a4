// Layer: der. OBJECT IDENTIFIER (X.690 §8.19) as dotted text; arcs minimal, bounded in number and size.

import { BytesMemo } from '../bytes/memo.ts'
import { createError } from '../errors/errors.ts'

// LIMIT: the longest OID in public use has about 20 arcs; 64 bytes hold any of them.
const MAX_OID_BYTES = 64

/** Dotted text of the content octets. */
export function readOidContent(content: Uint8Array, reading: string, offset: number): string {
  return readOidBetween(content, 0, content.length, reading, offset)
}

/** Dotted text of the content octets that stand from one offset to another. */
export function readOidBetween(
  bytes: Uint8Array,
  from: number,
  end: number,
  reading: string,
  offset: number,
): string {
  return texts.valueOf(bytes, from, end, () => readArcs(bytes, from, end, reading, offset))
}

// One text for each of the few dozen that certificates name spares building it, and makes every look-up by it quicker.
const texts = new BytesMemo<string>(16)

function readArcs(bytes: Uint8Array, from: number, end: number, reading: string, offset: number): string {
  if (from === end) throw malformed(reading, offset, 'an empty one')
  if (end - from > MAX_OID_BYTES) {
    const found = end - from
    throw createError('ERR_DER_LIMIT', {
      reading,
      offset,
      limit: 'bytes of an OID',
      maximum: MAX_OID_BYTES,
      found,
    })
  }
  let text = ''
  let arc = 0
  let atStart = true
  for (let index = from; index < end; index++) {
    const byte = bytes[index] ?? 0
    if (atStart && byte === 0x80) throw malformed(reading, offset, 'an arc with leading zeros')
    arc = arc * 128 + (byte & 0x7f)
    if (arc > Number.MAX_SAFE_INTEGER / 256) throw malformed(reading, offset, 'an arc beyond 2^45')
    atStart = byte < 0x80
    if (!atStart) continue
    text = text === '' ? firstArcs(arc) : `${text}.${arc}`
    arc = 0
  }
  if (!atStart) throw malformed(reading, offset, 'an arc that does not end')
  return text
}

/** Content octets of dotted text. */
export function writeOidContent(oid: string): Uint8Array {
  const [first = 0, second = 0, ...rest] = oid.split('.').map(Number)
  return Uint8Array.from([first * 40 + second, ...rest].flatMap(writeArc))
}

function firstArcs(arc: number): string {
  if (arc < 40) return `0.${arc}`
  return arc < 80 ? `1.${arc - 40}` : `2.${arc - 80}`
}

function writeArc(arc: number): number[] {
  const bytes = [arc % 128]
  for (let rest = Math.floor(arc / 128); rest > 0; rest = Math.floor(rest / 128))
    bytes.unshift((rest % 128) | 0x80)
  return bytes
}

function malformed(reading: string, offset: number, found: string): Error {
  return createError('ERR_DER_VALUE', { reading, offset, expected: 'an OBJECT IDENTIFIER', found })
}
