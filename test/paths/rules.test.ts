// Every rule of the path at every position: root, upper and lower intermediate, leaf. Each refusing case stands beside
// the nearest one that is accepted.

import type { IssueOptions } from 'ingam/testing'
import { describe, expect, test } from 'vitest'
import { checkPath } from '../../packages/ingam/src/path/checks.ts'
import { usualRules } from '../../packages/ingam/src/verify/verify-path.ts'
import { AT, issuePath, judgeUsual, type Position } from '../support/mini-ca.ts'

const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2'
const SERVER_AUTH = '1.3.6.1.5.5.7.3.1'
const ANY_PURPOSE = '2.5.29.37.0'
const UNKNOWN = '1.3.6.1.4.1.99999.1'

type Expected = Readonly<Record<Position, string>>

interface Rule {
  readonly title: string
  readonly change: IssueOptions
  /** Default the instant of all tests. */
  readonly at?: Date
  readonly expected: Expected
}

function everywhere(code: string): Expected {
  return { root: code, upper: code, lower: code, leaf: code }
}

const ACCEPTED = everywhere('accepted')

function issuersOnly(code: string): Expected {
  return { ...everywhere(code), leaf: 'accepted' }
}

function seconds(count: number): Date {
  return new Date(AT.getTime() + count * 1000)
}

const RULES: readonly Rule[] = [
  // RFC 5280 §6.1.3 (a)(2), §4.1.2.5: both ends belong to the period.
  { title: 'nothing changed', change: {}, expected: ACCEPTED },
  {
    title: 'notAfter a second ago',
    change: { notAfter: seconds(-1) },
    expected: everywhere('ERR_PATH_EXPIRED'),
  },
  { title: 'notAfter now', change: { notAfter: AT }, expected: ACCEPTED },
  // The instant below lies half a second after its whole second: notAfter has no fraction, and has passed by then.
  {
    title: 'notAfter at the second of an instant half a second later',
    change: { notAfter: AT },
    at: new Date(AT.getTime() + 500),
    expected: everywhere('ERR_PATH_EXPIRED'),
  },
  {
    title: 'notBefore at the second of an instant half a second later',
    change: { notBefore: AT },
    at: new Date(AT.getTime() + 500),
    expected: ACCEPTED,
  },
  {
    title: 'notBefore half a second after the instant',
    change: { notBefore: AT },
    at: new Date(AT.getTime() - 500),
    expected: everywhere('ERR_PATH_NOT_YET_VALID'),
  },
  {
    title: 'notBefore in a second',
    change: { notBefore: seconds(1) },
    expected: everywhere('ERR_PATH_NOT_YET_VALID'),
  },
  { title: 'notBefore now', change: { notBefore: AT }, expected: ACCEPTED },
  { title: 'notAfter in 2050', change: { notAfter: new Date('2050-01-01T00:00:00Z') }, expected: ACCEPTED },

  // RFC 5280 §6.1.4 (k)
  { title: 'version 1', change: { version: 1 }, expected: issuersOnly('ERR_PATH_NOT_CA') },
  {
    title: 'no basicConstraints',
    change: { withoutExtensions: ['2.5.29.19'] },
    expected: issuersOnly('ERR_PATH_NOT_CA'),
  },
  {
    title: 'basicConstraints without cA',
    change: { kind: 'end entity', keyUsage: ['digitalSignature', 'keyCertSign'], extKeyUsage: null },
    expected: issuersOnly('ERR_PATH_NOT_CA'),
  },
  {
    title: 'basicConstraints that are not critical',
    change: { extensions: [{ oid: '2.5.29.19', value: Uint8Array.of(0x30, 0x03, 0x01, 0x01, 0xff) }] },
    expected: ACCEPTED,
  },

  // RFC 5280 §6.1.4 (l), (m)
  {
    title: 'pathLenConstraint 0',
    change: { pathLenConstraint: 0 },
    expected: { root: 'ERR_PATH_LENGTH', upper: 'ERR_PATH_LENGTH', lower: 'accepted', leaf: 'accepted' },
  },
  {
    title: 'pathLenConstraint 1',
    change: { pathLenConstraint: 1 },
    expected: { ...ACCEPTED, root: 'ERR_PATH_LENGTH' },
  },
  { title: 'pathLenConstraint 2', change: { pathLenConstraint: 2 }, expected: ACCEPTED },

  // RFC 5280 §6.1.4 (n)
  {
    title: 'keyUsage without keyCertSign',
    change: { keyUsage: ['digitalSignature', 'cRLSign'] },
    expected: issuersOnly('ERR_PATH_KEY_USAGE'),
  },
  { title: 'keyUsage keyCertSign alone', change: { keyUsage: ['keyCertSign'] }, expected: ACCEPTED },
  { title: 'no keyUsage', change: { keyUsage: null }, expected: ACCEPTED },

  // RFC 5280 §4.2.1.12, along the chain.
  {
    title: 'another purpose',
    change: { extKeyUsage: [SERVER_AUTH] },
    expected: everywhere('ERR_PATH_PURPOSE'),
  },
  {
    title: 'anyExtendedKeyUsage alone',
    change: { extKeyUsage: [ANY_PURPOSE] },
    expected: everywhere('ERR_PATH_PURPOSE'),
  },
  {
    title: 'the purpose among others',
    change: { extKeyUsage: [SERVER_AUTH, CLIENT_AUTH] },
    expected: ACCEPTED,
  },
  { title: 'no extKeyUsage', change: { extKeyUsage: null }, expected: ACCEPTED },

  // RFC 5280 §6.1.4 (o), §6.1.5 (f)
  {
    title: 'an unknown critical extension',
    change: { extensions: [{ oid: UNKNOWN, critical: true, value: Uint8Array.of(0x05, 0x00) }] },
    expected: everywhere('ERR_PATH_CRITICAL_EXTENSION'),
  },
  {
    title: 'an unknown extension that is not critical',
    change: { extensions: [{ oid: UNKNOWN, value: Uint8Array.of(0x05, 0x00) }] },
    expected: ACCEPTED,
  },

  // Keys: NIST SP 800-131A.
  {
    title: 'an RSA key of 1024 bits',
    change: { keyType: 'RSA-1024' },
    expected: everywhere('ERR_PATH_ALGORITHM'),
  },
  { title: 'an RSA key of 2048 bits', change: { keyType: 'RSA-2048' }, expected: ACCEPTED },
  { title: 'a P-384 key', change: { keyType: 'P-384' }, expected: ACCEPTED },
  { title: 'an Ed25519 key', change: { keyType: 'Ed25519' }, expected: ACCEPTED },

  // RFC 5280 §6.1.3 (a)(4): names must chain; the anchor's own issuer is nobody's business.
  {
    title: 'another name for the issuer',
    change: { issuerName: nameOf('Somebody else') },
    expected: { ...everywhere('ERR_PATH_NO_ISSUER'), root: 'accepted' },
  },
]

for (const { title, change, at = AT, expected } of RULES) {
  describe(title, () => {
    test.each(['root', 'upper', 'lower', 'leaf'] as const)('at the %s', async (position) => {
      const path = await issuePath({ [position]: change })
      expect(await judgeUsual(path, { at })).toBe(expected[position])
    })
  })
}

describe('self-issued certificates', () => {
  test('do not count against pathLenConstraint', async () => {
    const { root, upper } = await issuePath({ upper: { pathLenConstraint: 0 } })
    const rollover = await upper.issue({ kind: 'ca', subjectName: upper.certificate.subject.der })
    const leaf = await rollover.issue({})
    expect(await judgeUsual({ root, upper, lower: rollover, leaf })).toBe('accepted')
  })

  test('one that is not, does', async () => {
    const { root, upper } = await issuePath({ upper: { pathLenConstraint: 0 } })
    const other = await upper.issue({ kind: 'ca', name: 'Another' })
    expect(await judgeUsual({ root, upper, lower: other, leaf: await other.issue({}) })).toBe(
      'ERR_PATH_LENGTH',
    )
  })
})

describe('the purpose', () => {
  test.each([
    ['serverAuth', 'ERR_PATH_PURPOSE'],
    ['clientAuth', 'accepted'],
    ['any', 'accepted'],
    ['1.3.6.1.5.5.7.3.2', 'accepted'],
    ['1.3.6.1.5.5.7.3.9', 'ERR_PATH_PURPOSE'],
  ] as const)('%s of a leaf for clientAuth: %s', async (purpose, expected) => {
    expect(await judgeUsual(await issuePath(), { purpose })).toBe(expected)
  })
})

// RFC 5280 §7.1
describe('the name of the issuer', () => {
  test.each([
    ['in other case and spacing', '  LOWER ', 'accepted'],
    ['in compatibility characters', 'Ｌower', 'accepted'],
    ['with a letter more', 'Lowers', 'ERR_PATH_NO_ISSUER'],
    ['with a space within', 'Low er', 'ERR_PATH_NO_ISSUER'],
  ])('%s', async (_how, name, expected) => {
    expect(await judgeUsual(await issuePath({ leaf: { issuerName: nameOf(name) } }))).toBe(expected)
  })
})

describe('a leaf without subject', () => {
  test('is accepted with critical alternative names', async () => {
    expect(await judgeUsual(await issuePath({ leaf: { name: '', dns: ['client.example'] } }))).toBe(
      'accepted',
    )
  })
})

// RFC 5280 §6.1.3 (a)(4). The search takes issuers by name, so that only a caller of the rules can get this wrong.
describe('a path whose names do not chain', () => {
  const rules = usualRules(AT, 'clientAuth')

  test('is refused by the rules themselves', async () => {
    const { root, upper, lower, leaf } = await issuePath()
    const certificates = [leaf, lower, upper, root].map(({ certificate }) => certificate)
    expect(checkPath(certificates, rules)).toBeUndefined()
    for (const missing of [1, 2]) {
      const refusal = checkPath(certificates.toSpliced(missing, 1), rules)
      expect(refusal).toMatchObject({ code: 'ERR_PATH_NO_ISSUER' })
    }
  })
})

// DER of a Name with one common name as PrintableString or UTF8String.
function nameOf(commonName: string): Uint8Array {
  const text = new TextEncoder().encode(commonName)
  const value = Uint8Array.of(0x0c, text.length, ...text)
  const attribute = Uint8Array.of(0x30, value.length + 5, 0x06, 0x03, 0x55, 0x04, 0x03, ...value)
  const rdn = Uint8Array.of(0x31, attribute.length, ...attribute)
  return Uint8Array.of(0x30, rdn.length, ...rdn)
}
