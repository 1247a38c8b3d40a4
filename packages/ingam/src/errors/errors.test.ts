// Errors: one class for each layer, a stable code, facts that are safe to print, and a guard across installed copies.

import { describe, expect, test } from 'vitest'
import { catalogue } from './catalogue.ts'
import type { Code } from './codes.ts'
import {
  ArgumentError,
  CertificateError,
  CredentialError,
  createError,
  DecodeError,
  isPkiError,
  messageOf,
  PathError,
  PkiError,
  TokenError,
  withSource,
} from './errors.ts'

const EVIL = 'a\u202eb\u001b[31m\n\ud800'
const SHOWN = 'a\\u{202e}b\\u{1b}[31m\\u{a}\\u{d800}'

const value = (found: string): Error & { readonly code: Code } =>
  createError('ERR_DER_VALUE', { reading: 'name', offset: 3, expected: 'UTF-8', found })

describe('classes', () => {
  test.each([
    [
      'ERR_DER_VALUE',
      DecodeError,
      createError('ERR_DER_VALUE', { reading: 'a', offset: 0, expected: 'b', found: 'c' }),
    ],
    ['ERR_CERT_SERIAL', CertificateError, createError('ERR_CERT_SERIAL', { problem: 'zero' })],
    ['ERR_TOKEN_SIGNATURE', TokenError, createError('ERR_TOKEN_SIGNATURE', { algorithm: 'ES256' })],
  ] as const)('%s', (code, type, error) => {
    expect(error).toBeInstanceOf(type)
    expect(error).toBeInstanceOf(PkiError)
    expect(error).toMatchObject({ code, name: type.name, hint: catalogue[code].hint, attempts: [] })
    expect(error).not.toHaveProperty('source')
    expect(error).not.toHaveProperty('cause')
  })

  test('a wrong call is a TypeError and none of the refusals', () => {
    const error = createError('ERR_ARG_TYPE', { argument: 'clock', expected: 'a function', found: 'null' })
    expect(error).toBeInstanceOf(ArgumentError)
    expect(error).toBeInstanceOf(TypeError)
    expect(error).not.toBeInstanceOf(PkiError)
    expect(error).toMatchObject({ name: 'ArgumentError', message: 'clock: expected a function, found null' })
    expect(isPkiError(error)).toBe(true)
  })

  test('paths and credentials have classes of their own', () => {
    expect(new PathError('ERR_CERT_SERIAL', { problem: 'x' }).name).toBe('PathError')
    expect(new CredentialError('ERR_CERT_SERIAL', { problem: 'x' }).name).toBe('CredentialError')
  })
})

describe('facts', () => {
  test('foreign text is escaped in details and message', () => {
    const error = value(EVIL)
    expect(error).toMatchObject({ details: { found: SHOWN } })
    expect(error.message).toContain(SHOWN)
    expect(error.message).not.toContain('\u202e')
  })

  test('text within lists and objects is escaped as well', () => {
    const certificate = {
      position: 0,
      role: 'leaf',
      subject: EVIL,
      serialNumber: '01',
      thumbprint: 'x',
    } as const
    expect(createError('ERR_PATH_NO_ISSUER', { certificate, issuer: 'i' })).toMatchObject({
      details: { certificate: { position: 0, subject: SHOWN } },
    })
    expect(createError('ERR_TOKEN_BINDING', { claims: [EVIL] })).toMatchObject({
      details: { claims: [SHOWN] },
    })
  })

  test('a list shows 32 entries', () => {
    const list = (length: number): string[] => Array.from({ length }, (_, index) => String(index))
    expect(createError('ERR_TOKEN_BINDING', { claims: list(32) }).details.claims).toHaveLength(32)
    expect(createError('ERR_TOKEN_BINDING', { claims: list(33) }).details.claims).toHaveLength(32)
  })

  test('a cause is kept where there is one', () => {
    const cause = new Error('below')
    const details = { reading: 'a', offset: 0, expected: 'b', found: 'c' }
    expect(createError('ERR_DER_VALUE', details, { cause }).cause).toBe(cause)
    expect(
      'cause' in createError('ERR_ARG_REQUIRED', { argument: 'a', expected: 'b' }, { cause: undefined }),
    ).toBe(true)
  })
})

describe('a source', () => {
  test('is named first, escaped, over the same refusal', () => {
    const error = createError('ERR_CERT_SERIAL', { problem: 'is zero' })
    const named = withSource(error, `ca\u202e.pem`)
    expect(named).toBeInstanceOf(CertificateError)
    expect(named).toMatchObject({
      code: error.code,
      details: error.details,
      hint: error.hint,
      source: 'ca\\u{202e}.pem',
    })
    expect(named.message).toBe(`ca\\u{202e}.pem: ${error.message}`)
    expect(named.cause).toBe(error)
  })

  test('is named for a wrong call as well', () => {
    const error = createError('ERR_ARG_REQUIRED', { argument: 'a', expected: 'b' })
    expect(withSource(error, 'file')).toMatchObject({ source: 'file', message: `file: ${error.message}` })
  })
})

describe('isPkiError', () => {
  test('knows the errors of another copy of the library', () => {
    class Foreign extends Error {
      readonly code = 'ERR_DER_VALUE'
    }
    const foreign = new Foreign('x')
    expect(isPkiError(foreign)).toBe(false)
    Object.defineProperty(foreign, Symbol.for('ingam.error'), { value: true })
    expect(isPkiError(foreign)).toBe(true)
  })

  test.each([
    ['null', null],
    ['undefined', undefined],
    ['text', 'ERR_DER_VALUE'],
    ['an object with a code', { code: 'ERR_DER_VALUE' }],
    ['an object with the mark', { [Symbol.for('ingam.error')]: true }],
    ['an error of Node', Object.assign(new Error('x'), { code: 'ENOENT' })],
  ])('does not take %s for one', (_, thing) => {
    expect(isPkiError(thing)).toBe(false)
  })

  test('the mark is not printed', () => {
    expect(JSON.stringify(value('x'))).not.toContain('ingam.error')
  })
})

test('a foreign error is shown by its message, never its stack', () => {
  expect(messageOf(new Error('no such file'))).toBe('no such file')
  expect(messageOf('thrown text')).toBe('thrown text')
  expect(messageOf(undefined)).toBe('undefined')
})
