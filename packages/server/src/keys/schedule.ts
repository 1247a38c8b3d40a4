// Server: when keys are published, sign and go: pure rules over rows. One slot is one use with one algorithm. A key is
// published before it signs, so that whoever holds a copy of the JWKS has it in time, and stays published until the last
// token that it signed has expired.

import type { KeyUse, StoredKey } from '../stores/contract.ts'
import type { KeyAlgorithm, NewKey } from './sealed-key.ts'

/** A use with one algorithm. */
export interface Slot {
  readonly use: KeyUse
  readonly algorithm: KeyAlgorithm
}

/** Spans, all in seconds. */
export interface Spans {
  /** How long a key signs. */
  readonly rotate: number
  /** How long it is published before. */
  readonly overlap: number
  /** How long what was signed by a key of this use is still looked at. */
  readonly retention: (use: KeyUse) => number
}

/** For {@link StoredKey.publishedUntil} of keys that stay for good: 9999-12-31T23:59:59Z. */
export const FOR_GOOD = 253_402_300_799

/** What a slot needs now: nothing, its first key (or one after all have gone), or the next one. */
export function due(
  rows: readonly StoredKey[],
  slot: Slot,
  spans: Spans,
  now: number,
): 'nothing' | 'first' | 'next' {
  const ends = ofSlot(rows, slot).map((row) => Math.min(row.activeUntil, row.publishedUntil))
  const end = Math.max(0, ...ends)
  if (end <= now) return 'first'
  return end - spans.overlap <= now ? 'next' : 'nothing'
}

/** Adds a new key to a slot: the row of the new one, and the rows of others whose times change by it. */
export function addKey(
  rows: readonly StoredKey[],
  key: NewKey,
  how: 'first' | 'next' | 'immediately',
  spans: Spans,
  now: number,
): { readonly added: StoredKey; readonly changed: readonly StoredKey[] } {
  const retention = spans.retention(key.use)
  const activeFrom = how === 'next' ? now + spans.overlap : now
  const changed: StoredKey[] = []
  const others = rows.filter((row) => row.use === key.use && row.algorithm === key.algorithm)
  const last = Math.max(0, ...others.map((row) => row.activeUntil))
  for (const row of others) {
    const next =
      how === 'immediately' ? withdrawn(row, now) : superseded(row, activeFrom, last, retention, now)
    if (next.activeUntil !== row.activeUntil || next.publishedUntil !== row.publishedUntil) changed.push(next)
  }
  const activeUntil = activeFrom + spans.rotate
  const publishedUntil = Math.min(FOR_GOOD, activeUntil + retention)
  return { added: { ...key, publishedFrom: now, activeFrom, activeUntil, publishedUntil }, changed }
}

/** The key that signs now: of those that may, the one that came last. */
export function signing<T extends StoredKey>(rows: readonly T[], now: number): T | undefined {
  let found: T | undefined
  for (const row of rows) {
    if (row.activeFrom > now || row.activeUntil <= now || row.publishedUntil <= now) continue
    if (found === undefined || row.activeFrom >= found.activeFrom) found = row
  }
  return found
}

// A leaked key signs no more and is published no more, and so is one that lay sealed beside it and had yet to sign.
function withdrawn(row: StoredKey, now: number): StoredKey {
  return {
    ...row,
    activeUntil: Math.min(row.activeUntil, now),
    publishedUntil: Math.min(row.publishedUntil, now),
  }
}

// The old key signs until the new one does: no longer, and no shorter either, for the last of them.
function superseded(row: StoredKey, from: number, last: number, retention: number, now: number): StoredKey {
  if (row.activeUntil <= now) return row
  // It would have begun after the new one: it never signs, so nobody misses it.
  if (row.activeFrom >= from) return withdrawn(row, now)
  const activeUntil = row.activeUntil === last ? from : Math.min(row.activeUntil, from)
  return { ...row, activeUntil, publishedUntil: Math.min(FOR_GOOD, activeUntil + retention) }
}

function ofSlot(rows: readonly StoredKey[], slot: Slot): readonly StoredKey[] {
  return rows.filter((row) => row.use === slot.use && row.algorithm === slot.algorithm)
}
