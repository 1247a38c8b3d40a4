// Server: what clients and relying parties read to find the rest: RFC 8414 for OAuth clients, and the shape of OpenID
// Connect Discovery 1.0 that clouds read before they take the tokens of a foreign issuer (workload identity federation).

import { DEFAULT_ALGORITHMS } from 'ingam'
import { DPOP_ALGORITHMS } from '../oauth/jwk.ts'
import { GRANT_TYPES } from '../oauth/request.ts'
import type { EndpointUrls } from '../oauth/urls.ts'
import type { CompiledPolicy } from '../policy/contract.ts'
import type { Endpoint, Service } from '../service.ts'

/** GET /.well-known/oauth-authorization-server (RFC 8414 §3). */
export function createOAuthMetadataEndpoint(service: Service, urls: EndpointUrls): Endpoint {
  return () => metadata({ ...oauthMetadata(service, urls), ...scopesOf(service.policy.find()?.policy) })
}

/** GET /.well-known/openid-configuration (OpenID Connect Discovery 1.0 §3). There is no OpenID Connect behind it. */
export function createOpenidMetadataEndpoint(service: Service, urls: EndpointUrls): Endpoint {
  return () =>
    metadata({
      issuer: urls.issuer,
      jwks_uri: urls.jwks,
      token_endpoint: urls.token,
      // What the clouds want to read; nobody is sent here by a browser.
      response_types_supported: ['id_token'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: algorithmsOf(service),
      claims_supported: CLAIMS,
    })
}

const CLAIMS = [
  'iss',
  'sub',
  'aud',
  'exp',
  'iat',
  'jti',
  'client_id',
  'scope',
  'roles',
  'auth_time',
  'cnf',
  'trust_anchor',
] as const

function oauthMetadata({ config }: Service, urls: EndpointUrls): Readonly<Record<string, unknown>> {
  const asksForCertificates = config.listen.tls?.clientCertificates === 'request'
  const methods = asksForCertificates ? ['private_key_jwt', 'tls_client_auth'] : ['private_key_jwt']
  return {
    issuer: urls.issuer,
    token_endpoint: urls.token,
    jwks_uri: urls.jwks,
    // RFC 8414 §2 requires it; there is no authorization endpoint.
    response_types_supported: [],
    grant_types_supported: Object.values(GRANT_TYPES),
    token_endpoint_auth_methods_supported: [...methods, 'none'],
    token_endpoint_auth_signing_alg_values_supported: DEFAULT_ALGORITHMS,
    introspection_endpoint: urls.introspection,
    introspection_endpoint_auth_methods_supported: methods,
    introspection_endpoint_auth_signing_alg_values_supported: DEFAULT_ALGORITHMS,
    revocation_endpoint: urls.revocation,
    revocation_endpoint_auth_methods_supported: [...methods, 'none'],
    revocation_endpoint_auth_signing_alg_values_supported: DEFAULT_ALGORITHMS,
    // RFC 9449 §5.1, RFC 8705 §3.3
    dpop_signing_alg_values_supported: DPOP_ALGORITHMS,
    tls_client_certificate_bound_access_tokens: asksForCertificates,
  }
}

function scopesOf(policy: CompiledPolicy | undefined): { readonly scopes_supported?: readonly string[] } {
  return policy === undefined || policy.scopes.length === 0 ? {} : { scopes_supported: policy.scopes }
}

function algorithmsOf({ config, policy }: Service): readonly string[] {
  const used = policy.find()?.policy.algorithms ?? []
  return [...new Set([config.tokens.defaultAlgorithm, ...used])].sort()
}

// LIMIT: minutes, so that a policy's new scopes are seen soon.
function metadata(body: Readonly<Record<string, unknown>>): Response {
  return new Response(JSON.stringify(body), {
    headers: { 'Content-Type': 'application/json', 'Cache-Control': 'public, max-age=300' },
  })
}
