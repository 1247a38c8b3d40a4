// Server: policy. The terms that the document and the judgement have in common.

import type { Identity } from 'ingam'

/** The OAuth grant by which a token is asked for. */
export type GrantKind = 'jwt-bearer' | 'client_credentials'

/** How a client shows who it is. `none`: it only names itself, and gets what its certificate gets. */
export type ClientAuthentication = 'private_key_jwt' | 'tls_client_auth' | 'none'

/** What rules can look at, all of it out of a verified path. */
export interface CertificateFacts extends Identity {
  /** RFC 4514 text of the issuer; for display and for rules on issuing CAs. */
  readonly issuer: string
  /** Lower-case hex without separators. */
  readonly serialNumber: string
  /** The user-constrained policy set, OIDs. */
  readonly policies: readonly string[]
  /** OIDs; empty where the extension is absent. */
  readonly extKeyUsage: readonly string[]
  /** Milliseconds since 1970 UTC. */
  readonly notAfter: number
}
