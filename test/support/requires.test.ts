// Skips must be seen: locally they are counted, with CI=true they fail.

import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { pathOf } from './requires.ts'

const root = join(import.meta.dirname, '..', '..')
const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs')
let folder = ''

beforeAll(() => {
  folder = mkdtempSync(join(root, 'test', 'support', '.requires-'))
  writeFileSync(
    join(folder, 'sample.test.ts'),
    `import { describeWith } from '../requires.ts'
describeWith(['openssl'], 'sample', () => { throw new Error('the body ran') })
`,
  )
})

afterAll(() => rmSync(folder, { recursive: true }))

test('a missing program is skipped, counted and explained', () => {
  const { status, output } = run({})
  expect(output).toContain('sample: needs: openssl is not installed')
  expect(output).toContain('1 suites were skipped')
  expect(status).toBe(0)
})

test('a missing program fails with CI=true', () => {
  const { status, output } = run({ CI: 'true' })
  expect(output).toContain('openssl is not installed; with CI=true nothing may be skipped')
  expect(status).toBe(1)
})

test('what is on the path is found', () => {
  const path = pathOf('openssl')
  if (path === undefined) return
  expect(execFileSync(path, ['version'], { encoding: 'utf8' })).toMatch(/ssl/iu)
})

function run(env: Record<string, string>): { status: number | null; output: string } {
  const options = { cwd: root, encoding: 'utf8', env: { PATH: folder, NO_COLOR: '1', ...env } } as const
  const result = spawnSync(process.execPath, [vitest, 'run', '--project', 'node', folder], options)
  return { status: result.status, output: result.stdout + result.stderr }
}
