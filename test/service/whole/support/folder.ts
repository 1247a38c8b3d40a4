// A folder with all that `ingam serve` needs: configuration, policy with a profile for every binding, key-encryption key,
// and a database that is old enough to take assertions at once. Everybody in it has a certificate of the same test CA.

import { randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createTestCa, type TestCa } from 'ingam/testing'
import { openSqliteStores } from '../../../../packages/server/src/stores/sqlite-stores.ts'
import { fakeLog } from '../../support/fakes.ts'

/** What differs between the services of these tests. */
export interface FolderOptions {
  /** Default one that nobody listens at: the service takes a free port. */
  readonly issuer?: string
  /** Default 0, a free one. */
  readonly port?: number
  /** Further lines of the configuration's `listen`, as YAML in braces without them. */
  readonly listen?: string
  /** Further parts of the configuration. */
  readonly yaml?: string
  /** The stance on revocation; default `off`. */
  readonly revocation?: string
  /** PEM of the CA of all names; default that of `ca`. */
  readonly anchor?: string
  /** The folder of the state; default `state` below the folder. */
  readonly state?: string
}

/** A service that can be started. */
export interface ServiceFolder {
  readonly path: string
  readonly issuer: string
  readonly config: string
  /** Of the database, unless the options had another folder for it. */
  readonly database: string
  readonly ca: TestCa
  /** Puts a file of mode 0600 in its place at once, as tools do that renew certificates. */
  readonly put: (name: string, content: string | Uint8Array) => string
  readonly remove: () => void
}

/** The audience of all profiles. */
export const API = 'https://api.example'

/** Whose names the policy knows. */
export const NAMES = {
  plain: 'spiffe://prod.example/ns/shop/sa/plain',
  bound: 'spiffe://prod.example/ns/shop/sa/bound',
  proved: 'spiffe://prod.example/ns/shop/sa/proved',
  billing: 'spiffe://prod.example/billing',
  reports: 'spiffe://prod.example/reports',
  gateway: 'gateway.example',
} as const

/** Makes the folder. */
export async function createFolder(options: FolderOptions = {}): Promise<ServiceFolder> {
  const { issuer = 'http://127.0.0.1:8780', port = 0, listen = '', yaml = '' } = options
  const path = mkdtempSync(join(tmpdir(), 'ingam-whole-'))
  const ca = await createTestCa({ name: 'Workload CA' })
  const put = (name: string, content: string | Uint8Array): string => {
    const file = join(path, name)
    writeFileSync(`${file}.new`, content, { mode: 0o600 })
    renameSync(`${file}.new`, file)
    return file
  }
  put('ca.pem', options.anchor ?? ca.pem)
  put('kek', `${randomBytes(32).toString('base64')}\n`)
  put('policy.yaml', policyOf(options.revocation ?? 'off'))
  const config = put(
    'ingam.yaml',
    `issuer: ${issuer}
listen: { port: ${port}${listen === '' ? '' : `, ${listen}`} }
state: { folder: ${options.state ?? 'state'} }
secrets: { keyEncryptionKey: { file: kek } }
initialPolicy: policy.yaml
limits:
  ratePerAddress: { perSecond: 1000000, burst: 1000000 }
  ratePerCertificate: { perSecond: 1000000, burst: 1000000 }
${yaml}`,
  )
  if (options.state === undefined) await createOldState(join(path, 'state'))
  return {
    path,
    issuer,
    config,
    database: join(path, 'state', 'state.sqlite'),
    ca,
    put,
    remove: () => rmSync(path, { recursive: true, force: true }),
  }
}

/** A database of a minute ago: a new one refuses what may have been used with one that was lost. */
export async function createOldState(folder: string): Promise<void> {
  mkdirSync(folder, { mode: 0o700, recursive: true })
  const stores = await openSqliteStores({
    folder,
    clock: () => new Date(Date.now() - 60_000),
    maxQueue: 8,
    grantRetentionDays: 1,
    log: fakeLog(),
  })
  await stores.close()
}

function policyOf(revocation: string): string {
  const client = (more: string): string => `{ trustAnchor: workloads, ${more} }`
  const profile = (match: string, more: string): string =>
    `{ match: { trustAnchor: workloads, ${match} }, audience: [${API}], scope: [read, write], ${more} }`
  return `version: 1
revocation: ${revocation}
trustAnchors:
  workloads: { file: ca.pem, names: any }
clients:
  billing: ${client(`authentication: private_key_jwt, introspects: true, certificate: { san_uri: '${NAMES.billing}' }`)}
  reports: ${client(`authentication: private_key_jwt, legacy: true, introspects: true, certificate: { san_uri: '${NAMES.reports}' }`)}
  gateway: ${client(`authentication: tls_client_auth, certificate: { san_dns: '${NAMES.gateway}' }`)}
profiles:
  plain: ${profile(`uri: '${NAMES.plain}'`, 'binding: none')}
  bound: ${profile(`uri: '${NAMES.bound}'`, 'binding: dpop')}
  proved: ${profile(`uri: '${NAMES.proved}'`, 'binding: proof')}
  shown: ${profile(`dns: '${NAMES.gateway}'`, 'binding: mtls, clients: [gateway]')}
  billing: ${profile(`uri: '${NAMES.billing}'`, 'binding: dpop, clients: [billing]')}
  reports: ${profile(`uri: '${NAMES.reports}'`, 'binding: none, clients: [reports]')}
`
}
