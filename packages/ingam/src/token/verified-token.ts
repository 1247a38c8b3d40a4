// Layer: token. The top rung: a token on which every check passed. Only a verifier makes one.

import type { TokenAlgorithm } from '../keys/algorithms.ts'
import type { VerifiedPath } from '../verify/verified-path.ts'
import type { BindingClaim } from './binding.ts'
import type { JsonObject } from './json.ts'
import type { ProfileName } from './profile.ts'

/** Who signed, as the verified certificate says; `anchor` says which CA vouches and is part of every identity. */
export interface Identity {
  readonly anchor: string
  /** Subject as RFC 4514 text, for display; not an identifier. */
  readonly subject: string
  readonly dns: readonly string[]
  readonly uris: readonly string[]
  readonly emails: readonly string[]
  readonly ips: readonly string[]
  readonly upns: readonly string[]
  /** Base64url SHA-256 of the certificate's DER. */
  readonly thumbprint: string
}

/** Under what a token is remembered as used: of all that are shown with one key, exactly one may be acted on. */
export interface OneTimeEntry {
  /** SHA-256 over profile, audience, holder and jti, 32 bytes; equal exactly for uses of one token's name. */
  readonly key: Uint8Array
  /** SHA-256 of the leaf's SubjectPublicKeyInfo, 32 bytes: whose entry it is, for a quota of each signer's key. */
  readonly holder: Uint8Array
  /**
   * exp with the verifier's tolerance, in seconds since 1970 UTC, perhaps with a fraction: from then on, by its clock, the
   * verifier refuses the token. An entry must be kept until the store's clock has passed it, and longer by as much as that
   * clock may be ahead of the verifiers'.
   */
  readonly keepUntil: number
  /** iat, in seconds since 1970 UTC, perhaps with a fraction. */
  readonly issuedAt: number
}

interface Parts {
  readonly profile: ProfileName
  readonly identity: Identity
  readonly claims: JsonObject
  readonly path: VerifiedPath
  readonly algorithm: TokenAlgorithm
  readonly audience: string
  readonly checkedBindings: readonly BindingClaim[]
  /** Seconds since 1970 UTC. */
  readonly issuedAt: number
  readonly expiresAt: number
  readonly uncheckedBindings: readonly BindingClaim[]
  readonly oneTimeEntry: OneTimeEntry | undefined
}

/**
 * A token that was verified: signed by the identity, for the audience, in time, and not used before, as far as the
 * verifier's `oneTimeUse` asks.
 */
export class VerifiedToken {
  readonly #issuedAt: number
  readonly #expiresAt: number
  /** Which kind of token it is: what a proof says is no authentication to an audience. */
  readonly profile: ProfileName
  readonly identity: Identity
  /** All claims, those of the signer's own among them. The signer vouches for these, not the CA. */
  readonly claims: JsonObject
  readonly path: VerifiedPath
  readonly algorithm: TokenAlgorithm
  /** The audience that matched. */
  readonly audience: string
  /** Binding claims that were demanded and found. */
  readonly checkedBindings: readonly BindingClaim[]
  /** Binding claims that are present and that nobody checked; empty unless `unexpectedBinding: 'report'`. */
  readonly uncheckedBindings: readonly BindingClaim[]
  /**
   * With `oneTimeUse: 'caller'` the entry of this token, otherwise undefined. **The token is not used up: the caller must
   * take the entry in a store that outlives the process, atomically, before it acts on the token; of two calls with one
   * key exactly one may act.** A store that may lose entries must refuse `issuedAt` before its epoch: the instant of the
   * last loss, later by the verifiers' futureToleranceSeconds, since nobody waits here for an `issuedAt` that lies ahead.
   */
  readonly oneTimeEntry: OneTimeEntry | undefined

  /** @internal made by a verifier alone */
  constructor(parts: Parts) {
    this.profile = parts.profile
    this.identity = parts.identity
    this.claims = parts.claims
    this.path = parts.path
    this.algorithm = parts.algorithm
    this.audience = parts.audience
    this.#issuedAt = parts.issuedAt
    this.#expiresAt = parts.expiresAt
    this.checkedBindings = parts.checkedBindings
    this.uncheckedBindings = parts.uncheckedBindings
    this.oneTimeEntry = parts.oneTimeEntry
    Object.freeze(this)
  }

  /** When it says it was signed. */
  get issuedAt(): Date {
    return new Date(this.#issuedAt * 1000)
  }

  get expiresAt(): Date {
    return new Date(this.#expiresAt * 1000)
  }

  /** Whether the value was made by a verifier. */
  static is(value: unknown): value is VerifiedToken {
    return typeof value === 'object' && value !== null && #issuedAt in value
  }
}

/** Whether the value is a {@link VerifiedToken} that this library made. */
export function isVerifiedToken(value: unknown): value is VerifiedToken {
  return VerifiedToken.is(value)
}
