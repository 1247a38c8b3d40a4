// Server: the one use of a client's assertion where nothing else is changed by the request.

import type { AuditEvent } from '../audit/record.ts'
import { ServiceError } from '../service-error.ts'
import type { GrantSelector } from '../stores/contract.ts'
import type { Call, RequestingClient } from './client.ts'
import { clientRefused } from './holder.ts'
import { beforeEpoch } from './undecided.ts'

/** What a request of a client changes beside the use of its assertion. */
export interface ClientAct {
  readonly end: GrantSelector
  /** The instant of the request, in whole seconds since 1970 UTC. */
  readonly endAt: number
  readonly audit: readonly AuditEvent[]
}

/**
 * Takes the use of a client's assertion, and does what the client asked for in the same unit of work; resolves once that
 * is durable. There is no use to take of a client that was authenticated by its handshake, or that only named itself.
 *
 * @throws {ServiceError} ERR_OAUTH_CLIENT where the assertion was used before, ERR_OAUTH_UNDECIDED where nobody can tell,
 *   and what the store throws
 */
export async function commitUses(
  { service, at }: Pick<Call, 'service' | 'at'>,
  asking: RequestingClient,
  act?: ClientAct,
): Promise<void> {
  const assertion = asking.kind === 'authenticated' ? asking.holder.assertion : undefined
  if (assertion === undefined && act === undefined) return
  const outcome = await service.stores.commit({
    ...(assertion !== undefined && {
      uses: [assertion.use, ...(assertion.challenge ? [assertion.challenge] : [])],
    }),
    ...(act !== undefined && { end: act.end, endAt: act.endAt }),
    audit: act?.audit ?? [],
  })
  switch (outcome.outcome) {
    case 'committed':
      return
    case 'used':
      throw clientRefused(
        outcome.index === 0 ? 'the assertion was used before' : 'the challenge was answered before',
      )
    case 'before-epoch':
      throw beforeEpoch('client assertion', outcome.epoch, at)
    case 'blocked':
    case 'conflict':
      throw new ServiceError('ERR_SERVICE_INTERNAL', 'the store answers what was not asked')
  }
}
