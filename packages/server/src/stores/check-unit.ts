// Server: what must hold of a unit and of a question before they go to the worker: there they are taken as they are.

import { ServiceError } from '../service-error.ts'
import { KEY_BYTES } from './cells.ts'
import type { OneTimeUse, UnitOfWork } from './contract.ts'

const MAX_USES = 8

/**
 * Checks what would not fail by itself in the database, or would take other units along.
 *
 * @throws {ServiceError} ERR_SERVICE_INTERNAL: the caller has a bug
 */
export function checkUnit({ uses = [], block, endAt }: UnitOfWork): void {
  if (uses.length > MAX_USES) throw bug(`a unit has ${uses.length} uses; at most ${MAX_USES} are taken`)
  uses.forEach(checkUse)
  if (endAt !== undefined) wholeSeconds(endAt)
  // Only a type says that single grants are not blocked: whoever asks for it must not believe that it was done.
  if (block !== undefined && !BLOCKED_KINDS.has(block.selector.kind)) {
    throw bug(`a block cannot select by ${block.selector.kind}`)
  }
}

/** Seconds since 1970 UTC as the database has them. @throws {ServiceError} ERR_SERVICE_INTERNAL */
export function wholeSeconds(seconds: number): number {
  if (!Number.isFinite(seconds)) throw bug('an instant is no number')
  return Math.floor(seconds)
}

/** @throws {ServiceError} ERR_SERVICE_REQUEST where the limit is not a whole number from 1 to the maximum */
export function checkLimit(limit: number, maximum: number): void {
  if (Number.isInteger(limit) && limit >= 1 && limit <= maximum) return
  throw new ServiceError('ERR_SERVICE_REQUEST', `limit is ${limit}; 1 to ${maximum} are taken`, {
    details: { parameter: 'limit', maximum },
    publicDetail: `limit is a whole number from 1 to ${maximum}`,
  })
}

/** @throws {ServiceError} ERR_SERVICE_REQUEST where it is not what a page had as `next` */
export function checkCursor(before: string | undefined): void {
  if (before === undefined || /^[0-9]{1,15}$/u.test(before)) return
  throw new ServiceError('ERR_SERVICE_REQUEST', 'before is not what a page had as next', {
    details: { parameter: 'before' },
    publicDetail: 'before is what the last page had as next',
  })
}

const BLOCKED_KINDS: ReadonlySet<string> = new Set(['certificate', 'identity', 'trustAnchor'])

function checkUse({ key, keepUntil, issuedAt }: OneTimeUse): void {
  if (key.length !== KEY_BYTES) throw bug(`the key of a use has ${key.length} bytes, not ${KEY_BYTES}`)
  if (!Number.isFinite(issuedAt)) throw bug('a use says no instant at which it was made')
  // A double beyond this is no whole number any more, and the column takes nothing else.
  if (!(Math.abs(keepUntil) <= Number.MAX_SAFE_INTEGER))
    throw bug('a use says no instant until which it is kept')
}

function bug(message: string): ServiceError {
  return new ServiceError('ERR_SERVICE_INTERNAL', message)
}
