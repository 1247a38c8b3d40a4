// Bytes and texts changed in one place: cut off there, or with a byte flipped, inserted, removed or swapped.

import fc from 'fast-check'

/** Where, as a share of the whole, and what is done there. */
export interface Mutation {
  readonly kind: 'cut' | 'flip' | 'insert' | 'remove' | 'swap'
  readonly place: number
  readonly value: number
}

/** Any change of one place. */
export const mutation: fc.Arbitrary<Mutation> = fc.record({
  kind: fc.constantFrom('cut', 'flip', 'flip', 'flip', 'insert', 'remove', 'swap'),
  // Not fc.double, which takes each of the numbers that there are with the same chance: nearly all lie next to zero.
  place: fc.integer({ min: 0, max: 999_999 }).map((parts) => parts / 1_000_000),
  value: fc.integer({ min: 1, max: 255 }),
})

/** The bytes with the change made. */
export function changeBytes(bytes: Uint8Array, { kind, place, value }: Mutation): Uint8Array {
  const index = Math.floor(place * bytes.length)
  const before = bytes.subarray(0, index)
  switch (kind) {
    case 'cut':
      return before
    case 'flip':
      return Uint8Array.from([...before, (bytes[index] ?? 0) ^ value, ...bytes.subarray(index + 1)])
    case 'insert':
      return Uint8Array.from([...before, value, ...bytes.subarray(index)])
    case 'remove':
      return Uint8Array.from([...before, ...bytes.subarray(index + 1)])
    case 'swap': {
      const next = bytes.subarray(index + 1, index + 2)
      return Uint8Array.from([...before, ...next, bytes[index] ?? 0, ...bytes.subarray(index + 2)])
    }
  }
}

/** Whether both are the same bytes, so that nothing was changed. */
export function equalDer(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index])
}
