// The memory of used tokens: what it held it never calls fresh while the token can still be accepted; where it cannot
// know, or is full, it refuses. Times are seconds; the window of these tests is 100.

import { describe, expect, test } from 'vitest'
import { latin1Of } from '../bytes/ascii.ts'
import {
  createMemoryReplayStore,
  type MemoryReplayOptions,
  type ReplayEntry,
  type ReplayStore,
} from './replay.ts'

const EPOCH = 1_000_000
const WINDOW = 100

function storeOf(options: Partial<MemoryReplayOptions> = {}): ReplayStore {
  return createMemoryReplayStore({
    windowSeconds: WINDOW,
    epoch: EPOCH,
    maxEntries: 1_000,
    maxEntriesPerKey: 1_000,
    ...options,
  })
}

function hash(number: number): Uint8Array {
  return Uint8Array.from({ length: 32 }, (_, index) => (number >>> (8 * (index % 4))) & 0xff)
}

// A token signed now, which can be accepted for the whole window.
function entry(key: number, now: number, changes: Partial<ReplayEntry> = {}): ReplayEntry {
  return {
    key: hash(key),
    holder: latin1Of(hash(0)),
    issuedAt: now,
    keepUntil: now + WINDOW,
    now,
    ...changes,
  }
}

describe('one use', () => {
  test('answers fresh once and used from then on', () => {
    const store = storeOf()
    expect(store.take(entry(1, EPOCH))).toBe('fresh')
    expect(store.take(entry(1, EPOCH))).toBe('used')
    expect(store.take(entry(1, EPOCH + 1))).toBe('used')
  })

  test('answers fresh for each key', () => {
    const store = storeOf()
    expect(store.take(entry(1, EPOCH))).toBe('fresh')
    expect(store.take(entry(2, EPOCH))).toBe('fresh')
    expect(store.size).toBe(2)
  })

  test.each([0, 1, 2, 15, 31])('tells keys apart that differ in byte %i alone', (index) => {
    const store = storeOf()
    const other = hash(1)
    other[index] = 0xaa
    expect(store.take(entry(1, EPOCH))).toBe('fresh')
    expect(store.take(entry(1, EPOCH, { key: other }))).toBe('fresh')
    expect(store.take(entry(1, EPOCH, { key: other }))).toBe('used')
  })

  test('knows a key again whoever holds it', () => {
    const store = storeOf()
    expect(store.take(entry(1, EPOCH))).toBe('fresh')
    expect(store.take(entry(1, EPOCH, { holder: latin1Of(hash(9)) }))).toBe('used')
  })

  test('keeps what a key was when its bytes are changed afterwards', () => {
    const store = storeOf()
    const key = hash(1)
    expect(store.take(entry(1, EPOCH, { key }))).toBe('fresh')
    key.fill(0)
    expect(store.take(entry(1, EPOCH))).toBe('used')
  })

  test('answers the same to a peek, which marks nothing', () => {
    const store = storeOf()
    expect(store.peek(entry(1, EPOCH))).toBe('fresh')
    expect(store.peek(entry(1, EPOCH))).toBe('fresh')
    expect(store.size).toBe(0)
    expect(store.take(entry(1, EPOCH))).toBe('fresh')
    expect(store.peek(entry(1, EPOCH))).toBe('used')
  })
})

describe('the beginning', () => {
  test('accepts a token signed at the epoch and refuses one signed a millisecond before', () => {
    const store = storeOf()
    expect(store.take(entry(1, EPOCH, { issuedAt: EPOCH }))).toBe('fresh')
    expect(store.take(entry(2, EPOCH, { issuedAt: EPOCH - 0.001 }))).toBe('before-epoch')
  })

  test('takes no entry for a token from before', () => {
    const store = storeOf()
    store.take(entry(1, EPOCH, { issuedAt: EPOCH - 1 }))
    expect(store.size).toBe(0)
  })

  test('compares with a beginning that has a fraction', () => {
    const store = storeOf({ epoch: EPOCH + 0.5 })
    expect(store.epoch).toBe(EPOCH + 0.5)
    expect(store.take(entry(1, EPOCH + 1, { issuedAt: EPOCH }))).toBe('before-epoch')
    expect(store.take(entry(1, EPOCH + 1, { issuedAt: EPOCH + 0.5 }))).toBe('fresh')
  })
})

describe('forgetting', () => {
  test.each([0, 0.001, 1, 50, 99, 99.999])(
    'knows a token, first used %d s after a beginning, for as long as it could be accepted',
    (age) => {
      const store = storeOf()
      const first = entry(1, EPOCH + age)
      expect(store.take(first)).toBe('fresh')
      for (let now = first.now; now < first.keepUntil; now += 0.5) {
        // Others come and go meanwhile.
        store.take(entry(Math.round(now * 10), now))
        expect(store.take({ ...first, now })).toBe('used')
      }
    },
  )

  test('never answers fresh to a second use, through many generations of a token for each second', () => {
    const store = storeOf()
    for (let now = EPOCH; now < EPOCH + 8 * WINDOW; now++) {
      expect(store.take(entry(now, now))).toBe('fresh')
      for (const before of [1, 37, 63, 99]) {
        const then = now - before
        if (then < EPOCH) continue
        expect(store.take(entry(then, then, { now }))).toBe('used')
      }
    }
  })

  test('holds no more than what can still be accepted', () => {
    const store = storeOf()
    for (let now = EPOCH; now < EPOCH + 8 * WINDOW; now++) {
      expect(store.take(entry(now, now))).toBe('fresh')
      expect(store.size).toBeLessThanOrEqual(WINDOW)
    }
  })

  test('drops an entry when its own time ends, and not a millisecond before', () => {
    const store = storeOf()
    store.take(entry(1, EPOCH, { keepUntil: EPOCH + 20 }))
    store.take(entry(2, EPOCH, { keepUntil: EPOCH + 10 }))
    store.peek(entry(3, EPOCH + 9.999))
    expect(store.size).toBe(2)
    store.peek(entry(3, EPOCH + 10))
    expect(store.size).toBe(1)
    store.peek(entry(3, EPOCH + 20))
    expect(store.size).toBe(0)
  })

  test('keeps an entry that ends within a second until the second is over', () => {
    const store = storeOf()
    store.take(entry(1, EPOCH, { keepUntil: EPOCH + 10.001 }))
    store.peek(entry(2, EPOCH + 10.999))
    expect(store.size).toBe(1)
    store.peek(entry(2, EPOCH + 11))
    expect(store.size).toBe(0)
  })

  test.each([1.5, 2, 3.7, 1_000])('drops all after a quiet time of %d windows', (windows) => {
    const store = storeOf()
    for (let age = 0; age < 5; age++) store.take(entry(age, EPOCH + age))
    store.peek(entry(9, EPOCH + windows * WINDOW))
    expect(store.size).toBe(0)
  })

  test('never drops for room', () => {
    const store = storeOf({ maxEntries: 10 })
    for (let key = 0; key < 20; key++) store.take(entry(key, EPOCH))
    expect(store.take(entry(0, EPOCH))).toBe('used')
  })

  test('refuses an entry whose time is over by the clock that it names', () => {
    const store = storeOf()
    expect(store.take(entry(1, EPOCH + 5, { keepUntil: EPOCH + 5 }))).toBe('before-epoch')
    expect(store.take(entry(1, EPOCH + 5, { keepUntil: EPOCH + 5.001 }))).toBe('fresh')
  })

  test('lets a key be used again once its entry has had its time', () => {
    const store = storeOf()
    const until = { keepUntil: EPOCH + 10 }
    expect(store.take(entry(1, EPOCH, until))).toBe('fresh')
    expect(store.take(entry(1, EPOCH + 9.999))).toBe('used')
    expect(store.take(entry(1, EPOCH + 10))).toBe('fresh')
    expect(store.take(entry(1, EPOCH + 10))).toBe('used')
  })
})

describe('work', () => {
  // Many end in one second: more than a call removes.
  const crowd = 1_000

  test('a call removes a few entries at most, until none is left whose time is over', () => {
    const store = storeOf({ maxEntries: 10_000, maxEntriesPerKey: 10_000 })
    for (let key = 0; key < crowd; key++) store.take(entry(key, EPOCH, { keepUntil: EPOCH + 10 }))
    const sizes: number[] = []
    for (let call = 0; call <= crowd / 8; call++) {
      store.peek(entry(-1, EPOCH + 50))
      sizes.push(store.size)
    }
    expect(sizes.slice(0, 3)).toEqual([crowd - 8, crowd - 16, crowd - 24])
    expect(sizes.at(-1)).toBe(0)
  })

  test('what is not removed yet is as if it were: used again, it moves to its new second', () => {
    const store = storeOf({ maxEntries: 10_000, maxEntriesPerKey: 10_000 })
    for (let key = 0; key < crowd; key++) store.take(entry(key, EPOCH, { keepUntil: EPOCH + 10 }))
    expect(store.take(entry(0, EPOCH + 50))).toBe('fresh')
    for (let call = 0; call < crowd; call++) store.peek(entry(-1, EPOCH + 50))
    expect(store.size).toBe(1)
    expect(store.take(entry(0, EPOCH + 149.999, { issuedAt: EPOCH + 50 }))).toBe('used')
    store.peek(entry(-1, EPOCH + 150))
    expect(store.size).toBe(0)
  })

  test('no call looks at many records, whether the memory grows, is full, or empties', () => {
    const store = storeOf({ maxEntries: 60_000, maxEntriesPerKey: 60_000 })
    let most = 0
    const counted = (call: () => unknown): void => {
      const before = store.work
      call()
      most = Math.max(most, store.work - before)
    }
    // Half of them bear the same low bytes, as one who knows no secret would choose them.
    const key = (number: number): Uint8Array => {
      const bytes = hash(number)
      if (number % 2 === 0) bytes.fill(0, 0, 28)
      bytes.set([number & 0xff, number >>> 8, number >>> 16], 29)
      return bytes
    }
    for (let number = 0; number < 60_000; number++)
      counted(() => store.take(entry(0, EPOCH, { key: key(number), holder: latin1Of(hash(number % 100)) })))
    expect(store.size).toBe(60_000)
    counted(() => store.take(entry(-1, EPOCH)))
    for (let number = 0; number < 10_000; number++) counted(() => store.peek(entry(-1, EPOCH + WINDOW)))
    expect(store.size).toBe(0)
    // Chains of a hash table at load one are a handful long; the longest of all is some tens.
    expect(most).toBeGreaterThan(0)
    expect(most).toBeLessThan(200)
  })

  test('an entry takes at most 110 bytes, its holder included', () => {
    const store = storeOf({ maxEntries: 200_000, maxEntriesPerKey: 200_000 })
    for (let number = 0; number < 100_000; number++)
      store.take(entry(number, EPOCH, { holder: latin1Of(hash(number)) }))
    expect(store.bytes / store.size).toBeLessThan(110)
  })

  test('what is gone makes room: the memory grows no further in the same traffic', () => {
    const store = storeOf({ maxEntries: 200_000, maxEntriesPerKey: 200_000 })
    const sizes: number[] = []
    for (let now = 0; now < 6 * WINDOW; now++) {
      for (let number = 0; number < 50; number++) store.take(entry(now * 50 + number, EPOCH + now))
      if (now % WINDOW === WINDOW - 1) sizes.push(store.bytes)
    }
    expect(new Set(sizes.slice(1)).size).toBe(1)
  })
})

describe('a clock that goes backwards', () => {
  test('leaves what was used known, where nothing was forgotten', () => {
    const store = storeOf()
    expect(store.take(entry(1, EPOCH + 50))).toBe('fresh')
    expect(store.take(entry(1, EPOCH + 50, { now: EPOCH - 1_000 }))).toBe('used')
  })

  test('refuses a token whose entry was forgotten while the clock was ahead', () => {
    const store = storeOf()
    expect(store.take(entry(1, EPOCH))).toBe('fresh')
    expect(store.take(entry(2, EPOCH + 2 * WINDOW))).toBe('fresh')
    expect(store.take(entry(1, EPOCH, { now: EPOCH + 1 }))).toBe('before-epoch')
  })

  test('refuses what must be kept until the last that was forgotten, and accepts what must be kept longer', () => {
    const store = storeOf()
    store.take(entry(1, EPOCH, { keepUntil: EPOCH + 30 }))
    store.peek(entry(2, EPOCH + 40))
    const now = EPOCH + 1
    expect(store.epoch).toBe(EPOCH + 30)
    expect(store.take(entry(2, now, { keepUntil: EPOCH + 30 }))).toBe('before-epoch')
    expect(store.take(entry(2, now, { keepUntil: EPOCH + 30.001 }))).toBe('fresh')
    expect(store.take(entry(2, now, { keepUntil: EPOCH + 30.001 }))).toBe('used')
  })

  test('never answers fresh twice, whichever way the clock jumps', () => {
    const store = storeOf({ maxEntries: 100_000, maxEntriesPerKey: 100_000 })
    const fresh = new Map<number, number>()
    let seed = 1
    let now = EPOCH
    for (let round = 0; round < 20_000; round++) {
      seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0
      now = Math.max(EPOCH, now + ((seed >>> 8) % 61) - 29)
      // One token for each ten seconds; its life begins when it was signed and lasts a window.
      const token = Math.floor(now / 10) - ((seed >>> 16) % 10)
      const issuedAt = token * 10
      if (issuedAt > now || now >= issuedAt + WINDOW) continue
      const answer = store.take(entry(token, now, { issuedAt, keepUntil: issuedAt + WINDOW }))
      if (answer === 'fresh') fresh.set(token, (fresh.get(token) ?? 0) + 1)
    }
    expect(fresh.size).toBeGreaterThan(20)
    expect([...fresh.values()].every((times) => times === 1)).toBe(true)
  })
})

describe('a full memory', () => {
  test('accepts up to the maximum and refuses one more', () => {
    const store = storeOf({ maxEntries: 2 })
    expect(store.take(entry(1, EPOCH))).toBe('fresh')
    expect(store.take(entry(2, EPOCH))).toBe('fresh')
    expect(store.take(entry(3, EPOCH))).toBe('full')
    expect(store.size).toBe(2)
  })

  test('still says used of what it holds', () => {
    const store = storeOf({ maxEntries: 1 })
    store.take(entry(1, EPOCH))
    expect(store.take(entry(1, EPOCH))).toBe('used')
  })

  test('accepts again once an entry is gone, and not before', () => {
    const store = storeOf({ maxEntries: 1 })
    store.take(entry(1, EPOCH))
    expect(store.take(entry(2, EPOCH + WINDOW - 0.001))).toBe('full')
    expect(store.take(entry(2, EPOCH + WINDOW))).toBe('fresh')
  })

  test('answers full to a peek as to a take', () => {
    const store = storeOf({ maxEntries: 1 })
    store.take(entry(1, EPOCH))
    expect(store.peek(entry(2, EPOCH))).toBe('full')
  })
})

describe("a signer's share", () => {
  test('is used up at its maximum, for that signer alone', () => {
    const store = storeOf({ maxEntriesPerKey: 2 })
    expect(store.take(entry(1, EPOCH))).toBe('fresh')
    expect(store.take(entry(2, EPOCH))).toBe('fresh')
    expect(store.take(entry(3, EPOCH))).toBe('quota')
    expect(store.take(entry(3, EPOCH, { holder: latin1Of(hash(7)) }))).toBe('fresh')
  })

  test('is not charged for a token that was used before', () => {
    const store = storeOf({ maxEntriesPerKey: 2 })
    store.take(entry(1, EPOCH))
    store.take(entry(1, EPOCH))
    store.take(entry(1, EPOCH))
    expect(store.take(entry(2, EPOCH))).toBe('fresh')
  })

  test('is free again once an entry is gone', () => {
    const store = storeOf({ maxEntriesPerKey: 2 })
    store.take(entry(1, EPOCH))
    store.take(entry(2, EPOCH + 1))
    expect(store.take(entry(3, EPOCH + WINDOW - 0.001))).toBe('quota')
    expect(store.take(entry(3, EPOCH + WINDOW))).toBe('fresh')
    expect(store.take(entry(4, EPOCH + WINDOW))).toBe('quota')
  })

  test('is forgotten with its last entry', () => {
    const store = storeOf({ maxEntriesPerKey: 1 })
    for (let now = EPOCH; now < EPOCH + 50 * WINDOW; now += WINDOW)
      expect(store.take(entry(now, now))).toBe('fresh')
    expect(store.size).toBe(1)
  })

  test('is reported after a full memory', () => {
    const store = storeOf({ maxEntries: 1, maxEntriesPerKey: 1 })
    store.take(entry(1, EPOCH))
    expect(store.take(entry(2, EPOCH))).toBe('full')
  })
})
