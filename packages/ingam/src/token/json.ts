// Layer: token. A strict reader of JSON (RFC 8259) for headers and claims. Refuses what parsers disagree on: repeated
// members, lone surrogates, a byte order mark, `__proto__`, deep nesting, many members. Numbers are finite doubles.

import type { TokenPart } from '../errors/codes.ts'
import { createError } from '../errors/errors.ts'

/** A JSON value. */
export type JsonValue = null | boolean | number | string | readonly JsonValue[] | JsonObject

/** A JSON object; its members are own properties, none is named `__proto__`. */
export interface JsonObject {
  readonly [member: string]: JsonValue
}

/** LIMIT: claims and headers in use nest three or four deep; 16 leaves room and keeps recursion shallow. */
export const MAX_DEPTH = 16
/** LIMIT: counts object members and array elements of one document together. */
export const MAX_MEMBERS = 256

/** Reads one JSON object from UTF-8 bytes; everything else is ERR_TOKEN_JSON or ERR_TOKEN_ENCODING. */
export function parseJsonObject(bytes: Uint8Array, part: TokenPart): JsonObject {
  const text = decodeUtf8(bytes, part)
  // As many characters as bytes is ASCII, which is read where it lies; anything else by its UTF-16 code units.
  const codes = text.length === bytes.length ? bytes : codeUnitsOf(text)
  return new JsonReader(text, codes, part).readDocument()
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function decodeUtf8(bytes: Uint8Array, part: TokenPart): string {
  try {
    return utf8.decode(bytes)
  } catch (cause) {
    throw createError('ERR_TOKEN_ENCODING', { part, offset: 0, problem: 'not UTF-8' }, { cause })
  }
}

function codeUnitsOf(text: string): Uint16Array {
  const units = new Uint16Array(text.length)
  for (let index = 0; index < text.length; index++) units[index] = text.charCodeAt(index)
  return units
}

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/uy
const PLAIN = /[^"\\\u0000-\u001f]*/uy
// LIMIT: claims are shorter, certificates longer; from here on the regular expression is the faster one.
const SHORT = 64
// LIMIT: below 2^53, so that the digits as a whole number, and a power of ten for those after the point, are exact;
// their quotient then is the double nearest to the number (the same that Number() finds).
const EXACT_DIGITS = 15
const POWERS_OF_TEN = Float64Array.from({ length: EXACT_DIGITS + 1 }, (_, exponent) => 10 ** exponent)
const ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
}

// Names that nearly every token has, by their three code units: as constants they need not be looked up by the engine.
const COMMON_NAMES: ReadonlyMap<number, string> = new Map(
  ['iss', 'sub', 'aud', 'exp', 'nbf', 'iat', 'jti', 'alg', 'typ', 'x5c', 'kid'].map((name) => [
    packed(name.charCodeAt(0), name.charCodeAt(1), name.charCodeAt(2)),
    name,
  ]),
)

// INVARIANT: no two triples of UTF-16 code units have the same number.
function packed(first: number, second: number, third: number): number {
  return (first * 0x1_0000 + second) * 0x1_0000 + third
}

const CODE = {
  tab: 0x09,
  lineFeed: 0x0a,
  carriageReturn: 0x0d,
  space: 0x20,
  quote: 0x22,
  comma: 0x2c,
  point: 0x2e,
  zero: 0x30,
  colon: 0x3a,
  openArray: 0x5b,
  backslash: 0x5c,
  closeArray: 0x5d,
  openObject: 0x7b,
  closeObject: 0x7d,
} as const

class JsonReader {
  readonly #text: string
  readonly #codes: Uint8Array | Uint16Array
  readonly #part: TokenPart
  #offset = 0
  #members = 0

  constructor(text: string, codes: Uint8Array | Uint16Array, part: TokenPart) {
    this.#text = text
    this.#codes = codes
    this.#part = part
  }

  readDocument(): JsonObject {
    if (this.#next() !== CODE.openObject) this.#fail('expected an object')
    const value = this.#readObject(1)
    this.#next()
    if (this.#offset !== this.#codes.length) this.#fail('text follows the object')
    return value
  }

  #readValue(depth: number): JsonValue {
    switch (this.#next()) {
      case CODE.quote:
        return this.#readString()
      case CODE.openObject:
        return this.#readObject(depth + 1)
      case CODE.openArray:
        return this.#readArray(depth + 1)
      case 0x74:
        return this.#readWord('true', true)
      case 0x66:
        return this.#readWord('false', false)
      case 0x6e:
        return this.#readWord('null', null)
      default:
        return this.#readNumber()
    }
  }

  #readObject(depth: number): JsonObject {
    if (depth > MAX_DEPTH) this.#fail(`nested deeper than ${MAX_DEPTH}`)
    const object: { [member: string]: JsonValue } = {}
    this.#offset++
    if (this.#take(CODE.closeObject)) return object
    for (;;) {
      if (this.#next() !== CODE.quote) this.#fail('expected a member name')
      const name = this.#readName()
      if (name === '__proto__') this.#fail('member name __proto__ is not allowed')
      if (Object.hasOwn(object, name)) this.#fail('a member appears twice')
      this.#count()
      if (!this.#take(CODE.colon)) this.#fail('expected a colon')
      object[name] = this.#readValue(depth)
      if (this.#take(CODE.closeObject)) return object
      if (!this.#take(CODE.comma)) this.#fail('expected a comma or the end of the object')
    }
  }

  #readArray(depth: number): readonly JsonValue[] {
    if (depth > MAX_DEPTH) this.#fail(`nested deeper than ${MAX_DEPTH}`)
    const array: JsonValue[] = []
    this.#offset++
    if (this.#take(CODE.closeArray)) return array
    for (;;) {
      this.#count()
      array.push(this.#readValue(depth))
      if (this.#take(CODE.closeArray)) return array
      if (!this.#take(CODE.comma)) this.#fail('expected a comma or the end of the array')
    }
  }

  #readName(): string {
    const codes = this.#codes
    const start = this.#offset + 1
    if (codes[start + 3] === CODE.quote) {
      const name = COMMON_NAMES.get(packed(codes[start] ?? 0, codes[start + 1] ?? 0, codes[start + 2] ?? 0))
      if (name !== undefined) {
        this.#offset = start + 4
        return name
      }
    }
    return this.#readString()
  }

  #readString(): string {
    const codes = this.#codes
    const start = ++this.#offset
    const end = Math.min(start + SHORT, codes.length)
    for (let index = start; index < end; index++) {
      const code = codes[index] ?? 0
      if (code === CODE.quote) {
        this.#offset = index + 1
        return this.#text.slice(start, index)
      }
      if (code === CODE.backslash || code < CODE.space) break
    }
    return this.#readLongString(start)
  }

  #readLongString(start: number): string {
    PLAIN.lastIndex = start
    PLAIN.test(this.#text)
    this.#offset = PLAIN.lastIndex
    const plain = this.#text.slice(start, this.#offset)
    return this.#takeHere(CODE.quote) ? plain : this.#readEscapedString(plain)
  }

  #readEscapedString(plain: string): string {
    let value = plain
    for (;;) {
      if (this.#takeHere(CODE.quote)) break
      if (!this.#takeHere(CODE.backslash))
        this.#fail('a control character or the end of the text within a string')
      value += this.#readEscape()
      PLAIN.lastIndex = this.#offset
      PLAIN.test(this.#text)
      value += this.#text.slice(this.#offset, PLAIN.lastIndex)
      this.#offset = PLAIN.lastIndex
    }
    if (!value.isWellFormed()) this.#fail('a lone surrogate within a string')
    return value
  }

  #readEscape(): string {
    const letter = this.#text[this.#offset++] ?? ''
    if (letter === 'u') {
      const digits = this.#text.slice(this.#offset, this.#offset + 4)
      if (!/^[0-9a-fA-F]{4}$/u.test(digits)) this.#fail('malformed \\u escape')
      this.#offset += 4
      return String.fromCharCode(Number.parseInt(digits, 16))
    }
    const character = Object.hasOwn(ESCAPES, letter) ? ESCAPES[letter] : undefined
    return character ?? this.#fail('unknown escape')
  }

  // Numbers of a few digits, perhaps with a point, as dates are, by hand; all others by the grammar.
  #readNumber(): number {
    const codes = this.#codes
    const start = this.#offset
    let index = start
    let digits = 0
    let point = -1
    for (; index <= start + EXACT_DIGITS; index++) {
      const code = codes[index] ?? 0
      const digit = code - CODE.zero
      if (digit >= 0 && digit <= 9) digits = digits * 10 + digit
      else if (code === CODE.point && point < 0) point = index
      else break
    }
    const after = codes[index]
    const ends = after === CODE.comma || after === CODE.closeObject || after === CODE.closeArray
    // RFC 8259 §6: a digit in front of the point and one behind it, no zero in front of other digits.
    const isOdd = index === start || codes[start] === CODE.zero || point === start || point === index - 1
    if (!ends || isOdd || index - start > EXACT_DIGITS) return this.#readAnyNumber()
    this.#offset = index
    return point < 0 ? digits : digits / (POWERS_OF_TEN[index - 1 - point] ?? 1)
  }

  #readAnyNumber(): number {
    NUMBER.lastIndex = this.#offset
    if (!NUMBER.test(this.#text)) return this.#fail('expected a value')
    const value = Number(this.#text.slice(this.#offset, NUMBER.lastIndex))
    if (!Number.isFinite(value)) this.#fail('a number too large for a double')
    this.#offset = NUMBER.lastIndex
    return value
  }

  #readWord<T extends JsonValue>(word: string, value: T): T {
    if (!this.#text.startsWith(word, this.#offset)) this.#fail('expected a value')
    this.#offset += word.length
    return value
  }

  // The code unit after white space, undefined at the end; stays in front of it.
  #next(): number | undefined {
    const codes = this.#codes
    let code = codes[this.#offset]
    while (
      code === CODE.space ||
      code === CODE.lineFeed ||
      code === CODE.tab ||
      code === CODE.carriageReturn
    ) {
      code = codes[++this.#offset]
    }
    return code
  }

  // Steps over the code unit if it comes next, white space before it allowed.
  #take(wanted: number): boolean {
    if (this.#next() !== wanted) return false
    this.#offset++
    return true
  }

  #takeHere(wanted: number): boolean {
    if (this.#codes[this.#offset] !== wanted) return false
    this.#offset++
    return true
  }

  #count(): void {
    if (++this.#members > MAX_MEMBERS) this.#fail(`more than ${MAX_MEMBERS} members`)
  }

  #fail(problem: string): never {
    throw createError('ERR_TOKEN_JSON', { part: this.#part, offset: this.#offset, problem })
  }
}
