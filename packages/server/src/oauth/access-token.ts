// Server: the access token (RFC 9068 §2.2) and the record of it. The payload is written as JSON at once: it is the hot
// path, and every value in it was checked before.

import type { CertificateFacts, PolicyGrant } from '../policy/contract.ts'
import type { GrantRecord } from '../stores/contract.ts'
import type { Binding } from './binding.ts'

/** What an access token says. */
export interface AccessTokenContent {
  readonly issuer: string
  readonly id: string
  readonly clientId: string
  readonly grant: PolicyGrant
  readonly facts: CertificateFacts
  readonly policyVersion: number
  readonly binding: Binding
  /** When the holder signed its assertion, in seconds since 1970 UTC; undefined where a handshake stood for it. */
  readonly authenticatedAt: number | undefined
  /** Whole seconds since 1970 UTC. */
  readonly issuedAt: number
  readonly expiresAt: number
}

/** The claims as JSON text. `trust_anchor` is part of the identity: two CAs may vouch for one name. */
export function writeAccessTokenPayload(content: AccessTokenContent): string {
  const { issuer, id, clientId, grant, facts, binding, authenticatedAt, issuedAt, expiresAt } = content
  const { audience, scope, roles, subject } = grant
  const [only] = audience
  const aud = audience.length === 1 && only !== undefined ? JSON.stringify(only) : JSON.stringify(audience)
  const names = `{"iss":${JSON.stringify(issuer)},"sub":${JSON.stringify(subject)},"aud":${aud}`
  const times = `,"client_id":${JSON.stringify(clientId)},"iat":${issuedAt},"exp":${expiresAt},"jti":"${id}"`
  const rights =
    (scope.length === 0 ? '' : `,"scope":${JSON.stringify(scope.join(' '))}`) +
    (roles.length === 0 ? '' : `,"roles":${JSON.stringify(roles)}`)
  const authentication = authenticatedAt === undefined ? '' : `,"auth_time":${authenticatedAt}`
  const { confirmation } = binding
  const bound = confirmation === undefined ? '' : `,"cnf":${JSON.stringify(confirmation)}`
  return `${names}${times}${rights}${authentication}${bound},"trust_anchor":${JSON.stringify(facts.anchor)}}`
}

/** What the store keeps of the token. */
export function toGrantRecord(content: AccessTokenContent): GrantRecord {
  const { id, clientId, grant, facts, policyVersion, issuedAt, expiresAt } = content
  return {
    id,
    subject: grant.subject,
    clientId,
    trustAnchor: facts.anchor,
    thumbprint: facts.thumbprint,
    profile: grant.profile,
    policyVersion,
    audience: grant.audience,
    scope: grant.scope,
    binding: grant.binding,
    issuedAt,
    expiresAt,
  }
}
