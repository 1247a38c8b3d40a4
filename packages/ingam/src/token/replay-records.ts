// Layer: token. Millions of fixed-length records in a few large arrays, found by their keys through linear hashing: the
// table grows by one bucket at a time, so that no call moves more than one bucket's records. Places come from a mix
// that is secret to the process: nobody can choose keys that meet in one bucket.

import { platform } from '#platform'

// A power of two; LIMIT: what is fetched from the runtime at once, 200 KB of records of 48 bytes.
const RECORDS_OF_A_SEGMENT = 4_096
const BUCKETS_OF_A_SEGMENT = 4_096
const FIRST_BUCKETS = 16

/** Records by number, which begins at 1; each has a key, a word for the table itself, and words of its owner's. */
export class ReplayRecords {
  readonly #keyWords: number
  readonly #stride: number
  readonly #segments: Uint32Array[] = []
  readonly #buckets: Uint32Array[] = [new Uint32Array(BUCKETS_OF_A_SEGMENT)]
  readonly #secrets: Uint32Array
  // As many buckets as `base` and `split` together: those before `split` have been split in two.
  #base = FIRST_BUCKETS
  #split = 0
  // Records that were removed, linked by the table's own word.
  #free = 0
  #used = 0
  size = 0
  /** Records that all calls so far looked at or moved: what bounds a call is asserted by counts, not by clocks. */
  work = 0

  /**
   * @param keyWords words of 32 bits by which a record is found; random or hashed
   * @param ownWords further words, which `get` and `set` know as 0, 1, …
   */
  constructor(keyWords: number, ownWords: number) {
    this.#keyWords = keyWords
    this.#stride = keyWords + 1 + ownWords
    this.#secrets = secretsOf(keyWords)
  }

  /** Bytes that the records and their index take. */
  get bytes(): number {
    return (
      4 * (this.#segments.length * RECORDS_OF_A_SEGMENT * this.#stride) +
      4 * this.#buckets.length * BUCKETS_OF_A_SEGMENT
    )
  }

  /** The number of the record with the key; 0 where there is none. */
  find(key: Uint32Array): number {
    let record = this.#first(this.#bucketOf(this.#mix(key, 0)))
    while (record !== 0) {
      this.work++
      if (this.#hasKey(record, key)) return record
      record = this.#nextOf(record)
    }
    return 0
  }

  /** Adds a record that is not there yet and returns its number; its own words are zero. */
  add(key: Uint32Array): number {
    const record = this.#take()
    const words = this.#segmentOf(record)
    const start = this.#startOf(record)
    for (let index = 0; index < this.#keyWords; index++) words[start + index] = key[index] ?? 0
    words.fill(0, start + this.#keyWords, start + this.#stride)
    this.#link(record, this.#bucketOf(this.#mix(key, 0)))
    this.size++
    if (this.size > this.#base + this.#split) this.#splitNext()
    return record
  }

  /** Removes a record; its number goes to another one later. */
  remove(record: number): void {
    const bucket = this.#bucketOf(this.#mix(this.#segmentOf(record), this.#startOf(record)))
    const first = this.#first(bucket)
    if (first === record) {
      this.#setFirst(bucket, this.#nextOf(record))
    } else {
      let before = first
      while (before !== 0 && this.#nextOf(before) !== record) {
        this.work++
        before = this.#nextOf(before)
      }
      if (before === 0) throw new TypeError('no such record')
      this.#setNext(before, this.#nextOf(record))
    }
    this.#setNext(record, this.#free)
    this.#free = record
    this.size--
  }

  /** One of the owner's words. */
  get(record: number, word: number): number {
    return this.#segmentOf(record)[this.#startOf(record) + this.#keyWords + 1 + word] ?? 0
  }

  set(record: number, word: number, value: number): void {
    this.#segmentOf(record)[this.#startOf(record) + this.#keyWords + 1 + word] = value
  }

  #take(): number {
    const free = this.#free
    if (free !== 0) {
      this.#free = this.#nextOf(free)
      return free
    }
    if (this.#used >= this.#segments.length * RECORDS_OF_A_SEGMENT)
      this.#segments.push(new Uint32Array(RECORDS_OF_A_SEGMENT * this.#stride))
    return ++this.#used
  }

  #splitNext(): void {
    const bucket = this.#split
    let record = this.#first(bucket)
    const added = this.#base + bucket
    if (added % BUCKETS_OF_A_SEGMENT === 0 && added > 0)
      this.#buckets.push(new Uint32Array(BUCKETS_OF_A_SEGMENT))
    this.#split++
    if (this.#split === this.#base) {
      this.#base *= 2
      this.#split = 0
    }
    this.#setFirst(bucket, 0)
    while (record !== 0) {
      this.work++
      const next = this.#nextOf(record)
      this.#link(record, this.#bucketOf(this.#mix(this.#segmentOf(record), this.#startOf(record))))
      record = next
    }
  }

  #link(record: number, bucket: number): void {
    this.#setNext(record, this.#first(bucket))
    this.#setFirst(bucket, record)
  }

  #first(bucket: number): number {
    return this.#buckets[Math.floor(bucket / BUCKETS_OF_A_SEGMENT)]?.[bucket % BUCKETS_OF_A_SEGMENT] ?? 0
  }

  #setFirst(bucket: number, record: number): void {
    const segment = this.#buckets[Math.floor(bucket / BUCKETS_OF_A_SEGMENT)]
    if (segment !== undefined) segment[bucket % BUCKETS_OF_A_SEGMENT] = record
  }

  #nextOf(record: number): number {
    return this.#segmentOf(record)[this.#startOf(record) + this.#keyWords] ?? 0
  }

  #setNext(record: number, next: number): void {
    this.#segmentOf(record)[this.#startOf(record) + this.#keyWords] = next
  }

  #segmentOf(record: number): Uint32Array {
    return this.#segments[Math.floor((record - 1) / RECORDS_OF_A_SEGMENT)] ?? NO_WORDS
  }

  #startOf(record: number): number {
    return ((record - 1) % RECORDS_OF_A_SEGMENT) * this.#stride
  }

  #hasKey(record: number, key: Uint32Array): boolean {
    const words = this.#segmentOf(record)
    const start = this.#startOf(record)
    for (let index = 0; index < this.#keyWords; index++) {
      if (words[start + index] !== key[index]) return false
    }
    return true
  }

  #bucketOf(mix: number): number {
    const wide = mix & (2 * this.#base - 1)
    return wide < this.#base + this.#split ? wide : mix & (this.#base - 1)
  }

  // A sum of products with secret odd factors: whoever does not know them cannot find keys that agree in the sum more
  // often than by chance. Of such a sum the high bits count, so they are folded into the low ones.
  #mix(words: Uint32Array, start: number): number {
    let sum = 0
    for (let index = 0; index < this.#keyWords; index++) {
      sum = (sum + Math.imul(words[start + index] ?? 0, this.#secrets[index] ?? 1)) | 0
    }
    sum = Math.imul(sum ^ (sum >>> 15), 0x2c1b3c6d)
    sum = Math.imul(sum ^ (sum >>> 12), 0x297a2d39)
    return (sum ^ (sum >>> 15)) & 0x3fff_ffff
  }
}

const NO_WORDS = new Uint32Array(0)

function secretsOf(count: number): Uint32Array {
  const bytes = platform.randomBytes(4 * count)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return Uint32Array.from({ length: count }, (_, index) => view.getUint32(4 * index) | 1)
}
