// Distinguished names: reading, comparison by RFC 5280 §7.1, printing by RFC 4514 with whatever could disturb a
// terminal escaped.

import { describe, expect, test } from 'vitest'
import { readWhole, thrownBy, writeAttribute, writeRdn } from '../../../../test/support/certificate-der.ts'
import { encodeHex } from '../bytes/hex.ts'
import { TAG } from '../der/tag.ts'
import { writeElement, writeInteger, writeNull, writeOid, writeSequence, writeSet } from '../der/writer.ts'
import { equalNames, extendName, formatName, type Name, nameKey, parseName, readName } from './name.ts'

const CN = '2.5.4.3'
const O = '2.5.4.10'
const DC = '0.9.2342.19200300.100.1.25'
const EMAIL = '1.2.840.113549.1.9.1'

function read(der: Uint8Array): Name {
  return readWhole(der, (reader) => readName(reader, 'subject'))
}

function named(text: string, oid: string = CN, tag: number = TAG.utf8String): Name {
  return read(writeSequence(writeRdn(oid, text, tag)))
}

/** A Name of one attribute whose value has exactly these content octets. */
function raw(tag: number, ...content: readonly number[]): Uint8Array {
  const value = writeElement(tag, Uint8Array.from(content))
  return writeSequence(writeSet(writeSequence(writeOid(CN), value)))
}

describe('reading', () => {
  test('reads the empty name', () => {
    expect(read(writeSequence())).toEqual({ der: writeSequence(), rdns: [], isEmpty: true })
  })

  test('reads RDNs in order, each with its attributes', () => {
    const der = writeSequence(writeRdn(O, 'b'), writeSet(writeAttribute(CN, 'a'), writeAttribute(CN, 'c')))
    const { rdns, isEmpty } = read(der)
    expect(rdns.map((rdn) => rdn.map(({ oid, value }) => [oid, value]))).toEqual([
      [[O, 'b']],
      [
        [CN, 'a'],
        [CN, 'c'],
      ],
    ])
    expect(isEmpty).toBe(false)
  })

  test('reads tag and encoding of a value beside its text', () => {
    const value = Uint8Array.of(TAG.printableString, 1, 0x61)
    const [rdn] = named('a', CN, TAG.printableString).rdns
    expect(rdn).toEqual([{ oid: CN, tag: TAG.printableString, value: 'a', der: value }])
  })

  test.each([
    ['UTF8String', TAG.utf8String],
    ['PrintableString', TAG.printableString],
    ['IA5String', TAG.ia5String],
    ['NumericString', TAG.numericString],
    ['VisibleString', TAG.visibleString],
  ])('reads %s as text', (_, tag) => {
    expect(read(raw(tag, 0x31, 0x32)).rdns[0]?.[0]?.value).toBe('12')
  })

  test('reads BMPString as UTF-16', () => {
    expect(read(raw(TAG.bmpString, 0x00, 0x61, 0x20, 0xac)).rdns[0]?.[0]?.value).toBe('a€')
  })

  test('reads a pair of surrogates in BMPString', () => {
    expect(read(raw(TAG.bmpString, 0xd8, 0x3d, 0xde, 0x00)).rdns[0]?.[0]?.value).toBe('😀')
  })

  test.each([
    ['TeletexString', TAG.teletexString],
    ['UniversalString', TAG.universalString],
    ['INTEGER', TAG.integer],
  ])('reads %s as hexadecimal', (_, tag) => {
    const hex = encodeHex(Uint8Array.of(tag, 1, 0x61))
    expect(read(raw(tag, 0x61)).rdns[0]?.[0]?.value).toBe(`#${hex}`)
  })

  test.each([
    ['UTF-8 that was cut', TAG.utf8String, [0xc3], 'UTF-8'],
    ['an overlong character', TAG.utf8String, [0xc0, 0x80], 'UTF-8'],
    ['a surrogate in UTF-8', TAG.utf8String, [0xed, 0xa0, 0x80], 'UTF-8'],
    ['byte 80 in PrintableString', TAG.printableString, [0x80], 'ASCII'],
    ['byte FF in IA5String', TAG.ia5String, [0x61, 0xff], 'ASCII'],
    ['byte 80 in NumericString', TAG.numericString, [0x80], 'ASCII'],
    ['byte 80 in VisibleString', TAG.visibleString, [0x80], 'ASCII'],
    ['an odd byte in BMPString', TAG.bmpString, [0x00, 0x61, 0x00], 'UTF-16'],
    ['a lone high surrogate in BMPString', TAG.bmpString, [0xd8, 0x3d], 'UTF-16'],
    ['a lone low surrogate in BMPString', TAG.bmpString, [0xde, 0x00], 'UTF-16'],
  ])('refuses %s', (_, tag, content, expected) => {
    expect(thrownBy(() => read(raw(tag, ...content)))).toMatchObject({
      code: 'ERR_DER_VALUE',
      details: { expected },
    })
  })

  test('refuses an RDN without attribute', () => {
    expect(thrownBy(() => read(writeSequence(writeSet())))).toMatchObject({
      code: 'ERR_DER_VALUE',
      details: { reading: 'subject.rdn', found: 'none' },
    })
  })

  test.each([
    ['a SEQUENCE as RDN', writeSequence(writeAttribute(CN, 'a')), 'ERR_DER_UNEXPECTED_TAG'],
    ['an attribute without value', writeSequence(writeSet(writeSequence(writeOid(CN)))), 'ERR_DER_TRUNCATED'],
    [
      'an attribute without type',
      writeSequence(writeSet(writeSequence(writeInteger(1)))),
      'ERR_DER_UNEXPECTED_TAG',
    ],
    [
      'an attribute of two values',
      writeSequence(writeSet(writeSequence(writeOid(CN), writeNull(), writeNull()))),
      'ERR_DER_TRAILING_DATA',
    ],
    ['a SET as name', writeSet(writeRdn(CN, 'a')), 'ERR_DER_UNEXPECTED_TAG'],
  ])('refuses %s', (_, der, code) => {
    expect(thrownBy(() => read(der))).toMatchObject({ code })
  })

  test('accepts attributes of an RDN in the order of DER, equal ones too', () => {
    const der = writeSequence(
      writeSet(writeAttribute(CN, 'a'), writeAttribute(CN, 'a'), writeAttribute(CN, 'b')),
    )
    expect(read(der).rdns[0]).toHaveLength(3)
  })

  // X.690 §11.6
  test('refuses attributes of an RDN that are not in the order of DER', () => {
    const der = writeSequence(writeSet(writeAttribute(CN, 'b'), writeAttribute(CN, 'a')))
    expect(thrownBy(() => read(der))).toMatchObject({ code: 'ERR_DER_NON_CANONICAL' })
  })

  test('accepts 24 attributes and refuses 25', () => {
    const nameWith = (count: number): Uint8Array =>
      writeSequence(...Array.from({ length: count }, () => writeRdn(CN, 'a', TAG.utf8String)))
    expect(read(nameWith(24)).rdns).toHaveLength(24)
    expect(() => read(nameWith(25))).toThrow(
      expect.objectContaining({
        code: 'ERR_DER_LIMIT',
        details: expect.objectContaining({ limit: 'attributes of a name', maximum: 24, found: 25 }),
      }),
    )
  })
})

describe('parseName', () => {
  const der = writeSequence(writeRdn(CN, 'a'))

  test('reads bytes as one name', () => {
    expect(parseName(der, 'issuer')).toEqual(read(der))
  })

  test.each([
    ['with something after it', Uint8Array.of(...der, 0x05, 0x00), 'ERR_DER_TRAILING_DATA'],
    ['cut off', der.subarray(0, -1), 'ERR_DER_TRUNCATED'],
    ['of another type', writeNull(), 'ERR_DER_UNEXPECTED_TAG'],
    ['of no bytes', new Uint8Array(0), 'ERR_DER_TRUNCATED'],
  ])('refuses a name %s', (_, bytes, code) => {
    expect(thrownBy(() => parseName(bytes, 'issuer'))).toMatchObject({ code, details: { reading: 'issuer' } })
  })
})

// RFC 5280 §4.2.1.13: the RDN is under an implicit tag, so that its own is missing.
describe('extendName', () => {
  const base = read(writeSequence(writeRdn(O, 'b'), writeRdn(CN, 'a')))

  test('has the RDN behind the others', () => {
    const longer = extendName(base, writeAttribute(CN, 'part'), 'point')
    expect(longer).toEqual(read(writeSequence(writeRdn(O, 'b'), writeRdn(CN, 'a'), writeRdn(CN, 'part'))))
    expect(formatName(longer)).toBe('CN=part,CN=a,O=b')
    expect(base.rdns).toHaveLength(2)
  })

  test('takes several attributes as one RDN', () => {
    const rdn = Uint8Array.of(...writeAttribute(CN, 'a'), ...writeAttribute(CN, 'c'))
    expect(extendName(base, rdn, 'point').rdns.at(-1)).toHaveLength(2)
  })

  test('makes a name of the empty one', () => {
    expect(extendName(read(writeSequence()), writeAttribute(CN, 'a'), 'point')).toEqual(named('a'))
  })

  test.each([
    ['of nothing', new Uint8Array(0), 'ERR_DER_VALUE'],
    ['that is whole', writeRdn(CN, 'a'), 'ERR_DER_UNEXPECTED_TAG'],
    [
      'in descending order',
      Uint8Array.of(...writeAttribute(CN, 'c'), ...writeAttribute(CN, 'a')),
      'ERR_DER_NON_CANONICAL',
    ],
    ['cut off', writeAttribute(CN, 'a').subarray(0, -1), 'ERR_DER_TRUNCATED'],
  ])('refuses an RDN %s', (_, rdn, code) => {
    expect(thrownBy(() => extendName(base, rdn, 'point'))).toMatchObject({ code })
  })

  test('keeps the limit of attributes within one RDN too', () => {
    const rdn = (count: number): Uint8Array =>
      Uint8Array.from(
        Array.from({ length: count }, (_, index) => [
          ...writeAttribute(CN, String.fromCharCode(65 + index)),
        ]).flat(),
      )
    const empty = read(writeSequence())
    expect(extendName(empty, rdn(24), 'point').rdns[0]).toHaveLength(24)
    expect(thrownBy(() => extendName(empty, rdn(25), 'point'))).toMatchObject({
      code: 'ERR_DER_LIMIT',
      details: { limit: 'attributes of a name', maximum: 24, found: 25 },
    })
  })

  test('keeps the limit of attributes', () => {
    const of = (count: number): Name =>
      read(writeSequence(...Array.from({ length: count }, (_, index) => writeRdn(CN, `${index}`))))
    expect(extendName(of(23), writeAttribute(CN, 'a'), 'point').rdns).toHaveLength(24)
    expect(thrownBy(() => extendName(of(24), writeAttribute(CN, 'a'), 'point'))).toMatchObject({
      code: 'ERR_DER_LIMIT',
      details: { limit: 'attributes of a name', maximum: 24, found: 25 },
    })
  })
})

describe('comparison', () => {
  test.each([
    ['the same text', 'a', 'a'],
    ['another case', 'Example CA', 'eXAMPLE ca'],
    ['another case beyond ASCII', 'ÄÖÜ', 'äöü'],
    ['spaces at the ends', ' a ', 'a'],
    ['several spaces within', 'a   b', 'a b'],
    ['a tabulator within', 'a\tb', 'a b'],
    ['a no-break space within', 'a\u00a0b', 'a b'],
    ['a soft hyphen', 'a\u00adb', 'ab'],
    ['a zero-width space', 'a\u200bb', 'ab'],
    ['a variation selector', 'a\ufe0fb', 'ab'],
    ['another composition of a letter', 'e\u0301', '\u00e9'],
    ['a compatible character', 'ﬁ', 'fi'],
    ['full-width letters', 'ＡＢ', 'ab'],
    ['nothing and a space', '', ' '],
  ])('takes for equal: %s', (_, a, b) => {
    expect(equalNames(named(a), named(b))).toBe(true)
    expect(nameKey(named(a))).toBe(nameKey(named(b)))
  })

  test.each([
    ['other letters', 'a', 'b'],
    ['a prefix', 'a', 'ab'],
    ['a space within', 'a b', 'ab'],
    ['an accent', 'e', 'é'],
    ['a letter that looks alike', 'a', '\u0430'],
    ['a dotless i', 'i', 'ı'],
    ['nothing and something', '', 'a'],
    ['a hyphen', 'a-b', 'ab'],
    ['a comma', 'a,b', 'a b'],
  ])('tells apart: %s', (_, a, b) => {
    expect(equalNames(named(a), named(b))).toBe(false)
    expect(nameKey(named(a))).not.toBe(nameKey(named(b)))
  })

  test('takes UTF8String and PrintableString for equal', () => {
    expect(equalNames(named('A'), named('a', CN, TAG.printableString))).toBe(true)
  })

  test.each([
    ['IA5String', TAG.ia5String],
    ['TeletexString', TAG.teletexString],
    ['NumericString', TAG.numericString],
  ])('tells %s apart from UTF8String', (_, tag) => {
    expect(equalNames(named('1'), named('1', CN, tag))).toBe(false)
  })

  test.each([
    ['IA5String', TAG.ia5String],
    ['TeletexString', TAG.teletexString],
  ])('compares %s byte for byte', (_, tag) => {
    expect(equalNames(named('a', CN, tag), named('a', CN, tag))).toBe(true)
    expect(equalNames(named('a', CN, tag), named('A', CN, tag))).toBe(false)
  })

  test.each([
    ['domainComponent', DC],
    ['emailAddress', EMAIL],
  ])('compares %s in IA5String without case', (_, oid) => {
    expect(equalNames(named('A@b', oid, TAG.ia5String), named('a@B', oid, TAG.ia5String))).toBe(true)
    expect(equalNames(named('a@b', oid, TAG.ia5String), named('a@c', oid, TAG.ia5String))).toBe(false)
  })

  test('tells apart the same text under another type', () => {
    expect(equalNames(named('a', CN), named('a', O))).toBe(false)
  })

  test('tells apart text from hexadecimal that looks like it', () => {
    const hex = encodeHex(Uint8Array.of(TAG.teletexString, 1, 0x61))
    expect(equalNames(named('a', CN, TAG.teletexString), named(`#${hex}`))).toBe(false)
  })

  test('tells apart another order of RDNs', () => {
    const a = read(writeSequence(writeRdn(CN, 'a'), writeRdn(O, 'b')))
    const b = read(writeSequence(writeRdn(O, 'b'), writeRdn(CN, 'a')))
    expect(equalNames(a, b)).toBe(false)
  })

  test('tells apart one RDN of two attributes from two RDNs', () => {
    const a = read(writeSequence(writeSet(writeAttribute(CN, 'a'), writeAttribute(CN, 'b'))))
    const b = read(writeSequence(writeRdn(CN, 'a'), writeRdn(CN, 'b')))
    expect(equalNames(a, b)).toBe(false)
  })

  test('tells apart a name with one RDN more', () => {
    const longer = read(writeSequence(writeRdn(CN, 'a'), writeRdn(CN, 'b')))
    expect(equalNames(named('a'), longer)).toBe(false)
  })

  test('tells apart the empty name', () => {
    expect(equalNames(read(writeSequence()), named(''))).toBe(false)
  })

  test('takes two empty names for equal', () => {
    expect(equalNames(read(writeSequence()), read(writeSequence()))).toBe(true)
  })

  test('tells apart an RDN with the same attribute twice', () => {
    const twice = read(writeSequence(writeSet(writeAttribute(CN, 'a'), writeAttribute(CN, 'a'))))
    expect(equalNames(named('a'), twice)).toBe(false)
  })

  test('takes no notice of the order within an RDN', () => {
    const a = read(writeSequence(writeSet(writeAttribute(CN, 'B'), writeAttribute(CN, 'a'))))
    const b = read(writeSequence(writeSet(writeAttribute(CN, 'A'), writeAttribute(CN, 'b'))))
    expect(equalNames(a, b)).toBe(true)
  })

  test('is not misled by text that looks like a key', () => {
    const a = read(writeSequence(writeRdn(CN, `a"],["${CN}=b`)))
    const b = read(writeSequence(writeRdn(CN, 'a'), writeRdn(CN, 'b')))
    expect(equalNames(a, b)).toBe(false)
  })

  test('gives the same key again', () => {
    const name = named('A')
    expect(nameKey(name)).toBe(nameKey(name))
  })

  // RFC 3454 appendix B.2, which RFC 5280 §7.1 names
  test.each([
    ['sharp s', 'STRASSE', 'straße'],
    ['final sigma', 'ΣΑΣ', 'σας'],
    ['capital sharp s', 'ẞ', 'ss'],
    ['long s', 'ſ', 'S'],
  ])('takes for equal after case folding: %s', (_, a, b) => {
    expect(equalNames(named(a), named(b))).toBe(true)
  })

  // RFC 4518 §2.2 maps control characters to nothing and NEL to a space.
  test.each([
    ['a control character', 'a\u0001b', 'ab'],
    ['NEL', 'a\u0085b', 'a b'],
  ])('takes for equal after mapping: %s', (_, a, b) => {
    expect(equalNames(named(a), named(b))).toBe(true)
  })

  // RFC 4518 §2.6.1: a space in front of a combining mark is significant.
  test.each([
    ['an acute accent of its own at the start', '\u00b4a', '\u0301a'],
    ['a space in front of an acute accent of its own', 'a \u00b4', 'a\u00b4'],
  ])('tells apart: %s', (_, a, b) => {
    expect(equalNames(named(a), named(b))).toBe(false)
  })

  // RFC 4518 §2.2 lists which format characters are mapped to nothing; these, which are visible, are not among them.
  test.each([
    ['dotless i', 'ı', 'I'],
    ['ARABIC NUMBER SIGN', 'a\u0600', 'a'],
    ['KAITHI NUMBER SIGN', 'a\u{110bd}', 'a'],
  ])('tells apart: %s', (_, a, b) => {
    expect(equalNames(named(a), named(b))).toBe(false)
  })
})

describe('printing', () => {
  test('puts the last RDN first', () => {
    expect(
      formatName(read(writeSequence(writeRdn('2.5.4.6', 'DE'), writeRdn(O, 'b'), writeRdn(CN, 'a')))),
    ).toBe('CN=a,O=b,C=DE')
  })

  test('joins the attributes of an RDN with a plus', () => {
    const name = read(writeSequence(writeSet(writeAttribute(CN, 'a'), writeAttribute(CN, 'b'))))
    expect(formatName(name)).toBe('CN=a+CN=b')
  })

  test('prints nothing for the empty name', () => {
    expect(formatName(read(writeSequence()))).toBe('')
  })

  test('prints a type without short name as dotted OID', () => {
    expect(formatName(named('a', '1.2.3'))).toBe('1.2.3=a')
  })

  test.each(['"', '+', ',', ';', '<', '>', '\\'])('puts a backslash in front of %s', (character) => {
    expect(formatName(named(`a${character}b`))).toBe(`CN=a\\${character}b`)
  })

  test.each([
    ['a space in front', ' a', 'CN=\\ a'],
    ['a number sign in front', '#a', 'CN=\\#a'],
    ['a space at the end', 'a ', 'CN=a\\ '],
    ['spaces at both ends', ' a ', 'CN=\\ a\\ '],
    ['two spaces at both ends', '  a  ', 'CN=\\  a \\ '],
    ['two spaces alone', '  ', 'CN=\\ \\ '],
    ['a backslash and a space at the end', 'a\\ ', 'CN=a\\\\\\ '],
  ])('escapes %s', (_, text, expected) => {
    expect(formatName(named(text))).toBe(expected)
  })

  test.each([
    ['spaces within', 'a  b'],
    ['a number sign within', 'a#b'],
    ['an equals sign', 'a=b'],
    ['letters beyond ASCII', 'Ünï 漢字'],
  ])('leaves %s alone', (_, text) => {
    expect(formatName(named(text))).toBe(`CN=${text}`)
  })

  test.each([
    ['NUL', '\0', '0'],
    ['a line break', '\n', 'a'],
    ['ESC', '\u001b', '1b'],
    ['DEL', '\u007f', '7f'],
    ['a C1 control', '\u009b', '9b'],
    ['a soft hyphen', '\u00ad', 'ad'],
    ['a zero-width space', '\u200b', '200b'],
    ['a right-to-left mark', '\u200f', '200f'],
    ['a right-to-left override', '\u202e', '202e'],
    ['a line separator', '\u2028', '2028'],
    ['a bidirectional isolate', '\u2067', '2067'],
    ['a byte order mark', '\ufeff', 'feff'],
    ['a Hangul filler', '\u3164', '3164'],
    ['a tag character', '\u{e0041}', 'e0041'],
    ['a character of private use', '\ue000', 'e000'],
  ])('shows %s as an escape', (_, character, hex) => {
    expect(formatName(named(`a${character}b`))).toBe(`CN=a\\u{${hex}}b`)
  })

  test('tells an escape apart from text that looks like one', () => {
    expect(formatName(named('\\u{202e}'))).toBe('CN=\\\\u{202e}')
  })

  test('shows a value of 240 characters whole', () => {
    expect(formatName(named('a'.repeat(240)))).toBe(`CN=${'a'.repeat(240)}`)
  })

  test('cuts a value of 241 characters and says so', () => {
    expect(formatName(named('a'.repeat(241)))).toBe(`CN=${'a'.repeat(240)}…(241 characters)`)
  })

  test('escapes a single space once', () => {
    expect(formatName(named(' '))).toBe('CN=\\ ')
  })

  // RFC 4514 §2.4: the number sign of a hexadecimal value is not escaped, or it cannot be told from text.
  test('prints a value that is no text with a bare number sign', () => {
    expect(formatName(named('a', CN, TAG.teletexString))).toBe('CN=#140161')
  })
})
