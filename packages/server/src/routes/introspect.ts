// Server: POST /introspect (RFC 7662): what a token is worth at this moment. Whoever may not know, and whatever is not
// known, gets one and the same answer: `{"active":false}`.

import { checkClientNotBlocked } from '../oauth/blocks.ts'
import { type AuthenticatedClient, authenticateClient, type Call } from '../oauth/client.ts'
import { malformed } from '../oauth/form.ts'
import { readIssuedToken } from '../oauth/issued-token.ts'
import { createRecordedEndpoint } from '../oauth/recorded.ts'
import type { EndpointUrls } from '../oauth/urls.ts'
import { commitUses } from '../oauth/uses.ts'
import type { Endpoint, Service } from '../service.ts'

/** The endpoint that resource servers, and clients about their own tokens, ask. */
export function createIntrospectionEndpoint(service: Service, urls: EndpointUrls): Endpoint {
  return createRecordedEndpoint(service, urls, 'introspect', introspect)
}

async function introspect(call: Call): Promise<Response> {
  const token = call.form.get('token')
  if (token === undefined) throw malformed('the parameter token is missing', 'a token', 'none')
  const asking = await authenticateClient(call)
  await checkClientNotBlocked(call, asking)
  await commitUses(call, asking)
  const claims = await activeClaims(call, asking, token)
  const body = claims === undefined ? { active: false } : { active: true, ...claims }
  return new Response(JSON.stringify(body), {
    headers: { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' },
  })
}

async function activeClaims(
  { service, at }: Call,
  { client }: AuthenticatedClient,
  text: string,
): Promise<Readonly<Record<string, unknown>> | undefined> {
  const now = at.getTime() / 1000
  const token = readIssuedToken(service, text, now)
  if (token === undefined) return undefined
  const grant = await service.stores.grants.find(token.id)
  if (grant === undefined || grant.endedAt !== undefined || grant.expiresAt <= now) return undefined
  // RFC 7662 §2.2, §4: a token of others is told to resource servers alone.
  if (!client.introspects && grant.clientId !== client.id) return undefined
  return { ...token.claims, token_type: grant.binding === 'dpop' ? 'DPoP' : 'Bearer' }
}
