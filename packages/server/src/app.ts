// Server: from a request to an answer: route, limits, body, endpoint, error form, headers, log line. Endpoints are given
// to it; it knows none of them but health and metrics.

import { Hono } from 'hono'
import { type BodyReader, readBody } from './host/body.ts'
import { createGate, type Gate } from './host/gate.ts'
import { createReadiness } from './host/health.ts'
import { describeError } from './host/log.ts'
import { addressKey, createRateLimiter } from './host/rate-limiter.ts'
import { type ProblemKind, toResponse, toServiceError } from './problem.ts'
import type { RouteEntry } from './routes/entry.ts'
import type { Peer, RateLimiter, Service } from './service.ts'
import { ServiceError } from './service-error.ts'

/** Answers one request; never rejects. */
export type Handler = (request: Request, peer: Peer, body?: BodyReader) => Promise<Response>

/** What {@link createHandler} takes besides the service and its endpoints. */
export interface HandlerOptions {
  /** Whether the service is stopping: what comes then is refused. Default never. */
  readonly isDraining?: () => boolean
  /** What /metrics answers; default nothing, and the path is not there. */
  readonly metrics?: { readonly contentType: string; readonly text: () => Promise<string> }
  /** Milliseconds that never go backward; for limits and durations. */
  readonly monotonic?: () => number
  /** The time for endpoints that serve while the clock is in doubt: those of kind `public`. */
  readonly wall?: () => Date
  /** Told of each handler's gate, for metrics. */
  readonly onGate?: (gate: Gate) => void
}

// LIMIT: a policy of 256 KiB, escaped as JSON, has at most twice that.
const ADMIN_BODY_BYTES = 524_288
// LIMIT: 100,000 buckets take some 10 MB; a /64 of IPv6 counts once.
const MAX_ADDRESSES = 100_000
// LIMIT: longer than any work takes unless the disk stands still; clients' own limits are longer.
const MAX_WAIT_MILLISECONDS = 1_000

interface Bindings {
  readonly peer: Peer
  readonly flight: Flight
}

// What is known of one request while it is answered.
interface Flight {
  readonly requestId: string
  readonly body: BodyReader | undefined
  /** As it was registered; the path itself comes from outside. */
  route: string
  kind: ProblemKind
  /** The error that ended it. */
  error?: unknown
  /** Health, metrics and what was shed: not at info. */
  isQuiet: boolean
}

interface World {
  readonly service: Service
  readonly gate: Gate
  readonly perAddress: RateLimiter | undefined
  readonly isDraining: () => boolean
  readonly monotonic: () => number
  readonly wall: () => Date
}

/**
 * A handler for all endpoints, with the limits of the configuration. **It trusts the peer that it is given**: address and
 * certificates are those that the listener saw, never out of a header.
 */
export function createHandler(
  service: Service,
  endpoints: readonly RouteEntry[],
  options: HandlerOptions = {},
): Handler {
  const { config, log, metrics } = service
  const { isDraining = () => false, monotonic = () => performance.now(), wall = () => new Date() } = options
  const gate = createGate({
    concurrency: config.limits.concurrency,
    waitMilliseconds: MAX_WAIT_MILLISECONDS,
  })
  options.onGate?.(gate)
  // Behind a proxy all requests come from its address; the proxy limits, as it knows the others.
  const perAddress = config.listen.behindProxy
    ? undefined
    : createRateLimiter({ rate: config.limits.ratePerAddress, maxKeys: MAX_ADDRESSES })
  const world: World = { service, gate, perAddress, isDraining, monotonic, wall }
  const app = createApp(world, endpoints, options.metrics)

  return async (request, peer, body) => {
    const started = monotonic()
    const requestId = Buffer.from(service.random(16)).toString('base64url')
    const flight: Flight = { requestId, body, route: '(none)', kind: 'public', isQuiet: false }
    let response: Response
    try {
      response = await app.fetch(request, { peer, flight })
    } catch (error) {
      // Not through Hono's onError: what is thrown need not be an Error.
      flight.error = error
      response = toResponse(error, flight)
    }
    const { headers, status } = response
    headers.set('request-id', requestId)
    headers.set('x-content-type-options', 'nosniff')
    if (!headers.has('cache-control')) headers.set('cache-control', 'no-store')
    if (isDraining()) headers.set('connection', 'close')
    const milliseconds = monotonic() - started
    metrics.request(flight.route, status, milliseconds / 1000)
    report(service, flight)
    const line = {
      requestId,
      method: METHODS.includes(request.method) ? request.method : 'other',
      route: flight.route,
      status,
      milliseconds: Math.round(milliseconds * 100) / 100,
      ...inbound(request),
      ...(flight.error !== undefined && { code: toServiceError(flight.error).code }),
    }
    if (flight.isQuiet) log.debug(line, 'request')
    else log.info(line, 'request')
    return response
  }
}

function createApp(
  world: World,
  endpoints: readonly RouteEntry[],
  metrics: HandlerOptions['metrics'],
): Hono<{ Bindings: Bindings }> {
  // Nothing is decoded: a path is either written as it is registered, or it is not there.
  const app = new Hono<{ Bindings: Bindings }>({ getPath: ({ url }) => pathOf(url) })
  const methods = new Map<string, string[]>()
  const allow = (path: string, method: string): void => {
    const known = methods.get(path) ?? []
    methods.set(path, [...known, ...(method === 'GET' ? ['GET', 'HEAD'] : [method])])
  }

  const readiness = createReadiness(world.service, world)
  const open = (path: string, answer: () => Response | Promise<Response>): void => {
    allow(path, 'GET')
    app.get(path, async ({ env }) => {
      env.flight.route = path
      env.flight.isQuiet = true
      return await answer()
    })
  }
  open('/healthz', () => Response.json({ status: 'alive' }))
  open('/readyz', async () => {
    const state = await readiness()
    return Response.json(state, { status: state.status === 'ready' ? 200 : 503 })
  })
  if (metrics !== undefined && world.service.config.metrics.path !== 'off') {
    const headers = { 'content-type': metrics.contentType }
    open(world.service.config.metrics.path, async () => new Response(await metrics.text(), { headers }))
  }

  for (const entry of endpoints) {
    const path = entry.path.replace(/\{(\w+)\}/gu, ':$1')
    allow(path, entry.method)
    app.on(entry.method, path, async ({ req, env }) => await serve(world, entry, req.raw, env))
  }
  for (const [path, known] of methods) {
    // One handler for each method and path: with several, each request would pass through a chain.
    const others = METHODS.filter((method) => method !== 'HEAD' && !known.includes(method))
    app.on(others, path, ({ env }) => {
      env.flight.route = path
      limitAddress(world, env)
      throw new ServiceError('ERR_SERVICE_METHOD', 'the path has other methods', {
        headers: { Allow: known.join(', ') },
      })
    })
  }
  app.notFound(({ env }) => {
    limitAddress(world, env)
    throw new ServiceError('ERR_SERVICE_NOT_FOUND', 'no endpoint has the path')
  })
  app.onError((error) => {
    throw error
  })
  return app
}

async function serve(
  world: World,
  entry: RouteEntry,
  request: Request,
  bindings: Bindings,
): Promise<Response> {
  const { service, gate } = world
  const { peer, flight } = bindings
  flight.route = entry.path
  flight.kind = entry.kind
  const body = await admit(world, entry, request, bindings)
  let leave: () => void
  try {
    leave = await gate.enter()
  } catch (error) {
    throw shed(service, flight, 'overloaded', error)
  }
  try {
    const { requestId } = flight
    const now = readClock(world, entry)
    return await entry.endpoint({ request, path: pathOf(request.url), peer, requestId, body, now })
  } finally {
    leave()
  }
}

/** All that is decided before anything is worked on; the body last, so that no place is held while it arrives. */
async function admit(
  world: World,
  { kind }: RouteEntry,
  request: Request,
  bindings: Bindings,
): Promise<Uint8Array> {
  const { service, gate, isDraining } = world
  const { peer, flight } = bindings
  if (isDraining()) {
    const error = new ServiceError('ERR_SERVICE_DRAINING', 'the service is stopping', {
      retryAfterSeconds: 1,
    })
    throw shed(service, flight, 'draining', error)
  }
  limitAddress(world, bindings)
  try {
    gate.check()
  } catch (error) {
    throw shed(service, flight, 'overloaded', error)
  }
  if (request.method === 'GET' || request.method === 'HEAD') return new Uint8Array()
  const { bodyBytes, requestSeconds } = service.config.limits
  const limits = {
    maxBytes: kind === 'admin' ? Math.max(bodyBytes, ADMIN_BODY_BYTES) : bodyBytes,
    milliseconds: requestSeconds * 1000,
  }
  try {
    return await (flight.body === undefined ? readBody(request, limits) : flight.body(limits))
  } catch (error) {
    refuseEarly(service, flight, peer, error)
    throw error
  }
}

// Also where nothing is: each request leaves a line in the log.
function limitAddress({ service, perAddress, monotonic }: World, { peer, flight }: Bindings): void {
  try {
    perAddress?.take(addressKey(peer.address), new Date(monotonic()))
  } catch (error) {
    refuseEarly(service, flight, peer, error)
    throw shed(service, flight, 'rate', error)
  }
}

function readClock({ service, wall }: World, { kind }: RouteEntry): Date {
  try {
    return service.clock.now()
  } catch (error) {
    // Keys and metadata are read by those who verify tokens that were issued while the clock was good.
    if (kind === 'public') return wall()
    throw error
  }
}

function shed(
  service: Service,
  flight: Flight,
  reason: 'overloaded' | 'rate' | 'draining',
  error: unknown,
): unknown {
  service.metrics.shed(reason)
  flight.isQuiet = true
  return error
}

function refuseEarly(service: Service, { requestId }: Flight, { address }: Peer, error: unknown): void {
  const { code } = toServiceError(error)
  service.metrics.refused(code)
  service.refusals.early({ code, requestId, address })
}

// What the line about the request does not say: faults with their cause, refusals for whoever looks closer.
function report({ log }: Service, { error, requestId, isQuiet }: Flight): void {
  if (error === undefined) return
  const refusal = toServiceError(error)
  const { code, message, details, cause, status } = refusal
  if (code === 'ERR_SERVICE_INTERNAL') {
    log.error({ requestId, code, message, error: describeError(refusal === error ? error : cause) }, 'fault')
  } else if (status >= 500 && !isQuiet) {
    // Not of what was shed: it is counted, and under a flood a line for each would be a flood of its own.
    log.warn(
      { requestId, code, message, ...(cause !== undefined && { error: describeError(cause) }) },
      'unavailable',
    )
  } else {
    log.debug({ requestId, code, message, details }, 'refused')
  }
}

// Logged alone, never sent on, and only in the form that other tools give it.
function inbound(request: Request): { readonly inboundRequestId?: string } {
  const id = request.headers.get('request-id') ?? request.headers.get('x-request-id')
  return id !== null && /^[A-Za-z0-9._:-]{1,64}$/u.test(id) ? { inboundRequestId: id } : {}
}

function pathOf(url: string): string {
  const start = url.indexOf('/', url.indexOf('://') + 3)
  if (start < 0) return '/'
  const end = url.slice(start).search(/[?#]/u)
  return end < 0 ? url.slice(start) : url.slice(start, start + end)
}

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'TRACE', 'QUERY']
