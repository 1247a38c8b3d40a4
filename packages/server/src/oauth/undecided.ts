// Server: what is older than the store surely remembers, and so may have been used before. Nobody can tell; a new one can
// be told from it once the store's memory has begun.

import { ServiceError } from '../service-error.ts'

/**
 * The refusal of it, with the seconds after which a new one will be taken.
 *
 * @param of what it is, for the record
 * @param epoch when the store's memory begins, in seconds since 1970 UTC
 */
export function beforeEpoch(of: string, epoch: number, at: Date): ServiceError {
  return new ServiceError('ERR_OAUTH_UNDECIDED', 'older than what the store surely remembers', {
    details: { reason: 'before-epoch', of },
    retryAfterSeconds: Math.max(1, Math.ceil(epoch - at.getTime() / 1000)),
  })
}
