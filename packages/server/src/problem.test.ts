import { TokenError } from 'ingam'
import { describe, expect, it } from 'vitest'
import { type ProblemKind, toResponse, toServiceError } from './problem.ts'
import { ServiceError, serviceCodes } from './service-error.ts'

const requestId = 'AAAAAAAAAAAAAAAAAAAAAA'

async function bodyOf(error: unknown, kind: ProblemKind): Promise<Record<string, unknown>> {
  return JSON.parse(await toResponse(error, { kind, requestId }).text()) as Record<string, unknown>
}

describe('OAuth endpoints', () => {
  it('answer as RFC 6749 §5.2 says, and no cache keeps it', async () => {
    const error = new ServiceError('ERR_OAUTH_SCOPE', 'private: admin', { publicDetail: 'scope' })
    const response = toResponse(error, { kind: 'oauth', requestId })
    expect(response.status).toBe(400)
    expect(response.headers.get('cache-control')).toBe('no-store')
    expect(response.headers.get('content-type')).toBe('application/json')
    expect(await response.json()).toEqual({
      error: 'invalid_scope',
      error_description: 'the scope is not granted: scope',
      request_id: requestId,
    })
  })

  it('name a scheme in an answer 401, and only there', () => {
    const client = toResponse(new ServiceError('ERR_OAUTH_CLIENT', ''), { kind: 'oauth', requestId })
    expect(client.status).toBe(401)
    expect(client.headers.get('www-authenticate')).toBe('private_key_jwt, tls_client_auth')
    const grant = toResponse(new ServiceError('ERR_OAUTH_GRANT', ''), { kind: 'oauth', requestId })
    expect(grant.headers.get('www-authenticate')).toBeNull()
  })

  it('send the headers of the error, which win', () => {
    const headers = { 'WWW-Authenticate': 'Basic realm="x"', 'DPoP-Nonce': 'n' }
    const response = toResponse(new ServiceError('ERR_OAUTH_CLIENT', '', { headers }), {
      kind: 'oauth',
      requestId,
    })
    expect(response.headers.get('www-authenticate')).toBe('Basic realm="x"')
    expect(response.headers.get('dpop-nonce')).toBe('n')
  })

  it('keep error_description within the characters of RFC 6749', async () => {
    const publicDetail = 'quote " backslash \\ é \u202e\n'
    const body = await bodyOf(new ServiceError('ERR_SERVICE_REQUEST', '', { publicDetail }), 'oauth')
    expect(body['error_description']).toMatch(/^[\x20\x21\x23-\x5b\x5d-\x7e]+$/u)
  })

  it('have an error of RFC 6749 for every code', async () => {
    for (const code of Object.keys(serviceCodes) as (keyof typeof serviceCodes)[]) {
      const body = await bodyOf(new ServiceError(code, ''), 'oauth')
      expect(body['error'], code).toMatch(/^[a-z_]+$/u)
      expect(toResponse(new ServiceError(code, ''), { kind: 'oauth', requestId }).status).toBe(
        serviceCodes[code].status,
      )
    }
  })
})

describe('other endpoints', () => {
  it('answer as RFC 9457 says', async () => {
    const error = new ServiceError('ERR_POLICY_CONFLICT', 'private')
    const response = toResponse(error, { kind: 'admin', requestId })
    expect(response.headers.get('content-type')).toBe('application/problem+json')
    expect(await response.json()).toEqual({
      title: 'the policy has changed meanwhile',
      status: 409,
      detail: 'the policy has changed meanwhile',
      code: 'ERR_POLICY_CONFLICT',
      requestId,
    })
  })

  it('ask an administrator for a token', () => {
    const response = toResponse(new ServiceError('ERR_ADMIN_TOKEN', ''), { kind: 'admin', requestId })
    expect(response.headers.get('www-authenticate')).toBe('Bearer')
  })

  it('say when to come again, in whole seconds upward', () => {
    const error = new ServiceError('ERR_SERVICE_RATE_LIMITED', '', { retryAfterSeconds: 0.2 })
    expect(toResponse(error, { kind: 'public', requestId }).headers.get('retry-after')).toBe('1')
  })
})

describe('errors of others', () => {
  it('are a fault of the service, of which the caller learns nothing', async () => {
    const error = toServiceError(new Error('the password is hunter2'))
    expect(error.code).toBe('ERR_SERVICE_INTERNAL')
    for (const kind of ['oauth', 'admin', 'public', 'bearer'] as const) {
      expect(JSON.stringify(await bodyOf(error.cause, kind))).not.toContain('hunter2')
    }
  })

  it('are undecided where the library could not decide, and a fault where it refused', () => {
    const undecided = new TokenError('ERR_TOKEN_REPLAY_FULL', { expected: 'fewer', found: '1' } as never)
    expect(toServiceError(undecided)).toMatchObject({ code: 'ERR_OAUTH_UNDECIDED', status: 503 })
    const refused = new TokenError('ERR_TOKEN_MALFORMED', {
      part: 'token',
      expected: 'a',
      found: 'b',
    } as never)
    expect(toServiceError(refused).code).toBe('ERR_SERVICE_INTERNAL')
  })

  it('that are no errors at all do no harm', async () => {
    for (const thrown of [undefined, null, 'text', 1, {}]) {
      expect((await bodyOf(thrown, 'oauth'))['error']).toBe('server_error')
    }
  })
})
