// When evidence is fetched again.

import { describe, expect, test } from 'vitest'
import { LONGEST_RETRY_MILLISECONDS, refreshAt, retryAt } from './schedule.ts'

const NOW = Date.parse('2026-06-01T12:00:00Z')
const HOUR = 3_600

describe('after an answer', () => {
  const seconds = (life: number | undefined, chance: number, minimumSeconds = 60): number => {
    const nextUpdate = life === undefined ? undefined : NOW + life * 1000
    return (refreshAt(nextUpdate, { now: NOW, minimumSeconds, chance }) - NOW) / 1000
  }

  test.each([
    ['an hour, at the earliest', HOUR, 0, 0.7 * HOUR],
    ['an hour, at the latest', HOUR, 1, 0.8 * HOUR],
    ['a day', 24 * HOUR, 0.5, 0.75 * 24 * HOUR],
    ['a month: within a day', 720 * HOUR, 0.5, 0.75 * 24 * HOUR],
    ['a second: not before the minimum', 1, 0.5, 60],
    ['the past: not before the minimum', -HOUR, 0.5, 60],
    ['a time that nobody tells', undefined, 0.5, 675],
  ])('that counts for %s', (_, life, chance, expected) => {
    expect(seconds(life, chance)).toBeCloseTo(expected, 3)
  })

  test('differs from time to time', () => {
    const times = Array.from({ length: 50 }, () =>
      refreshAt(NOW + HOUR * 1000, { now: NOW, minimumSeconds: 60 }),
    )
    expect(new Set(times).size).toBeGreaterThan(40)
    for (const time of times) {
      expect(time).toBeGreaterThanOrEqual(NOW + 0.7 * HOUR * 1000)
      expect(time).toBeLessThan(NOW + 0.8 * HOUR * 1000)
    }
  })
})

test('after failures it takes twice as long each time, from a share of it on, up to a quarter of an hour', () => {
  const waits = (chance: number): readonly number[] =>
    [1, 2, 3, 8, 9, 2_000].map((failures) => (retryAt(failures, { now: NOW, chance }) - NOW) / 1000)
  expect(waits(1)).toEqual([5, 10, 20, 640, 900, 900])
  expect(waits(0)).toEqual([2.5, 5, 10, 320, 450, 450])
  expect(retryAt(2_000, { now: 0, chance: 1 })).toBe(LONGEST_RETRY_MILLISECONDS)
})
