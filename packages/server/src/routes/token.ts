// Server: POST /token (RFC 6749 §3.2): certificate in, access token out. In this order: shapes, whoever signed, what the
// policy gives, what the token is bound to, and last the one unit of work in which all of it counts. The answer leaves
// only after that is durable.

import type { Json } from '../json.ts'
import { type AccessTokenContent, writeAccessTokenPayload } from '../oauth/access-token.ts'
import type { Attempt } from '../oauth/attempt.ts'
import { bindToken, readProof } from '../oauth/binding.ts'
import { checkHolderNotBlocked } from '../oauth/blocks.ts'
import { createChallenge } from '../oauth/challenge.ts'
import { type Call, identifyClient } from '../oauth/client.ts'
import { commitGrant, usesOf } from '../oauth/commit-grant.ts'
import { normaliseTarget } from '../oauth/htu.ts'
import { checkSubject, judgeHolder } from '../oauth/judge-holder.ts'
import { createRecordedEndpoint } from '../oauth/recorded.ts'
import { parseTokenRequest } from '../oauth/request.ts'
import type { EndpointUrls } from '../oauth/urls.ts'
import type { PolicyRefusal } from '../policy/contract.ts'
import type { Endpoint, Service } from '../service.ts'
import { ServiceError } from '../service-error.ts'

/** The endpoint that issues access tokens. */
export function createTokenEndpoint(service: Service, urls: EndpointUrls): Endpoint {
  const target = normaliseTarget(urls.token)
  if (target === undefined) throw new TypeError('the configured issuer makes no URL')
  return createRecordedEndpoint(service, urls, 'token', async (call) => await issue(call, target))
}

async function issue(call: Call, target: string): Promise<Response> {
  const { service, inForce, attempt, at, urls } = call
  const { policy } = inForce
  const request = parseTokenRequest(call.form)
  attempt.note({ grant: request.grant, policyVersion: policy.version })
  // Before anything that costs: a client that has no nonce yet comes back with the same assertion, which is not used up.
  const proof = readProof(call, target)
  const asking = await identifyClient(call)
  const { holder, client, subject } = await judgeHolder(call, request, asking)
  const decision = policy.decide({
    grant: request.grant,
    facts: holder.facts,
    subject,
    audience: request.audience,
    scope: request.scope,
    ...(client !== undefined && { clientId: client.id }),
  })
  if (!decision.allowed) throw policyRefused(attempt, decision)
  checkSubject(call, decision, client)
  attempt.note({ profile: decision.profile })
  const binding = bindToken(call, decision.binding, holder, proof)
  const issuedAt = Math.floor(at.getTime() / 1000)
  const { validUntil, facts, assertion } = holder
  const content: AccessTokenContent = {
    issuer: urls.issuer,
    id: Buffer.from(service.random(16)).toString('base64url'),
    // Without a client the holder acts for itself (RFC 7521 §4.1 lets the client be unidentified).
    clientId: client?.id ?? decision.subject,
    grant: decision,
    facts,
    policyVersion: policy.version,
    binding,
    authenticatedAt: assertion?.issuedAt,
    issuedAt,
    expiresAt: Math.min(issuedAt + decision.lifetimeSeconds, validUntil, Math.floor(facts.notAfter / 1000)),
  }
  if (content.expiresAt <= issuedAt) {
    throw new ServiceError('ERR_OAUTH_GRANT', 'the certificate expires within this second', {
      details: { reason: 'the certificate expires' },
    })
  }
  const goesBy = asking.kind === 'named' && client !== undefined ? [subject, client.id] : [subject]
  await checkHolderNotBlocked(call, holder, goesBy, decision.subject, request.grant)
  const token = service.keys.signAccessToken(decision.algorithm, writeAccessTokenPayload(content))
  // All that can fail comes before the unit of work: what is durable is answered.
  const answer = answerOf(call, content, token)
  await commitGrant(call, content, usesOf(asking, holder, binding.use))
  service.metrics.issued(decision.profile)
  return answer
}

function policyRefused(attempt: Attempt, { code, nearest, misses }: PolicyRefusal): ServiceError {
  attempt.note({
    ...(nearest !== undefined && { nearest: { ...nearest } }),
    misses: misses.map((miss): Json => ({ ...miss })),
  })
  const rule = nearest?.rule ?? 'no profile'
  return new ServiceError(code, `no profile gives it; nearest: ${rule}`, { details: { rule } })
}

// RFC 6749 §5.1. Scope is stated always, since the policy may give less than was asked for, but where there is none: the
// parameter cannot be empty.
function answerOf(call: Call, content: AccessTokenContent, token: string): Response {
  const { binding, grant, expiresAt, issuedAt } = content
  const scope = grant.scope.length === 0 ? '' : `,"scope":${JSON.stringify(grant.scope.join(' '))}`
  const body = `{"access_token":"${token}","token_type":"${binding.tokenType}","expires_in":${expiresAt - issuedAt}${scope}}`
  const headers: Record<string, string> = {
    'Content-Type': 'application/json',
    'Cache-Control': 'no-store',
    Pragma: 'no-cache',
  }
  // RFC 9449 §8.2: so that the next proof needs no second round.
  if (binding.tokenType === 'DPoP')
    headers['DPoP-Nonce'] = createChallenge(call.service, 'dpop-nonce', call.at.getTime() / 1000)
  return new Response(body, { headers })
}
