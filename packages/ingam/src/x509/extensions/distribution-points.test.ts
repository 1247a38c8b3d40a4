// Where lists are and what they cover: points by name or by their issuer, parts of reasons, and of the three kinds of
// certificates at most one.

import { describe, expect, test } from 'vitest'
import {
  bytesOf,
  readWhole,
  thrownBy,
  writeAttribute,
  writeRdn,
} from '../../../../../test/support/certificate-der.ts'
import { contextTag } from '../../der/tag.ts'
import { writeElement, writeExplicit, writeImplicit, writeNull, writeSequence } from '../../der/writer.ts'
import {
  type DistributionPoint,
  type IssuingDistributionPoint,
  REASON_FLAGS,
  readDistributionPoints,
  readIssuingDistributionPoint,
} from './distribution-points.ts'

const ISSUER = writeSequence(writeRdn('2.5.4.3', 'issuer'))
const URL = writeImplicit(6, new TextEncoder().encode('http://crl.example/a'))
const OTHER_URL = writeImplicit(6, new TextEncoder().encode('ldap://crl.example/'))

/** GeneralNames under an implicit tag. */
function names(number: number, ...list: readonly Uint8Array[]): Uint8Array {
  return writeElement(contextTag(number, 'constructed'), bytesOf(...list))
}

function fullName(...list: readonly Uint8Array[]): Uint8Array {
  return writeExplicit(0, names(0, ...list))
}

/** The content of a relative distinguished name. */
const RDN = writeAttribute('2.5.4.3', 'part')

function relativeName(content: Uint8Array = RDN): Uint8Array {
  return writeExplicit(0, writeElement(contextTag(1, 'constructed'), content))
}

function flag(number: number, ...content: readonly number[]): Uint8Array {
  return writeImplicit(number, Uint8Array.from(content))
}

function cRLIssuer(name: Uint8Array = ISSUER): Uint8Array {
  return names(2, writeExplicit(4, name))
}

function point(...fields: readonly Uint8Array[]): DistributionPoint | undefined {
  return readWhole(writeSequence(writeSequence(...fields)), readDistributionPoints)[0]
}

function issuing(...fields: readonly Uint8Array[]): IssuingDistributionPoint {
  return readWhole(writeSequence(...fields), readIssuingDistributionPoint)
}

describe('distribution points', () => {
  test('have full names', () => {
    expect(point(fullName(URL, OTHER_URL))).toEqual({
      distributionPoint: {
        kind: 'fullName',
        names: [
          { kind: 'uniformResourceIdentifier', value: 'http://crl.example/a' },
          { kind: 'uniformResourceIdentifier', value: 'ldap://crl.example/' },
        ],
      },
    })
  })

  test("have the last part of their issuer's name", () => {
    expect(point(relativeName())).toEqual({
      distributionPoint: { kind: 'nameRelativeToCRLIssuer', rdn: RDN },
    })
  })

  test('have an issuer of their own, without a name of the point too', () => {
    expect(point(cRLIssuer())).toMatchObject({
      cRLIssuer: [{ kind: 'directoryName', name: { der: ISSUER } }],
    })
    expect(Object.keys(point(fullName(URL), flag(1, 6, 0x40), cRLIssuer()) ?? {})).toEqual([
      'distributionPoint',
      'reasons',
      'cRLIssuer',
    ])
  })

  test('are frozen with all that is in them', () => {
    const points = readWhole(
      writeSequence(writeSequence(fullName(URL), flag(1, 6, 0x40), cRLIssuer())),
      readDistributionPoints,
    )
    const [first] = points
    for (const part of [points, first, first?.distributionPoint, first?.reasons, first?.cRLIssuer])
      expect(Object.isFrozen(part)).toBe(true)
  })

  test('are 64, and not one more', () => {
    const one = writeSequence(fullName(URL))
    const many = (count: number): Uint8Array => writeSequence(...Array.from({ length: count }, () => one))
    expect(readWhole(many(64), readDistributionPoints)).toHaveLength(64)
    expect(thrownBy(() => readWhole(many(65), readDistributionPoints))).toMatchObject({
      code: 'ERR_DER_VALUE',
      details: { reading: 'CRLDistributionPoints', expected: 'at most 64 points', found: 'more' },
    })
  })

  test('have at most 64 names each, and 64 of their issuers', () => {
    const repeated = (one: Uint8Array, count: number): readonly Uint8Array[] =>
      Array.from({ length: count }, () => one)
    const named = (count: number): Uint8Array => fullName(...repeated(URL, count))
    const issued = (count: number): Uint8Array => names(2, ...repeated(writeExplicit(4, ISSUER), count))
    for (const [write, reading] of [
      [named, 'fullName'],
      [issued, 'cRLIssuer'],
    ] as const) {
      expect(point(write(64))).toBeDefined()
      expect(thrownBy(() => point(write(65)))).toMatchObject({
        code: 'ERR_DER_LIMIT',
        details: { reading, limit: 'number', maximum: 64, found: 65 },
      })
    }
  })

  test('are at least one', () => {
    expect(thrownBy(() => readWhole(writeSequence(), readDistributionPoints))).toMatchObject({
      code: 'ERR_DER_VALUE',
      details: { reading: 'CRLDistributionPoints', expected: 'at least one point' },
    })
  })

  // RFC 5280 §4.2.1.13
  test.each([
    ['nothing', []],
    ['reasons alone', [flag(1, 6, 0x40)]],
  ])('are refused with %s', (_, fields) => {
    expect(thrownBy(() => point(...fields))).toMatchObject({
      code: 'ERR_DER_VALUE',
      details: { reading: 'DistributionPoint', expected: 'distributionPoint or cRLIssuer' },
    })
  })

  test.each([
    ['a full name of no names', [fullName()], 'ERR_DER_VALUE'],
    ['an empty name', [fullName(writeImplicit(6, new Uint8Array(0)))], 'ERR_DER_VALUE'],
    ['an issuer of no names', [fullName(URL), names(2)], 'ERR_DER_VALUE'],
    ['an empty choice', [writeExplicit(0, new Uint8Array(0))], 'ERR_DER_TRUNCATED'],
    ['a third choice', [writeExplicit(0, names(2, URL))], 'ERR_DER_UNEXPECTED_TAG'],
    ['both choices', [writeExplicit(0, bytesOf(names(0, URL), names(1, RDN)))], 'ERR_DER_TRAILING_DATA'],
    ['a relative name of nothing', [relativeName(new Uint8Array(0))], 'ERR_DER_VALUE'],
    [
      'a relative name that is a whole one',
      [relativeName(writeRdn('2.5.4.3', 'x'))],
      'ERR_DER_UNEXPECTED_TAG',
    ],
    ['the name in primitive form', [writeImplicit(0, URL)], 'ERR_DER_VALUE'],
    ['fields in the wrong order', [cRLIssuer(), fullName(URL)], 'ERR_DER_TRAILING_DATA'],
    ['the name twice', [fullName(URL), fullName(URL)], 'ERR_DER_TRAILING_DATA'],
    ['a fourth field', [fullName(URL), flag(3, 0xff)], 'ERR_DER_TRAILING_DATA'],
  ])('are refused with %s', (_, fields, code) => {
    expect(thrownBy(() => point(...fields))).toMatchObject({ code })
  })

  test('are a SEQUENCE of SEQUENCEs', () => {
    for (const der of [writeNull(), writeSequence(writeNull())])
      expect(thrownBy(() => readWhole(der, readDistributionPoints))).toMatchObject({
        code: 'ERR_DER_UNEXPECTED_TAG',
      })
  })
})

// Bit 0 stands for no reason.
describe.each([
  ['reasons', (bits: Uint8Array) => point(fullName(URL), bits)?.reasons, 1],
  ['onlySomeReasons', (bits: Uint8Array) => issuing(bits).onlySomeReasons, 3],
] as const)('%s', (reading, read, number) => {
  test.each(
    REASON_FLAGS.map((name, index) => {
      const bit = index + 1
      const bytes = bit < 8 ? [7 - bit, 0x80 >> bit] : [7, 0, 0x80]
      return [name, bytes] as const
    }),
  )('%s alone', (name, bytes) => {
    expect(read(flag(number, ...bytes))).toEqual([name])
  })

  test('all of them', () => {
    expect(read(flag(number, 7, 0x7f, 0x80))).toEqual(REASON_FLAGS)
  })

  test('the unused bit says nothing', () => {
    expect(read(flag(number, 7, 0x80))).toEqual([])
    expect(read(flag(number, 6, 0xc0))).toEqual(['keyCompromise'])
  })

  test('none at all', () => {
    expect(read(flag(number, 0))).toEqual([])
  })

  test.each([
    ['of ten bits', [6, 0, 0x40], 'ERR_DER_VALUE'],
    ['with a zero at the end', [5, 0x40], 'ERR_DER_NON_CANONICAL'],
    ['with an empty byte at the end', [0, 0x40, 0], 'ERR_DER_NON_CANONICAL'],
    ['with unused bits that are set', [7, 0x40, 0xc0], 'ERR_DER_NON_CANONICAL'],
    ['with eight unused bits', [8, 0x40], 'ERR_DER_NON_CANONICAL'],
    ['with unused bits of nothing', [1], 'ERR_DER_NON_CANONICAL'],
    ['without their first byte', [], 'ERR_DER_NON_CANONICAL'],
  ])('refused %s', (_, bytes, code) => {
    expect(thrownBy(() => read(flag(number, ...bytes)))).toMatchObject({ code, details: { reading } })
  })
})

describe('the issuing distribution point', () => {
  const NOTHING = {
    onlyContainsUserCerts: false,
    onlyContainsCACerts: false,
    onlyContainsAttributeCerts: false,
    indirectCRL: false,
  }

  test('may say nothing', () => {
    expect(issuing()).toEqual({ ...NOTHING, der: writeSequence() })
  })

  test.each([
    ['onlyContainsUserCerts', 1],
    ['onlyContainsCACerts', 2],
    ['indirectCRL', 4],
    ['onlyContainsAttributeCerts', 5],
  ] as const)('%s', (name, number) => {
    const der = writeSequence(flag(number, 0xff))
    expect(readWhole(der, readIssuingDistributionPoint)).toEqual({ ...NOTHING, [name]: true, der })
    for (const [content, code] of [
      // X.690 §11.5: the default is not written.
      [[0x00], 'ERR_DER_NON_CANONICAL'],
      [[0x01], 'ERR_DER_NON_CANONICAL'],
      [[], 'ERR_DER_NON_CANONICAL'],
      [[0xff, 0xff], 'ERR_DER_NON_CANONICAL'],
    ] as const)
      expect(thrownBy(() => issuing(flag(number, ...content)))).toMatchObject({
        code,
        details: { reading: name },
      })
  })

  test('has a name of either kind', () => {
    expect(issuing(fullName(URL)).distributionPoint).toMatchObject({ kind: 'fullName' })
    expect(issuing(relativeName()).distributionPoint).toEqual({ kind: 'nameRelativeToCRLIssuer', rdn: RDN })
  })

  test('says all that can be said together', () => {
    expect(issuing(fullName(URL), flag(1, 0xff), flag(3, 6, 0x40), flag(4, 0xff))).toMatchObject({
      distributionPoint: { kind: 'fullName' },
      onlyContainsUserCerts: true,
      onlySomeReasons: ['keyCompromise'],
      indirectCRL: true,
    })
  })

  // RFC 5280 §5.2.5
  test.each([
    ['users and CAs', [flag(1, 0xff), flag(2, 0xff)]],
    ['users and attributes', [flag(1, 0xff), flag(5, 0xff)]],
    ['CAs and attributes', [flag(2, 0xff), flag(5, 0xff)]],
    ['all three', [flag(1, 0xff), flag(2, 0xff), flag(5, 0xff)]],
  ])('is not for %s alone', (_, fields) => {
    expect(thrownBy(() => issuing(...fields))).toMatchObject({
      code: 'ERR_DER_VALUE',
      details: { reading: 'IssuingDistributionPoint', found: 'several' },
    })
  })

  test.each([
    ['fields in the wrong order', [flag(2, 0xff), flag(1, 0xff)]],
    ['a field twice', [flag(4, 0xff), flag(4, 0xff)]],
    ['a seventh field', [flag(6, 0xff)]],
    ['a name after the others', [flag(4, 0xff), fullName(URL)]],
  ])('is refused with %s', (_, fields) => {
    expect(thrownBy(() => issuing(...fields))).toMatchObject({ code: 'ERR_DER_TRAILING_DATA' })
  })

  test('is frozen', () => {
    const read = issuing(relativeName(), flag(3, 6, 0x40))
    for (const part of [read, read.distributionPoint, read.onlySomeReasons])
      expect(Object.isFrozen(part)).toBe(true)
  })
})
