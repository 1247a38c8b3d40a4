// Layer: x509. The entries of a revocation list (RFC 5280 §5.1.2.6): each is read once for its form (crl-entry.ts), and kept as
// its offset in the list, by serial number (crl-order.ts). Reading goes in steps, because a list can have millions.

import { equalBytes } from '../bytes/compare.ts'
import { BytesMemo } from '../bytes/memo.ts'
import { DerReader } from '../der/reader.ts'
import { type RevokedCertificate, readCertificateIssuer, readEntry, revokedAt } from './crl-entry.ts'
import { lowerBound, orderBySerial, SerialOrder } from './crl-order.ts'
import { createScannedEntry, scanEntry } from './crl-scan.ts'
import { equalNames, type Name } from './name.ts'

// LIMIT: bytes whose entries are read in one step; about a millisecond where most are of another than the usual shape.
const STEP_BYTES = 16_384
// LIMIT: entries counted in one step; about a millisecond.
const COUNTED = 16_384
// LIMIT: critical extensions that are not understood, of all entries; one is enough to set a list aside.
const MAX_UNKNOWN = 8

/** Reads and sorts the entries that lie between two offsets of a list. */
export function* indexEntries(der: Uint8Array, from: number, to: number): Generator<void, EntryIndex, void> {
  const offsets = new Uint32Array(yield* countEntries(der, from, to))
  const segments = new IssuerSegments()
  const unknownCritical = new Set<string>()
  const scanned = createScannedEntry()
  let hasExtensions = false
  let offset = from
  let pause = from + STEP_BYTES
  for (let index = 0; index < offsets.length; index++) {
    offsets[index] = offset
    if (scanEntry(der, offset, to, scanned)) {
      hasExtensions ||= scanned.reason >= 0
      offset = scanned.end
    } else {
      const reader = new DerReader(der, offset, to, 2)
      const entry = readEntry(reader)
      hasExtensions ||= entry.extensions.length > 0
      if (entry.certificateIssuer !== undefined) segments.add(der, entry.certificateIssuer)
      for (const oid of entry.unknownCritical)
        if (unknownCritical.size < MAX_UNKNOWN) unknownCritical.add(oid)
      offset = reader.offset
    }
    if (offset < pause) continue
    pause = offset + STEP_BYTES
    yield
  }
  const order = yield* orderBySerial(der, offsets)
  return new EntryIndex({
    der,
    end: to,
    order,
    segments: segments.places(),
    hasExtensions,
    unknownCritical: [...unknownCritical],
  })
}

// By their lengths alone, so that exactly as much room is made as will be needed.
function* countEntries(der: Uint8Array, from: number, to: number): Generator<void, number, void> {
  let count = 0
  for (let offset = from; offset < to; count++) {
    const length = der[offset + 1] ?? 0
    if (length < 0x80) offset += 2 + length
    else {
      const reader = new DerReader(der, offset, to, 2)
      reader.readElement('revokedCertificate')
      offset = reader.offset
    }
    if (count % COUNTED === 0) yield
  }
  return count
}

// RFC 5280 §5.3.3: in an indirect list an entry without certificateIssuer has that of the entry before it. Entries of one
// issuer that follow one another are one segment, kept as the place of the first one's certificateIssuer: a list may name an
// issuer in each.
class IssuerSegments {
  #places = new Uint32Array(16)
  #size = 0
  #last: Uint8Array | undefined

  /** The certificateIssuer of the next entry that has one, a view on the list; refused where it names nobody. */
  add(der: Uint8Array, value: Uint8Array): void {
    if (this.#last !== undefined && equalBytes(this.#last, value)) return
    issuersOf(value)
    this.#last = value
    if (this.#size === this.#places.length) {
      const larger = new Uint32Array(this.#size * 2)
      larger.set(this.#places)
      this.#places = larger
    }
    this.#places[this.#size++] = value.byteOffset - der.byteOffset
  }

  places(): Uint32Array {
    return this.#places.slice(0, this.#size)
  }
}

interface IndexParts {
  readonly der: Uint8Array
  readonly end: number
  readonly order: SerialOrder
  /** Where certificateIssuer lies in the entries that name another issuer than the one before, as they stand. */
  readonly segments: Uint32Array
  readonly hasExtensions: boolean
  readonly unknownCritical: readonly string[]
}

/** Entries by issuer and serial number. */
export class EntryIndex {
  static readonly NONE: EntryIndex = new EntryIndex({
    der: new Uint8Array(0),
    end: 0,
    order: SerialOrder.EMPTY,
    segments: new Uint32Array(0),
    hasExtensions: false,
    unknownCritical: [],
  })

  readonly #parts: IndexParts

  constructor(parts: IndexParts) {
    this.#parts = parts
  }

  get size(): number {
    return this.#parts.order.size
  }

  get hasExtensions(): boolean {
    return this.#parts.hasExtensions
  }

  /** Whether any entry says whose certificate it speaks of. */
  get namesIssuers(): boolean {
    return this.#parts.segments.length > 0
  }

  get unknownCritical(): readonly string[] {
    return this.#parts.unknownCritical
  }

  /** The last entry for the certificate of this issuer and serial number. */
  find(listIssuer: Name, issuer: Name, serialNumber: Uint8Array): RevokedCertificate | undefined {
    const { der, end, order } = this.#parts
    const offset = order.findLast(serialNumber, (place) => this.#isOf(place, listIssuer, issuer))
    return offset === undefined ? undefined : revokedAt(der, offset, end)
  }

  #isOf(offset: number, listIssuer: Name, issuer: Name): boolean {
    const { der, segments } = this.#parts
    if (segments.length === 0) return equalNames(listIssuer, issuer)
    const entryEnd = endOf(der, offset)
    const after = lowerBound(0, segments.length, (index) => (segments[index] ?? 0) >= entryEnd)
    const from = segments[after - 1]
    if (from === undefined) return equalNames(listIssuer, issuer)
    return issuersOf(der.subarray(from, endOf(der, from))).some((name) => equalNames(name, issuer))
  }
}

function issuersOf(value: Uint8Array): readonly Name[] {
  // A copy where it is remembered: views would keep whole lists.
  return issuersByValue.valueOf(value, 0, value.length, () => readCertificateIssuer(value.slice()))
}

// The names in a certificateIssuer; the same few come again and again.
const issuersByValue = new BytesMemo<readonly Name[]>(512)

// INVARIANT: the element was read before, so that its length is minimal and ends within the list.
function endOf(der: Uint8Array, offset: number): number {
  const first = der[offset + 1] ?? 0
  if (first < 0x80) return offset + 2 + first
  let length = 0
  const from = offset + 2 + (first & 0x7f)
  for (let index = offset + 2; index < from; index++) length = length * 256 + (der[index] ?? 0)
  return from + length
}
