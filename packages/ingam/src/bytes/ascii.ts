// Layer: bytes. ASCII text as bytes, without an allocation for each text.

const encoder = new TextEncoder()
const NOT_ASCII = 0xff

/**
 * Writes a text in front of the target, one byte a character; a character beyond ASCII becomes 0xff, which no alphabet
 * of base64 has. The target must have room for the text's length.
 */
export function writeAscii(text: string, target: Uint8Array): void {
  const { read, written } = encoder.encodeInto(text, target)
  // Every character beyond ASCII takes more than one byte: where as many were written as read, there is none.
  if (read === text.length && written === text.length) return
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    target[index] = code < 0x80 ? code : NOT_ASCII
  }
}

const decoder = new TextDecoder()
// LIMIT: nearly every header fits; a longer text gets an array of its own.
const scratch = new Uint8Array(8_192)

/** The text of ASCII bytes, flat and no part of a larger one. */
export function asciiOf(bytes: Uint8Array): string {
  return decoder.decode(bytes)
}

/** A character for each byte: the smallest form in which a few bytes can be kept. */
export function latin1Of(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes)
}

/** The same ASCII text, flat and no part of a larger one, which it would otherwise keep in memory. */
export function ownAscii(text: string): string {
  const target = text.length <= scratch.length ? scratch : new Uint8Array(text.length)
  writeAscii(text, target)
  return asciiOf(target.subarray(0, text.length))
}
