// Server: whether the clock can be relied on. Two clocks are watched, the wall's and the monotonic one, and a mark in the
// store that outlives the process. A clock that was set back lets tokens live again whose use is forgotten; one that was
// set forward lets grants, lists and keys expire that have not. Both refuse to serve, and both heal by themselves.

import type { ClockGuard, Log } from '../service.ts'
import { ServiceError } from '../service-error.ts'

/** What a {@link WatchedClock} needs. */
export interface ClockGuardOptions {
  /** The wall clock, in milliseconds since 1970 UTC. */
  readonly wall: () => number
  /** Milliseconds of a clock that nobody sets. It may stand still while the machine sleeps. */
  readonly monotonic: () => number
  /** The latest instant the store has seen, in seconds since 1970 UTC (Stores.clockMark). */
  readonly mark: () => Promise<number>
  /** Moves the mark on (Stores.moveClock). */
  readonly moveMark: (seconds: number) => Promise<void>
  /** Steps up to this many seconds are none; default 10. */
  readonly toleranceSeconds?: number
  /** For how many seconds a clock that was set forward must stay there to be believed; default 60. */
  readonly settleSeconds?: number
  /** The mark moves at most this often, in seconds; default 5. */
  readonly markSeconds?: number
  readonly log?: Log
}

/** A {@link ClockGuard} with what its timer calls. */
export interface WatchedClock extends ClockGuard {
  /**
   * Reads the mark (the first time), looks at the clocks, moves the mark on. Never throws. To be called once before
   * anything is served, then every few seconds.
   */
  readonly tick: () => Promise<void>
  /**
   * Up to which instant, in seconds since 1970 UTC, uses of one-time tokens may be forgotten: the durable mark less the
   * tolerance, so that no clock this guard accepts, now or after a restart, can revive a token whose use was forgotten.
   * Undefined while the clock cannot be relied on: then nothing may be pruned.
   */
  readonly pruneBefore: () => number | undefined
}

type Standing =
  | { readonly kind: 'starting' }
  | { readonly kind: 'ok' }
  | { readonly kind: 'behind' }
  | { readonly kind: 'ahead'; readonly offset: number; readonly since: number }

/**
 * A guard that refuses until its first tick has read the mark.
 *
 * - Set back, within the process or across a restart: refused until the wall clock is back at the latest instant seen,
 *   less the tolerance.
 * - Set forward by more than the tolerance: refused until it went back, or has stayed for `settleSeconds` of the
 *   monotonic clock. The mark does not move meanwhile. A machine that slept looks the same where its monotonic clock
 *   stood still, and heals the same way.
 *
 * **Not noticed**: a wrong clock that was wrong before the process started and is not behind the mark; and steps within
 * the tolerance, though those add up: only one in a thousand of the time passed is taken for drift.
 */
export function createClockGuard(options: ClockGuardOptions): WatchedClock {
  const { wall, monotonic, log } = options
  const tolerance = (options.toleranceSeconds ?? 10) * 1000
  const settle = (options.settleSeconds ?? 60) * 1000
  const markEvery = options.markSeconds ?? 5

  let standing: Standing = { kind: 'starting' }
  /** Wall less monotonic, as it was relied on last; undefined until it was once. */
  let offset: number | undefined
  /** Monotonic instant to which `offset` belongs. */
  let offsetAt = 0
  /** The latest wall instant that was relied on, or that must have passed. */
  let latest = 0
  /** The mark as it is durable, in seconds; undefined until it was read. */
  let mark: number | undefined
  let ticking: Promise<void> | undefined

  return {
    now: () => {
      const at = look()
      if (standing.kind === 'ok') return new Date(at)
      throw new ServiceError('ERR_SERVICE_CLOCK', message(at), { retryAfterSeconds: 5 })
    },
    health: () => {
      const at = look()
      return standing.kind === 'ok' ? { state: 'ok' } : { state: 'failing', message: message(at) }
    },
    tick: () => {
      ticking ??= tick().finally(() => {
        ticking = undefined
      })
      return ticking
    },
    pruneBefore: () => {
      look()
      return standing.kind === 'ok' && mark !== undefined ? mark - tolerance / 1000 : undefined
    },
  }

  async function tick(): Promise<void> {
    try {
      if (mark === undefined) {
        const read = await options.mark()
        // A mark that is no number would compare as neither behind nor ahead.
        if (!Number.isFinite(read)) throw new TypeError('the mark is not a number')
        mark = read
        latest = Math.max(latest, mark * 1000)
        enter({ kind: 'behind' }, undefined)
      }
      const at = look()
      if (standing.kind !== 'ok') return
      follow(at)
      const next = Math.floor(latest / 1000)
      if (next < mark + markEvery) return
      await options.moveMark(next)
      mark = next
    } catch (error) {
      // The next tick tries again. Before the first mark is read, nothing is served; later the old mark stays good.
      log?.warn({ err: error }, 'the mark of the clock cannot be read or moved')
    }
  }

  /** Looks at both clocks, settles how the wall clock stands, and returns its instant. */
  function look(): number {
    const at = wall()
    if (standing.kind === 'starting') return at
    const passed = monotonic()
    const expected = offset === undefined ? undefined : offset + passed
    if (!Number.isFinite(at)) {
      enter({ kind: 'behind' }, at)
    } else if (at < latest - tolerance) {
      enter({ kind: 'behind' }, at)
    } else if (expected !== undefined && at > expected + tolerance) {
      lookAhead(at, passed)
    } else if (standing.kind !== 'behind' && expected !== undefined && at < expected - tolerance) {
      // Set back to an instant that nobody had asked about: what would be now has passed all the same.
      latest = Math.max(latest, expected)
      enter({ kind: 'behind' }, at)
    } else {
      rely(at, passed)
    }
    return at
  }

  function lookAhead(at: number, passed: number): void {
    if (standing.kind !== 'ahead' || Math.abs(at - passed - standing.offset) > tolerance) {
      enter({ kind: 'ahead', offset: at - passed, since: passed }, at)
    } else if (passed - standing.since >= settle) {
      rely(at, passed)
    }
  }

  function rely(at: number, passed: number): void {
    if (standing.kind === 'ok') {
      if (at > latest) latest = at
      return
    }
    // Within the tolerance of what was relied on, that stays the measure: else small steps could be taken one by one.
    if (offset === undefined || Math.abs(at - passed - offset) > tolerance) {
      offset = at - passed
      offsetAt = passed
    }
    latest = Math.max(latest, at)
    enter({ kind: 'ok' }, at)
  }

  // LIMIT: 1 ms a second is twice what kernels slew by (500 ppm, adjtimex) and far above the drift of a quartz.
  function follow(at: number): void {
    const passed = monotonic()
    const most = (passed - offsetAt) / 1000
    const step = at - passed - (offset ?? 0)
    offset = (offset ?? 0) + Math.max(-most, Math.min(most, step))
    offsetAt = passed
  }

  function enter(next: Standing, at: number | undefined): void {
    const before = standing.kind
    standing = next
    if (before === next.kind || at === undefined) return
    if (next.kind !== 'ok') log?.error({ standing: next.kind }, message(at))
    else if (offset !== undefined) log?.info({}, 'the clock is relied on')
  }

  function message(at: number): string {
    switch (standing.kind) {
      case 'starting':
        return 'the mark of the clock has not been read yet'
      case 'behind':
        return `the clock is behind: expected ${iso(latest - tolerance)} or later, found ${iso(at)}`
      case 'ahead':
        return `the clock was set forward: expected about ${iso((offset ?? 0) + monotonic())}, found ${iso(at)}`
      case 'ok':
        return 'the clock is relied on'
    }
  }
}

// A wall clock may show what no Date can hold; telling of it must not throw.
function iso(milliseconds: number): string {
  const date = new Date(milliseconds)
  return Number.isNaN(date.getTime()) ? `${milliseconds} ms` : date.toISOString()
}
