// CLI: name constraints of a development CA: what it may speak for. Only permitted subtrees; a kind that is not named
// stays free.

import { isIPv4, isIPv6 } from 'node:net'
import { writeDer } from './der.ts'

/** Permitted names, as typed. */
export interface PermittedNames {
  readonly dns: readonly string[]
  readonly uris: readonly string[]
  readonly emails: readonly string[]
  readonly ips: readonly string[]
}

/** What is wrong with one of them, in words that follow the option; undefined where nothing is. */
export function problemOfPermitted(kind: keyof PermittedNames, value: string): string | undefined {
  if (kind === 'ips') {
    return parseRange(value) === undefined
      ? 'expected a range such as 10.0.0.0/8 or 2001:db8::/32, its address the first of the range'
      : undefined
  }
  if (HOST.test(value) && value.length <= 253 && (kind !== 'dns' || !value.startsWith('.'))) return undefined
  // RFC 5280 §4.2.1.10: a dNSName includes the names below it; for URIs and mail a leading dot says so.
  if (kind === 'dns') return 'expected a DNS name such as corp.example, which includes the names below it'
  if (kind === 'uris') return 'expected a host such as id.example, or .example for all hosts below it'
  return MAILBOX.test(value) ? undefined : 'expected a host, .domain or address, such as corp.example'
}

/** The content of the extension nameConstraints; undefined where nothing is permitted specially. */
export function encodeNameConstraints(permitted: PermittedNames): Uint8Array<ArrayBuffer> | undefined {
  const names = [
    ...permitted.emails.map((value) => writeDer(0x81, Buffer.from(value, 'latin1'))),
    ...permitted.dns.map((value) => writeDer(0x82, Buffer.from(value, 'latin1'))),
    ...permitted.uris.map((value) => writeDer(0x86, Buffer.from(value, 'latin1'))),
    ...permitted.ips.map((value) => writeDer(0x87, parseRange(value) ?? new Uint8Array())),
  ]
  if (names.length === 0) return undefined
  // RFC 5280 §4.2.1.10: NameConstraints ::= SEQUENCE { permittedSubtrees [0] GeneralSubtrees }; minimum 0 is the default
  // and not written.
  return writeDer(0x30, writeDer(0xa0, ...names.map((name) => writeDer(0x30, name))))
}

const HOST = /^\.?[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?(?:\.[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?)*$/iu
const MAILBOX = /^[\x21-\x3f\x41-\x7e]+@[a-z\d](?:[a-z\d.-]*[a-z\d])?$/iu

// RFC 4632: address and mask, 8 or 32 bytes.
function parseRange(text: string): Uint8Array | undefined {
  const { address = '', bits = '' } = /^(?<address>[\da-f.:]+)\/(?<bits>\d{1,3})$/iu.exec(text)?.groups ?? {}
  const bytes = isIPv4(address) ? address.split('.').map(Number) : isIPv6(address) ? ipv6Bytes(address) : []
  const prefix = Number(bits)
  if (bytes.length === 0 || prefix > bytes.length * 8) return undefined
  const mask = bytes.map((_byte, index) => (0xff00 >> Math.max(0, Math.min(8, prefix - index * 8))) & 0xff)
  const isFirst = bytes.every((byte, index) => (byte & ~(mask[index] ?? 0)) === 0)
  return isFirst ? Uint8Array.from([...bytes, ...mask]) : undefined
}

// A dotted end (::ffff:192.0.2.1) is left out: nobody needs it in a range.
function ipv6Bytes(address: string): number[] {
  if (address.includes('.')) return []
  const [head = '', tail] = address.split('::')
  const before = groups(head)
  const after = tail === undefined ? [] : groups(tail)
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => 0)
  return [...before, ...zeros, ...after].flatMap((group) => [group >> 8, group & 0xff])
}

function groups(text: string): number[] {
  return text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16))
}
