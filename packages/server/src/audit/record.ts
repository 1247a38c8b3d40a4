// Server: what the audit log holds. Each run of the node is a chain of its own; the first record of a run names the
// last one of the run before.

import type { JsonRecord } from '../json.ts'

/** What can have happened. */
export const AUDIT_TYPES = [
  'service.started',
  'service.stopped',
  'token.issued',
  'token.refused',
  'grant.ended',
  'block.added',
  'block.lifted',
  'policy.applied',
  'key.created',
  'key.rotated',
  'admin.refused',
  'refusals.counted',
  'backup.made',
] as const

/** What happened. */
export type AuditType = (typeof AUDIT_TYPES)[number]

/** An event before it has its place in the chain. */
export interface AuditEvent {
  readonly type: AuditType
  /** Milliseconds since 1970 UTC. */
  readonly at: number
  readonly requestId?: string
  /** Whose certificate it is about, where one is. */
  readonly thumbprint?: string
  /** Who acted: an administrator's name, or `service`. */
  readonly actor?: string
  /** Never a token, key, nonce or passphrase. */
  readonly details: JsonRecord
}

/** A record in its place. */
export interface AuditRecord extends AuditEvent {
  /** 1, 2, 3 … over all runs, without gaps. */
  readonly position: number
  /** Base64url, 16 random bytes; the same for all records of a run. */
  readonly run: string
  /** 1, 2, 3 … within the run. */
  readonly sequence: number
  /** Base64url SHA-256 of the record before it in the run; of the run's first, of the last record of the run before. */
  readonly previous: string
  /** Base64url SHA-256 of the record: see chain.ts. */
  readonly hash: string
}

/** What a signed checkpoint says. */
export interface Checkpoint {
  readonly run: string
  readonly position: number
  readonly sequence: number
  readonly hash: string
  /** Milliseconds since 1970 UTC. */
  readonly at: number
}
