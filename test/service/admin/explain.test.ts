import { type Credential, signAuthorizationGrant, signClientAuthentication, signToken } from 'ingam'
import type { TestCertificate } from 'ingam/testing'
import { beforeEach, describe, expect, test } from 'vitest'
import type { AdminClient } from '../../../packages/server/src/admin-client.ts'
import type { ExplainPolicyInput } from '../../../packages/server/src/contract.ts'
import { createAdminEndpoints } from '../../../packages/server/src/routes/admin.ts'
import type { RouteEntry } from '../../../packages/server/src/routes/entry.ts'
import { clientOf, createWorld, ISSUER, policyText, START, type World } from './world.ts'

let world: World
let endpoints: readonly RouteEntry[]
let client: AdminClient
let workload: TestCertificate
let credential: Credential

beforeEach(async () => {
  world = await createWorld()
  endpoints = createAdminEndpoints(world.service) ?? []
  const operator = clientOf(world, endpoints, world.operatorCredential).client
  await operator.applyPolicy({ text: policyText(world), expectedVersion: 0 })
  client = clientOf(world, endpoints, world.auditorCredential).client
  workload = await world.workloadCa.issue({ name: 'deploy', uris: ['spiffe://prod.example/deploy'] })
  credential = await workload.credential()
})

async function assertion(changes: { audience?: string; at?: Date; by?: Credential } = {}): Promise<string> {
  const { audience = ISSUER, at = world.clock.now(), by = credential } = changes
  return await signAuthorizationGrant(by, { audience, at, lifetimeSeconds: 60 })
}

async function explain(
  holder: ExplainPolicyInput['holder'],
  changes: Partial<ExplainPolicyInput> = {},
): ReturnType<AdminClient['explainPolicy']> {
  return await client.explainPolicy({ holder, grant: 'jwt-bearer', ...changes })
}

describe('an assertion', () => {
  test('that would get a token: which profile gives it, and what', async () => {
    const answer = await explain({ kind: 'assertion', assertion: await assertion() }, { scope: ['read'] })
    expect(answer).toMatchObject({
      policyVersion: 1,
      allowed: true,
      holder: { accepted: true },
      facts: { anchor: 'workloads', uris: ['spiffe://prod.example/deploy'] },
      decision: {
        allowed: true,
        profile: 'deploy',
        scope: ['read'],
        audience: ['https://api.example'],
        lifetimeSeconds: 300,
        subject: 'uri:spiffe://prod.example/deploy',
      },
    })
    expect(answer.lines.join('\n')).toContain('yes: profile deploy')
  })

  test("is not used up, and nothing is written but the use of the administrator's token", async () => {
    const text = await assertion()
    const before = world.stores.records.length
    const units = world.stores.health().units
    await explain({ kind: 'assertion', assertion: text })
    await explain({ kind: 'assertion', assertion: text })
    expect(world.stores.records).toHaveLength(before)
    expect(world.stores.health().units).toBe(units + 2)
    const { grants } = world.service.policy.current()
    expect((await grants.verify(text)).oneTimeEntry).toBeDefined()
    expect(grants.status().replayEntries).toBe(0)
  })

  test.each<[string, () => Promise<string>, string]>([
    [
      'has expired',
      async () => await assertion({ at: new Date(START.getTime() - 300_000) }),
      'ERR_TOKEN_EXPIRED',
    ],
    [
      'is for another audience',
      async () => await assertion({ audience: `${ISSUER}/admin` }),
      'ERR_TOKEN_AUDIENCE',
    ],
    [
      'is a token for administrators',
      async () => await signToken(credential, { audience: ISSUER, at: START }),
      'ERR_TOKEN_TYPE',
    ],
    [
      'has a signature of nobody',
      async () => `${(await assertion()).slice(0, -6)}AAAAAA`,
      'ERR_TOKEN_SIGNATURE',
    ],
  ])('that %s would get none, though the policy would give it', async (_, make, code) => {
    const answer = await explain({ kind: 'assertion', assertion: await make() })
    expect(answer).toMatchObject({
      allowed: false,
      holder: { accepted: false, code },
      decision: { allowed: true },
    })
    expect(answer.holder?.checks.some(({ outcome }) => outcome === 'failed')).toBe(true)
  })

  test("of the administrators' CA has no facts that a policy could look at", async () => {
    const answer = await explain({
      kind: 'assertion',
      assertion: await assertion({ by: world.operatorCredential }),
    })
    expect(answer).toMatchObject({ allowed: false, holder: { accepted: false, code: 'ERR_PATH_NO_ISSUER' } })
    expect(answer.decision).toBeUndefined()
    expect(answer.facts).toBeUndefined()
  })

  test('that cannot be read at all is explained too', async () => {
    const answer = await explain({ kind: 'assertion', assertion: 'AAAA.AAAA.AAAA' })
    expect(answer).toMatchObject({ allowed: false, holder: { accepted: false } })
  })

  test('of a client is judged as one, with the rule that its certificate does not fit', async () => {
    const sign = async (by: Credential): Promise<string> =>
      await signClientAuthentication(by, {
        audience: ISSUER,
        at: START,
        clientId: 'billing',
        lifetimeSeconds: 60,
      })
    const billing = await world.workloadCa.issue({ uris: ['spiffe://prod.example/billing'] })
    const asked = { grant: 'client_credentials', clientId: 'billing' } as const
    const good = await explain(
      { kind: 'assertion', assertion: await sign(await billing.credential()) },
      asked,
    )
    expect(good).toMatchObject({
      allowed: true,
      client: { id: 'billing', known: true },
      decision: { subject: 'billing' },
    })
    const wrong = await explain({ kind: 'assertion', assertion: await sign(credential) }, asked)
    expect(wrong).toMatchObject({
      allowed: false,
      client: { known: true, miss: { rule: expect.any(String) } },
    })
    const unknown = await explain(
      { kind: 'assertion', assertion: await sign(credential) },
      { ...asked, clientId: 'x' },
    )
    expect(unknown).toMatchObject({ allowed: false, client: { id: 'x', known: false } })
    const grant = await explain({ kind: 'assertion', assertion: await assertion() }, { clientId: 'billing' })
    expect(grant).toMatchObject({ allowed: false, client: { miss: { rule: 'clients.billing.grants' } } })
    const nobody = await explain(
      { kind: 'assertion', assertion: await sign(credential) },
      { grant: 'client_credentials' },
    )
    expect(nobody.allowed).toBe(false)
  })
})

describe('certificates', () => {
  test('are verified as those of a holder, and the policy is asked', async () => {
    const answer = await explain({ kind: 'certificates', pem: workload.pem })
    expect(answer).toMatchObject({
      allowed: true,
      holder: { accepted: true },
      decision: { profile: 'deploy' },
    })
    const other = await world.workloadCa.issue({ uris: ['spiffe://test.example/deploy'] })
    const refused = await explain({ kind: 'certificates', pem: other.pem })
    expect(refused).toMatchObject({
      allowed: false,
      holder: { accepted: true },
      decision: { allowed: false, code: 'ERR_OAUTH_GRANT', nearest: { rule: 'profiles.deploy.match.uri' } },
    })
  })

  test("of another CA, of a server and of a CA are no holder's", async () => {
    const server = await world.workloadCa.issue({
      uris: ['spiffe://prod.example/x'],
      extKeyUsage: ['1.3.6.1.5.5.7.3.1'],
    })
    for (const [pem, code] of [
      [world.operator.pem, 'ERR_PATH_NO_ISSUER'],
      [server.pem, expect.stringMatching(/^ERR_/u)],
    ] as const) {
      const answer = await explain({ kind: 'certificates', pem })
      expect(answer).toMatchObject({ allowed: false, holder: { accepted: false, code } })
      expect(answer.decision).toBeUndefined()
    }
  })

  test('that cannot be read are a wrong request; ten are read, and eleven are not', async () => {
    const refusal = expect.objectContaining({ status: 400, code: 'ERR_SERVICE_REQUEST' })
    await expect(explain({ kind: 'certificates', pem: 'x' })).rejects.toEqual(refusal)
    expect((await explain({ kind: 'certificates', pem: workload.pem.repeat(10) })).allowed).toBe(true)
    await expect(explain({ kind: 'certificates', pem: workload.pem.repeat(11) })).rejects.toEqual(refusal)
  })
})

describe('supposed facts', () => {
  const facts = { anchor: 'workloads', uris: ['spiffe://prod.example/deploy'] }

  test('are judged as they stand, and it is said that nothing was verified', async () => {
    const answer = await explain({ kind: 'facts', facts })
    expect(answer).toMatchObject({ allowed: true, decision: { profile: 'deploy' } })
    expect(answer.holder).toBeUndefined()
    expect(answer.lines[0]).toContain('nothing was verified')
    const other = await explain({ kind: 'facts', facts: { ...facts, anchor: 'partners' } })
    expect(other).toMatchObject({
      allowed: false,
      decision: { nearest: { rule: 'profiles.deploy.match.trustAnchor' } },
    })
  })

  test('narrowed to what the profile does not give are refused', async () => {
    expect(await explain({ kind: 'facts', facts }, { scope: ['admin'] })).toMatchObject({
      decision: { code: 'ERR_OAUTH_SCOPE' },
    })
    expect(await explain({ kind: 'facts', facts }, { audience: ['https://b.example'] })).toMatchObject({
      decision: { code: 'ERR_OAUTH_TARGET' },
    })
  })
})

test('a block is told, and refuses what the policy gives', async () => {
  const operator = clientOf(world, endpoints, world.operatorCredential).client
  const subject = 'uri:spiffe://prod.example/deploy'
  const holder = { kind: 'certificates', pem: workload.pem } as const
  for (const selector of [
    { kind: 'identity', subject, trustAnchor: 'workloads' },
    { kind: 'trustAnchor', trustAnchor: 'workloads' },
  ] as const) {
    await operator.endGrants({ selector, block: true, reason: 'stolen' })
    expect(await explain(holder)).toMatchObject({
      allowed: false,
      decision: { allowed: true },
      block: { selector, by: 'Olga' },
    })
    const { kind: _, subject: identity, ...rest } = { subject: undefined, ...selector }
    await operator.liftBlock({ ...rest, ...(identity !== undefined && { identity }), reason: 'over' })
  }
  const other = { kind: 'identity', subject, trustAnchor: 'partners' } as const
  await operator.endGrants({ selector: other, block: true, reason: 'x' })
  expect(await explain(holder)).toMatchObject({ allowed: true })
})

test('without a policy nothing is explained', async () => {
  const empty = await createWorld()
  const { client: lonely } = clientOf(
    empty,
    createAdminEndpoints(empty.service) ?? [],
    empty.auditorCredential,
  )
  const call = lonely.explainPolicy({
    holder: { kind: 'facts', facts: { anchor: 'a' } },
    grant: 'jwt-bearer',
  })
  await expect(call).rejects.toMatchObject({ status: 503, code: 'ERR_SERVICE_NO_POLICY' })
})

test('what is told of a certificate is escaped', async () => {
  const hostile = await world.workloadCa.issue({ name: 'a\u202eb\u0007', uris: ['spiffe://prod.example/x'] })
  const { lines } = await explain({ kind: 'certificates', pem: hostile.pem })
  expect(lines.join('')).not.toMatch(/[\u202e\u0007]/u)
})
