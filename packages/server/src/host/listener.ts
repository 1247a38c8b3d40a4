// Server: the socket. HTTP/1.1, plain or in TLS 1.2 and later, with bounds on headers, time and connections. The
// certificates of clients are asked for where the configuration says so, and judged by nobody here.

import { constants } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https'
import { type AddressInfo, Server as NetServer } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import type { Handler } from '../app.ts'
import type { ServiceConfig } from '../config/contract.ts'
import type { ServiceError } from '../service-error.ts'
import { type BodyLimits, checkDeclaredLength, cutOff, tooLarge, tooSlow } from './body.ts'
import { createPeers } from './peer.ts'
import type { TlsPair } from './tls-pair.ts'

/** A socket that listens. */
export interface Listener {
  readonly address: AddressInfo
  readonly connections: () => number
  /** Shows another pair to connections from now on. */
  readonly setPair: (pair: TlsPair) => void
  /** Takes no more connections, and lets those with a request under way end it; after the time they are cut. */
  readonly drain: (milliseconds: number) => Promise<void>
}

/** What {@link listen} takes. */
export interface ListenOptions {
  readonly config: Pick<ServiceConfig, 'listen' | 'limits'>
  readonly handler: Handler
  /** Required where the configuration has TLS. */
  readonly pair: TlsPair | undefined
}

// LIMIT: below the minute for which proxies keep an idle connection to us, so that we are not the ones who close it early.
const KEEP_ALIVE_MILLISECONDS = 65_000
const HANDSHAKE_MILLISECONDS = 10_000
const MAX_GRACE_MILLISECONDS = 500

/**
 * Listens on the address of the configuration.
 *
 * @throws the system's error where the address cannot be listened on; its `code` is EADDRINUSE, EACCES or EADDRNOTAVAIL
 */
export async function listen({ config, handler, pair }: ListenOptions): Promise<Listener> {
  const { host, port, tls } = config.listen
  const { limits } = config
  const peerOf = createPeers(tls?.clientCertificates ?? 'off')
  // This replaces the globals Request and Response by lighter ones with the same behaviour, which saves a third of the
  // work on a small request.
  const answer = getRequestListener(
    async (request, { incoming }) => {
      // INVARIANT: HTTP/2 is not offered.
      if (!('socket' in incoming) || 'stream' in incoming) throw new TypeError('not HTTP/1.1')
      if (!isAsSent(request.url, incoming.url ?? '')) throw new TypeError('another path than was sent')
      return await handler(
        request,
        peerOf(incoming.socket),
        async (bounds) => await readIncoming(incoming, bounds),
      )
    },
    { errorHandler: () => malformed() },
  )
  const options = {
    maxHeaderSize: limits.headerBytes,
    headersTimeout: limits.requestSeconds * 1000,
    requestTimeout: limits.requestSeconds * 1000,
    keepAliveTimeout: KEEP_ALIVE_MILLISECONDS,
    // How often the two above are looked at; the default is half a minute.
    connectionsCheckingInterval: Math.min(1_000, limits.requestSeconds * 250),
    requireHostHeader: true,
    insecureHTTPParser: false,
  }
  const onRequest = (incoming: IncomingMessage, outgoing: ServerResponse): void =>
    void answer(incoming, outgoing)
  const secure =
    tls === undefined ? undefined : createTlsServer({ ...options, ...tlsOptions(tls, pair) }, onRequest)
  const server: Server | TlsServer = secure ?? createServer(options, onRequest)
  server.maxConnections = limits.connections
  // A bound on their number would drop the rest in silence, and a second DPoP header among them.
  server.maxHeadersCount = 0
  // An answer that nobody reads.
  server.timeout = Math.max(30_000, limits.requestSeconds * 2_000)
  server.on('clientError', (error: Error & { readonly code?: string }, socket) => {
    if (socket.destroyed || !socket.writable) return
    socket.end(rawAnswer(error.code), () => socket.destroy())
  })
  secure?.on('tlsClientError', (_, socket) => socket.destroy())
  let connections = 0
  server.on('connection', (socket) => {
    connections += 1
    socket.on('close', () => {
      connections -= 1
    })
  })
  const address = await bind(server, host, port)
  return Object.freeze<Listener>({
    address,
    connections: () => connections,
    setPair(next) {
      if (tls !== undefined) secure?.setSecureContext(contextOptions(next))
    },
    async drain(milliseconds) {
      await drain(server, milliseconds)
    },
  })
}

// A URL is put together with the Host header, in which a slash moves the path, and written as the URL Standard does, which
// takes `/a/%2e%2e/b` for `/b`: whoever stands before the service and looks at paths would have seen another one.
function isAsSent(url: string, target: string): boolean {
  return targetOf(url) === targetOf(target)
}

// RFC 9112 §3.2: a target begins with the path, or is a whole URL.
function targetOf(text: string): string {
  return text.startsWith('/') ? text : text.slice(text.indexOf('/', text.indexOf('://') + 3))
}

function contextOptions({ cert, key }: TlsPair): { readonly [name: string]: unknown } & {
  readonly cert: string
  readonly key: string
  readonly ca: string[]
  readonly minVersion: 'TLSv1.2'
  readonly secureOptions: number
} {
  return {
    cert,
    key,
    // Nobody is trusted here: the service judges chains itself, and no issuer is added to what the client sent.
    ca: [],
    minVersion: 'TLSv1.2',
    // A resumed session knows the leaf alone, not the chain, and proves nothing anew: each connection is a full handshake.
    secureOptions: constants.SSL_OP_NO_TICKET | constants.SSL_OP_NO_RENEGOTIATION,
  }
}

function tlsOptions(
  { clientCertificates }: NonNullable<ServiceConfig['listen']['tls']>,
  pair: TlsPair | undefined,
): ReturnType<typeof contextOptions> & {
  readonly requestCert: boolean
  readonly rejectUnauthorized: false
  readonly ALPNProtocols: string[]
  readonly handshakeTimeout: number
} {
  if (pair === undefined) throw new TypeError('TLS without a pair')
  return {
    ...contextOptions(pair),
    requestCert: clientCertificates === 'request',
    // Node's judgement would know no policy, no names and no revocation; verifyPath has the last word.
    rejectUnauthorized: false,
    ALPNProtocols: ['http/1.1'],
    handshakeTimeout: HANDSHAKE_MILLISECONDS,
  }
}

async function bind(server: Server, host: string, port: number): Promise<AddressInfo> {
  await new Promise<void>((resolve, reject) => {
    // It stays for good: one connection that the system could not hand over must not end the process.
    server.on('error', reject)
    server.listen({ host, port }, resolve)
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new TypeError('no address')
  return address
}

// Idle connections are not closed at once, as Node's own `close` does: a request that is on its way there would meet a
// reset. For a moment it gets its 503, with `Connection: close`.
async function drain(server: Server, milliseconds: number): Promise<void> {
  const closed = new Promise<void>((resolve) => {
    NetServer.prototype.close.call(server, () => resolve())
  })
  let closing: NodeJS.Timeout | undefined
  const idle = setTimeout(
    () => {
      // The listening has ended before; this ends Node's own timers and the idle connections.
      server.close(() => undefined)
      closing = setInterval(() => server.closeIdleConnections(), 50)
    },
    Math.min(MAX_GRACE_MILLISECONDS, milliseconds / 2),
  )
  const end = setTimeout(() => server.closeAllConnections(), milliseconds)
  await closed
  server.close(() => undefined)
  clearTimeout(idle)
  clearInterval(closing)
  clearTimeout(end)
}

/** Reads a body from the socket's stream, without a web stream in between. */
async function readIncoming(
  incoming: IncomingMessage,
  { maxBytes, milliseconds }: BodyLimits,
): Promise<Uint8Array> {
  checkDeclaredLength(incoming.headers['content-length'], maxBytes)
  return await new Promise<Uint8Array>((resolve, reject) => {
    const chunks: Uint8Array[] = []
    let length = 0
    const stop = (): void => {
      clearTimeout(timer)
      incoming.off('data', onData).off('end', onEnd).off('error', onError).off('close', onError)
    }
    const refuse = (error: ServiceError): void => {
      stop()
      incoming.pause()
      reject(error)
    }
    const onData = (chunk: Uint8Array): void => {
      length += chunk.length
      if (length > maxBytes) refuse(tooLarge(maxBytes))
      else chunks.push(chunk)
    }
    const onEnd = (): void => {
      stop()
      const [only] = chunks
      resolve(chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks, length))
    }
    const onError = (error?: Error): void => refuse(cutOff(error))
    const timer = setTimeout(() => refuse(tooSlow(milliseconds)), milliseconds)
    incoming.on('data', onData).on('end', onEnd).on('error', onError).on('close', onError)
  })
}

// What reaches no endpoint, because Node's parser or the reading of the URL refused it.
function malformed(): Response {
  return new Response(problemText(400, 'ERR_SERVICE_REQUEST', 'the request is malformed'), {
    status: 400,
    headers: { 'content-type': 'application/problem+json', 'cache-control': 'no-store', connection: 'close' },
  })
}

function rawAnswer(code: string | undefined): string {
  const [status, name, text] =
    code === 'HPE_HEADER_OVERFLOW'
      ? ['431 Request Header Fields Too Large', 'ERR_SERVICE_HEADERS_TOO_LARGE', 'the headers are too large']
      : code === 'ERR_HTTP_REQUEST_TIMEOUT'
        ? ['408 Request Timeout', 'ERR_SERVICE_TIMEOUT', 'the request took too long']
        : ['400 Bad Request', 'ERR_SERVICE_REQUEST', 'the request is malformed']
  const body = problemText(Number.parseInt(status, 10), name, text)
  return [
    `HTTP/1.1 ${status}`,
    'Content-Type: application/problem+json',
    'Cache-Control: no-store',
    'X-Content-Type-Options: nosniff',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
    '',
    body,
  ].join('\r\n')
}

function problemText(status: number, code: string, title: string): string {
  return JSON.stringify({ title, status, code })
}
