// Server: what a token request asks for (RFC 6749 §4.4, RFC 7523 §2.1, RFC 8707), out of its form: shapes and sizes, no
// rights.

import { escapeText } from 'ingam'
import type { GrantKind } from '../policy/contract.ts'
import { ServiceError } from '../service-error.ts'
import { type Form, malformed } from './form.ts'

/** The grant and what is wanted with it. */
export interface TokenRequest {
  readonly grant: GrantKind
  /** Under `jwt-bearer`. */
  readonly assertion: string
  /** `resource` and `audience` parameters, each once; empty: all that there is. */
  readonly audience: readonly string[]
  /** Each scope once; empty: all that there is. */
  readonly scope: readonly string[]
}

/** Identifiers of the grants that can be asked for. */
export const GRANT_TYPES: Readonly<Record<GrantKind, string>> = Object.freeze({
  client_credentials: 'client_credentials',
  'jwt-bearer': 'urn:ietf:params:oauth:grant-type:jwt-bearer',
})

/**
 * Reads what is asked for.
 *
 * @throws {ServiceError} ERR_SERVICE_REQUEST for a missing grant_type or assertion, ERR_OAUTH_GRANT_TYPE for another
 *   grant, ERR_OAUTH_SCOPE and ERR_OAUTH_TARGET for what is no scope and no target
 */
export function parseTokenRequest(form: Form): TokenRequest {
  const grant = parseGrantType(form.get('grant_type'))
  const assertion = form.get('assertion') ?? ''
  if (grant === 'jwt-bearer' && assertion === '')
    throw malformed('the parameter assertion is missing', 'an assertion', 'none')
  return { grant, assertion, audience: parseTargets(form), scope: parseScope(form.get('scope')) }
}

function parseGrantType(text: string | undefined): GrantKind {
  switch (text) {
    case undefined:
      throw malformed('the parameter grant_type is missing', 'a grant type', 'none')
    case GRANT_TYPES.client_credentials:
      return 'client_credentials'
    case GRANT_TYPES['jwt-bearer']:
      return 'jwt-bearer'
    default:
      throw new ServiceError('ERR_OAUTH_GRANT_TYPE', 'the grant type is not supported', {
        details: { expected: Object.values(GRANT_TYPES), found: escapeText(text, 100) },
      })
  }
}

// RFC 6749 §3.3: scope-token *( SP scope-token ), of printable ASCII without space, quote and backslash.
function parseScope(text: string | undefined): readonly string[] {
  if (text === undefined) return []
  if (
    text.length <= MAX_SCOPE_CHARACTERS &&
    /^[\x21\x23-\x5b\x5d-\x7e]+(?: [\x21\x23-\x5b\x5d-\x7e]+)*$/u.test(text)
  )
    return [...new Set(text.split(' '))]
  throw new ServiceError('ERR_OAUTH_SCOPE', 'the parameter scope is malformed', {
    publicDetail: 'the parameter scope is malformed',
  })
}

function parseTargets({ resources, audiences }: Form): readonly string[] {
  const targets = [...resources, ...audiences]
  if (targets.length === 0) return targets
  const problem =
    targets.length > MAX_TARGETS
      ? `more than ${MAX_TARGETS} targets`
      : !resources.every(isResource)
        ? 'a resource is no absolute URI without fragment'
        : audiences.every(isAudience)
          ? undefined
          : 'an audience is no printable text'
  if (problem === undefined) return [...new Set(targets)]
  throw new ServiceError('ERR_OAUTH_TARGET', problem, { publicDetail: problem })
}

// RFC 8707 §2, RFC 3986 §4.3.
function isResource(text: string): boolean {
  return isAudience(text) && /^[a-z][a-z\d+.-]*:[^#]+$/iu.test(text) && URL.canParse(text)
}

// RFC 8693 §2.1: a logical name, which need not be a URI.
function isAudience(text: string): boolean {
  return text.length <= MAX_TARGET_CHARACTERS && /^[\x21-\x7e]+$/u.test(text)
}

// LIMIT: more than any client asks for at once; policy knows what there is in any case.
const MAX_SCOPE_CHARACTERS = 4_096
const MAX_TARGETS = 16
// LIMIT: what URLs are held to in practice, and audiences of assertions here.
const MAX_TARGET_CHARACTERS = 2_048
