// Server: what GET /admin/status answers: enough to see at a glance whether this node can do its work, and under what.

import { z } from 'zod'
import type { Checkpoint } from '../../audit/record.ts'
import { count, instant } from './fields.ts'
import { type KeyAnswer, keyAnswer } from './keys.ts'

/** How one part stands. */
export interface PartHealth {
  readonly state: 'ok' | 'failing'
  readonly message?: string
}

/** A file, folder or URL with evidence about revocation. */
export interface RevocationSourceAnswer {
  readonly from: string
  readonly kind: 'memory' | 'file' | 'crl' | 'ocsp'
  readonly state: 'ok' | 'waiting' | 'failing'
  readonly size: number
  readonly updatedAt?: string
  readonly nextUpdate?: string
  readonly nextRefresh?: string
  readonly lastError?: string
}

/** How the service stands. */
export interface StatusAnswer {
  readonly version: string
  readonly issuer: string
  /** Who asks, and as what. */
  readonly administrator: { readonly name: string; readonly role: 'operator' | 'auditor' }
  readonly at: string
  /** When this run began; absent where the log has no record of it. */
  readonly startedAt?: string
  readonly uptimeSeconds?: number
  readonly health: {
    readonly store: PartHealth & {
      readonly code?: 'ERR_SERVICE_STORE' | 'ERR_SERVICE_STORE_FULL'
      readonly queued: number
      readonly commits: number
      readonly units: number
    }
    readonly keys: PartHealth
    readonly clock: PartHealth
  }
  /** The policy in force; absent where there is none. */
  readonly policy?: {
    readonly version: number
    readonly digest: string
    readonly trustAnchors: number
    readonly clients: number
    readonly profiles: number
  }
  readonly blocks: number
  readonly keys: readonly KeyAnswer[]
  /** The end of the audit log; absent where nothing was written in this run. */
  readonly audit?: Omit<Checkpoint, 'at'>
  readonly revocationSources: readonly RevocationSourceAnswer[]
}

const partHealth = { state: z.enum(['ok', 'failing']), message: z.string().exactOptional() }

export const statusAnswer: z.ZodType<StatusAnswer> = z.object({
  version: z.string(),
  issuer: z.string(),
  administrator: z.object({ name: z.string(), role: z.enum(['operator', 'auditor']) }),
  at: instant,
  startedAt: instant.exactOptional(),
  uptimeSeconds: count.exactOptional(),
  health: z.object({
    store: z.object({
      ...partHealth,
      code: z.enum(['ERR_SERVICE_STORE', 'ERR_SERVICE_STORE_FULL']).exactOptional(),
      queued: count,
      commits: count,
      units: count,
    }),
    keys: z.object(partHealth),
    clock: z.object(partHealth),
  }),
  policy: z
    .object({
      version: z.int().min(1),
      digest: z.string(),
      trustAnchors: count,
      clients: count,
      profiles: count,
    })
    .exactOptional(),
  blocks: count,
  keys: z.array(keyAnswer),
  audit: z
    .object({ run: z.string(), position: z.int(), sequence: z.int(), hash: z.string() })
    .exactOptional(),
  revocationSources: z.array(
    z.object({
      from: z.string(),
      kind: z.enum(['memory', 'file', 'crl', 'ocsp']),
      state: z.enum(['ok', 'waiting', 'failing']),
      size: count,
      updatedAt: instant.exactOptional(),
      nextUpdate: instant.exactOptional(),
      nextRefresh: instant.exactOptional(),
      lastError: z.string().exactOptional(),
    }),
  ),
})
