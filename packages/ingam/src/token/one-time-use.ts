// Layer: token. The last check: was the token used before? Asked after all else has passed, so that nobody can burn a
// token they did not sign; what nobody can tell is refused as undecided. Or the question is handed on: the caller gets the
// entry, and its store answers.

import { createError } from '../errors/errors.ts'
import { isoOf, type RegisteredClaims } from './claims.ts'
import type { Plan } from './plan.ts'
import type { ReplayEntry } from './replay.ts'
import type { TraceSink } from './trace.ts'
import type { OneTimeEntry } from './verified-token.ts'

/**
 * Takes the token's entry, or with a trace only asks for it, and says how many milliseconds the token is ahead of the
 * clock. A memory that begins later refuses tokens from before its beginning. So that this covers every token used here,
 * none is accepted before the instant at which it says it was signed: one that is ahead waits for it.
 *
 * @param holder SHA-256 of the leaf's SubjectPublicKeyInfo, a character for each byte
 */
export function useOnce(
  plan: Plan,
  holder: string,
  registered: RegisteredClaims,
  at: Date,
  key: Uint8Array,
  trace?: TraceSink,
): number {
  const { replay } = plan
  const { tokenId = '', issuedAt, expiresAt } = registered
  if (replay === undefined) return 0
  const keepUntil = keepUntilOf(plan, expiresAt)
  const entry: ReplayEntry = { key, holder, issuedAt, keepUntil, now: at.getTime() / 1000 }
  const answer = trace === undefined ? replay.take(entry) : replay.peek(entry)
  switch (answer) {
    case 'fresh':
      return trace === undefined ? Math.ceil(issuedAt * 1000 - at.getTime()) : 0
    case 'used':
      throw createError('ERR_TOKEN_REPLAYED', { jti: tokenId })
    case 'before-epoch':
      throw createError('ERR_TOKEN_REPLAY_EPOCH', { issuedAt: isoOf(issuedAt), epoch: isoOf(replay.epoch) })
    case 'full':
      throw createError('ERR_TOKEN_REPLAY_FULL', { maximum: replay.maxEntries })
    case 'quota':
      throw createError('ERR_TOKEN_REPLAY_QUOTA', { maximum: replay.maxEntriesPerKey })
  }
}

/**
 * The entry for the caller's store; the key becomes part of it.
 *
 * @param holder SHA-256 of the leaf's SubjectPublicKeyInfo, a character for each byte
 */
export function toOneTimeEntry(
  plan: Plan,
  holder: string,
  { issuedAt, expiresAt }: RegisteredClaims,
  key: Uint8Array,
): OneTimeEntry {
  return Object.freeze({
    key,
    holder: bytesOf(holder),
    keepUntil: keepUntilOf(plan, expiresAt),
    issuedAt,
  })
}

// A loop, since an iterator over characters costs a hundred times as much.
function bytesOf(latin1: string): Uint8Array {
  const bytes = new Uint8Array(latin1.length)
  for (let index = 0; index < latin1.length; index++) bytes[index] = latin1.charCodeAt(index)
  return bytes
}

function keepUntilOf({ expiryToleranceSeconds }: Plan, expiresAt: number): number {
  return expiresAt + expiryToleranceSeconds
}
