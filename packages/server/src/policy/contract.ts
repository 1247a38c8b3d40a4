// Server: what a policy decides, and what it decides from. Parsing, compiling and judging are in the files beside this
// one; nothing here reads the store, the clock or the network.

import type { TrustAnchor } from 'ingam/x509'
import type { BindingKind } from '../stores/contract.ts'
import type { PolicyDocument } from './schema.ts'
import type { CertificateFacts, ClientAuthentication, GrantKind } from './terms.ts'

export type { CertificateFacts, ClientAuthentication, GrantKind } from './terms.ts'

/** What somebody asks for. */
export interface PolicyRequest {
  readonly grant: GrantKind
  readonly facts: CertificateFacts
  /** The registered client that was authenticated, or that named itself with authentication `none`. */
  readonly clientId?: string
  /** The `sub` that the holder signed under (a name that the certificate bears), or the client_id. */
  readonly subject: string
  /** `resource` parameters (RFC 8707) and `audience` parameters together: which of the profile's audiences are wanted; empty: all. */
  readonly audience: readonly string[]
  /** Empty: all that the profile gives. */
  readonly scope: readonly string[]
}

/** One rule that did not hold. */
export interface RuleMiss {
  /** Empty where the rule is one of a client. */
  readonly profile: string
  /** Path in the document, such as `profiles.deploy.match.uri`, `clients.billing.grants`. */
  readonly rule: string
  readonly expected: string
  readonly found: string
}

/** Yes: what the token will say. */
export interface PolicyGrant {
  readonly allowed: true
  readonly profile: string
  readonly audience: readonly string[]
  readonly scope: readonly string[]
  readonly roles: readonly string[]
  readonly lifetimeSeconds: number
  readonly binding: BindingKind
  readonly algorithm: 'ES256' | 'RS256'
  /** The token's sub. */
  readonly subject: string
}

/** No: what the caller is told, and for the operator which rule came nearest. */
export interface PolicyRefusal {
  readonly allowed: false
  readonly code: 'ERR_OAUTH_GRANT' | 'ERR_OAUTH_UNAUTHORIZED_CLIENT' | 'ERR_OAUTH_SCOPE' | 'ERR_OAUTH_TARGET'
  /** The profile that came furthest, and the first of its rules that did not hold; undefined where there is no profile. */
  readonly nearest: RuleMiss | undefined
  /** For each profile in order the first rule that did not hold; at most 100. */
  readonly misses: readonly RuleMiss[]
}

export type PolicyDecision = PolicyGrant | PolicyRefusal

/** A client as the policy registers it. */
export interface PolicyClient {
  readonly id: string
  readonly authentication: ClientAuthentication
  /** Whether assertions without typ, and with the token endpoint as audience, are taken. */
  readonly legacy: boolean
  readonly grants: readonly GrantKind[]
  /** May call /introspect and /revoke for tokens of others: a resource server. */
  readonly introspects: boolean
  /** Undefined if the certificate is this client's; else which rule does not hold. Always a miss for authentication `none`. */
  readonly matches: (facts: CertificateFacts) => RuleMiss | undefined
}

/** A policy, validated and ready to judge. It never changes. */
export interface CompiledPolicy {
  readonly version: number
  readonly digest: string
  readonly document: PolicyDocument
  /** With ids and names, for a trust store. */
  readonly trustAnchors: readonly TrustAnchor[]
  /** The stance for all anchors; sources come from the configuration. */
  readonly revocation: 'off' | { readonly mode: 'require' | 'prefer'; readonly depth: 'chain' | 'leaf' }
  readonly clients: ReadonlyMap<string, PolicyClient>
  /** For metadata: what the profiles can give, sorted. */
  readonly scopes: readonly string[]
  readonly algorithms: readonly ('ES256' | 'RS256')[]
  /** Judges; pure, no I/O, bounded by the document's size. No rule means no. */
  readonly decide: (request: PolicyRequest) => PolicyDecision
}
