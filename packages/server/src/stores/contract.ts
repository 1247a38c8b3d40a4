// Server: what the service needs of its state, engine by engine. One unit of work is one transaction: the uses of
// one-time tokens, the grant and the audit records of one answer are durable together, or none of them is.

import type { AuditEvent, AuditRecord, Checkpoint } from '../audit/record.ts'

/** The use of something that counts once: an assertion, a DPoP proof, a challenge, an administrator's token. */
export interface OneTimeUse {
  /** SHA-256 over what makes it one of its kind, its kind first: 32 bytes. */
  readonly key: Uint8Array
  /** Until when it must be kept, in seconds since 1970 UTC, perhaps with a fraction: never rounded down. */
  readonly keepUntil: number
  /** When it says it was made, in seconds since 1970 UTC, perhaps with a fraction; before the store's epoch it is refused as undecided. */
  readonly issuedAt: number
}

/** How an access token is bound to its holder. */
export type BindingKind = 'mtls' | 'dpop' | 'proof' | 'none'

/** An access token that was issued. The token itself is not kept. */
export interface GrantRecord {
  /** The token's jti. */
  readonly id: string
  /** The token's sub. */
  readonly subject: string
  readonly clientId: string
  /** The trust anchor's id in the policy. */
  readonly trustAnchor: string
  /** Base64url SHA-256 of the DER of the certificate that got it. */
  readonly thumbprint: string
  readonly profile: string
  readonly policyVersion: number
  readonly audience: readonly string[]
  readonly scope: readonly string[]
  readonly binding: BindingKind
  /** Seconds since 1970 UTC. */
  readonly issuedAt: number
  readonly expiresAt: number
}

/** A grant as it stands. */
export interface StoredGrant extends GrantRecord {
  /** When it was ended, in seconds since 1970 UTC. */
  readonly endedAt?: number
  /** The audit sequence, or other reference, of the act that ended it. */
  readonly endedBy?: string
}

/**
 * Whose grants are meant. `identity` is the token's sub under one trust anchor, hosts in it without case, or any grant of a
 * certificate by the name `x509-sha256:…` that it bears: what a block covers is what is ended with it.
 */
export type GrantSelector =
  | { readonly kind: 'grant'; readonly id: string }
  | { readonly kind: 'certificate'; readonly thumbprint: string }
  | { readonly kind: 'identity'; readonly subject: string; readonly trustAnchor: string }
  | { readonly kind: 'trustAnchor'; readonly trustAnchor: string }

/** What is refused from now on: nothing is issued to it until it is lifted. Not for single grants. */
export interface Block {
  readonly selector: Exclude<GrantSelector, { kind: 'grant' }>
  /** Seconds since 1970 UTC. */
  readonly since: number
  readonly reason: string
  readonly by: string
}

/** A version of the policy document. */
export interface PolicyVersion {
  /** 1, 2, 3 … without gaps. */
  readonly version: number
  /** The YAML text as it was applied. */
  readonly text: string
  /** Base64url SHA-256 of the text's UTF-8. */
  readonly digest: string
  /** Seconds since 1970 UTC. */
  readonly appliedAt: number
  readonly appliedBy: string
  readonly comment: string
}

/** What a signing key is for. */
export type KeyUse = 'access-token' | 'audit' | 'challenge'

/** A key as it lies in the store: its private part sealed under the key-encryption key. */
export interface StoredKey {
  readonly kid: string
  readonly use: KeyUse
  /** JWS algorithm, or `HMAC-SHA-256` for challenges. */
  readonly algorithm: string
  /** The public JWK as JSON text; empty for symmetric keys. */
  readonly publicJwk: string
  /** Nonce, ciphertext and tag; the additional data is `kid` and `use`. */
  readonly sealed: Uint8Array
  /** Seconds since 1970 UTC: from when it is published, from when it signs, until when it signs and is published. */
  readonly publishedFrom: number
  readonly activeFrom: number
  readonly activeUntil: number
  readonly publishedUntil: number
}

/** What one answer changes; one transaction. */
export interface UnitOfWork {
  /** All must be fresh, or nothing of the unit but `auditIfUsed` counts. At most 8. */
  readonly uses?: readonly OneTimeUse[]
  /**
   * Refused as `blocked` where a block covers its certificate, also by the identity `x509-sha256:…`, its sub under its trust
   * anchor (hosts in names without case), or its trust anchor.
   */
  readonly grant?: GrantRecord
  /** Ends what is selected and not ended or expired yet. */
  readonly end?: GrantSelector
  /**
   * The instant of that end, in seconds since 1970 UTC, by a clock that is relied on; default the store's own, which nobody
   * watches: set forward, it takes grants for expired that are not.
   */
  readonly endAt?: number
  readonly block?: Block
  readonly unblock?: Block['selector']
  /** Compare and swap: counts only where the newest version is `expected` (0 for none yet). */
  readonly policy?: { readonly expected: number; readonly next: Omit<PolicyVersion, 'version'> }
  /** Keys added, and keys whose times are changed; a sealed part is never changed. */
  readonly keys?: readonly StoredKey[]
  /** Written where the unit counts. */
  readonly audit: readonly AuditEvent[]
  /** Written instead where a use was not fresh, a block covers the grant, or the policy has changed. */
  readonly auditOtherwise?: readonly AuditEvent[]
}

/** How a unit of work ended. Whatever the outcome, its audit records are durable when it is known. */
export type CommitOutcome =
  | { readonly outcome: 'committed'; readonly ended: number; readonly version?: number }
  /** The use at `index` was taken before. */
  | { readonly outcome: 'used'; readonly index: number }
  /** The use at `index` is older than what the store surely remembers. */
  | { readonly outcome: 'before-epoch'; readonly index: number; readonly epoch: number }
  | { readonly outcome: 'blocked' }
  /** Another policy is in force. */
  | { readonly outcome: 'conflict'; readonly version: number }

/** A page of a list, newest first. */
export interface Page<T> {
  readonly items: readonly T[]
  /** Hand in as `before` for the next page; absent on the last one. */
  readonly next?: string
}

/** Grants, for introspection and for whoever asks what a certificate got. */
export interface GrantStore {
  readonly find: (id: string) => Promise<StoredGrant | undefined>
  /** @param limit 1 to 1,000 */
  readonly list: (
    selector: GrantSelector | undefined,
    options: {
      readonly limit: number
      readonly before?: string
      readonly active?: boolean
      readonly now: number
    },
  ) => Promise<Page<StoredGrant>>
  readonly blocks: () => Promise<readonly Block[]>
}

export interface PolicyStore {
  /** The newest; undefined where none was applied. */
  readonly current: () => Promise<PolicyVersion | undefined>
  readonly find: (version: number) => Promise<PolicyVersion | undefined>
  /** Newest first, without texts left out. */
  readonly list: (options: {
    readonly limit: number
    readonly before?: string
  }) => Promise<Page<PolicyVersion>>
}

export interface KeyStore {
  readonly list: () => Promise<readonly StoredKey[]>
  /** Removes keys whose `publishedUntil` has passed; returns how many. */
  readonly prune: (now: number) => Promise<number>
}

export interface AuditStore {
  /** Newest first; `types` and `requestId` narrow. */
  readonly tail: (options: {
    readonly limit: number
    readonly before?: string
    readonly types?: readonly string[]
    readonly requestId?: string
    readonly thumbprint?: string
  }) => Promise<Page<AuditRecord>>
  /** In order, from a position on, at most `limit` (1 to 10,000); for export and verification. */
  readonly read: (options: {
    readonly after: number
    readonly limit: number
  }) => Promise<readonly AuditRecord[]>
  /** The end of this run's chain, as it is durable. */
  readonly head: () => Promise<Omit<Checkpoint, 'at'> | undefined>
  readonly addCheckpoint: (signed: string) => Promise<void>
  /** Signed checkpoints, newest last; where there are more, the newest 10,000. */
  readonly checkpoints: () => Promise<readonly string[]>
}

/** What is known of the store's health. */
export interface StoreHealth {
  readonly state: 'ok' | 'failing'
  /** The code of the last failure, while it lasts. */
  readonly code?: 'ERR_SERVICE_STORE' | 'ERR_SERVICE_STORE_FULL'
  readonly message?: string
  /** Units waiting. */
  readonly queued: number
  /** Transactions and units committed so far. */
  readonly commits: number
  readonly units: number
}

/** The state of the service. */
export interface Stores {
  readonly grants: GrantStore
  readonly policies: PolicyStore
  readonly keys: KeyStore
  readonly audit: AuditStore
  /**
   * Queues a unit; resolves once it is durable.
   *
   * @throws {ServiceError} ERR_SERVICE_OVERLOADED where the queue is full (nothing was changed), ERR_SERVICE_STORE or
   *   ERR_SERVICE_STORE_FULL where it could not be written (nothing was changed)
   */
  readonly commit: (unit: UnitOfWork) => Promise<CommitOutcome>
  /** The latest instant that the store has seen, in seconds since 1970 UTC; moved on by {@link moveClock}. */
  readonly clockMark: () => Promise<number>
  readonly moveClock: (now: number) => Promise<void>
  /** Removes what has passed: uses, and grants past their retention. Bounded work a call. */
  readonly prune: (now: number) => Promise<void>
  readonly health: () => StoreHealth
  /** Tries a write now; for readiness. */
  readonly probe: () => Promise<void>
  /** Writes a consistent copy to a new file (0600) while the service runs. */
  readonly backup: (file: string) => Promise<void>
  readonly close: () => Promise<void>
}
