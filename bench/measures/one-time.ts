// The memory of used tokens: what an entry weighs, what a call looks at, and whether it stays flat in steady traffic.

import { createMemoryReplayStore } from '../../packages/ingam/dist/token/replay.js'
import { quantile } from '../lib/race.ts'
import type { Settings } from '../lib/settings.ts'

export interface OneTimeResult {
  readonly entries: number
  readonly bytesOfAnEntry: number
  /** Where each entry has a holder of its own. */
  readonly bytesOfAnEntryAndHolder: number
  readonly mostRecordsOfACall: number
  readonly medianNanos: number
  readonly slowestMicros: number
  /** Bytes after an hour of steady traffic, as a multiple of those after ten minutes. */
  readonly hourRatio: number
}

const WINDOW = 665

export function measureOneTime(settings: Settings): OneTimeResult {
  const entries = settings.oneTimeEntries
  const shared = fill(entries, 1_000)
  const own = fill(entries, entries)
  return {
    entries,
    bytesOfAnEntry: shared.bytes / entries,
    bytesOfAnEntryAndHolder: own.bytes / entries,
    mostRecordsOfACall: Math.max(shared.mostRecords, own.mostRecords),
    medianNanos: shared.medianNanos,
    slowestMicros: shared.slowestMicros,
    hourRatio: hour(Math.ceil(entries / 1_000)),
  }
}

interface Filled {
  readonly bytes: number
  readonly mostRecords: number
  readonly medianNanos: number
  readonly slowestMicros: number
}

function fill(entries: number, holders: number): Filled {
  const store = createMemoryReplayStore({
    windowSeconds: WINDOW,
    epoch: 0,
    maxEntries: entries,
    maxEntriesPerKey: entries,
  })
  const names = Array.from({ length: holders }, (_, number) => String.fromCharCode(...hashOf(-1 - number)))
  let mostRecords = 0
  const times: number[] = []
  for (let number = 0; number < entries; number++) {
    const key = hashOf(number)
    const before = store.work
    const start = performance.now()
    const answer = store.take({
      key,
      holder: names[number % holders] ?? '',
      issuedAt: 1,
      keepUntil: 2 + (number % 360),
      now: 1,
    })
    times.push(performance.now() - start)
    mostRecords = Math.max(mostRecords, store.work - before)
    if (answer !== 'fresh') throw new Error(`entry ${number}: ${answer}`)
  }
  return {
    bytes: store.bytes,
    mostRecords,
    medianNanos: quantile(times, 0.5) * 1e6,
    slowestMicros: quantile(times, 1) * 1e3,
  }
}

function hour(perSecond: number): number {
  const store = createMemoryReplayStore({
    windowSeconds: WINDOW,
    epoch: 0,
    maxEntries: 10_000_000,
    maxEntriesPerKey: 10_000_000,
  })
  let afterTenMinutes = 0
  let number = 0
  for (let now = 1; now <= 3_600; now++) {
    for (let count = 0; count < perSecond; count++) {
      store.take({ key: hashOf(number++), holder: 'h'.repeat(32), issuedAt: now, keepUntil: now + 360, now })
    }
    if (now === 600) afterTenMinutes = store.bytes
  }
  return store.bytes / afterTenMinutes
}

// As good as random, and quicker to make by the million than a digest.
function hashOf(number: number): Uint8Array {
  const words = new Uint32Array(8)
  let state = number | 0
  for (let index = 0; index < 8; index++) {
    state = (state + 0x9e3779b9) | 0
    let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad)
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97)
    words[index] = mixed ^ (mixed >>> 15) ^ Math.imul(number, index + 1)
  }
  return new Uint8Array(words.buffer)
}
