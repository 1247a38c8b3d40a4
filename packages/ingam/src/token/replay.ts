// Layer: token. One-time use: a memory of used tokens that refuses rather than forgets. An entry goes once its own time
// has passed and not before, a few at each call; a full memory answers that it is full.

import { ReplayRecords } from './replay-records.ts'

/** What the store says of one token. `undecided` answers refuse the token without calling it used. */
export type ReplayAnswer = 'fresh' | 'used' | 'before-epoch' | 'full' | 'quota'

/** One use of a token. */
export interface ReplayEntry {
  /** SHA-256 over length-prefixed profile, audience, SHA-256 of the leaf's SubjectPublicKeyInfo, and jti: 32 bytes. */
  readonly key: Uint8Array
  /** SHA-256 of the leaf's SubjectPublicKeyInfo, a character for each byte: 32; whose quota is charged. */
  readonly holder: string
  /** iat, in seconds since 1970 UTC. */
  readonly issuedAt: number
  /** exp with the verifier's tolerance, in seconds since 1970 UTC: until when the entry must be kept. */
  readonly keepUntil: number
  /** The verifier's clock, in seconds since 1970 UTC. */
  readonly now: number
}

/**
 * A memory of used tokens. `take` is atomic: of two calls with one key exactly one answers `fresh`. It is called last,
 * after the signature has verified; it never forgets an entry before `keepUntil`, and answers `full` instead.
 */
export interface ReplayStore {
  /** Marks the token as used and says whether it was fresh. */
  readonly take: (entry: ReplayEntry) => ReplayAnswer
  /** What `take` would answer at this instant, without marking. */
  readonly peek: (entry: ReplayEntry) => ReplayAnswer
  /** The instant before which entries may have been lost, in seconds since 1970 UTC. */
  readonly epoch: number
  readonly maxEntries: number
  readonly maxEntriesPerKey: number
  /** Entries held, live ones among them. */
  readonly size: number
  /** Bytes that the entries take. */
  readonly bytes: number
  /** Records that all calls so far looked at, moved or removed. */
  readonly work: number
}

/** How large the memory may grow. */
export interface MemoryReplayOptions {
  /** Seconds for which a token can be accepted: lifetime and both tolerances. */
  readonly windowSeconds: number
  /** When this memory began, in seconds since 1970 UTC. */
  readonly epoch: number
  readonly maxEntries: number
  readonly maxEntriesPerKey: number
}

/** A memory of used tokens within this process. */
export function createMemoryReplayStore(options: MemoryReplayOptions): ReplayStore {
  return new MemoryReplayStore(options)
}

const KEY_WORDS = 8
// LIMIT: 128 bits of the hash of a key tell whose quota it is; nobody finds a second key that has them.
const HOLDER_WORDS = 4
// The words of an entry: when its time ends, in seconds after the beginning, rounded up; the next entry whose time ends
// in the same second; its holder. Of a holder: the number of its entries.
const UNTIL = 0
const NEXT_IN_SECOND = 1
const HOLDER = 2
const COUNT = 0
const MAX_OFFSET = 2 ** 32 - 1
// LIMIT: what one call looks at and removes of what has passed; a call adds at most one entry.
const MAX_SECONDS_OF_A_CALL = 4_096
const MAX_REMOVALS_OF_A_CALL = 8

class MemoryReplayStore implements ReplayStore {
  readonly maxEntries: number
  readonly maxEntriesPerKey: number
  readonly #beganAt: number
  readonly #entries = new ReplayRecords(KEY_WORDS, 3)
  readonly #holders = new ReplayRecords(HOLDER_WORDS, 1)
  // For each second of a window the first of the entries whose time ends in it.
  readonly #seconds: Uint32Array
  // The next second to look at, and what is left of the last one that was.
  #cursor = 0
  #passing = 0
  // Reused by each call, none of which is ever interrupted.
  readonly #key = new Uint32Array(KEY_WORDS)
  readonly #holderKey = new Uint32Array(HOLDER_WORDS)
  #entry = 0
  #holder = 0
  // Entries with keepUntil up to here may have been dropped; no honest clock comes back below it.
  #forgottenUntil = Number.NEGATIVE_INFINITY

  constructor(options: MemoryReplayOptions) {
    this.#beganAt = options.epoch
    this.maxEntries = options.maxEntries
    this.maxEntriesPerKey = options.maxEntriesPerKey
    // A second more, because the end of an entry is rounded up.
    this.#seconds = new Uint32Array(Math.ceil(options.windowSeconds) + 2)
  }

  get epoch(): number {
    return Math.max(this.#beganAt, this.#forgottenUntil)
  }

  get size(): number {
    return this.#entries.size
  }

  get bytes(): number {
    return this.#entries.bytes + this.#holders.bytes + this.#seconds.byteLength
  }

  get work(): number {
    return this.#entries.work + this.#holders.work
  }

  take(entry: ReplayEntry): ReplayAnswer {
    const answer = this.peek(entry)
    if (answer !== 'fresh') return answer
    const until = this.#secondOf(entry.keepUntil)
    if (this.#entry !== 0) {
      // An entry whose time has passed stands there still: it moves on when its old second comes up.
      this.#entries.set(this.#entry, UNTIL, until)
      return answer
    }
    const holder = this.#holder === 0 ? this.#holders.add(this.#holderKey) : this.#holder
    this.#holders.set(holder, COUNT, this.#holders.get(holder, COUNT) + 1)
    const added = this.#entries.add(this.#key)
    this.#entries.set(added, UNTIL, until)
    this.#entries.set(added, HOLDER, holder)
    this.#linkToSecond(added, until)
    return answer
  }

  peek(entry: ReplayEntry): ReplayAnswer {
    this.#removePassed(entry.now)
    // What has been forgotten, or could be at once, is nothing that this memory can vouch for.
    const forgottenUntil = Math.max(this.#forgottenUntil, entry.now)
    if (entry.issuedAt < this.#beganAt || entry.keepUntil <= forgottenUntil) return 'before-epoch'
    readWords((index) => entry.key[index] ?? 0, this.#key)
    readWords((index) => entry.holder.charCodeAt(index), this.#holderKey)
    this.#entry = this.#entries.find(this.#key)
    if (this.#entry !== 0) return this.#hasPassed(this.#entry, entry.now) ? 'fresh' : 'used'
    if (this.#entries.size >= this.maxEntries) return 'full'
    this.#holder = this.#holders.find(this.#holderKey)
    const count = this.#holder === 0 ? 0 : this.#holders.get(this.#holder, COUNT)
    return count >= this.maxEntriesPerKey ? 'quota' : 'fresh'
  }

  // The first whole second after the beginning at which the time is over, whatever subtraction and sum were rounded to.
  #secondOf(keepUntil: number): number {
    const second = Math.max(1, Math.ceil(keepUntil - this.#beganAt))
    return Math.min(MAX_OFFSET, this.#beganAt + second < keepUntil ? second + 1 : second)
  }

  #hasPassed(entry: number, now: number): boolean {
    return this.#beganAt + this.#entries.get(entry, UNTIL) <= now
  }

  #linkToSecond(entry: number, until: number): void {
    const second = until % this.#seconds.length
    this.#entries.set(entry, NEXT_IN_SECOND, this.#seconds[second] ?? 0)
    this.#seconds[second] = entry
  }

  // Second by second up to now, so many at a call that the memory keeps up with what calls add.
  #removePassed(now: number): void {
    const last = Math.floor(now - this.#beganAt)
    // Further back than a whole window the same seconds would come round again.
    this.#cursor = Math.max(this.#cursor, last - this.#seconds.length)
    let removals = 0
    const end = Math.min(last, this.#cursor + MAX_SECONDS_OF_A_CALL)
    for (;;) {
      while (this.#passing !== 0) {
        if (removals >= MAX_REMOVALS_OF_A_CALL) return
        removals++
        const entry = this.#passing
        this.#passing = this.#entries.get(entry, NEXT_IN_SECOND)
        // Its time may have been moved on, or lie a whole window ahead.
        if (this.#hasPassed(entry, now)) this.#remove(entry)
        else this.#linkToSecond(entry, this.#entries.get(entry, UNTIL))
      }
      if (this.#cursor > end) return
      const second = this.#cursor % this.#seconds.length
      this.#passing = this.#seconds[second] ?? 0
      this.#seconds[second] = 0
      this.#cursor++
    }
  }

  #remove(entry: number): void {
    this.#forgottenUntil = Math.max(this.#forgottenUntil, this.#beganAt + this.#entries.get(entry, UNTIL))
    const holder = this.#entries.get(entry, HOLDER)
    const count = this.#holders.get(holder, COUNT) - 1
    if (count === 0) this.#holders.remove(holder)
    else this.#holders.set(holder, COUNT, count)
    this.#entries.remove(entry)
  }
}

function readWords(byteAt: (index: number) => number, words: Uint32Array): void {
  for (let index = 0; index < words.length; index++) {
    const start = 4 * index
    words[index] =
      (byteAt(start) << 24) | (byteAt(start + 1) << 16) | (byteAt(start + 2) << 8) | byteAt(start + 3)
  }
}
