// CLI: requests to a service over node:http and node:https, with the shape of fetch. The platform's fetch cannot trust a
// private CA or show a certificate for one call alone. Redirects are not followed: an assertion goes where it was meant to.

import { type ClientRequest, type IncomingMessage, request as requestPlain } from 'node:http'
import { request as requestTls } from 'node:https'
import { createSecureContext } from 'node:tls'
import type { Fetch } from '../context.ts'
import { CommandError } from '../failure.ts'

/** Whom to trust and what to show in the handshake. */
export interface TlsFiles {
  /** PEM: trusted instead of the system's CAs. */
  readonly ca?: string
  /** PEM: shown where the service asks for a certificate. */
  readonly certificate?: string
  readonly privateKey?: string
}

/** What is said where no answer came: not reached, not trusted, or too slow. */
export class UnreachableError extends Error {
  override readonly name: string = 'UnreachableError'
}

/**
 * Makes a fetch for one run of the command.
 *
 * @throws {CommandError} exit 3 where the certificates or the key cannot be used
 */
export function createFetch(files: TlsFiles = {}, idleSeconds: number = IDLE_SECONDS): Fetch {
  const secureContext = files.ca === undefined && files.certificate === undefined ? {} : contextOf(files)
  return async (input, init) => {
    const request = new Request(input, init)
    const body = new Uint8Array(await request.arrayBuffer())
    const url = new URL(request.url)
    const send = url.protocol === 'https:' ? requestTls : requestPlain
    const headers = { ...Object.fromEntries(request.headers), 'content-length': String(body.length) }
    const options = {
      method: request.method,
      headers,
      agent: false,
      timeout: idleSeconds * 1000,
      signal: request.signal,
      ...(url.protocol === 'https:' ? secureContext : {}),
    }
    return toResponse(await answerOf(send(url, options), body, url), url)
  }
}

// LIMIT: longer than any answer of the service takes, which gives up by itself after limits.requestSeconds.
const IDLE_SECONDS = 60

function contextOf({ ca, certificate, privateKey }: TlsFiles): object {
  try {
    const secureContext = createSecureContext({
      ...(ca === undefined ? {} : { ca }),
      ...(certificate === undefined ? {} : { cert: certificate }),
      ...(privateKey === undefined ? {} : { key: privateKey }),
    })
    return { secureContext }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new CommandError(3, `certificates and key cannot be used for TLS: ${reason}`)
  }
}

async function answerOf(sending: ClientRequest, body: Uint8Array, url: URL): Promise<IncomingMessage> {
  return await new Promise((resolve, reject) => {
    sending.on('response', resolve)
    sending.on('timeout', () => sending.destroy(new Error('no answer in time')))
    sending.on('error', (error: Error) => reject(unreachable(url, error)))
    sending.end(body)
  })
}

function toResponse(message: IncomingMessage, url: URL): Response {
  const { statusCode = 0 } = message
  const headers = new Headers()
  for (const [name, values = []] of Object.entries(message.headersDistinct)) {
    for (const value of values) headers.append(name, value)
  }
  // The Fetch Standard lets these have no body, not even an empty one.
  if ([204, 205, 304].includes(statusCode)) {
    message.resume()
    return new Response(null, { status: statusCode, headers })
  }
  if (statusCode < 200 || statusCode > 599) throw new UnreachableError(`${url.origin}: status ${statusCode}`)
  return new Response(streamOf(message, url), { status: statusCode, headers })
}

function streamOf(message: IncomingMessage, url: URL): ReadableStream<Uint8Array<ArrayBuffer>> {
  const chunks: AsyncIterator<Uint8Array<ArrayBuffer>> = message[Symbol.asyncIterator]()
  return new ReadableStream({
    pull: async (controller) => {
      try {
        const { done, value } = await chunks.next()
        if (done === true) controller.close()
        else controller.enqueue(value)
      } catch (error) {
        controller.error(unreachable(url, error))
      }
    },
    cancel: () => void message.destroy(),
  })
}

function unreachable(url: URL, error: unknown): Error {
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''
  const reason = PROBLEMS[code] ?? (error instanceof Error && error.message !== '' ? error.message : code)
  return new UnreachableError(`${url.origin}: ${reason}`, { cause: error })
}

const PROBLEMS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nobody listens there',
  ECONNRESET: 'the connection was closed',
  EHOSTUNREACH: 'the host cannot be reached',
  ENETUNREACH: 'the network cannot be reached',
  ENOTFOUND: 'the name is not known',
  EAI_AGAIN: 'the name cannot be looked up now',
  ETIMEDOUT: 'no answer in time',
  EPROTO: 'TLS failed; is it an https address?',
}
