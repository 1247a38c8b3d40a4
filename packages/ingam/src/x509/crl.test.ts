// Revocation lists: every field as it stands, the shape that RFC 5280 §5.1 asks for, extensions that must be critical or
// may not stand together, limits on size and number. No list here is signed; the parser looks at no signature.

import { describe, expect, test } from 'vitest'
import {
  bytesOf,
  CRITICAL,
  ED25519,
  NOT_CRITICAL,
  thrownBy,
  untyped,
  writeExtensionField,
  writeRawInteger,
  writeRdn,
  writeUtc,
} from '../../../../test/support/certificate-der.ts'
import {
  CRL_OID,
  type CrlParts,
  writeCertificateIssuer,
  writeEntry,
  writeReasonCode,
  writeSerialEntry,
  writeTbsCertList,
  writeUnsignedCrl,
} from '../../../../test/support/crl-der.ts'
import { TAG } from '../der/tag.ts'
import {
  writeBitString,
  writeExplicit,
  writeImplicit,
  writeInteger,
  writeNull,
  writeOctetString,
  writeOid,
  writeSequence,
  writeString,
} from '../der/writer.ts'
import { isPkiError } from '../errors/errors.ts'
import { type CertificateList, parseCrl, readInSteps } from './crl.ts'
import { parseName } from './name.ts'

const SHA256_RSA = writeSequence(writeOid('1.2.840.113549.1.1.11'), writeNull())
const INDIRECT = writeSequence(writeImplicit(4, Uint8Array.of(0xff)))
const POINTS = writeSequence(
  writeSequence(
    writeExplicit(0, writeExplicit(0, writeImplicit(6, new TextEncoder().encode('http://crl.example/')))),
  ),
)

function parse(parts: CrlParts): CertificateList {
  return parseCrl(writeUnsignedCrl(parts))
}

function refusal(parts: CrlParts): unknown {
  return thrownBy(() => parse(parts))
}

function field(name: string, problem?: string): object {
  return { code: 'ERR_CRL_FIELD', details: { field: name, ...(problem && { problem }) } }
}

function extension(oid: string, problem?: string): object {
  return { code: 'ERR_CRL_EXTENSION', details: { oid, ...(problem && { problem }) } }
}

describe('the fields', () => {
  const issuer = writeSequence(writeRdn('2.5.4.3', 'issuer'))
  const other = writeExtensionField('1.2.3.4', Uint8Array.of(1, 2, 3))
  const parts: CrlParts = {
    issuer,
    thisUpdate: writeUtc('260102030405Z'),
    nextUpdate: writeString(TAG.generalizedTime, '20600102030405Z'),
    entries: [writeSerialEntry(1), writeSerialEntry(2)],
    extensions: [other],
    signatureValue: writeBitString(Uint8Array.of(5, 6, 7)),
  }
  const der = writeUnsignedCrl(parts)
  const list = parseCrl(der)

  test('reads the whole encoding, and the signed part as it stands', () => {
    expect(list).toMatchObject({ kind: 'crl', der })
    expect(list.tbsCertList).toEqual(writeTbsCertList(parts))
  })

  test('reads the issuer', () => {
    expect(list.issuer.der).toEqual(issuer)
  })

  test('reads both times', () => {
    expect(list.thisUpdate).toEqual(new Date('2026-01-02T03:04:05Z'))
    expect(list.nextUpdate).toEqual(new Date('2060-01-02T03:04:05Z'))
  })

  test('has no nextUpdate where none is written', () => {
    expect('nextUpdate' in parse({ nextUpdate: undefined })).toBe(false)
  })

  test('counts the entries, and finds them', () => {
    expect(list.size).toBe(2)
    expect(list.find(list.issuer, Uint8Array.of(2))).toMatchObject({
      serialNumber: Uint8Array.of(2),
      revocationDate: new Date('2026-05-01T00:00:00Z'),
      reason: 'unspecified',
    })
    expect(list.find(list.issuer, Uint8Array.of(3))).toBeUndefined()
  })

  test('has no entries where none are written', () => {
    const empty = parse({})
    expect(empty.size).toBe(0)
    expect(empty.find(empty.issuer, Uint8Array.of(1))).toBeUndefined()
  })

  test('lists the extensions as they stand', () => {
    expect(list.extensions).toEqual([{ oid: '1.2.3.4', critical: false, value: Uint8Array.of(1, 2, 3) }])
    expect(parse({}).extensions).toEqual([])
  })

  test('reads signatureAlgorithm and signatureValue', () => {
    expect(list.signatureAlgorithm).toEqual({ oid: '1.3.101.112', name: 'Ed25519', der: ED25519 })
    expect(list.signatureValue).toEqual(Uint8Array.of(5, 6, 7))
  })
})

test('later changes of the input have no effect', () => {
  const der = writeUnsignedCrl({ entries: [writeSerialEntry(1)] })
  const list = parseCrl(der)
  const before = Uint8Array.from(list.der)
  der.fill(0)
  expect(list.der).toEqual(before)
  expect(list.find(list.issuer, Uint8Array.of(1))).toBeDefined()
})

describe('what comes out is frozen', () => {
  const list = parse({
    entries: [
      writeEntry({
        extensions: [
          writeExtensionField(CRL_OID.invalidityDate, writeString(TAG.generalizedTime, '20260401000000Z')),
        ],
      }),
    ],
    extensions: [
      writeExtensionField('1.2.3', writeNull()),
      writeExtensionField(CRL_OID.authorityKeyIdentifier, writeSequence()),
      writeExtensionField(CRL_OID.freshestCrl, POINTS),
      writeExtensionField(CRL_OID.issuingDistributionPoint, writeSequence(), CRITICAL),
    ],
  })
  const found = list.find(list.issuer, Uint8Array.of(1))

  test('with everything in it', () => {
    for (const part of [
      list,
      list.issuer,
      list.signatureAlgorithm,
      list.extensions,
      list.extensions[0],
      list.authorityKeyIdentifier,
      list.issuingDistributionPoint,
      list.freshestCrl,
      list.freshestCrl?.[0],
      list.unknownCritical,
      found,
    ])
      expect(Object.isFrozen(part)).toBe(true)
  })

  test('and its instants cannot be moved', () => {
    const looks = [
      () => list.thisUpdate,
      () => list.nextUpdate,
      () => found?.revocationDate,
      () => found?.invalidityDate,
    ]
    for (const look of looks) {
      const before = look()?.getTime()
      look()?.setTime(0)
      expect(look()?.getTime()).toBe(before)
      expect(before).toBeGreaterThan(0)
    }
  })
})

describe('the input', () => {
  test.each([['text'], [null], [undefined], [{}], [[0x30, 0]], [new ArrayBuffer(2)]])(
    '%j is no bytes',
    (value) => {
      expect(thrownBy(() => parseCrl(untyped(value)))).toMatchObject({ code: 'ERR_ARG_TYPE' })
    },
  )

  test.each([
    ['the whole list', {}, [0]],
    ['signatureValue', { afterSignature: writeNull() }, []],
    ['the extensions', { afterFields: writeNull() }, []],
  ] as const)('nothing follows %s', (_, parts, after) => {
    const der = bytesOf(writeUnsignedCrl(parts), after)
    expect(thrownBy(() => parseCrl(der))).toMatchObject({ code: 'ERR_DER_TRAILING_DATA' })
  })

  // Zeros that nobody writes to take no memory; at the limit they are read, and are no list.
  test('has at most 1 GiB', () => {
    const most = new Uint8Array(1_073_741_824)
    expect(thrownBy(() => readInSteps(most).next())).toMatchObject({ code: 'ERR_DER_UNEXPECTED_TAG' })
    const longer = new Uint8Array(most.length + 1)
    for (const read of [parseCrl, (der: Uint8Array) => readInSteps(der).next()])
      expect(thrownBy(() => read(longer))).toMatchObject({
        code: 'ERR_DER_LIMIT',
        details: {
          reading: 'CertificateList',
          limit: 'size',
          maximum: most.length,
          found: longer.length,
        },
      })
  })

  test('is a SEQUENCE', () => {
    expect(thrownBy(() => parseCrl(writeNull()))).toMatchObject({ code: 'ERR_DER_UNEXPECTED_TAG' })
  })
})

describe('no field is longer than can be read in one step', () => {
  const named = (length: number): CrlParts => ({
    issuer: writeSequence(writeRdn('2.5.4.3', 'x'.repeat(length))),
  })
  const extended = (length: number): CrlParts => ({
    extensions: [writeExtensionField('1.2.3', new Uint8Array(length))],
  })

  const signedBy = (length: number): CrlParts => ({
    signature: writeSequence(writeOid('1.2.3'), writeOctetString(new Uint8Array(length))),
  })

  test.each([
    ['signature', signedBy, ({ signature }: CrlParts) => signature],
    ['issuer', named, ({ issuer }: CrlParts) => issuer],
    [
      'crlExtensions',
      extended,
      ({ extensions = [] }: CrlParts) => writeExplicit(0, writeSequence(...extensions)),
    ],
  ] as const)('%s', (reading, partsOf, field) => {
    const most = 65_536 - ((field(partsOf(60_000))?.length ?? 0) - 60_000)
    expect(field(partsOf(most))).toHaveLength(65_536)
    expect(parse(partsOf(most)).kind).toBe('crl')
    expect(refusal(partsOf(most + 1))).toMatchObject({
      code: 'ERR_DER_LIMIT',
      details: { reading, limit: 'size', maximum: 65_536, found: 65_537 },
    })
  })
})

describe('version', () => {
  test('2 is written as 1', () => {
    expect(parse({ version: writeInteger(1) }).version).toBe(2)
  })

  test('1 is not written', () => {
    expect(parse({ version: undefined }).version).toBe(1)
    expect(refusal({ version: writeInteger(0) })).toMatchObject(field('version', 'unknown value 0'))
  })

  test('3 there is not', () => {
    expect(refusal({ version: writeInteger(2) })).toMatchObject(field('version', 'unknown value 2'))
  })

  // RFC 5280 §5.1.2.7
  test('1 has no extensions of the list', () => {
    const extensions = [writeExtensionField('1.2.3', writeNull())]
    expect(parse({ extensions }).version).toBe(2)
    expect(refusal({ version: undefined, extensions })).toMatchObject(
      field('version', 'extensions need version 2'),
    )
  })

  // RFC 5280 §5.1.2.6
  test('1 has no extensions of entries', () => {
    const plain = { version: undefined, entries: [writeSerialEntry(1), writeSerialEntry(2)] }
    expect(parse(plain)).toMatchObject({ version: 1, size: 2 })
    const entries = [writeSerialEntry(1), writeEntry({ extensions: [writeReasonCode(1)] })]
    expect(parse({ entries }).size).toBe(2)
    expect(refusal({ version: undefined, entries })).toMatchObject(
      field('version', 'extensions need version 2'),
    )
  })
})

// RFC 5280 §5.1.1.2
describe('the two signature algorithms', () => {
  test('are the same', () => {
    expect(parse({ signature: SHA256_RSA }).signatureAlgorithm.oid).toBe('1.2.840.113549.1.1.11')
  })

  test.each([
    ['another algorithm', SHA256_RSA],
    ['other parameters', writeSequence(writeOid('1.3.101.112'), writeNull())],
  ])('are refused with %s outside', (_, signatureAlgorithm) => {
    expect(refusal({ signatureAlgorithm })).toMatchObject(field('signatureAlgorithm'))
  })
})

// RFC 5280 §5.1.2.3
test('the issuer has a name', () => {
  expect(parse({ issuer: writeSequence(writeRdn('2.5.4.3', '')) }).issuer.isEmpty).toBe(false)
  expect(refusal({ issuer: writeSequence() })).toMatchObject(field('issuer', 'is empty'))
})

describe('times', () => {
  test.each([
    ['thisUpdate on a day that is none', { thisUpdate: writeUtc('260230000000Z') }],
    ['thisUpdate without seconds', { thisUpdate: writeUtc('2602280000Z') }],
    ['thisUpdate of another type', { thisUpdate: writeString(TAG.utf8String, '260228000000Z') }],
    ['nextUpdate on a day that is none', { nextUpdate: writeUtc('260230000000Z') }],
  ])('are refused: %s', (_, parts) => {
    expect(refusal(parts)).toMatchObject({ code: 'ERR_DER_VALUE' })
  })

  test('are at least one', () => {
    expect(parse({ nextUpdate: undefined }).thisUpdate).toEqual(new Date('2026-06-01T00:00:00Z'))
    expect(refusal({ thisUpdate: new Uint8Array(0), nextUpdate: undefined })).toMatchObject({
      code: 'ERR_DER_TRUNCATED',
      details: { reading: 'thisUpdate' },
    })
  })

  test('are at most two', () => {
    const afterwards = bytesOf(writeUtc('260608000000Z'), writeUtc('260609000000Z'))
    expect(refusal({ nextUpdate: afterwards })).toMatchObject({ code: 'ERR_DER_TRAILING_DATA' })
  })
})

describe('revokedCertificates', () => {
  test('are absent where there are none, or empty', () => {
    for (const parts of [{ entries: [] }, { entriesField: writeSequence() }]) {
      const list = parse(parts)
      expect(list.size).toBe(0)
      expect(list.find(list.issuer, Uint8Array.of(1))).toBeUndefined()
    }
  })

  test('stand once', () => {
    const entries = writeSequence(writeSerialEntry(1))
    expect(parse({ entriesField: entries }).size).toBe(1)
    expect(refusal({ entriesField: bytesOf(entries, entries) })).toMatchObject({
      code: 'ERR_DER_TRAILING_DATA',
    })
  })

  test('stand before the extensions', () => {
    const extensionsField = bytesOf(
      writeExplicit(0, writeSequence(writeExtensionField('1.2.3', writeNull()))),
      writeSequence(writeSerialEntry(1)),
    )
    expect(refusal({ extensionsField })).toMatchObject({ code: 'ERR_DER_TRAILING_DATA' })
  })
})

describe('the list of extensions', () => {
  test('has at least one', () => {
    expect(refusal({ extensionsField: writeExplicit(0, writeSequence()) })).toMatchObject({
      code: 'ERR_DER_VALUE',
      details: { reading: 'crlExtensions' },
    })
  })

  test('has none twice', () => {
    const one = writeExtensionField('1.2.3', writeNull())
    expect(parse({ extensions: [one, writeExtensionField('1.2.4', writeNull())] }).extensions).toHaveLength(2)
    expect(refusal({ extensions: [one, writeExtensionField('1.2.3', writeInteger(1))] })).toMatchObject(
      extension('1.2.3', 'stands twice'),
    )
  })

  test('has 64, and not one more', () => {
    const extensions = Array.from({ length: 64 }, (_, index) =>
      writeExtensionField(`1.2.3.${index}`, writeNull()),
    )
    expect(parse({ extensions }).extensions).toHaveLength(64)
    expect(refusal({ extensions: [...extensions, writeExtensionField('1.2.4', writeNull())] })).toMatchObject(
      { code: 'ERR_DER_LIMIT', details: { reading: 'crlExtensions', maximum: 64, found: 65 } },
    )
  })

  test('never says that one is not critical', () => {
    expect(refusal({ extensions: [writeExtensionField('1.2.3', writeNull(), NOT_CRITICAL)] })).toMatchObject({
      code: 'ERR_DER_VALUE',
    })
  })
})

describe('extensions', () => {
  const NUMBER = writeInteger(300)

  test('are all read', () => {
    const list = parse({
      extensions: [
        writeExtensionField(
          CRL_OID.authorityKeyIdentifier,
          writeSequence(writeImplicit(0, Uint8Array.of(3))),
        ),
        writeExtensionField(CRL_OID.crlNumber, NUMBER),
        writeExtensionField(CRL_OID.issuingDistributionPoint, INDIRECT, CRITICAL),
        writeExtensionField(CRL_OID.freshestCrl, POINTS),
      ],
    })
    expect(list).toMatchObject({
      authorityKeyIdentifier: { keyIdentifier: Uint8Array.of(3) },
      crlNumber: Uint8Array.of(1, 44),
      issuingDistributionPoint: { indirectCRL: true, der: INDIRECT },
      freshestCrl: [{ distributionPoint: { names: [{ value: 'http://crl.example/' }] } }],
      unknownCritical: [],
    })
    expect(list.extensions).toHaveLength(4)
  })

  test('are absent where none are written', () => {
    const list = parse({})
    for (const name of [
      'authorityKeyIdentifier',
      'crlNumber',
      'deltaCrlIndicator',
      'issuingDistributionPoint',
      'freshestCrl',
    ])
      expect(name in list).toBe(false)
  })

  // RFC 5280 §5.2.4, §5.2.5
  test.each([
    ['deltaCRLIndicator', CRL_OID.deltaCrlIndicator, NUMBER],
    ['issuingDistributionPoint', CRL_OID.issuingDistributionPoint, INDIRECT],
  ])('%s is critical', (_, oid, value) => {
    expect(parse({ extensions: [writeExtensionField(oid, value, CRITICAL)] }).unknownCritical).toEqual([])
    expect(refusal({ extensions: [writeExtensionField(oid, value)] })).toMatchObject(
      extension(oid, 'is not critical'),
    )
  })

  test.each([
    ['authorityKeyIdentifier', CRL_OID.authorityKeyIdentifier, writeSequence()],
    ['cRLNumber', CRL_OID.crlNumber, NUMBER],
    ['freshestCRL', CRL_OID.freshestCrl, POINTS],
  ])('%s may be critical: it is understood', (_, oid, value) => {
    expect(parse({ extensions: [writeExtensionField(oid, value, CRITICAL)] }).unknownCritical).toEqual([])
  })

  // RFC 5280 §5.2.6
  test('freshestCRL stands in no delta', () => {
    const delta = writeExtensionField(CRL_OID.deltaCrlIndicator, NUMBER, CRITICAL)
    const freshest = writeExtensionField(CRL_OID.freshestCrl, POINTS)
    expect(parse({ extensions: [delta] }).deltaCrlIndicator).toEqual(Uint8Array.of(1, 44))
    expect(refusal({ extensions: [delta, freshest] })).toMatchObject(
      extension(CRL_OID.freshestCrl, 'stands in a delta'),
    )
  })

  test.each([
    ['authorityKeyIdentifier', CRL_OID.authorityKeyIdentifier],
    ['cRLNumber', CRL_OID.crlNumber],
    ['deltaCRLIndicator', CRL_OID.deltaCrlIndicator],
    ['issuingDistributionPoint', CRL_OID.issuingDistributionPoint],
    ['freshestCRL', CRL_OID.freshestCrl],
  ])('%s that is malformed is refused, and named', (name, oid) => {
    expect(refusal({ extensions: [writeExtensionField(oid, writeNull(), CRITICAL)] })).toMatchObject({
      name: 'CertificateError',
      code: 'ERR_CRL_EXTENSION',
      details: { oid, name },
      cause: { code: 'ERR_DER_UNEXPECTED_TAG' },
    })
  })

  test.each([
    ['authorityKeyIdentifier', CRL_OID.authorityKeyIdentifier, writeSequence()],
    ['cRLNumber', CRL_OID.crlNumber, NUMBER],
    ['deltaCRLIndicator', CRL_OID.deltaCrlIndicator, NUMBER],
    ['issuingDistributionPoint', CRL_OID.issuingDistributionPoint, INDIRECT],
    ['freshestCRL', CRL_OID.freshestCrl, POINTS],
  ])('%s with a byte left over is refused', (_, oid, value) => {
    const extensions = [writeExtensionField(oid, bytesOf(value, [0]), CRITICAL)]
    expect(refusal({ extensions })).toMatchObject({
      ...extension(oid),
      cause: { code: 'ERR_DER_TRAILING_DATA' },
    })
  })
})

// RFC 5280 §5.2.3
describe.each([
  ['cRLNumber', CRL_OID.crlNumber, 'crlNumber'],
  ['BaseCRLNumber', CRL_OID.deltaCrlIndicator, 'deltaCrlIndicator'],
] as const)('%s', (_, oid, name) => {
  const numbered = (...content: readonly number[]): CrlParts => ({
    extensions: [writeExtensionField(oid, writeRawInteger(...content), CRITICAL)],
  })
  const twenty = Array.from({ length: 20 }, () => 0x7f)

  test.each([
    ['zero', [0]],
    ['127', [0x7f]],
    ['128', [0, 0x80]],
    ['20 octets', twenty],
    ['20 octets whose first bit is set', [0, 0xff, ...twenty.slice(1)]],
  ])('is read: %s', (_, content) => {
    expect(parse(numbered(...content))[name]).toEqual(Uint8Array.from(content))
  })

  test.each([
    ['negative', [0x80], 'ERR_DER_VALUE'],
    ['of 21 octets', [1, ...twenty], 'ERR_DER_VALUE'],
    ['of 21 octets whose first bit is set', [0, 0xff, ...twenty], 'ERR_DER_VALUE'],
    ['with a needless zero', [0, 1], 'ERR_DER_NON_CANONICAL'],
    ['without octets', [], 'ERR_DER_NON_CANONICAL'],
  ])('is refused %s', (_, content, code) => {
    expect(refusal(numbered(...content))).toMatchObject({ ...extension(oid), cause: { code } })
  })
})

describe('critical extensions that are not understood', () => {
  const unknown = (oid: string): Uint8Array => writeExtensionField(oid, writeNull(), CRITICAL)

  test('are collected, of the list and of entries, each once', () => {
    const list = parse({
      entries: [
        writeEntry({ extensions: [unknown('1.2.5'), writeExtensionField('1.2.6', writeNull())] }),
        writeEntry({ extensions: [unknown('1.2.3'), unknown('1.2.5')] }),
      ],
      extensions: [writeExtensionField('1.2.4', writeNull()), unknown('1.2.3')],
    })
    expect(list.unknownCritical).toEqual(['1.2.3', '1.2.5'])
  })

  test('are none where none is critical', () => {
    const harmless = writeExtensionField('1.2.3', writeNull())
    expect(
      parse({ entries: [writeEntry({ extensions: [harmless] })], extensions: [harmless] }).unknownCritical,
    ).toEqual([])
  })

  test("an entry's extensions mean nothing in a list, nor a list's in an entry", () => {
    expect(parse({ extensions: [unknown(CRL_OID.reasonCode)] }).unknownCritical).toEqual([CRL_OID.reasonCode])
    const entries = [writeEntry({ extensions: [unknown(CRL_OID.crlNumber)] })]
    expect(parse({ entries }).unknownCritical).toEqual([CRL_OID.crlNumber])
  })
})

// RFC 5280 §5.3.3
test('certificateIssuer stands in indirect lists alone', () => {
  const other = writeExplicit(4, writeSequence(writeRdn('2.5.4.3', 'other')))
  const entries = [writeEntry({ extensions: [writeCertificateIssuer(other)] })]
  const pointed = (value: Uint8Array): CrlParts => ({
    entries,
    extensions: [writeExtensionField(CRL_OID.issuingDistributionPoint, value, CRITICAL)],
  })
  expect(parse(pointed(INDIRECT)).size).toBe(1)
  for (const parts of [{ entries }, pointed(writeSequence())])
    expect(refusal(parts)).toMatchObject(
      extension(CRL_OID.certificateIssuer, 'stands in a list that is not indirect'),
    )
})

describe('a list of every field', () => {
  const der = writeUnsignedCrl({
    signature: SHA256_RSA,
    entries: [
      writeSerialEntry(0, 0x80),
      writeEntry({
        serialNumber: writeRawInteger(1, 2, 3),
        extensions: [
          writeReasonCode(1),
          writeExtensionField(CRL_OID.invalidityDate, writeString(TAG.generalizedTime, '20260401000000Z')),
          writeCertificateIssuer(writeExplicit(4, writeSequence(writeRdn('2.5.4.3', 'other')))),
        ],
      }),
    ],
    extensions: [
      writeExtensionField(CRL_OID.authorityKeyIdentifier, writeSequence(writeImplicit(0, Uint8Array.of(3)))),
      writeExtensionField(CRL_OID.crlNumber, writeInteger(7)),
      writeExtensionField(CRL_OID.issuingDistributionPoint, INDIRECT, CRITICAL),
      writeExtensionField(CRL_OID.freshestCrl, POINTS),
      writeExtensionField('1.2.3', writeOctetString(Uint8Array.of(1, 2, 3)), CRITICAL),
    ],
    signatureValue: writeBitString(Uint8Array.of(5, 6, 7)),
  })

  test('is read', () => {
    expect(parseCrl(der)).toMatchObject({ size: 2, unknownCritical: ['1.2.3'] })
  })

  test('is refused cut off at any byte', () => {
    for (let length = 0; length < der.length; length++)
      expect(thrownBy(() => parseCrl(der.subarray(0, length)))).toMatchObject({ code: 'ERR_DER_TRUNCATED' })
  })

  test('with any bit changed is refused with a code, or has the shape of a list', () => {
    const other = parseName(writeSequence(writeRdn('2.5.4.3', 'other')), 'name')
    let refused = 0
    for (let index = 0; index < der.length * 8; index++) {
      const changed = der.with(index >> 3, (der[index >> 3] ?? 0) ^ (1 << (index & 7)))
      try {
        const list = parseCrl(changed)
        expect(list.size).toBe(2)
        list.find(list.issuer, Uint8Array.of(0, 0x80))
        list.find(other, Uint8Array.of(1, 2, 3))
      } catch (error) {
        if (!isPkiError(error)) throw error
        expect(error.code).toMatch(/^ERR_(DER|CRL)_/u)
        refused++
      }
    }
    expect(refused).toBeGreaterThan(der.length * 4)
  })
})
