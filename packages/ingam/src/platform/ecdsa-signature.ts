// Layer: platform. ECDSA signatures between their two written forms: fixed-length R‖S (IEEE P1363, RFC 7518 §3.4)
// and DER (RFC 3279 §2.2.3). Both directions are strict: one signature has one encoding.

/** Bytes that the DER of a signature of such coordinates takes at most. */
export const MAX_ECDSA_DER_BYTES: number = 3 + 2 * (2 + 1 + 66)

/** DER of a fixed-length R‖S, or undefined where the length is not twice the coordinate's. */
export function ecdsaDerFromP1363(signature: Uint8Array, coordinateBytes: number): Uint8Array | undefined {
  const der = new Uint8Array(MAX_ECDSA_DER_BYTES)
  const length = writeEcdsaDer(signature, coordinateBytes, der)
  return length === 0 ? undefined : der.slice(0, length)
}

/**
 * Writes the DER of a fixed-length R‖S in front of the target, which has room for {@link MAX_ECDSA_DER_BYTES}. Returns
 * its length; 0 where the length of the signature is not twice the coordinate's.
 */
export function writeEcdsaDer(signature: Uint8Array, coordinateBytes: number, der: Uint8Array): number {
  if (signature.length !== 2 * coordinateBytes) return 0
  const rStart = significantStart(signature, 0, coordinateBytes)
  const sStart = significantStart(signature, coordinateBytes, 2 * coordinateBytes)
  const rPad = (signature[rStart] ?? 0) >= 0x80 ? 1 : 0
  const sPad = (signature[sStart] ?? 0) >= 0x80 ? 1 : 0
  const rLength = coordinateBytes - rStart + rPad
  const sLength = 2 * coordinateBytes - sStart + sPad
  const body = rLength + sLength + 4
  let offset = 0
  der[offset++] = 0x30
  if (body >= 0x80) der[offset++] = 0x81
  der[offset++] = body
  offset = writeInteger(signature, rStart, coordinateBytes, rPad, der, offset)
  return writeInteger(signature, sStart, 2 * coordinateBytes, sPad, der, offset)
}

function writeInteger(
  bytes: Uint8Array,
  start: number,
  end: number,
  pad: number,
  der: Uint8Array,
  offset: number,
): number {
  let out = offset
  der[out++] = 0x02
  der[out++] = end - start + pad
  if (pad === 1) der[out++] = 0
  for (let index = start; index < end; index++) der[out++] = bytes[index] ?? 0
  return out
}

/** Fixed-length R‖S of a DER signature, or undefined where it is not DER or a value is out of the length. */
export function ecdsaP1363FromDer(der: Uint8Array, coordinateBytes: number): Uint8Array | undefined {
  const header = der[1] === 0x81 ? 3 : 2
  const body = der[header - 1] ?? 0
  if (der[0] !== 0x30 || der.length !== header + body || (header === 2 ? body >= 0x80 : body < 0x80))
    return undefined
  const fixed = new Uint8Array(2 * coordinateBytes)
  const middle = copyInteger(der, header, fixed.subarray(0, coordinateBytes))
  if (middle === undefined) return undefined
  const end = copyInteger(der, middle, fixed.subarray(coordinateBytes))
  return end === der.length ? fixed : undefined
}

function significantStart(bytes: Uint8Array, start: number, end: number): number {
  let index = start
  while (index < end - 1 && bytes[index] === 0) index++
  return index
}

// Copies a minimal, non-negative DER INTEGER right-aligned into the target; returns the offset after it.
function copyInteger(der: Uint8Array, offset: number, target: Uint8Array): number | undefined {
  const length = der[offset + 1] ?? 0
  const start = offset + 2
  const end = start + length
  if (der[offset] !== 0x02 || length === 0 || length >= 0x80 || end > der.length) return undefined
  const first = der[start] ?? 0
  if (first >= 0x80) return undefined
  if (first === 0 && length > 1 && (der[start + 1] ?? 0) < 0x80) return undefined
  const from = first === 0 && length > 1 ? start + 1 : start
  if (end - from > target.length) return undefined
  target.set(der.subarray(from, end), target.length - (end - from))
  return end
}
