// Server: what is done again and again. No run overlaps with the one before, none keeps the process alive, and what one
// throws is logged and forgotten: the next one tries again.

import type { Log } from '../service.ts'
import { describeError } from './log.ts'

/** Tasks at intervals. */
export interface Timers {
  readonly every: (seconds: number, name: string, run: () => Promise<void>) => void
  /** Nothing runs any more when it resolves. */
  readonly stop: () => Promise<void>
}

/** Timers that log what goes wrong. */
export function createTimers(log: Log): Timers {
  const handles: NodeJS.Timeout[] = []
  const running = new Set<Promise<void>>()
  return {
    every(seconds, name, run) {
      let current: Promise<void> | undefined
      const handle = setInterval(() => {
        if (current !== undefined) return
        const mine = guard(log, name, run).finally(() => {
          current = undefined
          running.delete(mine)
        })
        current = mine
        running.add(mine)
      }, seconds * 1000)
      handle.unref()
      handles.push(handle)
    },
    async stop() {
      for (const handle of handles) clearInterval(handle)
      await Promise.all(running)
    },
  }
}

/** Resolves with the work, or once the time is over: what hangs by then is left behind. Rejects as the work does. */
export async function atMost(milliseconds: number, work: Promise<void>): Promise<void> {
  const late = Promise.withResolvers<void>()
  const timer = setTimeout(late.resolve, milliseconds)
  try {
    await Promise.race([work, late.promise])
  } finally {
    clearTimeout(timer)
  }
}

/** Runs a task; what it throws is logged under its name. */
export async function guard(log: Log, name: string, run: () => Promise<void>): Promise<void> {
  try {
    await run()
  } catch (error) {
    log.warn({ task: name, error: describeError(error) }, 'a task failed')
  }
}
