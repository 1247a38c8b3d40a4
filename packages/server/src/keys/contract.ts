// Server: what the service signs with. Private parts lie in the store sealed under the key-encryption key, and in memory
// as key objects; they never leave this folder.

import type { JsonRecord } from '../json.ts'
import type { KeyUse } from '../stores/contract.ts'

/** How the keys stand. */
export interface KeyHealth {
  readonly state: 'ok' | 'failing'
  /** For the operator; no path of a secret's content, no key. */
  readonly message?: string
}

/** The keys in force. All methods but `refresh` and `rotate` are synchronous and do no I/O. */
export interface KeyRing {
  /**
   * A compact JWS of an access token.
   *
   * @param payload the claims as JSON text
   * @throws {ServiceError} ERR_SERVICE_KEYS
   */
  readonly signAccessToken: (algorithm: 'ES256' | 'RS256', payload: string) => string
  /** Signs a checkpoint of the audit log with the audit key (`typ: ingam-audit-checkpoint+jwt`). */
  readonly signCheckpoint: (payload: string) => string
  /** The public keys of a use that are published now: RFC 7517 §5. */
  readonly jwks: (use: Extract<KeyUse, 'access-token' | 'audit'>) => { readonly keys: readonly JsonRecord[] }
  /**
   * HMAC-SHA-256 under the current challenge key, with the key's id; for {@link verifyMac} later, also across rotation.
   *
   * @param data what is authenticated, its purpose first
   */
  readonly mac: (data: Uint8Array) => { readonly kid: string; readonly tag: Uint8Array }
  /** Compares in constant time; false for an unknown kid. */
  readonly verifyMac: (kid: string, data: Uint8Array, tag: Uint8Array) => boolean
  readonly health: () => KeyHealth
  /** Reads the store and the key-encryption key again, makes keys that are missing, rotates what is due. Never throws; see health. */
  readonly refresh: () => Promise<void>
  /**
   * Makes a new key now: published at once, signing after the overlap (or at once with `immediately`, for a key that
   * leaked); the old one stays published until its last token has expired, or goes at once with `immediately`.
   *
   * @returns the new key's id
   */
  readonly rotate: (options: {
    readonly use: KeyUse
    readonly immediately: boolean
    readonly actor: string
    readonly requestId?: string
  }) => Promise<{ readonly kid: string }>
  /** For lists: ids, uses, times; nothing secret. */
  readonly describe: () => readonly {
    readonly kid: string
    readonly use: KeyUse
    readonly algorithm: string
    readonly state: 'next' | 'active' | 'retired'
    readonly activeFrom: string
    readonly activeUntil: string
    readonly publishedUntil: string
  }[]
}
