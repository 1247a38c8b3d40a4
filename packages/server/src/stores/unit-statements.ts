// Server: the prepared statements of units of work, each behind a function that says what it does. Runs in the worker
// thread.

import type { DatabaseSync } from 'node:sqlite'
import type { AuditRecord } from '../audit/record.ts'
import { blockName, foldSubject, thumbprintOfName } from './blocks.ts'
import type { GrantCells } from './cells.ts'
import { numberOf, textOf } from './columns.ts'
import type { Block, GrantSelector, OneTimeUse, PolicyVersion, StoredKey } from './contract.ts'
import { grantsById, grantsBySubject, grantsByThumbprint, markOf, segmentSearch } from './segments.ts'

/** Where the audit chain ends. */
export interface ChainEnd {
  readonly position: number
  readonly run: string
  readonly sequence: number
  readonly hash: string
}

/** What a unit can do to the database. Nothing here begins or ends a transaction. */
export interface UnitStatements {
  readonly begin: () => void
  readonly commit: () => void
  /** False where it was taken before. */
  readonly takeUse: (use: OneTimeUse) => boolean
  readonly returnUse: (use: OneTimeUse) => void
  readonly insertGrant: (grant: GrantCells) => void
  /** Returns how many ended. */
  readonly endGrants: (selector: GrantSelector, now: number, by: string | null) => number
  readonly block: (block: Block) => void
  readonly unblock: (selector: Block['selector']) => void
  readonly insertPolicy: (version: PolicyVersion) => void
  /** Whether the key is new, or differs in nothing but its times. */
  readonly mayStoreKey: (key: StoredKey) => boolean
  /** False where more than its times would change. */
  readonly storeKey: (key: StoredKey) => boolean
  readonly insertAudit: (record: AuditRecord) => void
  readonly chainEnd: () => ChainEnd | undefined
  readonly policyVersion: () => number
  readonly blockNames: () => Set<string>
  readonly memory: () => { readonly epoch: number; readonly forgotten: number }
}

/** Prepares all of them. */
export function prepareUnitStatements(database: DatabaseSync): UnitStatements {
  const begin = database.prepare('BEGIN IMMEDIATE')
  const commit = database.prepare('COMMIT')
  const takeUse = database.prepare('INSERT INTO uses (key, keep_until) VALUES (?, ?) ON CONFLICT DO NOTHING')
  const returnUse = database.prepare('DELETE FROM uses WHERE key = ?')
  const insertGrant = database.prepare(
    `INSERT INTO grants (id, subject, client_id, trust_anchor, thumbprint, profile, policy_version, audience, scope,
       binding, issued_at, expires_at, id_mark, subject_mark, thumbprint_mark)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  )
  const block = database.prepare(
    `INSERT INTO blocks (name, kind, thumbprint, subject, trust_anchor, since, reason, by)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET since = excluded.since, reason = excluded.reason, by = excluded.by`,
  )
  const unblock = database.prepare('DELETE FROM blocks WHERE name = ?')
  const insertPolicy = database.prepare(
    'INSERT INTO policies (version, text, digest, applied_at, applied_by, comment) VALUES (?, ?, ?, ?, ?, ?)',
  )
  const sameKey = database.prepare(
    `SELECT use = ? AND algorithm = ? AND public_jwk = ? AND sealed = ? AS same FROM keys WHERE kid = ?`,
  )
  const storeKey = database.prepare(
    `INSERT INTO keys (kid, use, algorithm, public_jwk, sealed, published_from, active_from, active_until, published_until)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET published_from = excluded.published_from, active_from = excluded.active_from,
         active_until = excluded.active_until, published_until = excluded.published_until
       WHERE use = excluded.use AND algorithm = excluded.algorithm AND public_jwk = excluded.public_jwk
         AND sealed = excluded.sealed`,
  )
  const insertAudit = database.prepare(
    `INSERT INTO audit (position, type, request_id, thumbprint, body, request_mark, thumbprint_mark)
       VALUES (?, ?, ?, ?, ?, ?, ?)`,
  )
  const chainEnd = database.prepare('SELECT body FROM audit ORDER BY position DESC LIMIT 1')
  const policyVersion = database.prepare('SELECT max(version) AS version FROM policies')
  const blockNames = database.prepare('SELECT name FROM blocks')
  const memory = database.prepare('SELECT epoch, forgotten FROM state')
  const ends = prepareEnds(database)

  return {
    begin: () => void begin.run(),
    commit: () => void commit.run(),
    takeUse: ({ key, keepUntil }) => takeUse.run(key, Math.ceil(keepUntil)).changes === 1,
    returnUse: ({ key }) => void returnUse.run(key),
    insertGrant: (grant) => {
      const { id, subject, clientId, trustAnchor, thumbprint, profile, policyVersion: version } = grant
      const { audience, scope, binding, issuedAt, expiresAt } = grant
      insertGrant.run(
        id,
        subject,
        clientId,
        trustAnchor,
        thumbprint,
        profile,
        version,
        audience,
        scope,
        binding,
        issuedAt,
        expiresAt,
        markOf(id),
        markOf(foldSubject(subject)),
        markOf(thumbprint),
      )
    },
    endGrants: ends,
    block: ({ selector, since, reason, by }) => {
      const { thumbprint, subject, trustAnchor } = { ...NO_NAMES, ...selector }
      block.run(blockName(selector), selector.kind, thumbprint, subject, trustAnchor, since, reason, by)
    },
    unblock: (selector) => void unblock.run(blockName(selector)),
    insertPolicy: ({ version, text, digest, appliedAt, appliedBy, comment }) =>
      void insertPolicy.run(version, text, digest, appliedAt, appliedBy, comment),
    mayStoreKey: ({ kid, use, algorithm, publicJwk, sealed }) => {
      const row = sameKey.get(use, algorithm, publicJwk, sealed, kid)
      return row === undefined || row['same'] === 1
    },
    storeKey: ({ kid, use, algorithm, publicJwk, sealed, ...times }) => {
      const { publishedFrom, activeFrom, activeUntil, publishedUntil } = times
      const result = storeKey.run(
        kid,
        use,
        algorithm,
        publicJwk,
        sealed,
        publishedFrom,
        activeFrom,
        activeUntil,
        publishedUntil,
      )
      return result.changes === 1
    },
    insertAudit: (record) => {
      const { position, type, requestId = null, thumbprint = null } = record
      const requestMark = requestId === null ? null : markOf(requestId)
      const thumbprintMark = thumbprint === null ? null : markOf(thumbprint)
      insertAudit.run(
        position,
        type,
        requestId,
        thumbprint,
        JSON.stringify(record),
        requestMark,
        thumbprintMark,
      )
    },
    chainEnd: () => {
      const body = chainEnd.get()?.['body']
      return body === undefined ? undefined : JSON.parse(textOf(body))
    },
    policyVersion: () => numberOf(policyVersion.get()?.['version'] ?? 0),
    blockNames: () => new Set(blockNames.all().map((row) => textOf(row['name']))),
    memory: () => {
      const row = memory.get()
      return { epoch: numberOf(row?.['epoch']), forgotten: numberOf(row?.['forgotten']) }
    },
  }
}

function prepareEnds(database: DatabaseSync): UnitStatements['endGrants'] {
  const set = 'UPDATE grants SET ended_at = ?, ended_by = ?'
  const standing = 'ended_at IS NULL AND expires_at > ?'
  const within = (search: string): string => `${set} WHERE seq IN (${search}) AND ${standing}`
  const oldestActive = 'SELECT min(seq) FROM grants WHERE expires_at > ?'
  const byId = database.prepare(within(`${segmentSearch(grantsById)} LIMIT 1`))
  const byCertificate = database.prepare(within(segmentSearch(grantsByThumbprint, oldestActive)))
  const byIdentity = database.prepare(
    `${within(segmentSearch(grantsBySubject, oldestActive))} AND trust_anchor = ?`,
  )
  const byThumbprintName = database.prepare(
    `${within(segmentSearch(grantsByThumbprint, oldestActive))} AND trust_anchor = ?`,
  )
  // Most of what is active may be of one trust anchor: an index on it would find no fewer rows than the one by time.
  const byTrustAnchor = database.prepare(`${set} WHERE ${standing} AND trust_anchor = ?`)

  return (selector, now, by) => {
    switch (selector.kind) {
      case 'grant':
        return Number(byId.run(now, by, markOf(selector.id), selector.id, now).changes)
      case 'certificate':
        return Number(
          byCertificate.run(now, by, now, markOf(selector.thumbprint), selector.thumbprint, now).changes,
        )
      case 'identity': {
        const { subject, trustAnchor } = selector
        const find = (statement: typeof byIdentity, value: string): number =>
          Number(statement.run(now, by, now, markOf(value), value, now, trustAnchor).changes)
        const thumbprint = thumbprintOfName(subject)
        const ended = thumbprint === undefined ? 0 : find(byThumbprintName, thumbprint)
        return ended + find(byIdentity, foldSubject(subject))
      }
      case 'trustAnchor':
        return Number(byTrustAnchor.run(now, by, now, selector.trustAnchor).changes)
    }
  }
}

const NO_NAMES: { readonly thumbprint: null; readonly subject: null; readonly trustAnchor: null } = {
  thumbprint: null,
  subject: null,
  trustAnchor: null,
}
