// The entries of a revocation list: form, reasons and dates as they stand, and above all which certificate an entry speaks
// of: one of this issuer and this serial number, never of a serial number alone.

import { describe, expect, test } from 'vitest'
import {
  bytesOf,
  CRITICAL,
  NOT_CRITICAL,
  thrownBy,
  writeExtensionField,
  writeRawInteger,
  writeRdn,
  writeUtc,
} from '../../../../test/support/certificate-der.ts'
import {
  CRL_OID,
  type EntryParts,
  LIST_ISSUER,
  writeCertificateIssuer,
  writeEntry,
  writeReasonCode,
  writeSerialEntry,
  writeUnsignedCrl,
} from '../../../../test/support/crl-der.ts'
import { TAG } from '../der/tag.ts'
import {
  writeElement,
  writeExplicit,
  writeImplicit,
  writeInteger,
  writeNull,
  writeOctetString,
  writeSequence,
  writeString,
} from '../der/writer.ts'
import { type CertificateList, parseCrl, type RevokedCertificate } from './crl.ts'
import { CRL_REASONS } from './crl-reason.ts'
import { type Name, parseName } from './name.ts'

const INDIRECT = writeExtensionField(
  CRL_OID.issuingDistributionPoint,
  writeSequence(writeImplicit(4, Uint8Array.of(0xff))),
  CRITICAL,
)
const ONE = Uint8Array.of(1)

function listOf(...entries: readonly Uint8Array[]): CertificateList {
  return parseCrl(writeUnsignedCrl({ entries }))
}

function entryOf(parts: EntryParts): RevokedCertificate {
  const list = listOf(writeEntry({ serialNumber: writeInteger(1), ...parts }))
  const found = list.find(list.issuer, ONE)
  if (found === undefined) throw new Error('the entry was not found')
  return found
}

function refusal(parts: EntryParts): unknown {
  return thrownBy(() => listOf(writeSerialEntry(2), writeEntry(parts), writeSerialEntry(3)))
}

function nameOf(text: string, tag?: number): Name {
  return parseName(writeSequence(writeRdn('2.5.4.3', text, tag)), 'name')
}

const LIST_NAME = parseName(LIST_ISSUER, 'issuer')

describe('an entry', () => {
  const invalid = (text: string): Uint8Array =>
    writeExtensionField(CRL_OID.invalidityDate, writeString(TAG.generalizedTime, text))

  test('says when, why, and since when the key may have been in other hands', () => {
    const extensions = [writeReasonCode(1), invalid('20260401020304Z')]
    expect(entryOf({ revocationDate: writeUtc('260501020304Z'), extensions })).toMatchObject({
      serialNumber: ONE,
      revocationDate: new Date('2026-05-01T02:03:04Z'),
      reason: 'keyCompromise',
      invalidityDate: new Date('2026-04-01T02:03:04Z'),
    })
  })

  test('says when alone', () => {
    expect(entryOf({})).toMatchObject({
      serialNumber: ONE,
      revocationDate: new Date('2026-05-01T00:00:00Z'),
      reason: 'unspecified',
    })
  })

  test.each([
    ['without a serial number', { serialNumber: new Uint8Array(0) }, 'ERR_DER_UNEXPECTED_TAG'],
    ['with an empty serial number', { serialNumber: writeRawInteger() }, 'ERR_DER_NON_CANONICAL'],
    [
      'with a serial number of a needless zero',
      { serialNumber: writeRawInteger(0, 1) },
      'ERR_DER_NON_CANONICAL',
    ],
    [
      'with a negative one of a needless octet',
      { serialNumber: writeRawInteger(0xff, 0x80) },
      'ERR_DER_NON_CANONICAL',
    ],
    ['without a date', { revocationDate: new Uint8Array(0) }, 'ERR_DER_TRUNCATED'],
    ['with a date of another type', { revocationDate: writeInteger(1) }, 'ERR_DER_VALUE'],
    ['with a day that is none', { revocationDate: writeUtc('260431000000Z') }, 'ERR_DER_VALUE'],
    ['with an hour that is none', { revocationDate: writeUtc('260430240000Z') }, 'ERR_DER_VALUE'],
    ['with a minute that is none', { revocationDate: writeUtc('260430236000Z') }, 'ERR_DER_VALUE'],
    ['with a second that is none', { revocationDate: writeUtc('260430235960Z') }, 'ERR_DER_VALUE'],
    ['with a month that is none', { revocationDate: writeUtc('261301000000Z') }, 'ERR_DER_VALUE'],
    ['with month zero', { revocationDate: writeUtc('260001000000Z') }, 'ERR_DER_VALUE'],
    ['with day zero', { revocationDate: writeUtc('260500000000Z') }, 'ERR_DER_VALUE'],
    ['with 29 February of another year', { revocationDate: writeUtc('260229000000Z') }, 'ERR_DER_VALUE'],
    ['with a time that is not Zulu', { revocationDate: writeUtc('2605010000000') }, 'ERR_DER_VALUE'],
    ['with a letter in its date', { revocationDate: writeUtc('26050100000oZ') }, 'ERR_DER_VALUE'],
    [
      'with a date in the wrong type',
      { revocationDate: writeString(TAG.generalizedTime, '260501000000Z') },
      'ERR_DER_VALUE',
    ],
    ['with something after its date', { after: writeNull() }, 'ERR_DER_UNEXPECTED_TAG'],
    [
      'with something after its extensions',
      { extensions: [writeReasonCode(1)], after: writeNull() },
      'ERR_DER_TRAILING_DATA',
    ],
  ])('is refused %s', (_, parts, code) => {
    expect(refusal(parts)).toMatchObject({ code })
  })

  test('is a SEQUENCE', () => {
    expect(thrownBy(() => listOf(writeSerialEntry(1), writeNull()))).toMatchObject({
      code: 'ERR_DER_UNEXPECTED_TAG',
      details: { reading: 'revokedCertificate' },
    })
  })

  test.each([
    ['as UTCTime', writeUtc('500101000000Z'), '1950-01-01T00:00:00Z'],
    ['as UTCTime of this century', writeUtc('491231235959Z'), '2049-12-31T23:59:59Z'],
    ['on 29 February', writeUtc('240229000000Z'), '2024-02-29T00:00:00Z'],
    ['as GeneralizedTime', writeString(TAG.generalizedTime, '20500101000000Z'), '2050-01-01T00:00:00Z'],
  ])('has its date %s', (_, revocationDate, expected) => {
    expect(entryOf({ revocationDate }).revocationDate).toEqual(new Date(expected))
  })

  // RFC 5280 §4.1.2.2
  test('has a serial number of at most 20 octets', () => {
    const twenty = Array.from({ length: 20 }, () => 0x7f)
    const withZero = [0, 0xff, ...twenty.slice(1)]
    const list = listOf(writeSerialEntry(...twenty), writeSerialEntry(...withZero))
    expect(list.find(list.issuer, Uint8Array.from(twenty))).toBeDefined()
    expect(list.find(list.issuer, Uint8Array.from(withZero))).toBeDefined()
    for (const content of [
      [1, ...twenty],
      [0, 0xff, ...twenty],
    ])
      expect(refusal({ serialNumber: writeRawInteger(...content) })).toMatchObject({
        code: 'ERR_CRL_FIELD',
        details: {
          field: 'userCertificate',
          problem: `${content.length} octets, at most 20 are allowed`,
        },
      })
  })

  test.each([
    ['in two bytes where one suffices', Uint8Array.of(0x30, 0x81, 0x12)],
    ['that is indefinite', Uint8Array.of(0x30, 0x80)],
  ])('has no length %s', (_, header) => {
    const content = writeSerialEntry(1).subarray(2)
    expect(content).toHaveLength(0x12)
    expect(thrownBy(() => listOf(bytesOf(header, content)))).toMatchObject({ code: 'ERR_DER_NON_CANONICAL' })
  })

  test('does not reach beyond the list of entries', () => {
    const entry = writeSerialEntry(1)
    const longer = entry.with(1, (entry[1] ?? 0) + 1)
    expect(thrownBy(() => listOf(writeSerialEntry(2), longer))).toMatchObject({ code: 'ERR_DER_TRUNCATED' })
  })

  test('has at most 16 KiB', () => {
    const sized = (length: number): EntryParts => ({
      extensions: [writeExtensionField('1.2.3', new Uint8Array(length))],
    })
    const most = 16_384 - (writeEntry(sized(16_000)).length - 16_000)
    expect(entryOf(sized(most)).serialNumber).toEqual(ONE)
    expect(refusal(sized(most + 1))).toMatchObject({
      code: 'ERR_DER_LIMIT',
      details: { reading: 'revokedCertificate', limit: 'size', maximum: 16_384, found: 16_385 },
    })
  })

  test('may be of more than 127 bytes, and of more than 255', () => {
    for (const length of [100, 250, 300]) {
      const extensions = [writeExtensionField('1.2.3', new Uint8Array(length))]
      const list = listOf(writeSerialEntry(1), writeEntry({ serialNumber: writeInteger(2), extensions }))
      expect(list.find(list.issuer, ONE)?.serialNumber).toEqual(ONE)
      expect(list.find(list.issuer, Uint8Array.of(2))?.serialNumber).toEqual(Uint8Array.of(2))
    }
  })
})

describe('the extensions of an entry', () => {
  test('are at least one', () => {
    expect(refusal({ extensionsField: writeSequence() })).toMatchObject({
      code: 'ERR_DER_VALUE',
      details: { reading: 'crlEntryExtensions' },
    })
  })

  test('are none twice', () => {
    expect(entryOf({ extensions: [writeReasonCode(1)] }).reason).toBe('keyCompromise')
    expect(refusal({ extensions: [writeReasonCode(1), writeReasonCode(1)] })).toMatchObject({
      code: 'ERR_CRL_EXTENSION',
      details: { oid: CRL_OID.reasonCode, problem: 'stands twice' },
    })
  })

  test('are 16, and not one more', () => {
    const extensions = Array.from({ length: 16 }, (_, index) =>
      writeExtensionField(`1.2.3.${index}`, writeNull()),
    )
    expect(entryOf({ extensions }).serialNumber).toEqual(ONE)
    expect(refusal({ extensions: [...extensions, writeExtensionField('1.2.4', writeNull())] })).toMatchObject(
      {
        code: 'ERR_DER_LIMIT',
        details: { reading: 'crlEntryExtensions', maximum: 16, found: 17 },
      },
    )
  })

  test('never say that one is not critical', () => {
    const reason = writeElement(TAG.enumerated, ONE)
    const written = (critical: Uint8Array): EntryParts => ({
      extensions: [writeExtensionField(CRL_OID.reasonCode, reason, critical)],
    })
    expect(entryOf(written(CRITICAL)).reason).toBe('keyCompromise')
    expect(refusal(written(NOT_CRITICAL))).toMatchObject({ code: 'ERR_DER_VALUE' })
  })

  test.each([
    ['reasonCode', CRL_OID.reasonCode],
    ['invalidityDate', CRL_OID.invalidityDate],
    ['certificateIssuer', CRL_OID.certificateIssuer],
  ])('%s that is malformed is refused, and named', (name, oid) => {
    expect(refusal({ extensions: [writeExtensionField(oid, writeNull(), CRITICAL)] })).toMatchObject({
      name: 'CertificateError',
      code: 'ERR_CRL_EXTENSION',
      details: { oid, name },
      cause: { code: 'ERR_DER_UNEXPECTED_TAG' },
    })
  })

  test.each([
    ['reasonCode', CRL_OID.reasonCode, writeElement(TAG.enumerated, ONE)],
    ['invalidityDate', CRL_OID.invalidityDate, writeString(TAG.generalizedTime, '20260401000000Z')],
    ['certificateIssuer', CRL_OID.certificateIssuer, writeSequence(writeExplicit(4, LIST_ISSUER))],
  ])('%s with a byte left over is refused', (_, oid, value) => {
    const extensions = [writeExtensionField(oid, bytesOf(value, [0]), CRITICAL)]
    expect(refusal({ extensions })).toMatchObject({
      code: 'ERR_CRL_EXTENSION',
      details: { oid },
      cause: { code: 'ERR_DER_TRAILING_DATA' },
    })
  })

  // RFC 5280 §5.3.2
  test('have invalidityDate as GeneralizedTime', () => {
    const extensions = [writeExtensionField(CRL_OID.invalidityDate, writeUtc('260401000000Z'))]
    expect(refusal({ extensions })).toMatchObject({
      code: 'ERR_CRL_EXTENSION',
      cause: { code: 'ERR_DER_UNEXPECTED_TAG' },
    })
  })

  test('are looked at for what is critical in each entry, of eight kinds at most', () => {
    const unknown = (oid: string): Uint8Array =>
      writeEntry({ extensions: [writeExtensionField(oid, writeNull(), CRITICAL)] })
    const kinds = Array.from({ length: 8 }, (_, index) => `1.2.3.${index}`)
    expect(listOf(...kinds.map(unknown)).unknownCritical).toEqual(kinds)
    expect(listOf(...kinds.map(unknown), unknown('1.2.4')).unknownCritical).toEqual(kinds)
  })
})

describe('reasonCode', () => {
  test.each(CRL_REASONS.map((reason, number) => [number, reason] as const).filter(([, reason]) => reason))(
    '%d is %s',
    (number, reason) => {
      expect(entryOf({ extensions: [writeReasonCode(number)] }).reason).toBe(reason)
    },
  )

  test.each([
    ['7, which is not used', Uint8Array.of(7), 'ERR_DER_VALUE'],
    ['11, which there is not', Uint8Array.of(11), 'ERR_DER_VALUE'],
    ['127, which there is not', Uint8Array.of(127), 'ERR_DER_VALUE'],
    ['negative', Uint8Array.of(0x81), 'ERR_DER_VALUE'],
    ['without octets', new Uint8Array(0), 'ERR_DER_NON_CANONICAL'],
    ['with a needless zero', Uint8Array.of(0, 1), 'ERR_DER_NON_CANONICAL'],
    ['of five octets', Uint8Array.of(1, 0, 0, 0, 0), 'ERR_DER_VALUE'],
  ])('is refused: %s', (_, content, code) => {
    const extensions = [writeExtensionField(CRL_OID.reasonCode, writeElement(TAG.enumerated, content))]
    expect(refusal({ extensions })).toMatchObject({
      code: 'ERR_CRL_EXTENSION',
      details: { oid: CRL_OID.reasonCode },
      cause: { code },
    })
  })

  test('is refused as INTEGER', () => {
    const extensions = [writeExtensionField(CRL_OID.reasonCode, writeInteger(1))]
    expect(refusal({ extensions })).toMatchObject({ cause: { code: 'ERR_DER_UNEXPECTED_TAG' } })
  })
})

describe('a certificate is found', () => {
  test('by issuer and serial number, never by a serial number alone', () => {
    const list = listOf(writeSerialEntry(1))
    expect(list.find(LIST_NAME, ONE)).toBeDefined()
    expect(list.find(nameOf('another'), ONE)).toBeUndefined()
  })

  // RFC 5280 §7.1
  test('by a name that is the same by the rules of names', () => {
    const list = listOf(writeSerialEntry(1))
    expect(list.find(nameOf('X', TAG.printableString), ONE)).toBeDefined()
    expect(list.find(nameOf('x x'), ONE)).toBeUndefined()
  })

  test('by all octets of the serial number', () => {
    const serials = [[0], [1], [0x7f], [0, 0x80], [0x80], [0xff, 0x7f], [1, 0], [1, 1], [1, 0, 0]]
    const list = listOf(...serials.map((serial) => writeSerialEntry(...serial)))
    for (const serial of serials)
      expect(list.find(LIST_NAME, Uint8Array.from(serial))?.serialNumber).toEqual(Uint8Array.from(serial))
    for (const other of [
      [],
      [2],
      [0, 1],
      [0, 0x7f],
      [0x81],
      [1, 2],
      [0xff, 0xff],
      [0, 0, 0x80],
      [1, 0, 0, 0],
    ])
      expect(list.find(LIST_NAME, Uint8Array.from(other))).toBeUndefined()
  })

  test.each([1, 2, 3, 4, 5, 7, 8, 9, 31, 32, 33, 100, 1_023, 1_024, 1_025, 5_000])(
    'among %i that stand in no order',
    (count) => {
      // A step without a common divisor reaches each number once.
      const numbers = Array.from({ length: count }, (_, index) => (index * 7_919) % count)
      const serialOf = (number: number): Uint8Array => writeInteger(3 * number).subarray(2)
      const list = listOf(...numbers.map((number) => writeSerialEntry(...serialOf(number))))
      expect(list.size).toBe(count)
      for (let number = 0; number < count; number++) {
        const serialNumber = serialOf(number)
        expect(list.find(LIST_NAME, serialNumber)?.serialNumber).toEqual(serialNumber)
        expect(list.find(LIST_NAME, writeInteger(3 * number + 1).subarray(2))).toBeUndefined()
      }
    },
  )

  test('by the last of several entries of one serial number', () => {
    const twice = (first: number, last: number): Uint8Array[] => [
      writeEntry({ extensions: [writeReasonCode(first)] }),
      writeSerialEntry(2),
      writeEntry({ extensions: [writeReasonCode(last)] }),
    ]
    expect(listOf(...twice(6, 8)).find(LIST_NAME, ONE)?.reason).toBe('removeFromCRL')
    expect(listOf(...twice(8, 6)).find(LIST_NAME, ONE)?.reason).toBe('certificateHold')
  })

  test('by the last of very many entries of one serial number', () => {
    const many = Array.from({ length: 1_023 }, () => writeSerialEntry(1))
    const last = writeEntry({ extensions: [writeReasonCode(4)] })
    const others = [writeSerialEntry(2), writeSerialEntry(0), writeSerialEntry(1, 1)]
    const list = listOf(...others, ...many, last, ...others)
    expect(list.find(LIST_NAME, ONE)?.reason).toBe('superseded')
    expect(list.size).toBe(1_030)
    expect(thrownBy(() => listOf(...others, ...many, last, writeSerialEntry(1)))).toMatchObject({
      code: 'ERR_DER_LIMIT',
      details: {
        reading: 'revokedCertificates',
        limit: 'entries of one serial number',
        maximum: 1_024,
        found: 1_025,
      },
    })
  })

  test('among more that begin with the same octets than there are of one serial number', () => {
    const alike = Array.from({ length: 3_000 }, (_, index) =>
      writeSerialEntry(1, 2, 3, 4, 5, index >> 8, index & 255),
    )
    const list = listOf(
      writeSerialEntry(1, 2, 9, 4, 5, 6, 7),
      ...alike,
      writeSerialEntry(1, 0, 0, 0, 0, 0, 0),
    )
    expect(list.find(LIST_NAME, Uint8Array.of(1, 2, 3, 4, 5, 7, 7))).toBeDefined()
    expect(list.find(LIST_NAME, Uint8Array.of(1, 2, 3, 4, 5, 255, 7))).toBeUndefined()
  })
})

// RFC 5280 §5.3.3
describe('in an indirect list', () => {
  const directory = ({ der }: Name): Uint8Array => writeExplicit(4, der)
  const A = nameOf('a')
  const B = nameOf('b')

  function entry(serial: number, issuer?: Name, reason = 1): Uint8Array {
    return writeEntry({
      serialNumber: writeInteger(serial),
      extensions: [
        writeReasonCode(reason),
        ...(issuer === undefined ? [] : [writeCertificateIssuer(directory(issuer))]),
      ],
    })
  }

  function indirect(...entries: readonly Uint8Array[]): CertificateList {
    return parseCrl(writeUnsignedCrl({ entries, extensions: [INDIRECT] }))
  }

  function foundBy(list: CertificateList, serial: number): readonly string[] {
    const names = { list: LIST_NAME, a: A, b: B }
    return Object.entries(names)
      .filter(([, name]) => list.find(name, Uint8Array.of(serial)) !== undefined)
      .map(([text]) => text)
  }

  test('the first entries are of its own issuer', () => {
    const list = indirect(entry(1), entry(2), entry(3, A))
    expect([1, 2, 3].map((serial) => foundBy(list, serial))).toEqual([['list'], ['list'], ['a']])
  })

  test('an issuer stays until another is named', () => {
    const list = indirect(entry(1, A), entry(2), entry(3, B), entry(4), entry(5, LIST_NAME), entry(6))
    expect([1, 2, 3, 4, 5, 6].map((serial) => foundBy(list, serial))).toEqual([
      ['a'],
      ['a'],
      ['b'],
      ['b'],
      ['list'],
      ['list'],
    ])
  })

  test('an issuer may come back', () => {
    const list = indirect(entry(1, A), entry(2, B), entry(3, A), entry(4))
    expect([1, 2, 3, 4].map((serial) => foundBy(list, serial))).toEqual([['a'], ['b'], ['a'], ['a']])
  })

  test('an issuer may be named with each entry', () => {
    const list = indirect(entry(1, A), entry(2, A), entry(3, B), entry(4, B))
    expect([1, 2, 3, 4].map((serial) => foundBy(list, serial))).toEqual([['a'], ['a'], ['b'], ['b']])
  })

  test('one serial number stands for a certificate of each issuer', () => {
    const list = indirect(entry(1, undefined, 1), entry(1, A, 2), entry(1, B, 3))
    expect([LIST_NAME, A, B].map((name) => list.find(name, ONE)?.reason)).toEqual([
      'keyCompromise',
      'cACompromise',
      'affiliationChanged',
    ])
    expect(list.find(nameOf('c'), ONE)).toBeUndefined()
  })

  test('the last entry of an issuer counts, whoever else has the serial number after it', () => {
    const list = indirect(entry(1, A, 1), entry(1, A, 4), entry(1, B, 5), entry(1, undefined, 9))
    expect(list.find(A, ONE)?.reason).toBe('superseded')
    expect(list.find(B, ONE)?.reason).toBe('privilegeWithdrawn')
    expect(list.find(LIST_NAME, ONE)).toBeUndefined()
  })

  test('the issuer is the directory name among several', () => {
    const names = [writeImplicit(2, new TextEncoder().encode('a.example')), directory(A)]
    const named = (...generalNames: readonly Uint8Array[]): CertificateList =>
      indirect(writeEntry({ extensions: [writeCertificateIssuer(...generalNames)] }))
    expect(foundBy(named(...names), 1)).toEqual(['a'])
    expect(foundBy(named(directory(B), ...names), 1)).toEqual(['a', 'b'])
  })

  test('an issuer without a directory name is refused, since nobody would be found', () => {
    const names = [writeImplicit(2, new TextEncoder().encode('a.example'))]
    const extensions = [writeCertificateIssuer(...names)]
    expect(thrownBy(() => indirect(entry(1, A), writeEntry({ extensions })))).toMatchObject({
      code: 'ERR_CRL_EXTENSION',
      details: { oid: CRL_OID.certificateIssuer },
      cause: { code: 'ERR_DER_VALUE', details: { expected: 'a directory name', found: 'none' } },
    })
  })

  test('an issuer counts that is named in more bytes than most', () => {
    const long = nameOf('x'.repeat(600))
    const list = indirect(entry(1, A), entry(2, long), entry(3), entry(4, B))
    expect([1, 2, 3, 4].map((serial) => list.find(long, Uint8Array.of(serial)) !== undefined)).toEqual([
      false,
      true,
      true,
      false,
    ])
    expect([1, 2, 3, 4].map((serial) => foundBy(list, serial))).toEqual([['a'], [], [], ['b']])
  })

  test('each issuer is found among very many', () => {
    const count = 2_000
    const entries = Array.from({ length: count }, (_, index) =>
      writeEntry({
        serialNumber: writeInteger(index % 10),
        extensions: [writeCertificateIssuer(directory(nameOf(`ca ${index >> 1}`)))],
      }),
    )
    const list = indirect(...entries)
    for (let index = 0; index < count; index += 31) {
      const name = nameOf(`CA ${index >> 1}`)
      const ours = new Set([index & ~1, index | 1].map((place) => place % 10))
      const found = Array.from({ length: 10 }, (_, serial) => serial).filter(
        (serial) => list.find(name, Uint8Array.of(serial)) !== undefined,
      )
      expect(found).toEqual([...ours].toSorted((a, b) => a - b))
    }
  })

  test('certificateIssuer has at most 64 names', () => {
    const named = (count: number): Uint8Array =>
      writeEntry({
        serialNumber: writeInteger(1),
        extensions: [writeCertificateIssuer(...Array.from({ length: count }, () => directory(A)))],
      })
    expect(indirect(named(64)).find(A, ONE)).toBeDefined()
    expect(thrownBy(() => indirect(named(65)))).toMatchObject({
      code: 'ERR_CRL_EXTENSION',
      cause: { code: 'ERR_DER_LIMIT', details: { limit: 'number', maximum: 64, found: 65 } },
    })
  })

  test.each([
    ['is critical', writeExtensionField(CRL_OID.certificateIssuer, writeSequence(directory(A)))],
    ['names somebody', writeCertificateIssuer()],
    ['holds names', writeCertificateIssuer(writeOctetString(ONE))],
    ['has no empty name', writeCertificateIssuer(writeImplicit(2, new Uint8Array(0)))],
  ])('certificateIssuer %s', (_, extension) => {
    expect(thrownBy(() => indirect(writeEntry({ extensions: [extension] })))).toMatchObject({
      code: 'ERR_CRL_EXTENSION',
      details: { oid: CRL_OID.certificateIssuer },
    })
  })
})
