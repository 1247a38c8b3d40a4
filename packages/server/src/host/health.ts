// Server: whether the process lives (always yes, as long as it answers) and whether it should get requests. What is said
// here is for everybody: parts and codes, no message, no path.

import type { Service } from '../service.ts'
import { ServiceError, type ServiceErrorCode } from '../service-error.ts'

/** How one part stands. */
export interface PartHealth {
  readonly state: 'ok' | 'failing'
  readonly code?: ServiceErrorCode
}

/** How the service stands. */
export interface Readiness {
  readonly status: 'ready' | 'unready'
  readonly parts: Readonly<Record<'store' | 'keys' | 'clock' | 'policy' | 'draining', PartHealth>>
}

/** What {@link createReadiness} takes besides the service. */
export interface ReadinessOptions {
  readonly isDraining: () => boolean
  /** Milliseconds that never go backward. */
  readonly monotonic: () => number
  /** How long the store may take to write; default 2,000. */
  readonly probeMilliseconds?: number
}

// LIMIT: whoever asks more often gets the same answer; a probe is a write to the disk.
const PROBE_MILLISECONDS = 1_000

/** A function that tells how the service stands. The store is tried at most once a second, by one at a time. */
export function createReadiness(
  service: Pick<Service, 'stores' | 'keys' | 'clock' | 'policy'>,
  { isDraining, monotonic, probeMilliseconds = 2_000 }: ReadinessOptions,
): () => Promise<Readiness> {
  let probe: { readonly at: number; readonly result: Promise<PartHealth> } | undefined

  function store(): Promise<PartHealth> {
    const now = monotonic()
    if (probe === undefined || now - probe.at >= PROBE_MILLISECONDS) {
      probe = { at: now, result: probeStore(service.stores, probeMilliseconds) }
    }
    return probe.result
  }

  return async () => {
    const parts = {
      store: await store(),
      keys: part(service.keys.health().state === 'ok', 'ERR_SERVICE_KEYS'),
      clock: part(service.clock.health().state === 'ok', 'ERR_SERVICE_CLOCK'),
      policy: part(service.policy.find() !== undefined, 'ERR_SERVICE_NO_POLICY'),
      draining: part(!isDraining(), 'ERR_SERVICE_DRAINING'),
    }
    const isReady = Object.values(parts).every(({ state }) => state === 'ok')
    return { status: isReady ? 'ready' : 'unready', parts }
  }
}

async function probeStore(stores: Service['stores'], milliseconds: number): Promise<PartHealth> {
  const late = Promise.withResolvers<PartHealth>()
  const timer = setTimeout(() => late.resolve(part(false, 'ERR_SERVICE_STORE')), milliseconds)
  timer.unref()
  try {
    return await Promise.race([stores.probe().then(() => part(true, 'ERR_SERVICE_STORE')), late.promise])
  } catch (error) {
    return part(false, error instanceof ServiceError ? error.code : 'ERR_SERVICE_STORE')
  } finally {
    clearTimeout(timer)
  }
}

function part(isOk: boolean, code: ServiceErrorCode): PartHealth {
  return isOk ? { state: 'ok' } : { state: 'failing', code }
}
