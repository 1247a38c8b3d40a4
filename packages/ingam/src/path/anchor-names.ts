// Layer: path. The names for which the operator lets a trust anchor speak: like nameConstraints that permit, but closed:
// a kind of name that is not listed is allowed to nobody below the anchor.

import { readAll } from '../der/reader.ts'
import { createError } from '../errors/errors.ts'
import { checkOptionKeys, kindOf } from '../errors/options.ts'
import { type Name, readName } from '../x509/name.ts'
import { addressBase, type ComparedBase, hostBase, mailboxBase, type NameKind } from './name-forms.ts'

/**
 * Names for which a trust anchor may speak. A kind that is left out is allowed to no certificate below the anchor, and
 * so are the kinds that cannot be listed here.
 */
export interface AnchorNames {
  /**
   * Subjects (and directoryNames): `'any'`, or the distinguished names below which they must lie, parsed or as DER.
   * Required: a subject is part of every identity.
   */
  readonly directoryNames: 'any' | readonly (Name | Uint8Array)[]
  /** `example.com` with all below it, `.example.com` what is below it alone. */
  readonly dns?: readonly string[]
  /** Hosts of URIs: `example.com` alone, `.example.com` what is below it. A URI without host is refused. */
  readonly uris?: readonly string[]
  /** `user@example.com`, `example.com` all mailboxes there, `.example.com` those below it. */
  readonly emails?: readonly string[]
  /** User principal names, in the forms of `emails`. */
  readonly upns?: readonly string[]
  /** `192.0.2.0/24`, `2001:db8::/32`; without a length one address. */
  readonly ips?: readonly string[]
}

/** The same by kind of name. */
export type AnchorSubtrees = ReadonlyMap<NameKind, readonly ComparedBase[]>

/**
 * Validates the names.
 *
 * @throws {ArgumentError} ERR_ARG_* for an unknown kind, a missing `directoryNames` or a name that is of no known form
 */
export function toAnchorSubtrees(names: AnchorNames): AnchorSubtrees {
  checkOptionKeys('names', names, ['directoryNames', ...TEXT_KINDS.map(({ option }) => option)])
  const subtrees = new Map<NameKind, readonly ComparedBase[]>([
    ['directoryName', directoryBases(names.directoryNames)],
  ])
  for (const { option, kind, read } of TEXT_KINDS) {
    const texts: unknown = names[option] ?? []
    if (!Array.isArray(texts)) throw wrong(option, 'an array of texts', kindOf(texts))
    subtrees.set(
      kind,
      texts.map((text: unknown) => {
        if (typeof text !== 'string') throw wrong(option, 'an array of texts', `${kindOf(text)} in it`)
        const base = read(text)
        if (base.kind === 'incomparable') throw wrong(option, EXPECTED[option], text)
        return base
      }),
    )
  }
  return subtrees
}

const TEXT_KINDS = [
  { option: 'dns', kind: 'dNSName', read: (text: string) => hostBase(text, 'domain') },
  { option: 'uris', kind: 'uniformResourceIdentifier', read: (text: string) => hostBase(text, 'host') },
  { option: 'emails', kind: 'rfc822Name', read: mailboxBase },
  { option: 'upns', kind: 'upn', read: mailboxBase },
  { option: 'ips', kind: 'iPAddress', read: rangeBase },
] as const

const EXPECTED = {
  dns: 'example.com or .example.com',
  uris: 'a host: example.com or .example.com',
  emails: 'user@example.com, example.com or .example.com',
  upns: 'user@example.com, example.com or .example.com',
  ips: '192.0.2.0/24, 2001:db8::/32 or one address',
} as const

function directoryBases(names: AnchorNames['directoryNames'] | undefined): readonly ComparedBase[] {
  const expected = "'any', or distinguished names as parsed or as DER"
  if (names === undefined)
    throw createError('ERR_ARG_REQUIRED', { argument: 'names.directoryNames', expected })
  if (names === 'any') return [{ kind: 'all' }]
  if (!Array.isArray(names)) throw wrong('directoryNames', expected, kindOf(names))
  return names.map((name: Name | Uint8Array): ComparedBase => {
    const der: unknown = name instanceof Uint8Array ? name : name?.der
    if (!(der instanceof Uint8Array)) throw wrong('directoryNames', expected, `${kindOf(name)} in it`)
    // Read from its bytes, so that what is compared is what a certificate could say.
    return {
      kind: 'directory',
      name: readAll(new Uint8Array(der), 'names.directoryNames', (reader) => readName(reader, 'name')),
    }
  })
}

function rangeBase(text: string): ComparedBase {
  const [address = '', length, ...rest] = text.split('/')
  const bytes = readIpv4(address) ?? readIpv6(address)
  if (bytes === undefined || rest.length > 0) return { kind: 'incomparable' }
  const bits = length === undefined ? bytes.length * 8 : /^\d{1,3}$/u.test(length) ? Number(length) : Infinity
  if (bits > bytes.length * 8) return { kind: 'incomparable' }
  const mask = bytes.map((_, index) => (0xff00 >> Math.min(8, Math.max(0, bits - index * 8))) & 0xff)
  return addressBase(Uint8Array.from([...bytes, ...mask]))
}

function readIpv4(text: string): readonly number[] | undefined {
  const parts = text.split('.')
  const isAddress =
    parts.length === 4 && parts.every((part) => /^(?:0|[1-9]\d{0,2})$/u.test(part) && +part < 256)
  return isAddress ? parts.map(Number) : undefined
}

// RFC 4291 §2.2, forms 1 and 2
function readIpv6(text: string): readonly number[] | undefined {
  const halves = text.split('::')
  const [head = [], tail = []] = halves.map((half) => (half === '' ? [] : half.split(':')))
  const missing = 8 - head.length - tail.length
  if (halves.length > 2 || (halves.length === 2 ? missing < 1 : missing !== 0)) return undefined
  const groups = [...head, ...Array.from({ length: missing }, () => '0'), ...tail]
  if (!groups.every((group) => /^[0-9a-f]{1,4}$/iu.test(group))) return undefined
  return groups.flatMap((group) => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 0xff])
}

function wrong(option: string, expected: string, found: string): Error {
  return createError('ERR_ARG_VALUE', { argument: `names.${option}`, expected, found })
}
