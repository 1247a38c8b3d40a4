// Layer: x509. Extensions (RFC 5280 §4.2) as certificates, lists, their entries and OCSP messages share them: shape only.

import { type DerReader, valueError } from '../der/reader.ts'
import { TAG } from '../der/tag.ts'
import { createError } from '../errors/errors.ts'

/** One extension as it stands; `value` is the content of extnValue. */
export interface Extension {
  readonly oid: string
  readonly critical: boolean
  readonly value: Uint8Array
}

/** What is read, and what is refused. */
export interface ExtensionsRules {
  /** The name of what is read, in refusals. */
  readonly reading: string
  readonly maximum: number
  /** The refusal of an extension that stands twice, by its OID. */
  readonly twice: (oid: string) => Error
}

/** Reads Extensions within a reader that is already inside the SEQUENCE; at least one, none twice. */
export function readExtensions(list: DerReader, rules: ExtensionsRules): readonly Extension[] {
  const { reading, maximum, twice } = rules
  const extensions: Extension[] = []
  // RFC 5280 §4.1, Extensions: SIZE (1..MAX)
  if (list.isEmpty) throw valueError(reading, list.offset, 'at least one extension', 'none')
  while (!list.isEmpty) {
    const extension = readExtension(list)
    // RFC 5280 §4.2: no extension twice.
    if (extensions.some(({ oid }) => oid === extension.oid)) throw twice(extension.oid)
    extensions.push(extension)
    if (extensions.length > maximum) {
      const limit = { limit: 'number', maximum, found: extensions.length }
      throw createError('ERR_DER_LIMIT', { reading, offset: list.offset, ...limit })
    }
  }
  return Object.freeze(extensions)
}

function readExtension(reader: DerReader): Extension {
  return reader.readWithin(TAG.sequence, 'extension', (inner) => {
    const oid = inner.readOid('extension.extnID')
    const start = inner.offset
    const written = inner.peekTag() === TAG.boolean
    const critical = written && inner.readBoolean('extension.critical')
    if (written && !critical)
      throw valueError('extension.critical', start, 'TRUE or nothing', 'the default FALSE')
    return Object.freeze({ oid, critical, value: inner.readOctetString('extension.extnValue') })
  })
}
