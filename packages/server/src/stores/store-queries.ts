// Server: the questions that nobody waits for at each request: lists, policies, keys, the audit log. Each is bounded by
// its limit. Runs in the worker thread, which loads it, and Kysely with it, at the first such question.

import type { DatabaseSync } from 'node:sqlite'
import { type Kysely, type RawBuilder, sql } from 'kysely'
import type { AuditRecord } from '../audit/record.ts'
import { foldSubject, thumbprintOfName } from './blocks.ts'
import { textOf } from './columns.ts'
import type { Block, GrantSelector, KeyUse, Page, PolicyVersion, StoredGrant, StoredKey } from './contract.ts'
import { type GrantRow, toGrant } from './grant-rows.ts'
import { queryBuilder } from './kysely-dialect.ts'
import type { GrantListing, PageOptions, Questions } from './messages.ts'
import {
  auditByRequest,
  auditByThumbprint,
  grantsById,
  grantsBySubject,
  grantsByThumbprint,
  markOf,
  type SegmentIndex,
  segmentSearch,
} from './segments.ts'

/** Reads on one open database. */
export class StoreQueries {
  readonly #query: Kysely<Tables>

  constructor(database: DatabaseSync) {
    this.#query = queryBuilder<Tables>(database)
  }

  async listGrants({ selector, limit, before, active, now }: GrantListing): Promise<Page<StoredGrant>> {
    let query = this.#query.selectFrom('grants').selectAll()
    if (before !== undefined) query = query.where('seq', '<', Number(before))
    if (selector !== undefined) query = query.where(selected(selector))
    if (active === true) {
      const oldest = sql<number>`(SELECT min(seq) FROM grants WHERE expires_at > ${now})`
      query = query.where('seq', '>=', oldest).where('expires_at', '>', now).where('ended_at', 'is', null)
    }
    const rows = await query
      .orderBy('seq', 'desc')
      .limit(limit + 1)
      .execute()
    return pageOf(rows, limit, (row) => row.seq, toGrant)
  }

  async blocks(): Promise<readonly Block[]> {
    const rows = await this.#query.selectFrom('blocks').selectAll().orderBy('since').orderBy('name').execute()
    return rows.map(toBlock)
  }

  async currentPolicy(): Promise<PolicyVersion | undefined> {
    return (await this.listPolicies({ limit: 1 })).items[0]
  }

  async findPolicy(version: number): Promise<PolicyVersion | undefined> {
    const row = await this.#query
      .selectFrom('policies')
      .selectAll()
      .where('version', '=', version)
      .executeTakeFirst()
    return row === undefined ? undefined : toPolicy(row)
  }

  async listPolicies({ limit, before }: PageOptions): Promise<Page<PolicyVersion>> {
    let query = this.#query.selectFrom('policies').selectAll()
    if (before !== undefined) query = query.where('version', '<', Number(before))
    const rows = await query
      .orderBy('version', 'desc')
      .limit(limit + 1)
      .execute()
    return pageOf(rows, limit, (row) => row.version, toPolicy)
  }

  async listKeys(): Promise<readonly StoredKey[]> {
    const rows = await this.#query
      .selectFrom('keys')
      .selectAll()
      .orderBy('active_from')
      .orderBy('kid')
      .execute()
    return rows.map(toKey)
  }

  async auditTail(options: Questions['auditTail']['ask']): Promise<Page<AuditRecord>> {
    const { limit, before, types, requestId, thumbprint } = options
    let query = this.#query.selectFrom('audit').select(['position', 'body'])
    if (before !== undefined) query = query.where('position', '<', Number(before))
    if (requestId !== undefined)
      query = query.where('position', 'in', sql<number>`(${searchFor(auditByRequest, requestId)})`)
    if (thumbprint !== undefined)
      query = query.where('position', 'in', sql<number>`(${searchFor(auditByThumbprint, thumbprint)})`)
    if (types !== undefined) {
      query = query.where('type', 'in', types)
      // In these words the index of all rarer types is found; tokens issued are never far apart.
      if (!types.includes('token.issued')) query = query.where(sql<boolean>`type <> 'token.issued'`)
    }
    const rows = await query
      .orderBy('position', 'desc')
      .limit(limit + 1)
      .execute()
    return pageOf(rows, limit, (row) => row.position, toRecord)
  }

  async auditRead({ after, limit }: Questions['auditRead']['ask']): Promise<readonly AuditRecord[]> {
    const rows = await this.#query
      .selectFrom('audit')
      .select('body')
      .where('position', '>', after)
      .orderBy('position')
      .limit(limit)
      .execute()
    return rows.map(toRecord)
  }

  async checkpoints(limit: number): Promise<readonly string[]> {
    const rows = await this.#query
      .selectFrom('checkpoints')
      .select('signed')
      .orderBy('seq', 'desc')
      .limit(limit)
      .execute()
    return rows.map((row) => row.signed).reverse()
  }
}

interface Tables {
  readonly grants: GrantRow
  readonly blocks: BlockRow
  readonly policies: PolicyRow
  readonly keys: KeyRow
  readonly audit: {
    readonly position: number
    readonly type: string
    readonly request_id: string | null
    readonly thumbprint: string | null
    readonly body: string
  }
  readonly checkpoints: { readonly seq: number; readonly signed: string }
}

interface BlockRow {
  readonly name: string
  readonly kind: Block['selector']['kind']
  readonly thumbprint: string | null
  readonly subject: string | null
  readonly trust_anchor: string | null
  readonly since: number
  readonly reason: string
  readonly by: string
}

interface PolicyRow {
  readonly version: number
  readonly text: string
  readonly digest: string
  readonly applied_at: number
  readonly applied_by: string
  readonly comment: string
}

interface KeyRow {
  readonly kid: string
  readonly use: KeyUse
  readonly algorithm: string
  readonly public_jwk: string
  readonly sealed: Uint8Array
  readonly published_from: number
  readonly active_from: number
  readonly active_until: number
  readonly published_until: number
}

// The text of the search has two places for its parameters.
function searchFor(index: SegmentIndex, value: string): RawBuilder<number> {
  const [head = '', middle = '', tail = ''] = segmentSearch(index).split('?')
  return sql<number>`${sql.raw(head)}${markOf(value)}${sql.raw(middle)}${value}${sql.raw(tail)}`
}

function selected(selector: GrantSelector): RawBuilder<boolean> {
  switch (selector.kind) {
    case 'grant':
      return sql<boolean>`seq IN (${searchFor(grantsById, selector.id)})`
    case 'certificate':
      return sql<boolean>`seq IN (${searchFor(grantsByThumbprint, selector.thumbprint)})`
    case 'identity': {
      const { subject, trustAnchor } = selector
      const bySubject = sql<boolean>`seq IN (${searchFor(grantsBySubject, foldSubject(subject))})`
      const thumbprint = thumbprintOfName(subject)
      const found =
        thumbprint === undefined
          ? bySubject
          : sql<boolean>`(${bySubject} OR seq IN (${searchFor(grantsByThumbprint, thumbprint)}))`
      return sql<boolean>`${found} AND trust_anchor = ${trustAnchor}`
    }
    case 'trustAnchor':
      return sql<boolean>`trust_anchor = ${selector.trustAnchor}`
  }
}

function pageOf<Row, T>(
  rows: readonly Row[],
  limit: number,
  cursorOf: (row: Row) => number,
  toItem: (row: Row) => T,
): Page<T> {
  const shown = rows.slice(0, limit)
  const items = shown.map(toItem)
  const last = shown.at(-1)
  return rows.length > limit && last !== undefined ? { items, next: String(cursorOf(last)) } : { items }
}

function toBlock(row: BlockRow): Block {
  const { since, reason, by } = row
  return { selector: selectorOf(row), since, reason, by }
}

function selectorOf({ kind, thumbprint, subject, trust_anchor }: BlockRow): Block['selector'] {
  switch (kind) {
    case 'certificate':
      return { kind, thumbprint: textOf(thumbprint) }
    case 'identity':
      return { kind, subject: textOf(subject), trustAnchor: textOf(trust_anchor) }
    case 'trustAnchor':
      return { kind, trustAnchor: textOf(trust_anchor) }
  }
}

function toPolicy(row: PolicyRow): PolicyVersion {
  const { version, text, digest, comment } = row
  return { version, text, digest, appliedAt: row.applied_at, appliedBy: row.applied_by, comment }
}

function toKey(row: KeyRow): StoredKey {
  return {
    kid: row.kid,
    use: row.use,
    algorithm: row.algorithm,
    publicJwk: row.public_jwk,
    sealed: row.sealed,
    publishedFrom: row.published_from,
    activeFrom: row.active_from,
    activeUntil: row.active_until,
    publishedUntil: row.published_until,
  }
}

function toRecord({ body }: { readonly body: string }): AuditRecord {
  return JSON.parse(body)
}
