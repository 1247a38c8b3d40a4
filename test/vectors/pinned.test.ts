// The vectors of pinned.json by verifyToken, on both forms of the platform; which check refuses is asked of the judge
// below it, since verifyToken has no explain.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { CheckId } from 'ingam'
import { createReplayStore, verifyToken } from 'ingam/node'
import { parseCertificates } from 'ingam/x509'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createBench } from '../../packages/ingam/src/token/bench.ts'
import { UNBOUND } from '../../packages/ingam/src/token/binding.ts'
import { judgeToken } from '../../packages/ingam/src/token/judge.ts'
import { createPinnedPlan } from '../../packages/ingam/src/token/pinned.ts'
import { codeOf } from '../support/codes.ts'
import { readPinnedVectors } from './files.ts'
import { stepsOf } from './format.ts'

const file = readPinnedVectors()
let folder: string

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ingam-vectors-'))
})

afterAll(() => {
  rmSync(folder, { recursive: true })
})

describe.each(file.cases)('$id: $comment', (vector) => {
  const { certificate, at, oneTimeUse, acceptBareUntil, bareOver } = { ...file.verifier, ...vector.verifier }
  const now = new Date(at)
  const steps = stepsOf(vector)

  test('verifyToken', async () => {
    const certFile = join(folder, `${vector.id}.pem`)
    writeFileSync(certFile, certificate)
    const store = createReplayStore({ at: now })
    for (const { token, verdict, code } of steps) {
      let refusal: string | undefined
      const accepted = await verifyToken(token, certFile, {
        at: now,
        onRefusal: (error) => {
          refusal = error.code
        },
        ...(oneTimeUse === 'memory' && { oneTimeUse: store }),
        ...(acceptBareUntil !== undefined && { acceptBareUntil: new Date(acceptBareUntil) }),
        ...(bareOver !== undefined && { bareOver }),
      })
      expect({ verdict: accepted ? 'accepted' : 'refused', code: refusal }).toEqual({ verdict, code })
    }
  })

  // Bare signatures are judged by other checks; one-time use takes an entry that a trace would not.
  const isTraced = steps.length === 1 && !vector.id.startsWith('bare-')
  if (isTraced) {
    test('the check', async () => {
      const [pinned] = parseCertificates(certificate)
      if (pinned === undefined) throw new Error('no certificate')
      const bench = createBench(createPinnedPlan(pinned, () => now, undefined))
      for (const { token, code = 'accepted', check } of steps) {
        const entered: CheckId[] = []
        const trace = {
          enter: (id: CheckId) => entered.push(id),
          resolved: () => {},
          note: () => {},
          stood: () => {},
          tried: () => {},
        }
        expect(await codeOf(() => judgeToken(bench, { token, binding: UNBOUND, trace }))).toBe(code)
        expect(entered.at(-1)).toBe(check ?? 'oneTimeUse')
      }
    })
  }
})
