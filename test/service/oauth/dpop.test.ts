// DPoP at /token (RFC 9449): what binds, and every proof that must not.

import { randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { jktOf, type ProofKey, proofKey, proofOf } from './dpop-proof.ts'
import { AT, createWorld, ISSUER, payloadOf, type World } from './support.ts'

const NOW = AT.getTime() / 1000
const dpop = { grant: { binding: 'dpop' } } as const

async function send(world: World, proof: string): Promise<[number, unknown, unknown]> {
  const { status, body } = await world.call({
    form: await world.bearer(world.workload),
    headers: { dpop: proof },
  })
  return [status, body['error'], body['token_type']]
}

describe('a DPoP proof', () => {
  it.each(['ES256', 'ES384', 'Ed25519', 'EdDSA', 'PS256', 'RS256'])('of %s binds the token', async (alg) => {
    const world = await createWorld(dpop)
    const key = proofKey(alg)
    const { body, headers } = await world.call({
      form: await world.bearer(world.workload),
      headers: { dpop: proofOf(key) },
    })
    expect(body['token_type']).toBe('DPoP')
    expect(payloadOf(String(body['access_token']))['cnf']).toEqual({ jkt: jktOf(key) })
    expect(headers.get('dpop-nonce')).toMatch(/^[\w-]{70,}$/u)
  })

  it('is needed by the profile', async () => {
    const world = await createWorld(dpop)
    const { status, body, headers } = await world.call({ form: await world.bearer(world.workload) })
    expect([status, body['error']]).toEqual([400, 'invalid_dpop_proof'])
    expect(headers.get('dpop-nonce')).not.toBeNull()
    expect(world.stores.records).toMatchObject([
      { type: 'token.refused', details: { code: 'ERR_OAUTH_DPOP' } },
    ])
  })

  it.each(['none', 'mtls', 'proof'] as const)('is refused where the profile binds by %s', async (binding) => {
    const world = await createWorld({ grant: { binding } })
    expect(await send(world, proofOf(proofKey()))).toEqual([400, 'invalid_dpop_proof', undefined])
  })

  it('counts once, also with another assertion', async () => {
    const world = await createWorld(dpop)
    const proof = proofOf(proofKey())
    expect(await send(world, proof)).toEqual([200, undefined, 'DPoP'])
    expect(await send(world, proof)).toEqual([400, 'invalid_dpop_proof', undefined])
    expect(world.stores.records.at(-1)).toMatchObject({ details: { code: 'ERR_OAUTH_DPOP' } })
  })

  it('of another key may have the same jti', async () => {
    const world = await createWorld(dpop)
    const jti = randomUUID()
    expect((await send(world, proofOf(proofKey(), { jti })))[0]).toBe(200)
    expect((await send(world, proofOf(proofKey(), { jti })))[0]).toBe(200)
  })

  it('is refused where it comes twice', async () => {
    const world = await createWorld(dpop)
    const key = proofKey()
    const headers = new Headers({ 'content-type': 'application/x-www-form-urlencoded' })
    headers.append('dpop', proofOf(key))
    headers.append('dpop', proofOf(key))
    const body = String(new URLSearchParams(await world.bearer(world.workload)))
    const answer = await world.fetch(`${ISSUER}/token`, { method: 'POST', body, headers })
    expect(answer.status).toBe(400)
    expect(await answer.json()).toMatchObject({ error: 'invalid_dpop_proof' })
  })

  it.each([
    ['before its signature is changed', (proof: string) => proof, 200],
    ['whose signature is of another proof', (proof: string) => replaceTail(proof, proofOf(proofKey())), 400],
    ['without a signature', (proof: string) => proof.replace(/[^.]+$/u, ''), 400],
    ['with a fourth part', (proof: string) => `${proof}.AAAA`, 400],
    ['with padding', (proof: string) => `${proof}==`, 400],
    ['with a second spelling of its signature', (proof: string) => respell(proof), 400],
    ['that is empty', () => '', 400],
    ['that is a comma', (proof: string) => `${proof},`, 400],
  ] as const)('%s', async (_, change, status) => {
    const world = await createWorld(dpop)
    expect((await send(world, change(proofOf(proofKey()))))[0]).toBe(status)
  })

  it.each<[string, Record<string, unknown>]>([
    ['typ JWT', { typ: 'JWT' }],
    ['typ absent', { typ: undefined }],
    ['typ in another case', { typ: 'DPoP+JWT' }],
    ['alg none', { alg: 'none' }],
    ['alg HS256', { alg: 'HS256' }],
    ['alg of another curve', { alg: 'ES384' }],
    ['alg of another kind', { alg: 'RS256' }],
    ['alg absent', { alg: undefined }],
    ['alg that every object has', { alg: 'toString' }],
    ['crit', { crit: ['exp'] }],
    ['no jwk', { jwk: undefined }],
    ['a jwk that is text', { jwk: 'key' }],
    ['a jwk that is a list', { jwk: [] }],
  ])('with %s is refused', async (_, header) => {
    const world = await createWorld(dpop)
    expect(await send(world, proofOf(proofKey(), {}, header))).toEqual([400, 'invalid_dpop_proof', undefined])
  })

  it('with a private key is refused, and nothing of it is repeated', async () => {
    const world = await createWorld(dpop)
    const key = proofKey()
    const jwk = key.privateKey.export({ format: 'jwk' })
    const { body } = await world.call({
      form: await world.bearer(world.workload),
      headers: { dpop: proofOf(key, {}, { jwk }) },
    })
    expect(body['error']).toBe('invalid_dpop_proof')
    expect(JSON.stringify([body, world.stores.records])).not.toContain(String(jwk.d))
  })

  it('of an algorithm that is not offered is refused', async () => {
    const world = await createWorld(dpop)
    expect((await send(world, proofOf(proofKey('ES512'))))[0]).toBe(400)
  })

  it.each<[string, string]>([
    ['the host in upper case', 'https://TOKENS.example/token'],
    ['the scheme in upper case', 'HTTPS://tokens.example/token'],
    ['the default port', 'https://tokens.example:443/token'],
    ['a query and a fragment', 'https://tokens.example/token?a=b#c'],
    ['an unreserved character encoded', 'https://tokens.example/%74oken'],
    ['dot segments', 'https://tokens.example/a/../token'],
  ])('whose htu has %s is accepted', async (_, htu) => {
    const world = await createWorld(dpop)
    expect((await send(world, proofOf(proofKey(), { htu })))[0]).toBe(200)
  })

  it.each<[string, unknown]>([
    ['is absent', undefined],
    ['is a number', 1],
    ['is relative', '/token'],
    ['has another scheme', 'http://tokens.example/token'],
    ['has another host', 'https://tokens.example.evil.example/token'],
    ['has another port', 'https://tokens.example:8443/token'],
    ['has a slash at the end', 'https://tokens.example/token/'],
    ['has another path', 'https://tokens.example/introspect'],
    ['has the path in another case', 'https://tokens.example/Token'],
    ['has a user', 'https://me@tokens.example/token'],
    ['has backslashes', 'https:\\\\tokens.example\\token'],
    ['has a slash too few', 'https:/tokens.example/token'],
    ['has a slash too many', 'https:///tokens.example/token'],
    ['has white space', ' https://tokens.example/token'],
    ['has an encoded slash', 'https://tokens.example/%2Ftoken'],
    ['is too long', `https://tokens.example/token?${'a'.repeat(4_000)}`],
  ])('whose htu %s is refused', async (_, htu) => {
    const world = await createWorld(dpop)
    expect((await send(world, proofOf(proofKey(), { htu })))[0]).toBe(
      htu?.toString().length === 4_029 ? 200 : 400,
    )
  })

  it('is compared with the configured URL, whatever host the request names', async () => {
    const world = await createWorld(dpop)
    const form = String(new URLSearchParams(await world.bearer(world.workload)))
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    const evil = { ...headers, dpop: proofOf(proofKey(), { htu: 'https://evil.example/token' }) }
    const at = 'https://evil.example/token'
    expect((await world.fetch(at, { method: 'POST', body: form, headers: evil })).status).toBe(400)
    const right = { ...headers, dpop: proofOf(proofKey()) }
    expect((await world.fetch(at, { method: 'POST', body: form, headers: right })).status).toBe(200)
  })

  it.each<[string, Record<string, unknown>, number]>([
    ['60 seconds old', { iat: NOW - 60 }, 200],
    ['older', { iat: NOW - 60.001 }, 400],
    ['5 seconds ahead', { iat: NOW + 5 }, 200],
    ['further ahead', { iat: NOW + 5.001 }, 400],
    ['of no time', { iat: undefined }, 400],
    ['of a time that is text', { iat: String(NOW) }, 400],
    ['with a jti of 16 characters', { jti: 'a'.repeat(16) }, 200],
    ['with one of 15', { jti: 'a'.repeat(15) }, 400],
    ['with one of 128', { jti: 'a'.repeat(128) }, 200],
    ['with one of 129', { jti: 'a'.repeat(129) }, 400],
    ['with none', { jti: undefined }, 400],
    ['for GET', { htm: 'GET' }, 400],
    ['for post', { htm: 'post' }, 400],
    ['that has expired', { exp: NOW }, 400],
    ['that has not', { exp: NOW + 1 }, 200],
    ['that is not valid yet', { nbf: NOW + 6 }, 400],
    ['with a nonce that is a number', { nonce: 1 }, 400],
    ['with an ath, which counts elsewhere', { ath: 'x' }, 200],
  ])('%s', async (_, claims, status) => {
    const world = await createWorld(dpop)
    expect((await send(world, proofOf(proofKey(), claims)))[0]).toBe(status)
  })

  it('of 8,193 characters is refused', async () => {
    const world = await createWorld(dpop)
    const key = proofKey()
    const length = proofOf(key, { extra: '' }).length
    const fill = (characters: number): string => {
      const proof = proofOf(key, { extra: 'a'.repeat(Math.floor(((characters - length) * 3) / 4)) })
      return proof.length > characters
        ? proofOf(key, { extra: 'a'.repeat(Math.floor(((characters - length) * 3) / 4) - 1) })
        : proof
    }
    expect((await send(world, fill(8_192)))[0]).toBe(200)
    expect((await send(world, fill(8_200)))[0]).toBe(400)
  })
})

describe('a DPoP nonce', () => {
  const required = { ...dpop, dpopNonce: 'required' } as const

  it('is asked for before anybody works, and the same assertion is good afterwards', async () => {
    const world = await createWorld(required)
    const key = proofKey()
    const form = await world.bearer(world.workload)
    const first = await world.call({ form, headers: { dpop: proofOf(key) } })
    expect([first.status, first.body['error']]).toEqual([400, 'use_dpop_nonce'])
    expect(world.early).toEqual([{ code: 'ERR_OAUTH_DPOP_NONCE' }])
    expect(world.stores.records).toEqual([])
    expect(world.rateKeys).toEqual([])
    const nonce = first.headers.get('dpop-nonce')
    const second = await world.call({ form, headers: { dpop: proofOf(key, { nonce }) } })
    expect([second.status, second.body['token_type']]).toEqual([200, 'DPoP'])
  })

  it('comes with a challenge too, and a challenge is none', async () => {
    const world = await createWorld(required)
    const { body, headers } = await world.call({ path: '/challenge' })
    expect(body).toEqual({ challenge: expect.stringMatching(/^[\w-]{70,}$/u), expires_in: 120 })
    expect(headers.get('cache-control')).toBe('no-store')
    expect((await send(world, proofOf(proofKey(), { nonce: body['challenge'] })))[1]).toBe('use_dpop_nonce')
    expect((await send(world, proofOf(proofKey(), { nonce: headers.get('dpop-nonce') })))[0]).toBe(200)
  })

  it('is good for its time, and of this service alone', async () => {
    const world = await createWorld(required)
    const nonce = (await world.call({ path: '/challenge' })).headers.get('dpop-nonce')
    const foreign = (await (await createWorld()).call({ path: '/challenge' })).headers.get('dpop-nonce')
    expect((await send(world, proofOf(proofKey(), { nonce: foreign })))[1]).toBe('use_dpop_nonce')
    expect((await send(world, proofOf(proofKey(), { nonce: 'x' })))[1]).toBe('use_dpop_nonce')
    world.clock.advance(119)
    const late = (key: ProofKey): string => proofOf(key, { nonce, iat: world.clock.now().getTime() / 1000 })
    expect((await send(world, late(proofKey())))[0]).toBe(200)
    world.clock.advance(1)
    expect((await send(world, late(proofKey())))[1]).toBe('use_dpop_nonce')
  })

  it('is checked where it is optional, if one is given', async () => {
    const world = await createWorld(dpop)
    expect((await send(world, proofOf(proofKey(), { nonce: 'x' })))[1]).toBe('use_dpop_nonce')
    expect((await send(world, proofOf(proofKey())))[0]).toBe(200)
  })

  it('goes with the key of challenges', async () => {
    const world = await createWorld(required)
    const nonce = (await world.call({ path: '/challenge' })).headers.get('dpop-nonce')
    await world.keys.rotate({ use: 'challenge', immediately: false, actor: 'a' })
    expect((await send(world, proofOf(proofKey(), { nonce })))[0]).toBe(200)
    await world.keys.rotate({ use: 'challenge', immediately: true, actor: 'a' })
    expect((await send(world, proofOf(proofKey(), { nonce })))[1]).toBe('use_dpop_nonce')
  })
})

function replaceTail(proof: string, other: string): string {
  return `${proof.slice(0, proof.lastIndexOf('.'))}${other.slice(other.lastIndexOf('.'))}`
}

// The last character of a signature of 64 bytes has four spare bits.
function respell(proof: string): string {
  const last = proof.at(-1) ?? ''
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  return `${proof.slice(0, -1)}${alphabet[alphabet.indexOf(last) + 1] ?? ''}`
}
