// Server: the endpoints of the authorization server, for the app to register.

import { endpointUrls } from '../oauth/urls.ts'
import type { Service } from '../service.ts'
import { createChallengeEndpoint } from './challenge.ts'
import type { RouteEntry } from './entry.ts'
import { createIntrospectionEndpoint } from './introspect.ts'
import { createJwksEndpoint } from './jwks.ts'
import { createOAuthMetadataEndpoint, createOpenidMetadataEndpoint } from './metadata.ts'
import { createRevocationEndpoint } from './revoke.ts'
import { createTokenEndpoint } from './token.ts'

/** All endpoints below the configured issuer, and the well-known documents about it. */
export function createOAuthEndpoints(service: Service): readonly RouteEntry[] {
  const urls = endpointUrls(service.config.issuer)
  const { basePath } = urls
  return [
    {
      method: 'POST',
      path: `${basePath}/token`,
      kind: 'oauth',
      endpoint: createTokenEndpoint(service, urls),
    },
    {
      method: 'POST',
      path: `${basePath}/introspect`,
      kind: 'oauth',
      endpoint: createIntrospectionEndpoint(service, urls),
    },
    {
      method: 'POST',
      path: `${basePath}/revoke`,
      kind: 'oauth',
      endpoint: createRevocationEndpoint(service, urls),
    },
    {
      method: 'POST',
      path: `${basePath}/challenge`,
      kind: 'public',
      endpoint: createChallengeEndpoint(service),
    },
    { method: 'GET', path: `${basePath}/jwks`, kind: 'public', endpoint: createJwksEndpoint(service) },
    {
      method: 'GET',
      path: urls.oauthMetadataPath,
      kind: 'public',
      endpoint: createOAuthMetadataEndpoint(service, urls),
    },
    {
      method: 'GET',
      path: urls.openidMetadataPath,
      kind: 'public',
      endpoint: createOpenidMetadataEndpoint(service, urls),
    },
  ]
}
