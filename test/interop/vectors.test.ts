// A second implementation of the format, in Python on its own libraries, gives each token of the vectors its verdict and
// nearly always by the same check: the specification and the vectors say the same to somebody who has neither our code
// nor our parsers.

import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { describeWith } from '../support/requires.ts'
import { readVectors } from '../vectors/files.ts'
import { stepsOf } from '../vectors/format.ts'

const FOLDER = join(import.meta.dirname, 'vectors')
const VECTORS = join(import.meta.dirname, '..', 'vectors', 'v1')
// What it has not.
const LEFT_OUT = ['paths', 'ml-dsa', 'revocation']
const files = readVectors().filter(({ group }) => !LEFT_OUT.includes(group))

interface Outcome {
  readonly group: string
  readonly id: string
  readonly steps: readonly { readonly verdict: string; readonly check?: string }[]
}

describeWith(['cryptography 38'], 'a second implementation, in Python', ({ 'cryptography 38': python }) => {
  const outcomes = run(python)

  test('judges all of these groups', () => {
    expect(outcomes.size).toBe(files.flatMap(({ cases }) => cases).length)
    expect(outcomes.size).toBeGreaterThan(500)
  })

  describe.each(files)('$group', ({ group, cases }) => {
    test.each(cases)('$id: $comment', (vector) => {
      const found = outcomes.get(`${group}/${vector.id}`)?.steps
      expect(found?.map(({ verdict }) => verdict)).toEqual(stepsOf(vector).map(({ verdict }) => verdict))
    })
  })

  test('agrees on the check that refuses', () => {
    const differing = files.flatMap(({ group, cases }) =>
      cases.flatMap((vector) =>
        stepsOf(vector).flatMap(({ check }, index) => {
          const found = outcomes.get(`${group}/${vector.id}`)?.steps[index]?.check
          return found === check ? [] : [`${group}/${vector.id}: ${check}, there ${found}`]
        }),
      ),
    )
    expect(differing).toEqual([])
  })
})

function run(python: string): ReadonlyMap<string, Outcome> {
  const paths = files.map(({ group }) => join(VECTORS, `${group}.json`))
  const { stdout, stderr, status } = spawnSync(
    python,
    ['-B', '-W', 'ignore', join(FOLDER, 'run.py'), ...paths],
    {
      encoding: 'utf8',
      maxBuffer: 2 ** 26,
      timeout: 60_000,
    },
  )
  if (status !== 0) throw new Error(`the second implementation ended with ${status}: ${stderr.slice(-2_000)}`)
  const list: readonly Outcome[] = JSON.parse(stdout)
  return new Map(list.map((outcome) => [`${outcome.group}/${outcome.id}`, outcome]))
}
