// Server: challenges and DPoP nonces without a memory of them: random bytes and an expiry under a MAC of the key ring.
// That one was given out is proved by its tag; that it is used once, where that counts, is for the store.

import type { KeyRing } from '../keys/contract.ts'
import type { Service } from '../service.ts'
import { decodeBase64url } from './bytes.ts'

/** What a challenge is for; one for a purpose is none for another. */
export type ChallengePurpose = 'challenge' | 'dpop-nonce'

/** How a challenge that came back stands: `foreign` was never given out here, or by a key that is gone. */
export type ChallengeState = 'good' | 'expired' | 'foreign'

/**
 * Makes a challenge: base64url of 16 random bytes, the expiry, the tag and the key's id. Printable ASCII that passes
 * through headers and JSON unchanged (RFC 9449 §8.1).
 *
 * @param now seconds since 1970 UTC
 * @throws {ServiceError} ERR_SERVICE_KEYS
 */
export function createChallenge(
  service: Pick<Service, 'config' | 'keys' | 'random'>,
  purpose: ChallengePurpose,
  now: number,
): string {
  const head = Buffer.alloc(HEAD_BYTES)
  head.set(service.random(RANDOM_BYTES))
  head.writeUIntBE(Math.floor(now) + service.config.tokens.challengeSeconds, RANDOM_BYTES, EXPIRY_BYTES)
  const { kid, tag } = service.keys.mac(authenticated(purpose, head))
  return Buffer.concat([head, tag, Buffer.from(kid, 'utf8')]).toString('base64url')
}

/**
 * Says whether a text is a challenge that this service gave out for the purpose and that is still good.
 *
 * **Not checked: whether it was used before.**
 *
 * @param now seconds since 1970 UTC
 */
export function judgeChallenge(
  keys: Pick<KeyRing, 'verifyMac'>,
  purpose: ChallengePurpose,
  text: string,
  now: number,
): ChallengeState {
  const bytes = text.length <= MAX_CHARACTERS ? decodeBase64url(text) : undefined
  if (bytes === undefined || bytes.length <= HEAD_BYTES + TAG_BYTES) return 'foreign'
  const head = bytes.subarray(0, HEAD_BYTES)
  const tag = bytes.subarray(HEAD_BYTES, HEAD_BYTES + TAG_BYTES)
  const kid = bytes.toString('utf8', HEAD_BYTES + TAG_BYTES)
  if (!keys.verifyMac(kid, authenticated(purpose, head), tag)) return 'foreign'
  return now < head.readUIntBE(RANDOM_BYTES, EXPIRY_BYTES) ? 'good' : 'expired'
}

/**
 * When a challenge that is good stops to be so, in seconds since 1970 UTC.
 *
 * **Nothing about the text is checked**: that is {@link judgeChallenge}'s.
 */
export function challengeExpiry(text: string): number {
  return Buffer.from(text, 'base64url').readUIntBE(RANDOM_BYTES, EXPIRY_BYTES)
}

const RANDOM_BYTES = 16
const EXPIRY_BYTES = 6
const HEAD_BYTES: number = RANDOM_BYTES + EXPIRY_BYTES
const TAG_BYTES = 32
// LIMIT: 54 bytes and a key's id, which is a thumbprint or a name; 512 is what `nonce` claims are held to.
const MAX_CHARACTERS = 512

// The key of challenges is used for nothing else, but a challenge of one kind must not pass as one of the other.
function authenticated(purpose: ChallengePurpose, head: Uint8Array): Uint8Array {
  return Buffer.concat([Buffer.from(`ingam ${purpose}\0`, 'utf8'), head])
}
