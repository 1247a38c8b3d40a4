// Layer: x509. Parameters of RSASSA-PSS (RFC 4055 §3.1) in signatures and keys. Accepted: SHA-256, SHA-384 or SHA-512,
// MGF1 with the same hash, a salt no longer than the hash, the usual trailer. Everything else is not accepted, the
// defaults (SHA-1) among it.

import { type DerReader, readAll } from '../der/reader.ts'
import { contextTag, TAG } from '../der/tag.ts'
import { isPkiError } from '../errors/errors.ts'
import type { HashName } from '../platform/contract.ts'
import { type AlgorithmIdentifier, isNull, readAlgorithmIdentifier } from './algorithm.ts'

/** Hash of message and mask, and octets of salt. */
export interface PssParameters {
  readonly hash: HashName
  readonly saltLength: number
}

/** Reads RSASSA-PSS-params; undefined where they are malformed or not accepted. */
export function readPssParameters(der: Uint8Array): PssParameters | undefined {
  try {
    return readAll(der, 'RSASSA-PSS-params', (outer) =>
      outer.readWithin(TAG.sequence, 'RSASSA-PSS-params', readParameters),
    )
  } catch (error) {
    if (!isPkiError(error)) throw error
    // Malformed parameters are parameters that are not accepted; the caller names the certificate.
    return undefined
  }
}

/** Whether a signature with these parameters may be made with a key that is bound to others (RFC 4055 §3.3). */
export function suitsPssKey(signature: PssParameters, key: PssParameters | undefined): boolean {
  return key === undefined || (signature.hash === key.hash && signature.saltLength >= key.saltLength)
}

function readParameters(reader: DerReader): PssParameters | undefined {
  const hash = readTagged(reader, 0, (inner) => hashOf(readAlgorithmIdentifier(inner, 'hashAlgorithm')))
  const mask = readTagged(reader, 1, (inner) =>
    maskHashOf(readAlgorithmIdentifier(inner, 'maskGenAlgorithm')),
  )
  const written = readTagged(reader, 2, (inner) => inner.readSmallInteger('saltLength'))
  // X.690 §11.5: the default of 20 octets is not written out. Neither is the default trailer, the only one that exists;
  // what else follows is refused as left over.
  if (written === 20) return undefined
  const saltLength = written ?? 20
  if (hash === undefined || mask !== hash) return undefined
  // LIMIT: FIPS 186-5 §5.4 (g): at most as long as the hash.
  return saltLength <= HASH_BYTES[hash] ? Object.freeze({ hash, saltLength }) : undefined
}

function readTagged<T>(reader: DerReader, number: number, read: (inner: DerReader) => T): T | undefined {
  const tag = contextTag(number, 'constructed')
  return reader.peekTag() === tag ? reader.readWithin(tag, 'RSASSA-PSS-params', read) : undefined
}

// RFC 4055 §2.1: NULL or nothing.
function hashOf({ oid, parameters }: AlgorithmIdentifier): HashName | undefined {
  return parameters === undefined || isNull(parameters) ? HASHES.get(oid) : undefined
}

function maskHashOf({ oid, parameters }: AlgorithmIdentifier): HashName | undefined {
  if (oid !== '1.2.840.113549.1.1.8' || parameters === undefined) return undefined
  return readAll(parameters, 'maskGenAlgorithm', (inner) =>
    hashOf(readAlgorithmIdentifier(inner, 'maskGenAlgorithm.hash')),
  )
}

const HASHES: ReadonlyMap<string, HashName> = new Map([
  ['2.16.840.1.101.3.4.2.1', 'SHA-256'],
  ['2.16.840.1.101.3.4.2.2', 'SHA-384'],
  ['2.16.840.1.101.3.4.2.3', 'SHA-512'],
])

const HASH_BYTES = { 'SHA-256': 32, 'SHA-384': 48, 'SHA-512': 64 } as const
