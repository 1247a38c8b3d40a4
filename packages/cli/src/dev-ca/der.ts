// CLI: the little DER that the issuing library has no words for: writing an element, and splitting a SEQUENCE.

/** One element: its tag, its content, and all its bytes. */
export interface DerElement {
  readonly tag: number
  readonly content: Uint8Array
  readonly bytes: Uint8Array
}

/** Writes one element with a tag of one byte. */
export function writeDer(tag: number, ...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const length = parts.reduce((sum, part) => sum + part.length, 0)
  const digits: number[] = []
  for (let rest = length; rest > 0; rest >>>= 8) digits.unshift(rest & 0xff)
  const head = length < 0x80 ? [tag, length] : [tag, 0x80 | digits.length, ...digits]
  return Uint8Array.from([...head, ...parts.flatMap((part) => [...part])])
}

/** The elements of a SEQUENCE that fills the bytes to the last; undefined where it is not one. */
export function splitSequence(bytes: Uint8Array): readonly DerElement[] | undefined {
  const outer = readElement(bytes)
  if (outer === undefined || outer.tag !== 0x30 || outer.bytes.length !== bytes.length) return undefined
  const elements: DerElement[] = []
  let rest = outer.content
  while (rest.length > 0) {
    const element = readElement(rest)
    if (element === undefined) return undefined
    elements.push(element)
    rest = rest.subarray(element.bytes.length)
  }
  return elements
}

// X.690 §8.1.3, §10.1: definite lengths in their shortest form. What is read here is short: three digits are enough.
function readElement(bytes: Uint8Array): DerElement | undefined {
  const [tag, first] = bytes
  if (tag === undefined || first === undefined) return undefined
  const digits = first < 0x80 ? 0 : first & 0x7f
  if (first === 0x80 || digits > 3 || bytes.length < 2 + digits) return undefined
  const length =
    digits === 0 ? first : bytes.subarray(2, 2 + digits).reduce((sum, byte) => sum * 256 + byte, 0)
  if (digits > 0 && length < (digits === 1 ? 0x80 : 256 ** (digits - 1))) return undefined
  const end = 2 + digits + length
  if (end > bytes.length) return undefined
  return { tag, content: bytes.subarray(2 + digits, end), bytes: bytes.subarray(0, end) }
}
