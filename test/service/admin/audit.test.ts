import { generateKeyPairSync, sign } from 'node:crypto'
import { beforeEach, describe, expect, test } from 'vitest'
import type { AdminClient } from '../../../packages/server/src/admin-client.ts'
import { makeCheckpoint } from '../../../packages/server/src/audit/checkpoint.ts'
import type { AuditRecord } from '../../../packages/server/src/audit/record.ts'
import { createChainVerifier } from '../../../packages/server/src/audit/verify.ts'
import { createAdminEndpoints } from '../../../packages/server/src/routes/admin.ts'
import type { RouteEntry } from '../../../packages/server/src/routes/entry.ts'
import { ServiceError } from '../../../packages/server/src/service-error.ts'
import { clientOf, createWorld, dispatch, START, tokenFor, type World } from './world.ts'

let world: World
let endpoints: readonly RouteEntry[]
let client: AdminClient

const audit = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const jwk = { ...audit.publicKey.export({ format: 'jwk' }), kid: 'audit-1', alg: 'ES256', use: 'sig' }

function signCheckpoint(payload: string, kid = 'audit-1'): string {
  const part = (text: string): string => Buffer.from(text).toString('base64url')
  const input = `${part(JSON.stringify({ alg: 'ES256', kid, typ: 'ingam-audit-checkpoint+jwt' }))}.${part(payload)}`
  const key = { key: audit.privateKey, dsaEncoding: 'ieee-p1363' } as const
  return `${input}.${sign('sha256', Buffer.from(input), key).toString('base64url')}`
}

// Between the store and whoever reads it: what was changed below the service.
let tamper: (records: readonly AuditRecord[]) => readonly AuditRecord[]

beforeEach(async () => {
  world = await createWorld()
  tamper = (records) => records
  const { read } = world.stores.audit
  Object.assign(world.stores.audit, {
    read: async ({ after, limit }: Parameters<typeof read>[0]) => {
      const all = tamper(await read({ after: 0, limit: 1_000_000 }))
      return all.filter(({ position }) => position > after).slice(0, limit)
    },
  })
  Object.assign(world.keys, {
    signCheckpoint,
    jwks: () => ({ keys: [JSON.parse(JSON.stringify(jwk))] }),
  })
  endpoints = createAdminEndpoints(world.service) ?? []
  client = clientOf(world, endpoints, world.auditorCredential).client
})

async function write(count: number): Promise<void> {
  for (let index = 0; index < count; index++) {
    await world.stores.commit({
      audit: [{ type: 'token.issued', at: START.getTime() + index, details: { index } }],
    })
  }
}

async function checkpoint(kid?: string): Promise<void> {
  const head = await world.stores.audit.head()
  if (head === undefined) throw new TypeError('a log')
  await world.stores.audit.addCheckpoint(
    makeCheckpoint(head, START, (payload) => signCheckpoint(payload, kid)),
  )
}

async function linesOf(...[input]: Parameters<AdminClient['exportAudit']>): Promise<readonly string[]> {
  const lines: string[] = []
  for await (const line of client.exportAudit(input)) lines.push(line)
  return lines
}

function verify(lines: readonly string[]): ReturnType<ReturnType<typeof createChainVerifier>['finish']> {
  const verifier = createChainVerifier({ keys: { keys: [JSON.parse(JSON.stringify(jwk))] } })
  for (const line of lines) verifier.addLine(line)
  return verifier.finish()
}

async function get(target: string): Promise<Response> {
  const token = await tokenFor(world, { target }, { by: world.auditorCredential })
  return await dispatch(endpoints, { target }, `Bearer ${token}`)
}

describe('an export', () => {
  test('is the log, record by record, with a signed checkpoint at its end', async () => {
    await write(7)
    const lines = await linesOf({})
    expect(lines).toHaveLength(8)
    expect(verify(lines)).toMatchObject({ records: 7, findingCount: 0, checkpoints: 1, signedUpTo: 7 })
    expect((await linesOf({ after: 5 })).slice(0, 2)).toEqual(lines.slice(5, 7))
  })

  test.each([1, 2, 3, 6, 7, 8])('in parts of %i records is the same log', async (limit) => {
    await write(7)
    const lines: string[] = []
    for (let after = 0; !(lines.at(-1) ?? '').includes('checkpoint'); after += limit) {
      lines.push(...(await linesOf({ after, limit })))
    }
    expect(lines).toHaveLength(8)
    expect(verify(lines)).toMatchObject({ records: 7, findingCount: 0, checkpoints: 1 })
  })

  test('of more records than one piece has is the same log', async () => {
    await write(1_203)
    expect(verify(await linesOf({}))).toMatchObject({ records: 1_203, findingCount: 0, signedUpTo: 1_203 })
  })

  test('that stops before the end has no checkpoint', async () => {
    await write(7)
    const part = await (await get('/admin/audit/export?limit=6')).text()
    expect(part.split('\n')).toHaveLength(7)
    expect(part).not.toContain('checkpoint')
    const whole = await get('/admin/audit/export?limit=7')
    expect(whole.headers.get('Content-Type')).toBe('application/x-ndjson')
    expect(await whole.text()).toContain('\n{"checkpoint":')
  })

  test('of an empty log is empty', async () => {
    expect(await linesOf({})).toEqual([])
  })

  test('of at most 100,000 records at a time', async () => {
    expect((await get('/admin/audit/export?limit=100000')).status).toBe(200)
    expect((await get('/admin/audit/export?limit=100001')).status).toBe(400)
  })

  test('that cannot be signed is no answer with a part of it', async () => {
    await write(2)
    Object.assign(world.keys, {
      signCheckpoint() {
        throw new ServiceError('ERR_SERVICE_KEYS', 'no keys')
      },
    })
    expect((await get('/admin/audit/export')).status).toBe(503)
  })

  test('that breaks off is told apart from one that ends', async () => {
    await write(1_203)
    tamper = (records) => records.slice(0, 700)
    await expect(linesOf({})).rejects.toThrow()
  })
})

describe('the stored log', () => {
  beforeEach(async () => {
    await write(5)
    await checkpoint()
    await write(5)
    await checkpoint()
    await write(2)
  })

  test('as it was written is found good, up to where it was signed', async () => {
    expect(await client.verifyAudit({})).toEqual({
      ok: true,
      records: 12,
      last: 12,
      complete: true,
      checkpoints: 2,
      checkpointsWithoutKey: 0,
      signedUpTo: 10,
      findings: [],
      findingCount: 0,
    })
  })

  test('in parts is found good too', async () => {
    expect(await client.verifyAudit({ limit: 4 })).toMatchObject({
      ok: true,
      last: 4,
      complete: false,
      checkpoints: 0,
    })
    expect(await client.verifyAudit({ after: 4, limit: 3 })).toMatchObject({
      ok: true,
      records: 3,
      last: 7,
      checkpoints: 1,
    })
    expect(await client.verifyAudit({ after: 7 })).toMatchObject({
      ok: true,
      records: 5,
      complete: true,
      signedUpTo: 10,
    })
    expect(await client.verifyAudit({ after: 12 })).toMatchObject({
      ok: true,
      records: 0,
      last: 12,
      complete: true,
    })
    await expect(client.verifyAudit({ after: 13 })).rejects.toMatchObject({ code: 'ERR_SERVICE_NOT_FOUND' })
  })

  const changes: readonly [string, (records: readonly AuditRecord[]) => readonly AuditRecord[], string][] = [
    [
      'a record that says something else',
      (all) => all.with(2, { ...must(all[2]), details: { index: 99 } }),
      'changed',
    ],
    ['a record that is missing', (all) => all.toSpliced(2, 1), 'position'],
    ['records that changed places', (all) => all.with(2, must(all[3])).with(3, must(all[2])), 'position'],
    ['the end cut off', (all) => all.slice(0, 11), 'head'],
    ['the end cut off behind a checkpoint', (all) => all.slice(0, 9), 'checkpoint-beyond'],
    ['all cut off', () => [], 'head'],
  ]
  test.each(changes)('with %s is not', async (_, change, kind) => {
    tamper = change
    const answer = await client.verifyAudit({})
    expect(answer.ok).toBe(false)
    expect(answer.findings.map((finding) => finding.kind)).toContain(kind)
  })

  test('cut off within the part that is asked for is not', async () => {
    tamper = (records) => records.slice(0, 3)
    expect(await client.verifyAudit({ limit: 4 })).toMatchObject({
      ok: false,
      last: 3,
      findings: [{ kind: 'head', position: 12, found: expect.stringContaining('the end at 3') }],
    })
    expect(await client.verifyAudit({ limit: 3 })).toMatchObject({ ok: true, last: 3, complete: false })
    expect(await client.verifyAudit({ after: 3, limit: 1 })).toMatchObject({ ok: false, records: 0 })
  })

  test('with a checkpoint that nobody signed is not; with one of a key that has gone it is', async () => {
    await checkpoint('audit-0')
    expect(await client.verifyAudit({})).toMatchObject({ ok: true, checkpoints: 2, checkpointsWithoutKey: 1 })
    const [first = ''] = await world.stores.audit.checkpoints()
    await world.stores.audit.addCheckpoint(`${first.slice(0, -4)}AAAA`)
    const answer = await client.verifyAudit({})
    expect(answer).toMatchObject({ ok: false, findings: [{ kind: 'checkpoint-refused' }] })
    await world.stores.audit.addCheckpoint('nothing')
    expect(await client.verifyAudit({})).toMatchObject({ ok: false, findingCount: 2 })
  })

  test('is verified once at a time', async () => {
    const answers = await Promise.allSettled([client.verifyAudit({}), client.verifyAudit({})])
    expect(answers.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
    expect(answers.find(({ status }) => status === 'rejected')).toMatchObject({
      reason: { status: 503, code: 'ERR_SERVICE_OVERLOADED', retryAfterSeconds: 5 },
    })
    expect(await client.verifyAudit({})).toMatchObject({ ok: true })
  })

  test('is read in bounds', async () => {
    await expect(client.verifyAudit({ limit: 1_000_001 })).rejects.toMatchObject({
      code: 'ERR_SERVICE_REQUEST',
    })
    expect(await client.verifyAudit({ limit: 1_000_000 })).toMatchObject({ ok: true })
  })
})

function must<T>(value: T | undefined): T {
  if (value === undefined) throw new TypeError('a value')
  return value
}
