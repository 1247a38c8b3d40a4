// The JOSE header: no member chooses a key or the rules, typ and alg are exact, x5c is counted and strictly decoded.

import { describe, expect, test } from 'vitest'
import { AT } from '../../../../test/support/forge.ts'
import { encodeBase64 } from '../bytes/base64.ts'
import { writeElement } from '../der/writer.ts'
import { TOKEN_ALGORITHMS } from '../keys/algorithms.ts'
import { createTestCa } from '../testing/test-ca.ts'
import {
  checkHeaderMembers,
  checkType,
  MAX_CERTIFICATE_BYTES,
  NO_STAPLES,
  readAlgorithm,
  readCertificate,
  readCertificateTexts,
  readStaples,
} from './header.ts'
import type { JsonObject, JsonValue } from './json.ts'
import { AUTH_PROFILE, PINNED_PROFILE, PROOF_PROFILE } from './profile.ts'

const root = await createTestCa({ at: AT })
const der = root.der
const text = encodeBase64(der)

describe('members', () => {
  test.each(['jwk', 'jku', 'x5u', 'crit', 'b64', 'enc', 'zip'])('refuses %s', (member) => {
    expect(() => checkHeaderMembers({ [member]: 'x' }, AUTH_PROFILE)).toThrow(
      expect.objectContaining({ code: 'ERR_TOKEN_HEADER_FORBIDDEN', details: { member } }),
    )
  })

  test.each([
    ['null', null],
    ['false', false],
    ['an empty array', []],
  ])('refuses crit that is %s', (_, crit) => {
    expect(() => checkHeaderMembers({ crit }, AUTH_PROFILE)).toThrow(
      expect.objectContaining({ code: 'ERR_TOKEN_HEADER_FORBIDDEN' }),
    )
  })

  test('refuses b64 that says what is so anyway', () => {
    expect(() => checkHeaderMembers({ b64: true }, AUTH_PROFILE)).toThrow(
      expect.objectContaining({ code: 'ERR_TOKEN_HEADER_FORBIDDEN' }),
    )
  })

  test.each(['x5t'])('refuses %s as not supported', (member) => {
    expect(() => checkHeaderMembers({ [member]: null }, AUTH_PROFILE)).toThrow(
      expect.objectContaining({
        code: 'ERR_TOKEN_UNSUPPORTED',
        details: { feature: `header member ${member}` },
      }),
    )
  })

  test.each(['x5c', 'ocsp'])('refuses %s where the certificate is pinned', (member) => {
    expect(() => checkHeaderMembers({ [member]: null }, PINNED_PROFILE)).toThrow(
      expect.objectContaining({ code: 'ERR_TOKEN_HEADER_FORBIDDEN', details: { member } }),
    )
    for (const profile of [AUTH_PROFILE, PROOF_PROFILE])
      expect(checkHeaderMembers({ [member]: null }, profile)).toBeUndefined()
  })

  test.each(['kid', 'cty', 'JWK', 'own', 'constructor'])('passes over %s', (member) => {
    expect(checkHeaderMembers({ [member]: 'x' }, AUTH_PROFILE)).toBeUndefined()
  })
})

describe('typ', () => {
  test.each(['cert-auth+jwt', 'CERT-AUTH+JWT', 'application/cert-auth+jwt', 'Application/Cert-Auth+JWT'])(
    'accepts %s',
    (typ) => {
      expect(checkType({ typ }, AUTH_PROFILE)).toBeUndefined()
    },
  )

  test.each([
    ['nothing', undefined],
    ['null', null],
    ['a number', 1],
    ['an array of the type', ['cert-auth+jwt']],
    ['an object', { typ: 'cert-auth+jwt' }],
    ['empty text', ''],
    ['JWT', 'JWT'],
    ['a bare suffix', 'jwt'],
    ['another token of certificates', 'cert-request+jwt'],
    ['a space at the end', 'cert-auth+jwt '],
    ['a space in front', ' cert-auth+jwt'],
    ['a parameter', 'cert-auth+jwt;v=1'],
    ['a NUL at the end', 'cert-auth+jwt\0'],
    ['application/ twice', 'application/application/cert-auth+jwt'],
    ['another top-level type', 'text/cert-auth+jwt'],
    ['a slash in front', '/cert-auth+jwt'],
    ['application/ alone', 'application/'],
    ['a dotless i', 'applıcation/cert-auth+jwt'],
    ['a dotted capital i', 'APPLİCATION/cert-auth+jwt'],
    ['a full-width letter', 'ｃert-auth+jwt'],
    ['another hyphen', 'cert‐auth+jwt'],
  ])('refuses %s', (_, typ) => {
    const header: { [member: string]: JsonValue } = typ === undefined ? {} : { typ }
    expect(() => checkType(header, AUTH_PROFILE)).toThrow(expect.objectContaining({ code: 'ERR_TOKEN_TYPE' }))
  })
})

describe('alg', () => {
  const all = new Set(TOKEN_ALGORITHMS)

  test.each(TOKEN_ALGORITHMS)('accepts %s', (alg) => {
    expect(readAlgorithm({ alg }, all)).toBe(alg)
  })

  test.each(TOKEN_ALGORITHMS)('refuses %s where it is not allowed', (alg) => {
    const others = new Set(TOKEN_ALGORITHMS.filter((other) => other !== alg))
    expect(() => readAlgorithm({ alg }, others)).toThrow(
      expect.objectContaining({ code: 'ERR_TOKEN_ALGORITHM', details: { found: alg, allowed: [...others] } }),
    )
  })

  test.each([
    'none',
    'None',
    'NONE',
    '',
    'HS256',
    'HS512',
    'es256',
    'Es256',
    'ES256 ',
    ' ES256',
    'ES256\0',
    'ES256K',
    'RS1',
    'ED25519',
    'ed25519',
    'Eddsa',
    'ML-DSA-65-ES384',
    'ml-dsa-65',
    'ESP256',
    'dir',
    'RSA-OAEP',
    'constructor',
    'hasOwnProperty',
    'toString',
    '__proto__',
    'ES256,RS256',
    'ＥS256',
  ])('refuses %j', (alg) => {
    expect(() => readAlgorithm({ alg }, all)).toThrow(
      expect.objectContaining({ code: 'ERR_TOKEN_ALGORITHM' }),
    )
  })

  test.each([
    ['nothing', {}],
    ['null', { alg: null }],
    ['a number', { alg: 256 }],
    ['true', { alg: true }],
    ['an array of an algorithm', { alg: ['ES256'] }],
    ['an object', { alg: { name: 'ES256' } }],
    ['alg in another case', { ALG: 'ES256' }],
  ])('refuses %s', (_, header) => {
    expect(() => readAlgorithm(header, all)).toThrow(expect.objectContaining({ code: 'ERR_TOKEN_ALGORITHM' }))
  })
})

describe('x5c', () => {
  test('gives the texts in their order', () => {
    expect(readCertificateTexts({ x5c: ['a', 'b'] })).toEqual(['a', 'b'])
  })

  test('accepts ten certificates and refuses eleven', () => {
    const texts = (count: number): readonly string[] => Array.from({ length: count }, () => 'a')
    expect(readCertificateTexts({ x5c: texts(10) })).toHaveLength(10)
    expect(() => readCertificateTexts({ x5c: texts(11) })).toThrow(
      expect.objectContaining({
        code: 'ERR_TOKEN_HEADER',
        details: { member: 'x5c', expected: 'at most 10 certificates', found: '11' },
      }),
    )
  })

  test.each([
    ['nothing', {}],
    ['null', { x5c: null }],
    ['text', { x5c: text }],
    ['an object with numbers as names', { x5c: { 0: text, length: 1 } }],
    ['an empty array', { x5c: [] }],
    ['an array within', { x5c: [[text]] }],
    ['null within', { x5c: [text, null] }],
    ['a number within', { x5c: [text, 1] }],
    ['an object within', { x5c: [{ der: text }] }],
    ['x5c in another case', { X5C: [text] }],
  ])('refuses %s', (_, header) => {
    expect(() => readCertificateTexts(header)).toThrow(expect.objectContaining({ code: 'ERR_TOKEN_HEADER' }))
  })
})

test('an x5c that is missing is told from one of another type', () => {
  const refused = (header: JsonObject, found: string): void =>
    expect(() => readCertificateTexts(header)).toThrow(
      expect.objectContaining({ details: { member: 'x5c', expected: 'an array of certificates', found } }),
    )
  refused({}, 'none')
  refused({ x5c: null }, 'null')
})

describe('a certificate of x5c', () => {
  test('is read from padded base64', () => {
    expect(readCertificate(text, 0).der).toEqual(der)
  })

  test.each([
    ['empty text', ''],
    ['padding alone', '===='],
    ['a line break', `${text.slice(0, 64)}\n${text.slice(64)}`],
    ['a line feed at the end', `${text}\n`],
    ['a space in front', ` ${text}`],
    ['surplus padding', `${text}====`],
    ['base64url of bytes that differ in it', '-_-_'],
    ['PEM', root.pem],
    ['a data URL', `data:application/pkix-cert;base64,${text}`],
    ['hexadecimal', '3082'],
    ['DER cut by three bytes', encodeBase64(der.subarray(0, -3))],
    ['DER with a byte after it', encodeBase64(Uint8Array.from([...der, 0]))],
    ['two certificates in one text', encodeBase64(Uint8Array.from([...der, ...der]))],
    ['a SEQUENCE of a certificate (PKCS#7 style)', encodeBase64(writeElement(0x30, der))],
    ['an empty SEQUENCE', encodeBase64(Uint8Array.of(0x30, 0))],
    ['indefinite length', encodeBase64(Uint8Array.from([0x30, 0x80, ...der.subarray(4), 0, 0]))],
  ])('refuses %s', (_, wrong) => {
    expect(() => readCertificate(wrong, 3)).toThrow(
      expect.objectContaining({
        code: 'ERR_TOKEN_CHAIN',
        details: expect.objectContaining({ index: 3 }),
      }),
    )
  })

  test.each([0, 1, 2])('refuses missing padding and spare bits, with %i bytes over', (over) => {
    const bytes = new Uint8Array(30 + over)
    const canonical = encodeBase64(bytes)
    const variants = [canonical.replace(/=+$/u, ''), canonical.replace(/A(=+)$/u, 'B$1')].filter(
      (variant) => variant !== canonical,
    )
    expect(variants).toHaveLength(over === 0 ? 0 : 2)
    for (const variant of variants) {
      expect(() => readCertificate(variant, 0)).toThrow(
        expect.objectContaining({
          details: { index: 0, problem: 'not canonical padded base64 (RFC 4648 §4)' },
        }),
      )
    }
  })

  test('refuses one that is larger than the limit before it is decoded', () => {
    const limit = Math.ceil(MAX_CERTIFICATE_BYTES / 3) * 4
    const problemOf = (wrong: string): unknown => {
      try {
        return readCertificate(wrong, 0)
      } catch (error) {
        return error
      }
    }
    const tooLarge = { details: { problem: `larger than ${MAX_CERTIFICATE_BYTES} bytes` } }
    expect(problemOf('!'.repeat(limit + 1))).toMatchObject(tooLarge)
    expect(problemOf('!'.repeat(limit))).not.toMatchObject(tooLarge)
  })
})

describe('ocsp', () => {
  test('is one text, or null, for each certificate, and may be absent', () => {
    expect(readStaples({}, 2)).toBe(NO_STAPLES)
    expect(readStaples({ ocsp: ['a'] }, 1)).toEqual(['a'])
    expect(readStaples({ ocsp: [null, 'b'] }, 2)).toEqual([null, 'b'])
    expect(readStaples({ ocsp: ['', null] }, 2)).toEqual(['', null])
  })

  test.each<[string, JsonValue, number, string]>([
    ['null', null, 1, 'null'],
    ['text', 'a', 1, 'string'],
    ['an object', { 0: 'a', length: 1 }, 1, 'object'],
    ['an empty array', [], 1, 'an array of 0'],
    ['one too few', ['a'], 2, 'an array of 1'],
    ['one too many', ['a', 'b'], 1, 'an array of 2'],
    ['a number', ['a', 1], 2, 'an array with number'],
    ['an array within', [['a']], 1, 'an array with an array'],
    ['false for null', ['a', false], 2, 'an array with boolean'],
    ['nulls alone', [null, null], 2, 'nulls alone'],
  ])('refuses %s', (_what, ocsp, certificates, found) => {
    const expected = `an array of ${certificates} texts or nulls, one for each certificate, not all null`
    expect(() => readStaples({ ocsp }, certificates)).toThrow(
      expect.objectContaining({
        code: 'ERR_TOKEN_HEADER',
        details: { member: 'ocsp', expected, found },
      }),
    )
  })
})
