// Layer: token. Names for new tokens: 128 random bits each, fetched from the runtime for many tokens at a time.

import { platform } from '#platform'
import { encodeBase64url } from '../bytes/base64.ts'

const ID_BYTES = 16
// LIMIT: a call for randomness costs more than all the rest of a payload; one for 256 names costs next to nothing each.
const POOL_BYTES = 256 * ID_BYTES

let pool = new Uint8Array(0)
let taken = 0

/** 22 characters of base64url; each byte of randomness is used once. */
export function randomTokenId(): string {
  if (taken >= pool.length) {
    pool = new Uint8Array(platform.randomBytes(POOL_BYTES))
    taken = 0
  }
  const id = encodeBase64url(pool.subarray(taken, taken + ID_BYTES))
  taken += ID_BYTES
  return id
}
