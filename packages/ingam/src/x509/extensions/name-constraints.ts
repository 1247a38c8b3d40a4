// Layer: x509. nameConstraints (RFC 5280 §4.2.1.10), shape only. Refused: an empty extension, an empty list, and a
// minimum or maximum, which RFC 5280 forbids. What a constraint of its kind matches is decided in path/.

import { readOidContent } from '../../der/oid.ts'
import { type DerReader, valueError } from '../../der/reader.ts'
import { contextTag, TAG } from '../../der/tag.ts'
import { decodeAscii, type Name, readName } from '../name.ts'

/** The base of one subtree, by kind of name. `bytes` of iPAddress are the address and a mask of the same length. */
export type GeneralSubtree =
  | { readonly kind: 'rfc822Name' | 'dNSName' | 'uniformResourceIdentifier'; readonly value: string }
  | { readonly kind: 'directoryName'; readonly name: Name }
  | { readonly kind: 'iPAddress'; readonly bytes: Uint8Array }
  | { readonly kind: 'otherName' | 'registeredID'; readonly value: string }
  | { readonly kind: 'x400Address' | 'ediPartyName' }

/** The subtrees within which, and outside of which, the names below a CA must lie. */
export interface NameConstraints {
  readonly permittedSubtrees?: readonly GeneralSubtree[]
  readonly excludedSubtrees?: readonly GeneralSubtree[]
}

/** Reads the extension's value. */
export function readNameConstraints(reader: DerReader): NameConstraints {
  return reader.readWithin(TAG.sequence, 'NameConstraints', (inner) => {
    const start = inner.offset
    const permittedSubtrees = readSubtrees(inner, 0, 'permittedSubtrees')
    const excludedSubtrees = readSubtrees(inner, 1, 'excludedSubtrees')
    // RFC 5280 §4.2.1.10: never an empty sequence.
    if (permittedSubtrees === undefined && excludedSubtrees === undefined)
      throw valueError('NameConstraints', start, 'permittedSubtrees or excludedSubtrees', 'neither')
    return Object.freeze({
      ...(permittedSubtrees && { permittedSubtrees }),
      ...(excludedSubtrees && { excludedSubtrees }),
    })
  })
}

function readSubtrees(
  reader: DerReader,
  number: 0 | 1,
  reading: string,
): readonly GeneralSubtree[] | undefined {
  const tag = contextTag(number, 'constructed')
  if (reader.peekTag() !== tag) return undefined
  return reader.readWithin(tag, reading, (inner) => {
    if (inner.isEmpty) throw valueError(reading, inner.offset, 'at least one subtree', 'none')
    const subtrees: GeneralSubtree[] = []
    while (!inner.isEmpty) subtrees.push(readSubtree(inner, reading))
    return Object.freeze(subtrees)
  })
}

function readSubtree(reader: DerReader, reading: string): GeneralSubtree {
  return reader.readWithin(TAG.sequence, reading, (inner) => {
    const base = readBase(inner, `${reading}.base`)
    // RFC 5280 §4.2.1.10: minimum is zero, which is the default and not written; maximum is absent.
    if (!inner.isEmpty)
      throw valueError(reading, inner.offset, 'neither minimum nor maximum', 'a minimum or maximum')
    return Object.freeze(base)
  })
}

function readBase(reader: DerReader, reading: string): GeneralSubtree {
  const start = reader.offset
  const tag = reader.peekTag()
  switch (tag) {
    case contextTag(0, 'constructed'):
      return reader.readWithin(tag, reading, (inner) => {
        const value = inner.readOid(`${reading}.type-id`)
        inner.readElement(`${reading}.value`)
        return { kind: 'otherName', value }
      })
    case contextTag(1, 'primitive'):
      return { kind: 'rfc822Name', value: readText(reader, reading) }
    case contextTag(2, 'primitive'):
      return { kind: 'dNSName', value: readText(reader, reading) }
    case contextTag(6, 'primitive'):
      return { kind: 'uniformResourceIdentifier', value: readText(reader, reading) }
    case contextTag(3, 'constructed'):
      reader.readElement(reading)
      return { kind: 'x400Address' }
    case contextTag(4, 'constructed'):
      return {
        kind: 'directoryName',
        name: reader.readWithin(tag, reading, (inner) => readName(inner, reading)),
      }
    case contextTag(5, 'constructed'):
      reader.readElement(reading)
      return { kind: 'ediPartyName' }
    case contextTag(7, 'primitive'): {
      const bytes = reader.readElement(reading).content
      if (bytes.length === 8 || bytes.length === 32) return { kind: 'iPAddress', bytes }
      throw valueError(reading, start, 'an address and a mask, 8 or 32 octets', `${bytes.length} octets`)
    }
    case contextTag(8, 'primitive'):
      return {
        kind: 'registeredID',
        value: readOidContent(reader.readElement(reading).content, reading, start),
      }
    default:
      throw valueError(reading, start, 'a GeneralName', tag === undefined ? 'the end' : `tag ${hex(tag)}`)
  }
}

// Empty text is a constraint with a meaning, unlike an empty name.
function readText(reader: DerReader, reading: string): string {
  const start = reader.offset
  return decodeAscii(reader.readElement(reading).content, reading, start)
}

function hex(tag: number): string {
  return `0x${tag.toString(16).padStart(2, '0')}`
}
