// Server: how audit records hang together. Each record has the SHA-256 of its canonical line, and names that of the
// record before it. It runs in the store's worker thread: imports only node:crypto and files beside it.

import { hash } from 'node:crypto'
import { canonicalJson, canonicalString } from './canonical.ts'
import type { AuditEvent, AuditRecord } from './record.ts'

/** What the very first record names as the one before it: base64url SHA-256 of nothing. */
export const emptyHash: string = hash('sha256', '', 'base64url')

/** Where a record stands. */
export type RecordPlace = Pick<AuditRecord, 'position' | 'run' | 'sequence' | 'previous'>

/** The event as a record in its place, with its hash; members beyond those of the contract are dropped. */
export function sealRecord(event: AuditEvent, place: RecordPlace): AuditRecord {
  const { type, at, requestId, thumbprint, actor, details } = event
  const { position, run, sequence, previous } = place
  const unhashed = {
    position,
    run,
    sequence,
    previous,
    type,
    at,
    ...(requestId === undefined ? {} : { requestId }),
    ...(thumbprint === undefined ? {} : { thumbprint }),
    ...(actor === undefined ? {} : { actor }),
    details,
  }
  return { ...unhashed, hash: hashRecord(unhashed) }
}

/** Base64url SHA-256 of {@link encodeRecord}. */
export function hashRecord(record: Omit<AuditRecord, 'hash'>): string {
  return hash('sha256', encodeRecord(record), 'base64url')
}

/**
 * The exact text whose UTF-8 is hashed: one line without its end, RFC 8785 over all members but `hash`. Members beyond
 * those of the contract are not in it.
 */
export function encodeRecord(record: Omit<AuditRecord, 'hash'>): string {
  return line(record, '')
}

/** The record as a line of an export, without its end: RFC 8785 over all members, `hash` among them. */
export function encodeLine(record: AuditRecord): string {
  return line(record, `"hash":${canonicalString(record.hash)},`)
}

// The members stand in the order of RFC 8785, written out by hand: this is done for every answer of the service.
function line(record: Omit<AuditRecord, 'hash'>, ownHash: string): string {
  const { actor, at, details, position, previous, requestId, run, sequence, thumbprint, type } = record
  return (
    `{${member('actor', actor)}"at":${canonicalJson(at)},"details":${canonicalJson(details)},${ownHash}` +
    `"position":${canonicalJson(position)},"previous":${canonicalString(previous)},` +
    `${member('requestId', requestId)}"run":${canonicalString(run)},"sequence":${canonicalJson(sequence)},` +
    `${member('thumbprint', thumbprint)}"type":${canonicalString(type)}}`
  )
}

function member(name: 'actor' | 'requestId' | 'thumbprint', value: string | undefined): string {
  return value === undefined ? '' : `"${name}":${canonicalString(value)},`
}
