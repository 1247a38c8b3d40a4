// The help pages: their layout at every width, and that each example on them does what it says it does. The examples are
// run by a shell with the built command, in one folder, in the order in which somebody would need them.

import { spawn, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { examplesOf, pathOf } from '../../packages/cli/src/help.ts'
import { allCommands, createProgram } from '../../packages/cli/src/program.ts'
import { certificateRequest } from './fixtures.ts'
import { runCommand } from './run-command.ts'
import { freePort } from './service/running.ts'

const ROOT = join(import.meta.dirname, '..', '..')
const BIN = join(ROOT, 'packages', 'cli', 'bin', 'ingam.js')

const pages = allCommands(createProgram(silent(), () => undefined)).map((command) => {
  const [, ...path] = pathOf(command).split(' ')
  return [path.join(' ') || '(ingam itself)', path] as const
})

describe('layout', () => {
  test.each(pages)('%s: name and usage first, exit codes as a list, --help shown', async (_name, path) => {
    const { exit, out, err } = await runCommand([...path, '--help'])
    expect({ exit, err }).toEqual({ exit: 0, err: '' })
    const full = ['ingam', ...path].join(' ')
    expect(out).toMatch(
      new RegExp(`^Name:\n  ${full} - [^A-Z](?:.*[^.])\n(?: {4}.*[^.]\n)*\nUsage:\n  ${full}`, 'u'),
    )
    expect(out).toMatch(/\n {2}-h, --help +show this page\n/u)
    expect(out).toMatch(/\nExit codes:(?:\n {2}\d| those of verify)/u)
    expect(out).not.toMatch(/\n\n\n/u)
    expect(out).toMatch(/[^\n]\n$/u)
  })

  test.each(pages)('%s: ingam help shows the same page', async (_name, path) => {
    const [page, help] = [await runCommand([...path, '--help']), await runCommand(['help', ...path])]
    expect(help).toEqual(page)
  })

  test.each([40, 60, 80, 120])(
    'no line is wider than a terminal of %i columns, but for examples and long words',
    async (columns) => {
      for (const [, path] of pages) {
        const { out } = await runCommand([...path, '--help'], {
          columns,
          isTTY: { stdin: true, stdout: true, stderr: true },
          env: { NO_COLOR: '1' },
        })
        const tooWide = out.split('\n').filter((line) => line.length > columns && !isExample(line))
        expect(tooWide.filter((line) => !/\S{30}/u.test(line))).toEqual([])
      }
    },
  )

  test('a terminal of unknown width and a pipe have 80 columns, a wide terminal 100', async () => {
    const widest = async (columns?: number): Promise<number> => {
      const changes = columns === undefined ? {} : { columns }
      const { out } = await runCommand(['ca', 'issue', '--help'], changes)
      const lines = out.split('\n').filter((line) => !isExample(line))
      return Math.max(...lines.map((line) => line.length))
    }
    expect(await widest()).toBe(await widest(80))
    expect(await widest()).toBeGreaterThan(70)
    expect(await widest(300)).toBe(await widest(100))
    expect(await widest(300)).toBeGreaterThan(90)
  })

  test('headings are strong on a terminal, and not with NO_COLOR', async () => {
    const isTTY = { stdin: true, stdout: true, stderr: true }
    expect((await runCommand(['sign', '--help'], { isTTY })).out).toContain('\u001b[1mUsage:\u001b[22m')
    expect((await runCommand(['sign', '--help'], { isTTY, env: { NO_COLOR: '1' } })).out).not.toContain(
      '\u001b',
    )
  })

  test('no command, or one that is not there, is wrong usage', async () => {
    expect(await runCommand([])).toMatchObject({ exit: 2, out: '' })
    expect(await runCommand(['ca'])).toMatchObject({ exit: 2, out: '' })
    const { exit, out, err } = await runCommand(['help', 'ca', 'revok'])
    expect({ exit, out, err }).toEqual({
      exit: 2,
      out: '',
      err: "ingam: error: unknown command 'revok'\ningam: hint: see ingam ca --help\n",
    })
  })
})

describe('examples', () => {
  let folder = ''

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'ingam-examples-'))
    mkdirSync(join(folder, 'bin'))
    const script = `#!/bin/sh\nexec '${process.execPath}' '${BIN}' "$@"\n`
    writeFileSync(join(folder, 'bin', 'ingam'), script, { mode: 0o755 })
    writeFileSync(join(folder, 'request.pem'), `${await certificateRequest()}\n`)
  })

  afterAll(() => {
    rmSync(folder, { recursive: true, force: true })
  })

  test('those of ca, in the order of its commands', async () => {
    const examples = await examplesBelow('ca')
    expect(examples.length).toBeGreaterThanOrEqual(8)
    for (const example of examples) {
      if (example.startsWith('ingam ca ocsp ')) await runResponder(example)
      else runExample(example)
    }
    expect(readFileSync(join(folder, 'worker.pem'), 'utf8')).toMatch(/^-----BEGIN CERTIFICATE-----\n/u)
    expect(existsSync(join(folder, 'ca-two-tier', 'chain.pem'))).toBe(true)
  })

  test('those of the section about ca in docs/cli.md', () => {
    const [, section = ''] = readFileSync(join(ROOT, 'docs', 'cli.md'), 'utf8').split('\n## `ingam ca`')
    const [own = ''] = section.split('\n## ')
    const blocks = [...own.matchAll(/```sh\n(?<lines>[^`]*)```/gu)].map(
      (match) => match.groups?.['lines'] ?? '',
    )
    const lines = blocks
      .join('')
      .split('\n')
      .filter((line) => line !== '')
    expect(lines.length).toBeGreaterThanOrEqual(4)
    for (const line of lines) runExample(line)
  })

  test('those of all other commands', async () => {
    const sign = 'ingam sign --cert client/cert.pem --key client/key.pem --aud https://api.example'
    runExample(`${sign} > token.txt`)
    runExample(`{ ${sign}; ${sign}; } > tokens.txt`)
    const others = pages.map(([, path]) => path).filter(([first]) => first !== 'ca')
    const examples = (await Promise.all(others.map(examplesOn))).flat()
    expect(examples.length).toBeGreaterThanOrEqual(30)
    const service = await startService()
    try {
      for (const example of examples) runExample(example, service.env)
    } finally {
      await service.stop()
    }
  }, 240_000)

  test('every command has one', async () => {
    for (const [name, path] of pages) {
      expect({ name, examples: await examplesOn(path) }).not.toEqual({ name, examples: [] })
    }
  })

  async function examplesBelow(first: string): Promise<readonly string[]> {
    const below = pages.map(([, path]) => path).filter((path) => path[0] === first)
    return (await Promise.all(below.map(examplesOn))).flat()
  }

  // It answers until it is stopped: a person would press Ctrl-C.
  async function runResponder(line: string): Promise<void> {
    const child = spawn(process.execPath, [BIN, ...line.split(' ').slice(1)], { cwd: folder })
    const [said] = await once(child.stdout, 'data')
    expect(String(said)).toMatch(/^http:\/\/127\.0\.0\.1:\d+\n$/u)
    child.kill('SIGINT')
    expect(await once(child, 'exit')).toEqual([0, null])
  }

  // What the examples of the service need: its files under the names that stand in them, and the service itself.
  async function startService(): Promise<{
    readonly env: Record<string, string>
    readonly stop: () => Promise<void>
  }> {
    runExample('ingam ca init --out admin-ca')
    runExample('ingam ca issue --ca admin-ca --uri spiffe://example/administrator --out admin')
    const url = `http://127.0.0.1:${await freePort()}`
    const put = (name: string, text: string, mode: number = 0o644): void =>
      writeFileSync(join(folder, name), text, { mode })
    put('key-encryption.key', `${randomBytes(32).toString('base64')}\n`, 0o600)
    put('ingam.yaml', configOf(url, 'state'))
    put('restored.yaml', configOf(url, 'restored'))
    put('policy.yaml', POLICY)
    put('old-policy.yaml', POLICY.replace('[read]', '[read, write]'))
    put('tests.yaml', TESTS)
    put(
      'initial-policy.yaml',
      POLICY.replace(
        'file: ca/ca.pem',
        `certificate: ${JSON.stringify(readFileSync(join(folder, 'ca', 'ca.pem'), 'utf8'))}`,
      ),
    )
    const child = spawn(process.execPath, [BIN, 'serve', '--config', 'ingam.yaml'], { cwd: folder })
    const [said] = await once(child.stderr, 'data')
    expect(String(said)).toMatch(new RegExp(`^ingam: listening on ${url} `, 'u'))
    child.stderr.resume()
    const env = { INGAM_SERVICE: url, INGAM_ADMIN_CERT: 'admin/cert.pem', INGAM_ADMIN_KEY: 'admin/key.pem' }
    const stop = async (): Promise<void> => {
      child.kill('SIGTERM')
      expect(await once(child, 'exit')).toEqual([0, null])
    }
    return { env, stop }
  }

  function runExample(line: string, env: Readonly<Record<string, string>> = {}): void {
    const { status, stderr } = spawnSync('/bin/sh', ['-c', line], {
      cwd: folder,
      encoding: 'utf8',
      timeout: 20_000,
      env: { ...env, PATH: `${join(folder, 'bin')}${delimiter}${process.env['PATH'] ?? ''}`, HOME: folder },
    })
    expect({ line, status, stderr }).toEqual({
      line,
      status: 0,
      stderr: expect.not.stringContaining('error:'),
    })
  }
})

function configOf(url: string, state: string): string {
  return `issuer: ${url}
listen: { port: ${new URL(url).port} }
state: { folder: ${state} }
secrets: { keyEncryptionKey: { file: key-encryption.key } }
initialPolicy: initial-policy.yaml
admin:
  trustAnchors: [admin-ca/ca.pem]
  administrators:
    - { name: admin, role: operator, certificate: { san_uri: 'spiffe://example/administrator' } }
  revocation: off
`
}

const POLICY = `version: 1
revocation: off
trustAnchors:
  development:
    file: ca/ca.pem
    names: { directoryNames: any, uris: [example] }
profiles:
  client:
    match: { trustAnchor: development, uri: 'spiffe://example/client' }
    audience: [https://api.example]
    scope: [read]
    lifetime: 5m
    binding: none
`

const TESTS = `tests:
  - name: the client reads
    certificate: client/cert.pem
    expect: { profile: client, scope: [read] }
`

async function examplesOn(path: readonly string[]): Promise<readonly string[]> {
  return examplesOf((await runCommand([...path, '--help'])).out)
}

function isExample(line: string): boolean {
  return line.startsWith('  ingam ')
}

function silent(): Parameters<typeof createProgram>[0] {
  return {
    stdout: { write: () => undefined },
    stderr: { write: () => undefined },
    stdin: noInput(),
    env: {},
    now: () => new Date(),
    isTTY: { stdin: false, stdout: false, stderr: false },
  }
}

async function* noInput(): AsyncGenerator<Uint8Array> {
  // Nothing is read by making the commands.
}
