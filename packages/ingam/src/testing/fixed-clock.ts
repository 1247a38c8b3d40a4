// Layer: testing. A clock that moves only when it is told to.

import { validDate } from '../errors/options.ts'

/** A clock for tests; pass `now` as a verifier's `clock` and as a signer's `at`. */
export interface FixedClock {
  readonly now: () => Date
  /** Moves the clock forward, or back with a negative number. */
  readonly advance: (seconds: number) => void
}

/** Makes a clock that stands at an instant. */
export function createFixedClock(at: Date): FixedClock {
  let milliseconds = validDate('at', at).getTime()
  return {
    now: () => new Date(milliseconds),
    advance: (seconds) => {
      milliseconds += seconds * 1000
    },
  }
}
