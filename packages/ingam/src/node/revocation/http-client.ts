// Layer: node. One request, one answer, both bounded: in time from the first byte to the last, in size as counted here, on
// connections of its own. No redirects, proxies, cookies, credentials or compression.

import { lookup as lookupName } from 'node:dns'
import { Agent, type IncomingMessage, request as requestHttp } from 'node:http'
import { request as requestHttps, Agent as SecureAgent } from 'node:https'
import { escapeText } from '../../errors/escape.ts'
import {
  AddressError,
  addressProblem,
  checkedLookup,
  type Lookup,
  type Loopback,
  literalAddress,
} from './address-rules.ts'

/** What to ask. */
export interface HttpQuestion {
  readonly url: URL
  /** Present: sent by POST. */
  readonly body?: { readonly bytes: Uint8Array; readonly type: string }
  readonly accept: string
  /** `'pass by'`: an answer that somebody on the way has kept is of no use. */
  readonly caches: 'use' | 'pass by'
  /** Which types of content are taken. */
  readonly types: readonly string[]
  readonly maxBytes: number
}

/** What came of it; a problem in words. */
export type HttpAnswer =
  | { readonly ok: true; readonly bytes: Uint8Array }
  | { readonly ok: false; readonly problem: string }

export interface HttpClientOptions {
  readonly timeoutMilliseconds: number
  readonly loopback: Loopback
  readonly lookup?: Lookup | undefined
}

/** Asks one server at a time; each question has a connection of its own. */
export class HttpClient {
  readonly #options: HttpClientOptions
  readonly #lookup: Lookup
  readonly #agents = {
    'http:': new Agent({ keepAlive: false }),
    'https:': new SecureAgent({ keepAlive: false }),
  }
  readonly #closing = new AbortController()

  constructor(options: HttpClientOptions) {
    this.#options = options
    this.#lookup = checkedLookup(options.lookup ?? lookupName, options.loopback)
  }

  /** Never rejects. INVARIANT: the URL is one that the allow list lets through. */
  async ask(question: HttpQuestion): Promise<HttpAnswer> {
    const { timeoutMilliseconds, loopback } = this.#options
    const literal = literalAddress(question.url)
    const problem = literal === undefined ? undefined : addressProblem(literal, loopback)
    if (problem !== undefined) return { ok: false, problem }
    const timeout = AbortSignal.timeout(timeoutMilliseconds)
    try {
      const signal = AbortSignal.any([timeout, this.#closing.signal])
      return { ok: true, bytes: await readAnswer(await this.#send(question, signal), question) }
    } catch (error) {
      if (error instanceof AnswerError || error instanceof AddressError)
        return { ok: false, problem: error.message }
      if (timeout.aborted) return { ok: false, problem: `no whole answer within ${timeoutMilliseconds} ms` }
      if (this.#closing.signal.aborted) return { ok: false, problem: 'the source was closed' }
      return { ok: false, problem: connectionProblem(error) }
    }
  }

  /** Ends what is under way. */
  close(): void {
    this.#closing.abort()
  }

  async #send({ url, body, accept, caches }: HttpQuestion, signal: AbortSignal): Promise<IncomingMessage> {
    const isSecure = url.protocol === 'https:'
    return await new Promise((resolve, reject) => {
      const send = isSecure ? requestHttps : requestHttp
      const request = send(url, {
        method: body === undefined ? 'GET' : 'POST',
        agent: isSecure ? this.#agents['https:'] : this.#agents['http:'],
        lookup: this.#lookup,
        signal,
        headers: {
          accept,
          'accept-encoding': 'identity',
          'user-agent': 'ingam',
          ...(caches === 'pass by' && { 'cache-control': 'no-cache' }),
          ...(body && { 'content-type': body.type, 'content-length': body.bytes.length }),
        },
      })
      request.on('response', resolve).on('error', reject)
      // An answer that is none, such as the offer of another protocol, ends without an error.
      request.on('close', () => reject(new AnswerError(PROBLEMS['ECONNRESET'])))
      request.end(body?.bytes)
    })
  }
}

// What is wrong with an answer, in words.
class AnswerError extends Error {
  override readonly name: string = 'AnswerError'
}

const FIRST_BYTES = 65_536

async function readAnswer(response: IncomingMessage, question: HttpQuestion): Promise<Uint8Array> {
  try {
    checkHead(response, question)
    // As large as the answer says that it is, if that is bearable, or growing. Pieces are copied at once: kept one by one,
    // those of a few bytes each would take many times their size.
    let bytes = new Uint8Array(Number(response.headers['content-length'] ?? FIRST_BYTES))
    let length = 0
    for await (const piece of response) {
      const chunk: Uint8Array = piece
      if (length + chunk.length > question.maxBytes) throw tooLarge(question.maxBytes)
      if (length + chunk.length > bytes.length) bytes = grown(bytes, length + chunk.length)
      bytes.set(chunk, length)
      length += chunk.length
    }
    return length === bytes.length ? bytes : bytes.slice(0, length)
  } finally {
    response.destroy()
  }
}

function grown(bytes: Uint8Array, needed: number): Uint8Array<ArrayBuffer> {
  const larger = new Uint8Array(Math.max(2 * bytes.length, needed))
  larger.set(bytes)
  return larger
}

function checkHead({ statusCode = 0, headers }: IncomingMessage, { types, maxBytes }: HttpQuestion): void {
  if (statusCode >= 300 && statusCode < 400 && headers.location !== undefined) {
    throw new AnswerError(
      `HTTP ${statusCode}: a redirect to "${escapeText(headers.location)}" is not followed`,
    )
  }
  if (statusCode !== 200) throw new AnswerError(`HTTP ${statusCode}`)
  const encoding = headers['content-encoding'] ?? 'identity'
  if (encoding.toLowerCase() !== 'identity')
    throw new AnswerError(`content-encoding "${escapeText(encoding)}" was not asked for`)
  const type = headers['content-type'] ?? ''
  const [essence = ''] = type.split(';')
  if (!types.includes(essence.trim().toLowerCase())) {
    const found = type === '' ? 'none' : `"${escapeText(type)}"`
    throw new AnswerError(`content-type: expected ${types.join(' or ')}, found ${found}`)
  }
  if (Number(headers['content-length'] ?? 0) > maxBytes) throw tooLarge(maxBytes)
}

function tooLarge(maxBytes: number): Error {
  return new AnswerError(`the answer is larger than ${maxBytes} bytes`)
}

const PROBLEMS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'the connection ended before the answer did',
  ENOTFOUND: 'no such host',
  EAI_AGAIN: 'the name of the host could not be looked up',
  EHOSTUNREACH: 'host unreachable',
  ENETUNREACH: 'network unreachable',
}

// Codes alone: what OpenSSL and others say may hold text of the server's.
function connectionProblem(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
  if (code.startsWith('HPE_')) return `the answer is not HTTP (${escapeText(code)})`
  return PROBLEMS[code] ?? `no connection (${escapeText(code)})`
}
