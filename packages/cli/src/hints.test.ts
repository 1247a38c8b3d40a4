// What would mend a refusal: with the person's own names where they are harmless, and never with a token.

import { type Code, type CodeDetails, catalogue } from 'ingam'
import { describe, expect, test } from 'vitest'
import { hintsFor, type Situation } from './hints.ts'

const certificate = { role: 'leaf', position: 0, subject: 'CN=client', thumbprint: '00000000' } as const
const verify: Situation = { command: 'verify', ca: ['my ca.pem', 'b.pem'], aud: 'https://api.example' }
const sign: Situation = { command: 'sign', cert: 'cert.pem', key: "it's key.pem", aud: 'https://api.example' }

function commands<C extends Code>(
  code: C,
  details: CodeDetails[C],
  situation: Situation,
  source?: string,
): readonly string[] {
  const { hint } = catalogue[code]
  const [first, ...rest] = hintsFor({ code, details, hint } as never, situation, source)
  expect(first).toBe(hint)
  return rest
}

describe('hints', () => {
  test('an expired token: sign again, for the same audience', () => {
    const details = { expiresAt: '', toleranceSeconds: 60, at: '' }
    expect(commands('ERR_TOKEN_EXPIRED', details, verify)).toEqual([
      'sign again: ingam sign --cert FILE --key FILE --aud https://api.example',
    ])
    expect(commands('ERR_TOKEN_EXPIRED', details, { ...verify, aud: 'my api' })).toEqual([
      "sign again: ingam sign --cert FILE --key FILE --aud 'my api'",
    ])
  })

  test('another audience: both ways, quoted for the shell', () => {
    const details = { expected: ['https://api.example'], found: ["$(id) 'x'"] }
    expect(commands('ERR_TOKEN_AUDIENCE', details, verify)).toEqual([
      'sign for this verifier: ingam sign --cert FILE --key FILE --aud https://api.example',
      String.raw`only if this service itself goes by that name: --aud '$(id) '\''x'\'''`,
    ])
  })

  test.each([
    ['control characters', 'a\u001b[2Jb'],
    ['bidirectional marks', 'a\u202eb'],
    ['a token', 'eyJhbGciOiJFUzI1NiJ9eyJhbGciOiJFUzI1NiJ9'],
    ['too much text', 'a'.repeat(201)],
    ['nothing', ''],
  ])('an audience with %s stands in no command', (_what, found) => {
    const hints = commands('ERR_TOKEN_AUDIENCE', { expected: ['a'], found: [found] }, verify)
    expect(hints).toHaveLength(1)
    expect(hints[0]).toContain('sign for this verifier')
  })

  test('an audience of 200 characters does', () => {
    const found = 'a'.repeat(200)
    expect(commands('ERR_TOKEN_AUDIENCE', { expected: ['a'], found: [found] }, verify)[1]).toContain(found)
  })

  test('several audiences are no name to take', () => {
    expect(commands('ERR_TOKEN_AUDIENCE', { expected: ['a'], found: ['b', 'c'] }, verify)).toHaveLength(1)
  })

  test('a missing issuer: look, and add the CA', () => {
    expect(commands('ERR_PATH_NO_ISSUER', { certificate, issuer: 'CN=CA' }, verify)).toEqual([
      'see which certificates the token brings: ingam inspect - < token.txt',
      "add the CA that issued them, if you trust it: --ca 'my ca.pem' --ca b.pem --ca FILE",
    ])
  })

  test("keys and certificates: the person's own files", () => {
    expect(commands('ERR_KEY_ENCRYPTED', { found: '' }, sign)).toEqual([
      String.raw`ingam sign --key 'it'\''s key.pem' --passphrase-file FILE …`,
    ])
    const mismatch = { subject: '', certificateKey: '', privateKey: '' }
    expect(commands('ERR_KEY_MISMATCH', mismatch, sign)[0]).toContain('-in cert.pem -noout -pubkey')
    const dates = { subject: '', notBefore: '', notAfter: '', at: '' }
    expect(commands('ERR_CREDENTIAL_EXPIRED', dates, sign)).toEqual([
      'see its dates: openssl x509 -in cert.pem -noout -dates',
    ])
  })

  test('a file of another format: how to convert this file', () => {
    const found = 'a PKCS#12 file'
    expect(commands('ERR_INPUT_FORMAT', { wanted: 'a certificate', found }, sign, 'c.p12')).toEqual([
      'unpack it: openssl pkcs12 -in c.p12 -nokeys -out FILE.pem',
    ])
    expect(commands('ERR_INPUT_FORMAT', { wanted: 'a private key', found }, sign, 'c.p12')).toEqual([
      'unpack it: openssl pkcs12 -in c.p12 -nocerts -out FILE.pem',
    ])
    expect(commands('ERR_INPUT_FORMAT', { wanted: 'a certificate', found: 'a zip' }, sign, 'c.zip')).toEqual(
      [],
    )
    expect(commands('ERR_INPUT_ENCODING', { wanted: '', found: 'UTF-16 text' }, sign, 'c.pem')).toEqual([
      'convert it: iconv -f UTF-16 -t UTF-8 c.pem > NEW-FILE',
    ])
    expect(commands('ERR_INPUT_ENCODING', { wanted: '', found: 'a byte order mark' }, sign, 'c.pem')).toEqual(
      [],
    )
    expect(commands('ERR_INPUT_ENCODING', { wanted: '', found: 'UTF-16 text' }, sign)).toEqual([])
  })

  test('an algorithm that exists can be accepted; others not', () => {
    const allowed = ['ES256']
    expect(commands('ERR_TOKEN_ALGORITHM', { found: 'ML-DSA-44', allowed }, verify)).toHaveLength(1)
    for (const found of ['none', 'HS256', 'ES256K', 'x'])
      expect(commands('ERR_TOKEN_ALGORITHM', { found, allowed }, verify)).toEqual([])
  })

  test('a large token may be one of ML-DSA, up to the largest that can be read', () => {
    const sizes = { maximum: 16_384, found: 65_536 }
    expect(commands('ERR_TOKEN_TOO_LARGE', sizes, verify)[0]).toContain('--alg ML-DSA-65')
    expect(commands('ERR_TOKEN_TOO_LARGE', { ...sizes, found: 65_537 }, verify)).toEqual([])
    expect(commands('ERR_TOKEN_TOO_LARGE', { maximum: 65_536, found: 65_537 }, verify)).toEqual([])
  })

  test('the clock and the lifetime', () => {
    const early = {
      claim: 'nbf',
      validFrom: '2026-06-01T12:00:00.000Z',
      toleranceSeconds: 5,
      at: '',
    } as const
    expect(commands('ERR_TOKEN_NOT_YET_VALID', early, verify)).toEqual([
      'see what would be said then: ingam verify --at 2026-06-01T12:00:00.000Z …',
    ])
    expect(commands('ERR_TOKEN_LIFETIME', { maximumSeconds: 600, foundSeconds: 601 }, verify)).toEqual([
      'sign with: --lifetime 600',
    ])
  })

  test('a binding: the options that check it, and the request of a curl command', () => {
    const request = { method: 'POST', url: 'https://api.example/orders?a=1', hasBody: true }
    const details = { claims: ['htm', 'htu', 'digest'] }
    expect(commands('ERR_TOKEN_BINDING', details, verify)).toEqual([
      'say what it must be bound to: --method METHOD --url URL --content FILE',
    ])
    expect(commands('ERR_TOKEN_BINDING', details, { ...verify, request })[1]).toBe(
      "the request of the curl command is: --method POST --url 'https://api.example/orders?a=1' --content FILE",
    )
    expect(
      commands('ERR_TOKEN_BINDING', details, { ...verify, request: { ...request, hasBody: false } })[1],
    ).toBe("the request of the curl command is: --method POST --url 'https://api.example/orders?a=1'")
  })

  test.each(['https://user:secret@api.example/', 'https://api.example/?access_token=eyJhbGciOiJFUzI1NiJ9'])(
    'a URL that may hold a secret is not repeated: %s',
    (url) => {
      const request = { method: 'GET', url, hasBody: false }
      expect(commands('ERR_TOKEN_BINDING', { claims: ['htu'] }, { ...verify, request })).toHaveLength(1)
    },
  )

  test('a missing binding, another one, another kind of token, an unknown thumbprint', () => {
    expect(commands('ERR_TOKEN_BINDING_MISSING', { claim: 'nonce' }, verify)).toEqual([
      'sign again with: ingam sign --challenge TEXT …',
    ])
    expect(commands('ERR_TOKEN_BINDING_MISMATCH', { claim: 'htu', expected: '', found: '' }, verify)).toEqual(
      ['sign again with: ingam sign --method METHOD --url URL …'],
    )
    const types = { expected: 'cert-auth+jwt', found: 'cert-proof+jwt' }
    expect(commands('ERR_TOKEN_TYPE', types, verify)).toEqual([
      'if such tokens are what you expect: --profile proof',
    ])
    expect(commands('ERR_TOKEN_TYPE', { ...types, found: 'cert-auth-pinned+jwt' }, verify)[0]).toContain(
      'verifyToken',
    )
    expect(commands('ERR_TOKEN_TYPE', { ...types, found: 'JWT' }, verify)).toEqual([])
    expect(commands('ERR_TOKEN_TYPE', { ...types, found: 'toString' }, verify)).toEqual([])
    expect(commands('ERR_TOKEN_UNKNOWN_THUMBPRINT', { thumbprint: '' }, verify)).toHaveLength(2)
  })

  test('a refusal without a command has the hint of the catalogue alone', () => {
    expect(commands('ERR_TOKEN_SIGNATURE', { algorithm: 'ES256' }, verify)).toEqual([])
  })
})
