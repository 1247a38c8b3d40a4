// Layer: token. Under what a token is remembered as used: SHA-256 over profile, audience, holder and jti, each with its
// length in front, so that no two lists of parts have the same bytes; never jti alone, never signature bytes.

import { platform } from '#platform'
import { concatBytes } from '../bytes/compare.ts'
import type { MaybePromise } from '../platform/contract.ts'

const encoder = new TextEncoder()
const LENGTH_BYTES = 4
const HOLDER_BYTES = 32
// LIMIT: a jti has at most 128 characters of at most three bytes each (claims.ts).
const MAX_JTI_BYTES = 3 * 128

/** Makes the keys of one verifier; what its tokens have in common is written once. */
export class OneTimeKeys {
  readonly #prefixes: ReadonlyMap<string, Uint8Array>
  readonly #room: Uint8Array
  // What stands in front in the room: mostly the next token's as well.
  #prefix: Uint8Array | undefined
  #holder: string | undefined

  constructor(profile: string, audiences: ReadonlySet<string>) {
    const prefixes = Array.from(audiences, (audience): [string, Uint8Array] => [
      audience,
      concatBytes(...prefixed(profile), ...prefixed(audience), lengthPrefix(HOLDER_BYTES)),
    ])
    this.#prefixes = new Map(prefixes)
    const longest = Math.max(...prefixes.map(([, prefix]) => prefix.length))
    this.#room = new Uint8Array(longest + HOLDER_BYTES + LENGTH_BYTES + MAX_JTI_BYTES)
  }

  /**
   * The key, 32 bytes.
   *
   * @param audience one of the verifier's
   * @param holder SHA-256 of the leaf's SubjectPublicKeyInfo, a character for each byte
   */
  of(audience: string, holder: string, tokenId: string): MaybePromise<Uint8Array> {
    const prefix = this.#prefixes.get(audience)
    if (prefix === undefined) throw new TypeError('an audience of another verifier')
    const end = prefix.length + HOLDER_BYTES + LENGTH_BYTES
    this.#writeFront(prefix, holder)
    const length = writeUtf8(tokenId, this.#room, end)
    // Longer than any jti is refused before it comes here: two bytes hold it.
    this.#room[end - 2] = length >>> 8
    this.#room[end - 1] = length & 0xff
    return platform.sha256(this.#room.subarray(0, end + length))
  }

  // INVARIANT: a prefix never changes, so that the same array has the same bytes.
  #writeFront(prefix: Uint8Array, holder: string): void {
    if (prefix === this.#prefix && holder === this.#holder) return
    this.#room.set(prefix, 0)
    for (let index = 0; index < HOLDER_BYTES; index++) {
      this.#room[prefix.length + index] = holder.charCodeAt(index)
    }
    this.#room.fill(0, prefix.length + HOLDER_BYTES, prefix.length + HOLDER_BYTES + LENGTH_BYTES)
    this.#prefix = prefix
    this.#holder = holder
  }
}

// Returns the number of bytes written; ASCII, as nearly every jti is, without a call into the runtime.
function writeUtf8(text: string, target: Uint8Array, offset: number): number {
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    if (code >= 0x80) return encoder.encodeInto(text, target.subarray(offset)).written
    target[offset + index] = code
  }
  return text.length
}

function prefixed(text: string): readonly [Uint8Array, Uint8Array] {
  const bytes = encoder.encode(text)
  return [lengthPrefix(bytes.length), bytes]
}

function lengthPrefix(length: number): Uint8Array {
  return Uint8Array.of((length >>> 24) & 0xff, (length >>> 16) & 0xff, (length >>> 8) & 0xff, length & 0xff)
}
