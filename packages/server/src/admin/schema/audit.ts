// Server: what /admin/audit takes and answers. Records go out as they are hashed, so that whoever reads them can check
// the chain without us.

import { z } from 'zod'
import { AUDIT_TYPES, type AuditRecord, type AuditType } from '../../audit/record.ts'
import type { JsonRecord } from '../../json.ts'
import {
  id,
  type PageAnswer,
  type PageInput,
  pageFields,
  pageOf,
  thumbprint,
  wholeNumberText,
  wordsText,
} from './fields.ts'

/** Which records are asked for, newest first. */
export interface AuditInput extends PageInput {
  /** Types, of which any may be. */
  readonly type?: readonly AuditType[]
  readonly requestId?: string
  readonly thumbprint?: string
}

/** Which part of the log is exported. */
export interface ExportAuditInput {
  /** The position after which it begins; default 0. */
  readonly after?: number
  /** Records at most, 1 to 100,000; default 100,000. Where the log goes on, no checkpoint follows. */
  readonly limit?: number
}

/** Which part of the log is verified. */
export interface VerifyAuditInput {
  /** The position after which it begins; default 0. The record there is taken as it is stored. */
  readonly after?: number
  /** Records at most, 1 to 1,000,000; default 1,000,000. */
  readonly limit?: number
}

/** One thing that is not as it must be. */
export interface AuditFindingAnswer {
  /** One of verify.ts's kinds, or `head`: the stored log does not end where it was last written. */
  readonly kind: string
  readonly position: number
  readonly expected: string
  readonly found: string
}

/** What a verification found. */
export interface VerifyAuditAnswer {
  /** Nothing was found. **Records behind `signedUpTo` could have been cut off before this run without a trace.** */
  readonly ok: boolean
  readonly records: number
  /** The last position that was looked at; 0 for none. */
  readonly last: number
  /** Whether that is the end of the log. */
  readonly complete: boolean
  /** Signed checkpoints that agree, of the newest 100. */
  readonly checkpoints: number
  /** Those of the newest 100 whose key is not published any more: nobody here can say whether they agree. */
  readonly checkpointsWithoutKey: number
  /** Up to here the log is as it was signed; 0 for none. */
  readonly signedUpTo: number
  readonly findings: readonly AuditFindingAnswer[]
  /** How many there are in all; the first 100 are told. */
  readonly findingCount: number
}

/** How many checkpoints are wanted. */
export interface CheckpointsInput {
  readonly limit?: number
}

/** The newest checkpoints, and the keys that verify them. */
export interface CheckpointsAnswer {
  /** Compact JWS each, newest last. */
  readonly items: readonly string[]
  /** How many older ones there are. */
  readonly older: number
  /** The public keys of the audit log that are published now (RFC 7517 §5). */
  readonly jwks: { readonly keys: readonly JsonRecord[] }
}

/** LIMIT: an export is a bounded piece of work; the next one begins where it ended. */
export const MAX_EXPORT = 100_000
/** LIMIT: a few seconds of hashing, between which other requests are answered. */
export const MAX_VERIFIED = 1_000_000
// LIMIT: 2^53 - 1 has 16 digits; a node that writes a thousand records a second needs 30,000 years for fifteen.
const MAX_POSITION = 999_999_999_999_999

export const auditInput: z.ZodType<AuditInput> = z.strictObject({
  ...pageFields,
  type: wordsText<AuditType>(AUDIT_TYPES).exactOptional(),
  requestId: id.exactOptional(),
  thumbprint: thumbprint.exactOptional(),
})

const jsonRecord: z.ZodType<JsonRecord> = z.record(z.string(), z.json())

export const auditAnswer: z.ZodType<PageAnswer<AuditRecord>> = pageOf(
  z.object({
    type: z.enum(AUDIT_TYPES),
    at: z.number(),
    requestId: z.string().exactOptional(),
    thumbprint: z.string().exactOptional(),
    actor: z.string().exactOptional(),
    details: jsonRecord,
    position: z.int(),
    run: z.string(),
    sequence: z.int(),
    previous: z.string(),
    hash: z.string(),
  }),
)

export const exportAuditInput: z.ZodType<ExportAuditInput> = z.strictObject({
  after: wholeNumberText(0, MAX_POSITION).exactOptional(),
  limit: wholeNumberText(1, MAX_EXPORT).exactOptional(),
})

export const verifyAuditInput: z.ZodType<VerifyAuditInput> = z.strictObject({
  after: z.int().min(0).max(MAX_POSITION).exactOptional(),
  limit: z.int().min(1).max(MAX_VERIFIED).exactOptional(),
})

export const verifyAuditAnswer: z.ZodType<VerifyAuditAnswer> = z.object({
  ok: z.boolean(),
  records: z.int(),
  last: z.int(),
  complete: z.boolean(),
  checkpoints: z.int(),
  checkpointsWithoutKey: z.int(),
  signedUpTo: z.int(),
  findings: z.array(
    z.object({ kind: z.string(), position: z.int(), expected: z.string(), found: z.string() }),
  ),
  findingCount: z.int(),
})

export const checkpointsInput: z.ZodType<CheckpointsInput> = z.strictObject({ limit: pageFields.limit })

export const checkpointsAnswer: z.ZodType<CheckpointsAnswer> = z.object({
  items: z.array(z.string()),
  older: z.int(),
  jwks: z.object({ keys: z.array(jsonRecord) }),
})
