// Layer: x509. The entries of a revocation list in the order of their serial numbers, each as its offset in the list, and the
// look-up among millions of them. Sorting goes in steps.

import { createError } from '../errors/errors.ts'

// LIMIT: entries moved while sorting, or looked at afterwards, in one step; about a millisecond.
const STEP = 4_096
// LIMIT: an indirect list has one of a serial number for each of its issuers; bounds a look-up, which goes through them.
const MAX_OF_ONE_SERIAL = 1_024
const MAX_SERIAL_OCTETS = 21

/** Sorts the offsets of entries that were read before, in place or into room of the same size. */
export function* orderBySerial(der: Uint8Array, offsets: Uint32Array): Generator<void, SerialOrder, void> {
  const [sorted, spare] = yield* sortBySerial(der, offsets)
  const groups = groupByLength(der, sorted)
  const keys = yield* writeKeys(der, sorted, groups, spare)
  return new SerialOrder({ der, offsets: sorted, keys, groups })
}

interface OrderParts {
  readonly der: Uint8Array
  readonly offsets: Uint32Array
  /** Of each offset the four octets that tell its serial number from others of its length. */
  readonly keys: Uint32Array
  /** By the number of octets of a serial number, from 0 to 21. */
  readonly groups: readonly SameLength[]
}

// The sorted entries whose serial numbers have one length, and how many leading octets all of these have in common.
interface SameLength {
  readonly from: number
  readonly to: number
  readonly prefix: number
}

const NOWHERE: SameLength = { from: 0, to: 0, prefix: 0 }

/** Entries by serial number; of several with the same, the one that comes last in the list is the last here. */
export class SerialOrder {
  static readonly EMPTY: SerialOrder = new SerialOrder({
    der: new Uint8Array(0),
    offsets: new Uint32Array(0),
    keys: new Uint32Array(0),
    groups: [],
  })

  readonly #parts: OrderParts

  constructor(parts: OrderParts) {
    this.#parts = parts
  }

  get size(): number {
    return this.#parts.offsets.length
  }

  /** The first offset, from the last one on, of an entry with the serial number of which it holds. */
  findLast(serialNumber: Uint8Array, holds: (offset: number) => boolean): number | undefined {
    const { der, offsets } = this.#parts
    for (let index = this.#after(serialNumber) - 1; index >= 0; index--) {
      const offset = offsets[index] ?? 0
      if (compareAt(der, offset, serialNumber) !== 0) return undefined
      if (holds(offset)) return offset
    }
    return undefined
  }

  // The number of entries whose serial number is not above this one.
  #after(serialNumber: Uint8Array): number {
    const { der, offsets, keys, groups } = this.#parts
    const { from, to, prefix } = groups[serialNumber.length] ?? NOWHERE
    if (from === to) return from
    const order = comparePrefix(der, offsets[from] ?? 0, serialNumber, prefix)
    if (order !== 0) return order > 0 ? from : to
    // The keys lie close together in memory, which the serial numbers do not: these are looked at where keys are equal.
    const wanted = keyOf(serialNumber, prefix, serialNumber.length)
    return lowerBound(from, to, (index) => {
      const key = keys[index] ?? 0
      return key > wanted || (key === wanted && compareAt(der, offsets[index] ?? 0, serialNumber) > 0)
    })
  }
}

/** The first index between the two at which it holds; from there on it holds everywhere. */
export function lowerBound(from: number, to: number, holds: (index: number) => boolean): number {
  let low = from
  let high = to
  while (low < high) {
    const middle = (low + high) >>> 1
    if (holds(middle)) high = middle
    else low = middle + 1
  }
  return low
}

// Merges runs of doubling length, stable, so that of equal serial numbers the one that came last stays last.
function* sortBySerial(
  der: Uint8Array,
  offsets: Uint32Array,
): Generator<void, readonly [sorted: Uint32Array, spare: Uint32Array], void> {
  let from = offsets
  let to: Uint32Array = new Uint32Array(offsets.length)
  let moved = 0
  for (let width = 1; width < offsets.length; width *= 2) {
    for (let start = 0; start < offsets.length; start += 2 * width) {
      const middle = Math.min(start + width, offsets.length)
      const end = Math.min(start + 2 * width, offsets.length)
      let left = start
      let right = middle
      for (let index = start; index < end; index++) {
        const takesLeft =
          left < middle && (right >= end || compareEntries(der, from[left] ?? 0, from[right] ?? 0) <= 0)
        to[index] = (takesLeft ? from[left++] : from[right++]) ?? 0
        if (++moved % STEP === 0) yield
      }
    }
    const other = from
    from = to
    to = other
  }
  return [from, to]
}

function groupByLength(der: Uint8Array, offsets: Uint32Array): readonly SameLength[] {
  const groups: SameLength[] = []
  let from = 0
  for (let octets = 0; octets <= MAX_SERIAL_OCTETS; octets++) {
    const to = lowerBound(from, offsets.length, (index) => octetsAt(der, offsets[index] ?? 0) > octets)
    groups.push({
      from,
      to,
      prefix: to > from ? commonPrefix(der, offsets[from] ?? 0, offsets[to - 1] ?? 0) : 0,
    })
    from = to
  }
  return groups
}

// Also refuses what would make a look-up long.
function* writeKeys(
  der: Uint8Array,
  offsets: Uint32Array,
  groups: readonly SameLength[],
  keys: Uint32Array,
): Generator<void, Uint32Array, void> {
  let same = 1
  for (const { from, to, prefix } of groups) {
    for (let index = from; index < to; index++) {
      const offset = offsets[index] ?? 0
      const place = serialPlace(der, offset)
      const key = keyOf(der, place + 1 + prefix, place + 1 + (der[place] ?? 0))
      keys[index] = key
      const before = index === from || keys[index - 1] !== key ? undefined : offsets[index - 1]
      same = before !== undefined && compareEntries(der, before, offset) === 0 ? same + 1 : 1
      if (same > MAX_OF_ONE_SERIAL) {
        const limit = { limit: 'entries of one serial number', maximum: MAX_OF_ONE_SERIAL, found: same }
        throw createError('ERR_DER_LIMIT', { reading: 'revokedCertificates', offset, ...limit })
      }
      if (index % STEP === 0) yield
    }
  }
  return keys
}

// Where the serial number of an entry begins with its length. INVARIANT: the entry was read before, so its lengths are
// minimal and within the list, and a serial number has at most 21 octets.
function serialPlace(der: Uint8Array, offset: number): number {
  const first = der[offset + 1] ?? 0
  return first < 0x80 ? offset + 3 : offset + 3 + (first & 0x7f)
}

function octetsAt(der: Uint8Array, offset: number): number {
  return der[serialPlace(der, offset)] ?? 0
}

function commonPrefix(der: Uint8Array, a: number, b: number): number {
  const [placeOfA, placeOfB] = [serialPlace(der, a), serialPlace(der, b)]
  const octets = der[placeOfA] ?? 0
  let length = 0
  while (length < octets && der[placeOfA + 1 + length] === der[placeOfB + 1 + length]) length++
  return length
}

function comparePrefix(der: Uint8Array, offset: number, serialNumber: Uint8Array, length: number): number {
  const from = serialPlace(der, offset) + 1
  for (let index = 0; index < length; index++) {
    const difference = (der[from + index] ?? 0) - (serialNumber[index] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}

// Four octets, those that all serial numbers of the length have in common left out; zeros where there are fewer.
function keyOf(bytes: Uint8Array, from: number, end: number): number {
  let key = 0
  for (let index = from; index < from + 4; index++) key = key * 256 + (index < end ? (bytes[index] ?? 0) : 0)
  return key
}

// An order like any other: by length, then by octets.
function compareAt(der: Uint8Array, offset: number, serialNumber: Uint8Array): number {
  const place = serialPlace(der, offset)
  const octets = der[place] ?? 0
  if (octets !== serialNumber.length) return octets - serialNumber.length
  for (let index = 0; index < octets; index++) {
    const difference = (der[place + 1 + index] ?? 0) - (serialNumber[index] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}

function compareEntries(der: Uint8Array, a: number, b: number): number {
  const placeOfA = serialPlace(der, a)
  const placeOfB = serialPlace(der, b)
  const octets = der[placeOfA] ?? 0
  if (octets !== der[placeOfB]) return octets - (der[placeOfB] ?? 0)
  for (let index = 1; index <= octets; index++) {
    const difference = (der[placeOfA + index] ?? 0) - (der[placeOfB + index] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}
