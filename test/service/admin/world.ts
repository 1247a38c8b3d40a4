// A service with administrators, in memory: two CAs that must not be taken for each other, a clock that stands, and every
// endpoint of /admin behind a dispatcher that does no more than the app must.

import { type Credential, createVerifier, type RequestBinding, signToken } from 'ingam'
import {
  createFixedClock,
  createTestCa,
  type FixedClock,
  type TestCa,
  type TestCertificate,
} from 'ingam/testing'
import { type AdminClient, createAdminClient } from '../../../packages/server/src/admin-client.ts'
import type { Administrator, ServiceConfig } from '../../../packages/server/src/config/contract.ts'
import { compilePolicy, policyDigest } from '../../../packages/server/src/policy/compile.ts'
import { toResponse } from '../../../packages/server/src/problem.ts'
import type { RouteEntry } from '../../../packages/server/src/routes/entry.ts'
import type { PolicyInForce, Service } from '../../../packages/server/src/service.ts'
import { ServiceError } from '../../../packages/server/src/service-error.ts'
import {
  type FakeKeys,
  type FakeLog,
  type FakeStores,
  fakeKeys,
  fakeLog,
  fakeMetrics,
  fakeStores,
} from '../support/fakes.ts'

export const ISSUER = 'https://tokens.example'
export const START: Date = new Date('2026-03-01T12:00:00Z')
const OPERATOR = 'spiffe://admin.example/operator'
const AUDITOR = 'spiffe://admin.example/auditor'

/** What a test may set. */
export interface WorldOptions {
  readonly issuer?: string
  readonly administrators?: readonly Administrator[]
  readonly revocation?: 'off' | 'prefer' | 'require'
  readonly revocationSources?: Service['revocationSources']
  /** Seconds since 1970 UTC. */
  readonly epoch?: number
  readonly withoutAdmin?: boolean
}

export interface World {
  readonly service: Service
  readonly stores: FakeStores
  readonly keys: FakeKeys
  readonly log: FakeLog
  readonly clock: FixedClock
  readonly adminCa: TestCa
  readonly workloadCa: TestCa
  readonly operator: TestCertificate
  readonly auditor: TestCertificate
  readonly operatorCredential: Credential
  readonly auditorCredential: Credential
  /** Codes of what was refused before a signature verified. */
  readonly early: string[]
  /** What the rate limiter was asked for; put an error in `limit` to make it refuse. */
  readonly rates: { readonly keys: string[]; limit?: ServiceError }
  /** Set to make the clock fail. */
  readonly faults: { clock?: ServiceError | undefined; reload?: Error }
}

const cas = Promise.all([
  createTestCa({ at: START, name: 'Administrators' }),
  createTestCa({ at: START, name: 'Workloads' }),
])
const people = cas.then(
  async ([adminCa]) =>
    await Promise.all([
      adminCa.issue({ name: 'operator', uris: [OPERATOR] }),
      adminCa.issue({ name: 'auditor', uris: [AUDITOR] }),
    ]),
)

/** The administrators of a world, unless a test says others. */
export const ADMINISTRATORS: readonly Administrator[] = [
  { name: 'Olga', role: 'operator', certificate: { san_uri: OPERATOR } },
  { name: 'Aud', role: 'auditor', certificate: { san_uri: AUDITOR } },
]

export async function createWorld(options: WorldOptions = {}): Promise<World> {
  const [adminCa, workloadCa] = await cas
  const [operator, auditor] = await people
  const clock = createFixedClock(START)
  const stores = fakeStores({
    clock: clock.now,
    ...(options.epoch !== undefined && { epoch: options.epoch }),
  })
  const keys = fakeKeys()
  const log = fakeLog()
  const early: string[] = []
  const rates: World['rates'] = { keys: [] }
  const faults: World['faults'] = {}
  let inForce: PolicyInForce | undefined
  const config = configOf(adminCa, options)
  const service: Service = {
    config,
    stores,
    keys,
    log,
    metrics: fakeMetrics(),
    random: (length) => crypto.getRandomValues(new Uint8Array(length)),
    revocationSources: options.revocationSources ?? [],
    clock: {
      now() {
        if (faults.clock !== undefined) throw faults.clock
        return clock.now()
      },
      health: () => ({ state: 'ok' }),
    },
    refusals: { early: ({ code }) => void early.push(code), flush: async () => await Promise.resolve() },
    perCertificate: {
      take(key) {
        rates.keys.push(key)
        if (rates.limit !== undefined) throw rates.limit
      },
    },
    policy: {
      current() {
        if (inForce === undefined) throw new ServiceError('ERR_SERVICE_NO_POLICY', 'none')
        return inForce
      },
      find: () => inForce,
      async reload() {
        if (faults.reload !== undefined) throw faults.reload
        const newest = await stores.policies.current()
        if (newest !== undefined) inForce = putInForce(config.issuer, newest, clock)
      },
    },
  }
  const [operatorCredential, auditorCredential] = await Promise.all([
    operator.credential(),
    auditor.credential(),
  ])
  return {
    service,
    stores,
    keys,
    log,
    clock,
    adminCa,
    workloadCa,
    operator,
    auditor,
    operatorCredential,
    auditorCredential,
    early,
    rates,
    faults,
  }
}

function putInForce(
  issuer: string,
  version: { version: number; text: string },
  clock: FixedClock,
): PolicyInForce {
  const { text } = version
  const policy = compilePolicy({ version: version.version, digest: policyDigest(text), text })
  const common = {
    trustAnchors: policy.trustAnchors,
    audience: issuer,
    revocation: 'off',
    oneTimeUse: 'caller',
    clock: clock.now,
  } as const
  return {
    policy,
    grants: createVerifier({ ...common, profile: 'authorization-grant' }),
    clients: createVerifier({ ...common, profile: 'client-authentication' }),
    legacyClients: undefined,
  }
}

function configOf(adminCa: TestCa, options: WorldOptions): ServiceConfig {
  const rate = { perSecond: 100, burst: 100 }
  return {
    issuer: options.issuer ?? ISSUER,
    listen: { host: '127.0.0.1', port: 0, behindProxy: false },
    state: { folder: '/nowhere', grantRetentionDays: 30 },
    secrets: { keyEncryptionKey: { env: 'NONE' } },
    revocation: { files: [], fetch: 'off', allowHosts: [] },
    ...(options.withoutAdmin !== true && {
      admin: {
        trustAnchors: [{ certificate: adminCa.certificate, id: 'administrators' }],
        administrators: options.administrators ?? ADMINISTRATORS,
        revocation: options.revocation ?? 'off',
      },
    }),
    tokens: {
      defaultAlgorithm: 'ES256',
      rotateDays: 30,
      overlapHours: 24,
      challengeSeconds: 60,
      dpopNonce: 'optional',
    },
    limits: {
      bodyBytes: 1_048_576,
      headerBytes: 65_536,
      requestSeconds: 10,
      concurrency: 64,
      connections: 1_000,
      storeQueue: 1_000,
      ratePerAddress: rate,
      ratePerCertificate: rate,
      drainSeconds: 5,
    },
    audit: { checkpointSeconds: 60, sampledRefusalsPerMinute: 10 },
    log: { level: 'silent' },
    metrics: { path: 'off' },
  }
}

/** A request as a test writes it. */
export interface Asked {
  readonly method?: string
  /** Path and query. */
  readonly target: string
  readonly content?: string | Uint8Array
  readonly headers?: Readonly<Record<string, string>>
}

/** Whose token a request carries, and what it says where that differs from the request. */
export interface Signed {
  readonly by: Credential
  readonly at?: Date
  readonly audience?: string
  readonly lifetimeSeconds?: number
  readonly jti?: string
  /** What it is bound to; default the request, null nothing. */
  readonly boundTo?: Partial<RequestBinding> | null
}

const encoder = new TextEncoder()

/** The bytes of a content. */
export function contentOf({ content = '' }: Asked): Uint8Array<ArrayBuffer> {
  return typeof content === 'string' ? encoder.encode(content) : Uint8Array.from(content)
}

/** Signs the token for a request. */
export async function tokenFor(world: World, asked: Asked, signed: Signed): Promise<string> {
  const { issuer } = world.service.config
  const bound = { method: asked.method ?? 'GET', targetUri: new URL(issuer).origin + asked.target }
  return await signToken(signed.by, {
    audience: signed.audience ?? `${issuer}/admin`,
    at: signed.at ?? world.clock.now(),
    lifetimeSeconds: signed.lifetimeSeconds ?? 60,
    ...(signed.jti !== undefined && { jti: signed.jti }),
    ...(signed.boundTo !== null && { request: { ...bound, content: contentOf(asked), ...signed.boundTo } }),
  })
}

let requests = 0

/** Sends a request to the endpoints, as an app that knows nothing but their paths. */
export async function dispatch(
  endpoints: readonly RouteEntry[],
  asked: Asked,
  authorization: string | undefined,
): Promise<Response> {
  const method = asked.method ?? 'GET'
  const body = contentOf(asked)
  // Where it was sent to is what the server was told by others: another host than the issuer's, on purpose.
  const headers = new Headers({ Host: 'attacker.example' })
  if (authorization !== undefined) headers.set('Authorization', authorization)
  if (body.length > 0) headers.set('Content-Type', 'application/json')
  for (const [name, value] of Object.entries(asked.headers ?? {})) headers.set(name, value)
  const request = new Request(`http://elsewhere.test:8080${asked.target}`, {
    method,
    headers,
    ...(body.length > 0 && method !== 'GET' && { body }),
  })
  const { pathname: path } = new URL(request.url)
  const found = endpoints.find((entry) => entry.method === method && matches(entry.path, path))
  const requestId = `request-${++requests}`
  if (found === undefined) return new Response(null, { status: 404 })
  const exchange = { request, path, peer: { address: '192.0.2.1' }, requestId, body, now: START }
  try {
    return await found.endpoint(exchange)
  } catch (error) {
    return toResponse(error, { kind: found.kind, requestId })
  }
}

function matches(template: string, path: string): boolean {
  const names = template.split('/')
  const segments = path.split('/')
  return (
    names.length === segments.length &&
    names.every((name, index) => name.startsWith('{') || name === segments[index])
  )
}

/** A client of these endpoints, and what was answered last, as it was sent. */
export interface ObservedClient {
  readonly client: AdminClient
  readonly last: () => { readonly status: number; readonly headers: Headers; readonly text: string }
}

/** The typed client over {@link dispatch}; `change` may tamper with a request on its way. */
export function clientOf(
  world: World,
  endpoints: readonly RouteEntry[],
  credential: Credential,
  change: (asked: Asked) => Asked = (asked) => asked,
): ObservedClient {
  let last = { status: 0, headers: new Headers(), text: '' }
  const client = createAdminClient({
    issuer: world.service.config.issuer,
    credential,
    now: world.clock.now,
    async fetch(input, init) {
      const { href, origin } = new URL(String(input))
      const headers = new Headers(init?.headers)
      const authorization = headers.get('Authorization') ?? undefined
      headers.delete('Authorization')
      const asked = change({
        method: init?.method ?? 'GET',
        target: href.slice(origin.length),
        headers: Object.fromEntries(headers),
        ...(init?.body instanceof Uint8Array && { content: init.body }),
      })
      const response = await dispatch(endpoints, asked, authorization)
      last = { status: response.status, headers: response.headers, text: await response.clone().text() }
      return response
    },
  })
  return { client, last: () => last }
}

/** A policy that gives workloads of these CAs a token. */
export function policyText(world: World, changes: { readonly scope?: string } = {}): string {
  const pem = world.workloadCa.pem.trimEnd().replaceAll('\n', '\n      ')
  return `version: 1
revocation: off
trustAnchors:
  workloads:
    certificate: |
      ${pem}
    names: any
clients:
  billing:
    authentication: private_key_jwt
    trustAnchor: workloads
    certificate: { san_uri: 'spiffe://prod.example/billing' }
    grants: [client_credentials]
profiles:
  deploy:
    match: { trustAnchor: workloads, uri: 'spiffe://prod.example/*' }
    audience: [https://api.example]
    scope: [${changes.scope ?? 'read, write'}]
    lifetime: 5m
    binding: none
`
}
