import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { VERSION } from '../../../packages/server/src/admin/version.ts'
import { adminApi } from '../../../packages/server/src/contract.ts'

const ROOT = join(import.meta.dirname, '..', '..', '..')

function read(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8')
}

test('docs/admin-api.md has a row for each endpoint, made of the contract', () => {
  const rows = Object.values(adminApi).map(
    ({ method, path, role, summary }) => `| \`${method} ${path}\` | ${role} | ${summary} |`,
  )
  const page = read('docs/admin-api.md')
  expect(page.split('\n').filter((line) => line.startsWith('| `'))).toEqual(rows)
})

test('the version is that of the package', () => {
  expect(JSON.parse(read('packages/server/package.json'))).toMatchObject({ version: VERSION })
})
