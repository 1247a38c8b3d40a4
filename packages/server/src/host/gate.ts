// Server: how many requests are worked on at once. As many again wait, in order and for a short while; all others are
// told at once to come again, so that a crowd costs little.

import { ServiceError } from '../service-error.ts'

/** What {@link createGate} takes. */
export interface GateOptions {
  /** How many are let in at once, and how many wait. */
  readonly concurrency: number
  /** How long one waits at most. */
  readonly waitMilliseconds: number
}

/** The gate. */
export interface Gate {
  /**
   * Resolves once there is room; the caller must call what it gets exactly once when it is done.
   *
   * @throws {ServiceError} ERR_SERVICE_OVERLOADED where the queue is full, or the wait was too long
   */
  readonly enter: () => Promise<() => void>
  /** @throws {ServiceError} ERR_SERVICE_OVERLOADED where `enter` would do so at once */
  readonly check: () => void
  readonly inside: () => number
  readonly waiting: () => number
}

interface Waiter {
  readonly admit: () => void
  readonly timer: NodeJS.Timeout
}

/** A gate with room for `concurrency`. */
export function createGate({ concurrency, waitMilliseconds }: GateOptions): Gate {
  const waiters = new Set<Waiter>()
  let inside = 0

  function leave(): void {
    const [next] = waiters
    if (next === undefined) {
      inside -= 1
      return
    }
    // The place goes from one to the next without being free in between, so that nobody overtakes.
    waiters.delete(next)
    clearTimeout(next.timer)
    next.admit()
  }

  function check(): void {
    if (inside >= concurrency && waiters.size >= concurrency) throw overloaded('the queue is full')
  }

  return Object.freeze<Gate>({
    check,
    inside: () => inside,
    waiting: () => waiters.size,
    async enter() {
      if (inside < concurrency) {
        inside += 1
        return once(leave)
      }
      check()
      return await new Promise<() => void>((resolve, reject) => {
        const timer = setTimeout(() => {
          waiters.delete(waiter)
          reject(overloaded('the wait was too long'))
        }, waitMilliseconds)
        timer.unref()
        const waiter: Waiter = { admit: () => resolve(once(leave)), timer }
        waiters.add(waiter)
      })
    },
  })
}

function once(act: () => void): () => void {
  let isDone = false
  return () => {
    if (isDone) return
    isDone = true
    act()
  }
}

function overloaded(reason: string): ServiceError {
  return new ServiceError('ERR_SERVICE_OVERLOADED', reason, { retryAfterSeconds: 1 })
}
