import { describe, expect, test } from 'vitest'
import type { RefusalLog } from '../service.ts'
import { ServiceError } from '../service-error.ts'
import type { AuditEvent } from './record.ts'
import { createRefusalLog } from './refusals.ts'

const START = Date.UTC(2026, 10, 23, 8)

interface World {
  now: number
  failing: boolean
  clockFails: boolean
  /** Set: commits wait for it. */
  gate: Promise<void> | undefined
  units: (readonly AuditEvent[])[]
  counted: string[]
}

function refusals(perMinute = 2): {
  world: World
  log: RefusalLog
  early: (code?: string, times?: number) => void
} {
  const world: World = {
    now: START,
    failing: false,
    clockFails: false,
    gate: undefined,
    units: [],
    counted: [],
  }
  const log = createRefusalLog({
    stores: {
      commit: async ({ audit }) => {
        await world.gate
        if (world.failing) throw new ServiceError('ERR_SERVICE_STORE', 'no')
        world.units.push(audit)
        return { outcome: 'committed', ended: 0 }
      },
    },
    clock: () => {
      if (world.clockFails) throw new ServiceError('ERR_SERVICE_CLOCK', 'no')
      return new Date(world.now)
    },
    log: { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} },
    metrics: { refused: (code) => world.counted.push(code) },
    perMinute,
  })
  const early = (code = 'ERR_A', times = 1): void => {
    for (let time = 0; time < times; time += 1)
      log.early({ code, requestId: `r${time}`, address: '192.0.2.1' })
  }
  return { world, log, early }
}

const samplesOf = (unit: readonly AuditEvent[] = []): number =>
  unit.filter(({ type }) => type === 'token.refused').length
const countsOf = (unit: readonly AuditEvent[] = []): unknown =>
  unit.find(({ type }) => type === 'refusals.counted')?.details['counts']

test('writes the first few in full and all as counts, in one unit', async () => {
  const { world, log, early } = refusals()
  early('ERR_A', 5)
  early('ERR_B', 3)
  world.now += 60_000
  await log.flush()
  expect(world.units).toEqual([
    [
      {
        type: 'token.refused',
        at: START,
        requestId: 'r0',
        details: { code: 'ERR_A', address: '192.0.2.1', early: true },
      },
      {
        type: 'token.refused',
        at: START,
        requestId: 'r1',
        details: { code: 'ERR_A', address: '192.0.2.1', early: true },
      },
      {
        type: 'refusals.counted',
        at: START + 60_000,
        actor: 'service',
        details: { since: '2026-11-23T08:00:00.000Z', counts: { ERR_A: 5, ERR_B: 3 }, sampled: 2 },
      },
    ],
  ])
  expect(world.counted).toHaveLength(8)
})

test('nothing refused, nothing written', async () => {
  const { world, log, early } = refusals()
  await log.flush()
  early()
  await log.flush()
  await log.flush()
  expect(world.units).toHaveLength(1)
})

test('samples are per minute, however often it is flushed', async () => {
  const { world, log, early } = refusals(2)
  for (let second = 0; second < 60; second += 10) {
    early('ERR_A', 5)
    await log.flush()
    world.now += 10_000
  }
  expect(world.units.map(samplesOf)).toEqual([2, 0, 0, 0, 0, 0])
  early('ERR_A', 5)
  await log.flush()
  expect(samplesOf(world.units.at(-1))).toBe(2)
})

test('none are sampled where none are wanted', async () => {
  const { world, log, early } = refusals(0)
  early('ERR_A', 5)
  await log.flush()
  expect([samplesOf(world.units[0]), countsOf(world.units[0])]).toEqual([0, { ERR_A: 5 }])
})

describe('a store that fails', () => {
  test('keeps counts and samples for the next time', async () => {
    const { world, log, early } = refusals(2)
    world.failing = true
    for (let minute = 0; minute < 100; minute += 1) {
      early('ERR_A', 10)
      world.now += 60_000
      await log.flush()
    }
    world.failing = false
    await log.flush()
    expect(world.units).toHaveLength(1)
    expect([samplesOf(world.units[0]), countsOf(world.units[0])]).toEqual([2, { ERR_A: 1000 }])
    expect(world.units[0]?.at(-1)?.details['since']).toBe('2026-11-23T08:00:00.000Z')
    await log.flush()
    expect(world.units).toHaveLength(1)
  })

  test('that is slow loses nothing of what comes meanwhile, and two flushes are one', async () => {
    const { world, log, early } = refusals(2)
    let open = (): void => {}
    world.gate = new Promise((resolve) => {
      open = resolve
    })
    early('ERR_A', 3)
    const flushes = Promise.all([log.flush(), log.flush()])
    early('ERR_A', 4)
    early('ERR_B', 1)
    open()
    await flushes
    await log.flush()
    expect(world.units.map(countsOf)).toEqual([{ ERR_A: 3 }, { ERR_A: 4, ERR_B: 1 }])
  })
})

describe('bounds', () => {
  test('as many codes as there is room for are counted by name, the next as other', async () => {
    const { world, log, early } = refusals()
    for (let index = 0; index < 300; index += 1) early(`ERR_${index}`)
    await log.flush()
    const counts = countsOf(world.units[0]) as Record<string, number>
    expect(Object.keys(counts)).toHaveLength(257)
    expect(counts['ERR_255']).toBe(1)
    expect(counts['ERR_256']).toBeUndefined()
    expect(counts['other']).toBe(44)
  })

  test('what comes from outside is escaped and cut', async () => {
    const { world, log } = refusals()
    log.early({ code: '__proto__', requestId: 'r', address: `\u202e${'x'.repeat(1000)}` })
    await log.flush()
    const address = String(world.units[0]?.[0]?.details['address'])
    expect(address.length).toBeLessThan(100)
    expect(address).toContain('\\u{202e}')
    expect(Object.entries(countsOf(world.units[0]) as object)).toEqual([['__proto__', 1]])
  })
})

test('while the clock fails it counts, and writes once that is mended', async () => {
  const { world, log, early } = refusals()
  world.clockFails = true
  early('ERR_A', 2)
  await log.flush()
  expect(world.units).toEqual([])
  world.clockFails = false
  await log.flush()
  expect(countsOf(world.units[0])).toEqual({ ERR_A: 2 })
})

test('a clock that was set back samples all the same', async () => {
  const { world, log, early } = refusals(1)
  early()
  await log.flush()
  world.now -= 3_600_000
  early()
  await log.flush()
  expect(world.units.map(samplesOf)).toEqual([1, 1])
})
