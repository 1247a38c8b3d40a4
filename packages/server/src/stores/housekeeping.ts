// Server: the small writes that belong to no unit of work. Each is made within a transaction of its caller, and waits
// for nothing. Runs in the worker thread.

import type { DatabaseSync } from 'node:sqlite'
import { numberOf } from './columns.ts'
import type { PruneOptions } from './messages.ts'

/** LIMIT: rows that one call of prune removes of each kind: a few milliseconds, in which units wait. */
export const PRUNE_CHUNK = 2_000

export function addCheckpoint(database: DatabaseSync, signed: string): undefined {
  database.prepare('INSERT INTO checkpoints (signed) VALUES (?)').run(signed)
}

export function clockMark(database: DatabaseSync): number {
  return numberOf(database.prepare('SELECT clock FROM state').get()?.['clock'])
}

/** Forward alone. */
export function moveClock(database: DatabaseSync, now: number): undefined {
  database.prepare('UPDATE state SET clock = max(clock, ?)').run(now)
}

/** Writes something that says nothing. */
export function probe(database: DatabaseSync): undefined {
  database.exec('UPDATE state SET probes = probes + 1')
}

/** Returns how many keys went. */
export function pruneKeys(database: DatabaseSync, now: number): number {
  return Number(database.prepare('DELETE FROM keys WHERE published_until < ?').run(now).changes)
}

/**
 * Removes a chunk of what has passed, and notes the latest end of a use among it: from now on a use that ends no later
 * is refused, since nobody can tell whether it was forgotten. A clock that ran far ahead does no more harm than that.
 *
 * @returns whether there may be more
 */
export function prune(database: DatabaseSync, { usesBefore, grantsBefore }: PruneOptions): boolean {
  const uses = database
    .prepare('SELECT key, keep_until FROM uses WHERE keep_until < ? ORDER BY keep_until LIMIT ?')
    .all(usesBefore, PRUNE_CHUNK)
  const last = uses.at(-1)
  if (last !== undefined) {
    const remove = database.prepare('DELETE FROM uses WHERE key = ?')
    for (const use of uses) remove.run(use['key'] ?? null)
    database.prepare('UPDATE state SET forgotten = max(forgotten, ?)').run(numberOf(last['keep_until']))
  }
  const { changes } = database
    .prepare(
      `DELETE FROM grants WHERE seq IN
         (SELECT seq FROM grants WHERE expires_at < ? ORDER BY expires_at LIMIT ?)`,
    )
    .run(grantsBefore, PRUNE_CHUNK)
  return uses.length === PRUNE_CHUNK || changes === PRUNE_CHUNK
}
