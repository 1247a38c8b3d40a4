// The whole service with its store on disk, its own keys and its listener: what the parts do to each other.

import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { signAuthorizationGrant, signToken } from 'ingam'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type AdminClient, createAdminClient } from '../../../packages/server/src/admin-client.ts'
import { type RunningService, startService } from '../../../packages/server/src/host/start.ts'
import { createWorld, ISSUER, policyText, type World } from './world.ts'

let world: World
let folder: string
let running: RunningService
let operator: AdminClient
let auditor: AdminClient
const logged: string[] = []

beforeAll(async () => {
  world = await createWorld()
  folder = await mkdtemp(join(tmpdir(), 'ingam-admin-'))
  const policy = join(folder, 'policy.yaml')
  await writeFile(policy, policyText(world))
  running = await startService({
    config: {
      ...world.service.config,
      state: { folder: join(folder, 'state'), grantRetentionDays: 1 },
      secrets: { keyEncryptionKey: { env: 'KEK' } },
      initialPolicy: policy,
      log: { level: 'debug' },
    },
    env: { KEK: randomBytes(32).toString('base64') },
    clock: world.clock.now,
    monotonic: () => world.clock.now().getTime(),
    logStream: { write: (line: string) => void logged.push(line) },
  })
  // What was signed in the first seconds of a store is undecided.
  world.clock.advance(7)
  const client = (credential: World['operatorCredential']): AdminClient =>
    createAdminClient({ issuer: ISSUER, credential, now: world.clock.now, fetch: fetchThere })
  operator = client(world.operatorCredential)
  auditor = client(world.auditorCredential)
})

afterAll(async () => {
  await running?.stop()
  await rm(folder, { recursive: true })
})

// The issuer's name leads to the listener, as a proxy in front would do it.
async function fetchThere(input: string | URL | Request, init?: RequestInit): Promise<Response> {
  return await fetch(String(input).replace(ISSUER, running.url), init)
}

async function getToken(assertion: string): Promise<Response> {
  const body = new URLSearchParams({ grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion })
  return await fetch(`${running.url}/token`, { method: 'POST', body })
}

describe('the way of a stolen certificate', () => {
  test('from its token to its end, its block, and the log of it all', async () => {
    const workload = await world.workloadCa.issue({ uris: ['spiffe://prod.example/deploy'] })
    const credential = await workload.credential()
    const assertion = async (): Promise<string> =>
      await signAuthorizationGrant(credential, {
        audience: ISSUER,
        at: world.clock.now(),
        lifetimeSeconds: 60,
      })
    const first = await assertion()
    expect(
      await auditor.explainPolicy({ holder: { kind: 'assertion', assertion: first }, grant: 'jwt-bearer' }),
    ).toMatchObject({
      allowed: true,
    })
    expect((await getToken(first)).status).toBe(200)
    const { items } = await auditor.listGrants({ active: true })
    expect(items).toHaveLength(1)
    const thumbprint = items[0]?.thumbprint ?? ''
    const selector = { kind: 'certificate', thumbprint } as const
    expect(await operator.endGrants({ selector, block: true, reason: 'stolen' })).toEqual({
      ended: 1,
      blocked: true,
    })
    expect((await getToken(await assertion())).status).toBe(400)
    expect((await auditor.listGrants({ certificate: thumbprint, active: true })).items).toEqual([])
    const { items: records } = await auditor.listAudit({ thumbprint })
    expect(records.map(({ type }) => type)).toEqual([
      'token.refused',
      'block.added',
      'grant.ended',
      'token.issued',
    ])
    expect(await operator.liftBlock({ certificate: thumbprint, reason: 'replaced' })).toMatchObject({
      lifted: selector,
    })
    expect((await getToken(await assertion())).status).toBe(200)
  })
})

test('each endpoint answers over the wire what the contract says', async () => {
  const status = await auditor.getStatus({})
  expect(status).toMatchObject({
    policy: { version: 1 },
    health: { store: { state: 'ok' }, keys: { state: 'ok' } },
  })
  expect(status.startedAt).toBeDefined()
  const text = policyText(world, { scope: 'read' })
  expect((await auditor.diffPolicy({ text })).lines).toEqual(['- profiles.deploy.scope: write'])
  const applied = await operator.applyPolicy({ text, expectedVersion: 1, comment: 'less — меньше' })
  expect(applied).toMatchObject({ version: 2, inForce: true })
  await expect(operator.applyPolicy({ text, expectedVersion: 1 })).rejects.toMatchObject({
    code: 'ERR_POLICY_CONFLICT',
  })
  expect(await auditor.getPolicy({})).toMatchObject({
    version: 2,
    text,
    comment: 'less — меньше',
    appliedBy: 'Olga',
  })
  expect((await auditor.getPolicyVersion({ version: 1 })).appliedBy).toBe('service')
  expect((await auditor.listPolicyVersions({})).items.map(({ version }) => version)).toEqual([2, 1])
  const { kid } = await operator.rotateKey({ use: 'access-token' })
  expect((await auditor.listKeys({})).items.find((key) => key.kid === kid)).toMatchObject({ state: 'next' })
  expect((await auditor.listBlocks({})).items).toEqual([])
  expect(await auditor.getOpenApi({})).toMatchObject({ openapi: '3.1.1', servers: [{ url: ISSUER }] })
  expect(await auditor.verifyAudit({})).toMatchObject({ ok: true, complete: true })
  const lines: string[] = []
  for await (const line of auditor.exportAudit({})) lines.push(line)
  expect(lines.at(-1)).toContain('checkpoint')
  expect((await auditor.listCheckpoints({})).jwks.keys.length).toBeGreaterThan(0)
})

describe('doors that must not open', () => {
  test("an administrator's token gets no access token, under either CA", async () => {
    const request = { method: 'POST', targetUri: `${ISSUER}/token`, content: new Uint8Array() }
    const workload = await world.workloadCa.issue({ uris: ['spiffe://prod.example/deploy'] })
    for (const credential of [world.operatorCredential, await workload.credential()]) {
      for (const audience of [ISSUER, `${ISSUER}/admin`]) {
        const token = await signToken(credential, {
          audience,
          at: world.clock.now(),
          lifetimeSeconds: 60,
          request,
        })
        expect((await getToken(token)).status).toBe(400)
        const unbound = await signToken(credential, { audience, at: world.clock.now(), lifetimeSeconds: 60 })
        expect((await getToken(unbound)).status).toBe(400)
      }
    }
  })

  test('an access token of this service is no administrator', async () => {
    const workload = await world.workloadCa.issue({ uris: ['spiffe://prod.example/other'] })
    const grant = { audience: ISSUER, at: world.clock.now(), lifetimeSeconds: 60 }
    const answer: unknown = await (
      await getToken(await signAuthorizationGrant(await workload.credential(), grant))
    ).json()
    const token = String(Reflect.get(Object(answer), 'access_token'))
    expect(token.split('.')).toHaveLength(3)
    const response = await fetch(`${running.url}/admin/status`, {
      headers: { Authorization: `Bearer ${token}` },
    })
    expect(response.status).toBe(401)
    expect(response.headers.get('WWW-Authenticate')).toBe('Bearer')
  })

  test('HEAD is a method of its own, another method is told so, and a content too large is not read', async () => {
    const bound = async (method: string): Promise<HeadersInit> => {
      const request = { method, targetUri: `${ISSUER}/admin/status`, content: new Uint8Array() }
      const options = { audience: `${ISSUER}/admin`, at: world.clock.now(), lifetimeSeconds: 60, request }
      return { Authorization: `Bearer ${await signToken(world.auditorCredential, options)}` }
    }
    const url = `${running.url}/admin/status`
    expect((await fetch(url, { method: 'HEAD', headers: await bound('HEAD') })).status).toBe(200)
    expect((await fetch(url, { method: 'HEAD', headers: await bound('GET') })).status).toBe(401)
    const wrong = await fetch(url, { method: 'DELETE' })
    expect([wrong.status, wrong.headers.get('Allow')]).toEqual([405, 'GET, HEAD'])
    const large = await fetch(`${running.url}/admin/policy`, { method: 'PUT', body: 'x'.repeat(1_048_577) })
    expect(large.status).toBe(413)
    expect((await fetch(`${running.url}/admin/status/`)).status).toBe(404)
    expect((await fetch(`${running.url}/Admin/status`)).status).toBe(404)
  })

  test('a token that was used stays used', async () => {
    const request = { method: 'GET', targetUri: `${ISSUER}/admin/blocks`, content: new Uint8Array() }
    const options = { audience: `${ISSUER}/admin`, at: world.clock.now(), lifetimeSeconds: 60, request }
    const headers = { Authorization: `Bearer ${await signToken(world.auditorCredential, options)}` }
    expect((await fetch(`${running.url}/admin/blocks`, { headers })).status).toBe(200)
    expect((await fetch(`${running.url}/admin/blocks`, { headers })).status).toBe(401)
  })
})

test('no token, name or reason of an administrator is in the log', () => {
  const log = logged.join('')
  expect(log).toContain('/admin/status')
  expect(log).not.toMatch(/eyJ|Olga|stolen|spiffe/u)
})
