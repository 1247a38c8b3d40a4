// CLI: the exchange of a certificate's signature for an access token at the token endpoint: one request, one more where
// the service wants its nonce in the DPoP proof (RFC 9449 §8), and one more where it asks for a moment.

import { type Credential, escapeText, signAuthorizationGrant, signClientAuthentication } from 'ingam'
import type { Fetch } from '../context.ts'
import { CommandError } from '../failure.ts'
import type { ServiceMetadata } from './address.ts'
import { readJsonBody } from './body.ts'
import { signDpopProof } from './dpop.ts'

/** What is asked for. */
export interface LoginRequest {
  readonly credential: Credential
  readonly metadata: ServiceMetadata
  /** Which of the endpoint's addresses is asked. */
  readonly endpoint: string
  readonly grant: 'jwt-bearer' | 'client_credentials'
  readonly clientId: string | undefined
  readonly scope: readonly string[]
  readonly resource: readonly string[]
  readonly audience: readonly string[]
  readonly dpop: boolean
  readonly now: () => Date
  /** Waits so many seconds before the one further attempt that the service asks for. */
  readonly wait: (seconds: number) => Promise<void>
}

/** The service's answer (RFC 6749 §5.1), as it came. */
export interface TokenAnswer {
  readonly accessToken: string
  readonly tokenType: string
  readonly expiresIn: number | undefined
  readonly scope: string | undefined
  readonly body: Readonly<Record<string, unknown>>
}

/**
 * Asks for an access token.
 *
 * **Not checked: the access token**, which is for the resource server to verify.
 *
 * @throws {CommandError} exit 1 where the service refuses, exit 4 where it cannot tell, each with the request's id
 */
export async function requestToken(fetch: Fetch, request: LoginRequest): Promise<TokenAnswer> {
  let answer = await ask(fetch, request)
  const seconds = retrySeconds(answer.response)
  if (answer.response.status === 503 && seconds !== undefined && seconds <= MAX_WAIT_SECONDS) {
    await request.wait(seconds)
    answer = await ask(fetch, request)
  }
  if (answer.response.status !== 200) throw refusal(answer)
  return readAnswer(answer.body, request.dpop)
}

async function ask(fetch: Fetch, request: LoginRequest): Promise<Answer> {
  const answer = await send(fetch, request, undefined)
  const nonce = answer.response.headers.get('dpop-nonce') ?? undefined
  if (!request.dpop || answer.body['error'] !== 'use_dpop_nonce' || nonce === undefined) return answer
  return await send(fetch, request, nonce)
}

// LIMIT: what a person waits for without asking why; a new state takes up to six seconds before it can tell.
const MAX_WAIT_SECONDS = 10

interface Answer {
  readonly response: Response
  readonly body: Readonly<Record<string, unknown>>
}

// Each assertion counts once, so that a second request has one of its own.
async function send(fetch: Fetch, request: LoginRequest, nonce: string | undefined): Promise<Answer> {
  const { credential, endpoint, now, dpop } = request
  const proof = dpop
    ? {
        dpop: await signDpopProof(credential, {
          method: 'POST',
          url: endpoint,
          at: now(),
          ...(nonce === undefined ? {} : { nonce }),
        }),
      }
    : {}
  const response = await fetch(endpoint, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      accept: 'application/json',
      ...proof,
    },
    body: (await formOf(request)).toString(),
    redirect: 'manual',
  })
  return { response, body: await readJsonBody(response) }
}

async function formOf(request: LoginRequest): Promise<URLSearchParams> {
  const { credential, metadata, grant, clientId, scope, resource, audience, now } = request
  const signing = { audience: metadata.issuer, at: now(), lifetimeSeconds: ASSERTION_SECONDS }
  const form = new URLSearchParams()
  if (grant === 'client_credentials') {
    if (clientId === undefined) throw new TypeError('a client has an id')
    form.set('grant_type', 'client_credentials')
    form.set('client_assertion_type', 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer')
    form.set('client_assertion', await signClientAuthentication(credential, { ...signing, clientId }))
  } else {
    form.set('grant_type', 'urn:ietf:params:oauth:grant-type:jwt-bearer')
    form.set('assertion', await signAuthorizationGrant(credential, signing))
  }
  if (clientId !== undefined) form.set('client_id', clientId)
  if (scope.length > 0) form.set('scope', scope.join(' '))
  for (const value of resource) form.append('resource', value)
  for (const value of audience) form.append('audience', value)
  return form
}

// Long enough for the way there and a clock that is a little off; it counts once in any case.
const ASSERTION_SECONDS = 60

function refusal({ response, body }: Answer): CommandError {
  const { error, error_description: description, request_id: inBody } = body
  const requestId = response.headers.get('request-id') ?? inBody
  const { status } = response
  const code = typeof error === 'string' ? error : `status ${status}`
  const said = typeof description === 'string' ? `: ${description}` : ''
  const seen =
    typeof requestId === 'string' && /^[\w-]{1,64}$/u.test(requestId)
      ? [`an operator sees why in the audit record: ingam audit tail --request ${requestId}`]
      : []
  const undecided = status >= 500 || status === 429 || status === 408
  const hints = [...(HINTS[code] ?? []), ...retryHint(response), ...seen]
  return new CommandError(undecided ? 4 : 1, `${escapeText(code)}${escapeText(said)}`, hints)
}

function retryHint(response: Response): readonly string[] {
  const seconds = retrySeconds(response)
  return seconds === undefined ? [] : [`try again in ${seconds} s`]
}

function retrySeconds({ headers }: Response): number | undefined {
  const text = headers.get('retry-after') ?? ''
  return /^\d{1,6}$/u.test(text) ? Number(text) : undefined
}

const HINTS: Readonly<Record<string, readonly string[]>> = {
  invalid_dpop_proof: ['the policy binds the token in one way: with --dpop, or without it'],
  invalid_target: [
    '--resource and --audience name what the policy must grant; without them all of it is asked for',
  ],
  invalid_scope: ['--scope names what the policy must grant; without it all of it is asked for'],
}

function readAnswer(body: Readonly<Record<string, unknown>>, dpop: boolean): TokenAnswer {
  const { access_token: accessToken, token_type: tokenType, expires_in: expiresIn, scope } = body
  if (typeof accessToken !== 'string' || !TOKEN.test(accessToken) || typeof tokenType !== 'string') {
    throw new CommandError(4, 'the answer has no access token')
  }
  // RFC 9449 §5: who asked for a bound token does not take one that anybody can use.
  if (dpop && tokenType.toLowerCase() !== 'dpop') {
    throw new CommandError(1, `token_type: expected DPoP, found ${escapeText(tokenType)}`, [
      'the token is not bound to the key, so it is not printed',
    ])
  }
  return {
    accessToken,
    tokenType,
    expiresIn: typeof expiresIn === 'number' ? expiresIn : undefined,
    scope: typeof scope === 'string' ? scope : undefined,
    body,
  }
}

// RFC 6750 §2.1: what can stand in a header.
const TOKEN = /^[\w.~+/-]+=*$/u
