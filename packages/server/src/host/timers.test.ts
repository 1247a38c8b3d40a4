import { describe, expect, it, vi } from 'vitest'
import { fakeLog } from '../../../../test/service/support/fakes.ts'
import { atMost, createTimers } from './timers.ts'

describe('timers', () => {
  it('run a task again and again, never twice at once, whatever it throws', async () => {
    vi.useFakeTimers()
    try {
      const log = fakeLog()
      const timers = createTimers(log)
      let runs = 0
      let gate = Promise.withResolvers<void>()
      timers.every(1, 'task', async () => {
        runs += 1
        await gate.promise
      })
      await vi.advanceTimersByTimeAsync(3_500)
      expect(runs).toBe(1)
      gate.reject(new Error('broken'))
      await vi.advanceTimersByTimeAsync(0)
      gate = Promise.withResolvers<void>()
      await vi.advanceTimersByTimeAsync(1_000)
      expect(runs).toBe(2)
      expect(log.lines).toMatchObject([{ level: 'warn', fields: { task: 'task' } }])
      let isStopped = false
      const stopping = timers.stop().then(() => {
        isStopped = true
      })
      await vi.advanceTimersByTimeAsync(5_000)
      expect([runs, isStopped]).toEqual([2, false])
      gate.resolve()
      await stopping
    } finally {
      vi.useRealTimers()
    }
  })
})

describe('work that has a limit', () => {
  it('is waited for until its end, and for no longer than the limit', async () => {
    vi.useFakeTimers()
    try {
      const done: string[] = []
      const hung = atMost(1_000, new Promise<void>(() => {})).then(() => done.push('hung'))
      await atMost(1_000, Promise.resolve())
      expect(vi.getTimerCount()).toBe(1)
      await expect(atMost(1_000, Promise.reject(new Error('broken')))).rejects.toThrow('broken')
      await vi.advanceTimersByTimeAsync(999)
      expect(done).toEqual([])
      await vi.advanceTimersByTimeAsync(1)
      await hung
      expect([done, vi.getTimerCount()]).toEqual([['hung'], 0])
    } finally {
      vi.useRealTimers()
    }
  })
})
