// A service with real verifiers, real certificates and a policy written by hand: the OAuth endpoints as a handler.

import { randomBytes } from 'node:crypto'
import { createVerifier, signAuthorizationGrant, signClientAuthentication } from 'ingam'
import { createFixedClock, createTestCa, type FixedClock, type TestCertificate } from 'ingam/testing'
import { createMemorySource, parseCrl, type RevocationSource } from 'ingam/x509'
import type { ServiceConfig } from '../../../packages/server/src/config/contract.ts'
import { compilePolicy } from '../../../packages/server/src/policy/compile.ts'
import type {
  CompiledPolicy,
  PolicyClient,
  PolicyDecision,
  PolicyGrant,
  PolicyRequest,
} from '../../../packages/server/src/policy/contract.ts'
import { putInForce } from '../../../packages/server/src/policy-in-force.ts'
import { toResponse } from '../../../packages/server/src/problem.ts'
import { createOAuthEndpoints } from '../../../packages/server/src/routes/oauth.ts'
import type { PolicyInForce, Service } from '../../../packages/server/src/service.ts'
import { ServiceError } from '../../../packages/server/src/service-error.ts'
import {
  type FakeKeys,
  type FakeMetrics,
  type FakeStores,
  fakeKeys,
  fakeLog,
  fakeMetrics,
  fakeStores,
} from '../support/fakes.ts'

export const ISSUER = 'https://tokens.example'
export const API = 'https://api.example'
export const AT: Date = new Date('2026-11-25T12:00:00.000Z')
export const JWT_BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer'
export const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

/** What a test may choose. */
export interface WorldOptions {
  readonly issuer?: string
  readonly dpopNonce?: 'required' | 'optional'
  readonly tls?: boolean
  /** Overrides of what the one profile gives. */
  readonly grant?: Partial<PolicyGrant>
  readonly decide?: (request: PolicyRequest) => PolicyDecision
  readonly revocation?: CompiledPolicy['revocation']
  readonly sources?: readonly RevocationSource[]
  /** Asks for everybody's standing by a list of the CA that has these revoked. */
  readonly revoked?: readonly ('workload' | 'gateway')[]
  readonly epoch?: number
  /** A policy document instead of the one written by hand; gets the CA's certificate as PEM, indented. */
  readonly document?: (pem: string) => string
}

/** One request to the handler. */
export interface Call {
  readonly path?: string
  readonly method?: string
  readonly form?: Readonly<Record<string, string>> | string
  readonly headers?: Readonly<Record<string, string>>
  /** Leaf first: shown in the handshake. */
  readonly peer?: readonly Uint8Array[]
}

/** What came back. */
export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly body: Readonly<Record<string, unknown>>
}

/** A running service for tests, with two certificates of one anchor that are clients, and workloads. */
export interface World {
  readonly clock: FixedClock
  readonly stores: FakeStores
  readonly keys: FakeKeys
  readonly metrics: FakeMetrics
  readonly service: Service
  readonly ca: TestCertificate
  /** `uri:spiffe://prod.example/deploy`; no registered client. */
  readonly workload: TestCertificate
  /** Client `billing`, private_key_jwt; bears `uri:spiffe://prod.example/billing`. */
  readonly billing: TestCertificate
  /** Client `gateway`, tls_client_auth. */
  readonly gateway: TestCertificate
  /** Client `orders`, a resource server that introspects. */
  readonly orders: TestCertificate
  readonly early: { readonly code: string }[]
  readonly rateKeys: string[]
  /** What the rate limiter throws for, by thumbprint. */
  readonly exhausted: Set<string>
  readonly clients: Map<string, PolicyClient>
  readonly requests: PolicyRequest[]
  readonly fetch: (
    url: string | URL | Request,
    init?: RequestInit,
    peer?: readonly Uint8Array[],
  ) => Promise<Response>
  readonly call: (call: Call) => Promise<Answer>
  /** An assertion for the jwt-bearer grant. */
  readonly grantOf: (holder: TestCertificate, claims?: Record<string, string>) => Promise<string>
  readonly clientAssertionOf: (holder: TestCertificate, clientId: string) => Promise<string>
  /** Form of the jwt-bearer grant. */
  readonly bearer: (holder: TestCertificate, more?: Record<string, string>) => Promise<Record<string, string>>
  /** Form of client authentication by an assertion. */
  readonly authenticated: (
    holder: TestCertificate,
    clientId: string,
    more?: Record<string, string>,
  ) => Promise<Record<string, string>>
  /** A token got by the workload. */
  readonly tokenOf: (holder: TestCertificate, more?: Record<string, string>) => Promise<string>
}

export async function createWorld(options: WorldOptions = {}): Promise<World> {
  const clock = createFixedClock(AT)
  const ca = await createTestCa({ at: AT, name: 'Workload CA' })
  const workload = await ca.issue({ name: 'deploy', uris: ['spiffe://prod.example/deploy'] })
  const billing = await ca.issue({ name: 'billing', uris: ['spiffe://prod.example/billing'] })
  const gateway = await ca.issue({ name: 'gateway', dns: ['gateway.example'] })
  const orders = await ca.issue({ name: 'orders', dns: ['orders.example'] })
  const named = { workload, gateway }
  const crls =
    options.revoked === undefined
      ? []
      : [parseCrl((await ca.crl({ revoked: options.revoked.map((name) => named[name]) })).der)]
  const sources = options.revoked === undefined ? (options.sources ?? []) : [createMemorySource({ crls })]
  const stores = fakeStores({
    clock: clock.now,
    ...(options.epoch !== undefined && { epoch: options.epoch }),
  })
  const keys = fakeKeys()
  const metrics = fakeMetrics()
  const clients = new Map<string, PolicyClient>()
  const register = (
    id: string,
    more: Partial<PolicyClient>,
    match: (uris: readonly string[]) => boolean,
  ): void => {
    clients.set(id, {
      id,
      authentication: 'private_key_jwt',
      legacy: false,
      grants: ['client_credentials', 'jwt-bearer'],
      introspects: false,
      matches: ({ uris, dns }) =>
        match([...uris, ...dns])
          ? undefined
          : { profile: '', rule: `clients.${id}.certificate`, expected: 'its own', found: 'another' },
      ...more,
    })
  }
  register('billing', {}, (names) => names.includes('spiffe://prod.example/billing'))
  register('gateway', { authentication: 'tls_client_auth' }, (names) => names.includes('gateway.example'))
  register('orders', { introspects: true }, (names) => names.includes('orders.example'))
  register('page', { authentication: 'none', grants: ['jwt-bearer'] }, () => false)
  const requests: PolicyRequest[] = []
  const policy: CompiledPolicy = {
    version: 7,
    digest: 'digest',
    // The endpoints never look into the document.
    document: {} as CompiledPolicy['document'],
    trustAnchors: [{ id: 'workloads', certificate: ca.certificate }],
    revocation:
      options.revocation ?? (options.revoked === undefined ? 'off' : { mode: 'require', depth: 'chain' }),
    clients,
    scopes: ['read', 'write'],
    algorithms: ['ES256'],
    decide(request) {
      requests.push(request)
      return options.decide?.(request) ?? usualDecision(request, options.grant)
    },
  }
  const issuer = options.issuer ?? ISSUER
  const verifierOptions = {
    trustAnchors: policy.trustAnchors,
    clock: clock.now,
    oneTimeUse: 'caller',
    revocation: policy.revocation === 'off' ? 'off' : { ...policy.revocation, sources },
  } as const
  const byHand: PolicyInForce = {
    policy,
    grants: createVerifier({ ...verifierOptions, audience: issuer, profile: 'authorization-grant' }),
    clients: createVerifier({ ...verifierOptions, audience: issuer, profile: 'client-authentication' }),
    legacyClients: createVerifier({
      ...verifierOptions,
      audience: [issuer, `${issuer}/token`],
      profile: 'legacy-client-authentication',
      allowMultipleAudiences: true,
    }),
  }
  const inForce =
    options.document === undefined
      ? byHand
      : putInForce(
          compilePolicy({
            version: 7,
            digest: 'digest',
            text: options.document(ca.pem.trimEnd().replaceAll('\n', '\n      ')),
          }),
          { config: configOf(issuer, options), sources, clock: { now: clock.now }, log: fakeLog() },
        )
  const early: { readonly code: string }[] = []
  const rateKeys: string[] = []
  const exhausted = new Set<string>()
  const service: Service = {
    config: configOf(issuer, options),
    stores,
    keys,
    policy: { current: () => inForce, find: () => inForce, reload: async () => await Promise.resolve() },
    clock: { now: clock.now, health: () => ({ state: 'ok' }) },
    revocationSources: sources,
    refusals: {
      early: ({ code }) => void early.push({ code }),
      flush: async () => await Promise.resolve(),
    },
    perCertificate: {
      take(key) {
        rateKeys.push(key)
        if (exhausted.has(key))
          throw new ServiceError('ERR_SERVICE_RATE_LIMITED', 'too many', { retryAfterSeconds: 1 })
      },
    },
    log: fakeLog(),
    metrics,
    random: (length) => randomBytes(length),
  }
  const endpoints = createOAuthEndpoints(service)
  const fetch: World['fetch'] = async (input, init, peer) => {
    const request = new Request(input, init)
    const { pathname } = new URL(request.url)
    const entry = endpoints.find(({ method, path }) => method === request.method && path === pathname)
    if (entry === undefined) return new Response('', { status: 404 })
    const requestId = randomBytes(16).toString('base64url')
    const body = new Uint8Array(await request.clone().arrayBuffer())
    try {
      return await entry.endpoint({
        request,
        path: pathname,
        peer: { address: '192.0.2.1', ...(peer !== undefined && { certificates: peer }) },
        requestId,
        body,
        now: clock.now(),
      })
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error
      return toResponse(error, { kind: entry.kind, requestId })
    }
  }
  const call: World['call'] = async ({ path = '/token', method = 'POST', form, headers = {}, peer }) => {
    const response = await fetch(
      `${issuer}${path}`,
      {
        method,
        ...(form !== undefined && {
          body: typeof form === 'string' ? form : String(new URLSearchParams(form)),
        }),
        headers: {
          ...(form !== undefined && { 'content-type': 'application/x-www-form-urlencoded' }),
          ...headers,
        },
      },
      peer,
    )
    const text = await response.text()
    const body: unknown = text === '' ? {} : JSON.parse(text)
    return { status: response.status, headers: response.headers, body: body as Answer['body'] }
  }
  const grantOf: World['grantOf'] = async (holder, claims) =>
    await signAuthorizationGrant(await holder.credential(), {
      audience: issuer,
      at: clock.now(),
      ...(claims !== undefined && { claims }),
    })
  const clientAssertionOf: World['clientAssertionOf'] = async (holder, clientId) =>
    await signClientAuthentication(await holder.credential(), { audience: issuer, at: clock.now(), clientId })
  const bearer: World['bearer'] = async (holder, more = {}) => ({
    grant_type: JWT_BEARER,
    assertion: await grantOf(holder),
    ...more,
  })
  return {
    clock,
    stores,
    keys,
    metrics,
    service,
    ca,
    workload,
    billing,
    gateway,
    orders,
    early,
    rateKeys,
    exhausted,
    clients,
    requests,
    fetch,
    call,
    grantOf,
    clientAssertionOf,
    bearer,
    authenticated: async (holder, clientId, more = {}) => ({
      client_assertion_type: ASSERTION_TYPE,
      client_assertion: await clientAssertionOf(holder, clientId),
      ...more,
    }),
    async tokenOf(holder, more) {
      const { body } = await call({ form: await bearer(holder, more) })
      if (typeof body['access_token'] !== 'string') throw new Error(`no token: ${JSON.stringify(body)}`)
      return body['access_token']
    },
  }
}

/** One profile: everybody of the anchor gets read and write at the API. */
export function usualDecision(request: PolicyRequest, grant: Partial<PolicyGrant> = {}): PolicyDecision {
  const all = { audience: [API], scope: ['read', 'write'], ...grant }
  const refusal = (code: 'ERR_OAUTH_SCOPE' | 'ERR_OAUTH_TARGET'): PolicyDecision => {
    const miss = { profile: 'deploy', rule: 'profiles.deploy.scope', expected: 'less', found: 'more' }
    return { allowed: false, code, nearest: miss, misses: [miss] }
  }
  if (!request.audience.every((wanted) => all.audience.includes(wanted))) return refusal('ERR_OAUTH_TARGET')
  if (!request.scope.every((wanted) => all.scope.includes(wanted))) return refusal('ERR_OAUTH_SCOPE')
  return {
    allowed: true,
    profile: 'deploy',
    roles: ['deployer'],
    lifetimeSeconds: 300,
    binding: 'none',
    algorithm: 'ES256',
    subject: request.subject,
    ...grant,
    audience: request.audience.length > 0 ? request.audience : all.audience,
    scope: request.scope.length > 0 ? request.scope : all.scope,
  }
}

export function configOf(
  issuer: string,
  { dpopNonce = 'optional', tls = true }: WorldOptions,
): ServiceConfig {
  const rate = { perSecond: 100, burst: 100 }
  return {
    issuer,
    listen: {
      host: '127.0.0.1',
      port: 0,
      behindProxy: false,
      ...(tls && {
        tls: { certificate: '/c.pem', privateKey: { file: '/k.pem' }, clientCertificates: 'request' },
      }),
    },
    state: { folder: '/state', grantRetentionDays: 7 },
    secrets: { keyEncryptionKey: { env: 'KEK' } },
    revocation: { files: [], fetch: 'off', allowHosts: [] },
    tokens: { defaultAlgorithm: 'ES256', rotateDays: 30, overlapHours: 24, challengeSeconds: 120, dpopNonce },
    limits: {
      bodyBytes: 131_072,
      headerBytes: 16_384,
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
    metrics: { path: '/metrics' },
  }
}

/** The payload of a compact JWS, unverified. */
export function payloadOf(token: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8')) as Record<
    string,
    unknown
  >
}
