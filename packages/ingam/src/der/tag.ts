// Layer: der. Identifier octets (X.690 §8.1.2) of the types that X.509 uses.

/** Identifier octets of universal types, as they stand in DER. */
export const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  oid: 0x06,
  enumerated: 0x0a,
  utf8String: 0x0c,
  numericString: 0x12,
  printableString: 0x13,
  teletexString: 0x14,
  ia5String: 0x16,
  utcTime: 0x17,
  generalizedTime: 0x18,
  visibleString: 0x1a,
  universalString: 0x1c,
  bmpString: 0x1e,
  sequence: 0x30,
  set: 0x31,
} as const

const NAMES: ReadonlyMap<number, string> = new Map(Object.entries(TAG).map(([name, tag]) => [tag, name]))

/** Identifier octet of a context-specific tag. */
export function contextTag(number: number, form: 'primitive' | 'constructed'): number {
  return 0x80 | (form === 'constructed' ? 0x20 : 0) | number
}

/** A tag in words, for messages. */
export function tagName(tag: number): string {
  const known = NAMES.get(tag)
  if (known !== undefined) return known
  const hex = `0x${tag.toString(16).padStart(2, '0')}`
  return (tag & 0xc0) === 0x80 ? `[${tag & 0x1f}] (${hex})` : hex
}
