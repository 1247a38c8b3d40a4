// A folder with all that a service needs to start on a free port of loopback: CA, policy, key-encryption key, and a
// database that is old enough to take tokens at once.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createTestCa, type TestCa, type TestCertificate } from 'ingam/testing'
import type { ServiceConfig } from '../../../packages/server/src/config/contract.ts'
import { loadConfig } from '../../../packages/server/src/config/load.ts'
import type { LogStream } from '../../../packages/server/src/host/log.ts'
import { type RunningService, startService } from '../../../packages/server/src/host/start.ts'
import { openSqliteStores } from '../../../packages/server/src/stores/sqlite-stores.ts'
import { fakeLog } from './fakes.ts'

/** A service that can be started, and what it was made of. */
export interface ServiceWorld {
  readonly folder: string
  readonly ca: TestCa
  /** Has a URI that the policy's profile `deploy` matches. */
  readonly workload: TestCertificate
  /** The lines of the log of all starts. */
  readonly lines: string[]
  readonly config: () => Promise<ServiceConfig>
  readonly start: (changes?: Partial<ServiceConfig>) => Promise<RunningService>
  /** Stops what runs, and removes the folder. */
  readonly remove: () => Promise<void>
}

/** The workload's URI. */
export const WORKLOAD = 'spiffe://prod.example/ns/shop/sa/deploy'

/** Makes the folder. @param yaml further lines of the configuration */
export async function createServiceWorld(yaml = ''): Promise<ServiceWorld> {
  const folder = mkdtempSync(join(tmpdir(), 'ingam-service-'))
  const ca = await createTestCa({ name: 'Workload CA' })
  const workload = await ca.issue({ name: 'deploy', uris: [WORKLOAD] })
  const write = (name: string, text: string): void => writeFileSync(join(folder, name), text, { mode: 0o600 })
  write('ca.pem', ca.pem)
  write('kek', `${Buffer.from(Array.from({ length: 32 }, (_, index) => index)).toString('base64')}\n`)
  write('policy.yaml', POLICY)
  write(
    'ingam.yaml',
    `issuer: http://127.0.0.1:8780\nlisten: { port: 0 }\nsecrets: { keyEncryptionKey: { file: kek } }\ninitialPolicy: policy.yaml\n${yaml}`,
  )
  // A new database refuses tokens that may have been used with one that was lost.
  mkdirSync(join(folder, 'state'), { mode: 0o700 })
  const older = await openSqliteStores({
    folder: join(folder, 'state'),
    clock: () => new Date(Date.now() - 60_000),
    maxQueue: 8,
    grantRetentionDays: 1,
    log: fakeLog(),
  })
  await older.close()

  const lines: string[] = []
  const logStream: LogStream = { write: (line) => lines.push(line) }
  const running = new Set<RunningService>()
  const config = async (): Promise<ServiceConfig> =>
    await loadConfig({ file: join(folder, 'ingam.yaml'), env: {}, readFile })
  return {
    folder,
    ca,
    workload,
    lines,
    config,
    async start(changes = {}) {
      const service = await startService({ config: { ...(await config()), ...changes }, env: {}, logStream })
      running.add(service)
      return service
    },
    async remove() {
      for (const service of running) await service.stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

const POLICY = `version: 1
revocation: off
trustAnchors:
  workloads:
    file: ca.pem
    names: any
clients: {}
profiles:
  deploy:
    match: { trustAnchor: workloads, uri: 'spiffe://prod.example/ns/*/sa/deploy' }
    audience: [https://api.example]
    scope: [read, write]
    roles: [deployer]
    lifetime: 5m
    binding: none
`
