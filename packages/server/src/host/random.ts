// Server: random bytes for names and challenges, fetched from the system for many of them at once: a call for sixteen bytes
// takes as long as one for four thousand.

/** LIMIT: from this length on the system is asked each time; nothing that is made for a request is longer. */
const LONGEST_POOLED = 64
const POOL_BYTES = 4_096

/**
 * A source of random bytes that gives each byte of its pool out once, and keeps none that it has given out. **Not for
 * keys**: what is still in the pool lies in memory until it is used.
 *
 * @param system returns fresh random bytes
 */
export function createPooledRandom(system: (length: number) => Uint8Array): (length: number) => Uint8Array {
  let pool = new Uint8Array()
  let next = 0
  return (length) => {
    if (length > LONGEST_POOLED) return system(length)
    if (next + length > pool.length) {
      // A copy, since the caller may hand out views of memory that others use too.
      pool = Uint8Array.from(system(POOL_BYTES))
      next = 0
    }
    const bytes = pool.slice(next, next + length)
    pool.fill(0, next, next + length)
    next += length
    return bytes
  }
}
