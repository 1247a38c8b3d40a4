// Server: token buckets in bounded memory, for addresses and for certificates. What it forgets is the bucket that was
// asked for the longest time ago: whoever has that many addresses is stopped by the limit on concurrency instead.

import { isIPv6 } from 'node:net'
import type { Rate } from '../config/contract.ts'
import type { RateLimiter } from '../service.ts'
import { ServiceError } from '../service-error.ts'

/** What {@link createRateLimiter} takes. */
export interface RateLimiterOptions {
  readonly rate: Rate
  /** Buckets that are held at once; some 100 bytes each. */
  readonly maxKeys: number
}

/** A limiter, and how many buckets it holds. */
export interface BoundedRateLimiter extends RateLimiter {
  readonly size: () => number
}

interface Bucket {
  tokens: number
  /** Milliseconds, of the clock that `take` is given. */
  at: number
}

/**
 * A limiter: each key has a bucket of `burst` tokens that fills at `perSecond`; a clock that goes backward fills nothing.
 * **Not exact once more than `maxKeys` keys are in use at the same time**: a forgotten key begins with a full bucket.
 */
export function createRateLimiter({ rate, maxKeys }: RateLimiterOptions): BoundedRateLimiter {
  const { perSecond, burst } = rate
  const buckets = new Map<string, Bucket>()
  return Object.freeze<BoundedRateLimiter>({
    size: () => buckets.size,
    take(key, now) {
      const at = now.getTime()
      const bucket = buckets.get(key) ?? { tokens: burst, at }
      const elapsed = Math.max(0, at - bucket.at)
      bucket.tokens = Math.min(burst, bucket.tokens + (elapsed / 1000) * perSecond)
      bucket.at = at
      // A Map keeps the order of insertion: the oldest is the first.
      buckets.delete(key)
      buckets.set(key, bucket)
      if (buckets.size > maxKeys) {
        const [oldest] = buckets.keys()
        if (oldest !== undefined) buckets.delete(oldest)
      }
      if (bucket.tokens < 1) {
        throw new ServiceError('ERR_SERVICE_RATE_LIMITED', 'the bucket is empty', {
          retryAfterSeconds: Math.min(3_600, Math.max(1, Math.ceil((1 - bucket.tokens) / perSecond))),
        })
      }
      bucket.tokens -= 1
    },
  })
}

/**
 * Under what an address is counted: IPv4 itself, also where a socket of both families writes it within IPv6; IPv6 by its
 * /64, of which one customer has all.
 */
export function addressKey(address: string): string {
  const [bare = ''] = address.toLowerCase().split('%')
  if (!isIPv6(bare)) return bare
  const groups = groupsOf(bare)
  const isMapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff
  if (isMapped) {
    const [high = 0, low = 0] = groups.slice(6)
    return [high >> 8, high & 255, low >> 8, low & 255].join('.')
  }
  return `${groups
    .slice(0, 4)
    .map((group) => group.toString(16))
    .join(':')}::/64`
}

// RFC 4291 §2.2, all three forms.
function groupsOf(address: string): readonly number[] {
  const dotted = /(\d+)\.(\d+)\.(\d+)\.(\d+)$/u.exec(address)
  const hex = (a = '0', b = '0'): string => ((Number(a) << 8) | Number(b)).toString(16)
  const text =
    dotted === null
      ? address
      : `${address.slice(0, dotted.index)}${hex(dotted[1], dotted[2])}:${hex(dotted[3], dotted[4])}`
  const [left = '', right] = text.split('::')
  const read = (part: string): number[] =>
    part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16))
  const before = read(left)
  if (right === undefined) return before
  const after = read(right)
  return [...before, ...Array.from({ length: 8 - before.length - after.length }, () => 0), ...after]
}
