import { signAuthorizationGrant, signClientAuthentication } from 'ingam'
import { createTestCa, type TestCa } from 'ingam/testing'
import { beforeAll, describe, expect, it } from 'vitest'
import { policyDigest } from '../../../packages/server/src/policy/compile.ts'
import { createPolicyHolder, type PolicyHolderOptions } from '../../../packages/server/src/policy-in-force.ts'
import { ServiceError } from '../../../packages/server/src/service-error.ts'
import { type FakeStores, fakeConfig, fakeLog, fakeStores } from '../support/fakes.ts'

let ca: TestCa
beforeAll(async () => {
  ca = await createTestCa({ name: 'Workload CA' })
})

const ISSUER = 'https://id.example'

function policy(options: { readonly revocation?: string; readonly legacy?: boolean } = {}): string {
  const pem = ca.pem.trimEnd().replaceAll('\n', '\n      ')
  return `version: 1
revocation: ${options.revocation ?? 'off'}
trustAnchors:
  workloads:
    certificate: |
      ${pem}
    names: any
clients:
  billing:
    authentication: private_key_jwt
    trustAnchor: workloads
    certificate: { san_dns: billing.example }
    grants: [client_credentials]
    legacy: ${options.legacy ?? false}
profiles:
  deploy:
    match: { trustAnchor: workloads, dns: '*.example' }
    audience: [https://api.example]
    scope: [read]
    lifetime: 5m
    binding: none
`
}

async function apply(stores: FakeStores, text: string, digest: string = policyDigest(text)): Promise<void> {
  const expected = (await stores.policies.current())?.version ?? 0
  const next = { text, digest, appliedAt: 0, appliedBy: 'test', comment: '' }
  await stores.commit({ policy: { expected, next }, audit: [] })
}

function holder(stores: FakeStores, changes: Partial<PolicyHolderOptions> = {}) {
  return createPolicyHolder({
    policies: stores.policies,
    config: { ...fakeConfig(), issuer: ISSUER },
    sources: [],
    clock: { now: () => new Date() },
    log: fakeLog(),
    ...changes,
  })
}

describe('the policy in force', () => {
  it('is none before one was applied', async () => {
    const held = holder(fakeStores())
    await held.reload()
    expect(held.find()).toBeUndefined()
    expect(() => held.current()).toThrow(expect.objectContaining({ code: 'ERR_SERVICE_NO_POLICY' }))
  })

  it('is the newest of the store, as one value', async () => {
    const stores = fakeStores()
    const changes: number[] = []
    const held = holder(stores, {
      onChange: async (inForce) => {
        changes.push(inForce.policy.version)
        await Promise.resolve()
      },
    })
    await apply(stores, policy())
    await held.reload()
    const first = held.current()
    await held.reload()
    expect(held.current()).toBe(first)
    await apply(stores, policy({ legacy: true }))
    await Promise.all([held.reload(), held.reload()])
    expect(held.current().policy.version).toBe(2)
    expect(changes).toEqual([1, 2])
    expect(first.legacyClients).toBeUndefined()
    expect(held.current().legacyClients).toBeDefined()
  })

  it('stays where the next one cannot be read, and where its text is not the one that was applied', async () => {
    const stores = fakeStores()
    const held = holder(stores)
    await apply(stores, policy())
    await held.reload()
    await apply(stores, 'version: 2')
    await expect(held.reload()).rejects.toMatchObject({ code: 'ERR_POLICY_VALUE' })
    await apply(stores, policy({ legacy: true }), policyDigest(policy()).replace(/^./u, '_'))
    await expect(held.reload()).rejects.toMatchObject({ code: 'ERR_SERVICE_STORE' })
    expect(held.current().policy.version).toBe(1)
    await apply(stores, policy({ legacy: true }))
    await held.reload()
    expect(held.current().policy.version).toBe(4)
  })

  it('stays where what depends on it fails to follow', async () => {
    const stores = fakeStores()
    const held = holder(stores, { onChange: async () => await Promise.reject(new Error('broken')) })
    await apply(stores, policy())
    await held.reload()
    expect(held.find()?.policy.version).toBe(1)
  })
})

describe('its verifiers', () => {
  async function inForce(
    options: Parameters<typeof policy>[0] = {},
    changes: Partial<PolicyHolderOptions> = {},
  ) {
    const stores = fakeStores()
    await apply(stores, policy(options))
    const held = holder(stores, changes)
    await held.reload()
    return held.current()
  }
  const workload = async () => await (await ca.issue({ dns: ['billing.example'] })).credential()

  it('take grants for the issuer, and hand over the one-time entry', async () => {
    const { grants } = await inForce()
    const token = await signAuthorizationGrant(await workload(), { audience: ISSUER })
    const verified = await grants.verify(token)
    expect(verified.identity.anchor).toBe('workloads')
    expect(verified.oneTimeEntry?.key).toHaveLength(32)
    // Nothing is remembered here: the store is the memory.
    expect((await grants.verify(token)).oneTimeEntry?.key).toEqual(verified.oneTimeEntry?.key)
  })

  it('take nothing that is for another audience, or of another kind', async () => {
    const { grants, clients } = await inForce({ legacy: true })
    const credential = await workload()
    for (const audience of [`${ISSUER}/`, `${ISSUER}/token`, `${ISSUER}/admin`, 'https://ID.example']) {
      await expect(
        grants.verify(await signAuthorizationGrant(credential, { audience })),
      ).rejects.toMatchObject({
        code: 'ERR_TOKEN_AUDIENCE',
      })
    }
    const client = await signClientAuthentication(credential, { audience: ISSUER, clientId: 'billing' })
    await expect(grants.verify(client)).rejects.toThrow()
    const grant = await signAuthorizationGrant(credential, { audience: ISSUER })
    await expect(clients.verify(grant)).rejects.toThrow()
    expect((await clients.verify(client)).claims['sub']).toBe('billing')
  })

  it('take no certificate of another CA', async () => {
    const { grants } = await inForce()
    const other = await createTestCa({ name: 'Workload CA' })
    const credential = await (await other.issue({ dns: ['billing.example'] })).credential()
    const token = await signAuthorizationGrant(credential, { audience: ISSUER })
    await expect(grants.verify(token)).rejects.toMatchObject({ name: 'PathError' })
  })

  it('refuse where the policy requires evidence of revocation and there is none', async () => {
    const token = await signAuthorizationGrant(await workload(), { audience: ISSUER })
    const required = await inForce({ revocation: '{ mode: require, depth: chain }' })
    await expect(required.grants.verify(token)).rejects.toMatchObject({ name: 'RevocationError' })
    const preferred = await inForce({ revocation: '{ mode: prefer, depth: chain }' })
    expect((await preferred.grants.verify(token)).audience).toBe(ISSUER)
  })

  it('decide nothing while the clock cannot be relied on, and are there once it can', async () => {
    let isReliable = false
    const clock = {
      now(): Date {
        if (!isReliable) throw new ServiceError('ERR_SERVICE_CLOCK', 'stepped')
        return new Date()
      },
    }
    const { grants } = await inForce({}, { clock })
    const token = await signAuthorizationGrant(await workload(), { audience: ISSUER })
    await expect(grants.verify(token)).rejects.toMatchObject({ code: 'ERR_SERVICE_CLOCK' })
    isReliable = true
    expect((await grants.verify(token)).audience).toBe(ISSUER)
  })
})
