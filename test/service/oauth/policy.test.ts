// /token under a policy as operators write it, compiled and put in force as the service does it.

import { signAuthorizationGrant } from 'ingam'
import { describe, expect, it } from 'vitest'
import { proofKey, proofOf } from './dpop-proof.ts'
import { API, AT, createWorld, ISSUER, JWT_BEARER, payloadOf, type World } from './support.ts'

const document = (pem: string): string => `
version: 1
revocation: off
trustAnchors:
  workloads:
    certificate: |
      ${pem}
    names: any
clients:
  billing:
    authentication: private_key_jwt
    trustAnchor: workloads
    certificate: { san_uri: 'spiffe://prod.example/billing' }
    grants: [client_credentials]
  gateway:
    authentication: tls_client_auth
    trustAnchor: workloads
    certificate: { san_dns: gateway.example }
    grants: [client_credentials, jwt-bearer]
profiles:
  deploy:
    grants: [jwt-bearer]
    match: { trustAnchor: workloads, uri: 'spiffe://prod.example/deploy' }
    audience: ['${API}', 'https://b.example']
    scope: [read, write]
    roles: [deployer]
    lifetime: 5m
    binding: none
  billing:
    grants: [client_credentials]
    clients: [billing]
    match: { trustAnchor: workloads, uri: 'spiffe://prod.example/*' }
    audience: ['${API}']
    scope: [invoices]
    lifetime: 60s
    binding: dpop
  through-gateway:
    grants: [jwt-bearer]
    clients: [gateway]
    match: { trustAnchor: workloads, dns: '*.example' }
    audience: ['${API}']
    lifetime: 60s
    binding: mtls
`

async function ask(
  world: World,
  form: Record<string, string>,
  more = {},
): Promise<[number, unknown, unknown]> {
  const { status, body } = await world.call({ form, ...more })
  return [status, body['error'], body['scope']]
}

describe('a policy', () => {
  it('gives a workload what its profile has, narrowed to what is asked for', async () => {
    const world = await createWorld({ document })
    expect(await ask(world, await world.bearer(world.workload))).toEqual([200, undefined, 'read write'])
    const narrow = await world.tokenOf(world.workload, { scope: 'write', resource: API })
    expect(payloadOf(narrow)).toMatchObject({
      aud: API,
      scope: 'write',
      roles: ['deployer'],
      trust_anchor: 'workloads',
    })
    expect((await ask(world, await world.bearer(world.workload, { scope: 'invoices' })))[1]).toBe(
      'invalid_scope',
    )
    expect((await ask(world, await world.bearer(world.workload, { resource: 'https://c.example' })))[1]).toBe(
      'invalid_target',
    )
  })

  it('gives nothing to whom no profile names, and records how near it came', async () => {
    const world = await createWorld({ document })
    const stranger = await world.ca.issue({ uris: ['spiffe://prod.example/deploy2'] })
    expect(await ask(world, await world.bearer(stranger))).toEqual([400, 'invalid_grant', undefined])
    expect(world.stores.records.at(-1)).toMatchObject({
      type: 'token.refused',
      details: { nearest: { rule: 'profiles.deploy.match.uri' }, misses: [{ profile: 'deploy' }, {}, {}] },
    })
  })

  it('gives nothing under another name of the certificate', async () => {
    const world = await createWorld({ document })
    const two = await world.ca.issue({
      uris: ['spiffe://prod.example/other', 'spiffe://prod.example/deploy'],
    })
    expect((await ask(world, await world.bearer(two)))[1]).toBe('invalid_grant')
    const credential = await two.credential({ subject: 'uri:spiffe://prod.example/deploy' })
    const assertion = await signAuthorizationGrant(credential, { audience: ISSUER, at: AT })
    expect((await ask(world, { grant_type: JWT_BEARER, assertion }))[0]).toBe(200)
  })

  it('gives a client its own profile, bound as it says', async () => {
    const world = await createWorld({ document })
    const form = { grant_type: 'client_credentials' }
    const bare = await world.authenticated(world.billing, 'billing', form)
    expect((await ask(world, bare))[1]).toBe('invalid_dpop_proof')
    const headers = { dpop: proofOf(proofKey()) }
    const own = await world.authenticated(world.billing, 'billing', form)
    expect(await ask(world, own, { headers })).toEqual([200, undefined, 'invoices'])
    const other = await world.authenticated(world.orders, 'billing', form)
    expect((await ask(world, other, { headers }))[1]).toBe('invalid_client')
    const grant = await world.authenticated(world.billing, 'billing', await world.bearer(world.workload))
    expect((await ask(world, grant))[1]).toBe('unauthorized_client')
  })

  it('gives a holder behind a client what only that client gets', async () => {
    const world = await createWorld({ document })
    const alone = await world.bearer(world.gateway)
    expect((await ask(world, alone, { peer: [world.gateway.der] }))[0]).toBe(400)
    const behind = await world.bearer(world.gateway, { client_id: 'gateway' })
    expect((await ask(world, behind, { peer: [world.gateway.der] }))[0]).toBe(200)
    // The holder is another than the one in the handshake: nothing to bind to.
    const other = await world.bearer(world.orders, { client_id: 'gateway' })
    expect((await ask(world, other, { peer: [world.gateway.der] }))[1]).toBe('invalid_request')
  })
})
