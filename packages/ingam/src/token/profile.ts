// Layer: token. Profiles are rules as data over an envelope: a token of one profile never verifies under another.

/** What distinguishes one kind of token from another. */
export interface Profile {
  /** Part of the one-time key, so that two profiles never share an entry. */
  readonly name: string
  /** The header's typ, compared without case and with an optional `application/` (RFC 7515 §4.1.9). */
  readonly typ: string
}

/** A holder of a certificate authenticates to one audience. */
export const AUTH_PROFILE: Profile = Object.freeze({ name: 'auth', typ: 'cert-auth+jwt' })
