// `ingam serve` as a process of its own: started, waited for until it is ready, spoken to by signals, and ended by its id.

import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ServiceFolder } from './folder.ts'

const ROOT = join(import.meta.dirname, '..', '..', '..', '..')
/** The built command. */
export const INGAM: string = join(ROOT, 'packages', 'cli', 'bin', 'ingam.js')

/** The signals of these tests. */
export type Signal = 'SIGTERM' | 'SIGHUP' | 'SIGKILL'

/** How a process came to its end. */
export interface Ending {
  readonly code: number | null
  readonly signal: string | null
}

/** A line of the log. */
export type LogLine = Readonly<Record<string, unknown>>

/** A process that has said where it listens. */
export interface ServiceProcess {
  readonly url: string
  readonly port: number
  readonly pid: number
  /** From the start of the process until /readyz said that it is ready; over TLS until it listened. */
  readonly startMilliseconds: number
  readonly log: readonly LogLine[]
  readonly ended: Promise<Ending>
  readonly isRunning: () => boolean
  readonly signal: (signal: Signal) => void
  /** Sends a signal and waits for the end. */
  readonly end: (signal: Signal) => Promise<Ending>
}

/** How to start. */
export interface StartOptions {
  /** What runs the command, such as `['prlimit', '--fsize=1000000']`; it must replace itself by it. */
  readonly under?: readonly string[]
}

// LIMIT: a start takes a second on an idle machine; these tests share theirs.
const START_MILLISECONDS = 30_000

const running = new Set<Child>()

type Child = ChildProcessByStdio<null, null, Readable>

/** Starts the service of a folder. @throws where it ends before it listens, with what it said */
export async function startProcess(
  folder: ServiceFolder,
  options: StartOptions = {},
): Promise<ServiceProcess> {
  const started = performance.now()
  const child = launch(folder, options.under ?? [])
  const ended = endOf(child)
  const listening = Promise.withResolvers<string>()
  const log: LogLine[] = []
  let other = ''
  eachLine(child.stderr, (line) => {
    const url = /^ingam: listening on (\S+) as /u.exec(line)?.[1]
    if (url !== undefined) listening.resolve(url)
    else if (line.startsWith('{')) log.push(JSON.parse(line))
    else other += `${line}\n`
  })
  void ended.then(
    ({ code, signal }) =>
      listening.reject(
        new Error(`the service ended (${code ?? signal}): ${other}${log.map(textOf).join('')}`),
      ),
    (error: unknown) => listening.reject(error),
  )
  const late = setTimeout(() => listening.reject(new Error(`no start: ${other}`)), START_MILLISECONDS)
  const url = await listening.promise.finally(() => clearTimeout(late))
  await untilReady(url)
  return {
    url,
    port: Number(new URL(url).port),
    pid: child.pid ?? 0,
    startMilliseconds: performance.now() - started,
    log,
    ended,
    isRunning: () => child.exitCode === null && child.signalCode === null,
    signal: (signal) => void child.kill(signal),
    async end(signal) {
      child.kill(signal)
      return await ended
    },
  }
}

/** Starts the service and kills it after so many milliseconds, wherever it has come to. */
export async function killWhileStarting(folder: ServiceFolder, milliseconds: number): Promise<void> {
  const child = launch(folder, [])
  child.stderr.resume()
  const ended = endOf(child)
  await Promise.race([ended, sleep(milliseconds, undefined, { ref: false })])
  child.kill('SIGKILL')
  await ended
}

/** Ends what a test has left. */
export async function endAll(): Promise<void> {
  const children = [...running]
  const ends = children.map(endOf)
  for (const child of children) child.kill('SIGKILL')
  await Promise.all(ends)
}

/** What /readyz says now. */
export async function readiness(
  url: string,
): Promise<{ readonly status: number; readonly parts: Readonly<Record<string, unknown>> }> {
  const answer = await fetch(`${url}/readyz`)
  const { parts } = Object(await answer.json())
  return { status: answer.status, parts: Object(parts) }
}

/**
 * Looks again and again until it holds, and returns what was seen.
 *
 * @throws the last refusal, or an error with what was seen last, after the time
 */
export async function until<T>(
  look: () => Promise<T>,
  holds: (seen: T) => boolean,
  milliseconds = 20_000,
): Promise<T> {
  const end = performance.now() + milliseconds
  for (;;) {
    const seen = await look()
    if (holds(seen)) return seen
    if (performance.now() > end) throw new Error(`not in ${milliseconds} ms; last: ${JSON.stringify(seen)}`)
    await sleep(25)
  }
}

function launch(folder: ServiceFolder, under: readonly string[]): Child {
  if (!existsSync(join(ROOT, 'packages', 'cli', 'dist', 'main.js'))) {
    throw new Error('the command has not been built: npm run build')
  }
  const [program, ...args] = [...under, process.execPath, INGAM, 'serve', '--config', folder.config]
  const child = spawn(program, args, { cwd: folder.path, stdio: ['ignore', 'ignore', 'pipe'] })
  running.add(child)
  child.once('close', () => running.delete(child))
  return child
}

async function untilReady(url: string): Promise<void> {
  // Over TLS nothing is asked: whether the certificate is believed is another matter.
  if (url.startsWith('https:')) return
  await until(
    async () => (await readiness(url)).status,
    (status) => status === 200,
  )
}

async function endOf(child: Child): Promise<Ending> {
  return await new Promise((resolve, reject) => {
    if (child.exitCode !== null || child.signalCode !== null) {
      resolve({ code: child.exitCode, signal: child.signalCode })
    }
    child.once('error', reject)
    // With its last line read.
    child.once('close', (code, signal) => resolve({ code, signal }))
  })
}

function eachLine(stream: Readable, take: (line: string) => void): void {
  let rest = ''
  stream.setEncoding('utf8')
  stream.on('data', (text: string) => {
    const lines = (rest + text).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) take(line)
  })
}

function textOf(line: LogLine): string {
  return `${JSON.stringify(line)}\n`
}
