import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ServiceError } from '../service-error.ts'
import { createClockGuard, type WatchedClock } from './clock-guard.ts'

const START = Date.UTC(2026, 10, 23, 8)

interface Machine {
  wall: number
  monotonic: number
  mark: number
  moves: number[]
  failing: boolean
}

function machine(state: Partial<Machine> = {}): {
  m: Machine
  guard: WatchedClock
  pass: (s: number) => void
} {
  const m: Machine = { wall: START, monotonic: 5_000, mark: 0, moves: [], failing: false, ...state }
  const guard = createClockGuard({
    wall: () => m.wall,
    monotonic: () => m.monotonic,
    mark: async () => {
      if (m.failing) throw new Error('store')
      return m.mark
    },
    moveMark: async (seconds) => {
      if (m.failing) throw new Error('store')
      m.moves.push(seconds)
      m.mark = seconds
    },
  })
  const pass = (seconds: number): void => {
    m.wall += seconds * 1000
    m.monotonic += seconds * 1000
  }
  return { m, guard, pass }
}

function refusal(guard: WatchedClock): string | undefined {
  try {
    guard.now()
    return undefined
  } catch (error) {
    return error instanceof ServiceError ? error.code : 'other'
  }
}

describe('the start', () => {
  test('is refused until the mark was read, then relied on', async () => {
    const { m, guard } = machine()
    expect(refusal(guard)).toBe('ERR_SERVICE_CLOCK')
    expect(guard.health().state).toBe('failing')
    expect(guard.pruneBefore()).toBeUndefined()
    await guard.tick()
    expect(guard.now()).toEqual(new Date(START))
    expect(guard.health()).toEqual({ state: 'ok' })
    expect(m.mark).toBe(START / 1000)
  })

  test('a mark that cannot be read refuses until it can', async () => {
    const { m, guard } = machine({ failing: true })
    await guard.tick()
    expect(refusal(guard)).toBe('ERR_SERVICE_CLOCK')
    m.failing = false
    await guard.tick()
    expect(refusal(guard)).toBeUndefined()
  })

  test('a mark that is no number refuses', async () => {
    const { guard } = machine({ mark: Number.NaN })
    await guard.tick()
    expect(refusal(guard)).toBe('ERR_SERVICE_CLOCK')
  })

  test.each([
    [10_000, undefined],
    [10_001, 'ERR_SERVICE_CLOCK'],
  ])('%d ms before the mark: %s', async (early, expected) => {
    const { guard } = machine({ mark: START / 1000, wall: START - early })
    await guard.tick()
    expect(refusal(guard)).toBe(expected)
  })

  test('behind the mark heals when time has come back to it, and does not move it', async () => {
    const { m, guard, pass } = machine({ mark: START / 1000, wall: START - 70_000 })
    await guard.tick()
    pass(59.999)
    await guard.tick()
    expect(refusal(guard)).toBe('ERR_SERVICE_CLOCK')
    expect(m.moves).toEqual([])
    expect(guard.health().message).toBe(
      'the clock is behind: expected 2026-11-23T07:59:50.000Z or later, found 2026-11-23T07:59:49.999Z',
    )
    pass(0.001)
    expect(refusal(guard)).toBeUndefined()
  })

  test('behind the mark heals at once where the clock is set right', async () => {
    const { m, guard } = machine({ mark: START / 1000, wall: 0 })
    await guard.tick()
    expect(refusal(guard)).toBe('ERR_SERVICE_CLOCK')
    m.wall = START + 3_600_000
    expect(refusal(guard)).toBeUndefined()
  })
})

describe('a step back', () => {
  test.each([
    [10_000, undefined],
    [10_001, 'ERR_SERVICE_CLOCK'],
  ])('of %d ms is noticed by the next question: %s', async (step, expected) => {
    const { m, guard } = machine()
    await guard.tick()
    m.wall -= step
    expect(refusal(guard)).toBe(expected)
    expect(guard.pruneBefore() === undefined).toBe(expected !== undefined)
  })

  test('is noticed after idle time too, though the wall is past the last instant asked about', async () => {
    const { m, guard, pass } = machine()
    await guard.tick()
    pass(600)
    m.wall -= 60_000
    expect(refusal(guard)).toBe('ERR_SERVICE_CLOCK')
    pass(49.999)
    expect(refusal(guard)).toBe('ERR_SERVICE_CLOCK')
    pass(0.001)
    expect(refusal(guard)).toBeUndefined()
  })

  test('that is taken back heals at once', async () => {
    const { m, guard, pass } = machine()
    await guard.tick()
    m.wall -= 3_600_000
    expect(refusal(guard)).toBe('ERR_SERVICE_CLOCK')
    pass(30)
    m.wall += 3_600_000
    expect(refusal(guard)).toBeUndefined()
  })

  test('that is over-corrected is a step forward', async () => {
    const { m, guard, pass } = machine()
    await guard.tick()
    m.wall -= 3_600_000
    await guard.tick()
    m.wall += 7_200_000
    expect(refusal(guard)).toBe('ERR_SERVICE_CLOCK')
    pass(60)
    expect(refusal(guard)).toBeUndefined()
  })

  test('in small steps adds up', async () => {
    const { m, guard, pass } = machine()
    await guard.tick()
    for (let step = 0; step < 3; step += 1) {
      pass(1)
      m.wall -= 6_000
      await guard.tick()
    }
    expect(refusal(guard)).toBe('ERR_SERVICE_CLOCK')
  })
})

describe('a step forward', () => {
  test.each([
    [10_000, undefined],
    [10_001, 'ERR_SERVICE_CLOCK'],
  ])('of %d ms is noticed by the next question: %s', async (step, expected) => {
    const { m, guard } = machine()
    await guard.tick()
    m.wall += step
    expect(refusal(guard)).toBe(expected)
  })

  test('is believed once it has stayed, and the mark does not move before', async () => {
    const { m, guard, pass } = machine()
    await guard.tick()
    m.wall += 3_600_000
    await guard.tick()
    pass(59.999)
    await guard.tick()
    expect(refusal(guard)).toBe('ERR_SERVICE_CLOCK')
    expect(m.mark).toBe(START / 1000)
    pass(0.001)
    await guard.tick()
    expect(refusal(guard)).toBeUndefined()
    expect(m.mark).toBe(START / 1000 + 3_660)
  })

  test('that is taken back heals at once', async () => {
    const { m, guard, pass } = machine()
    await guard.tick()
    m.wall += 3_600_000
    expect(refusal(guard)).toBe('ERR_SERVICE_CLOCK')
    pass(5)
    m.wall -= 3_600_000
    expect(refusal(guard)).toBeUndefined()
  })

  test('that goes on stepping is not believed', async () => {
    const { m, guard, pass } = machine()
    await guard.tick()
    for (let minute = 0; minute < 5; minute += 1) {
      m.wall += 3_600_000
      expect(refusal(guard)).toBe('ERR_SERVICE_CLOCK')
      pass(59)
    }
    expect(refusal(guard)).toBe('ERR_SERVICE_CLOCK')
    pass(1)
    expect(refusal(guard)).toBeUndefined()
  })

  test('in small steps adds up', async () => {
    const { m, guard, pass } = machine()
    await guard.tick()
    for (let step = 0; step < 2; step += 1) {
      pass(1)
      m.wall += 6_000
      await guard.tick()
    }
    expect(refusal(guard)).toBe('ERR_SERVICE_CLOCK')
  })

  test('sleep looks like one: wall goes on, the monotonic clock stood', async () => {
    const { m, guard, pass } = machine()
    await guard.tick()
    m.wall += 8 * 3_600_000
    expect(refusal(guard)).toBe('ERR_SERVICE_CLOCK')
    pass(60)
    expect(guard.now()).toEqual(new Date(START + 8 * 3_600_000 + 60_000))
  })
})

test('steps back and forth, each time a little further on, add up', async () => {
  const { m, guard } = machine()
  await guard.tick()
  const step = (seconds: number): string | undefined => {
    m.wall = START - 60_000
    expect(refusal(guard)).toBe('ERR_SERVICE_CLOCK')
    m.wall = START + seconds * 1000
    return refusal(guard)
  }
  expect(step(9)).toBeUndefined()
  // By what was relied on first, which is still the measure, not by the nine seconds.
  expect(step(10)).toBeUndefined()
  expect(step(18)).toBe('ERR_SERVICE_CLOCK')
})

test('nothing is pruned by a clock that was stepped, though nobody has asked for the time since', async () => {
  for (const seconds of [60, -60]) {
    const { m, guard } = machine()
    await guard.tick()
    expect(guard.pruneBefore()).toBe(START / 1000 - 10)
    m.wall += seconds * 1000
    expect(guard.pruneBefore()).toBeUndefined()
  }
})

describe('the mark', () => {
  test('moves at most every five seconds', async () => {
    const { m, guard, pass } = machine()
    for (let second = 0; second <= 10; second += 1) {
      await guard.tick()
      pass(1)
    }
    expect(m.moves.map((at) => at - START / 1000)).toEqual([0, 5, 10])
  })

  test('that cannot be moved leaves the clock relied on and the durable mark as it was', async () => {
    const { m, guard, pass } = machine()
    await guard.tick()
    m.failing = true
    pass(100)
    await guard.tick()
    expect(refusal(guard)).toBeUndefined()
    expect(guard.pruneBefore()).toBe(START / 1000 - 10)
  })

  test('two ticks at once are one', async () => {
    const { m, guard } = machine()
    await Promise.all([guard.tick(), guard.tick()])
    expect(m.moves).toHaveLength(1)
  })
})

test('a wall clock out of all range refuses and can be told of', async () => {
  const { m, guard } = machine()
  await guard.tick()
  for (const wall of [Number.NaN, Number.POSITIVE_INFINITY, 9e15, -9e15]) {
    m.wall = wall
    expect(refusal(guard)).toBe('ERR_SERVICE_CLOCK')
    expect(guard.health().state).toBe('failing')
  }
})

test('slow drift, a tick every five seconds, is followed for weeks', async () => {
  const { m, guard, pass } = machine()
  for (let tick = 0; tick < 20_000; tick += 1) {
    await guard.tick()
    pass(5)
    m.wall += 2
    if (refusal(guard) !== undefined) throw new Error(`refused at tick ${tick}`)
  }
})

// What the rules are for: whatever the clock does, across restarts, an instant that is served is never before what may
// have been forgotten.
test('no served instant is before what may have been pruned', async () => {
  const action = fc.oneof(
    fc.record({ kind: fc.constant('pass' as const), by: fc.integer({ min: 0, max: 120 }) }),
    fc.record({ kind: fc.constant('step' as const), by: fc.integer({ min: -4000, max: 4000 }) }),
    fc.record({ kind: fc.constant('step' as const), by: fc.integer({ min: -12, max: 12 }) }),
    fc.record({ kind: fc.constantFrom('tick' as const, 'restart' as const), by: fc.constant(0) }),
  )
  await fc.assert(
    fc.asyncProperty(fc.array(action, { maxLength: 40 }), async (actions) => {
      let { m, guard, pass } = machine()
      let forgotten = 0
      await guard.tick()
      for (const { kind, by } of actions) {
        if (kind === 'pass') pass(by)
        if (kind === 'step') m.wall += by * 1000
        if (kind === 'restart') ({ m, guard, pass } = machine({ wall: m.wall, mark: m.mark, monotonic: 0 }))
        if (kind !== 'pass') await guard.tick()
        if (refusal(guard) === undefined)
          expect(guard.now().getTime() / 1000).toBeGreaterThanOrEqual(forgotten)
        forgotten = Math.max(forgotten, guard.pruneBefore() ?? 0)
      }
    }),
    { numRuns: 500 },
  )
})
