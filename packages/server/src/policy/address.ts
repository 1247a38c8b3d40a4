// Server: policy. IP addresses and ranges of them, compared as bytes: an IPv4 address is never one of IPv6 (RFC 4291
// §2.5.5.2 maps are other addresses here), and how an address is written makes no difference.

/** All addresses that begin with the first `bits` bits of `bytes`. */
export interface AddressRange {
  /** 4 or 16. */
  readonly bytes: readonly number[]
  readonly bits: number
}

/** Reads `192.0.2.1`, `192.0.2.0/24`, `2001:db8::/32`; undefined for anything else, bits beyond the length too. */
export function parseRange(text: string): AddressRange | undefined {
  const slash = text.indexOf('/')
  const bytes = parseAddress(slash < 0 ? text : text.slice(0, slash))
  if (bytes === undefined) return undefined
  if (slash < 0) return { bytes, bits: bytes.length * 8 }
  const length = text.slice(slash + 1)
  const bits = /^(?:0|[1-9]\d{0,2})$/u.test(length) ? Number(length) : Number.POSITIVE_INFINITY
  if (bits > bytes.length * 8) return undefined
  // 192.0.2.1/24 is somebody's mistake: an address or a range was meant.
  const isClean = bytes.every((byte, index) => (byte & ~maskOf(bits, index)) === 0)
  return isClean ? { bytes, bits } : undefined
}

/** Whether the address lies within the range; text that is no address lies in none. */
export function isWithin(range: AddressRange, address: string): boolean {
  const bytes = parseAddress(address)
  return bytes !== undefined && agrees(range, bytes)
}

/** Whether all addresses of the second range lie within the first. */
export function coversRange(range: AddressRange, other: AddressRange): boolean {
  return other.bits >= range.bits && agrees(range, other.bytes)
}

function agrees({ bytes, bits }: AddressRange, other: readonly number[]): boolean {
  return (
    bytes.length === other.length &&
    bytes.every((byte, index) => ((byte ^ (other[index] ?? 0)) & maskOf(bits, index)) === 0)
  )
}

function maskOf(bits: number, index: number): number {
  return (0xff00 >> Math.min(8, Math.max(0, bits - index * 8))) & 0xff
}

function parseAddress(text: string): readonly number[] | undefined {
  return text.includes(':') ? parseIpv6(text) : parseIpv4(text)
}

function parseIpv4(text: string): readonly number[] | undefined {
  const parts = text.split('.')
  // No leading zeros: to some readers they mean octal.
  const isAddress =
    parts.length === 4 && parts.every((part) => /^(?:0|[1-9]\d{0,2})$/u.test(part) && Number(part) < 256)
  return isAddress ? parts.map(Number) : undefined
}

// RFC 4291 §2.2, forms 1 and 2.
function parseIpv6(text: string): readonly number[] | undefined {
  const halves = text.split('::')
  const [head = [], tail = []] = halves.map((half) => (half === '' ? [] : half.split(':')))
  const missing = 8 - head.length - tail.length
  if (halves.length > 2 || (halves.length === 2 ? missing < 1 : missing !== 0)) return undefined
  const groups = [...head, ...Array.from({ length: missing }, () => '0'), ...tail]
  if (!groups.every((group) => /^[0-9a-f]{1,4}$/iu.test(group))) return undefined
  return groups.flatMap((group) => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 0xff])
}
