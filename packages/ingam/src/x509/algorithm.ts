// Layer: x509. AlgorithmIdentifier (RFC 5280 §4.1.1.2), as it stands.

import type { DerReader } from '../der/reader.ts'
import { TAG } from '../der/tag.ts'
import { nameOfOid } from './oids.ts'

/** An algorithm by OID with its parameters as they stand. */
export interface AlgorithmIdentifier {
  readonly oid: string
  readonly name: string
  /** The parameters' whole encoding; absent where there are none. */
  readonly parameters?: Uint8Array
  readonly der: Uint8Array
}

/** Reads one AlgorithmIdentifier. */
export function readAlgorithmIdentifier(reader: DerReader, reading: string): AlgorithmIdentifier {
  const start = reader.offset
  const parts = reader.readWithin(TAG.sequence, reading, (inner) => {
    const oid = inner.readOid(`${reading}.algorithm`)
    return inner.isEmpty ? { oid } : { oid, parameters: inner.readElement(`${reading}.parameters`).der }
  })
  return Object.freeze({ ...parts, name: nameOfOid(parts.oid), der: reader.since(start) })
}

/** Whether the parameters are exactly NULL. */
export function isNull(parameters: Uint8Array | undefined): boolean {
  return parameters?.length === 2 && parameters[0] === TAG.null && parameters[1] === 0
}
