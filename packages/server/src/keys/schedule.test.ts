import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { KeyUse, StoredKey } from '../stores/contract.ts'
import { addKey, due, FOR_GOOD, type Spans, signing } from './schedule.ts'
import type { NewKey } from './sealed-key.ts'

const slot = { use: 'access-token', algorithm: 'ES256' } as const
const LIFETIME = 900
const spans: Spans = {
  rotate: 10_000,
  overlap: 1_000,
  retention: (use) => (use === 'audit' ? FOR_GOOD : LIFETIME),
}

function key(kid: string, use: KeyUse = 'access-token', algorithm = 'ES256'): NewKey {
  return { kid, use, algorithm, publicJwk: '', sealed: new Uint8Array() }
}

function merged(rows: readonly StoredKey[], change: ReturnType<typeof addKey>): StoredKey[] {
  const touched = [change.added, ...change.changed]
  return [...rows.filter((row) => !touched.some(({ kid }) => kid === row.kid)), ...touched]
}

describe('when something is due', () => {
  const { added } = addKey([], key('a'), 'first', spans, 100)

  test.each([
    [100, 'nothing'],
    [9_099, 'nothing'],
    [9_100, 'next'],
    [10_099, 'next'],
    [10_100, 'first'],
  ])('at %d: %s', (now, expected) => {
    expect(due([added], slot, spans, now)).toBe(expected)
  })

  test('other slots do not count', () => {
    expect(due([added], { use: 'audit', algorithm: 'ES256' }, spans, 100)).toBe('first')
    expect(due([added], { use: 'access-token', algorithm: 'RS256' }, spans, 100)).toBe('first')
  })

  test('once the next one is there, nothing is', () => {
    const rows = merged([added], addKey([added], key('b'), 'next', spans, 9_100))
    for (let now = 9_100; now < 19_100; now += 100) expect(due(rows, slot, spans, now)).toBe('nothing')
    expect(due(rows, slot, spans, 19_100)).toBe('next')
  })
})

test('of two that may sign, the one that came last does, in whatever order they lie', () => {
  const { added } = addKey([], key('a'), 'first', spans, 100)
  const later = { ...added, kid: 'b', activeFrom: 200 }
  for (const rows of [
    [added, later],
    [later, added],
  ]) {
    expect(signing(rows, 199)?.kid).toBe('a')
    expect(signing(rows, 200)?.kid).toBe('b')
  }
})

test('a key that is published no longer does not count, however long it was to sign', () => {
  const { added } = addKey([], key('a'), 'first', spans, 100)
  const gone = { ...added, publishedUntil: 500 }
  expect(due([gone], slot, spans, 499)).toBe('next')
  expect(due([gone], slot, spans, 500)).toBe('first')
})

test('a key that would begin after the new one is withdrawn: it never signs', () => {
  const first = addKey([], key('a'), 'first', spans, 100).added
  const far: StoredKey = {
    ...first,
    kid: 'b',
    activeFrom: 9_000,
    activeUntil: 19_000,
    publishedUntil: 19_900,
  }
  const { changed } = addKey([first, far], key('c'), 'next', spans, 1_000)
  expect(changed).toContainEqual({ ...far, activeUntil: 1_000, publishedUntil: 1_000 })
})

describe('times', () => {
  test('of a first key, and of one after it', () => {
    const { added } = addKey([], key('a'), 'first', spans, 100)
    expect(added).toMatchObject({
      publishedFrom: 100,
      activeFrom: 100,
      activeUntil: 10_100,
      publishedUntil: 11_000,
    })
    const next = addKey([added], key('b'), 'next', spans, 9_500)
    expect(next.added).toMatchObject({ publishedFrom: 9_500, activeFrom: 10_500, activeUntil: 20_500 })
    // It signs until the new one does, though that is later than was planned.
    expect(next.changed).toMatchObject([{ kid: 'a', activeUntil: 10_500, publishedUntil: 11_400 }])
  })

  test('of audit keys: published for good', () => {
    const { added } = addKey([], key('a', 'audit'), 'first', spans, 100)
    const next = addKey([added], key('b', 'audit'), 'next', spans, 9_500)
    expect([added.publishedUntil, next.changed[0]?.publishedUntil]).toEqual([FOR_GOOD, FOR_GOOD])
  })

  test('keys of other slots are left alone, and so is one that has retired', () => {
    const { added: other } = addKey([], key('o', 'audit'), 'first', spans, 100)
    const { added: rsa } = addKey([], key('r', 'access-token', 'RS256'), 'first', spans, 100)
    const { added: old } = addKey([], key('a'), 'first', spans, 100)
    expect(addKey([other, rsa, old], key('b'), 'next', spans, 10_100).changed).toEqual([])
    expect(addKey([other, rsa], key('b'), 'immediately', spans, 200).changed).toEqual([])
  })

  test('nothing signs before, or at the end of, its time', () => {
    const { added } = addKey([], key('a'), 'first', spans, 100)
    expect([99, 100, 10_099, 10_100].map((now) => signing([added], now)?.kid)).toEqual([
      undefined,
      'a',
      'a',
      undefined,
    ])
    expect(signing([{ ...added, publishedUntil: 500 }], 500)).toBeUndefined()
  })
})

// Whatever is ordered by hand and whenever, with a refresh often enough.
test('there is always a key, it was published for the overlap, and stays until its last token has expired', () => {
  const step = fc.record({
    seconds: fc.integer({ min: 1, max: 400 }),
    act: fc.constantFrom('refresh', 'refresh', 'refresh', 'next', 'immediately'),
  })
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 120 }), (steps) => {
      let now = 1_000
      let rows: StoredKey[] = []
      let made = 0
      const atOnce = new Set<string>()
      const signed: { kid: string; at: number }[] = []
      let withdrawnAt = 0
      const add = (how: 'first' | 'next' | 'immediately'): void => {
        made += 1
        if (how !== 'next') atOnce.add(`${made}`)
        rows = merged(rows, addKey(rows, key(`${made}`), how, spans, now))
      }
      for (const { seconds, act } of [{ seconds: 1, act: 'refresh' }, ...steps]) {
        now += seconds
        const what = due(rows, slot, spans, now)
        if (what !== 'nothing') add(what)
        if (act === 'next') add('next')
        if (act === 'immediately') {
          add('immediately')
          withdrawnAt = now
        }
        const current = signing(rows, now)
        expect(current).toBeDefined()
        if (current === undefined) return
        if (!atOnce.has(current.kid))
          expect(now - current.publishedFrom).toBeGreaterThanOrEqual(spans.overlap)
        signed.push({ kid: current.kid, at: now })
        for (const { kid, at } of signed) {
          const row = rows.find((one) => one.kid === kid)
          if (at + LIFETIME <= now || row === undefined) continue
          if (at < withdrawnAt) expect(row.publishedUntil).toBeLessThanOrEqual(withdrawnAt)
          else if (at > withdrawnAt) expect(row.publishedUntil).toBeGreaterThan(now)
        }
      }
    }),
    { numRuns: 300 },
  )
})
