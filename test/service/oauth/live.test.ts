// The whole service on a port of its own: real store, real keys, real log, unmodified client.

import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { signAuthorizationGrant } from 'ingam'
import { createTestCa } from 'ingam/testing'
import * as openid from 'openid-client'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startService } from '../../../packages/server/src/host/start.ts'
import { API, configOf, JWT_BEARER } from './support.ts'

const PORT: number = await freePort()
const ISSUER = `http://127.0.0.1:${PORT}/tokens`
const lines: string[] = []
const undo: (() => Promise<void>)[] = []
let ahead = 0

beforeAll(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'ingam-oauth-'))
  undo.push(async () => await rm(folder, { recursive: true }))
  const pem = ca.pem.trimEnd().replaceAll('\n', '\n      ')
  const policy = `
version: 1
revocation: off
trustAnchors:
  workloads:
    certificate: |
      ${pem}
    names: any
clients:
  page: { authentication: none, grants: [jwt-bearer] }
profiles:
  deploy:
    match: { trustAnchor: workloads, uri: 'spiffe://prod.example/*' }
    audience: ['${API}']
    scope: [read]
    lifetime: 5m
    binding: dpop
`
  const config = configOf(ISSUER, { tls: false, dpopNonce: 'required' })
  const service = await startService({
    config: {
      ...config,
      listen: { ...config.listen, port: PORT },
      state: { ...config.state, folder: join(folder, 'state') },
      initialPolicy: '/policy.yaml',
      log: { level: 'debug' },
    },
    env: { KEK: randomBytes(32).toString('base64') },
    readFile: async (path) => {
      if (path !== '/policy.yaml') throw new Error('no such file')
      return await Promise.resolve(Buffer.from(policy))
    },
    logStream: { write: (line) => lines.push(line) },
    // A new store refuses for some seconds; both clocks go on together.
    clock: () => new Date(Date.now() + ahead),
    monotonic: () => performance.now() + ahead,
  })
  undo.push(service.stop)
  ahead = 7_000
})

afterAll(async () => {
  for (const step of undo.reverse()) await step()
})

const ca = await createTestCa({ name: 'Workload CA' })

it('issues with DPoP and a nonce, ends the token, and writes no secret into the log', async () => {
  const holder = await ca.issue({ uris: ['spiffe://prod.example/deploy'] })
  const config = await openid.discovery(
    new URL(ISSUER),
    'page',
    { [openid.clockSkew]: ahead / 1000 },
    openid.None(),
    {
      algorithm: 'oauth2',
      execute: [openid.allowInsecureRequests],
    },
  )
  config.timeout = 20
  const DPoP = openid.getDPoPHandle(config, await openid.randomDPoPKeyPair())
  const at = new Date(Date.now() + ahead)
  const assertion = await signAuthorizationGrant(await holder.credential(), { audience: ISSUER, at })
  const token = await openid.genericGrantRequest(config, JWT_BEARER, { assertion, resource: API }, { DPoP })
  expect(token).toMatchObject({ token_type: 'dpop', scope: 'read' })
  await expect(openid.genericGrantRequest(config, JWT_BEARER, { assertion }, { DPoP })).rejects.toMatchObject(
    {
      error: 'invalid_grant',
    },
  )
  await openid.tokenRevocation(config, token.access_token)
  const log = lines.join('')
  expect(log).toContain('"route":"/tokens/token"')
  for (const secret of [token.access_token, assertion].flatMap((text) => text.split('.')))
    expect(log).not.toContain(secret)
})

// The issuer has the port in it, so that it must be known before the service listens.
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}
