// The token endpoint of oidc-provider as its documentation sets it up: clients authenticate by a signed assertion, access
// tokens are JWTs for a resource (RFC 8707, RFC 9068), state is in its own memory.

import { generateKeyPairSync } from 'node:crypto'
import type { RequestListener } from 'node:http'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { CLIENT, ISSUER, RESOURCE } from './service-setup.ts'

// As much of it as is used here; it is installed beside the benchmarks, not beside the packages.
interface ProviderModule {
  readonly default: new (issuer: string, configuration: object) => { callback: () => RequestListener }
}

const INSTALLED = join(import.meta.dirname, '..', 'runtimes', 'node_modules', 'oidc-provider')

export async function createPeer(clientJwk: object): Promise<RequestListener> {
  const url = pathToFileURL(join(INSTALLED, 'lib', 'index.js')).href
  const { default: Provider }: ProviderModule = await import(url)
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const provider = new Provider(ISSUER, {
    clients: [
      {
        client_id: CLIENT,
        token_endpoint_auth_method: 'private_key_jwt',
        token_endpoint_auth_signing_alg: 'ES256',
        id_token_signed_response_alg: 'ES256',
        jwks: { keys: [{ ...clientJwk, kid: CLIENT, use: 'sig', alg: 'ES256' }] },
        grant_types: ['client_credentials'],
        response_types: [],
        redirect_uris: [],
        scope: 'read write',
      },
    ],
    clientAuthMethods: ['private_key_jwt'],
    scopes: ['read', 'write'],
    jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), kid: 'signer', use: 'sig', alg: 'ES256' }] },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: () => ({
          scope: 'read write',
          audience: RESOURCE,
          accessTokenTTL: 300,
          accessTokenFormat: 'jwt',
          jwt: { sign: { alg: 'ES256' } },
        }),
      },
    },
  })
  return provider.callback()
}
