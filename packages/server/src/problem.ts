// Server: from an error to an answer, in the form of the endpoint that was asked: RFC 6749 §5.2, RFC 6750 §3 or RFC 9457.
// The answer has the table's sentence and what was marked as public; all else is for the log.

import { catalogue, escapeText, isCode, isPkiError } from 'ingam'
import type { RouteEntry } from './routes/entry.ts'
import { ServiceError, serviceCodes } from './service-error.ts'

/** Whose form of error an endpoint speaks. */
export type ProblemKind = RouteEntry['kind'] | 'bearer'

/** What {@link toResponse} takes besides the error. */
export interface ProblemOptions {
  readonly kind: ProblemKind
  readonly requestId: string
}

/**
 * The error as one of the service's own: itself, ERR_OAUTH_UNDECIDED where the library could not decide (exit 4), and
 * ERR_SERVICE_INTERNAL for everything else, refusals of the library that an endpoint did not put into words among them.
 * Nothing of an unknown error is in its message.
 */
export function toServiceError(error: unknown): ServiceError {
  if (error instanceof ServiceError) return error
  if (isPkiError(error) && isCode(error.code) && catalogue[error.code].exit === 4) {
    return new ServiceError('ERR_OAUTH_UNDECIDED', `could not decide: ${error.code}`, {
      details: { reason: error.code },
      retryAfterSeconds: 5,
      cause: error,
    })
  }
  return new ServiceError('ERR_SERVICE_INTERNAL', 'an error that nobody expected', { cause: error })
}

/** The answer to a request that ended in an error. **Nothing is logged here.** */
export function toResponse(error: unknown, { kind, requestId }: ProblemOptions): Response {
  const refusal = toServiceError(error)
  const isProblem = kind === 'admin' || kind === 'public'
  const headers = new Headers({
    'content-type': isProblem ? 'application/problem+json' : 'application/json',
    // RFC 6749 §5.1 asks for both; the second is for caches of HTTP/1.0.
    'cache-control': 'no-store',
    ...(kind === 'oauth' && { pragma: 'no-cache' }),
  })
  if (refusal.retryAfterSeconds !== undefined) {
    headers.set('retry-after', String(Math.max(0, Math.ceil(refusal.retryAfterSeconds))))
  }
  const challenge = challengeOf(refusal, kind)
  if (challenge !== undefined) headers.set('www-authenticate', challenge)
  for (const [name, value] of Object.entries(refusal.headers)) headers.set(name, value)
  const body = isProblem ? problemBody(refusal, requestId) : oauthBody(refusal, requestId)
  return new Response(JSON.stringify(body), { status: refusal.status, headers })
}

// RFC 9110 §15.5.2: an answer 401 names at least one scheme. Clients authenticate at OAuth endpoints by assertion or TLS,
// for which no scheme is registered; the names are those of RFC 8414's token_endpoint_auth_methods.
function challengeOf(refusal: ServiceError, kind: ProblemKind): string | undefined {
  if (kind === 'bearer') return `Bearer error="${bearerError(refusal)}"`
  if (refusal.status !== 401) return undefined
  return kind === 'oauth' ? 'private_key_jwt, tls_client_auth' : 'Bearer'
}

// RFC 6750 §3.1.
function bearerError({ status }: ServiceError): string {
  if (status === 403) return 'insufficient_scope'
  return status === 401 ? 'invalid_token' : 'invalid_request'
}

// RFC 6749 §5.2, with the request's id as an additional member.
function oauthBody(refusal: ServiceError, requestId: string): object {
  const row = serviceCodes[refusal.code]
  return {
    error: row.oauth ?? (row.status >= 500 ? 'server_error' : 'invalid_request'),
    error_description: descriptionOf(sentenceOf(refusal)),
    request_id: requestId,
  }
}

// RFC 9457 §3.1; no type of its own, since `code` says it.
function problemBody(refusal: ServiceError, requestId: string): object {
  return {
    title: serviceCodes[refusal.code].text,
    status: refusal.status,
    detail: sentenceOf(refusal),
    code: refusal.code,
    requestId,
  }
}

function sentenceOf({ code, publicDetail }: ServiceError): string {
  const { text } = serviceCodes[code]
  return publicDetail === undefined ? text : `${text}: ${escapeText(publicDetail)}`
}

// RFC 6749 §5.2: %x20-21 / %x23-5B / %x5D-7E.
function descriptionOf(text: string): string {
  return text.replaceAll('"', "'").replace(/[^\x20\x21\x23-\x5b\x5d-\x7e]/gu, '?')
}
