// Server: rows of the store, opened: what signs now, what is published, what checks challenges. A set of them never
// changes; it is replaced as a whole.

import { createHmac, sign, timingSafeEqual } from 'node:crypto'
import { escapeText } from 'ingam'
import { CHECKPOINT_TYPE } from '../audit/checkpoint.ts'
import { ServiceError } from '../service-error.ts'
import type { KeyUse, StoredKey } from '../stores/contract.ts'
import { type Slot, signing } from './schedule.ts'
import { type OpenedKey, openKey } from './sealed-key.ts'

/** Keys in memory. Instants are seconds since 1970 UTC. */
export interface HeldKeys {
  /** What signs for a slot now. */
  readonly signing: (slot: Slot, now: number) => HeldKey | undefined
  readonly published: (use: KeyUse, now: number) => readonly HeldKey[]
}

/** A key of a set. */
export interface HeldKey extends StoredKey {
  readonly opened: OpenedKey
  /** The protected header as it stands in a JWS, with the dot after it. */
  readonly prefix: string
}

/** No keys at all. */
export const noKeys: HeldKeys = { signing: () => undefined, published: () => [] }

const TYPES = { 'access-token': 'at+jwt', audit: CHECKPOINT_TYPE, challenge: '' } as const

/**
 * Opens all rows that are still published.
 *
 * @throws {ServiceError} ERR_SERVICE_KEYS where one of them does not open: under a wrong key-encryption key nothing must
 *   work, or new keys would be made beside those that are out of reach
 */
export function openRows(rows: readonly StoredKey[], keyEncryptionKey: Uint8Array, now: number): HeldKeys {
  const bySlot = new Map<string, HeldKey[]>()
  for (const row of rows) {
    if (row.publishedUntil <= now) continue
    const opened = openKey(row, keyEncryptionKey)
    if (opened === undefined) {
      const problem = `key ${escapeText(row.kid)} (${row.use}) does not open under the key-encryption key`
      throw new ServiceError('ERR_SERVICE_KEYS', problem)
    }
    const slot = nameOf(opened)
    bySlot.set(slot, [...(bySlot.get(slot) ?? []), { ...row, opened, prefix: prefixOf(opened) }])
  }
  return {
    signing: (slot, at) => signing(bySlot.get(nameOf(slot)) ?? [], at),
    published: (use, at) =>
      [...bySlot.values()]
        .flat()
        .filter((key) => key.use === use && key.publishedUntil > at)
        .sort((a, b) => b.activeFrom - a.activeFrom),
  }
}

/** A compact JWS (RFC 7515 §7.1) of the payload's UTF-8; alg, kid and typ are the key's. */
export function signJws({ opened, prefix }: HeldKey, payload: string): string {
  const input = prefix + Buffer.from(payload).toString('base64url')
  // RFC 7518 §3.4: r and s side by side. Having OpenSSL write them so costs no more than DER does (Node 22 and 26).
  const key =
    opened.algorithm === 'ES256' ? ({ key: opened.key, dsaEncoding: 'ieee-p1363' } as const) : opened.key
  return `${input}.${sign('sha256', Buffer.from(input), key).toString('base64url')}`
}

/** HMAC-SHA-256. */
export function tagOf({ opened }: HeldKey, data: Uint8Array): Uint8Array {
  return createHmac('sha256', opened.key).update(data).digest()
}

/** Compares a tag in constant time; one of another length is none. */
export function isTag(key: HeldKey, data: Uint8Array, tag: Uint8Array): boolean {
  const expected = tagOf(key, data)
  return tag.length === expected.length && timingSafeEqual(tag, expected)
}

function nameOf(slot: Slot): string {
  return `${slot.use} ${slot.algorithm}`
}

function prefixOf({ use, algorithm, kid }: OpenedKey): string {
  const header = JSON.stringify({ alg: algorithm, kid, typ: TYPES[use] })
  return `${Buffer.from(header).toString('base64url')}.`
}
