// Server: grants as they lie in the database, and the one question that requests wait for: what became of a token.
// Runs in the worker thread.

import type { DatabaseSync } from 'node:sqlite'
import { numberOf, textOf } from './columns.ts'
import type { BindingKind, StoredGrant } from './contract.ts'
import { grantsById, markOf, segmentSearch } from './segments.ts'

/** A row as a query has it. */
export interface GrantRow {
  readonly seq: number
  readonly id: string
  readonly subject: string
  readonly client_id: string
  readonly trust_anchor: string
  readonly thumbprint: string
  readonly profile: string
  readonly policy_version: number
  readonly audience: string
  readonly scope: string
  readonly binding: BindingKind
  readonly issued_at: number
  readonly expires_at: number
  readonly ended_at: number | null
  readonly ended_by: string | null
}

/** Prepares the search for a grant by its id; the newest, should there be two. */
export function prepareFindGrant(database: DatabaseSync): (id: string) => StoredGrant | undefined {
  const find = database.prepare(`SELECT * FROM grants WHERE seq = (${segmentSearch(grantsById)} LIMIT 1)`)
  return (id) => {
    const row = find.get(markOf(id), id)
    if (row === undefined) return undefined
    const number = (name: string): number => numberOf(row[name])
    const text = (name: string): string => textOf(row[name])
    return toGrant({
      seq: number('seq'),
      id: text('id'),
      subject: text('subject'),
      client_id: text('client_id'),
      trust_anchor: text('trust_anchor'),
      thumbprint: text('thumbprint'),
      profile: text('profile'),
      policy_version: number('policy_version'),
      audience: text('audience'),
      scope: text('scope'),
      binding: bindingOf(text('binding')),
      issued_at: number('issued_at'),
      expires_at: number('expires_at'),
      ended_at: row['ended_at'] === null ? null : number('ended_at'),
      ended_by: row['ended_by'] === null ? null : text('ended_by'),
    })
  }
}

/** The grant of a row. */
export function toGrant(row: GrantRow): StoredGrant {
  return {
    id: row.id,
    subject: row.subject,
    clientId: row.client_id,
    trustAnchor: row.trust_anchor,
    thumbprint: row.thumbprint,
    profile: row.profile,
    policyVersion: row.policy_version,
    audience: JSON.parse(row.audience),
    scope: JSON.parse(row.scope),
    binding: row.binding,
    issuedAt: row.issued_at,
    expiresAt: row.expires_at,
    ...(row.ended_at === null ? {} : { endedAt: row.ended_at }),
    ...(row.ended_by === null ? {} : { endedBy: row.ended_by }),
  }
}

function bindingOf(text: string): BindingKind {
  const binding = BINDINGS.find((known) => known === text)
  if (binding === undefined) throw new TypeError('a column of the database holds no kind of binding')
  return binding
}

const BINDINGS: readonly BindingKind[] = ['mtls', 'dpop', 'proof', 'none']
