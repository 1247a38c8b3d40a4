// An export is what the verifier takes, and shows what was changed below the service.

import { describe, expect, test } from 'vitest'
import { exportAudit } from '../../../packages/server/src/audit/export.ts'
import type { AuditRecord } from '../../../packages/server/src/audit/record.ts'
import { type ChainReport, createChainVerifier } from '../../../packages/server/src/audit/verify.ts'
import { auditKey, headOf, log, signer } from './support.ts'

const key = auditKey('a')
const records = log([7, 4])

async function lines(
  list: readonly AuditRecord[],
  head: AuditRecord | undefined,
  after?: number,
): Promise<string[]> {
  const found: string[] = []
  const exported = exportAudit({
    stores: {
      audit: {
        head: async () => (head === undefined ? undefined : headOf(head)),
        read: async ({ after: from, limit }) =>
          list.filter(({ position }) => position > from).slice(0, limit),
      },
    },
    keys: { signCheckpoint: signer(key) },
    clock: () => new Date(0),
    pageSize: 3,
    ...(after === undefined ? {} : { after }),
  })
  for await (const line of exported) found.push(line)
  return found
}

function verified(list: readonly string[], options = {}): ChainReport {
  const verifier = createChainVerifier({ keys: { keys: [key.jwk] }, ...options })
  for (const line of list) verifier.addLine(line)
  return verifier.finish()
}

test('has all records and a checkpoint for the last, and verifies', async () => {
  const exported = await lines(records, records.at(-1))
  expect(exported).toHaveLength(12)
  expect(exported.every((line) => !line.includes('\n'))).toBe(true)
  expect(verified(exported)).toMatchObject({ records: 11, findingCount: 0, checkpoints: 1, signedUpTo: 11 })
})

test('ends where the log ended when it began', async () => {
  expect(await lines(records, records[8])).toHaveLength(10)
  expect(verified(await lines(records, records[8]))).toMatchObject({
    records: 9,
    findingCount: 0,
    signedUpTo: 9,
  })
})

test('from a position on', async () => {
  const exported = await lines(records, records.at(-1), 5)
  expect(exported).toHaveLength(7)
  expect(verified(exported, { after: headOf(records[4]) })).toMatchObject({ records: 6, findingCount: 0 })
  expect(await lines(records, records.at(-1), 11)).toHaveLength(1)
})

test('an empty log is an empty export', async () => {
  expect(await lines([], undefined)).toEqual([])
})

describe('records changed below the service', () => {
  test('written anew with a faultless chain: the checkpoint is of the true end', async () => {
    const anew = log([7, 4], 'x')
    const { findings } = verified(await lines(anew, records.at(-1)))
    expect(findings.map(({ kind }) => kind)).toEqual(['checkpoint-mismatch'])
  })

  test('cut: the export breaks off', async () => {
    await expect(lines(records.slice(0, 9), records.at(-1))).rejects.toMatchObject({
      code: 'ERR_SERVICE_STORE',
      details: { expected: 11, found: 9 },
    })
  })

  test('a line taken out or the checkpoint taken off', async () => {
    const exported = await lines(records, records.at(-1))
    expect(verified(exported.toSpliced(3, 1)).findingCount).toBeGreaterThan(0)
    expect(verified(exported.slice(0, -1))).toMatchObject({ findingCount: 0, signedUpTo: 0 })
  })
})
