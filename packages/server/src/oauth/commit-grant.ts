// Server: the unit of work behind an access token, and what it is answered with where it did not count.

import { ServiceError } from '../service-error.ts'
import type { CommitOutcome, OneTimeUse } from '../stores/contract.ts'
import { type AccessTokenContent, toGrantRecord } from './access-token.ts'
import type { Call, RequestingClient } from './client.ts'
import { proofRefused } from './dpop.ts'
import { clientRefused, type Holder } from './holder.ts'
import { beforeEpoch } from './undecided.ts'

/** A use with what a second one of it is answered by. */
export interface NamedUse {
  readonly use: OneTimeUse
  readonly of: 'client assertion' | 'assertion' | 'challenge of the client' | 'challenge' | 'DPoP proof'
}

/** All that a request for a token uses up. */
export function usesOf(
  asking: RequestingClient,
  holder: Holder,
  proof: OneTimeUse | undefined,
): readonly NamedUse[] {
  const byClient = asking.kind === 'authenticated' ? asking.holder.assertion : undefined
  const byHolder = holder.assertion
  const uses: NamedUse[] = []
  if (byClient !== undefined) {
    uses.push({ use: byClient.use, of: 'client assertion' })
    if (byClient.challenge !== undefined)
      uses.push({ use: byClient.challenge, of: 'challenge of the client' })
  }
  // Under client_credentials they are one and the same.
  if (byHolder !== undefined && byHolder !== byClient) {
    uses.push({ use: byHolder.use, of: 'assertion' })
    if (byHolder.challenge !== undefined) uses.push({ use: byHolder.challenge, of: 'challenge' })
  }
  if (proof !== undefined) uses.push({ use: proof, of: 'DPoP proof' })
  return uses
}

/**
 * Commits the uses, the grant and the record of it; resolves once they are durable.
 *
 * @throws {ServiceError} ERR_OAUTH_USED, ERR_OAUTH_CLIENT or ERR_OAUTH_DPOP for a use that was taken before, ERR_OAUTH_GRANT
 *   or ERR_OAUTH_CLIENT for a holder that is blocked, ERR_OAUTH_UNDECIDED, and what the store throws; nothing counts then
 */
export async function commitGrant(
  call: Call,
  content: AccessTokenContent,
  uses: readonly NamedUse[],
): Promise<void> {
  const { attempt, service } = call
  const grant = toGrantRecord(content)
  const { id, subject, clientId, audience, scope, binding, expiresAt } = grant
  const issued = { jti: id, sub: subject, clientId, audience, scope, binding, expiresAt }
  const outcome = await service.stores.commit({
    uses: uses.map(({ use }) => use),
    grant,
    audit: [attempt.event('token.issued', issued)],
  })
  // The record of a refusal is written by whoever catches it: only now it is known which of the uses, or what else, it was.
  if (outcome.outcome !== 'committed') throw notCommitted(call, outcome, uses)
}

function notCommitted(
  call: Call,
  outcome: Exclude<CommitOutcome, { outcome: 'committed' }>,
  uses: readonly NamedUse[],
): ServiceError {
  switch (outcome.outcome) {
    case 'used':
      return usedBefore(uses[outcome.index]?.of)
    case 'before-epoch':
      return beforeEpoch(uses[outcome.index]?.of ?? '', outcome.epoch, call.at)
    case 'blocked': {
      // The holder of a jwt-bearer grant is refused with its grant; under client_credentials it is the client.
      const byClient = call.form.get('grant_type') === 'client_credentials'
      if (byClient) return clientRefused('blocked')
      return new ServiceError('ERR_OAUTH_GRANT', 'the holder is blocked', { details: { reason: 'blocked' } })
    }
    case 'conflict':
      return new ServiceError('ERR_SERVICE_INTERNAL', 'the store speaks of a policy that was not asked about')
  }
}

function usedBefore(of: NamedUse['of'] | undefined): ServiceError {
  switch (of) {
    case 'client assertion':
      return clientRefused('the assertion was used before')
    case 'challenge of the client':
      return clientRefused('the challenge was answered before')
    case 'challenge':
      return new ServiceError('ERR_OAUTH_USED', 'the challenge was answered before', {
        details: { reason: 'challenge answered before' },
      })
    case 'DPoP proof':
      return proofRefused('it was used before')
    case 'assertion':
    case undefined:
      return new ServiceError('ERR_OAUTH_USED', 'the assertion was used before', {
        details: { reason: 'used before' },
      })
  }
}
