// What a caller learns of a refusal: one safe code, and what would help it; never which certificate or claim.

import { describe, expect, test } from 'vitest'
import { thrownBy } from '../../../../test/support/certificate-der.ts'
import { untyped } from '../../../../test/support/forge.ts'
import { codes } from '../errors/catalogue.ts'
import { createError } from '../errors/errors.ts'
import { answerTo } from './answer.ts'

const refusal = (code: Parameters<typeof createError>[0], details: object = {}): Error =>
  createError(
    code,
    untyped({
      certificate: { role: 'leaf', position: 0, subject: '', thumbprint: '' },
      expected: [],
      found: [],
      claims: [],
      allowed: [],
      borne: [],
      known: [],
      ...details,
    }),
  )

test('asks for a token where there is none', () => {
  expect(answerTo(undefined)).toEqual({
    status: 401,
    error: undefined,
    headers: { 'WWW-Authenticate': 'Bearer' },
  })
  expect(answerTo(undefined, { challenge: 'n0nce' }).headers).toEqual({
    'WWW-Authenticate': 'Bearer nonce="n0nce"',
  })
  expect(answerTo(undefined, { scheme: 'Ingam-Proof' }).headers).toEqual({
    'WWW-Authenticate': 'Ingam-Proof',
  })
})

test.each([
  ['ERR_TOKEN_UNKNOWN_THUMBPRINT', {}, 401, 'use_x5c'],
  ['ERR_TOKEN_BINDING_MISSING', { claim: 'nonce' }, 401, 'use_nonce'],
  ['ERR_TOKEN_BINDING_MISMATCH', { claim: 'nonce' }, 401, 'use_nonce'],
  ['ERR_TOKEN_BINDING_MISMATCH', { claim: 'htu' }, 401, 'invalid_token'],
  ['ERR_TOKEN_BINDING', { claims: ['nonce'] }, 401, 'invalid_token'],
  ['ERR_TOKEN_MALFORMED', {}, 401, 'invalid_token'],
  ['ERR_TOKEN_SIGNATURE', {}, 401, 'invalid_token'],
  ['ERR_PATH_EXPIRED', {}, 401, 'invalid_token'],
  ['ERR_CERT_VERSION', {}, 401, 'invalid_token'],
  ['ERR_DER_LIMIT', {}, 401, 'invalid_token'],
  ['ERR_TOKEN_REPLAYED', {}, 401, 'invalid_token'],
  ['ERR_TOKEN_REPLAY_FULL', {}, 503, 'temporarily_unavailable'],
  ['ERR_TOKEN_REPLAY_EPOCH', {}, 503, 'temporarily_unavailable'],
  ['ERR_REQUEST_TARGET', {}, 400, 'invalid_request'],
  ['ERR_REQUEST_CONTENT', {}, 413, 'invalid_request'],
  ['ERR_ARG_VALUE', {}, 500, 'server_error'],
  ['ERR_KEY_MISMATCH', {}, 500, 'server_error'],
] as const)('%s %j: %i %s', (code, details, status, error) => {
  const answer = answerTo(refusal(code, details), { challenge: 'fresh' })
  expect(answer).toMatchObject({ status, error })
  const header = status === 401 ? `Bearer error="${error}", nonce="fresh"` : undefined
  expect(answer.headers['WWW-Authenticate']).toBe(header)
})

test('no bad certificate, path or claim can be told from another', () => {
  const judged = codes.filter((code) =>
    /^ERR_(?:PATH|CERT|DER)_|^ERR_TOKEN_(?!REPLAY_|UNKNOWN|BINDING_M)/u.test(code),
  )
  const answers = new Set(judged.map((code) => JSON.stringify(answerTo(refusal(code)))))
  expect(judged.length).toBeGreaterThan(40)
  expect([...answers]).toEqual([
    JSON.stringify({
      status: 401,
      error: 'invalid_token',
      headers: { 'WWW-Authenticate': 'Bearer error="invalid_token"' },
    }),
  ])
})

test('says nothing of an error that is none of this library', () => {
  expect(answerTo(new Error('password is 1234'))).toEqual({ status: 500, error: 'server_error', headers: {} })
  expect(answerTo(null)).toMatchObject({ status: 500 })
})

test.each(['ERR_TOKEN_OF_ANOTHER_VERSION', 'constructor', '__proto__'])(
  'says nothing of a code that this version does not have: %s',
  (code) => {
    const error = Object.assign(new Error('x'), { code, details: {}, [Symbol.for('ingam.error')]: true })
    expect(answerTo(error)).toEqual({ status: 500, error: 'server_error', headers: {} })
  },
)

describe('the options', () => {
  test.each([
    ['a challenge that would end the header', { challenge: 'a"\r\nSet-Cookie: x' }],
    ['a challenge with a space', { challenge: 'a b' }],
    ['an empty challenge', { challenge: '' }],
    ['another scheme', { scheme: 'Basic' }],
  ])('refuse %s', (_, options) => {
    expect(thrownBy(() => answerTo(undefined, untyped(options)))).toMatchObject({ code: 'ERR_ARG_VALUE' })
  })

  test('refuse an unknown one', () => {
    expect(thrownBy(() => answerTo(undefined, untyped({ realm: 'x' })))).toMatchObject({
      code: 'ERR_ARG_UNKNOWN_OPTION',
    })
  })
})
