// Layer: token. One-time use: a memory of used tokens that refuses rather than forgets. Entries live in generations
// that rotate by time only, each at least one acceptance window long, so that a live entry is in the current or the
// previous one. Entries are spread over many small sets: no single call rehashes a large one.

/** What the store says of one token. `undecided` answers refuse the token without calling it used. */
export type ReplayAnswer = 'fresh' | 'used' | 'before-epoch' | 'full' | 'quota'

/** One use of a token. */
export interface ReplayEntry {
  /** SHA-256 over length-prefixed profile, audience, SHA-256 of the leaf's SubjectPublicKeyInfo, and jti: 32 bytes. */
  readonly key: Uint8Array
  /** SHA-256 of the leaf's SubjectPublicKeyInfo: 32 bytes; whose quota is charged. */
  readonly holder: Uint8Array
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

// LIMIT: a million entries make sets of about 250, which rehash in microseconds.
const PARTITIONS = 4_096

class MemoryReplayStore implements ReplayStore {
  readonly maxEntries: number
  readonly maxEntriesPerKey: number
  readonly #beganAt: number
  readonly #windowSeconds: number
  #current: Generation
  #previous: Generation
  // Entries with keepUntil up to here may have been dropped; no honest clock comes back below it.
  #forgottenUntil = Number.NEGATIVE_INFINITY

  constructor(options: MemoryReplayOptions) {
    this.#beganAt = options.epoch
    this.maxEntries = options.maxEntries
    this.maxEntriesPerKey = options.maxEntriesPerKey
    this.#windowSeconds = options.windowSeconds
    this.#current = new Generation(options.epoch)
    this.#previous = new Generation(options.epoch)
  }

  get epoch(): number {
    return Math.max(this.#beganAt, this.#forgottenUntil)
  }

  get size(): number {
    return this.#current.size + this.#previous.size
  }

  take(entry: ReplayEntry): ReplayAnswer {
    const answer = this.peek(entry)
    if (answer === 'fresh') this.#current.add(latin1(entry.key), latin1(entry.holder))
    return answer
  }

  peek(entry: ReplayEntry): ReplayAnswer {
    this.#rotate(entry.now)
    if (entry.issuedAt < this.#beganAt || entry.keepUntil <= this.#forgottenUntil) return 'before-epoch'
    const key = latin1(entry.key)
    if (this.#current.has(key) || this.#previous.has(key)) return 'used'
    if (this.size >= this.maxEntries) return 'full'
    const holder = latin1(entry.holder)
    if (this.#current.countOf(holder) + this.#previous.countOf(holder) >= this.maxEntriesPerKey)
      return 'quota'
    return 'fresh'
  }

  // By time only, never by size. An entry was added at most one window before it dies, so once the current generation
  // is a window old, everything in the previous one is dead.
  #rotate(now: number): void {
    if (now < this.#current.startedAt + this.#windowSeconds) return
    const quiet = now >= this.#current.startedAt + 2 * this.#windowSeconds
    this.#previous = quiet ? new Generation(now) : this.#current
    this.#current = new Generation(now)
    this.#forgottenUntil = now
  }
}

class Generation {
  readonly startedAt: number
  readonly #partitions: (Set<string> | undefined)[] = Array.from({ length: PARTITIONS })
  readonly #holders = new Map<string, number>()
  size = 0

  constructor(startedAt: number) {
    this.startedAt = startedAt
  }

  has(key: string): boolean {
    return this.#partitions[partitionOf(key)]?.has(key) ?? false
  }

  add(key: string, holder: string): void {
    const index = partitionOf(key)
    const partition = this.#partitions[index] ?? new Set<string>()
    this.#partitions[index] = partition.add(key)
    this.#holders.set(holder, this.countOf(holder) + 1)
    this.size++
  }

  countOf(holder: string): number {
    return this.#holders.get(holder) ?? 0
  }
}

function partitionOf(key: string): number {
  return ((key.charCodeAt(0) << 8) | key.charCodeAt(1)) % PARTITIONS
}

function latin1(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes)
}
