// Server: whose token it becomes and for which client, of the two grants. Nobody goes by the name of a client that he is
// not: neither as client_id nor as sub.

import type { PolicyClient, PolicyGrant } from '../policy/contract.ts'
import { ServiceError } from '../service-error.ts'
import { checkClientNotBlocked } from './blocks.ts'
import type { Call, RequestingClient } from './client.ts'
import { clientRefused, type Holder, verifyAssertion } from './holder.ts'
import type { TokenRequest } from './request.ts'

/** Whose token it becomes, for which client, and the name that the holder goes by. */
export interface Judged {
  readonly holder: Holder
  readonly client: PolicyClient | undefined
  readonly subject: string
}

/**
 * Verifies who asks, and that the client may use the grant.
 *
 * **Not checked: what the policy gives them, and whether the holder is blocked.**
 *
 * @throws {ServiceError} ERR_OAUTH_GRANT, ERR_OAUTH_CLIENT, ERR_OAUTH_UNAUTHORIZED_CLIENT, ERR_OAUTH_UNDECIDED,
 *   ERR_SERVICE_RATE_LIMITED
 */
export async function judgeHolder(
  call: Call,
  request: TokenRequest,
  asking: RequestingClient,
): Promise<Judged> {
  const { inForce } = call
  if (request.grant === 'client_credentials') {
    // RFC 6749 §4.4: for confidential clients alone.
    if (asking.kind !== 'authenticated') throw clientRefused('no client authentication')
    checkClientGrant(asking.client, request)
    noteHolder(call, asking.holder)
    return { holder: asking.holder, client: asking.client, subject: asking.client.id }
  }
  const holder = await verifyAssertion(call, [inForce.grants], request.assertion, 'ERR_OAUTH_GRANT')
  noteHolder(call, holder)
  const { subject } = holder.assertion ?? {}
  if (subject === undefined) throw new TypeError('an assertion was verified')
  const client = clientOfGrant(call, asking, subject)
  if (client !== undefined) checkClientGrant(client, request)
  // Of the holder the blocks are looked at before the token is made; this is for the client, which may be another.
  if (asking.kind === 'authenticated') await checkClientNotBlocked(call, asking)
  return { holder, client, subject }
}

// The client of a jwt-bearer grant: the one that authenticated, or one that needs not and names itself; otherwise the
// holder itself, who must not go by the name of somebody else.
function clientOfGrant(
  { inForce }: Call,
  asking: RequestingClient,
  subject: string,
): PolicyClient | undefined {
  switch (asking.kind) {
    case 'authenticated':
      return asking.client
    case 'named':
      if (asking.client !== undefined) return asking.client
      if (asking.id === subject) return undefined
      throw clientRefused('client_id is neither a client nor the sub of the assertion')
    case 'nobody': {
      const client = inForce.policy.clients.get(subject)
      if (client === undefined || client.authentication === 'none') return client
      throw clientRefused('the sub of the assertion is a client that has to authenticate')
    }
  }
}

function checkClientGrant(client: PolicyClient, { grant }: TokenRequest): void {
  if (client.grants.includes(grant)) return
  throw new ServiceError('ERR_OAUTH_UNAUTHORIZED_CLIENT', 'the client may not use this grant', {
    details: { reason: 'grants of the client', expected: client.grants, found: grant },
  })
}

/**
 * Refuses a sub that is the identifier of a client, for anybody but that client: a resource server may take the one for
 * the other (RFC 9068 §5).
 *
 * @throws {ServiceError} ERR_OAUTH_GRANT
 */
export function checkSubject(
  { inForce }: Call,
  { subject }: PolicyGrant,
  client: PolicyClient | undefined,
): void {
  if (subject === client?.id || !inForce.policy.clients.has(subject)) return
  throw new ServiceError(
    'ERR_OAUTH_GRANT',
    'the sub of the token would be the identifier of another client',
    {
      details: { reason: 'sub is the identifier of another client' },
    },
  )
}

function noteHolder({ attempt }: Call, { facts }: Holder): void {
  attempt.note({ subject: facts.subject, trustAnchor: facts.anchor })
}
