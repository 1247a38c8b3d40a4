// Server: the body of an OAuth request (RFC 6749 appendix B), read strictly: each parameter once, but those that RFC 8707
// lets repeat; no byte that a second reader could understand in another way.

import type { Exchange } from '../service.ts'
import { ServiceError } from '../service-error.ts'

/** The parameters of a request. One without a value counts as omitted (RFC 6749 §3.2). */
export interface Form {
  /** The value of a parameter that may come once. */
  readonly get: (name: string) => string | undefined
  /** `resource` parameters in order. */
  readonly resources: readonly string[]
  /** `audience` parameters in order. */
  readonly audiences: readonly string[]
}

/**
 * Reads the form of a request.
 *
 * **Not checked: what the values mean, and how large the body is**, which the host bounds.
 *
 * @throws {ServiceError} ERR_SERVICE_MEDIA_TYPE for another content type or an encoded content, ERR_SERVICE_REQUEST for
 *   parameters in the URL, a repeated parameter, too many, or what is not percent-encoded UTF-8
 * @see RFC 6749 §3.2, appendix B
 */
export function parseForm({ request, body }: Exchange): Form {
  checkHeaders(request)
  const text = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('latin1')
  // Whatever is not printable ASCII is percent-encoded by every serialiser of forms.
  if (!/^[\x21-\x7e]*$/u.test(text)) throw malformed('the body is no form', 'printable ASCII', 'another byte')
  const values = new Map<string, string>()
  const repeated: Readonly<Record<string, string[]>> = { resource: [], audience: [] }
  const pairs = text === '' ? [] : text.split('&', MAX_PARAMETERS + 1)
  if (pairs.length > MAX_PARAMETERS)
    throw malformed('too many parameters', `at most ${MAX_PARAMETERS}`, 'more')
  for (const pair of pairs) {
    if (pair === '') continue
    const equals = pair.indexOf('=')
    const name = decode(equals < 0 ? pair : pair.slice(0, equals))
    const value = equals < 0 ? '' : decode(pair.slice(equals + 1))
    const list = Object.hasOwn(repeated, name) ? repeated[name] : undefined
    if (list !== undefined) {
      if (value !== '') list.push(value)
      continue
    }
    if (values.has(name)) {
      // A name that no specification would give stays out of the answer.
      const shown = /^\w{1,40}$/u.test(name) ? name : 'of another name'
      throw malformed(`the parameter ${shown} is repeated`, 'one', 'several')
    }
    values.set(name, value)
  }
  const { resource = [], audience = [] } = repeated
  return {
    get(name) {
      const value = values.get(name)
      return value === '' ? undefined : value
    },
    resources: resource,
    audiences: audience,
  }
}

/** A request that lacks something or says it wrongly; the sentence is for the caller too. */
export function malformed(problem: string, expected: string, found: string): ServiceError {
  return new ServiceError('ERR_SERVICE_REQUEST', problem, {
    details: { problem, expected, found },
    publicDetail: problem,
  })
}

// LIMIT: a request of any of these grants has at most a dozen; more are somebody else's, or an attack.
const MAX_PARAMETERS = 64

function checkHeaders({ headers, url }: Request): void {
  const type = headers.get('content-type') ?? ''
  // RFC 6749 appendix B names no parameter; clients send `charset=UTF-8`, which is what it is.
  if (!/^application\/x-www-form-urlencoded[ \t]*(?:;[ \t]*charset="?utf-8"?[ \t]*)?$/iu.test(type)) {
    throw new ServiceError('ERR_SERVICE_MEDIA_TYPE', 'the body is not declared as a form')
  }
  if (headers.has('content-encoding')) {
    throw new ServiceError('ERR_SERVICE_MEDIA_TYPE', 'the body is encoded', {
      publicDetail: 'Content-Encoding is not supported',
    })
  }
  // RFC 6749 §2.3.1, §3.2: never in the URL, where logs and proxies would keep them.
  if (url.includes('?')) throw malformed('parameters belong into the body', 'no query', 'a query')
}

function decode(text: string): string {
  if (!text.includes('%') && !text.includes('+')) return text
  try {
    // Strict on both counts: two hexadecimal digits, and well-formed UTF-8.
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    throw malformed('the body is no form', 'percent-encoded UTF-8', 'something else')
  }
}
