// A service in the test's process, with the files that the tour makes, and the command run against it.

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as server from '@ingam/server'
import type { Context } from '../../../packages/cli/src/context.ts'
import { prepareCa, prepareHolder } from '../../../packages/cli/src/tour/certificates.ts'
import {
  CA_NAME,
  CLIENT_NAME,
  CLIENT_URI,
  type Paths,
  pathsOf,
} from '../../../packages/cli/src/tour/names.ts'
import { prepareService } from '../../../packages/cli/src/tour/service-files.ts'
import { type CommandChanges, type CommandOutcome, runCommand } from '../run-command.ts'

/** The service and its files. */
export interface TestService {
  readonly folder: string
  readonly paths: Paths
  readonly url: string
  /** What it wrote to its log. */
  readonly log: () => string
  /** Runs the command as its administrator. */
  readonly run: (args: readonly string[], changes?: CommandChanges) => Promise<CommandOutcome>
  /** `ingam login` as the client. */
  readonly login: (...args: readonly string[]) => Promise<CommandOutcome>
  readonly stop: () => Promise<void>
  readonly remove: () => Promise<void>
}

/** A port that nobody listens on now. */
export async function freePort(): Promise<number> {
  const probe = createServer()
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve))
  const address = probe.address()
  await new Promise((resolve) => probe.close(resolve))
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}

/** What differs from the service of the tour. */
export interface TestServiceOptions {
  readonly config?: (text: string) => string
  readonly scheme?: 'http' | 'https'
  readonly policy?: (text: string) => string
  /** What is done in the folder before the start. */
  readonly prepare?: (paths: Paths) => Promise<void>
}

/** Makes the files and starts the service. */
export async function startTestService(options: TestServiceOptions = {}): Promise<TestService> {
  const folder = mkdtempSync(join(tmpdir(), 'ingam-service-'))
  mkdirSync(join(folder, 'home'))
  const paths = pathsOf({ env: { INGAM_HOME: join(folder, 'home') } })
  await prepareFiles(paths)
  await options.prepare?.(paths)
  const { config = (text: string): string => text, policy = (text: string): string => text } = options
  writeFileSync(paths.config, config(readFileSync(paths.config, 'utf8')))
  writeFileSync(paths.policy, policy(readFileSync(paths.policy, 'utf8')))
  const url = `${options.scheme ?? 'http'}://127.0.0.1:${await freePort()}`
  const env = { INGAM_ISSUER: url, INGAM_LISTEN_PORT: new URL(url).port, INGAM_LOG_LEVEL: 'info' }
  const loaded = await server.loadConfig({ file: paths.config, env, readFile })
  let log = ''
  const start = async (clock: () => Date): Promise<server.RunningService> =>
    await server.startService({
      config: loaded,
      env: {},
      clock,
      logStream: { write: (text) => void (log += text) },
    })
  // A new state refuses what was signed in its first seconds: it may have been used at a state that was lost.
  const made = await start(() => new Date(Date.now() - 60_000))
  await made.stop()
  const running = await start(() => new Date())
  const admin = {
    INGAM_SERVICE: url,
    INGAM_ADMIN_CERT: paths.adminCertificate,
    INGAM_ADMIN_KEY: paths.adminKey,
    INGAM_CONFIG: paths.config,
  }
  const run: TestService['run'] = async (args, changes = {}) =>
    await runCommand(args, { ...changes, env: { ...admin, ...changes.env } })
  return {
    folder,
    paths,
    url,
    log: () => log,
    run,
    login: async (...args) => await run(['login', '--cert', paths.certificate, '--key', paths.key, ...args]),
    stop: running.stop,
    remove: async () => {
      await running.stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** The files of the tour and its service, around the present. */
export async function prepareFiles(paths: Paths): Promise<void> {
  const context: Context = {
    stdout: { write: () => undefined },
    stderr: { write: () => undefined },
    stdin: noInput(),
    env: {},
    now: () => new Date(),
    isTTY: { stdin: false, stdout: false, stderr: false },
  }
  const ca = { name: CA_NAME, folder: paths.caFolder }
  await prepareCa(context, ca)
  await prepareHolder(context, ca, { name: CLIENT_NAME, uri: CLIENT_URI, folder: paths.clientFolder })
  await prepareService(context, server, paths, true)
}

async function* noInput(): AsyncGenerator<Uint8Array> {
  // Nothing is read.
}
