// Server: the parts of a running service that endpoints work with, and the shape of an endpoint. No endpoint knows the
// HTTP framework, the database or a file.

import type { Verifier } from 'ingam'
import type { RevocationSource } from 'ingam/x509'
import type { ServiceConfig } from './config/contract.ts'
import type { KeyRing } from './keys/contract.ts'
import type { CompiledPolicy } from './policy/contract.ts'
import type { Stores } from './stores/contract.ts'

/** Who is at the other end of the connection. */
export interface Peer {
  /** IP address as the listener sees it; never out of a header. */
  readonly address: string
  /** DER, leaf first, where a certificate was shown in this connection's handshake and its possession proved. */
  readonly certificates?: readonly Uint8Array[]
}

/** One request on its way through an endpoint. */
export interface Exchange {
  readonly request: Request
  /** Path without query, as it was matched. */
  readonly path: string
  readonly peer: Peer
  /** Ours; one that came in is only logged. */
  readonly requestId: string
  /** Body bytes, read within the limits before the endpoint is called. */
  readonly body: Uint8Array
  readonly now: Date
}

/** Answers one request. What it throws becomes an answer by problem.ts. */
export type Endpoint = (exchange: Exchange) => Response | Promise<Response>

/** A structured log: pino's shape, as much as is used. */
export interface Log {
  readonly debug: (fields: object, message: string) => void
  readonly info: (fields: object, message: string) => void
  readonly warn: (fields: object, message: string) => void
  readonly error: (fields: object, message: string) => void
}

/** What is counted; names and labels are in host/metrics.ts. */
export interface Metrics {
  readonly request: (endpoint: string, status: number, seconds: number) => void
  readonly issued: (profile: string) => void
  readonly refused: (code: string) => void
  readonly shed: (reason: 'overloaded' | 'rate' | 'draining') => void
}

/** The policy in force with all that was made from it: replaced as a whole, never changed. */
export interface PolicyInForce {
  readonly policy: CompiledPolicy
  /** `authorization-grant+jwt`, audience the issuer; one-time use is the caller's. */
  readonly grants: Verifier
  /** `client-authentication+jwt`. */
  readonly clients: Verifier
  /** Assertions of clients marked legacy; undefined where there is none. */
  readonly legacyClients: Verifier | undefined
}

/** Holds the policy in force. */
export interface PolicyHolder {
  /** @throws {ServiceError} ERR_SERVICE_NO_POLICY */
  readonly current: () => PolicyInForce
  readonly find: () => PolicyInForce | undefined
  /** Reads the store's newest version and puts it in force. Keeps the old one where that fails, and throws. */
  readonly reload: () => Promise<void>
}

/** Decides whether the clock can be relied on. */
export interface ClockGuard {
  /** Now. @throws {ServiceError} ERR_SERVICE_CLOCK while the clock cannot be relied on */
  readonly now: () => Date
  readonly health: () => { readonly state: 'ok' | 'failing'; readonly message?: string }
}

/** Requests refused before anybody's signature verified: counted, and some of them written out. */
export interface RefusalLog {
  /** Cheap, bounded, never waits. */
  readonly early: (event: {
    readonly code: string
    readonly requestId: string
    readonly address: string
  }) => void
  /** Writes out what was counted; called by a timer. */
  readonly flush: () => Promise<void>
}

/** Limits how often one certificate is served. */
export interface RateLimiter {
  /** @throws {ServiceError} ERR_SERVICE_RATE_LIMITED with retryAfterSeconds */
  readonly take: (key: string, now: Date) => void
}

/** All that endpoints work with. */
export interface Service {
  readonly config: ServiceConfig
  readonly stores: Stores
  readonly keys: KeyRing
  readonly policy: PolicyHolder
  readonly clock: ClockGuard
  readonly revocationSources: readonly RevocationSource[]
  readonly refusals: RefusalLog
  readonly perCertificate: RateLimiter
  readonly log: Log
  readonly metrics: Metrics
  /** Random bytes; the system's outside tests. */
  readonly random: (length: number) => Uint8Array
}
