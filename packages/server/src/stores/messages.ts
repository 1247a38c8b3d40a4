// Server: what the two threads of a store say to each other: batches of units, and questions one by one. Runs in the
// worker thread: no imports but types.

import type { AuditRecord } from '../audit/record.ts'
import type { EncodedBatch } from './cells.ts'
import type {
  AuditStore,
  Block,
  CommitOutcome,
  GrantSelector,
  Page,
  PolicyVersion,
  StoredGrant,
  StoredKey,
} from './contract.ts'
import type { FaultMessage } from './store-fault.ts'

/** What the worker is started with. */
export interface WorkerStart {
  readonly folder: string
  /** Base64url of 16 random bytes: the audit chain's run. The same for a worker that follows a dead one. */
  readonly run: string
  /** The database that it must be; absent at the first start. */
  readonly instance?: string
  readonly newInstance: string
  readonly now: number
  readonly futureToleranceSeconds: number
  readonly busyTimeoutMilliseconds: number
  readonly maxPages?: number
}

/** What can be asked: the arguments, and the answer. */
export interface Questions {
  readonly findGrant: { readonly ask: string; readonly answer: StoredGrant | undefined }
  readonly listGrants: { readonly ask: GrantListing; readonly answer: Page<StoredGrant> }
  readonly blocks: { readonly ask: null; readonly answer: readonly Block[] }
  readonly currentPolicy: { readonly ask: null; readonly answer: PolicyVersion | undefined }
  readonly findPolicy: { readonly ask: number; readonly answer: PolicyVersion | undefined }
  readonly listPolicies: { readonly ask: PageOptions; readonly answer: Page<PolicyVersion> }
  readonly listKeys: { readonly ask: null; readonly answer: readonly StoredKey[] }
  readonly pruneKeys: { readonly ask: number; readonly answer: number }
  readonly auditTail: {
    readonly ask: Parameters<AuditStore['tail']>[0]
    readonly answer: Page<AuditRecord>
  }
  readonly auditRead: {
    readonly ask: { readonly after: number; readonly limit: number }
    readonly answer: readonly AuditRecord[]
  }
  readonly auditHead: { readonly ask: null; readonly answer: Awaited<ReturnType<AuditStore['head']>> }
  readonly addCheckpoint: { readonly ask: string; readonly answer: undefined }
  readonly checkpoints: { readonly ask: number; readonly answer: readonly string[] }
  readonly clockMark: { readonly ask: null; readonly answer: number }
  readonly moveClock: { readonly ask: number; readonly answer: undefined }
  /** Removes at most one chunk; true where there may be more. */
  readonly prune: { readonly ask: PruneOptions; readonly answer: boolean }
  readonly probe: { readonly ask: null; readonly answer: undefined }
  readonly close: { readonly ask: null; readonly answer: undefined }
}

export type QuestionName = keyof Questions

export interface PageOptions {
  readonly limit: number
  readonly before?: string
}

export interface GrantListing extends PageOptions {
  readonly selector?: GrantSelector
  readonly active?: boolean
  readonly now: number
}

/** Uses whose time ended before `usesBefore` go, and grants that expired before `grantsBefore`. */
export interface PruneOptions {
  readonly usesBefore: number
  readonly grantsBefore: number
}

/** One question with its number. */
export interface Ask<N extends QuestionName = QuestionName> {
  readonly kind: 'ask'
  readonly id: number
  readonly name: N
  readonly argument: Questions[N]['ask']
}

/** A batch; there is never more than one on its way. `now` is in seconds since 1970 UTC. */
export interface BatchMessage extends EncodedBatch {
  readonly kind: 'batch'
  readonly now: number
}

export type ToWorker = BatchMessage | Ask

/** How one unit ended: 0 for the usual, committed and nothing ended. */
export type UnitAnswer = 0 | CommitOutcome | { readonly outcome: 'failed'; readonly fault: FaultMessage }

export type FromWorker =
  /** Open; or not, and then it tries again at each message. */
  | { readonly kind: 'started'; readonly instance: string | undefined; readonly fault?: FaultMessage }
  | { readonly kind: 'batch'; readonly transactions: number; readonly answers: readonly UnitAnswer[] }
  | { readonly kind: 'batchFault'; readonly fault: FaultMessage }
  /** The answer has the type of its question, which the one who asked knows. */
  | { readonly kind: 'answer'; readonly id: number; readonly answer: never }
  | { readonly kind: 'askFault'; readonly id: number; readonly fault: FaultMessage }
