// docs/server.md against the code: the table of keys, and each refusal as it is printed.

import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createTestCa } from 'ingam/testing'
import { describe, expect, it } from 'vitest'
import { describeKeys } from '../../../packages/server/src/config/describe.ts'
import { loadConfig } from '../../../packages/server/src/config/load.ts'
import { createMetrics } from '../../../packages/server/src/host/metrics.ts'
import { keysTable } from './keys-table.ts'

const doc = readFileSync(new URL('../../../docs/server.md', import.meta.url), 'utf8')
const ca = await createTestCa({ name: 'Admin CA' })

async function load(yaml: string, env: Record<string, string> = {}): Promise<unknown> {
  return await loadConfig({
    file: 'ingam.yaml',
    env,
    async readFile(path) {
      if (path === 'ingam.yaml') return Buffer.from(yaml)
      if (path.endsWith('ca.pem')) return await Promise.resolve(Buffer.from(ca.pem))
      return await readFile('/nowhere/absent')
    },
  }).catch((error: unknown) => error)
}

const BASE = 'issuer: https://id.example\nsecrets: { keyEncryptionKey: { file: kek } }\n'

describe('docs/server.md', () => {
  it('has every key of the schema', () => {
    const table = /<!-- keys -->\n([\s\S]*?)\n<!-- \/keys -->/u.exec(doc)?.[1]
    expect(table).toBe(keysTable())
  })

  it('begins with an example that is accepted', async () => {
    const example = /```yaml\n([\s\S]*?)```/u.exec(doc)?.[1] ?? ''
    expect(await load(example)).toMatchObject({ issuer: 'https://id.example' })
  })

  const refusals = [...doc.matchAll(/```(yaml|shell) refused\n([\s\S]*?)```\n\n```text\n([\s\S]*?)```/gu)]
  it.each(refusals.map(([, kind = '', input = '', output = '']) => ({ kind, input, output })))(
    'shows what is said of $input',
    async ({ kind, input, output }) => {
      const env = Object.fromEntries(
        input
          .split('\n')
          .filter(Boolean)
          .map((line) => line.split('=')),
      )
      const error = kind === 'yaml' ? await load(input) : await load(BASE, env as Record<string, string>)
      const { code, message } = error as { readonly code: string; readonly message: string }
      expect(`${code}\n${message}\n`).toBe(output)
    },
  )

  it('shows a refusal of every kind', () => {
    expect(refusals.length).toBe([...doc.matchAll(/```(yaml|shell) refused\n/gu)].length)
    expect(refusals.length).toBeGreaterThan(20)
    const shown = refusals.map(([, , , output = '']) => output).join('')
    for (const code of ['ERR_CONFIG_SYNTAX', 'ERR_CONFIG_VALUE', 'ERR_CONFIG_SECRET'])
      expect(shown).toContain(code)
    expect(shown).not.toMatch(/MDEyMzQ1|password@/u)
  })

  it.each(describeKeys().map((key) => ({ name: key.path.join('.'), key })))(
    'says what $name accepts, in the words of the refusal',
    async ({ key }) => {
      const yaml = wrong(key.path)
      const { message } = (await load(yaml)) as { readonly message: string }
      const name = key.path.join('.').replaceAll('.[]', '[0]')
      const expected = key.expected.replace('1 to 100 ', '')
      const line = message.split('\n').find((text) => text.includes(` ${name}: `)) ?? message
      expect(line).toContain(`${name}: expected `)
      expect(line).toContain(expected)
      expect(line).toContain('found nothing (null)')
    },
  )

  it('names every metric of the service', async () => {
    const metrics = createMetrics()
    const health = { state: 'ok', queued: 0, commits: 0, units: 0 } as const
    metrics.watch({
      store: () => health,
      policyVersion: () => 0,
      inFlight: () => 0,
      connections: () => 0,
      tlsNotAfter: () => 0,
    })
    const names = [...(await metrics.text()).matchAll(/^# TYPE (ingam_\w+) (\w+)$/gmu)].map(
      ([, name, kind]) => `${name} ${kind}`,
    )
    const documented = [...doc.matchAll(/^\| `(ingam_\w+)` \| (\w+) \|/gmu)].map(
      ([, name, kind]) => `${name} ${kind}`,
    )
    expect(documented.toSorted()).toEqual(names.toSorted())
    metrics.close()
  })
})

// A document in which the key has no value.
function wrong(path: readonly string[]): string {
  const nested = path.reduceRight<string>(
    (inner, name) => (name === '[]' ? `[${inner}]` : `{ ${name}: ${inner} }`),
    'null',
  )
  return nested
}
