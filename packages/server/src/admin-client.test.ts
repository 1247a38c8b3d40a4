import { createCredential, inspectToken } from 'ingam'
import { createTestCa } from 'ingam/testing'
import { describe, expect, test } from 'vitest'
import { type AdminClient, AdminClientError, createAdminClient, writeRequest } from './admin-client.ts'
import { adminApi } from './contract.ts'

const ISSUER = 'https://tokens.example/tenant'
const AT = new Date('2026-03-01T12:00:00Z')

const credential = createTestCa({ at: AT }).then(async (ca) => {
  const { pem, privateKeyPem } = await ca.issue({ uris: ['spiffe://a/op'] })
  return await createCredential({ certificate: pem, privateKey: privateKeyPem })
})

interface Sent {
  readonly url: string
  readonly init: RequestInit
}

async function answering(...answers: readonly Response[]): Promise<{ client: AdminClient; sent: Sent[] }> {
  const sent: Sent[] = []
  const left = [...answers]
  const client = createAdminClient({
    issuer: ISSUER,
    credential: await credential,
    now: () => AT,
    async fetch(input, init = {}) {
      sent.push({ url: String(input), init })
      return await Promise.resolve(left.shift() ?? new Response(null, { status: 500 }))
    },
  })
  return { client, sent }
}

const BLOCKS = { items: [] }

describe('a request', () => {
  test.each([
    [{ limit: 5, active: true }, '?limit=5&active=true'],
    [{}, ''],
    [
      { identity: "uri:spiffe://a/é+b c'&=", trustAnchor: 'w' },
      '?identity=uri%3Aspiffe%3A%2F%2Fa%2F%C3%A9%2Bb%20c%27%26%3D&trustAnchor=w',
    ],
  ])('%j is written %s', (input, query) => {
    const { url, content } = writeRequest(ISSUER, adminApi.listGrants, input)
    expect(url).toBe(`${ISSUER}/admin/grants${query}`)
    expect(new URL(url).href).toBe(url)
    expect(content).toHaveLength(0)
  })

  test('has words with commas, a number in the path, and content as JSON', () => {
    const type = ['token.issued', 'grant.ended'] as const
    expect(writeRequest(ISSUER, adminApi.listAudit, { type }).url).toMatch(
      /\?type=token\.issued%2Cgrant\.ended$/u,
    )
    expect(writeRequest(ISSUER, adminApi.getPolicyVersion, { version: 12 }).url).toMatch(/\/versions\/12$/u)
    const { content } = writeRequest(ISSUER, adminApi.diffPolicy, { text: 'é' })
    expect(new TextDecoder().decode(content)).toBe('{"text":"é"}')
  })

  test('that the service would refuse is not sent', async () => {
    const { client, sent } = await answering()
    for (const call of [
      client.listGrants({ limit: 1_001 }),
      client.listGrants({ identity: 'a' }),
      client.endGrants({ selector: { kind: 'grant', id: 'a' }, block: true, reason: 'x' }),
      client.getPolicyVersion({ version: 0 }),
    ]) {
      await expect(call).rejects.toMatchObject({ code: 'ERR_SERVICE_REQUEST', status: undefined })
    }
    expect(sent).toEqual([])
  })

  test('carries a token of its own, bound to it, and follows no redirect', async () => {
    const { client, sent } = await answering(
      Response.json(BLOCKS),
      Response.json(BLOCKS),
      Response.json({ kid: 'k' }),
    )
    await client.listBlocks({})
    await client.listBlocks({})
    await client.rotateKey({ use: 'audit' })
    const claims = await Promise.all(
      sent.map(async ({ init }) => {
        const token = new Headers(init.headers).get('Authorization')?.replace('Bearer ', '') ?? ''
        return (await inspectToken(token)).unverifiedClaims
      }),
    )
    expect(new Set(claims.map(({ jti }) => jti)).size).toBe(3)
    expect(claims[0]).toMatchObject({
      aud: `${ISSUER}/admin`,
      htm: 'GET',
      htu: `${ISSUER}/admin/blocks`,
      digest: 'sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:',
      iat: 1_772_366_400,
      exp: 1_772_366_460,
    })
    expect(claims[2]).toMatchObject({ htm: 'POST', htu: `${ISSUER}/admin/keys/rotate` })
    expect(claims[2]?.['digest']).not.toBe(claims[0]?.['digest'])
    expect(sent.every(({ init }) => init.redirect === 'error')).toBe(true)
  })
})

describe('an answer', () => {
  test('may say more than this client knows, and not less', async () => {
    const { client } = await answering(Response.json({ ...BLOCKS, more: 1 }), Response.json({}))
    expect(await client.listBlocks({})).toEqual(BLOCKS)
    await expect(client.listBlocks({})).rejects.toThrow('not one of this service')
  })

  test('that is a refusal says code, request and what is wrong, escaped', async () => {
    const problem = { title: 't', detail: 'bad\u001b[31m', code: 'ERR_X', requestId: 'r1' }
    const headers = { 'Content-Type': 'application/problem+json', 'Retry-After': '7' }
    const { client } = await answering(new Response(JSON.stringify(problem), { status: 409, headers }))
    await expect(client.listBlocks({})).rejects.toMatchObject({
      message: String.raw`bad\u{1b}[31m`,
      status: 409,
      code: 'ERR_X',
      requestId: 'r1',
      retryAfterSeconds: 7,
      problems: [],
    })
    const policy = { ...problem, problems: ['a: wrong', 'b\u202e: wrong'] }
    const { client: other } = await answering(Response.json(policy, { status: 422 }))
    await expect(other.listBlocks({})).rejects.toMatchObject({
      problems: ['a: wrong', String.raw`b\u{202e}: wrong`],
    })
  })

  test.each(['', '<html>', '[1]', '{"code":1}'])(
    'that is a refusal of somebody else (%s) says its status',
    async (body) => {
      const { client } = await answering(
        new Response(body, { status: 502, headers: { 'Retry-After': 'soon' } }),
      )
      const error = await client.listBlocks({}).catch((caught: unknown) => caught)
      expect(error).toBeInstanceOf(AdminClientError)
      expect(error).toMatchObject({
        message: 'HTTP 502',
        status: 502,
        code: undefined,
        retryAfterSeconds: undefined,
      })
    },
  )

  test('that is no JSON, no UTF-8 or too large is refused', async () => {
    const large = ' '.repeat(16_777_216 - JSON.stringify(BLOCKS).length)
    const { client } = await answering(
      new Response('{'),
      new Response(Uint8Array.of(0xff)),
      new Response(`${JSON.stringify(BLOCKS)}${large}`),
      new Response(`${JSON.stringify(BLOCKS)}${large} `),
    )
    await expect(client.listBlocks({})).rejects.toThrow('not JSON')
    await expect(client.listBlocks({})).rejects.toThrow()
    expect(await client.listBlocks({})).toEqual(BLOCKS)
    await expect(client.listBlocks({})).rejects.toThrow('too large')
  })
})

describe('an export', () => {
  const lines = async (client: AdminClient): Promise<readonly string[]> => {
    const all: string[] = []
    for await (const line of client.exportAudit({})) all.push(line)
    return all
  }

  test('goes on until a checkpoint has come', async () => {
    const { client, sent } = await answering(
      new Response('{"position":1}\n{"position":2}\n'),
      new Response('{"position":3}\n{"checkpoint":"a.b.c"}\n'),
    )
    expect(await lines(client)).toEqual([
      '{"position":1}',
      '{"position":2}',
      '{"position":3}',
      '{"checkpoint":"a.b.c"}',
    ])
    expect(sent.map(({ url }) => new URL(url).search)).toEqual(['?after=0', '?after=2'])
  })

  test('of a limited number of records is one request', async () => {
    const { client, sent } = await answering(new Response('{"position":1}\n{"position":2}\n'))
    const all: string[] = []
    for await (const line of client.exportAudit({ limit: 2 })) all.push(line)
    expect(all).toEqual(['{"position":1}', '{"position":2}'])
    expect(sent.map(({ url }) => new URL(url).search)).toEqual(['?after=0&limit=2'])
  })

  test('that does not go on, breaks off, or is no export is told', async () => {
    const stuck = await answering(new Response('{"position":2}\n'), new Response('{"position":2}\n'))
    await expect(lines(stuck.client)).rejects.toThrow('does not go on')
    const cut = await answering(new Response('{"position":2}\n{"posi'))
    await expect(lines(cut.client)).rejects.toThrow('breaks off')
    const other = await answering(new Response('<html>\n'))
    await expect(lines(other.client)).rejects.toThrow('not JSON')
    const refused = await answering(new Response(null, { status: 503 }))
    await expect(lines(refused.client)).rejects.toMatchObject({ status: 503 })
  })

  test('has lines of a megabyte and no longer ones', async () => {
    const line = (length: number): string => `{"checkpoint":"${'x'.repeat(length - 17)}"}`
    const good = await answering(new Response(`${line(1_048_576)}\n`))
    expect(await lines(good.client)).toHaveLength(1)
    const long = await answering(new Response(`${line(1_048_577)}\n`))
    await expect(lines(long.client)).rejects.toThrow('too large')
  })
})
