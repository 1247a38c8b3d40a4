// Server: starts the service and stops it. Parts are opened in the order in which they depend on each other, and closed
// in the opposite one, also where the start fails half-way.

import { randomBytes } from 'node:crypto'
import { readFile as readFileFromDisk } from 'node:fs/promises'
import { isIPv6 } from 'node:net'
import { createHandler } from '../app.ts'
import { createCheckpointer } from '../audit/checkpointer.ts'
import type { AuditType } from '../audit/record.ts'
import { createRefusalLog } from '../audit/refusals.ts'
import { createClockGuard } from '../clock/clock-guard.ts'
import type { ServiceConfig } from '../config/contract.ts'
import type { JsonRecord } from '../json.ts'
import { openKeyRing } from '../keys/key-ring.ts'
import { readSecret } from '../keys/secret.ts'
import { createPolicyHolder } from '../policy-in-force.ts'
import { createAdminEndpoints } from '../routes/admin.ts'
import { createOAuthEndpoints } from '../routes/oauth.ts'
import type { Service } from '../service.ts'
import { openSqliteStores } from '../stores/sqlite-stores.ts'
import { type Listener, listen } from './listener.ts'
import { bufferLines, createLog, type LogStream } from './log.ts'
import { createMetrics } from './metrics.ts'
import { createPooledRandom } from './random.ts'
import { createRateLimiter } from './rate-limiter.ts'
import { seedPolicy } from './seed-policy.ts'
import { openSources } from './sources.ts'
import { atMost, createTimers, guard } from './timers.ts'
import { loadTlsPair } from './tls-pair.ts'
import { watchTlsPair } from './tls-watch.ts'

/** What {@link startService} takes. */
export interface StartServiceOptions {
  readonly config: ServiceConfig
  /** Where secrets lie that the configuration names by variable. */
  readonly env: Readonly<Record<string, string | undefined>>
  /** Where the log goes, a JSON line each; default stderr. */
  readonly logStream?: LogStream
  /** The wall clock; default the system's. It is watched all the same. */
  readonly clock?: () => Date
  /** Milliseconds that never go backward; default the process's. */
  readonly monotonic?: () => number
  readonly readFile?: (path: string) => Promise<Uint8Array>
  readonly random?: (length: number) => Uint8Array
}

/** A service that answers. */
export interface RunningService {
  /** Where it listens, such as `http://127.0.0.1:8780`; not the issuer. */
  readonly url: string
  readonly address: { readonly host: string; readonly port: number }
  /** Reads the certificate of the listener and the keys again now; what is wrong with them is logged. */
  readonly reload: () => Promise<void>
  /**
   * Takes no more requests, lets those under way end within `limits.drainSeconds`, writes the end into the audit log with
   * a checkpoint, and closes the store. A second call waits for the first.
   */
  readonly stop: () => Promise<void>
}

// LIMIT: the longest lifetime that a policy can give.
const MAX_TOKEN_SECONDS = 86_400
// LIMIT: certificates under one policy that are active at the same time; 100 bytes each.
const MAX_CERTIFICATES = 100_000
// LIMIT: twice as long as a disk may say nothing before it counts as failing; one that hangs must not hold up the end.
const LAST_WORDS_MILLISECONDS = 10_000
const CLOCK_SECONDS = 2
const TLS_SECONDS = 5
const MINUTE = 60

/**
 * The service, listening. What is wrong with the configuration, the store, the secrets or the port refuses the start; what
 * heals by itself (keys that cannot be opened, a clock that was stepped, a policy that is missing) does not: it is said by
 * /readyz, and nothing is issued meanwhile.
 *
 * @throws {ServiceError} ERR_CONFIG_*, ERR_POLICY_* (initialPolicy), ERR_SERVICE_STORE*
 * @throws {PkiError} where a file of `revocation.files` cannot be used
 * @throws the system's error where the address cannot be listened on; its `code` is EADDRINUSE, EACCES or EADDRNOTAVAIL
 */
export async function startService(options: StartServiceOptions): Promise<RunningService> {
  const closers: (() => Promise<void> | void)[] = []
  const close = async (): Promise<void> => {
    for (const closer of closers.splice(0).reverse()) await closer()
  }
  try {
    return await start(options, closers, close)
  } catch (error) {
    await close()
    throw error
  }
}

async function start(
  options: StartServiceOptions,
  closers: (() => Promise<void> | void)[],
  close: () => Promise<void>,
): Promise<RunningService> {
  const {
    config,
    env,
    logStream = process.stderr,
    clock: wall = () => new Date(),
    monotonic = () => performance.now(),
    readFile = readFileFromDisk,
    random = randomBytes,
  } = options
  const { tls } = config.listen
  const lines = bufferLines(logStream)
  closers.push(lines.flush)
  const log = createLog(config.log, lines, wall)
  const metrics = createMetrics()
  closers.push(metrics.close)
  const inputs = { env, readFile }
  const pair = tls === undefined ? undefined : await loadTlsPair(tls, { ...inputs, now: wall() })
  const readKeyEncryptionKey = async (): Promise<Uint8Array> =>
    await readSecret(config.secrets.keyEncryptionKey, env, { name: 'secrets.keyEncryptionKey', bytes: 32 })
  // Later it may be gone for a while; whoever starts without it has made a mistake.
  const once = await readKeyEncryptionKey()
  once.fill(0)

  const stores = await openSqliteStores({
    folder: config.state.folder,
    clock: wall,
    maxQueue: config.limits.storeQueue,
    grantRetentionDays: config.state.grantRetentionDays,
    log,
  })
  closers.push(stores.close)
  const clock = createClockGuard({
    wall: () => wall().getTime(),
    monotonic,
    mark: stores.clockMark,
    moveMark: stores.moveClock,
    log,
  })
  await clock.tick()
  const { sources, close: closeSources } = await openSources(config.revocation, wall)
  closers.push(closeSources)

  if (config.initialPolicy !== undefined) {
    await seedPolicy({ stores, file: config.initialPolicy, readFile, now: wall() })
  }
  let keys: Service['keys'] | undefined
  const policy = createPolicyHolder({
    policies: stores.policies,
    config,
    sources,
    clock,
    log,
    // A policy may want an algorithm for which there is no key yet.
    onChange: async () => await keys?.refresh(),
  })
  await guard(log, 'policy', policy.reload)
  keys = await openKeyRing({
    stores,
    readKeyEncryptionKey,
    config: config.tokens,
    clock: clock.now,
    log,
    random,
    maxTokenLifetimeSeconds: MAX_TOKEN_SECONDS,
    algorithms: () => policy.find()?.policy.algorithms ?? [],
  })
  const refusals = createRefusalLog({
    stores,
    clock: wall,
    log,
    perMinute: config.audit.sampledRefusalsPerMinute,
  })
  const checkpointer = createCheckpointer({ stores, keys, clock: wall, log })
  const service: Service = Object.freeze<Service>({
    config,
    stores,
    keys,
    policy,
    clock,
    revocationSources: sources,
    refusals,
    perCertificate: createRateLimiter({ rate: config.limits.ratePerCertificate, maxKeys: MAX_CERTIFICATES }),
    log,
    metrics,
    random: createPooledRandom(random),
  })

  let isDraining = false
  let inFlight = (): number => 0
  const handler = createHandler(
    service,
    [...createOAuthEndpoints(service), ...(createAdminEndpoints(service) ?? [])],
    {
      isDraining: () => isDraining,
      metrics,
      monotonic,
      wall,
      onGate: (gate) => {
        inFlight = gate.inside
      },
    },
  )
  const write = async (type: AuditType, details: JsonRecord): Promise<void> => {
    await stores.commit({ audit: [{ type, at: wall().getTime(), actor: 'service', details }] })
  }
  await write('service.started', { issuer: config.issuer, policyVersion: policy.find()?.policy.version ?? 0 })
  const listener = await listen({ config, handler, pair }).catch(async (error: unknown) => {
    await guard(log, 'audit', async () => await write('service.stopped', { reason: 'cannot listen' }))
    throw error
  })
  const watch =
    tls === undefined || pair === undefined
      ? undefined
      : watchTlsPair({ tls, pair, listener, inputs, wall, log, metrics })
  metrics.watch({
    store: stores.health,
    policyVersion: () => policy.find()?.policy.version ?? 0,
    inFlight: () => inFlight(),
    connections: listener.connections,
    tlsNotAfter: () => watch?.notAfter(),
  })

  const timers = createTimers(log)
  timers.every(CLOCK_SECONDS, 'clock', clock.tick)
  timers.every(MINUTE, 'keys', service.keys.refresh)
  timers.every(MINUTE, 'policy', policy.reload)
  timers.every(MINUTE, 'refusals', refusals.flush)
  timers.every(config.audit.checkpointSeconds, 'checkpoint', checkpointer.tick)
  timers.every(MINUTE, 'prune', async () => {
    const before = clock.pruneBefore()
    // What has expired by a clock in doubt may not have.
    if (before !== undefined) await stores.prune(before)
  })
  if (watch !== undefined) timers.every(TLS_SECONDS, 'tls', watch.look)

  const writeEnd = async (): Promise<void> => {
    await timers.stop()
    await guard(log, 'refusals', refusals.flush)
    await guard(log, 'audit', async () => await write('service.stopped', { issuer: config.issuer }))
    await guard(log, 'checkpoint', checkpointer.tick)
  }
  let stopping: Promise<void> | undefined
  const stop = async (): Promise<void> => {
    isDraining = true
    log.info({ drainSeconds: config.limits.drainSeconds }, 'stopping')
    await listener.drain(config.limits.drainSeconds * 1000)
    await atMost(LAST_WORDS_MILLISECONDS, writeEnd())
    log.info({}, 'stopped')
    await close()
  }
  const { url, host, port } = whereIs(listener, tls !== undefined)
  log.info({ url, issuer: config.issuer }, 'listening')
  return Object.freeze<RunningService>({
    url,
    address: { host, port },
    async reload() {
      await guard(log, 'keys', service.keys.refresh)
      if (watch !== undefined) await guard(log, 'tls', watch.reload)
    },
    async stop() {
      stopping ??= stop()
      await stopping
    },
  })
}

function whereIs(
  { address: { address, port } }: Listener,
  isSecure: boolean,
): { readonly url: string; readonly host: string; readonly port: number } {
  const host = isIPv6(address) ? `[${address}]` : address
  return { url: `${isSecure ? 'https' : 'http'}://${host}:${port}`, host: address, port }
}
