// Server: policy. Distinguished names as text, in the one form in which the library prints them (RFC 4514: last RDN
// first, no space after a comma, types by their printed names). Only that form is taken, so that a rule and a
// certificate are the same text exactly where the names have the same attributes in the same order.

import { escapeText } from 'ingam'

/** One attribute: its type as printed, and its value with its escapes. */
export interface PrintedAttribute {
  readonly type: string
  readonly value: string
}

/**
 * Splits printed text into its parts, each with the `,` or `+` before it: nothing within a value ends it, since both
 * are escaped there. Undefined for empty text, for text in which a long value was cut (two names may share it), and for a
 * backslash at the end.
 */
export function splitName(
  text: string,
): readonly { readonly separator: string; readonly text: string }[] | undefined {
  if (text === '' || text.includes('…')) return undefined
  const parts: { readonly separator: string; readonly text: string }[] = []
  let separator = ''
  let start = 0
  for (let index = 0; index <= text.length; index++) {
    const character = text[index]
    if (character === '\\') {
      index++
      // Nothing that is escaped follows: no printed name ends so.
      if (index >= text.length) return undefined
    } else if (character === ',' || character === '+' || index === text.length) {
      parts.push({ separator, text: text.slice(start, index) })
      separator = character ?? ''
      start = index + 1
    }
  }
  return parts
}

/** Reads printed text; undefined where it is not a name as it would be printed. */
export function parsePrintedName(text: string): readonly (readonly PrintedAttribute[])[] | undefined {
  if (text.length > MAX_CHARACTERS || !text.isWellFormed()) return undefined
  const parts = splitName(text)
  if (parts === undefined) return undefined
  const rdns: PrintedAttribute[][] = []
  for (const part of parts) {
    const equals = part.text.indexOf('=')
    const type = part.text.slice(0, equals)
    const value = part.text.slice(equals + 1)
    if (equals < 0 || !isType(type) || !isPrintedValue(value)) return undefined
    const rdn = part.separator === '+' ? rdns.at(-1) : undefined
    if (rdn === undefined) rdns.push([{ type, value }])
    else rdn.push({ type, value })
  }
  return rdns
}

/**
 * DER of the name that the text is printed from, with UTF8String for text (IA5String for DC and emailAddress):
 * comparison by RFC 5280 §7.1 looks through the difference to PrintableString. Undefined where it is not printed text.
 */
export function encodePrintedName(text: string): Uint8Array | undefined {
  const rdns = parsePrintedName(text)
  if (rdns === undefined) return undefined
  const sets = rdns.toReversed().map((rdn) =>
    // X.690 §11.6: the elements of a SET OF stand in ascending order.
    element(0x31, ...rdn.map(encodeAttribute).sort((a, b) => Buffer.compare(a, b))),
  )
  return new Uint8Array(element(0x30, ...sets))
}

// LIMIT: names in use have a hundred characters.
const MAX_CHARACTERS = 1_024

const OIDS: ReadonlyMap<string, string> = new Map([
  ['CN', '2.5.4.3'],
  ['SN', '2.5.4.4'],
  ['serialNumber', '2.5.4.5'],
  ['C', '2.5.4.6'],
  ['L', '2.5.4.7'],
  ['ST', '2.5.4.8'],
  ['STREET', '2.5.4.9'],
  ['O', '2.5.4.10'],
  ['OU', '2.5.4.11'],
  ['title', '2.5.4.12'],
  ['GN', '2.5.4.42'],
  ['dnQualifier', '2.5.4.46'],
  ['UID', '0.9.2342.19200300.100.1.1'],
  ['DC', '0.9.2342.19200300.100.1.25'],
  ['emailAddress', '1.2.840.113549.1.9.1'],
])
const PRINTED_BY_NAME: ReadonlySet<string> = new Set(OIDS.values())
const IA5_TYPES: ReadonlySet<string> = new Set(['DC', 'emailAddress'])

function isType(type: string): boolean {
  return OIDS.has(type) || (isOid(type) && !PRINTED_BY_NAME.has(type))
}

// Hexadecimal DER, or text that is escaped as RFC 4514 §2.4 says and as much, no more.
function isPrintedValue(value: string): boolean {
  if (value.startsWith('#')) return /^#(?:[0-9a-f]{2}){2,}$/u.test(value)
  const specials = unescapeValue(value).replaceAll(/["+,;<>\\]/gu, String.raw`\$&`)
  return escapeText(specials.replaceAll(/^[ #]|(?<=.) $/gsu, String.raw`\$&`)) === value
}

function unescapeValue(value: string): string {
  return value.replaceAll(/\\u\{([0-9a-f]{1,6})\}|\\(.)/gu, (_, code: string | undefined, plain: string) =>
    code === undefined ? plain : codePoint(code),
  )
}

function codePoint(hex: string): string {
  const code = Number.parseInt(hex, 16)
  return code <= 0x10ffff ? String.fromCodePoint(code) : '\ufffd'
}

/** Whether the text is a dotted object identifier. */
export function isOid(text: string): boolean {
  if (!/^(?:[01]\.(?:[0-9]|[1-3][0-9])|2\.(?:0|[1-9]\d{0,8}))(?:\.(?:0|[1-9]\d{0,8}))+$/u.test(text))
    return false
  return text.length <= 128
}

function encodeAttribute({ type, value }: PrintedAttribute): Buffer {
  const oid = element(0x06, encodeOid(OIDS.get(type) ?? type))
  if (value.startsWith('#')) return element(0x30, oid, Buffer.from(value.slice(1), 'hex'))
  return element(0x30, oid, element(IA5_TYPES.has(type) ? 0x16 : 0x0c, Buffer.from(unescapeValue(value))))
}

function encodeOid(oid: string): Buffer {
  const [first = 0, second = 0, ...rest] = oid.split('.').map(Number)
  return Buffer.from([first * 40 + second, ...rest].flatMap(base128))
}

function base128(arc: number): number[] {
  const digits = [arc % 128]
  for (let rest = Math.floor(arc / 128); rest > 0; rest = Math.floor(rest / 128)) {
    digits.unshift((rest % 128) | 0x80)
  }
  return digits
}

function element(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(contents)
  const { length } = content
  const header =
    length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.from([tag, ...header]), content])
}
