// Two readers of one text: whatever one of them takes first and another last is refused, or all of them take the same.

import { describe, expect, it } from 'vitest'
import { proofKey, proofOf } from '../oauth/dpop-proof.ts'
import { createWorld, ISSUER, JWT_BEARER, type World } from '../oauth/support.ts'
import { ask, askBy, CREDENTIALS, grantParts, NOW, signRaw } from './support.ts'

const DEPLOY = 'uri:spiffe://prod.example/deploy'

/** JSON of an object with more members behind the last one, doubles too. */
function withMembers(value: object, more: string): string {
  return `${JSON.stringify(value).slice(0, -1)},${more}}`
}

function withFirst(value: object, first: string): string {
  return `{${first},${JSON.stringify(value).slice(1)}`
}

describe('members of an assertion that stand twice', () => {
  it.each(['sub', 'iss', 'aud', 'exp', 'iat', 'jti', 'nonce'])(
    'are refused among the claims: %s',
    async (name) => {
      const world = await createWorld()
      const [head, body] = grantParts(world.workload)
      const value = JSON.stringify(body[name] ?? 'x')
      for (const text of [
        withMembers(body, `"${name}":${value},"${name}":${value}`),
        withFirst(body, `"${name}":${value},"${name}":${value}`),
      ])
        expect((await askBy(world, signRaw(world.workload, JSON.stringify(head), text))).error).toBe(
          'invalid_grant',
        )
      expect(
        (await askBy(world, signRaw(world.workload, JSON.stringify(head), JSON.stringify(body)))).status,
      ).toBe(200)
    },
  )

  it.each(['typ', 'alg', 'x5c'])('are refused in the header: %s', async (name) => {
    const world = await createWorld()
    const [head, body] = grantParts(world.workload)
    const other = grantParts(world.billing)[0][name]
    for (const text of [
      withMembers(head, `"${name}":${JSON.stringify(other)}`),
      withFirst(head, `"${name}":${JSON.stringify(other)}`),
    ])
      expect((await askBy(world, signRaw(world.workload, text, JSON.stringify(body)))).error).toBe(
        'invalid_grant',
      )
  })

  it('are refused where an escape hides it', async () => {
    const world = await createWorld()
    const [head, body] = grantParts(world.workload)
    const hidden = withMembers(body, String.raw`"su\u0062":"uri:spiffe://prod.example/billing"`)
    expect((await askBy(world, signRaw(world.workload, JSON.stringify(head), hidden))).error).toBe(
      'invalid_grant',
    )
  })
})

describe('members of a DPoP proof that stand twice', () => {
  const key = proofKey()
  async function use(world: World, head: string | undefined, body: string | undefined): Promise<unknown> {
    const [plainHead = '', plainBody = ''] = proofOf(key).split('.')
    const text = (part: string): string => Buffer.from(part, 'base64url').toString('utf8')
    const pem = key.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
    const dpop = signRaw({ privateKeyPem: pem }, head ?? text(plainHead), body ?? text(plainBody))
    return (await ask(world, await world.bearer(world.workload), { headers: { dpop } })).error
  }
  const header = { typ: 'dpop+jwt', alg: 'ES256', jwk: key.jwk }
  const claims = { jti: 'a-jti-of-a-proof-1', htm: 'POST', htu: `${ISSUER}/token`, iat: NOW }

  it('are taken as the last one says, by every check', async () => {
    const world = await createWorld({ grant: { binding: 'dpop' } })
    const elsewhere = withMembers(claims, '"htu":"https://evil.example/token"')
    expect(await use(world, undefined, elsewhere)).toBe('invalid_dpop_proof')
    expect(await use(world, undefined, withMembers(claims, '"jti":"x"'))).toBe('invalid_dpop_proof')
    const stranger = JSON.stringify(proofKey().jwk)
    expect(await use(world, withMembers(header, `"jwk":${stranger}`), undefined)).toBe('invalid_dpop_proof')
    expect(await use(world, withMembers(header, '"alg":"none"'), undefined)).toBe('invalid_dpop_proof')
    // The use is taken under the jti that was checked.
    expect(await use(world, undefined, withFirst(claims, '"jti":"another-jti-in-front"'))).toBeUndefined()
    expect(await use(world, undefined, JSON.stringify(claims))).toBe('invalid_dpop_proof')
  })

  it('with __proto__ says nothing by it', async () => {
    const world = await createWorld({ grant: { binding: 'dpop' } })
    const { jti: _, ...rest } = claims
    const hidden = withMembers(rest, '"__proto__":{"jti":"a-jti-of-a-proof-1"}')
    expect(await use(world, undefined, hidden)).toBe('invalid_dpop_proof')
    const { typ: __, ...untyped } = header
    expect(await use(world, withMembers(untyped, '"__proto__":{"typ":"dpop+jwt"}'), undefined)).toBe(
      'invalid_dpop_proof',
    )
    expect(
      await use(
        world,
        withMembers({ typ: 'dpop+jwt', alg: 'ES256' }, `"__proto__":{"jwk":${JSON.stringify(key.jwk)}}`),
        undefined,
      ),
    ).toBe('invalid_dpop_proof')
    const jwk = withMembers({ ...key.jwk }, '"__proto__":{"d":"x"}')
    const odd = `{"typ":"dpop+jwt","alg":"ES256","jwk":${jwk}}`
    expect(await use(world, odd, undefined)).toBeUndefined()
  })

  it.each(['constructor', 'toString', '__proto__', 'es256', 'ES256 ', 'none', 'HS256'])(
    'of alg %s are refused',
    async (alg) => {
      const world = await createWorld({ grant: { binding: 'dpop' } })
      expect(await use(world, JSON.stringify({ ...header, alg }), undefined)).toBe('invalid_dpop_proof')
    },
  )
})

describe('text that is no text', () => {
  it('is refused in a sub, a jti and a nonce, and in forms', async () => {
    const world = await createWorld({ grant: { binding: 'dpop' } })
    const dpop = proofOf(proofKey(), { jti: 'a-jti-of-a-proof-\ud800' })
    expect((await ask(world, await world.bearer(world.workload), { headers: { dpop } })).error).toBe(
      'invalid_dpop_proof',
    )
    const [head, body] = grantParts(world.workload)
    for (const more of [
      { sub: `${DEPLOY}\ud800`, iss: `${DEPLOY}\ud800` },
      { jti: 'a-jti-that-is-cut-\udfff' },
      { nonce: '\ud800' },
    ]) {
      const text = signRaw(world.workload, JSON.stringify(head), JSON.stringify({ ...body, ...more }))
      expect((await askBy(world, text)).error).toBe('invalid_grant')
    }
    for (const form of [
      'client_id=%ED%A0%80',
      'client_id=%00',
      'client_id=%FF',
      'client_id=a&client%5Fid=b',
      'scope=a%00b',
    ])
      expect(
        (await world.call({ form: `grant_type=client_credentials&${form}` })).status,
      ).toBeGreaterThanOrEqual(400)
  })

  it.each([
    `${DEPLOY}\0`,
    `${DEPLOY}\n`,
    ` ${DEPLOY}`,
    `${DEPLOY}\u200b`,
    `${DEPLOY}/`,
    'uri:spiffe://prod.example/ｄeploy',
    DEPLOY.toUpperCase(),
  ])('no sub is taken for a name that it is not: %j', async (sub) => {
    const world = await createWorld()
    const [head, body] = grantParts(world.workload, { iss: sub, sub })
    expect(
      (await askBy(world, signRaw(world.workload, JSON.stringify(head), JSON.stringify(body)))).error,
    ).toBe('invalid_grant')
  })
})

describe('what is huge', () => {
  it.each<[string, (world: World) => Promise<Record<string, string>>]>([
    [
      'an assertion',
      async () => await Promise.resolve({ grant_type: JWT_BEARER, assertion: `${'a'.repeat(120_000)}.b.c` }),
    ],
    ['dots', async () => await Promise.resolve({ grant_type: JWT_BEARER, assertion: '.'.repeat(120_000) })],
    ['a scope', async (world) => await world.bearer(world.workload, { scope: 'a '.repeat(50_000).trim() })],
    ['a client_id', async (world) => await world.bearer(world.workload, { client_id: 'x'.repeat(100_000) })],
    [
      'a target',
      async (world) =>
        await world.bearer(world.workload, { resource: `https://a.example/${'x'.repeat(100_000)}` }),
    ],
    [
      'a client assertion',
      async () =>
        await Promise.resolve({
          ...CREDENTIALS,
          client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
          client_assertion: `${'e'.repeat(60_000)}.${'y'.repeat(60_000)}.`,
        }),
    ],
  ])('is refused at once: %s', async (_, make) => {
    const world = await createWorld()
    const form = await make(world)
    const started = performance.now()
    const { status, body } = await world.call({ form })
    expect(performance.now() - started).toBeLessThan(2_000)
    expect([400, 401]).toContain(status)
    expect(JSON.stringify(body).length).toBeLessThan(500)
    expect(JSON.stringify(world.stores.records).length).toBeLessThan(6_000)
  })

  it('is refused at once: nested JSON in assertion and proof', async () => {
    const world = await createWorld({ grant: { binding: 'dpop' } })
    const deep = `${'['.repeat(3_000)}${']'.repeat(3_000)}`
    const [head, body] = grantParts(world.workload)
    const text = signRaw(world.workload, JSON.stringify(head), withMembers(body, `"x":${deep}`))
    expect((await askBy(world, text)).error).toBe('invalid_grant')
    const dpop = `${Buffer.from(deep.slice(0, 3_000)).toString('base64url')}.e30.AA`
    expect((await ask(world, await world.bearer(world.workload), { headers: { dpop } })).error).toBe(
      'invalid_dpop_proof',
    )
  })
})
