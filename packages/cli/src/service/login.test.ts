// The exchange at the token endpoint, with a service that answers as told: what is sent, the nonce, refusals, downgrades.

import { createPublicKey, verify } from 'node:crypto'
import { type Credential, createCredential, inspectToken } from 'ingam'
import { createTestCa } from 'ingam/testing'
import { beforeAll, describe, expect, test } from 'vitest'
import type { Fetch } from '../context.ts'
import { CommandError } from '../failure.ts'
import { type LoginRequest, requestToken } from './login.ts'

const AT = new Date('2026-06-01T12:00:00Z')
const ISSUER = 'https://tokens.example'
const ENDPOINT = 'https://tokens.example/token'
const OK = { access_token: 'a.b.c', token_type: 'Bearer', expires_in: 300, scope: 'read' }
let credential: Credential

beforeAll(async () => {
  const ca = await createTestCa({ at: AT })
  const { pem, privateKeyPem } = await ca.issue({ uris: ['spiffe://example/client'] })
  credential = await createCredential({ certificate: pem, privateKey: privateKeyPem })
})

function asking(changes: Partial<LoginRequest> = {}): LoginRequest {
  return {
    credential,
    metadata: { issuer: ISSUER, tokenEndpoint: ENDPOINT, mtlsTokenEndpoint: ENDPOINT },
    endpoint: ENDPOINT,
    grant: 'jwt-bearer',
    clientId: undefined,
    scope: [],
    resource: [],
    audience: [],
    dpop: false,
    now: () => AT,
    wait: () => Promise.reject(new Error('nobody asked to wait')),
    ...changes,
  }
}

interface Sent {
  readonly url: string
  readonly headers: Headers
  readonly form: URLSearchParams
}

function service(...answers: readonly (readonly [number, object, Record<string, string>?])[]): {
  readonly fetch: Fetch
  readonly sent: readonly Sent[]
} {
  const sent: Sent[] = []
  const fetch: Fetch = (input, init) => {
    const [status, body, headers = {}] = answers[sent.length] ?? [500, {}]
    sent.push({
      url: String(input),
      headers: new Headers(init?.headers),
      form: new URLSearchParams(String(init?.body)),
    })
    return Promise.resolve(Response.json(body, { status, headers }))
  }
  return { fetch, sent }
}

async function refused(promise: Promise<unknown>): Promise<CommandError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (error instanceof CommandError) return error
  throw new Error('a CommandError was expected', { cause: error })
}

describe('what is sent', () => {
  test('an assertion for the issuer, that lives for a minute, and nothing that was not asked for', async () => {
    const { fetch, sent } = service([200, OK])
    expect(await requestToken(fetch, asking())).toMatchObject({ accessToken: 'a.b.c', expiresIn: 300 })
    expect(sent).toHaveLength(1)
    const [request] = sent
    expect(request?.url).toBe(ENDPOINT)
    expect(request?.headers.has('dpop')).toBe(false)
    expect([...(request?.form.keys() ?? [])]).toEqual(['grant_type', 'assertion'])
    const { unverifiedHeader, unverifiedClaims } = await inspectToken(request?.form.get('assertion') ?? '')
    expect(unverifiedHeader['typ']).toBe('authorization-grant+jwt')
    expect(unverifiedClaims).toMatchObject({ aud: ISSUER, exp: AT.getTime() / 1000 + 60 })
  })

  test('scopes in one parameter, resources and audiences each in its own', async () => {
    const { fetch, sent } = service([200, OK])
    const wanted = { scope: ['read', 'write'], resource: ['https://a', 'https://b'], audience: ['c'] }
    await requestToken(fetch, asking({ ...wanted, clientId: 'billing' }))
    const form = sent[0]?.form
    expect(form?.getAll('scope')).toEqual(['read write'])
    expect(form?.getAll('resource')).toEqual(['https://a', 'https://b'])
    expect(form?.getAll('audience')).toEqual(['c'])
    expect(form?.get('client_id')).toBe('billing')
  })

  test('a client that speaks for itself signs a client assertion and no grant', async () => {
    const { fetch, sent } = service([200, OK])
    await requestToken(fetch, asking({ grant: 'client_credentials', clientId: 'billing' }))
    const form = sent[0]?.form
    expect(form?.has('assertion')).toBe(false)
    const { unverifiedHeader, unverifiedClaims } = await inspectToken(form?.get('client_assertion') ?? '')
    expect(unverifiedHeader['typ']).toBe('client-authentication+jwt')
    expect(unverifiedClaims).toMatchObject({ iss: 'billing', sub: 'billing', aud: ISSUER })
  })
})

describe('DPoP', () => {
  const BOUND = { ...OK, token_type: 'DPoP' }
  const NONCE = [400, { error: 'use_dpop_nonce' }, { 'dpop-nonce': 'n-1' }] as const

  test('one more request with the nonce, a fresh proof and a fresh assertion', async () => {
    const { fetch, sent } = service(NONCE, [200, BOUND])
    expect(await requestToken(fetch, asking({ dpop: true }))).toMatchObject({ tokenType: 'DPoP' })
    expect(sent).toHaveLength(2)
    const [first, second] = sent.map(({ headers }) => proofOf(headers))
    expect(first?.payload).not.toHaveProperty('nonce')
    expect(second?.payload).toMatchObject({
      nonce: 'n-1',
      htm: 'POST',
      htu: ENDPOINT,
      iat: AT.getTime() / 1000,
    })
    expect(second?.payload['jti']).not.toBe(first?.payload['jti'])
    expect(sent[1]?.form.get('assertion')).not.toBe(sent[0]?.form.get('assertion'))
  })

  test('the proof verifies with the key in its header, which has no private part', async () => {
    const { fetch, sent } = service([200, BOUND])
    await requestToken(fetch, asking({ dpop: true, endpoint: `${ENDPOINT}?a=b` }))
    const { header, payload, signed, signature } = proofOf(sent[0]?.headers ?? new Headers())
    expect(header).toEqual({ typ: 'dpop+jwt', alg: 'ES256', jwk: expect.any(Object) })
    const jwk = header['jwk'] as Record<string, string>
    expect(Object.keys(jwk).toSorted()).toEqual(['crv', 'kty', 'x', 'y'])
    expect(payload['htu']).toBe(ENDPOINT)
    const key = createPublicKey({ key: jwk, format: 'jwk' })
    expect(verify('sha256', signed, { key, dsaEncoding: 'ieee-p1363' }, signature)).toBe(true)
  })

  test('a second wish for a nonce is a refusal, not another round', async () => {
    const { fetch, sent } = service(NONCE, NONCE, [200, BOUND])
    expect(await refused(requestToken(fetch, asking({ dpop: true })))).toMatchObject({ exit: 1 })
    expect(sent).toHaveLength(2)
  })

  test('a token that is not bound, where one was asked for, is not handed on', async () => {
    const error = await refused(requestToken(service([200, OK]).fetch, asking({ dpop: true })))
    expect(error).toMatchObject({ exit: 1, message: 'token_type: expected DPoP, found Bearer' })
  })
})

describe('a service that asks for a moment', () => {
  const LATER = (seconds: number): readonly [number, object, Record<string, string>] => [
    503,
    { error: 'temporarily_unavailable' },
    { 'retry-after': String(seconds) },
  ]

  test('is asked once more, with a fresh assertion', async () => {
    const waited: number[] = []
    const { fetch, sent } = service(LATER(10), [200, OK])
    const wait = (seconds: number): Promise<void> => Promise.resolve(void waited.push(seconds))
    expect(await requestToken(fetch, asking({ wait }))).toMatchObject({ accessToken: 'a.b.c' })
    expect(waited).toEqual([10])
    expect(sent[1]?.form.get('assertion')).not.toBe(sent[0]?.form.get('assertion'))
  })

  test('not twice', async () => {
    const { fetch, sent } = service(LATER(1), LATER(1), [200, OK])
    expect(await refused(requestToken(fetch, asking({ wait: () => Promise.resolve() })))).toMatchObject({
      exit: 4,
    })
    expect(sent).toHaveLength(2)
  })

  test('and for a long one not at all', async () => {
    const { fetch, sent } = service(LATER(11), [200, OK])
    expect(await refused(requestToken(fetch, asking()))).toMatchObject({ exit: 4 })
    expect(sent).toHaveLength(1)
  })
})

describe('refusals', () => {
  const ID = 'q83vEjRWeJASNFZ4kBI0Vg'

  test.each([
    [400, 1],
    [401, 1],
    [408, 4],
    [429, 4],
    [500, 4],
    [503, 4],
    [302, 1],
  ])('status %i is exit %i', async (status, exit) => {
    const error = await refused(requestToken(service([status, { error: 'x' }]).fetch, asking()))
    expect(error.exit).toBe(exit)
  })

  test('say the code, the sentence, and where the audit record is', async () => {
    const body = { error: 'invalid_grant', error_description: 'the grant is not accepted' }
    const { fetch } = service([400, body, { 'request-id': ID, 'retry-after': '7' }])
    const { message, hints } = await refused(requestToken(fetch, asking()))
    expect(message).toBe('invalid_grant: the grant is not accepted')
    expect(hints).toEqual([
      'try again in 7 s',
      `an operator sees why in the audit record: ingam audit tail --request ${ID}`,
    ])
  })

  test('a request id that is none does not get into a command', async () => {
    const { fetch } = service([400, { error: 'invalid_grant', request_id: 'x; rm -rf ~' }])
    expect((await refused(requestToken(fetch, asking()))).hints).toEqual([])
  })

  test('what would steer a terminal is escaped', async () => {
    const { fetch } = service([400, { error: 'a\u001b[31m', error_description: 'b\u202ec' }])
    expect((await refused(requestToken(fetch, asking()))).message).not.toMatch(/[\u001b\u202e]/u)
  })

  test.each([
    [{}],
    [{ access_token: 7, token_type: 'Bearer' }],
    [{ access_token: 'a b', token_type: 'Bearer' }],
    [{ access_token: 'a\nb', token_type: 'Bearer' }],
    [{ access_token: 'a.b.c' }],
  ])('an answer without a token is no answer: %j', async (body) => {
    expect(await refused(requestToken(service([200, body]).fetch, asking()))).toMatchObject({ exit: 4 })
  })
})

function proofOf(headers: Headers): {
  header: Record<string, unknown>
  payload: Record<string, unknown>
  signed: Buffer
  signature: Buffer
} {
  const [header = '', payload = '', signature = ''] = (headers.get('dpop') ?? '').split('.')
  const read = (text: string): Record<string, unknown> =>
    JSON.parse(Buffer.from(text, 'base64url').toString()) as Record<string, unknown>
  return {
    header: read(header),
    payload: read(payload),
    signed: Buffer.from(`${header}.${payload}`),
    signature: Buffer.from(signature, 'base64url'),
  }
}
