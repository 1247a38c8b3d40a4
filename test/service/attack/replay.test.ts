// What an eavesdropper has: assertions, proofs and challenges that were used, under any other spelling, in any other place,
// at any later time.

import { randomBytes, sign } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import type { Stores } from '../../../packages/server/src/stores/contract.ts'
import { openSqliteStores } from '../../../packages/server/src/stores/sqlite-stores.ts'
import { proofKey, proofOf } from '../oauth/dpop-proof.ts'
import { createWorld, ISSUER, type World } from '../oauth/support.ts'
import { fakeLog } from '../support/fakes.ts'
import { ask, askBy, CREDENTIALS, grantBy, grantParts, NOW, signRaw } from './support.ts'

const P256_ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n

/** The other signature of the same bytes: s becomes n - s. */
function mirrored(jws: string): string {
  const [head = '', body = '', tail = ''] = jws.split('.')
  const signature = Buffer.from(tail, 'base64url')
  const s = P256_ORDER - BigInt(`0x${signature.subarray(32).toString('hex')}`)
  const other = Buffer.concat([
    signature.subarray(0, 32),
    Buffer.from(s.toString(16).padStart(64, '0'), 'hex'),
  ])
  return `${head}.${body}.${other.toString('base64url')}`
}

describe('an assertion that was used', () => {
  it('is used under its other signature, and under another one of the same claims', async () => {
    const world = await createWorld()
    const parts = grantParts(world.workload)
    const [head, body] = parts.map((part) => JSON.stringify(part))
    const first = signRaw(world.workload, head ?? '', body ?? '')
    expect((await askBy(world, first)).status).toBe(200)
    expect((await askBy(world, mirrored(first))).error).toBe('invalid_grant')
    expect((await askBy(world, signRaw(world.workload, head ?? '', `${body} `))).error).toBe('invalid_grant')
    expect(world.stores.records.filter(({ type }) => type === 'token.issued')).toHaveLength(1)
  })

  it('is used below a renewed certificate of the same key', async () => {
    const world = await createWorld()
    const renewed = await world.ca.issue({ uris: ['spiffe://prod.example/deploy'], keyOf: world.workload })
    const claims = { jti: 'one-and-the-same-jti' }
    expect((await askBy(world, grantBy(world.workload, claims))).status).toBe(200)
    expect((await askBy(world, grantBy(renewed, claims))).error).toBe('invalid_grant')
    expect((await askBy(world, grantBy(renewed))).status).toBe(200)
  })

  it('is no assertion of a client, and the other way round', async () => {
    const world = await createWorld()
    const type = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
    const grant = grantBy(world.billing, { iss: 'billing', sub: 'billing' })
    const swapped = { ...CREDENTIALS, client_assertion_type: type, client_assertion: grant }
    expect((await ask(world, swapped)).error).toBe('invalid_client')
    const client = await world.clientAssertionOf(world.billing, 'billing')
    expect((await askBy(world, client)).error).toBe('invalid_grant')
    // Neither of them used the other up.
    const again = { ...CREDENTIALS, client_assertion_type: type, client_assertion: client }
    expect((await ask(world, again)).status).toBe(200)
    for (const path of ['/token', '/introspect', '/revoke']) {
      const { body } = await world.call({ path, form: { ...again, token: 'x' } })
      expect([path, body['error']]).toEqual([path, 'invalid_client'])
    }
  })

  it('at one endpoint is used at the others', async () => {
    const world = await createWorld()
    for (const path of ['/introspect', '/revoke']) {
      const form = await world.authenticated(world.billing, 'billing', { ...CREDENTIALS, token: 'x' })
      expect((await world.call({ path, form })).status).toBe(200)
      expect((await ask(world, form)).error).toBe('invalid_client')
    }
  })
})

describe('a challenge', () => {
  it('is answered once, by whoever is first', async () => {
    const world = await createWorld()
    const challenge = String((await world.call({ path: '/challenge' })).body['challenge'])
    expect((await askBy(world, grantBy(world.workload, { nonce: challenge }))).status).toBe(200)
    expect((await askBy(world, grantBy(world.billing, { nonce: challenge }))).error).toBe('invalid_grant')
  })

  it('is not answered by client and holder in one request', async () => {
    const world = await createWorld()
    const challenge = String((await world.call({ path: '/challenge' })).body['challenge'])
    const type = 'client-authentication+jwt'
    const names = { iss: 'billing', sub: 'billing', nonce: challenge }
    const form = {
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: grantBy(world.billing, names, { typ: type }),
    }
    expect((await askBy(world, grantBy(world.workload, { nonce: challenge }), form)).error).toBe(
      'invalid_grant',
    )
    expect((await askBy(world, grantBy(world.workload), form)).status).toBe(200)
  })

  it('is no DPoP nonce, and an assertion for a request is none that answers it', async () => {
    const world = await createWorld({ grant: { binding: 'dpop' } })
    const { body, headers } = await world.call({ path: '/challenge' })
    const challenge = String(body['challenge'])
    const dpop = proofOf(proofKey(), { nonce: challenge })
    expect((await ask(world, await world.bearer(world.workload), { headers: { dpop } })).error).toBe(
      'use_dpop_nonce',
    )
    const nonce = headers.get('dpop-nonce') ?? ''
    expect((await askBy(world, grantBy(world.workload, { nonce }))).error).toBe('invalid_grant')
    const bound = grantBy(world.workload, { nonce: challenge, htm: 'GET', htu: `${ISSUER}/elsewhere` })
    expect((await askBy(world, bound)).error).toBe('invalid_grant')
  })

  it('ends at its second', async () => {
    const world = await createWorld()
    const challenge = String((await world.call({ path: '/challenge' })).body['challenge'])
    world.clock.advance(119.999)
    const late = (): string => grantBy(world.workload, { nonce: challenge, iat: NOW + 119, exp: NOW + 179 })
    expect((await askBy(world, late())).status).toBe(200)
    const other = await createWorld()
    const next = String((await other.call({ path: '/challenge' })).body['challenge'])
    other.clock.advance(120)
    const tooLate = grantBy(other.workload, { nonce: next, iat: NOW + 119, exp: NOW + 179 })
    expect((await askBy(other, tooLate)).error).toBe('invalid_grant')
  })
})

describe('a proof', () => {
  const key = proofKey()
  const claims = { jti: 'a-jti-of-a-proof-1' }
  async function use(world: World, more: Readonly<Record<string, unknown>>): Promise<unknown> {
    const headers = { dpop: proofOf(key, { ...claims, ...more }) }
    return (await ask(world, await world.bearer(world.workload), { headers })).error
  }

  it('counts once under every spelling of the URL, and every other time', async () => {
    const world = await createWorld({ grant: { binding: 'dpop' } })
    expect(await use(world, {})).toBeUndefined()
    const spellings = [
      'HTTPS://TOKENS.EXAMPLE/token',
      'https://tokens.example:443/token',
      'https://tokens.example/./token',
      'https://tokens.example/a/../token',
      'https://tokens.example/%74oken',
      'https://tokens.example/token?a=b',
      'https://tokens.example/token#a',
    ]
    for (const htu of spellings) expect([htu, await use(world, { htu })]).toEqual([htu, 'invalid_dpop_proof'])
    expect(await use(world, { iat: NOW - 1 })).toBe('invalid_dpop_proof')
    expect(await use(world, { iat: NOW + 4.5 })).toBe('invalid_dpop_proof')
    expect(await use(world, { jti: 'a-jti-of-a-proof-2', htu: spellings[0] })).toBeUndefined()
  })

  it('counts once under its other signature', async () => {
    const world = await createWorld({ grant: { binding: 'dpop' } })
    const dpop = proofOf(key)
    expect((await ask(world, await world.bearer(world.workload), { headers: { dpop } })).status).toBe(200)
    const again = { headers: { dpop: mirrored(dpop) } }
    expect((await ask(world, await world.bearer(world.workload), again)).error).toBe('invalid_dpop_proof')
  })
})

describe('with the real store', () => {
  const undo: (() => Promise<void>)[] = []
  afterEach(async () => {
    for (const step of undo.splice(0).reverse()) await step()
  })

  async function withStore(): Promise<{ readonly world: World; readonly reopen: () => Promise<Stores> }> {
    const world = await createWorld({ grant: { binding: 'dpop' } })
    const folder = await mkdtemp(join(tmpdir(), 'ingam-attack-'))
    undo.push(async () => await rm(folder, { recursive: true }))
    let stores: Stores | undefined
    const reopen = async (): Promise<Stores> => {
      await stores?.close()
      stores = await openSqliteStores({
        folder,
        clock: world.clock.now,
        maxQueue: 100,
        grantRetentionDays: 1,
        log: fakeLog(),
        random: (length) => new Uint8Array(randomBytes(length)),
      })
      Object.assign(world.service, { stores })
      return stores
    }
    undo.push(async () => await stores?.close())
    await reopen()
    // A new store trusts nothing that was made before it.
    world.clock.advance(120)
    return { world, reopen }
  }

  it('nothing is used twice after a restart, nor after pruning at, before and behind the end of its time', async () => {
    const { world, reopen } = await withStore()
    const now = NOW + 120
    const key = proofKey()
    const assertion = grantBy(world.workload, { iat: now, exp: now + 60 })
    const dpop = proofOf(key, { iat: now })
    const other = (): string => proofOf(proofKey(), { iat: world.clock.now().getTime() / 1000 })
    const first = { grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion }
    expect((await ask(world, first, { headers: { dpop } })).status).toBe(200)
    let stores = await reopen()
    let passed = 0
    for (const seconds of [0, 58, 59, 60, 61, 62, 63, 64, 65, 66, 67, 68, 70, 120, 130]) {
      world.clock.advance(seconds - passed)
      passed = seconds
      await stores.prune(now + seconds)
      const again = await ask(world, first, { headers: { dpop: other() } })
      const at = now + seconds
      const fresh = { ...first, assertion: grantBy(world.workload, { iat: at, exp: at + 60 }) }
      const stale = await ask(world, fresh, { headers: { dpop } })
      expect([seconds, again.claims, stale.claims]).toEqual([seconds, {}, {}])
      if (seconds === 60) stores = await reopen()
    }
    expect(
      (
        await ask(
          world,
          { ...first, assertion: grantBy(world.workload, { iat: now + 130, exp: now + 190 }) },
          { headers: { dpop: other() } },
        )
      ).status,
    ).toBe(200)
  })

  it('a block of the name of a thumbprint, or of a host in another case, covers the certificate', async () => {
    const { world } = await withStore()
    const holder = await world.ca.issue({ dns: ['BUILD.example'] })
    const sub = 'dns:BUILD.example'
    const askOnce = async (): Promise<unknown> => {
      const at = world.clock.now().getTime() / 1000
      const headers = { dpop: proofOf(proofKey(), { iat: at }) }
      const assertion = grantBy(holder, { iss: sub, sub, iat: at, exp: at + 60 })
      return (
        await ask(
          world,
          { grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion },
          { headers },
        )
      ).error
    }
    expect(await askOnce()).toBeUndefined()
    const thumbprint = Buffer.from(
      await crypto.subtle.digest('SHA-256', Uint8Array.from(holder.der)),
    ).toString('base64url')
    for (const subject of [`x509-sha256:${thumbprint}`, 'dns:build.example']) {
      const selector = { kind: 'identity', subject, trustAnchor: 'workloads' } as const
      const { stores } = world.service
      await stores.commit({ block: { selector, since: NOW, reason: 'r', by: 'b' }, audit: [] })
      expect([subject, await askOnce()]).toEqual([subject, 'invalid_grant'])
      await stores.commit({ unblock: selector, audit: [] })
    }
    expect(await askOnce()).toBeUndefined()
  })
})

it('an access token is no assertion, no proof and no client', async () => {
  const world = await createWorld()
  const token = await world.tokenOf(world.workload)
  expect((await askBy(world, token)).error).toBe('invalid_grant')
  const client = {
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: token,
  }
  expect((await ask(world, { ...CREDENTIALS, ...client })).error).toBe('invalid_client')
  const headers = { dpop: token }
  expect((await ask(world, await world.bearer(world.workload), { headers })).error).toBe('invalid_dpop_proof')
  const [head = '', body = ''] = token.split('.')
  const stolen = sign('sha256', Buffer.from(`${head}.${body}`), {
    key: world.workload.privateKeyPem,
    dsaEncoding: 'ieee-p1363',
  })
  const form = await world.authenticated(world.orders, 'orders', {
    token: `${head}.${body}.${stolen.toString('base64url')}`,
  })
  expect((await world.call({ path: '/introspect', form })).body).toEqual({ active: false })
})
