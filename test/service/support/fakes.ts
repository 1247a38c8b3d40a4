// A store in memory that keeps every rule of the contract, and keys without a store: for tests of what lies above.

import { createHash, createHmac, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'
import { emptyHash, sealRecord } from '../../../packages/server/src/audit/chain.ts'
import type { AuditEvent, AuditRecord } from '../../../packages/server/src/audit/record.ts'
import type { ServiceConfig } from '../../../packages/server/src/config/contract.ts'
import type { JsonRecord } from '../../../packages/server/src/json.ts'
import type { KeyRing } from '../../../packages/server/src/keys/contract.ts'
import type { Log, Metrics, Service } from '../../../packages/server/src/service.ts'
import { ServiceError } from '../../../packages/server/src/service-error.ts'
import { blockName, isBlocked } from '../../../packages/server/src/stores/blocks.ts'
import type {
  Block,
  CommitOutcome,
  GrantRecord,
  GrantSelector,
  Page,
  PolicyVersion,
  StoredGrant,
  StoredKey,
  Stores,
  UnitOfWork,
} from '../../../packages/server/src/stores/contract.ts'

/** What {@link fakeStores} takes. */
export interface FakeStoresOptions {
  /** Seconds since 1970 UTC; what was issued before it is undecided. Default 0. */
  readonly epoch?: number
  /** The clock by which grants count as expired; default the system's. */
  readonly clock?: () => Date
}

/** A fake store, and the handles by which a test makes it fail and looks inside. */
export interface FakeStores extends Stores {
  /** All audit records, oldest first. */
  readonly records: readonly AuditRecord[]
  /** While set, each commit and probe fails with it. */
  failWith: ServiceError | undefined
  /** Resolved before each commit; replace it to hold commits back. */
  beforeCommit: () => Promise<void>
  readonly isClosed: () => boolean
}

/** A store in memory: correct, not durable. */
export function fakeStores(options: FakeStoresOptions = {}): FakeStores {
  const { epoch = 0, clock = () => new Date() } = options
  const uses = new Map<string, number>()
  const grants: StoredGrant[] = []
  const blocks = new Map<string, Block>()
  const policies: PolicyVersion[] = []
  const keys = new Map<string, StoredKey>()
  const records: AuditRecord[] = []
  const checkpoints: string[] = []
  const run = randomBytes(16).toString('base64url')
  let mark = 0
  let commits = 0
  let isClosed = false

  const seconds = (): number => clock().getTime() / 1000
  const write = (events: readonly AuditEvent[] = []): void => {
    for (const event of events) {
      const last = records.at(-1)
      const place = {
        position: (last?.position ?? 0) + 1,
        run,
        sequence: (last?.sequence ?? 0) + 1,
        previous: last?.hash ?? emptyHash,
      }
      records.push(sealRecord(event, place))
    }
  }
  const judge = (unit: UnitOfWork): Exclude<CommitOutcome, { outcome: 'committed' }> | undefined => {
    const seen = new Set<string>()
    for (const [index, use] of (unit.uses ?? []).entries()) {
      const key = Buffer.from(use.key).toString('hex')
      if (uses.has(key) || seen.has(key)) return { outcome: 'used', index }
      if (use.issuedAt < epoch) return { outcome: 'before-epoch', index, epoch }
      seen.add(key)
    }
    const { grant, policy } = unit
    if (grant !== undefined && [...blocks.values()].some(({ selector }) => isCovered(selector, grant)))
      return { outcome: 'blocked' }
    const version = policies.at(-1)?.version ?? 0
    return policy !== undefined && policy.expected !== version ? { outcome: 'conflict', version } : undefined
  }
  const apply = (unit: UnitOfWork): CommitOutcome => {
    const refusal = judge(unit)
    if (refusal !== undefined) {
      write(unit.auditOtherwise)
      return refusal
    }
    for (const use of unit.uses ?? []) uses.set(Buffer.from(use.key).toString('hex'), use.keepUntil)
    if (unit.grant !== undefined) grants.push(unit.grant)
    let ended = 0
    for (const [index, grant] of grants.entries()) {
      const { end } = unit
      const endAt = Math.floor(unit.endAt ?? seconds())
      if (end === undefined || grant === unit.grant || !isSelected(end, grant) || !isActive(grant, endAt))
        continue
      grants[index] = { ...grant, endedAt: endAt, endedBy: unit.audit[0]?.requestId ?? '' }
      ended += 1
    }
    if (unit.block !== undefined) blocks.set(JSON.stringify(unit.block.selector), unit.block)
    if (unit.unblock !== undefined) blocks.delete(JSON.stringify(unit.unblock))
    const version = unit.policy === undefined ? undefined : unit.policy.expected + 1
    if (unit.policy !== undefined && version !== undefined) policies.push({ ...unit.policy.next, version })
    for (const key of unit.keys ?? [])
      keys.set(key.kid, { ...key, sealed: keys.get(key.kid)?.sealed ?? key.sealed })
    write(unit.audit)
    return { outcome: 'committed', ended, ...(version !== undefined && { version }) }
  }

  const stores: FakeStores = {
    records,
    failWith: undefined,
    beforeCommit: async () => await Promise.resolve(),
    isClosed: () => isClosed,
    grants: {
      find: async (id) => await Promise.resolve(grants.find((grant) => grant.id === id)),
      async list(selector, { limit, before, active, now }) {
        const found = grants
          .filter((grant) => selector === undefined || isSelected(selector, grant))
          .filter((grant) => active !== true || isActive(grant, now))
        return await Promise.resolve(page(found, limit, before))
      },
      blocks: async () => await Promise.resolve([...blocks.values()]),
    },
    policies: {
      current: async () => await Promise.resolve(policies.at(-1)),
      find: async (version) => await Promise.resolve(policies[version - 1]),
      list: async ({ limit, before }) => await Promise.resolve(page(policies, limit, before)),
    },
    keys: {
      list: async () => await Promise.resolve([...keys.values()]),
      async prune(now) {
        const passed = [...keys.values()].filter(({ publishedUntil }) => publishedUntil < now)
        for (const { kid } of passed) keys.delete(kid)
        return await Promise.resolve(passed.length)
      },
    },
    audit: {
      async tail({ limit, before, types, requestId, thumbprint }) {
        const found = records
          .filter((record) => types === undefined || types.includes(record.type))
          .filter((record) => requestId === undefined || record.requestId === requestId)
          .filter((record) => thumbprint === undefined || record.thumbprint === thumbprint)
        return await Promise.resolve(page(found, limit, before))
      },
      read: async ({ after, limit }) =>
        await Promise.resolve(records.filter(({ position }) => position > after).slice(0, limit)),
      async head() {
        const last = records.at(-1)
        if (last === undefined) return await Promise.resolve(undefined)
        const { position, sequence, hash } = last
        return { run, position, sequence, hash }
      },
      async addCheckpoint(signed) {
        checkpoints.push(signed)
        await Promise.resolve()
      },
      checkpoints: async () => await Promise.resolve([...checkpoints]),
    },
    async commit(unit) {
      await stores.beforeCommit()
      if (stores.failWith !== undefined) throw stores.failWith
      if (isClosed) throw new ServiceError('ERR_SERVICE_STORE', 'the store is closed')
      commits += 1
      return apply(unit)
    },
    clockMark: async () => await Promise.resolve(mark),
    async moveClock(now) {
      mark = Math.max(mark, now)
      await Promise.resolve()
    },
    async prune(now) {
      for (const [key, keepUntil] of uses) if (keepUntil < now) uses.delete(key)
      await Promise.resolve()
    },
    health() {
      const { failWith } = stores
      const counted = { queued: 0, commits, units: commits }
      if (failWith === undefined) return { state: 'ok', ...counted }
      const code = failWith.code === 'ERR_SERVICE_STORE_FULL' ? failWith.code : 'ERR_SERVICE_STORE'
      return { state: 'failing', code, message: failWith.message, ...counted }
    },
    async probe() {
      await Promise.resolve()
      if (stores.failWith !== undefined) throw stores.failWith
    },
    backup: async () => await Promise.reject(new ServiceError('ERR_SERVICE_STORE', 'nothing to copy')),
    async close() {
      isClosed = true
      await Promise.resolve()
    },
  }
  return stores
}

function isSelected(selector: GrantSelector, grant: GrantRecord): boolean {
  return selector.kind === 'grant' ? grant.id === selector.id : isCovered(selector, grant)
}

function isCovered(selector: Block['selector'], grant: GrantRecord): boolean {
  return isBlocked(new Set([blockName(selector)]), grant)
}

function isActive({ endedAt, expiresAt }: StoredGrant, now: number): boolean {
  return endedAt === undefined && expiresAt > now
}

// Cursors are counts from the oldest on, as text.
function page<T>(oldestFirst: readonly T[], limit: number, before: string | undefined): Page<T> {
  const end = before === undefined ? oldestFirst.length : Number(before)
  const start = Math.max(0, end - limit)
  const items = oldestFirst.slice(start, end).reverse()
  return start > 0 ? { items, next: String(start) } : { items }
}

/** Fake keys, and the handle by which a test makes them fail. */
export interface FakeKeys extends KeyRing {
  /** While set, nothing is signed. */
  failing: boolean
}

/** Keys in memory: one for each use and algorithm, never rotated by themselves. */
export function fakeKeys(): FakeKeys {
  let es256 = pair('ES256')
  let rs256: Pair | undefined
  const audit = pair('ES256')
  let challenge = { kid: randomBytes(8).toString('base64url'), secret: randomBytes(32) }
  const challenges = new Map([[challenge.kid, challenge.secret]])
  const published: Pair[] = [es256]
  const check = (): void => {
    if (keys.failing) throw new ServiceError('ERR_SERVICE_KEYS', 'the keys are made to fail')
  }
  const keys: FakeKeys = {
    failing: false,
    signAccessToken(algorithm, payload) {
      check()
      if (algorithm === 'ES256') return jws(es256, 'at+jwt', payload)
      if (rs256 === undefined) published.push((rs256 = pair('RS256')))
      return jws(rs256, 'at+jwt', payload)
    },
    signCheckpoint(payload) {
      check()
      return jws(audit, 'ingam-audit-checkpoint+jwt', payload)
    },
    jwks: (use) => ({ keys: (use === 'audit' ? [audit] : published).map(({ jwk }) => jwk) }),
    mac(data) {
      check()
      return { kid: challenge.kid, tag: createHmac('sha256', challenge.secret).update(data).digest() }
    },
    verifyMac(kid, data, tag) {
      const secret = challenges.get(kid)
      if (secret === undefined) return false
      return createHmac('sha256', secret).update(data).digest().equals(tag)
    },
    health: () =>
      keys.failing ? { state: 'failing', message: 'the keys are made to fail' } : { state: 'ok' },
    refresh: async () => await Promise.resolve(),
    async rotate({ use, immediately }) {
      if (use === 'challenge') {
        if (immediately) challenges.clear()
        challenge = { kid: randomBytes(8).toString('base64url'), secret: randomBytes(32) }
        challenges.set(challenge.kid, challenge.secret)
        return await Promise.resolve({ kid: challenge.kid })
      }
      es256 = pair('ES256')
      if (immediately) published.length = 0
      published.push(es256)
      return { kid: es256.kid }
    },
    describe: () =>
      published.map(({ kid, algorithm }) => ({
        kid,
        use: 'access-token',
        algorithm,
        state: 'active',
        activeFrom: '2026-01-01T00:00:00Z',
        activeUntil: '2026-04-01T00:00:00Z',
        publishedUntil: '2026-04-02T00:00:00Z',
      })),
  }
  return keys
}

interface Pair {
  readonly kid: string
  readonly algorithm: 'ES256' | 'RS256'
  readonly privateKey: KeyObject
  readonly jwk: JsonRecord
}

function pair(algorithm: 'ES256' | 'RS256'): Pair {
  const { privateKey, publicKey } =
    algorithm === 'ES256'
      ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
      : generateKeyPairSync('rsa', { modulusLength: 2048 })
  const { kty = '', crv, x, y, n, e } = publicKey.export({ format: 'jwk' })
  const members = kty === 'EC' ? { crv, kty, x, y } : { e, kty, n }
  // RFC 7638: the required members in this very order.
  const kid = createHash('sha256').update(JSON.stringify(members)).digest('base64url')
  const jwk: Record<string, string> = { kid, use: 'sig', alg: algorithm }
  for (const [name, value] of Object.entries(members)) if (value !== undefined) jwk[name] = value
  return { kid, algorithm, privateKey, jwk }
}

function jws({ kid, algorithm, privateKey }: Pair, typ: string, payload: string): string {
  const part = (text: string): string => Buffer.from(text).toString('base64url')
  const input = `${part(JSON.stringify({ typ, alg: algorithm, kid }))}.${part(payload)}`
  const signature = sign('sha256', Buffer.from(input), { key: privateKey, dsaEncoding: 'ieee-p1363' })
  return `${input}.${signature.toString('base64url')}`
}

/** What was logged. */
export interface FakeLog extends Log {
  readonly lines: { readonly level: string; readonly fields: object; readonly message: string }[]
}

/** A log that keeps its lines. */
export function fakeLog(): FakeLog {
  const lines: FakeLog['lines'] = []
  const at = (level: string) => (fields: object, message: string) =>
    void lines.push({ level, fields, message })
  return { lines, debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}

/** What was counted. */
export interface FakeMetrics extends Metrics {
  readonly counts: Map<string, number>
}

/** Counts by name and first label, such as `shed overloaded`. */
export function fakeMetrics(): FakeMetrics {
  const counts = new Map<string, number>()
  const count = (name: string): void => void counts.set(name, (counts.get(name) ?? 0) + 1)
  return {
    counts,
    request: (endpoint, status) => count(`request ${endpoint} ${status}`),
    issued: (profile) => count(`issued ${profile}`),
    refused: (code) => count(`refused ${code}`),
    shed: (reason) => count(`shed ${reason}`),
  }
}

/** A configuration with all defaults, for an issuer on loopback. */
export function fakeConfig(changes: Partial<ServiceConfig> = {}): ServiceConfig {
  return {
    issuer: 'https://id.example',
    listen: { host: '127.0.0.1', port: 0, behindProxy: false },
    state: { folder: '/nowhere', grantRetentionDays: 30 },
    secrets: { keyEncryptionKey: { env: 'KEK' } },
    revocation: { files: [], fetch: 'off', allowHosts: [] },
    tokens: {
      defaultAlgorithm: 'ES256',
      rotateDays: 30,
      overlapHours: 24,
      challengeSeconds: 60,
      dpopNonce: 'required',
    },
    limits: {
      bodyBytes: 65_536,
      headerBytes: 32_768,
      requestSeconds: 10,
      concurrency: 64,
      connections: 2_000,
      storeQueue: 1_024,
      ratePerAddress: { perSecond: 1_000, burst: 1_000 },
      ratePerCertificate: { perSecond: 1_000, burst: 1_000 },
      drainSeconds: 1,
    },
    audit: { checkpointSeconds: 300, sampledRefusalsPerMinute: 10 },
    log: { level: 'info' },
    metrics: { path: '/metrics' },
    ...changes,
  }
}

/** A service of fakes, each of which a test can replace; no policy is in force unless it is given. */
export function fakeService(changes: Partial<Service> = {}): Service & {
  readonly early: { readonly code: string; readonly requestId: string; readonly address: string }[]
} {
  const early: { readonly code: string; readonly requestId: string; readonly address: string }[] = []
  return {
    config: fakeConfig(),
    stores: fakeStores(),
    keys: fakeKeys(),
    policy: {
      current() {
        throw new ServiceError('ERR_SERVICE_NO_POLICY', 'no policy was given')
      },
      find: () => undefined,
      reload: async () => await Promise.resolve(),
    },
    clock: { now: () => new Date(), health: () => ({ state: 'ok' }) },
    revocationSources: [],
    refusals: { early: (event) => void early.push(event), flush: async () => await Promise.resolve() },
    perCertificate: { take: () => undefined },
    log: fakeLog(),
    metrics: fakeMetrics(),
    random: (length) => randomBytes(length),
    ...changes,
    early,
  }
}
