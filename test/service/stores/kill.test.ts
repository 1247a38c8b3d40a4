// A store whose process is killed in the middle of its work, again and again: what was acknowledged is there, no use
// counts twice, and the audit chain has no gap.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { AuditRecord } from '../../../packages/server/src/audit/record.ts'
import type { Stores } from '../../../packages/server/src/stores/contract.ts'
import { openSqliteStores } from '../../../packages/server/src/stores/sqlite-stores.ts'
import { expectChain } from './kit.ts'
import { useOf } from './kit-values.ts'
import { optionsFor, temporaryFolder } from './support.ts'

const ROUNDS = 20
const CHILD: string = join(import.meta.dirname, 'kill-child.ts')

describe('a SQLite store that is killed', () => {
  let folder: string
  const children = new Set<ChildProcess>()
  beforeEach(() => {
    folder = temporaryFolder()
  })
  afterEach(() => {
    for (const child of children) child.kill('SIGKILL')
    rmSync(folder, { recursive: true, force: true })
  })

  // Kills the child once it has acknowledged so many units; returns what it had acknowledged when it was dead.
  async function runAndKill(from: number, acknowledgements: number): Promise<Map<number, string>> {
    const child = spawn(process.execPath, ['--no-warnings', CHILD, folder, `${from}`], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    children.add(child)
    const ended = once(child, 'close')
    const outcomes = new Map<number, string>()
    for await (const line of createInterface({ input: child.stdout })) {
      const [number = '', outcome = ''] = line.split(' ')
      if (outcome !== '') outcomes.set(Number(number), outcome)
      if (outcomes.size >= acknowledgements) child.kill('SIGKILL')
    }
    const [, signal] = await ended
    expect(signal).toBe('SIGKILL')
    return outcomes
  }

  async function recordsOf(stores: Stores): Promise<AuditRecord[]> {
    const records: AuditRecord[] = []
    for (;;) {
      const page = await stores.audit.read({ after: records.length, limit: 10_000 })
      records.push(...page)
      if (page.length < 10_000) return records
    }
  }

  test(`${ROUNDS} times: nothing acknowledged is lost, nothing is taken twice`, {
    timeout: 180_000,
  }, async () => {
    const acknowledged = new Map<number, string>()
    let from = 0
    for (let round = 0; round < ROUNDS; round += 1) {
      const outcomes = await runAndKill(from, 1 + round * 17)
      for (const [number, outcome] of outcomes) acknowledged.set(number, outcome)
      // What was in flight may have been committed: the next numbers are out of its reach.
      from = Math.max(from, ...outcomes.keys()) + 3_000 - (Math.max(from, ...outcomes.keys()) % 3)
    }
    const stores = await openSqliteStores(optionsFor(folder))
    const records = await recordsOf(stores)
    expectChain(records)
    const byNumber = new Map(records.map((record) => [Number(record.requestId), record.type]))
    expect(byNumber.size).toBe(records.length)
    for (const [number, outcome] of acknowledged) {
      const committed = outcome === 'committed'
      expect(byNumber.get(number)).toBe(committed ? 'token.issued' : 'token.refused')
      expect((await stores.grants.find(`g${number}`)) !== undefined).toBe(committed)
    }
    // Per use at most one grant: the one that took it, or the one that came again.
    const issued = records
      .filter(({ type }) => type === 'token.issued')
      .map(({ requestId }) => Number(requestId))
    const uses = issued.map((number) => (number % 3 === 2 ? number - 2 : number))
    expect(new Set(uses).size).toBe(uses.length)
    for (const use of uses.slice(-50)) {
      expect(await stores.commit({ uses: [useOf(use)], audit: [] })).toMatchObject({ outcome: 'used' })
    }
    await stores.close()
  })

  test('leaves the folder free, and holds it while it lives', async () => {
    const child = spawn(process.execPath, ['--no-warnings', CHILD, folder], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    children.add(child)
    await once(child.stdout, 'data')
    await expect(openSqliteStores(optionsFor(folder))).rejects.toMatchObject({
      code: 'ERR_SERVICE_STORE_IN_USE',
    })
    const ended = once(child, 'close')
    child.kill('SIGKILL')
    await ended
    await (await openSqliteStores(optionsFor(folder))).close()
  })
})
