// NIST PKITS, all cases, every certificate of known good standing, judged by the suite's own runner. What differs from the suite must stand
// in divergences.json, and what stands there must differ. The score is printed at the end of the run.

import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, describe, expect, test } from 'vitest'
import { describeWith } from '../support/requires.ts'
import divergences from './divergences.json' with { type: 'json' }
import { type PkitsVerdict, validate } from './pkits-adapter.ts'

interface SuiteCase {
  readonly id: string
  readonly certs: readonly string[]
  readonly expected: 'valid' | 'invalid'
  readonly crls: readonly string[]
  readonly expectedUserConstrainedPolicySet: readonly string[]
  readonly initialPolicySet: readonly string[]
  readonly initialExplicitPolicy: boolean
  readonly initialPolicyMappingInhibit: boolean
  readonly initialInhibitAnyPolicy: boolean
}

interface Suite {
  readonly time: string
  readonly certData: Readonly<Record<string, string>>
  readonly crlData: Readonly<Record<string, string>>
  readonly tests: readonly SuiteCase[]
}

interface RunnerReport {
  readonly total: {
    readonly n: number
    readonly agree: number
    readonly falseAccept: readonly string[]
    readonly falseReject: readonly string[]
    readonly crash: readonly string[]
  }
  readonly results: readonly { readonly id: string; readonly reason: string }[]
}

const run = promisify(execFile)

describeWith(['pkits'], 'NIST PKITS', ({ pkits }) => {
  const suite: Suite = JSON.parse(readFileSync(pkits, 'utf8'))
  const judged = suite.tests
  const folder = mkdtempSync(join(tmpdir(), 'ingam-pkits-'))
  afterAll(() => rmSync(folder, { recursive: true }))

  test('the runner: none wrongly accepted, only DSA wrongly refused', async ({ task }) => {
    const output = join(folder, 'report.json')
    await run(process.execPath, [
      join(dirname(pkits), 'run-pkits.mjs'),
      ...['--adapter', join(import.meta.dirname, 'pkits-adapter.ts')],
      ...['--json', output, '--quiet'],
    ])
    const { total, results }: RunnerReport = JSON.parse(readFileSync(output, 'utf8'))
    const reasons = new Map(results.map(({ id, reason }) => [id, reason]))
    expect(total.n).toBe(judged.length)
    expect(total.falseAccept).toEqual([])
    expect(total.crash).toEqual([])
    const refused = total.falseReject.map((id) => ({ id, actual: reasons.get(id) }))
    expect(refused).toEqual(divergences.pkits.map(({ id, actual }) => ({ id, actual })))
    expect(total.agree).toBe(judged.length - divergences.pkits.length)
    task.meta.report =
      `NIST PKITS: ${total.agree} of ${total.n} cases agree, ${total.falseAccept.length} wrongly accepted, ` +
      `${total.falseReject.length} wrongly refused (${total.falseReject.join(', ')}: DSA)`
  })

  describe('the user-constrained policy set', () => {
    const diverging = new Set(divergences.pkits.map(({ id }) => id))
    const valid = judged.filter(({ id, expected }) => expected === 'valid' && !diverging.has(id))

    test.each(valid)('of $id', async (suiteCase) => {
      const verdict = await judge(suite, suiteCase)
      expect(verdict).toEqual({ ok: true, policies: suiteCase.expectedUserConstrainedPolicySet.toSorted() })
    })
  })

  test('the order of the certificates and lists does not matter', async () => {
    for (const suiteCase of judged) {
      const [anchor = '', ...rest] = suiteCase.certs
      const certs = [anchor, ...rest.slice(0, -1).toReversed(), ...rest.slice(-1)]
      const straight = await judge(suite, suiteCase)
      expect(await judge(suite, { ...suiteCase, certs, crls: suiteCase.crls.toReversed() })).toEqual(straight)
    }
  })
})

async function judge({ certData, crlData, time }: Suite, suiteCase: SuiteCase): Promise<PkitsVerdict> {
  const [anchor, ...others] = suiteCase.certs.map((name) =>
    Uint8Array.from(Buffer.from(certData[name] ?? '', 'base64')),
  )
  const leaf = others.pop()
  if (anchor === undefined || leaf === undefined) throw new Error(`${suiteCase.id} has no path`)
  const { initialPolicySet, initialExplicitPolicy, initialPolicyMappingInhibit, initialInhibitAnyPolicy } =
    suiteCase
  return await validate({
    trustAnchors: [anchor],
    intermediates: others,
    leaf,
    crls: suiteCase.crls.map((name) => Uint8Array.from(Buffer.from(crlData[name] ?? '', 'base64'))),
    time,
    policy: {
      initialPolicySet,
      initialExplicitPolicy,
      initialPolicyMappingInhibit,
      initialInhibitAnyPolicy,
    },
  })
}
