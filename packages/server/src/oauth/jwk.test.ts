import { generateKeyPairSync } from 'node:crypto'
import { calculateJwkThumbprint } from 'jose'
import { describe, expect, it } from 'vitest'
import { type DpopAlgorithm, parsePublicJwk } from './jwk.ts'

type Jwk = Record<string, unknown>

const ec: Jwk = { ...generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'jwk' }) }
const ed: Jwk = { ...generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' }) }
const rsa = rsaOf(2_048)

function rsaOf(modulusLength: number): Jwk {
  return { ...generateKeyPairSync('rsa', { modulusLength }).publicKey.export({ format: 'jwk' }) }
}

const isKey = (jwk: unknown, algorithm: DpopAlgorithm): boolean =>
  typeof parsePublicJwk(jwk, algorithm) !== 'string'

describe('parsePublicJwk', () => {
  it.each<[DpopAlgorithm, Jwk]>([
    ['ES256', ec],
    ['Ed25519', ed],
    ['EdDSA', ed],
    ['RS256', rsa],
    ['PS256', rsa],
  ])('reads a key for %s, with the thumbprint that jose computes', async (algorithm, jwk) => {
    const sent = parsePublicJwk({ ...jwk, kid: 'ignored', use: 'sig', alg: algorithm }, algorithm)
    if (typeof sent === 'string') throw new Error(sent)
    expect(sent.key.type).toBe('public')
    expect(sent.jkt).toBe(await calculateJwkThumbprint({ ...jwk, kty: String(jwk['kty']) }))
  })

  it('has the thumbprint of RFC 7638 §3.1 for its key', () => {
    const n =
      '0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw'
    const sent = parsePublicJwk({ kty: 'RSA', e: 'AQAB', n }, 'RS256')
    expect(sent).toMatchObject({ jkt: 'NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs' })
  })

  it.each(['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv'])(
    'refuses the member %s, whatever its value',
    (name) => {
      for (const value of ['AA', '', null, undefined])
        expect(isKey({ ...ec, [name]: value }, 'ES256')).toBe(false)
    },
  )

  it.each<[string, unknown, DpopAlgorithm]>([
    ['nothing', undefined, 'ES256'],
    ['null', null, 'ES256'],
    ['a list', [ec], 'ES256'],
    ['no kty', { ...ec, kty: undefined }, 'ES256'],
    ['a symmetric key', { kty: 'oct', k: 'AAAA' }, 'ES256'],
    ['a key of another kind', ec, 'RS256'],
    ['a key of another curve', ec, 'ES384'],
    ['another curve by name', { ...ec, crv: 'P-384' }, 'ES256'],
    ['a key for encryption', { ...ec, use: 'enc' }, 'ES256'],
    ['a key for another algorithm', { ...rsa, alg: 'PS256' }, 'RS256'],
    ['a point that is not on the curve', { ...ec, y: ec['x'] }, 'ES256'],
    ['a short coordinate', { ...ec, x: String(ec['x']).slice(0, -2) }, 'ES256'],
    ['a padded coordinate', { ...ec, x: `${String(ec['x'])}=` }, 'ES256'],
    ['a coordinate with a leading zero', { ...ec, x: `AA${String(ec['x'])}` }, 'ES256'],
    ['a coordinate that is a number', { ...ec, x: 1 }, 'ES256'],
    ['no y', { ...ec, y: undefined }, 'ES256'],
    ['a short Ed25519 key', { ...ed, x: 'AAAA' }, 'EdDSA'],
    ['X25519', { ...ed, crv: 'X25519' }, 'EdDSA'],
    ['Ed448', { ...ed, crv: 'Ed448' }, 'EdDSA'],
    ['another exponent', { ...rsa, e: 'Aw' }, 'RS256'],
    ['an exponent in another spelling', { ...rsa, e: 'AAEAAQ' }, 'RS256'],
    ['a modulus with a leading zero', { ...rsa, n: `AAAA${String(rsa['n'])}` }, 'RS256'],
    ['no modulus', { ...rsa, n: '' }, 'RS256'],
  ])('refuses %s', (_, jwk, algorithm) => {
    expect(isKey(jwk, algorithm)).toBe(false)
  })

  it('takes moduli of 2048 to 4096 bits', () => {
    expect(isKey(rsaOf(2_040), 'RS256')).toBe(false)
    const modulus = (bits: number): string => {
      const bytes = Buffer.alloc(Math.ceil(bits / 8), 0xff)
      bytes.writeUInt8(0xff >> (bytes.length * 8 - bits), 0)
      return bytes.toString('base64url')
    }
    expect([2_047, 2_048, 4_096, 4_097].map((bits) => isKey({ ...rsa, n: modulus(bits) }, 'RS256'))).toEqual([
      false,
      true,
      true,
      false,
    ])
  })

  it('repeats nothing of the key in what it says', () => {
    const said = parsePublicJwk({ ...ec, d: 'SENTINEL' }, 'ES256')
    expect(said).not.toContain('SENTINEL')
  })
})
