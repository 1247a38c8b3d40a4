// The built command as its own process: the tour with its service, the lines that it prints, signals, ports in use.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runCommand } from '../run-command.ts'
import { freePort } from './running.ts'

const BIN = new URL('../../../packages/cli/bin/ingam.js', import.meta.url).pathname
const children = new Set<ChildProcess>()
let folder = ''

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ingam-tour-'))
})

afterAll(() => {
  for (const child of children) child.kill('SIGKILL')
  rmSync(folder, { recursive: true, force: true })
})

interface Running {
  readonly child: ChildProcess
  readonly out: () => string
  readonly err: () => string
}

function start(args: readonly string[], env: Readonly<Record<string, string>>): Running {
  const child = spawn(process.execPath, [BIN, ...args], {
    cwd: folder,
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  children.add(child)
  child.once('exit', () => children.delete(child))
  let out = ''
  let err = ''
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()))
  return { child, out: () => out, err: () => err }
}

async function startTour(port: number): Promise<Running> {
  const tour = start(['tour'], { PORT: String(port) })
  while (!tour.err().includes('until Ctrl-C')) {
    await new Promise((resolve) => setTimeout(resolve, 50))
    if (tour.child.exitCode !== null) throw new Error(`the tour ended: ${tour.err()}`)
  }
  return tour
}

async function stop({ child }: Running, signal: 'SIGINT' | 'SIGTERM'): Promise<unknown> {
  child.kill(signal)
  const [exit] = await once(child, 'exit')
  return exit
}

// As a person pastes it, but for the way to the command.
function paste(line: string): { status: number | null; stdout: string; stderr: string } {
  const command = line.replaceAll('npx ingam ', `'${process.execPath}' '${BIN}' `)
  const env = { PATH: process.env['PATH'] }
  return spawnSync('/bin/sh', ['-c', command], { cwd: folder, encoding: 'utf8', timeout: 30_000, env })
}

describe('the tour', () => {
  test('serves, prints lines that work, finds everything again, and ends in order', async () => {
    const port = await freePort()
    const first = await startTour(port)
    expect(first.out()).toContain(`4. A token service answers on http://127.0.0.1:${port}\n`)
    const lines = first.out().match(/(?<=^ {3})npx ingam .*$/gmu) ?? []
    expect(lines).toHaveLength(4)
    const [login = '', look = '', audit = '', end = ''] = lines

    const token = paste(login)
    expect(token).toMatchObject({ status: 0, stdout: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+\n$/u) })
    expect(paste(look)).toMatchObject({ status: 0, stdout: expect.stringContaining('at+jwt') })
    expect(paste(audit)).toMatchObject({ status: 0, stdout: expect.stringContaining('token.issued') })
    expect(paste(end)).toMatchObject({ status: 0, stdout: '2\n' })
    expect(statSync(join(folder, '.ingam', 'service', 'key-encryption.key')).mode & 0o777).toBe(0o600)
    expect(statSync(join(folder, '.ingam', 'service')).mode & 0o777).toBe(0o700)
    expect(await stop(first, 'SIGTERM')).toBe(0)
    expect(paste(login)).toMatchObject({ status: 4, stdout: '' })

    const second = await startTour(port)
    expect(second.out()).toContain('found its configuration, policy and state')
    expect(paste(login)).toMatchObject({ status: 0 })
    expect(await stop(second, 'SIGINT')).toBe(0)
  })

  test('a port in use is said, with another one', async () => {
    const other = createServer()
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
    const address = other.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    const tour = start(['tour'], { PORT: String(port) })
    const [exit] = await once(tour.child, 'close')
    await new Promise((resolve) => other.close(resolve))
    expect(exit).toBe(3)
    expect(tour.err()).toContain(`ingam: error: 127.0.0.1:${port}: the port is in use\n`)
    expect(tour.err()).toMatch(/^ingam: hint: choose another port: PORT=\d+ npm start$/mu)
  })

  test.each(['0', '65536', 'x', '80a', '-1'])(
    'PORT=%s is wrong usage, before anything is made',
    async (port) => {
      const home = join(folder, 'ports')
      const outcome = await runCommand(['tour'], { env: { PORT: port, INGAM_HOME: home } })
      expect(outcome).toMatchObject({ exit: 2, out: '', err: expect.stringContaining('PORT: expected') })
      expect(existsSync(home)).toBe(false)
    },
  )
})

describe('serve', () => {
  const config = join('.ingam', 'service', 'ingam.yaml')

  test('the first line on stderr tells the address, the log follows, stdout stays empty', async () => {
    const port = await freePort()
    const url = `http://127.0.0.1:${port}`
    const env = { INGAM_LISTEN_PORT: String(port), INGAM_ISSUER: url, INGAM_LOG_LEVEL: 'info' }
    const serve = start(['serve', '--config', config], env)
    await once(serve.child.stderr ?? serve.child, 'data')
    expect(serve.err()).toMatch(new RegExp(`^ingam: listening on ${url} as ${url}\n`, 'u'))
    expect(await stop(serve, 'SIGTERM')).toBe(0)
    const [, ...log] = serve.err().trimEnd().split('\n')
    for (const line of log) expect(JSON.parse(line)).toHaveProperty('level')
    expect(serve.out()).toBe('')
  })

  test('--check starts nothing, and says what is wrong', () => {
    const check = paste(`npx ingam serve --config ${config} --check`)
    expect(check).toMatchObject({ status: 0, stdout: expect.stringMatching(/^(?:ok .*\n)+$/u) })
    const broken = paste(`INGAM_LIMITS_BODY_BYTES=5 npx ingam serve --config ${config} --check`)
    expect(broken.status).not.toBe(0)
    expect(broken.stdout + broken.stderr).toContain('INGAM_LIMITS_BODY_BYTES')
  })

  test('a configuration that is not there', () => {
    expect(paste('npx ingam serve')).toMatchObject({
      status: 3,
      stderr: expect.stringContaining('ERR_CONFIG_FILE: ingam.yaml: no such file'),
    })
  })
})

describe('without the package of the service', () => {
  let alone = ''

  beforeAll(() => {
    alone = join(folder, 'alone')
    const cli = join(import.meta.dirname, '..', '..', '..', 'packages', 'cli')
    const modules = join(import.meta.dirname, '..', '..', '..', 'node_modules')
    for (const name of ['bin', 'dist', 'package.json'])
      cpSync(join(cli, name), join(alone, name), { recursive: true })
    mkdirSync(join(alone, 'node_modules', '@peculiar'), { recursive: true })
    for (const name of ['commander', 'ingam', 'reflect-metadata', '@peculiar/x509']) {
      symlinkSync(join(modules, name), join(alone, 'node_modules', name))
    }
  })

  function runAlone(...args: readonly string[]): { status: number | null; stderr: string } {
    const bin = join(alone, 'bin', 'ingam.js')
    return spawnSync(process.execPath, [bin, ...args], { cwd: alone, encoding: 'utf8', timeout: 30_000 })
  }

  test('the command signs and verifies as ever, and the tour ends without it', () => {
    expect(runAlone('tour', '--no-serve')).toMatchObject({ status: 0, stderr: '' })
  })

  test.each([['serve'], ['policy', 'test', 'a', 'b'], ['backup', 'new'], ['tour']])(
    'ingam %s says what is missing, and how to get it',
    (...args) => {
      const { status, stderr } = runAlone(...args)
      expect(status).toBe(2)
      expect(stderr).toContain('ingam: error: the package @ingam/server is not installed')
      expect(stderr).toContain('ingam: hint: install it beside the command: npm install @ingam/server')
    },
  )
})
