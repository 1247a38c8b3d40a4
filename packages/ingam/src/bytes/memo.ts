// Layer: bytes. A small table of what a pure function said of short runs of bytes, for bytes that come over and over:
// object identifiers, names of issuers. All bytes are compared, a sum of them only chooses the place.

const PLACES = 256

interface Known<T> {
  readonly bytes: Uint8Array
  readonly value: T
}

/** Values by bytes. LIMIT: 256 of them, each of no more bytes than it is told, whoever sent them. */
export class BytesMemo<T> {
  readonly #maxBytes: number
  readonly #known: (Known<T> | undefined)[] = Array.from({ length: PLACES })

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /** The value for the bytes from one offset to another; `make` is asked where it is not known, and may throw. */
  valueOf(bytes: Uint8Array, from: number, end: number, make: () => T): T {
    if (end - from > this.#maxBytes) return make()
    const place = placeOf(bytes, from, end)
    const known = this.#known[place]
    if (known !== undefined && isSame(known.bytes, bytes, from, end)) return known.value
    const value = make()
    this.#known[place] = { bytes: bytes.slice(from, end), value }
    return value
  }
}

// FNV-1a, folded to the number of places.
function placeOf(bytes: Uint8Array, from: number, end: number): number {
  let hash = 0x811c9dc5
  for (let index = from; index < end; index++) hash = Math.imul(hash ^ (bytes[index] ?? 0), 0x01000193)
  return (hash ^ (hash >>> 16)) & (PLACES - 1)
}

function isSame(known: Uint8Array, bytes: Uint8Array, from: number, end: number): boolean {
  if (known.length !== end - from) return false
  for (let index = 0; index < known.length; index++) if (known[index] !== bytes[from + index]) return false
  return true
}
