// Layer: x509. basicConstraints (RFC 5280 §4.2.1.9), shape only.

import { type DerReader, valueError } from '../../der/reader.ts'
import { TAG } from '../../der/tag.ts'

/** Whether the subject is a CA, and how many further CAs may follow below it. */
export interface BasicConstraints {
  readonly cA: boolean
  readonly pathLenConstraint?: number
}

/** Reads the extension's value. */
export function readBasicConstraints(reader: DerReader): BasicConstraints {
  return reader.readWithin(TAG.sequence, 'BasicConstraints', (inner) => {
    const start = inner.offset
    const written = inner.peekTag() === TAG.boolean
    const cA = written && inner.readBoolean('cA')
    if (written && !cA) throw valueError('cA', start, 'TRUE or nothing', 'the default FALSE')
    if (inner.isEmpty) return Object.freeze({ cA })
    return Object.freeze({ cA, pathLenConstraint: inner.readSmallInteger('pathLenConstraint') })
  })
}
