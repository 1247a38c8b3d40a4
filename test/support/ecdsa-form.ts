// The two forms of an ECDSA signature: R‖S of fixed length, as tokens have it (RFC 7518 §3.4), and the DER of a SEQUENCE of
// two INTEGERs, as OpenSSL has it. Written here and not taken from the library, so that an error there cannot cancel out.

/** DER from R‖S of any length. */
export function derFromFixed(signature: Uint8Array): Buffer {
  const half = signature.length / 2
  const body = Buffer.concat([signature.subarray(0, half), signature.subarray(half)].map(integerOf))
  const length = body.length < 0x80 ? [body.length] : [0x81, body.length]
  return Buffer.concat([Buffer.of(0x30, ...length), body])
}

/** R‖S, each number of as many bytes as the curve's coordinates, from DER that is well-formed. */
export function fixedFromDer(der: Uint8Array, coordinateBytes: number): Buffer {
  const r = der[1] === 0x81 ? 3 : 2
  const s = r + 2 + (der[r + 1] ?? 0)
  const numbers = [der.subarray(r + 2, s), der.subarray(s + 2)]
  const padded = numbers.map((number) => Buffer.concat([Buffer.alloc(coordinateBytes), number]))
  return Buffer.concat(padded.map((number) => number.subarray(-coordinateBytes)))
}

function integerOf(number: Uint8Array): Buffer {
  const hex = Buffer.from(number)
    .toString('hex')
    .replace(/^(?:00)+(?=..)/u, '')
  const bytes = Buffer.from(Number.parseInt(hex.slice(0, 2), 16) >= 0x80 ? `00${hex}` : hex, 'hex')
  return Buffer.concat([Buffer.of(0x02, bytes.length), bytes])
}
