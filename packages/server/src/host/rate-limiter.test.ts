import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { addressKey, createRateLimiter } from './rate-limiter.ts'

function counter(perSecond: number, burst: number, maxKeys = 10) {
  const limiter = createRateLimiter({ rate: { perSecond, burst }, maxKeys })
  const take = (key: string, milliseconds: number): number | undefined => {
    try {
      limiter.take(key, new Date(milliseconds))
      return undefined
    } catch (error) {
      return (error as { readonly retryAfterSeconds: number }).retryAfterSeconds
    }
  }
  return { limiter, take }
}

describe('a rate limiter', () => {
  it('lets a burst through, then as many as come in again', () => {
    const { take } = counter(2, 3)
    expect([take('a', 0), take('a', 0), take('a', 0), take('a', 0)]).toEqual([
      undefined,
      undefined,
      undefined,
      1,
    ])
    expect(take('a', 499)).toBe(1)
    expect(take('a', 500)).toBeUndefined()
    expect(take('a', 999)).toBe(1)
    expect(take('a', 1_000)).toBeUndefined()
  })

  it('never saves up more than the burst', () => {
    const { take } = counter(100, 2)
    expect([take('a', 0), take('a', 1e9), take('a', 1e9), take('a', 1e9)]).toEqual([
      undefined,
      undefined,
      undefined,
      1,
    ])
  })

  it('gives nothing for a clock that goes backward', () => {
    const { take } = counter(1, 1)
    expect([take('a', 5_000), take('a', 0), take('a', 500)]).toEqual([undefined, 1, 1])
    expect(take('a', 1_000)).toBeUndefined()
  })

  it('says when it is worth coming again, within an hour', () => {
    const { take } = counter(0.0001, 1)
    expect([take('a', 0), take('a', 0)]).toEqual([undefined, 3_600])
  })

  it('refuses without making the wait longer', () => {
    const { take } = counter(1, 1)
    take('a', 0)
    for (let at = 0; at < 1_000; at += 10) expect(take('a', at)).toBe(1)
    expect(take('a', 1_000)).toBeUndefined()
  })

  it('holds as many keys as it may, and forgets the one that was idle longest', () => {
    const { limiter, take } = counter(0.001, 1, 2)
    take('a', 0)
    take('b', 1)
    expect(take('a', 2)).toBeGreaterThan(0)
    take('c', 3)
    expect(limiter.size()).toBe(2)
    expect(take('a', 4)).toBeGreaterThan(0)
    expect(take('b', 5)).toBeUndefined()
    for (let count = 0; count < 1_000; count += 1) take(`key ${count}`, 6)
    expect(limiter.size()).toBe(2)
  })

  it('never lets more through than burst and rate allow', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(400), { maxLength: 60 }),
        fc.integer({ min: 1, max: 5 }),
        (pauses, burst) => {
          const { take } = counter(3, burst)
          let at = 0
          let passed = 0
          for (const pause of pauses) {
            at += pause
            if (take('a', at) === undefined) passed += 1
          }
          return passed <= burst + (at / 1000) * 3 + 1e-6
        },
      ),
    )
  })
})

describe('addresses', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['::FFFF:C000:0201', '192.0.2.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:DB8:1:2::9', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['::', '0:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['64:ff9b::192.0.2.1', '64:ff9b:0:0::/64'],
    ['', ''],
  ])('%s counts as %s', (address, key) => {
    expect(addressKey(address)).toBe(key)
  })

  it('of one /64 count as one, and those of another as another', () => {
    const address = fc.ipV6().filter((text) => !text.includes('.'))
    fc.assert(
      fc.property(address, (text) =>
        /^[0-9a-f]{1,4}(:[0-9a-f]{1,4}){3}::\/64$|^\d+(\.\d+){3}$/u.test(addressKey(text)),
      ),
    )
    expect(addressKey('2001:db8:0:1::1')).not.toBe(addressKey('2001:db8:0:2::1'))
  })
})
