// Starts workers and reads what they print.

import { execFile, spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import type { Algorithm } from './pki.ts'

const WORKER = join(import.meta.dirname, '..', 'worker.ts')

export interface Job {
  readonly measure: string
  readonly algorithm?: Algorithm
  readonly contestant?: string
}

/** A worker's answer. The type is the caller's promise, as both ends are in this folder. */
export async function run<T>(
  node: string,
  { measure, algorithm = 'ES256', contestant = '-' }: Job,
): Promise<T> {
  const quick = process.argv.includes('--quick') ? ['--quick'] : []
  const words = ['--expose-gc', '--no-warnings', WORKER, measure, algorithm, contestant, ...quick]
  const { stdout } = await promisify(execFile)(node, words, { maxBuffer: 2 ** 26 })
  return JSON.parse(stdout)
}

/** Two workers at once: what both reached in each of the slices, by turns bare and ingam. */
export async function spinTwo(
  node: string,
  slices: number,
): Promise<{ readonly bare: number[]; readonly ingam: number[] }> {
  const quick = process.argv.includes('--quick') ? ['--quick'] : []
  const children = [0, 1].map(() => {
    const child = spawn(node, ['--no-warnings', WORKER, 'spin', 'ES256', '-', ...quick], {
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    return { child, lines: createInterface({ input: child.stdout })[Symbol.asyncIterator]() }
  })
  for (const { lines } of children) await lines.next()
  const reached: { readonly bare: number[]; readonly ingam: number[] } = { bare: [], ingam: [] }
  for (let slice = 0; slice < 2 * slices + 2; slice++) {
    const name = slice % 2 === 0 ? 'bare' : 'ingam'
    for (const { child } of children) child.stdin.write(`${name}\n`)
    let perSecond = 0
    for (const { lines } of children) {
      const { value } = await lines.next()
      const { calls, milliseconds }: { calls: number; milliseconds: number } = JSON.parse(String(value))
      perSecond += (calls * 1_000) / milliseconds
    }
    // The first slice of each warms up.
    if (slice >= 2) reached[name].push(perSecond)
  }
  for (const { child } of children) child.stdin.end()
  return reached
}
