// Layer: x509. The usual shape of an entry of a revocation list, recognised in place: a serial number, a date, perhaps a reason.
// Lists have millions of them, and nearly all are such. Whatever is of another shape is read by the strict reader
// (crl-entry.ts), which accepts all that is recognised here.

import { instantAt } from '../der/time.ts'
import { CRL_REASONS } from './crl-reason.ts'

// RFC 5280 §5.3.1 as the only extension, not critical: 30 0c 30 0a 06 03 55 1d 15 04 03 0a 01 and the reason.
const REASON_ONLY = Uint8Array.of(
  0x30,
  0x0c,
  0x30,
  0x0a,
  0x06,
  0x03,
  0x55,
  0x1d,
  0x15,
  0x04,
  0x03,
  0x0a,
  0x01,
)
const REASON_BYTES = REASON_ONLY.length + 1

/** What is to be found of an entry of the usual shape: where it ends, and where its parts begin. Reused, for one at a time. */
export interface ScannedEntry {
  /** Offset behind the entry. */
  end: number
  serialFrom: number
  serialTo: number
  /** Milliseconds since 1970 UTC. */
  revocationDate: number
  /** Number of the reason; −1 where there is no extension. */
  reason: number
}

/** Room for one entry. */
export function createScannedEntry(): ScannedEntry {
  return { end: 0, serialFrom: 0, serialTo: 0, revocationDate: 0, reason: -1 }
}

/** Whether an entry of the usual shape stands at the offset; if so, the room has what it says. */
export function scanEntry(der: Uint8Array, offset: number, limit: number, room: ScannedEntry): boolean {
  const length = der[offset + 1] ?? 0xff
  const end = offset + 2 + length
  // A short length; an INTEGER of 1 to 20 octets.
  if (der[offset] !== 0x30 || length >= 0x80 || end > limit || der[offset + 2] !== 0x02) return false
  const octets = der[offset + 3] ?? 0
  if (octets < 1 || octets > 20) return false
  const serialFrom = offset + 4
  const serialTo = serialFrom + octets
  if (octets > 1 && !isMinimal(der[serialFrom] ?? 0, der[serialFrom + 1] ?? 0)) return false
  // UTCTime of 13 characters, or GeneralizedTime of 15.
  const isUtc = der[serialTo] === 0x17 && der[serialTo + 1] === 13
  if (!isUtc && !(der[serialTo] === 0x18 && der[serialTo + 1] === 15)) return false
  const timeFrom = serialTo + 2
  const timeTo = timeFrom + (isUtc ? 13 : 15)
  if (timeTo > end) return false
  const revocationDate = instantAt(der, timeFrom, isUtc ? 12 : 14)
  if (revocationDate === undefined) return false
  let reason = -1
  if (timeTo < end) {
    if (end - timeTo !== REASON_BYTES || !isAt(REASON_ONLY, der, timeTo)) return false
    reason = der[end - 1] ?? 0
    if (CRL_REASONS[reason] === undefined) return false
  }
  room.end = end
  room.serialFrom = serialFrom
  room.serialTo = serialTo
  room.revocationDate = revocationDate
  room.reason = reason
  return true
}

// X.690 §8.3.2
function isMinimal(first: number, second: number): boolean {
  return !((first === 0x00 && second < 0x80) || (first === 0xff && second >= 0x80))
}

function isAt(part: Uint8Array, bytes: Uint8Array, offset: number): boolean {
  for (let index = 0; index < part.length; index++) if (bytes[offset + index] !== part[index]) return false
  return true
}
