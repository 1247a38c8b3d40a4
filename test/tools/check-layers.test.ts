// The layer check must refuse what it claims to refuse: each rule with the smallest set of files that breaks it.

import { describe, expect, test } from 'vitest'
import { findViolations } from '../../tools/check-layers.ts'

const core = (path: string): string => `packages/ingam/src/${path}`
const server = (path: string): string => `packages/server/src/${path}`

describe('the layer check refuses', () => {
  const refused: Record<string, [files: Record<string, string>, problem: string]> = {
    'an arrow that points upwards': [
      { [core('der/a.ts')]: "import { b } from '../x509/b.ts'", [core('x509/b.ts')]: 'export const b = 1' },
      'der/a.ts: imports packages/ingam/src/x509/b.ts against the order',
    ],
    'an arrow of a type that points upwards': [
      {
        [core('path/a.ts')]: "import type { B } from '../token/b.ts'",
        [core('token/b.ts')]: 'export type B = 1',
      },
      'against the order',
    ],
    'an arrow within a line of the order': [
      {
        [core('errors/a.ts')]: "export { b } from '../bytes/b.ts'",
        [core('bytes/b.ts')]: 'export const b = 1',
      },
      'against the order',
    ],
    'an import over several lines': [
      { [core('der/a.ts')]: "import {\n  b,\n  type C,\n} from '../x509/b.ts'", [core('x509/b.ts')]: '' },
      'against the order',
    ],
    'a dynamic import': [
      { [core('der/a.ts')]: "const b = await import('../x509/b.ts')", [core('x509/b.ts')]: '' },
      'against the order',
    ],
    'a folder without a place in the order': [
      { [core('der/a.ts')]: "import { b } from '../misc/b.ts'", [core('misc/b.ts')]: 'export const b = 1' },
      'against the order',
    ],
    'a cycle': [
      {
        [core('der/a.ts')]: "import { b } from './b.ts'",
        [core('der/b.ts')]: "import { c } from './c.ts'",
        [core('der/c.ts')]: "import { a } from './a.ts'",
      },
      'cycle: packages/ingam/src/der/a.ts → packages/ingam/src/der/b.ts → packages/ingam/src/der/c.ts',
    ],
    'a cycle of types': [
      {
        [core('der/a.ts')]: "import type { B } from './b.ts'",
        [core('der/b.ts')]: "import type { A } from './a.ts'",
      },
      'cycle',
    ],
    'node: in the core': [
      { [core('x509/a.ts')]: "import { readFileSync } from 'node:fs'" },
      'node:fs outside',
    ],
    'node: in the web form': [{ [core('platform/web.ts')]: "import 'node:crypto'" }, 'node:crypto outside'],
    'Buffer in the core': [{ [core('bytes/a.ts')]: "export const a = Buffer.from('')" }, 'Buffer outside'],
    'a dependency of the library': [{ [core('x509/a.ts')]: "import { x } from 'jose'" }, 'no dependencies'],
    'one form of the platform by name': [
      { [core('x509/a.ts')]: "import { p } from '../platform/node.ts'", [core('platform/node.ts')]: '' },
      'use #platform',
    ],
    'the platform below its layer': [
      { [core('bytes/a.ts')]: "import { p } from '#platform'" },
      'layer below',
    ],
    'ingam/x509 reaching the tokens': [
      {
        [core('entries/x509.ts')]: "export { a } from '../verify/a.ts'",
        [core('verify/a.ts')]: "export { b } from '../token/b.ts'",
        [core('token/b.ts')]: 'export const b = 1',
      },
      'entries/x509.ts: reaches packages/ingam/src/token/b.ts',
    ],
    'ingam reaching the test helpers': [
      { [core('index.ts')]: "export * from './testing/a.ts'", [core('testing/a.ts')]: '' },
      'index.ts: reaches',
    ],
    'a private door of the command': [
      { 'packages/cli/src/a.ts': "import { b } from 'ingam/dist/b.js'" },
      'not a public name',
    ],
    'a path from the command into the library': [
      { 'packages/cli/src/a.ts': "import { b } from '../../ingam/src/index.ts'", [core('index.ts')]: '' },
      'not a public name',
    ],
    'the service at once in the command': [
      { 'packages/cli/src/a.ts': "import { startService } from '@ingam/server'" },
      'use import()',
    ],
    'a private door of the service': [
      { [server('a.ts')]: "import { b } from 'ingam/dist/b.js'" },
      'not a public name',
    ],
    'a database outside the stores': [
      { [server('routes/a.ts')]: "import { DatabaseSync } from 'node:sqlite'" },
      'outside its places',
    ],
    'a framework in an endpoint': [
      { [server('routes/a.ts')]: "import { Hono } from 'hono'" },
      'outside its places',
    ],
    'a socket outside the host': [
      { [server('oauth/a.ts')]: "import { request } from 'node:https'" },
      'outside its places',
    ],
    'a file in the policy': [
      { [server('policy/a.ts')]: "import { readFile } from 'node:fs/promises'" },
      'outside its places',
    ],
    'test helpers in the service': [
      { [server('app.ts')]: "import { createTestCa } from 'ingam/testing'" },
      'outside its places',
    ],
    'a default export': [{ [core('der/a.ts')]: 'export default function a(): void {}' }, 'default export'],
    'an import of nothing': [{ [core('der/a.ts')]: "import { b } from './b.ts'" }, 'does not exist'],
  }

  test.each(Object.entries(refused))('%s', (_name, [files, problem]) => {
    expect(violations(files).join('\n')).toContain(problem)
  })
})

describe('the layer check accepts', () => {
  const accepted: Record<string, Record<string, string>> = {
    'arrows that point downwards': {
      [core('index.ts')]: "export { a } from './token/a.ts'",
      [core('token/a.ts')]: "import { b } from '../der/b.ts'\nimport { p } from '#platform'",
      [core('der/b.ts')]: "import { c } from './c.ts'",
      [core('der/c.ts')]: '',
    },
    'Node in its two places': {
      [core('platform/node.ts')]:
        "import { hash } from 'node:crypto'\nimport type { P } from './contract.ts'",
      [core('platform/contract.ts')]: '',
      [core('node/index.ts')]:
        "import { readFile } from 'node:fs/promises'\nexport const a = Buffer.alloc(1)",
    },
    'the word in comments and texts': {
      [core('der/a.ts')]: "// import { b } from '../x509/b.ts'\n/* Buffer */\nexport const a = 'a Buffer'",
    },
    'the public names in the command': {
      'packages/cli/src/a.ts':
        "import { a } from 'ingam'\nimport { b } from 'ingam/node'\nimport { c } from 'commander'",
    },
    'the service in the command, as a type or when it is needed': {
      'packages/cli/src/a.ts':
        "import type { ServiceConfig } from '@ingam/server'\nconst s = await import('@ingam/server')",
    },
    'what the places of the service are for': {
      [server('stores/a.ts')]: "import { DatabaseSync } from 'node:sqlite'",
      [server('host/a.ts')]: "import { createServer } from 'node:http'",
      [server('app.ts')]: "import { Hono } from 'hono'\nimport { isPkiError } from 'ingam'",
    },
  }

  test.each(Object.entries(accepted))('%s', (_name, files) => {
    expect(violations(files)).toEqual([])
  })
})

function violations(files: Record<string, string>): string[] {
  return findViolations(Object.entries(files).map(([path, text]) => ({ path, text })))
}
