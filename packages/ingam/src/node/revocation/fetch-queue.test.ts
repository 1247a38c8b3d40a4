// So much at a time, so much waiting, in order of arrival.

import { expect, test } from 'vitest'
import { FetchQueue } from './fetch-queue.ts'

interface Gate {
  readonly work: () => Promise<string>
  readonly open: () => void
}

function createGate(name: string, started: string[]): Gate {
  const { promise, resolve } = Promise.withResolvers<void>()
  return {
    work: async () => {
      started.push(name)
      await promise
      return name
    },
    open: resolve,
  }
}

test('runs as much as it may, then one for each that ends, the longest waiting first', async () => {
  const started: string[] = []
  const queue = new FetchQueue(2, 3)
  const gates = ['a', 'b', 'c', 'd', 'e'].map((name) => createGate(name, started))
  const [a, b, c, d, e] = gates.map(({ work }) => queue.run(work))
  expect(started).toEqual(['a', 'b'])
  gates[1]?.open()
  expect(await b).toBe('b')
  await Promise.resolve()
  expect(started).toEqual(['a', 'b', 'c'])
  for (const { open } of gates) open()
  expect(await Promise.all([a, c, d, e])).toEqual(['a', 'c', 'd', 'e'])
  expect(started).toEqual(['a', 'b', 'c', 'd', 'e'])
})

test('lets as many wait as it may, and turns one more away without its work', async () => {
  const started: string[] = []
  const queue = new FetchQueue(1, 1)
  const gates = ['a', 'b', 'c'].map((name) => createGate(name, started))
  const runs = gates.map(({ work }) => queue.run(work))
  expect(runs.map((run) => run === undefined)).toEqual([false, false, true])
  for (const { open } of gates) open()
  await Promise.all(runs)
  expect(started).toEqual(['a', 'b'])
  expect(await queue.run(async () => 'again')).toBe('again')
})

test('goes on after work that fails', async () => {
  const queue = new FetchQueue(1, 1)
  const failing = queue.run(async () => await Promise.reject(new Error('fails')))
  const next = queue.run(async () => 'next')
  await expect(failing).rejects.toThrow('fails')
  expect(await next).toBe('next')
})
