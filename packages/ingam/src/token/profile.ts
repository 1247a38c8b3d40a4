// Layer: token. Profiles are rules as data over an envelope: a token of one profile never verifies under another.

import type { SignerRule } from '../keys/signer-rules.ts'

/**
 * The kinds of token: to authenticate to an audience; to prove possession beside an access token; for one pinned
 * certificate; to ask an authorization server for an access token; to authenticate a client to it, in the form of today
 * and in that of before.
 */
export type ProfileName =
  | 'auth'
  | 'proof'
  | 'pinned'
  | 'authorization-grant'
  | 'client-authentication'
  | 'legacy-client-authentication'

/** What a call of a verifier can be told to demand. */
export type BindingKind = 'challenge' | 'request' | 'accessToken'

/** What distinguishes one kind of token from another. */
export interface Profile {
  /** Part of the one-time key, so that two profiles never share an entry. */
  readonly name: ProfileName
  /** The header's typ, compared without case and with an optional `application/` (RFC 7515 §4.1.9). */
  readonly typ: string
  /** Whether a header without typ is one of the kind. */
  readonly typAbsent: 'refused' | 'accepted'
  /** How a token says which certificate signed it. */
  readonly certificateBy: 'x5c or x5t#S256' | 'x5t#S256'
  /**
   * Which certificates may sign: a client's below a trust anchor, or the one that is pinned, for whatever purpose it
   * was issued and by whom.
   */
  readonly signer: SignerRule
  /** Whether a token names its audience; the pinned kind has none, and is refused where it does. */
  readonly audience: 'required' | 'refused'
  /**
   * What a token may name beside the audience that matched, where the verifier allows several: anybody, further
   * audiences of the same verifier, or nobody, so that no verifier may allow it.
   */
  readonly furtherAudiences: 'any' | "the verifier's" | 'none'
  /**
   * Whose name sub (and iss) is. A client identifier is not in the certificate: that it belongs to this signer is for the
   * caller to find out.
   */
  readonly subject: 'borne by the certificate' | 'client identifier'
  /** Whether jti is required even where nobody remembers it. */
  readonly tokenId: 'required' | 'where remembered'
  /** What each token of the kind is bound to. */
  readonly bound: readonly BindingKind[]
  /** What it may be bound to besides. */
  readonly bindable: readonly BindingKind[]
}

/** A holder of a certificate authenticates to one audience. */
export const AUTH_PROFILE: Profile = Object.freeze<Profile>({
  name: 'auth',
  typ: 'cert-auth+jwt',
  typAbsent: 'refused',
  certificateBy: 'x5c or x5t#S256',
  signer: 'client',
  audience: 'required',
  furtherAudiences: 'any',
  subject: 'borne by the certificate',
  tokenId: 'where remembered',
  bound: [],
  bindable: ['challenge', 'request'],
})

/** A holder proves, beside an access token, that it holds the certificate that the access token is bound to. */
export const PROOF_PROFILE: Profile = Object.freeze<Profile>({
  name: 'proof',
  typ: 'cert-proof+jwt',
  typAbsent: 'refused',
  certificateBy: 'x5c or x5t#S256',
  signer: 'client',
  audience: 'required',
  furtherAudiences: 'any',
  subject: 'borne by the certificate',
  tokenId: 'required',
  bound: ['request', 'accessToken'],
  bindable: ['challenge'],
})

/** A holder authenticates to whoever pins its certificate. */
export const PINNED_PROFILE: Profile = Object.freeze<Profile>({
  name: 'pinned',
  typ: 'cert-auth-pinned+jwt',
  typAbsent: 'refused',
  certificateBy: 'x5t#S256',
  signer: 'pinned',
  audience: 'refused',
  furtherAudiences: 'none',
  subject: 'borne by the certificate',
  tokenId: 'required',
  bound: [],
  bindable: [],
})

// RFC 7523 as its successor (draft-ietf-oauth-rfc7523bis) narrows it: a typ of its own for each use, and the
// authorization server's issuer identifier as the only audience.
const ASSERTION = {
  typAbsent: 'refused',
  certificateBy: 'x5c or x5t#S256',
  signer: 'client',
  audience: 'required',
  furtherAudiences: 'none',
  tokenId: 'required',
  bound: [],
  bindable: ['challenge'],
} as const

/** A holder asks an authorization server for an access token in its own name. */
export const GRANT_PROFILE: Profile = Object.freeze<Profile>({
  ...ASSERTION,
  name: 'authorization-grant',
  typ: 'authorization-grant+jwt',
  subject: 'borne by the certificate',
})

/** A client of an authorization server authenticates to it, by its client identifier. */
export const CLIENT_PROFILE: Profile = Object.freeze<Profile>({
  ...ASSERTION,
  name: 'client-authentication',
  typ: 'client-authentication+jwt',
  subject: 'client identifier',
})

/** The same as clients do it that know no typ for it (RFC 7523 §3, `private_key_jwt`), and name several audiences. */
export const LEGACY_CLIENT_PROFILE: Profile = Object.freeze<Profile>({
  ...CLIENT_PROFILE,
  name: 'legacy-client-authentication',
  typ: 'JWT',
  typAbsent: 'accepted',
  furtherAudiences: "the verifier's",
})
