// Layer: token. Profiles are rules as data over an envelope: a token of one profile never verifies under another.

import type { SignerRule } from '../keys/signer-rules.ts'

/** The kinds of token: to authenticate to an audience; to prove possession beside an access token; for one pinned certificate. */
export type ProfileName = 'auth' | 'proof' | 'pinned'

/** What a call of a verifier can be told to demand. */
export type BindingKind = 'challenge' | 'request' | 'accessToken'

/** What distinguishes one kind of token from another. */
export interface Profile {
  /** Part of the one-time key, so that two profiles never share an entry. */
  readonly name: ProfileName
  /** The header's typ, compared without case and with an optional `application/` (RFC 7515 §4.1.9). */
  readonly typ: string
  /** How a token says which certificate signed it. */
  readonly certificateBy: 'x5c or x5t#S256' | 'x5t#S256'
  /**
   * Which certificates may sign: a client's below a trust anchor, or the one that is pinned, for whatever purpose it
   * was issued and by whom.
   */
  readonly signer: SignerRule
  /** Whether a token names its audience; the pinned kind has none, and is refused where it does. */
  readonly audience: 'required' | 'refused'
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
  certificateBy: 'x5c or x5t#S256',
  signer: 'client',
  audience: 'required',
  tokenId: 'where remembered',
  bound: [],
  bindable: ['challenge', 'request'],
})

/** A holder proves, beside an access token, that it holds the certificate that the access token is bound to. */
export const PROOF_PROFILE: Profile = Object.freeze<Profile>({
  name: 'proof',
  typ: 'cert-proof+jwt',
  certificateBy: 'x5c or x5t#S256',
  signer: 'client',
  audience: 'required',
  tokenId: 'required',
  bound: ['request', 'accessToken'],
  bindable: ['challenge'],
})

/** A holder authenticates to whoever pins its certificate. */
export const PINNED_PROFILE: Profile = Object.freeze<Profile>({
  name: 'pinned',
  typ: 'cert-auth-pinned+jwt',
  certificateBy: 'x5t#S256',
  signer: 'pinned',
  audience: 'refused',
  tokenId: 'required',
  bound: [],
  bindable: [],
})
