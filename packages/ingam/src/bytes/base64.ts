// Layer: bytes. Base64 (RFC 4648 §4, padded) and base64url (§5, unpadded), strict and canonical: one text for each
// sequence of bytes. Refuses white space, the other alphabet, missing or surplus padding, spare bits that are not zero.

const STANDARD = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
const URL_SAFE = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
const INVALID = 255

const STANDARD_VALUES: Uint8Array = valuesOf(STANDARD)
const URL_SAFE_VALUES: Uint8Array = valuesOf(URL_SAFE)

/** Bytes of padded base64, or undefined where the text is not canonical. */
export function decodeBase64(text: string): Uint8Array | undefined {
  if (text.length % 4 !== 0) return undefined
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0
  return decode(text, text.length - padding, STANDARD_VALUES)
}

/** Bytes of unpadded base64url, or undefined where the text is not canonical. */
export function decodeBase64url(text: string): Uint8Array | undefined {
  return decode(text, text.length, URL_SAFE_VALUES)
}

/** Padded base64. */
export function encodeBase64(bytes: Uint8Array): string {
  const text = encode(bytes, STANDARD)
  return text + '='.repeat((4 - (text.length % 4)) % 4)
}

/** Unpadded base64url. */
export function encodeBase64url(bytes: Uint8Array): string {
  return encode(bytes, URL_SAFE)
}

function decode(text: string, length: number, values: Uint8Array): Uint8Array | undefined {
  const remainder = length % 4
  if (remainder === 1) return undefined
  const bytes = new Uint8Array(Math.floor((length * 3) / 4))
  const whole = length - remainder
  let offset = 0
  let index = 0
  for (; index < whole; index += 4) {
    const a = valueAt(text, index, values)
    const b = valueAt(text, index + 1, values)
    const c = valueAt(text, index + 2, values)
    const d = valueAt(text, index + 3, values)
    if ((a | b | c | d) > 63) return undefined
    bytes[offset++] = (a << 2) | (b >> 4)
    bytes[offset++] = (b << 4) | (c >> 2)
    bytes[offset++] = (c << 6) | d
  }
  if (remainder === 0) return bytes
  const a = valueAt(text, index, values)
  const b = valueAt(text, index + 1, values)
  const c = remainder === 3 ? valueAt(text, index + 2, values) : 0
  if ((a | b | c) > 63) return undefined
  // RFC 4648 §3.5: spare bits must be zero, or several texts would mean the same bytes.
  if (remainder === 2 ? (b & 0x0f) !== 0 : (c & 0x03) !== 0) return undefined
  bytes[offset++] = (a << 2) | (b >> 4)
  if (remainder === 3) bytes[offset] = (b << 4) | (c >> 2)
  return bytes
}

function valueAt(text: string, index: number, values: Uint8Array): number {
  return values[text.charCodeAt(index)] ?? INVALID
}

function encode(bytes: Uint8Array, alphabet: string): string {
  let text = ''
  for (let index = 0; index < bytes.length; index += 3) {
    const a = bytes[index] ?? 0
    const b = bytes[index + 1]
    const c = bytes[index + 2]
    text += alphabet.charAt(a >> 2) + alphabet.charAt(((a & 3) << 4) | ((b ?? 0) >> 4))
    if (b !== undefined) text += alphabet.charAt(((b & 15) << 2) | ((c ?? 0) >> 6))
    if (c !== undefined) text += alphabet.charAt(c & 63)
  }
  return text
}

function valuesOf(alphabet: string): Uint8Array {
  const values = new Uint8Array(128).fill(INVALID)
  for (let value = 0; value < alphabet.length; value++) values[alphabet.charCodeAt(value)] = value
  return values
}
