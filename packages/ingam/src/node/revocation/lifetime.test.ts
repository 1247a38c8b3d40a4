// Instants of evidence: the newest of what was made, the first of what expires.

import { expect, test } from 'vitest'
import type { HeldEvidence } from '../../revocation/source.ts'
import { createTestCa } from '../../testing/index.ts'
import { nextUpdateOf, thisUpdateOf, timesOf } from './lifetime.ts'
import { readList, readResponse } from './read-evidence.ts'

const FIRST = new Date('2026-06-01T00:00:00Z')
const SECOND = new Date('2026-06-02T00:00:00Z')
const THIRD = new Date('2026-06-03T00:00:00Z')
const FOURTH = new Date('2026-06-04T00:00:00Z')
const ca = await createTestCa({ at: FIRST })
const leaf = await ca.issue()

async function list(thisUpdate: Date, nextUpdate: Date | null): Promise<HeldEvidence> {
  return await readList((await ca.crl({ thisUpdate, nextUpdate })).der, 'x')
}

async function response(...times: readonly (readonly [Date, Date | null])[]): Promise<HeldEvidence> {
  const responses = times.map(([thisUpdate, nextUpdate]) => ({ certificate: leaf, thisUpdate, nextUpdate }))
  return readResponse(await ca.ocspResponse({ responses }), 'x')
}

test('of a list', async () => {
  const piece = await list(FIRST, SECOND)
  expect([thisUpdateOf(piece), nextUpdateOf(piece)]).toEqual([FIRST.getTime(), SECOND.getTime()])
  expect(nextUpdateOf(await list(FIRST, null))).toBeUndefined()
})

test('of a response: of all its parts', async () => {
  const piece = await response([FIRST, FOURTH], [SECOND, THIRD], [FIRST, null])
  expect([thisUpdateOf(piece), nextUpdateOf(piece)]).toEqual([SECOND.getTime(), THIRD.getTime()])
  expect(nextUpdateOf(await response([FIRST, null]))).toBeUndefined()
})

test('of several pieces', async () => {
  const pieces = [await list(FIRST, FOURTH), await list(SECOND, THIRD), await list(FIRST, null)]
  expect(timesOf(pieces)).toEqual({ thisUpdate: SECOND, nextUpdate: THIRD })
  expect(timesOf(pieces.slice(2))).toEqual({ thisUpdate: FIRST })
  expect(timesOf([])).toEqual({})
})
