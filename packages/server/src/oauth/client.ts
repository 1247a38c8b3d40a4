// Server: how a client shows who it is (RFC 6749 §2.3, RFC 7523 §2.2, RFC 8705 §2.1). One way a request, and the one that
// the policy registers for that client; a certificate that is not this client's is refused whoever issued it.

import type { PolicyClient } from '../policy/contract.ts'
import type { Exchange, PolicyInForce, Service } from '../service.ts'
import { ServiceError } from '../service-error.ts'
import type { Attempt } from './attempt.ts'
import { type Form, malformed } from './form.ts'
import { clientRefused, type Holder, verifyAssertion, verifyPeer } from './holder.ts'
import type { EndpointUrls } from './urls.ts'

/** The type of client assertion that is taken (RFC 7523 §2.2). */
export const CLIENT_ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

/** A request that is being judged: what all steps look at. */
export interface Call {
  readonly service: Service
  readonly urls: EndpointUrls
  readonly inForce: PolicyInForce
  readonly exchange: Exchange
  readonly attempt: Attempt
  readonly form: Form
  /** Now, by a clock that can be relied on. */
  readonly at: Date
}

/** A registered client whose certificate was verified and compared. */
export interface AuthenticatedClient {
  readonly kind: 'authenticated'
  readonly client: PolicyClient
  readonly holder: Holder
}

/** Who the client is. `named` only says a name, `nobody` not even that: neither of them proves anything. */
export type RequestingClient =
  | AuthenticatedClient
  | { readonly kind: 'named'; readonly id: string; readonly client: PolicyClient | undefined }
  | { readonly kind: 'nobody' }

/**
 * Finds out who the client is.
 *
 * **Not checked: what the client may do, and whether its assertion was used before**, which the store decides on the
 * holder's `use`.
 *
 * @throws {ServiceError} ERR_OAUTH_CLIENT, ERR_OAUTH_UNDECIDED, ERR_SERVICE_REQUEST for more ways than one,
 *   ERR_SERVICE_RATE_LIMITED
 */
export async function identifyClient(call: Call): Promise<RequestingClient> {
  const { form, inForce } = call
  checkWays(call)
  const id = form.get('client_id')
  const assertion = form.get('client_assertion')
  if (assertion !== undefined) return await authenticateByAssertion(call, assertion, id)
  if (id === undefined) return { kind: 'nobody' }
  const client = inForce.policy.clients.get(id)
  if (client?.authentication === 'tls_client_auth') {
    const question = { policy: inForce.policy, service: call.service, exchange: call.exchange, at: call.at }
    return checkCertificate(call, client, await verifyPeer(question, call.attempt))
  }
  // Its name alone is no proof where the policy asks for one.
  if (client?.authentication === 'private_key_jwt')
    throw clientRefused('this client authenticates by an assertion')
  return { kind: 'named', id, client }
}

/**
 * Finds out who the client is, and takes nobody who has not proved it.
 *
 * @throws {ServiceError} as {@link identifyClient}, and ERR_OAUTH_CLIENT for whoever only names itself
 */
export async function authenticateClient(call: Call): Promise<AuthenticatedClient> {
  const requesting = await identifyClient(call)
  if (requesting.kind === 'authenticated') return requesting
  throw clientRefused('no client authentication')
}

// RFC 6749 §2.3: not more than one method in a request. A certificate in the handshake is none of its own: it may also be
// there to bind the token to it.
function checkWays({ form, exchange }: Call): void {
  const authorization = exchange.request.headers.get('authorization')
  const secret = form.get('client_secret')
  const assertion = form.get('client_assertion')
  const type = form.get('client_assertion_type')
  const ways = [authorization ?? undefined, secret, assertion ?? type].filter((way) => way !== undefined)
  if (ways.length > 1)
    throw malformed('more than one way of client authentication', 'one', String(ways.length))
  if (authorization !== null) {
    throw new ServiceError('ERR_OAUTH_CLIENT', 'clients do not authenticate by the header Authorization', {
      details: { reason: 'header Authorization' },
      // RFC 6749 §5.2: the scheme that the client used.
      ...(/^basic(?: |$)/iu.test(authorization) && { headers: { 'WWW-Authenticate': 'Basic realm="none"' } }),
    })
  }
  if (secret !== undefined) throw clientRefused('client_secret')
  if (assertion === undefined && type !== undefined)
    throw malformed('the parameter client_assertion is missing', 'an assertion', 'none')
  if (assertion === undefined) return
  if (type === undefined)
    throw malformed('the parameter client_assertion_type is missing', CLIENT_ASSERTION_TYPE, 'none')
  if (type !== CLIENT_ASSERTION_TYPE) throw clientRefused('another client_assertion_type')
}

async function authenticateByAssertion(
  call: Call,
  text: string,
  id: string | undefined,
): Promise<AuthenticatedClient> {
  const { clients, legacyClients, policy } = call.inForce
  const verifiers = legacyClients === undefined ? [clients] : [clients, legacyClients]
  const holder = await verifyAssertion(call, verifiers, text, 'ERR_OAUTH_CLIENT')
  const { assertion } = holder
  if (assertion === undefined) throw new TypeError('an assertion was verified')
  // RFC 7521 §4.2: client_id is not needed, and where it stands it is the subject of the assertion.
  if (id !== undefined && id !== assertion.subject)
    throw clientRefused('client_id is not the sub of the assertion')
  const client = policy.clients.get(assertion.subject)
  if (client === undefined) throw clientRefused('no such client')
  if (client.authentication !== 'private_key_jwt')
    throw clientRefused('this client does not authenticate by assertions')
  if (assertion.profile === 'legacy-client-authentication') checkLegacy(call, client, assertion.audiences)
  return checkCertificate(call, client, holder)
}

// RFC 7523 §3 took the token endpoint's URL as audience and any typ. Only clients that cannot do better are let do so, and
// nobody else may be named who could use the assertion against this server.
function checkLegacy({ urls }: Call, client: PolicyClient, audiences: readonly string[]): void {
  if (!client.legacy) throw clientRefused('this client is not marked legacy')
  if (audiences.some((audience) => audience !== urls.issuer && audience !== urls.token))
    throw clientRefused('aud names somebody else')
}

function checkCertificate({ attempt }: Call, client: PolicyClient, holder: Holder): AuthenticatedClient {
  const { subject, anchor } = holder.facts
  attempt.note({ client: client.id, clientSubject: subject, clientTrustAnchor: anchor })
  const miss = client.matches(holder.facts)
  if (miss === undefined) return { kind: 'authenticated', client, holder }
  attempt.note({ misses: [{ ...miss }] })
  throw clientRefused(`the certificate is not this client's: ${miss.rule}`)
}
