// A block is of a holder, not of a spelling: whoever is blocked tries its other names, its client and its profiles.

import { createHash } from 'node:crypto'
import { createTestCa, type TestCertificate } from 'ingam/testing'
import { describe, expect, it } from 'vitest'
import { AT, createWorld, type World } from '../oauth/support.ts'
import { ask, askBy, block, CREDENTIALS, grantBy, policyText, profileText, putPolicy } from './support.ts'

const DEPLOY = 'uri:spiffe://prod.example/deploy'
const BILLING = 'uri:spiffe://prod.example/billing'
const identity = (subject: string, trustAnchor = 'workloads') =>
  ({ kind: 'identity', subject, trustAnchor }) as const

function thumbprintName(der: Uint8Array): string {
  return `x509-sha256:${createHash('sha256').update(der).digest('base64url')}`
}

describe('a holder that is blocked', () => {
  it('by the thumbprint name that it signed under gets nothing under its other name either', async () => {
    const world = await createWorld()
    const name = thumbprintName(world.workload.der)
    const before = await askBy(world, grantBy(world.workload, { iss: name, sub: name }))
    expect(before.claims['sub']).toBe(name)
    await block(world, identity(name))
    expect((await askBy(world, grantBy(world.workload, { iss: name, sub: name }))).error).toBe(
      'invalid_grant',
    )
    expect((await askBy(world, grantBy(world.workload))).error).toBe('invalid_grant')
    expect((await askBy(world, grantBy(world.billing))).status).toBe(200)
  })

  it('by a name gets nothing under the name that a profile chooses', async () => {
    const world = await createWorld()
    const text = policyText(
      { workloads: world.ca },
      profileText("trustAnchor: workloads, uri: 'spiffe://prod.example/*'", "subject: '{uri}'"),
    )
    putPolicy(world, text)
    const two = await world.ca.issue({ uris: ['spiffe://prod.example/a'], dns: ['a.example'] })
    const asDns = { iss: 'dns:a.example', sub: 'dns:a.example' }
    expect((await askBy(world, grantBy(two, asDns))).claims['sub']).toBe('uri:spiffe://prod.example/a')
    await block(world, identity('dns:a.example'))
    expect((await askBy(world, grantBy(two))).error).toBe('invalid_grant')
    expect((await askBy(world, grantBy(two, asDns))).error).toBe('invalid_grant')
  })

  it.each([
    ['dns:build.example', { dns: ['BUILD.example'] }, 'dns:BUILD.example'],
    ['dns:Build.Example', { dns: ['build.example'] }, 'dns:build.example'],
    ['email:a@example.com', { emails: ['a@EXAMPLE.com'] }, 'email:a@EXAMPLE.com'],
    ['upn:a@corp.example', { upns: ['a@Corp.example'] }, 'upn:a@Corp.example'],
    ['dns:build.example', { uris: ['urn:x'], dns: ['BUILD.example'] }, 'uri:urn:x'],
  ])('as %s is blocked in a new certificate that spells the host otherwise', async (blocked, names, sub) => {
    const world = await createWorld()
    const again = await world.ca.issue(names)
    expect((await askBy(world, grantBy(again, { iss: sub, sub }))).claims['sub']).toBe(sub)
    await block(world, identity(blocked))
    expect((await askBy(world, grantBy(again, { iss: sub, sub }))).error).toBe('invalid_grant')
  })

  it.each([
    ['email:a@example.com', { emails: ['A@example.com'] }, 'email:A@example.com'],
    ['uri:spiffe://prod.example/a', { uris: ['spiffe://prod.example/A'] }, 'uri:spiffe://prod.example/A'],
    ['dns:build.example', { dns: ['build2.example'] }, 'dns:build2.example'],
  ])('as %s is not whoever has another name', async (blocked, names, sub) => {
    const world = await createWorld()
    const other = await world.ca.issue(names)
    await block(world, identity(blocked))
    expect((await askBy(world, grantBy(other, { iss: sub, sub }))).claims['sub']).toBe(sub)
  })

  it('is the holder below that trust anchor alone', async () => {
    const world = await createWorld()
    await block(world, identity(DEPLOY, 'others'))
    expect((await askBy(world, grantBy(world.workload))).status).toBe(200)
  })
})

describe('a client that is blocked', () => {
  const clients = `
  billing:
    authentication: private_key_jwt
    trustAnchor: workloads
    certificate: { san_uri: 'spiffe://prod.example/billing' }
  gateway:
    authentication: tls_client_auth
    trustAnchor: workloads
    certificate: { san_dns: gateway.example }`
  async function chosen(): Promise<World> {
    const world = await createWorld()
    const profiles = [
      profileText("trustAnchor: workloads, uri: 'spiffe://prod.example/*'", "subject: '{uri}'", 'u'),
      profileText("trustAnchor: workloads, dns: '*.example'", "subject: '{dns}'", 'd'),
    ]
    putPolicy(world, policyText({ workloads: world.ca }, profiles.join(''), clients))
    return world
  }

  it('by its identifier gets no token whose sub is a name of its certificate', async () => {
    const world = await chosen()
    const form = async () => await world.authenticated(world.billing, 'billing', { ...CREDENTIALS })
    expect((await ask(world, await form())).claims['sub']).toBe(BILLING)
    await block(world, identity('billing'))
    expect((await ask(world, await form())).error).toBe('invalid_client')
    const gateway = { ...CREDENTIALS, client_id: 'gateway' }
    const more = { peer: [world.gateway.der] }
    expect((await ask(world, gateway, more)).claims['sub']).toBe('dns:gateway.example')
    await block(world, identity('gateway'))
    expect((await ask(world, gateway, more)).error).toBe('invalid_client')
  })

  it('is named by nobody, where it only names itself', async () => {
    const world = await createWorld()
    expect((await askBy(world, grantBy(world.workload), { client_id: 'page' })).status).toBe(200)
    await block(world, identity('page'))
    expect((await askBy(world, grantBy(world.workload), { client_id: 'page' })).error).toBe('invalid_grant')
    expect((await askBy(world, grantBy(world.workload))).status).toBe(200)
  })

  it('by its certificate, its trust anchor or any of its names gets nothing either', async () => {
    const thumbprint = createHash('sha256')
    const world = await chosen()
    thumbprint.update(world.billing.der)
    const selectors = [
      { kind: 'certificate', thumbprint: thumbprint.digest('base64url') },
      { kind: 'trustAnchor', trustAnchor: 'workloads' },
      identity(BILLING),
      identity(thumbprintName(world.billing.der)),
    ] as const
    for (const selector of selectors) {
      await block(world, selector)
      for (const path of ['/token', '/introspect', '/revoke']) {
        const form = await world.authenticated(world.billing, 'billing', { ...CREDENTIALS, token: 'x' })
        expect([path, (await world.call({ path, form })).body['error']]).toEqual([path, 'invalid_client'])
      }
      await world.stores.commit({ unblock: selector, audit: [] })
    }
    const form = await world.authenticated(world.billing, 'billing', { ...CREDENTIALS })
    expect((await ask(world, form)).status).toBe(200)
  })
})

it('where two trust anchors vouch for one issuing CA the sender chooses between them: its certificate is blocked under both', async () => {
  const world = await createWorld()
  const partner = await createTestCa({ at: AT, name: 'Partner CA' })
  const issuing = await world.ca.issue({ kind: 'ca', name: 'Issuing' })
  const crossed = await partner.issue({ kind: 'ca', name: 'Issuing', keyOf: issuing })
  const holder = await issuing.issue({ uris: ['spiffe://prod.example/deploy'] })
  const rule = profileText("trustAnchor: [workloads, partners], uri: 'spiffe://prod.example/*'")
  putPolicy(world, policyText({ workloads: world.ca, partners: partner }, rule))
  const under = async (intermediate: TestCertificate): Promise<readonly unknown[]> => {
    const x5c = [holder.der, intermediate.der].map((der) => Buffer.from(der).toString('base64'))
    const { error, claims } = await askBy(world, grantBy(holder, {}, { x5c }))
    return [error, claims['trust_anchor']]
  }
  expect(await under(issuing)).toEqual([undefined, 'workloads'])
  expect(await under(crossed)).toEqual([undefined, 'partners'])
  await block(world, identity(DEPLOY))
  expect(await under(issuing)).toEqual(['invalid_grant', undefined])
  expect(await under(crossed)).toEqual([undefined, 'partners'])
  const thumbprint = createHash('sha256').update(holder.der).digest('base64url')
  await block(world, { kind: 'certificate', thumbprint })
  expect(await under(crossed)).toEqual(['invalid_grant', undefined])
})
