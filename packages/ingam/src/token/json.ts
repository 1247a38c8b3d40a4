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

// LIMIT: claims and headers in use nest three or four deep; 16 leaves room and keeps recursion shallow.
const MAX_DEPTH = 16
// LIMIT: counts object members and array elements of one document together.
const MAX_MEMBERS = 256

/** Reads one JSON object from UTF-8 bytes; everything else is ERR_TOKEN_JSON or ERR_TOKEN_ENCODING. */
export function parseJsonObject(bytes: Uint8Array, part: TokenPart): JsonObject {
  const reader = new JsonReader(decodeUtf8(bytes, part), part)
  return reader.readDocument()
}

function decodeUtf8(bytes: Uint8Array, part: TokenPart): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch (cause) {
    throw createError('ERR_TOKEN_ENCODING', { part, offset: 0, problem: 'not UTF-8' }, { cause })
  }
}

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/uy
const PLAIN = /[^"\\\u0000-\u001f]*/uy
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

class JsonReader {
  readonly #text: string
  readonly #part: TokenPart
  #offset = 0
  #members = 0

  constructor(text: string, part: TokenPart) {
    this.#text = text
    this.#part = part
  }

  readDocument(): JsonObject {
    this.#skipSpace()
    if (this.#text[this.#offset] !== '{') this.#fail('expected an object')
    const value = this.#readObject(1)
    this.#skipSpace()
    if (this.#offset !== this.#text.length) this.#fail('text follows the object')
    return value
  }

  #readValue(depth: number): JsonValue {
    const first = this.#text[this.#offset]
    switch (first) {
      case '{':
        return this.#readObject(depth + 1)
      case '[':
        return this.#readArray(depth + 1)
      case '"':
        return this.#readString()
      case 't':
        return this.#readWord('true', true)
      case 'f':
        return this.#readWord('false', false)
      case 'n':
        return this.#readWord('null', null)
      default:
        return this.#readNumber()
    }
  }

  #readObject(depth: number): JsonObject {
    if (depth > MAX_DEPTH) this.#fail(`nested deeper than ${MAX_DEPTH}`)
    const object: { [member: string]: JsonValue } = {}
    this.#offset++
    this.#skipSpace()
    if (this.#take('}')) return object
    for (;;) {
      this.#skipSpace()
      if (this.#text[this.#offset] !== '"') this.#fail('expected a member name')
      const name = this.#readString()
      if (name === '__proto__') this.#fail('member name __proto__ is not allowed')
      if (Object.hasOwn(object, name)) this.#fail('a member appears twice')
      this.#count()
      this.#skipSpace()
      if (!this.#take(':')) this.#fail('expected a colon')
      this.#skipSpace()
      object[name] = this.#readValue(depth)
      this.#skipSpace()
      if (this.#take('}')) return object
      if (!this.#take(',')) this.#fail('expected a comma or the end of the object')
    }
  }

  #readArray(depth: number): readonly JsonValue[] {
    if (depth > MAX_DEPTH) this.#fail(`nested deeper than ${MAX_DEPTH}`)
    const array: JsonValue[] = []
    this.#offset++
    this.#skipSpace()
    if (this.#take(']')) return array
    for (;;) {
      this.#skipSpace()
      this.#count()
      array.push(this.#readValue(depth))
      this.#skipSpace()
      if (this.#take(']')) return array
      if (!this.#take(',')) this.#fail('expected a comma or the end of the array')
    }
  }

  #readString(): string {
    const start = ++this.#offset
    PLAIN.lastIndex = start
    PLAIN.test(this.#text)
    this.#offset = PLAIN.lastIndex
    if (this.#take('"')) return this.#text.slice(start, this.#offset - 1)
    return this.#readEscapedString(this.#text.slice(start, this.#offset))
  }

  #readEscapedString(plain: string): string {
    let value = plain
    for (;;) {
      if (this.#take('"')) break
      if (!this.#take('\\')) this.#fail('a control character or the end of the text within a string')
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

  #readNumber(): number {
    NUMBER.lastIndex = this.#offset
    const match = NUMBER.exec(this.#text)
    if (match === null) return this.#fail('expected a value')
    const value = Number(match[0])
    if (!Number.isFinite(value)) this.#fail('a number too large for a double')
    this.#offset = NUMBER.lastIndex
    return value
  }

  #readWord<T extends JsonValue>(word: string, value: T): T {
    if (!this.#text.startsWith(word, this.#offset)) this.#fail('expected a value')
    this.#offset += word.length
    return value
  }

  #skipSpace(): void {
    for (;;) {
      const code = this.#text.charCodeAt(this.#offset)
      if (code !== 0x20 && code !== 0x09 && code !== 0x0a && code !== 0x0d) return
      this.#offset++
    }
  }

  #take(character: string): boolean {
    if (this.#text[this.#offset] !== character) return false
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
