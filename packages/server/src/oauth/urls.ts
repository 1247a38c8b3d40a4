// Server: where the endpoints are. All of it comes out of the configured issuer; no header of a request has a say.

/** URLs as clients use them, and paths as the app registers them. */
export interface EndpointUrls {
  readonly issuer: string
  readonly token: string
  readonly challenge: string
  readonly introspection: string
  readonly revocation: string
  readonly jwks: string
  /** Path of the issuer, empty where it has none: what stands before the path of each endpoint. */
  readonly basePath: string
  /** RFC 8414 §3.1: the well-known part stands between host and path of the issuer. */
  readonly oauthMetadataPath: string
  /** OpenID Connect Discovery 1.0 §4: it stands behind the path. */
  readonly openidMetadataPath: string
}

/** @param issuer the configured issuer identifier: no query, no fragment, no slash at the end */
export function endpointUrls(issuer: string): EndpointUrls {
  const { pathname } = new URL(issuer)
  const basePath = pathname === '/' ? '' : pathname
  return Object.freeze({
    issuer,
    token: `${issuer}/token`,
    challenge: `${issuer}/challenge`,
    introspection: `${issuer}/introspect`,
    revocation: `${issuer}/revoke`,
    jwks: `${issuer}/jwks`,
    basePath,
    oauthMetadataPath: `/.well-known/oauth-authorization-server${basePath}`,
    openidMetadataPath: `${basePath}/.well-known/openid-configuration`,
  })
}
