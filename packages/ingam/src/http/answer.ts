// Layer: http. How a server answers a request whose token is refused: one safe code for the caller, and what would help
// it do better. Which certificate, path or claim was at fault is for the operator's log alone.

import { catalogue, isCode } from '../errors/catalogue.ts'
import { createError, isPkiError } from '../errors/errors.ts'
import { checkOptionKeys, kindOf } from '../errors/options.ts'

/** What a caller may learn of a refusal (RFC 6750 §3.1; `use_nonce` as RFC 9449 §8, `use_x5c` by docs/token-format.md). */
export type WireError =
  | 'invalid_token'
  | 'invalid_request'
  | 'use_nonce'
  | 'use_x5c'
  | 'temporarily_unavailable'
  | 'server_error'

/** An answer without a body. */
export interface Answer {
  readonly status: 400 | 401 | 413 | 500 | 503
  readonly error: WireError | undefined
  readonly headers: Readonly<Record<string, string>>
}

/** What {@link answerTo} takes besides the refusal. */
export interface AnswerOptions {
  /** The scheme of WWW-Authenticate; default `Bearer`. */
  readonly scheme?: 'Bearer' | 'Ingam-Proof'
  /** A fresh challenge for the caller, where tokens must answer one: printable ASCII without space, `"` and `\`. */
  readonly challenge?: string
}

/**
 * Returns the answer to a request whose token was refused, or which had none (`refusal` undefined). Nothing of the
 * refusal's details gets into it.
 *
 * @throws {ArgumentError} ERR_ARG_* for wrong options
 */
export function answerTo(refusal: unknown, options: AnswerOptions = {}): Answer {
  checkOptionKeys('answerTo options', options, ['scheme', 'challenge'])
  const { scheme = 'Bearer', challenge } = options
  if (scheme !== 'Bearer' && scheme !== 'Ingam-Proof') {
    throw createError('ERR_ARG_VALUE', {
      argument: 'scheme',
      expected: "'Bearer' or 'Ingam-Proof'",
      found: kindOf(scheme),
    })
  }
  if (
    challenge !== undefined &&
    (typeof challenge !== 'string' || !/^[\x21\x23-\x5b\x5d-\x7e]+$/u.test(challenge))
  ) {
    throw createError('ERR_ARG_VALUE', {
      argument: 'challenge',
      expected: 'printable ASCII without space, " and \\',
      found: kindOf(challenge),
    })
  }
  const error = refusal === undefined ? undefined : wireErrorOf(refusal)
  const status = error === undefined ? 401 : statusOf(error, refusal)
  if (status !== 401) return { status, error, headers: {} }
  const parameters = [
    ...(error === undefined ? [] : [`error="${error}"`]),
    ...(challenge === undefined ? [] : [`nonce="${challenge}"`]),
  ]
  const value = parameters.length === 0 ? scheme : `${scheme} ${parameters.join(', ')}`
  return { status, error, headers: { 'WWW-Authenticate': value } }
}

function wireErrorOf(refusal: unknown): WireError {
  // An error of another version of the library may have a code that is not in this one's catalogue.
  if (!isPkiError(refusal) || !isCode(refusal.code)) return 'server_error'
  const { exit, kind } = catalogue[refusal.code]
  switch (refusal.code) {
    case 'ERR_TOKEN_UNKNOWN_THUMBPRINT':
      return 'use_x5c'
    case 'ERR_TOKEN_BINDING_MISSING':
    case 'ERR_TOKEN_BINDING_MISMATCH':
      return refusal.details.claim === 'nonce' ? 'use_nonce' : 'invalid_token'
    case 'ERR_REQUEST_TARGET':
    case 'ERR_REQUEST_CONTENT':
      return 'invalid_request'
    default:
      if (kind === 'ArgumentError' || kind === 'CredentialError') return 'server_error'
      return exit === 4 ? 'temporarily_unavailable' : 'invalid_token'
  }
}

function statusOf(error: WireError, refusal: unknown): Answer['status'] {
  switch (error) {
    case 'temporarily_unavailable':
      return 503
    case 'server_error':
      return 500
    case 'invalid_request':
      return isPkiError(refusal) && refusal.code === 'ERR_REQUEST_CONTENT' ? 413 : 400
    case 'invalid_token':
    case 'use_nonce':
    case 'use_x5c':
      return 401
  }
}
