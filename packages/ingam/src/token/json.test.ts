// The strict JSON reader of headers and claims: one text, one meaning; whatever parsers disagree on is refused.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { codeOf } from '../../../../test/support/codes.ts'
import { type JsonObject, parseJsonObject } from './json.ts'

function parse(text: string): JsonObject {
  return parseJsonObject(new TextEncoder().encode(text), 'payload')
}

function bytes(text: string, ...middle: readonly number[]): Uint8Array {
  return Uint8Array.from([...new TextEncoder().encode(text), ...middle, ...new TextEncoder().encode('"}')])
}

describe('the document', () => {
  test.each([
    ['{}', {}],
    [' \t\r\n{ } \t\r\n', {}],
    ['{"a":1}', { a: 1 }],
    [' { "a" : [ 1 , null ] , "b" : { } } ', { a: [1, null], b: {} }],
    ['{"a":true,"b":false,"c":null}', { a: true, b: false, c: null }],
    ['{"":0}', { '': 0 }],
  ])('accepts %j', (text, value) => {
    expect(parse(text)).toEqual(value)
  })

  test.each([
    ['no text', ''],
    ['white space alone', ' '],
    ['an array', '[]'],
    ['a string', '"{}"'],
    ['a number', '1'],
    ['null', 'null'],
    ['a second object', '{}{}'],
    ['text after the object', '{}x'],
    ['a NUL after the object', '{}\0'],
    ['a byte order mark in front', '\ufeff{}'],
    ['a no-break space in front', '\u00a0{}'],
    ['a form feed', '{\f}'],
    ['a vertical tab', '{\v}'],
    ['an object that does not end', '{'],
    ['an object that ends after a name', '{"a"'],
    ['an object that ends after a colon', '{"a":'],
    ['an object that ends after a value', '{"a":1'],
    ['a trailing comma in an object', '{"a":1,}'],
    ['a leading comma in an object', '{,"a":1}'],
    ['two commas', '{"a":1,,"b":2}'],
    ['a missing comma', '{"a":1 "b":2}'],
    ['a missing colon', '{"a" 1}'],
    ['an equals sign for a colon', '{"a"=1}'],
    ['a name without quotes', '{a:1}'],
    ['a name in single quotes', "{'a':1}"],
    ['a number as a name', '{1:1}'],
    ['a missing value', '{"a":}'],
    ['undefined', '{"a":undefined}'],
    ['a block comment', '{/**/}'],
    ['a line comment', '{}//'],
    ['an array that does not end', '{"a":['],
    ['a trailing comma in an array', '{"a":[1,]}'],
    ['a hole in an array', '{"a":[1,,2]}'],
    ['a leading comma in an array', '{"a":[,1]}'],
    ['an array that ends as an object', '{"a":[1}'],
    ['an object that ends as an array', '{"a":1]'],
    ['True', '{"a":True}'],
    ['a cut word', '{"a":tru'],
    ['a word run on', '{"a":nullx}'],
  ])('refuses %s', (_, text) => {
    expect(() => parse(text)).toThrow(expect.objectContaining({ code: 'ERR_TOKEN_JSON' }))
  })

  test('names the part and the offset', () => {
    expect(() => parse('{"a":x}')).toThrow(
      expect.objectContaining({ details: expect.objectContaining({ part: 'payload', offset: 5 }) }),
    )
  })
})

describe('UTF-8', () => {
  test('accepts two, three and four bytes a character', () => {
    expect(parse('{"a":"é€😀"}')).toEqual({ a: 'é€😀' })
  })

  test.each([
    ['a byte that begins nothing', [0xff]],
    ['a continuation alone', [0x80]],
    ['a cut sequence', [0xc3]],
    ['an overlong quotation mark', [0xc0, 0xa2]],
    ['an overlong NUL', [0xc0, 0x80]],
    ['an encoded surrogate', [0xed, 0xa0, 0x80]],
    ['a surrogate pair in two sequences', [0xed, 0xa0, 0xbd, 0xed, 0xb8, 0x80]],
    ['a character above U+10FFFF', [0xf4, 0x90, 0x80, 0x80]],
  ])('refuses %s', (_, middle) => {
    expect(() => parseJsonObject(bytes('{"a":"', ...middle), 'header')).toThrow(
      expect.objectContaining({
        code: 'ERR_TOKEN_ENCODING',
        details: expect.objectContaining({ part: 'header' }),
      }),
    )
  })

  test('refuses UTF-16', async () => {
    const utf16 = Uint8Array.of(0xff, 0xfe, 0x7b, 0, 0x7d, 0)
    expect(await codeOf(() => parseJsonObject(utf16, 'header'))).toBe('ERR_TOKEN_ENCODING')
  })

  test('refuses UTF-16 without a mark', async () => {
    expect(await codeOf(() => parseJsonObject(Uint8Array.of(0x7b, 0, 0x7d, 0), 'header'))).toBe(
      'ERR_TOKEN_JSON',
    )
  })
})

describe('members', () => {
  test.each([
    ['the same name twice', '{"a":1,"a":1}'],
    ['the same name with an escape', '{"a":1,"\\u0061":2}'],
    ['the same name with an escape first', '{"\\u0061":1,"a":2}'],
    ['the same name in another case of hexadecimal', '{"\\u00e9":1,"\\u00E9":2}'],
    ['the same name deep within', '{"a":[{"b":{"c":1,"c":2}}]}'],
    ['the empty name twice', '{"":1,"":2}'],
    ['__proto__', '{"__proto__":{}}'],
    ['__proto__ with an escape', '{"\\u005f_proto__":{}}'],
    ['__proto__ deep within', '{"a":[{"__proto__":1}]}'],
  ])('refuses %s', (_, text) => {
    expect(() => parse(text)).toThrow(expect.objectContaining({ code: 'ERR_TOKEN_JSON' }))
  })

  test.each([
    ['names that differ in case', '{"a":1,"A":2}'],
    ['the same name in two objects', '{"a":{"a":1},"b":{"a":1}}'],
    ['names that differ in normalisation', '{"\\u00e9":1,"e\\u0301":2}'],
    ['names that differ in a NUL', '{"a":1,"a\\u0000":2}'],
    ['a name of Object.prototype', '{"constructor":1,"hasOwnProperty":2,"toString":3}'],
    ['proto without its lines', '{"proto":1}'],
  ])('accepts %s', (_, text) => {
    expect(parse(text)).toEqual(JSON.parse(text))
  })

  test('gives each member as its own', () => {
    expect(Object.hasOwn(parse('{"toString":1}'), 'toString')).toBe(true)
  })

  test('accepts 256 members and refuses 257', async () => {
    const members = (count: number): string =>
      `{${Array.from({ length: count }, (_, index) => `"m${index}":0`).join(',')}}`
    expect(Object.keys(parse(members(256)))).toHaveLength(256)
    expect(await codeOf(() => parse(members(257)))).toBe('ERR_TOKEN_JSON')
  })

  test('counts the elements of arrays with the members', async () => {
    const elements = (count: number): string =>
      `{"a":[${Array.from({ length: count }, () => '0').join(',')}]}`
    expect(parse(elements(255))).toHaveProperty('a')
    expect(await codeOf(() => parse(elements(256)))).toBe('ERR_TOKEN_JSON')
  })
})

describe('nesting', () => {
  const arrays = (depth: number): string => `{"a":${'['.repeat(depth - 1)}${']'.repeat(depth - 1)}}`
  const objects = (depth: number): string => `${'{"a":'.repeat(depth - 1)}{}${'}'.repeat(depth - 1)}`

  test('accepts objects 16 deep and refuses 17', async () => {
    expect(parse(objects(16))).toHaveProperty('a')
    expect(await codeOf(() => parse(objects(17)))).toBe('ERR_TOKEN_JSON')
  })

  test('accepts arrays 16 deep and refuses 17', async () => {
    expect(parse(arrays(16))).toHaveProperty('a')
    expect(await codeOf(() => parse(arrays(17)))).toBe('ERR_TOKEN_JSON')
  })

  test('refuses ten thousand brackets without overflow', async () => {
    expect(await codeOf(() => parse(`{"a":${'['.repeat(10_000)}`))).toBe('ERR_TOKEN_JSON')
  })

  test('counts depth, not the objects that were closed', () => {
    expect(parse('{"a":[{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}]}')).toHaveProperty('a')
  })
})

describe('strings', () => {
  test.each([
    ['"\\"\\\\\\/\\b\\f\\n\\r\\t"', '"\\/\b\f\n\r\t'],
    ['"\\u0000"', '\0'],
    ['"\\u00E9\\u00e9"', 'éé'],
    ['"\\ud83d\\ude00"', '😀'],
    ['"a\\u0062c"', 'abc'],
    ['"\u007f\u2028"', '\u007f\u2028'],
  ])('reads %s', (text, value) => {
    expect(parse(`{"a":${text}}`)).toEqual({ a: value })
  })

  test.each([
    ['a high surrogate alone', '"\\ud83d"'],
    ['a low surrogate alone', '"\\ude00"'],
    ['surrogates in the wrong order', '"\\ude00\\ud83d"'],
    ['a high surrogate before a character', '"\\ud83dx"'],
    ['a raw line feed', '"\n"'],
    ['a raw tab', '"\t"'],
    ['a raw NUL', '"\0"'],
    ['a raw control character after an escape', '"\\n\u0001"'],
    ['an unknown escape', '"\\x41"'],
    ['an escaped apostrophe', '"\\\'"'],
    ['an escape in capitals', '"\\U0041"'],
    ['an escape of three digits', '"\\u041"'],
    ['an escape with a sign', '"\\u+041"'],
    ['an escape with a space', '"\\u 041"'],
    ['an escape of full-width digits', '"\\u００４１"'],
    ['an escape in braces', '"\\u{41}"'],
    ['an escape named as a member of Object.prototype', '"\\constructor"'],
    ['a string that does not end', '"abc'],
    ['a string that ends in a backslash', '"abc\\"'],
  ])('refuses %s', (_, text) => {
    expect(() => parse(`{"a":${text}}`)).toThrow(expect.objectContaining({ code: 'ERR_TOKEN_JSON' }))
  })

  test('refuses a lone surrogate in a name', async () => {
    expect(await codeOf(() => parse('{"\\ud800":1}'))).toBe('ERR_TOKEN_JSON')
  })

  test('refuses a text that ends within an escape', async () => {
    expect(await codeOf(() => parse('{"a":"\\'))).toBe('ERR_TOKEN_JSON')
    expect(await codeOf(() => parse('{"a":"\\u00'))).toBe('ERR_TOKEN_JSON')
  })
})

describe('numbers', () => {
  test.each([
    ['0', 0],
    ['-0', -0],
    ['10', 10],
    ['-1', -1],
    ['1.5', 1.5],
    ['1e3', 1000],
    ['1E+3', 1000],
    ['1e-3', 0.001],
    ['0e0', 0],
    ['1.7976931348623157e308', Number.MAX_VALUE],
    ['9007199254740993', 9007199254740992],
  ])('reads %s', (text, value) => {
    expect(parse(`{"a":${text}}`)['a']).toBe(value)
  })

  test.each([
    '01',
    '-01',
    '00',
    '+1',
    '.5',
    '1.',
    '1.e3',
    '-',
    '-.5',
    '1e',
    '1e+',
    '1e1.5',
    '0x10',
    '0b1',
    '0o7',
    '1_000',
    '1n',
    '1,5e',
    '1 000',
    '--1',
    '１',
    'NaN',
    'Infinity',
    '-Infinity',
    '1e309',
    '-1e309',
  ])('refuses %s', (text) => {
    expect(() => parse(`{"a":${text}}`)).toThrow(expect.objectContaining({ code: 'ERR_TOKEN_JSON' }))
  })

  test('refuses a number of a thousand digits', async () => {
    expect(await codeOf(() => parse(`{"a":${'9'.repeat(1_000)}}`))).toBe('ERR_TOKEN_JSON')
  })
})

describe('any JSON', () => {
  const number = fc.oneof(
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.integer(),
    fc
      .tuple(fc.nat({ max: 2 ** 31 }), fc.nat({ max: 999_999 }))
      .map(([whole, part]) => Number(`${whole}.${part}`)),
  )
  const text = fc.oneof(fc.string(), fc.string({ unit: 'binary' })).filter((value) => value.isWellFormed())
  const value = fc.letrec((tie) => ({
    any: fc.oneof({ maxDepth: 4 }, number, text, fc.boolean(), fc.constant(null), tie('list'), tie('object')),
    list: fc.array(tie('any'), { maxLength: 4 }),
    object: fc.dictionary(
      fc
        .oneof(text, fc.constantFrom('iss', 'sub', 'aud', 'jti', 'constructor', 'toString'))
        .filter((name) => name !== '__proto__'),
      tie('any'),
      { maxKeys: 5, noNullPrototype: true },
    ),
  }))

  test('is read as the engine reads it, with white space or without', () => {
    fc.assert(
      fc.property(value.object, fc.constantFrom(0, 1, '\t'), (object, space) => {
        const json = JSON.stringify(object, null, space)
        expect(parse(json)).toEqual(JSON.parse(json))
      }),
      { numRuns: 2_000 },
    )
  })

  test.each([
    '0.1',
    '1.5',
    '10.01',
    '999999999999999',
    '9999999999999999',
    '1795556731.123',
    '123456789012.345',
    '1.',
    '.5',
    '01',
    '0',
    '-0',
    '1.2.3',
    '1e3',
    '1.5e-3',
    '12345678901234.5',
    '1234567890123456.5',
    '1..2',
    '1 ',
    ' 1',
    '-1.5',
  ])('a number %j is what the engine says, or refused as there', (number) => {
    const json = `{"n":${number}}`
    let expected: unknown
    try {
      expected = JSON.parse(json)
    } catch {
      // The engine refuses it as well.
    }
    if (expected === undefined)
      expect(() => parse(json)).toThrow(expect.objectContaining({ code: 'ERR_TOKEN_JSON' }))
    else expect(parse(json)).toEqual(expected)
  })
})
