// docs/policy.md is run: its policy, the tests of it, the difference and the warnings that it shows, its patterns.

import { readFileSync } from 'node:fs'
import { createTestCa } from 'ingam/testing'
import { expect, test } from 'vitest'
import { diffPolicies } from '../../../packages/server/src/policy/diff.ts'
import { resolvePolicyFiles } from '../../../packages/server/src/policy/files.ts'
import { parsePolicy } from '../../../packages/server/src/policy/parse.ts'
import {
  compilePattern,
  matchesPattern,
  type PatternKind,
} from '../../../packages/server/src/policy/pattern.ts'
import { runPolicyTests } from '../../../packages/server/src/policy/tests.ts'
import { policyWarnings } from '../../../packages/server/src/policy/warnings.ts'
import { AT, policyText } from './fixtures.ts'

const PAPER = readFileSync(new URL('../../../docs/policy.md', import.meta.url), 'utf8')

function block(info: string): string {
  const found = new RegExp(`^\`\`\`${info}\n([\\s\\S]*?)^\`\`\`$`, 'mu').exec(PAPER)?.[1]
  if (found === undefined) throw new Error(`the paper has no ${info}`)
  return found
}

const workloads = await createTestCa({ at: AT, name: 'Workloads' })
const servers = await createTestCa({ at: AT, name: 'Servers' })
const files: Readonly<Record<string, string>> = {
  'ca/workloads.pem': workloads.pem,
  'ca/servers.pem': servers.pem,
  'job.pem': (await workloads.issue({ uris: ['spiffe://prod.example/ns/shop/sa/deploy'] })).pem,
  'host.pem': (await workloads.issue({ dns: ['night.batch.example'] })).pem,
}
const readFile = async (path: string): Promise<string> => {
  const content = files[path]
  if (content === undefined) throw new Error(`the example names ${path}`)
  return content
}
const text = await resolvePolicyFiles(block('yaml policy'), readFile)
const document = parsePolicy(text)

test('its policy is one, with three profiles, and says nothing in vain', () => {
  expect(Object.keys(document.profiles)).toEqual(['deploy', 'read', 'night'])
  expect(policyWarnings(document)).toEqual([])
})

test('the tests of it pass', async () => {
  const { results, failed } = await runPolicyTests({ document, table: block('yaml tests'), readFile, at: AT })
  expect(results.filter(({ passed }) => !passed)).toEqual([])
  expect([failed, results.length]).toEqual([0, 7])
})

test('the difference that it shows is that of such a change', () => {
  const changed = text
    .replace('uri: spiffe://prod.example/ns/*/sa/deploy', 'uri: spiffe://prod.example/ns/*/sa/*')
    .replace('lifetime: 5m', 'lifetime: 10m')
  const { lines, warnings } = diffPolicies(document, parsePolicy(changed))
  const printed = [...lines, ...warnings.map((warning) => `ingam: warning: ${warning}`)]
  expect(printed.join('\n')).toBe(block('text diff').trimEnd())
})

test('the warnings that it shows are those of such policies', () => {
  const match = 'match: { trustAnchor: workloads, dns: "*.example" }, binding: none, audience: x'
  const narrow = 'match: { trustAnchor: workloads, dns: a.example }, binding: none, audience: x'
  const first = policyText(
    [
      `wide: { ${match}, clients: [batch] }`,
      `narrow: { ${narrow}, clients: [batch] }`,
      `night: { ${match}, grants: jwt-bearer, clients: [batch], scope: more }`,
      `mail: { match: { trustAnchor: mute, email: "*@a.example" }, binding: none, audience: x, clients: [batch] }`,
      `far: { match: { trustAnchor: mute, dns: "*.b.example" }, binding: none, audience: x, clients: [day] }`,
    ].join('\n'),
    `web: { authentication: none }\nbatch: { authentication: tls_client_auth, trustAnchor: workloads, certificate: { san_dns: a.example }, grants: client_credentials }
day: { authentication: tls_client_auth, trustAnchor: mute, certificate: { san_dns: day.example } }`,
  ).replace(
    'clients:\n',
    `  mute:\n    certificate: ${JSON.stringify(servers.pem)}\n    names: { directoryNames: any, dns: a.example }\nclients:\n`,
  )
  expect(policyWarnings(parsePolicy(first)).join('\n')).toBe(block('text warnings').trimEnd())
})

test('its patterns hold for what it says, and not for what it says', () => {
  const rows = [...PAPER.matchAll(/^\| `([^`]+)` \| `([^`]+)` \| `([^`]+)` \|$/gmu)]
  expect(rows).toHaveLength(6)
  for (const [, pattern = '', good = '', bad = ''] of rows) {
    const kind: PatternKind = pattern.startsWith('CN=')
      ? 'name'
      : pattern.includes('@')
        ? 'email'
        : pattern.includes(':')
          ? 'uri'
          : 'dns'
    const compiled = compilePattern(kind, pattern)
    if (typeof compiled === 'string') throw new Error(compiled)
    expect([pattern, matchesPattern(compiled, good), matchesPattern(compiled, bad)]).toEqual([
      pattern,
      true,
      false,
    ])
  }
})
