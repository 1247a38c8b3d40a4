// Audit log and keys on the real store: what was changed in the database file below the service is found.

import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { encodeLine, hashRecord } from '../../../packages/server/src/audit/chain.ts'
import { createCheckpointer } from '../../../packages/server/src/audit/checkpointer.ts'
import { exportAudit } from '../../../packages/server/src/audit/export.ts'
import type { AuditRecord } from '../../../packages/server/src/audit/record.ts'
import { createRefusalLog } from '../../../packages/server/src/audit/refusals.ts'
import { type ChainReport, createChainVerifier } from '../../../packages/server/src/audit/verify.ts'
import type { KeyRing } from '../../../packages/server/src/keys/contract.ts'
import { openKeyRing } from '../../../packages/server/src/keys/key-ring.ts'
import type { Stores } from '../../../packages/server/src/stores/contract.ts'
import { openSqliteStores } from '../../../packages/server/src/stores/sqlite-stores.ts'

const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }
const clock = (): Date => new Date(Date.UTC(2026, 10, 23, 8))
let folder = ''
let keyEncryptionKey = randomBytes(32)

beforeEach(async () => {
  folder = join(await mkdtemp(join(tmpdir(), 'audit-')), 'state')
  keyEncryptionKey = randomBytes(32)
})
afterEach(async () => {
  await rm(join(folder, '..'), { recursive: true })
})

/** One run of a service: the parts that write the audit log, and what a test does with them. */
async function run<T>(work: (stores: Stores, keys: KeyRing) => Promise<T>): Promise<T> {
  const stores = await openSqliteStores({ folder, clock, maxQueue: 100, grantRetentionDays: 1, log: silent })
  try {
    const keys = await openKeyRing({
      stores,
      readKeyEncryptionKey: async () => keyEncryptionKey,
      config: { defaultAlgorithm: 'ES256', rotateDays: 90, overlapHours: 1, challengeSeconds: 60 },
      clock,
      log: silent,
      random: randomBytes,
      maxTokenLifetimeSeconds: 900,
    })
    return await work(stores, keys)
  } finally {
    await stores.close()
  }
}

/** Two runs with a checkpoint at the end of each; returns what somebody keeps elsewhere. */
async function twoRuns(): Promise<{ checkpoints: readonly string[]; jwks: ReturnType<KeyRing['jwks']> }> {
  const once = async (stores: Stores, keys: KeyRing): Promise<void> => {
    const checkpointer = createCheckpointer({ stores, keys, clock, log: silent })
    const refusals = createRefusalLog({ stores, clock, log: silent, perMinute: 3 })
    for (let count = 0; count < 10; count += 1) {
      const details = { count, b: [1, { d: null, c: 'ㄱ' }], a: '"' }
      await stores.commit({
        audit: [{ type: 'token.issued', at: clock().getTime(), requestId: `r${count}`, details }],
      })
      refusals.early({ code: 'ERR_X', requestId: `early${count}`, address: '192.0.2.1' })
    }
    await refusals.flush()
    await checkpointer.tick()
  }
  await run(once)
  return await run(async (stores, keys) => {
    await once(stores, keys)
    return { checkpoints: await stores.audit.checkpoints(), jwks: keys.jwks('audit') }
  })
}

async function stored(kept: Awaited<ReturnType<typeof twoRuns>>): Promise<ChainReport> {
  const verifier = createChainVerifier({ keys: kept.jwks, checkpoints: kept.checkpoints })
  await run(async (stores) => {
    for (const record of await stores.audit.read({ after: 0, limit: 1000 })) verifier.add(record)
  })
  return verifier.finish()
}

function change(sql: string, ...values: (string | number | Uint8Array)[]): void {
  const database = new DatabaseSync(join(folder, 'state.sqlite'))
  expect(Number(database.prepare(sql).run(...values).changes)).toBeGreaterThan(0)
  database.close()
}

test('two runs verify from the store and as an export', async () => {
  const kept = await twoRuns()
  expect(kept.checkpoints).toHaveLength(2)
  const report = await stored(kept)
  // Three keys, then ten issued, three samples and one count in each run.
  expect(report).toMatchObject({ records: 31, runs: 2, findings: [], checkpoints: 2, signedUpTo: 31 })
  const verifier = createChainVerifier({ keys: kept.jwks, checkpoints: kept.checkpoints })
  const lines = await run(async (stores, keys) => {
    await stores.commit({ audit: [{ type: 'service.stopped', at: 0, details: {} }] })
    const found: string[] = []
    for await (const line of exportAudit({ stores, keys, clock, pageSize: 7 })) found.push(line)
    return found
  })
  for (const line of lines) verifier.addLine(line)
  expect(verifier.finish()).toMatchObject({
    records: 32,
    runs: 3,
    findings: [],
    checkpoints: 3,
    signedUpTo: 32,
  })
})

describe('in the database file', () => {
  test('a record changed', async () => {
    const kept = await twoRuns()
    change(`UPDATE audit SET body = replace(body, '"count":4', '"count":5') WHERE position = 8`)
    expect((await stored(kept)).findings).toMatchObject([{ kind: 'changed', position: 8 }])
  })

  test('a record changed with its hash made anew', async () => {
    const kept = await twoRuns()
    const record = await run(async (stores) => (await stores.audit.read({ after: 7, limit: 1 }))[0])
    if (record === undefined) throw new Error('no record')
    const forged: AuditRecord = { ...record, details: { count: 5 } }
    change(
      'UPDATE audit SET body = ? WHERE position = 8',
      encodeLine({ ...forged, hash: hashRecord(forged) }),
    )
    expect((await stored(kept)).findings).toMatchObject([{ kind: 'link', position: 9 }])
  })

  test('a record removed', async () => {
    const kept = await twoRuns()
    change('DELETE FROM audit WHERE position = 8')
    expect((await stored(kept)).findings.map(({ kind, position }) => [kind, position])).toEqual([
      ['position', 9],
      ['link', 9],
      ['run', 9],
    ])
  })

  test('the tail removed: found by the checkpoint alone', async () => {
    const kept = await twoRuns()
    change('DELETE FROM audit WHERE position > 25')
    expect((await stored({ ...kept, checkpoints: [] })).findingCount).toBe(0)
    expect((await stored(kept)).findings).toMatchObject([{ kind: 'checkpoint-beyond', position: 31 }])
  })

  test('sealed keys swapped: nothing is signed', async () => {
    await twoRuns()
    change(
      `UPDATE keys SET sealed = (SELECT other.sealed FROM keys AS other WHERE other.use <> keys.use AND other.use <> 'challenge')
       WHERE use IN ('access-token', 'audit')`,
    )
    await run(async (_, keys) => {
      expect(keys.health().state).toBe('failing')
      expect(() => keys.signAccessToken('ES256', '{}')).toThrow(/does not open/u)
    })
  })

  test('a key withdrawn is gone from the file', async () => {
    await twoRuns()
    await run(async (stores, keys) => {
      const { kid } = await keys.rotate({ use: 'access-token', immediately: true, actor: 'alice' })
      const rows = (await stores.keys.list()).filter(({ use }) => use === 'access-token')
      expect(rows.map((row) => row.kid)).toEqual([kid])
    })
  })
})
