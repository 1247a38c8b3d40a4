// Server: GET /admin/status: how this node stands, from what its parts say of themselves.

import type { RevocationSourceAnswer, StatusAnswer } from '../contract.ts'
import type { Service } from '../service.ts'
import type { Admission } from './admission.ts'
import { VERSION } from './version.ts'

/** How the service stands now. Nothing is tried for it: a store that nobody has written to says how the last write went. */
export async function readStatus(service: Service, admission: Admission): Promise<StatusAnswer> {
  const { config, stores, keys, clock, revocationSources } = service
  const { now, administrator } = admission
  const [started] = (await stores.audit.tail({ limit: 1, types: ['service.started'] })).items
  const head = await stores.audit.head()
  const blocks = await stores.grants.blocks()
  return {
    version: VERSION,
    issuer: config.issuer,
    administrator: { name: administrator.name, role: administrator.role },
    at: now.toISOString(),
    ...(started !== undefined && {
      startedAt: new Date(started.at).toISOString(),
      uptimeSeconds: Math.max(0, Math.floor((now.getTime() - started.at) / 1000)),
    }),
    health: { store: stores.health(), keys: keys.health(), clock: clock.health() },
    ...policyOf(service),
    blocks: blocks.length,
    keys: keys.describe(),
    ...(head !== undefined && { audit: head }),
    revocationSources: revocationSources.flatMap((source) => source.status()).map(toAnswer),
  }
}

function policyOf({ policy }: Service): Pick<StatusAnswer, 'policy'> {
  const inForce = policy.find()
  if (inForce === undefined) return {}
  const { version, digest, trustAnchors, clients, document } = inForce.policy
  return {
    policy: {
      version,
      digest,
      trustAnchors: trustAnchors.length,
      clients: clients.size,
      profiles: Object.keys(document.profiles).length,
    },
  }
}

type SourceStatus = ReturnType<Service['revocationSources'][number]['status']>[number]

function toAnswer({ from, kind, state, size, lastError, ...times }: SourceStatus): RevocationSourceAnswer {
  const { updatedAt, nextUpdate, nextRefresh } = times
  return {
    from,
    kind,
    state,
    size,
    ...(updatedAt && { updatedAt: updatedAt.toISOString() }),
    ...(nextUpdate && { nextUpdate: nextUpdate.toISOString() }),
    ...(nextRefresh && { nextRefresh: nextRefresh.toISOString() }),
    ...(lastError !== undefined && { lastError }),
  }
}
