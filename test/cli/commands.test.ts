// What a transcript cannot show: file modes, a passphrase typed or handed over by descriptor, colours, a pipe that is
// closed early, and the built command as its own process.

import { type ChildProcessWithoutNullStreams, execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Context } from '../../packages/cli/src/context.ts'
import { widthOf } from '../../packages/cli/src/layout/width.ts'
import { runProgram } from '../../packages/cli/src/program.ts'
import { makeFixtures } from './fixtures.ts'

const BIN = new URL('../../packages/cli/bin/ingam.js', import.meta.url).pathname
const AUDIENCE = 'https://api.example'
const TERMINAL = { stdin: true, stdout: true, stderr: true }
// The built command reads the real clock, so the certificates lie around it.
const now = new Date()
let folder = ''

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ingam-commands-'))
  await makeFixtures(folder, now)
})

afterAll(() => {
  rmSync(folder, { recursive: true, force: true })
})

describe('files', () => {
  test('private keys can be read by their owner alone, certificates by everybody', async () => {
    const out = join(folder, 'modes')
    await run(['ca', 'init', '--out', join(out, 'ca')])
    await run(['ca', 'issue', '--ca', join(out, 'ca'), '--out', join(out, 'client')])
    expect(modeOf(join(out, 'ca', 'ca-key.pem'))).toBe(0o600)
    expect(modeOf(join(out, 'client', 'key.pem'))).toBe(0o600)
    expect(modeOf(join(out, 'client', 'cert.pem'))).toBe(0o644)
    expect(modeOf(join(out, 'ca'))).toBe(0o700)
  })
})

describe('passphrases', () => {
  const sign = ['sign', '--cert', 'client/cert.pem', '--key', 'encrypted.pem', '--aud', AUDIENCE]

  test('is asked for where somebody can answer, and not shown', async () => {
    const questions: string[] = []
    const outcome = await run(inFolder(sign), {
      askSecret: (question) => {
        questions.push(question)
        return Promise.resolve('correct horse')
      },
    })
    expect(outcome).toMatchObject({ exit: 0, err: '' })
    expect(outcome.out).toMatch(/^eyJ[\w.-]+\n$/u)
    expect(questions).toEqual([`passphrase for ${join(folder, 'encrypted.pem')}: `])
  })

  test('a wrong one typed is refused without being repeated', async () => {
    const outcome = await run(inFolder(sign), { askSecret: () => Promise.resolve('battery staple') })
    expect(outcome).toMatchObject({ exit: 3, out: '' })
    expect(outcome.err).toContain('ERR_KEY_PASSPHRASE')
    expect(outcome.err).not.toContain('battery')
  })

  test('giving up is answered with the refusal', async () => {
    const outcome = await run(inFolder(sign), { askSecret: () => Promise.resolve(undefined) })
    expect(outcome.exit).toBe(3)
    expect(outcome.err).toContain('ERR_KEY_ENCRYPTED')
  })

  test('comes from a descriptor', () => {
    const descriptor = openSync(join(folder, 'passphrase.txt'), 'r')
    const outcome = spawnSync(process.execPath, [BIN, ...sign, '--passphrase-fd', '3'], {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'pipe', descriptor],
      encoding: 'utf8',
    })
    closeSync(descriptor)
    expect(outcome).toMatchObject({ status: 0, stderr: '' })
    expect(outcome.stdout).toMatch(/^eyJ/u)
  })

  test('a descriptor that is not open is a clear error', () => {
    const outcome = spawnSync(process.execPath, [BIN, ...sign, '--passphrase-fd', '77'], {
      cwd: folder,
      encoding: 'utf8',
    })
    expect(outcome.status).toBe(3)
    expect(outcome.stderr).toContain('descriptor 77: no such open file descriptor')
  })
})

describe('access tokens', () => {
  test('of 65,536 characters with a line break, and of one more', async () => {
    const sign = ['sign', '--profile', 'proof', '--cert', 'client/cert.pem', '--key', 'client/key.pem']
    const request = [
      '--aud',
      AUDIENCE,
      '--method',
      'GET',
      '--url',
      `${AUDIENCE}/`,
      '--access-token-file',
      '-',
    ]
    const withToken = async (length: number): Promise<Outcome> =>
      await run(inFolder([...sign, ...request]), { stdin: streamOf(`${'x'.repeat(length)}\r\n`) })
    expect(await withToken(65_536)).toMatchObject({ exit: 0, err: '' })
    const refused = await withToken(65_537)
    expect(refused.exit).toBe(3)
    expect(refused.err).not.toContain('xxx')
  })
})

describe('colours', () => {
  const explain = ['explain', '--ca', 'ca/ca.pem', '--aud', AUDIENCE, '--revocation', 'off', 'a.b.c']

  test('on a terminal', async () => {
    expect((await run(inFolder(explain), { isTTY: TERMINAL })).out).toContain('\u001b[')
  })

  test.each([
    ['in a pipe with FORCE_COLOR', { env: { FORCE_COLOR: '1' } }],
    ['with FORCE_COLOR, which decides before NO_COLOR', { env: { FORCE_COLOR: '', NO_COLOR: '1' } }],
    ['with an empty NO_COLOR', { env: { NO_COLOR: '' }, isTTY: TERMINAL }],
  ])('%s', async (_where, context) => {
    expect((await run(inFolder(explain), context)).out).toContain('\u001b[')
  })

  test.each([
    ['in a pipe', {}],
    ['with FORCE_COLOR=0', { env: { FORCE_COLOR: '0' }, isTTY: TERMINAL }],
    ['with NO_COLOR', { env: { NO_COLOR: '1' }, isTTY: TERMINAL }],
    ['on a dumb terminal', { env: { TERM: 'dumb' }, isTTY: TERMINAL }],
  ])('none %s', async (_where, context) => {
    const { out, err } = await run(inFolder(explain), context)
    expect(out + err).not.toContain('\u001b[')
  })
})

describe('widths', () => {
  const long = 'a long text of many words, 인감 증명서, '.repeat(5)
  const judge = ['--ca', 'ca/ca.pem', '--aud', AUDIENCE, '--revocation', 'off']
  const pages = [
    ['inspect'],
    ['verify', ...judge],
    ['explain', ...judge],
    ['explain', '--ca', 'stranger/ca.pem', '--aud', AUDIENCE, '--revocation', 'off'],
    ['verify', ...judge, '--lines', '-'],
  ]
  let token = ''

  beforeAll(async () => {
    const sign = ['sign', '--cert', 'client/cert.pem', '--key', 'client/key.pem', '--aud', AUDIENCE]
    token = (await run(inFolder([...sign, '--claim', `note=${long}`, '--claim', `${'x'.repeat(50)}=1`]))).out
  })

  for (const page of pages) {
    test.each([24, 40, 60, 80, 120])(
      `${page[0]}: no line is wider than a terminal of %d`,
      async (columns) => {
        const terminal = { isTTY: TERMINAL, columns, stdin: streamOf(token) }
        const { out, err } = await run(inFolder([...page, ...(page.includes('-') ? [] : ['-'])]), terminal)
        const widths = `${out}${err}`.split('\n').map(widthOf)
        expect(widths.length).toBeGreaterThan(1)
        expect(Math.max(...widths)).toBeLessThanOrEqual(columns)
      },
    )
  }

  test('in a pipe nothing is cut or wrapped', async () => {
    const { out } = await run(['inspect', '-'], { stdin: streamOf(token), columns: 40 })
    expect(out).toContain(long.trim())
    expect(out).toContain(`  ${'x'.repeat(50)}  1\n`)
  })

  test('a colour is never all that tells', async () => {
    const colourful = await run(inFolder(pages[3] ?? []), {
      stdin: streamOf(token),
      env: { FORCE_COLOR: '1' },
    })
    const plain = await run(inFolder(pages[3] ?? []), { stdin: streamOf(token) })
    expect(stripVTControlCharacters(colourful.out)).toBe(plain.out)
  })
})

describe('many tokens, as a process', () => {
  const verify = ['verify', '--ca', 'ca/ca.pem', '--aud', AUDIENCE, '--revocation', 'off', '--lines', '-']

  async function start(): Promise<{
    child: ChildProcessWithoutNullStreams
    err: () => string
    token: string
  }> {
    const sign = ['sign', '--cert', 'client/cert.pem', '--key', 'client/key.pem', '--aud', AUDIENCE]
    const token = (await run(inFolder(sign))).out
    const child = spawn(process.execPath, [BIN, ...verify], { cwd: folder })
    let err = ''
    child.stderr.on('data', (chunk: Buffer) => {
      err += chunk.toString()
    })
    return { child, err: () => err, token }
  }

  test('Ctrl-C ends with the summary so far, which is no yes', async () => {
    const { child, err, token } = await start()
    child.stdin.write(token)
    await once(child.stdout, 'data')
    child.kill('SIGINT')
    const [exit] = await once(child, 'close')
    expect(exit).toBe(4)
    expect(err()).toBe(
      'ingam: note: stopped; what follows was not read\n' +
        'ingam: note: 1 token: 1 accepted, 0 refused, 0 undecided, 0 unreadable\n',
    )
  })

  test('a reader that closes the pipe ends it too, and that is no yes', async () => {
    const { child, err, token } = await start()
    child.stdin.on('error', () => {
      // The command has closed its end, as it should.
    })
    child.stdin.write(token)
    await once(child.stdout, 'data')
    child.stdout.destroy()
    child.stdin.write(token)
    const [exit] = await once(child, 'close')
    expect(exit).not.toBe(0)
    expect(err()).toContain('stopped; what follows was not read')
  })

  test('a refusal stays a refusal when nobody reads it', async () => {
    const args = ['explain', '--ca', 'stranger/ca.pem', '--aud', AUDIENCE, '--revocation', 'off', 'a.b.c']
    const child = spawn(process.execPath, [BIN, ...args], { cwd: folder })
    child.stdout.destroy()
    const [exit] = await once(child, 'close')
    expect(exit).toBe(1)
  })
})

describe('as a process', () => {
  test('a token of two megabytes is refused, not read without end', () => {
    const outcome = spawnSync(process.execPath, [BIN, 'inspect', '-'], {
      input: 'A'.repeat(2_097_152),
      encoding: 'utf8',
    })
    expect(outcome.status).toBe(3)
    expect(outcome.stderr).toContain('which is no token')
  })

  test('a reader that closes the pipe early is no failure', async () => {
    const child = spawn(process.execPath, [BIN, '--help'], { stdio: ['ignore', 'pipe', 'pipe'] })
    child.stdout.destroy()
    let err = ''
    child.stderr.on('data', (chunk: Buffer) => {
      err += chunk.toString()
    })
    const exit = await new Promise((resolve) => child.on('close', resolve))
    expect({ exit, err }).toEqual({ exit: 0, err: '' })
  })

  test('prints what --json promises, and nothing else, on stdout', () => {
    const home = join(folder, 'process')
    execFileSync(process.execPath, [BIN, 'ca', 'init', '--out', join(home, 'ca')])
    execFileSync(process.execPath, [
      BIN,
      'ca',
      'issue',
      '--ca',
      join(home, 'ca'),
      '--out',
      join(home, 'client'),
    ])
    const files = ['--cert', join(home, 'client/cert.pem'), '--key', join(home, 'client/key.pem')]
    const token = execFileSync(process.execPath, [BIN, 'sign', ...files, '--aud', AUDIENCE], {
      encoding: 'utf8',
    })
    for (const command of ['verify', 'explain'] as const) {
      const args = [
        command,
        '--ca',
        join(home, 'ca/ca.pem'),
        '--aud',
        AUDIENCE,
        '--revocation',
        'off',
        '--json',
        '-',
      ]
      const outcome = spawnSync(process.execPath, [BIN, ...args], { input: token, encoding: 'utf8' })
      expect(outcome.status).toBe(0)
      expect(JSON.parse(outcome.stdout)).toBeTypeOf('object')
      expect(outcome.stderr).toContain('remembers no tokens')
    }
    expect(readFileSync(join(home, 'client/key.pem'), 'utf8')).toContain('PRIVATE KEY')
  })
})

interface Outcome {
  readonly exit: number
  readonly out: string
  readonly err: string
}

async function run(args: readonly string[], changes: Partial<Context> = {}): Promise<Outcome> {
  let out = ''
  let err = ''
  const exit = await runProgram(args, {
    stdout: { write: (text) => (out += text) },
    stderr: { write: (text) => (err += text) },
    stdin: noInput(),
    env: {},
    now: () => now,
    isTTY: { stdin: false, stdout: false, stderr: false },
    ...changes,
  })
  return { exit, out, err }
}

async function* streamOf(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text)
}

async function* noInput(): AsyncGenerator<Uint8Array> {
  // Nothing: stdin is at its end.
}

function inFolder(args: readonly string[]): readonly string[] {
  return args.map((arg) => (/^[\w/-]+\.pem$/u.test(arg) ? join(folder, arg) : arg))
}

function modeOf(path: string): number {
  return statSync(path).mode & 0o777
}
