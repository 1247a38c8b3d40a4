// Server: the tables, and how an older database becomes one of today. Forward only: PRAGMA user_version counts the
// steps that were made, each of them is one transaction, and none is ever edited once it was released.

import type { DatabaseSync } from 'node:sqlite'
import { storeFault } from './store-fault.ts'

/** `Ingm` in ASCII: marks the file as ours, in the header of a database (PRAGMA application_id). */
export const APPLICATION_ID = 0x49_6e_67_6d

/** One step: SQL without BEGIN and COMMIT. */
export type Migration = string

// Why no index on what is random, such as a grant's id: each insert into such an index changes a page somewhere in the
// file, which then is written twice, and that costs more than all the rest. Instead there is a mark, 32 bits of a hash,
// in an index with the number of the segment of 1,024 rows in front, so that the pages that change are few and warm. A
// search walks over the segments from the newest on (segments.ts); a token that still counts is in one of the first.
const FIRST: Migration = `
CREATE TABLE state (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  instance TEXT NOT NULL,
  epoch INTEGER NOT NULL,
  forgotten INTEGER NOT NULL,
  clock INTEGER NOT NULL,
  probes INTEGER NOT NULL
) STRICT;

CREATE TABLE uses (
  key BLOB PRIMARY KEY CHECK (length(key) = 32),
  keep_until INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX uses_by_time ON uses (keep_until);

CREATE TABLE grants (
  seq INTEGER PRIMARY KEY,
  id TEXT NOT NULL,
  subject TEXT NOT NULL,
  client_id TEXT NOT NULL,
  trust_anchor TEXT NOT NULL,
  thumbprint TEXT NOT NULL,
  profile TEXT NOT NULL,
  policy_version INTEGER NOT NULL,
  audience TEXT NOT NULL,
  scope TEXT NOT NULL,
  binding TEXT NOT NULL,
  issued_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  ended_at INTEGER,
  ended_by TEXT,
  id_mark INTEGER NOT NULL,
  subject_mark INTEGER NOT NULL,
  thumbprint_mark INTEGER NOT NULL
) STRICT;
CREATE INDEX grants_by_id ON grants (seq >> 10, id_mark);
CREATE INDEX grants_by_subject ON grants (seq >> 10, subject_mark);
CREATE INDEX grants_by_thumbprint ON grants (seq >> 10, thumbprint_mark);
CREATE INDEX grants_by_time ON grants (expires_at);

CREATE TABLE blocks (
  name TEXT PRIMARY KEY,
  kind TEXT NOT NULL CHECK (kind IN ('certificate', 'identity', 'trustAnchor')),
  thumbprint TEXT,
  subject TEXT,
  trust_anchor TEXT,
  since INTEGER NOT NULL,
  reason TEXT NOT NULL,
  by TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE policies (
  version INTEGER PRIMARY KEY,
  text TEXT NOT NULL,
  digest TEXT NOT NULL,
  applied_at INTEGER NOT NULL,
  applied_by TEXT NOT NULL,
  comment TEXT NOT NULL
) STRICT;

CREATE TABLE keys (
  kid TEXT PRIMARY KEY,
  use TEXT NOT NULL CHECK (use IN ('access-token', 'audit', 'challenge')),
  algorithm TEXT NOT NULL,
  public_jwk TEXT NOT NULL,
  sealed BLOB NOT NULL,
  published_from INTEGER NOT NULL,
  active_from INTEGER NOT NULL,
  active_until INTEGER NOT NULL,
  published_until INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE audit (
  position INTEGER PRIMARY KEY,
  type TEXT NOT NULL,
  request_id TEXT,
  thumbprint TEXT,
  body TEXT NOT NULL,
  request_mark INTEGER,
  thumbprint_mark INTEGER
) STRICT;
CREATE INDEX audit_by_request ON audit (position >> 10, request_mark) WHERE request_mark IS NOT NULL;
CREATE INDEX audit_by_thumbprint ON audit (position >> 10, thumbprint_mark) WHERE thumbprint_mark IS NOT NULL;
CREATE INDEX audit_by_type ON audit (type) WHERE type <> 'token.issued';

CREATE TABLE checkpoints (
  seq INTEGER PRIMARY KEY,
  signed TEXT NOT NULL
) STRICT;
`

/** All steps from an empty file to today's tables. */
export const migrations: readonly Migration[] = [FIRST]

/**
 * Brings the database to the version of the last step. An error leaves it at the last step that was whole.
 *
 * @param whenEmpty fills an empty database, in the transaction of the first step
 * @throws {StoreFault} ERR_SERVICE_STORE_VERSION where it is newer than the steps, ERR_SERVICE_STORE where it is not ours
 */
export function migrate(
  database: DatabaseSync,
  steps: readonly Migration[],
  whenEmpty: () => void,
): { readonly from: number; readonly to: number } {
  const from = checkOwner(database)
  if (from > steps.length) {
    const message = `the database is of version ${from}; this service knows versions up to ${steps.length}`
    throw storeFault('ERR_SERVICE_STORE_VERSION', message, { expected: steps.length, found: from })
  }
  for (const [index, step] of steps.entries()) {
    if (index < from) continue
    database.exec('BEGIN IMMEDIATE')
    try {
      database.exec(step)
      if (index === 0) whenEmpty()
      database.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${index + 1}; COMMIT`)
    } catch (error) {
      if (database.isTransaction) database.exec('ROLLBACK')
      throw error
    }
  }
  return { from, to: steps.length }
}

/**
 * The version of a database that is ours; 0 for an empty one.
 *
 * @throws {StoreFault} ERR_SERVICE_STORE where something else made the file
 */
export function checkOwner(database: DatabaseSync): number {
  const application = pragma(database, 'application_id')
  const version = pragma(database, 'user_version')
  const isEmpty = database.prepare('SELECT 1 FROM sqlite_schema LIMIT 1').get() === undefined
  if (application === APPLICATION_ID && version > 0) return version
  if (application === 0 && version === 0 && isEmpty) return 0
  throw storeFault('ERR_SERVICE_STORE', 'the file is a database, but not one of this service', {
    expected: APPLICATION_ID,
    found: application,
  })
}

function pragma(database: DatabaseSync, name: 'application_id' | 'user_version'): number {
  const value = database.prepare(`PRAGMA ${name}`).get()?.[name]
  return typeof value === 'number' ? value : 0
}
