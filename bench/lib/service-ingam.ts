// The token service with its parts at hand: as packages/server puts them together, but for the timers, which have nothing
// to do in the minutes of a measure. A store that drops what is audited stands in for a service that audits nothing.

import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { createHandler, type Handler } from '../../packages/server/dist/app.js'
import { createRefusalLog } from '../../packages/server/dist/audit/refusals.js'
import { createClockGuard } from '../../packages/server/dist/clock/clock-guard.js'
import { loadConfig } from '../../packages/server/dist/config/load.js'
import { listen } from '../../packages/server/dist/host/listener.js'
import { createLog } from '../../packages/server/dist/host/log.js'
import { createMetrics } from '../../packages/server/dist/host/metrics.js'
import { createPooledRandom } from '../../packages/server/dist/host/random.js'
import { createRateLimiter } from '../../packages/server/dist/host/rate-limiter.js'
import { seedPolicy } from '../../packages/server/dist/host/seed-policy.js'
import { startService } from '../../packages/server/dist/host/start.js'
import { openKeyRing } from '../../packages/server/dist/keys/key-ring.js'
import { readSecret } from '../../packages/server/dist/keys/secret.js'
import { createPolicyHolder } from '../../packages/server/dist/policy-in-force.js'
import { createOAuthEndpoints } from '../../packages/server/dist/routes/oauth.js'
import type { Peer, Service } from '../../packages/server/dist/service.js'
import type { Stores } from '../../packages/server/dist/stores/contract.js'
import { openSqliteStores } from '../../packages/server/dist/stores/sqlite-stores.js'

/** Whether the store writes what is audited. */
export type Auditing = 'audit' | 'drop audit'

/** A service without a socket. */
export interface Ingam {
  readonly service: Service
  readonly handle: Handler
  readonly stop: () => Promise<void>
}

/** A service that listens. */
export interface RunningIngam {
  readonly port: number
  readonly stop: () => Promise<void>
}

/** The service as `ingam serve` starts it; or put together here, where nothing is audited. */
export async function startIngam(configFile: string, auditing: Auditing): Promise<RunningIngam> {
  if (auditing === 'audit') {
    const config = await loadConfig({ file: configFile, env: {}, readFile })
    const { address, stop } = await startService({ config, env: {}, logStream: NOWHERE })
    return { port: address.port, stop }
  }
  const { service, handle, stop } = await openIngam(configFile, auditing)
  const listener = await listen({ config: service.config, handler: handle, pair: undefined })
  return {
    port: listener.address.port,
    async stop() {
      await listener.drain(0)
      await stop()
    },
  }
}

export async function openIngam(configFile: string, auditing: Auditing): Promise<Ingam> {
  const config = await loadConfig({ file: configFile, env: {}, readFile })
  const wall = (): Date => new Date()
  const log = createLog(config.log, NOWHERE, wall)
  const metrics = createMetrics()
  const opened = await openSqliteStores({
    folder: config.state.folder,
    clock: wall,
    maxQueue: config.limits.storeQueue,
    grantRetentionDays: config.state.grantRetentionDays,
    log,
  })
  const stores = auditing === 'audit' ? opened : withoutAudit(opened)
  const clock = createClockGuard({
    wall: () => Date.now(),
    monotonic: () => performance.now(),
    mark: stores.clockMark,
    moveMark: stores.moveClock,
  })
  await clock.tick()
  if (config.initialPolicy !== undefined) {
    await seedPolicy({ stores, file: config.initialPolicy, readFile, now: wall() })
  }
  const policy = createPolicyHolder({ policies: stores.policies, config, sources: [], clock, log })
  await policy.reload()
  const { keyEncryptionKey } = config.secrets
  const keys = await openKeyRing({
    stores,
    readKeyEncryptionKey: async () => await readSecret(keyEncryptionKey, {}, { name: 'key', bytes: 32 }),
    config: config.tokens,
    clock: clock.now,
    log,
    random: randomBytes,
    maxTokenLifetimeSeconds: 86_400,
  })
  const service: Service = {
    config,
    stores,
    keys,
    policy,
    clock,
    revocationSources: [],
    refusals: createRefusalLog({
      stores,
      clock: wall,
      log,
      perMinute: config.audit.sampledRefusalsPerMinute,
    }),
    perCertificate: createRateLimiter({ rate: config.limits.ratePerCertificate, maxKeys: 100_000 }),
    log,
    metrics,
    random: createPooledRandom(randomBytes),
  }
  return {
    service,
    handle: createHandler(service, createOAuthEndpoints(service)),
    async stop() {
      await stores.close()
      metrics.close()
    },
  }
}

/** Who is at the other end, where there is no socket. */
export function createPeer(): Peer {
  return { address: '127.0.0.1' }
}

const NOWHERE = { write: (): void => undefined }

function withoutAudit(stores: Stores): Stores {
  return {
    ...stores,
    commit: async (unit) => await stores.commit({ ...unit, audit: [], auditOtherwise: [] }),
  }
}
