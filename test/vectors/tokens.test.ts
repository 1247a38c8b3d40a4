// Every vector gets its verdict, on both forms of the platform: from a fresh verifier, from one that knows its signer,
// and from explain, which must name the same check. The files are made by generate/main.ts; README.md describes them.

import { readFileSync } from 'node:fs'
import * as ingam from 'ingam'
import { CHECKS, codes, DEFAULT_ALGORITHMS, isCode, TOKEN_ALGORITHMS } from 'ingam'
import * as x509 from 'ingam/x509'
import { beforeAll, describe, expect, test } from 'vitest'
import { specifiedChecks } from '../../tools/check-docs.ts'
import { readAssertionVectors, readPinnedVectors, readVectors } from './files.ts'
import { stepsOf, type VectorStep } from './format.ts'
import { type Judgement, judgeVectors } from './runner.ts'

const files = [...readVectors(), readAssertionVectors()]
const pinned = readPinnedVectors()
const all = [...files, pinned]

describe.each(files)('$group', (file) => {
  let judgements: ReadonlyMap<string, Judgement>

  beforeAll(async () => {
    const list = await judgeVectors(file, { ...ingam, ...x509 })
    judgements = new Map(list.map((judgement) => [judgement.id, judgement]))
  })

  test.each(file.cases)('$id: $comment', (vector) => {
    const steps = stepsOf(vector)
    const verdicts = steps.map(({ verdict, code, waitSeconds }) => ({ verdict, code, waitSeconds }))
    const explained = steps.map(({ verdict, code, check }) => ({ verdict, code, check }))
    const { oneTimeUse } = { ...file.verifier, ...vector.verifier }
    const isJudgedWarm = steps.length === 1 && oneTimeUse === 'off'
    expect(judgements.get(vector.id)).toEqual({
      id: vector.id,
      fresh: verdicts,
      explained,
      warm: isJudgedWarm ? verdicts : undefined,
    })
  })
})

describe('the files together', () => {
  const cases = all.flatMap(({ group, cases }) => cases.map((vector) => ({ group, vector })))
  const steps: readonly VectorStep[] = cases.flatMap(({ vector }) => stepsOf(vector))
  const refused = cases.filter(({ vector }) => stepsOf(vector).at(-1)?.verdict === 'refused')

  test('are of version 1 and hold at least 200 cases, most of which end refused', () => {
    expect(new Set(all.map(({ version }) => version))).toEqual(new Set([1]))
    expect(cases.length).toBeGreaterThanOrEqual(200)
    expect(refused.length).toBeGreaterThan(cases.length / 2)
  })

  test('hold each kind of refusal that a group has beside something that it accepts', () => {
    for (const { group, cases } of all) {
      const verdicts = new Set(cases.flatMap((vector) => stepsOf(vector)).map(({ verdict }) => verdict))
      expect([group, ...verdicts]).toEqual(expect.arrayContaining([group, 'accepted', 'refused']))
    }
  })

  test('name each case of a group once, in small letters', () => {
    for (const { cases } of all) {
      const ids = cases.map(({ id }) => id)
      expect(new Set(ids).size).toBe(ids.length)
      expect(ids.filter((id) => !/^[a-z0-9]+(?:-[a-z0-9]+)*$/u.test(id))).toEqual([])
    }
  })

  test('say for each refusal which code and, but for bare signatures, which check it is', () => {
    const names = new Set<string>(CHECKS.map(([id]) => id))
    for (const { group, vector } of cases) {
      for (const { verdict, code, check } of stepsOf(vector)) {
        const isBare = group === 'pinned' && vector.id.startsWith('bare-')
        expect([vector.id, code !== undefined && isCode(code)]).toEqual([vector.id, verdict === 'refused'])
        expect([vector.id, check !== undefined && names.has(check)]).toEqual([
          vector.id,
          verdict === 'refused' && !isBare,
        ])
      }
    }
  })

  test('provoke each code of a token, and the usual ones of a path', () => {
    const found = new Set<string | undefined>(steps.map(({ code }) => code))
    const wanted = [
      ...codes.filter((code) => code.startsWith('ERR_TOKEN_')),
      'ERR_PATH_NO_ISSUER',
      'ERR_PATH_SIGNATURE',
      'ERR_PATH_ALGORITHM',
      'ERR_PATH_EXPIRED',
      'ERR_PATH_NOT_YET_VALID',
      'ERR_PATH_NOT_CA',
      'ERR_PATH_LENGTH',
      'ERR_PATH_KEY_USAGE',
      'ERR_PATH_PURPOSE',
      'ERR_PATH_CRITICAL_EXTENSION',
      'ERR_PATH_NAME_CONSTRAINT',
      'ERR_PATH_POLICY',
      'ERR_PATH_BUDGET',
    ]
    expect(wanted.filter((code) => !found.has(code))).toEqual([])
  })

  test('are refused by each check', () => {
    const found = new Set(steps.map(({ check }) => check))
    expect(CHECKS.map(([id]) => id).filter((id) => !found.has(id))).toEqual([])
  })

  test('are refused by codes that the specification lists with the check', () => {
    const page = readFileSync(new URL('../../docs/token-format.md', import.meta.url), 'utf8')
    const listed = specifiedChecks(page)
    for (const { check, code = '' } of steps) {
      if (check === undefined) continue
      const codes = listed.get(check) ?? []
      expect([
        check,
        code,
        codes.some((name) => code === name || (name.endsWith('_') && code.startsWith(name))),
      ]).toEqual([check, code, true])
    }
  })

  test('hold an accepted token of each algorithm', () => {
    const accepted = new Set(
      files
        .filter(({ group }) => group === 'algorithms' || group === 'ml-dsa')
        .flatMap(({ cases }) => cases)
        .filter((vector) => 'token' in vector && vector.verdict === 'accepted')
        .map(({ id }) => id),
    )
    expect(TOKEN_ALGORITHMS.filter((name) => !accepted.has(name.toLowerCase()))).toEqual([])
    expect(files.find(({ group }) => group === 'claims')?.verifier.algorithms).toEqual(DEFAULT_ALGORITHMS)
  })

  test('have no member that README.md does not describe, and take less than 2 MB', () => {
    const readme = readFileSync(new URL('README.md', import.meta.url), 'utf8')
    const described = new Set([...readme.matchAll(/^\| `(\w+)`/gmu)].map(([, name]) => name))
    const members = new Set<string>()
    const text = all.map((file) => JSON.stringify(file, collecting(members))).join('')
    expect([...members].filter((name) => !described.has(name))).toEqual([])
    expect(text.length).toBeLessThan(2_000_000)
  })
})

function collecting(members: Set<string>): (name: string, value: unknown) => unknown {
  return (name, value) => {
    if (!/^\d*$/u.test(name)) members.add(name)
    return value
  }
}
