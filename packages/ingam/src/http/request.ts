// Layer: http. What a token must be bound to, from the request that brought it and the origin that the server was
// configured with. Nothing of the request says where it was sent to: not Host, not Forwarded, not its absolute form.

import { concatBytes } from '../bytes/compare.ts'
import { createError } from '../errors/errors.ts'
import { checkOptionKeys, choice, kindOf, wholeNumber } from '../errors/options.ts'
import { isMethod, isTargetUri, MAX_TARGET_CHARACTERS, type RequestBinding } from '../token/binding.ts'

/** What {@link bindRequest} takes besides the request. */
export interface BindRequestOptions {
  /** Where clients reach this server: scheme, host, and port unless it is the usual one, such as `https://api.example`. */
  readonly origin: string
  /**
   * `'digest'` (default): the token must be bound to the content too, also where there is none. `'none'`: it must not.
   * The content is read from a copy of the request, which can still be read.
   */
  readonly content?: 'digest' | 'none'
  /** Bytes of content read at most; default 1 MiB, at most 1 GiB. */
  readonly maxContentBytes?: number
}

/**
 * Returns what a token must be bound to so that it was made for this request: method, target URI, content.
 *
 * **Not checked: anything about a token.** Hand the result to `verifier.verify(token, { request })`.
 *
 * @throws {RequestError} ERR_REQUEST_TARGET where method or target is not one that tokens name, ERR_REQUEST_CONTENT where
 *   there is more content than is read
 * @throws {ArgumentError} ERR_ARG_*
 */
export async function bindRequest(request: Request, options: BindRequestOptions): Promise<RequestBinding> {
  checkOptionKeys('bindRequest options', options, ['origin', 'content', 'maxContentBytes'])
  if (!(request instanceof Request)) {
    throw createError('ERR_ARG_TYPE', { argument: 'request', expected: 'a Request', found: kindOf(request) })
  }
  if (request.bodyUsed || request.body?.locked === true) {
    const expected = 'a Request whose content nobody has read'
    throw createError('ERR_ARG_VALUE', { argument: 'request', expected, found: 'one that was read' })
  }
  const content = choice('content', options.content, ['digest', 'none'])
  const maximum = wholeNumber('maxContentBytes', options.maxContentBytes, CONTENT_BYTES)
  const targetUri = targetUriOf(options.origin, targetOf(request.url))
  const { method } = request
  if (!isMethod(method)) throw refused('a method of 1 to 32 characters', String(method.length))
  if (content === 'none') return { method, targetUri }
  return { method, targetUri, content: await readContent(request.clone(), maximum) }
}

/**
 * Returns the target URI of a request: the configured origin followed by the request's target as it came.
 *
 * @param origin scheme, host, and port unless it is the usual one, such as `https://api.example`
 * @param target path and query as they stand in the request line, such as `req.url` of Node's server has them
 * @throws {RequestError} ERR_REQUEST_TARGET where the target is no path, or is written in another way than the URL
 *   Standard serialises it (`/a/../b`, a space): routers disagree about what such a target means
 * @throws {ArgumentError} ERR_ARG_VALUE where the origin is none
 */
export function targetUriOf(origin: string, target: string): string {
  if (!isOrigin(origin)) {
    throw createError('ERR_ARG_VALUE', {
      argument: 'origin',
      expected: 'scheme and host as new URL(…).origin writes them, such as https://api.example',
      // Without what stands before @: it could be a password.
      found: typeof origin === 'string' ? origin.replace(/^.*@/su, '…@') : kindOf(origin),
    })
  }
  if (typeof target !== 'string') {
    throw createError('ERR_ARG_TYPE', { argument: 'target', expected: 'text', found: kindOf(target) })
  }
  if (target.length > MAX_TARGET_CHARACTERS)
    throw refused(`at most ${MAX_TARGET_CHARACTERS} characters`, String(target.length))
  if (!target.startsWith('/')) throw refused('a path that begins with /', 'another form')
  const uri = origin + target
  if (!isTargetUri(uri)) throw refused('path and query as the URL Standard serialises them', 'another form')
  return uri
}

// LIMIT: as much as a JSON body is usually allowed; the whole of it is held in memory while it is hashed.
const CONTENT_BYTES = { default: 1_048_576, minimum: 0, maximum: 1_073_741_824 } as const

function isOrigin(origin: unknown): boolean {
  if (typeof origin !== 'string' || !/^https?:\/\//u.test(origin) || !URL.canParse(origin)) return false
  return new URL(origin).origin === origin
}

// The URL of a Request is absolute and serialised; what stands before its path is what the server was told by others.
function targetOf(url: string): string {
  const { href, origin, protocol } = new URL(url)
  if (protocol !== 'https:' && protocol !== 'http:') throw refused('an http or https URL', 'another scheme')
  return href.slice(origin.length).replace(/#.*$/su, '')
}

async function readContent(request: Request, maximum: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let length = 0
  const reader = request.body?.getReader()
  for (;;) {
    const { done = true, value } = (await reader?.read()) ?? {}
    if (done) break
    // Another chunk has no bytes to count or to hash; a server that makes such a stream is broken.
    if (!isBytes(value)) {
      const expected = 'a Request whose content is made of bytes (Uint8Array)'
      throw createError('ERR_ARG_VALUE', { argument: 'request', expected, found: kindOf(value) })
    }
    length += value.length
    if (length > maximum) {
      // Not waited for: of a copied stream it ends when the other copy is cancelled too. Why it fails is nobody's concern.
      reader?.cancel().catch(() => undefined)
      throw createError('ERR_REQUEST_CONTENT', { maximum })
    }
    chunks.push(value)
  }
  return concatBytes(...chunks)
}

function isBytes(chunk: unknown): chunk is Uint8Array {
  return chunk instanceof Uint8Array
}

function refused(expected: string, found: string): Error {
  return createError('ERR_REQUEST_TARGET', { expected, found })
}
