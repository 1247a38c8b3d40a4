// Server: POST /revoke (RFC 7009): a client gives a token back. Its own alone; of a token that is unknown, or no longer
// counts, it hears the same as of one that was ended. The answer leaves only after the end is durable.

import { checkClientNotBlocked } from '../oauth/blocks.ts'
import { type Call, identifyClient, type RequestingClient } from '../oauth/client.ts'
import { malformed } from '../oauth/form.ts'
import { clientRefused } from '../oauth/holder.ts'
import { readIssuedToken } from '../oauth/issued-token.ts'
import { createRecordedEndpoint } from '../oauth/recorded.ts'
import type { EndpointUrls } from '../oauth/urls.ts'
import { type ClientAct, commitUses } from '../oauth/uses.ts'
import type { Endpoint, Service } from '../service.ts'
import { ServiceError } from '../service-error.ts'
import type { StoredGrant } from '../stores/contract.ts'

/** The endpoint by which clients end tokens that they got. */
export function createRevocationEndpoint(service: Service, urls: EndpointUrls): Endpoint {
  return createRecordedEndpoint(service, urls, 'revoke', revoke)
}

async function revoke(call: Call): Promise<Response> {
  const { service, form, at } = call
  const token = form.get('token')
  if (token === undefined) throw malformed('the parameter token is missing', 'a token', 'none')
  const asking = await identifyClient(call)
  if (asking.kind === 'nobody') throw clientRefused('no client authentication')
  if (asking.kind === 'authenticated') await checkClientNotBlocked(call, asking)
  const now = at.getTime() / 1000
  const issued = readIssuedToken(service, token, now)
  const grant = issued === undefined ? undefined : await service.stores.grants.find(issued.id)
  const act = grant === undefined ? undefined : endOf(call, asking, grant)
  await commitUses(call, asking, act)
  // RFC 7009 §2.2: the client reads nothing but the status.
  return new Response(null, { headers: { 'Cache-Control': 'no-store' } })
}

// Undefined where there is nothing left to end.
function endOf(
  { attempt, at }: Call,
  asking: Exclude<RequestingClient, { kind: 'nobody' }>,
  grant: StoredGrant,
): ClientAct | undefined {
  const id = asking.kind === 'authenticated' ? asking.client.id : asking.id
  // RFC 7009 §2.1: whether the token was issued to the client that asks.
  if (grant.clientId !== id) {
    throw new ServiceError('ERR_OAUTH_UNAUTHORIZED_CLIENT', 'the token is of another client', {
      details: { reason: 'the token is of another client', jti: grant.id },
    })
  }
  if (grant.endedAt !== undefined) return undefined
  const event = attempt.event('grant.ended', {
    by: 'client',
    clientId: id,
    jti: grant.id,
    sub: grant.subject,
  })
  return {
    end: { kind: 'grant', id: grant.id },
    endAt: Math.floor(at.getTime() / 1000),
    audit: [{ ...event, thumbprint: grant.thumbprint, actor: 'client' }],
  }
}
