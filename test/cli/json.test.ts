// What --json prints, held to the tables of docs/cli.md: every field is there with its type, and every row of a table was
// seen. Scripts rely on both.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runProgram } from '../../packages/cli/src/program.ts'
import { makeFixtures, NOW } from './fixtures.ts'

const AUDIENCE = 'https://api.example'
const documented = readTables(readFileSync(new URL('../../docs/cli.md', import.meta.url), 'utf8'))
const started = process.cwd()
let folder = ''
let token = ''

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ingam-json-'))
  await makeFixtures(folder)
  process.chdir(folder)
  const sign = ['sign', '--cert', 'client/cert.pem', '--key', 'client/key.pem', '--aud', AUDIENCE]
  await run(['ca', 'crl', '--ca', 'ca'], '')
  token = (await run([...sign, '--claim', 'order:={"of":[1]}'], '')).out
})

afterAll(() => {
  process.chdir(started)
  rmSync(folder, { recursive: true, force: true })
})

describe('--json', () => {
  const judge = (ca: string, stance = 'off'): string[] => [
    ...['--ca', ca, '--aud', AUDIENCE, '--revocation', stance, '--json'],
  ]

  test.each<[string, (readonly string[])[], number[]]>([
    [
      'ingam verify --json',
      [
        ['verify', ...judge('ca/ca.pem')],
        ['verify', ...judge('ca/ca.pem', 'prefer')],
        ['verify', ...judge('ca/ca.pem', 'require'), '--crl', 'ca/crl'],
      ],
      [0, 0, 0],
    ],
    [
      'ingam explain --json',
      [
        ['explain', ...judge('ca/ca.pem')],
        ['explain', ...judge('stranger/ca.pem')],
        ['explain', ...judge('client/cert.pem')],
        ['explain', ...judge('ca/ca.pem', 'require')],
      ],
      [0, 1, 1, 4],
    ],
    ['ingam inspect --json', [['inspect', '--json']], [0]],
  ])('%s', async (heading, commands, exits) => {
    const values: unknown[] = []
    for (const [index, args] of commands.entries()) {
      const { exit, out } = await run([...args, '-'], token)
      expect(exit).toBe(exits[index])
      values.push(JSON.parse(out))
    }
    expectAsDocumented(values, heading)
  })

  test('ingam verify --lines, one value a line', async () => {
    const input = `${token}\n${token}not text: \u0000\n`
    const { exit, out } = await run(['verify', ...judge('ca/ca.pem'), '--lines', '-'], input)
    expect(exit).toBe(1)
    const values = out
      .trimEnd()
      .split('\n')
      .map((line): unknown => JSON.parse(line))
    expect(values).toHaveLength(3)
    expectAsDocumented(values, 'ingam verify --lines')
  })

  test('a field without its row, a row without its field, and another type are noticed', () => {
    const table = new Map([['a', 'text']])
    expect(fieldsOf({ a: 'x', b: [{ c: 1 }] }, table)).toEqual(
      new Map([
        ['a', 'text'],
        ['b[].c', 'number'],
      ]),
    )
    expect(fieldsOf({ a: 1 }, table)).not.toEqual(table)
  })
})

function expectAsDocumented(values: readonly unknown[], heading: string): void {
  const table = documented.get(heading) ?? new Map()
  expect(table.size).toBeGreaterThan(0)
  const seen = new Set<string>()
  for (const value of values) {
    for (const [field, type] of fieldsOf(value, table)) {
      expect({ field, type }).toEqual({ field, type: table.get(field) })
      seen.add(field)
    }
  }
  expect(seen).toEqual(new Set(table.keys()))
}

// The fields of a value by path, with their types. What a table calls an object is anybody's content.
function fieldsOf(value: unknown, table: ReadonlyMap<string, string>, path = ''): Map<string, string> {
  if (typeof value !== 'object' || value === null || table.get(path) === 'object') {
    return new Map([[path, typeOf(value, table.get(path))]])
  }
  if (Array.isArray(value)) {
    const isOfText = value.every((item) => typeof item === 'string')
    if (isOfText && table.get(path) === 'list of text') return new Map([[path, 'list of text']])
    return new Map(value.flatMap((item) => [...fieldsOf(item, table, `${path}[]`)]))
  }
  const dot = path === '' ? '' : '.'
  return new Map(
    Object.entries(value).flatMap(([name, item]) => [...fieldsOf(item, table, `${path}${dot}${name}`)]),
  )
}

function typeOf(value: unknown, wanted: string | undefined): string {
  switch (typeof value) {
    case 'string': {
      const isInstant = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/u.test(value)
      const isBase64 = value.length > 0 && Buffer.from(value, 'base64').toString('base64') === value
      if (wanted === 'base64' && isBase64) return 'base64'
      return isInstant ? 'instant' : 'text'
    }
    case 'boolean':
      return 'true or false'
    case 'object':
      return value === null ? 'null' : 'object'
    default:
      return typeof value
  }
}

// Each table with the columns field and type, under the heading before it.
function readTables(text: string): Map<string, Map<string, string>> {
  const tables = new Map<string, Map<string, string>>()
  let heading = ''
  let table: Map<string, string> | undefined
  for (const line of text.split('\n')) {
    if (line.startsWith('#')) heading = line.replace(/^#+ /u, '').replaceAll('`', '')
    if (line.startsWith('| field | type |')) tables.set(heading, (table = new Map()))
    else if (!line.startsWith('|')) table = undefined
    const { field, type } = /^\| `(?<field>[^`]+)` \| (?<type>[^|]+) \|/u.exec(line)?.groups ?? {}
    if (field !== undefined && type !== undefined) table?.set(field, type)
  }
  return tables
}

async function run(args: readonly string[], stdin: string): Promise<{ exit: number; out: string }> {
  let out = ''
  const exit = await runProgram(args, {
    stdout: { write: (text) => (out += text) },
    stderr: { write: () => undefined },
    stdin: (async function* () {
      yield Buffer.from(stdin)
    })(),
    env: {},
    now: () => NOW,
    isTTY: { stdin: false, stdout: false, stderr: false },
  })
  return { exit, out }
}
