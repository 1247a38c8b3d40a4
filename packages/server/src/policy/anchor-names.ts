// Server: policy. The names for which a trust anchor may speak, compared with each other and with patterns, by the rules
// by which the library judges a certificate (AnchorNames; RFC 5280 §4.2.1.10). What cannot be told has the answer that
// hides nothing: a change is one that gives more, and a pattern may hold.

import { coversRange, parseRange } from './address.ts'
import { type PrintedAttribute, parsePrintedName } from './distinguished-name.ts'
import { compilePattern, matchesPattern } from './pattern.ts'

/** The kinds of names that are listed as text. */
export type NameField = 'dns' | 'uris' | 'emails' | 'upns' | 'ips'

/** Whether all that the second name allows is allowed by the first; perhaps false where it is so. */
export function coversAnchorName(field: NameField | 'directoryNames', wide: string, narrow: string): boolean {
  if (wide === narrow) return true
  if (field === 'directoryNames') return coversDirectoryName(wide, narrow)
  if (field === 'ips') {
    const [range, other] = [parseRange(wide), parseRange(narrow)]
    return range !== undefined && other !== undefined && coversRange(range, other)
  }
  return coversBase(baseOf(field, wide), baseOf(field, narrow))
}

/** Whether a name that the pattern holds for may be one that the anchor's name allows; perhaps true where none is. */
export function mayAllow(field: NameField, name: string, pattern: string): boolean {
  switch (field) {
    case 'dns':
      return mayHold(baseOf(field, name), pattern)
    case 'uris': {
      const host = hostOfUri(pattern)
      // A URI without a host is allowed by no name.
      return host !== '' && (host === undefined || mayHold(baseOf(field, name), host))
    }
    case 'emails':
    case 'upns': {
      const base = baseOf(field, name)
      const at = pattern.indexOf('@')
      if (base.local === undefined) return mayHold(base, pattern.slice(at + 1))
      const compiled = compilePattern('email', pattern)
      return typeof compiled === 'string' || matchesPattern(compiled, name)
    }
    case 'ips': {
      const [range, other] = [parseRange(name), parseRange(pattern)]
      return (
        range === undefined || other === undefined || coversRange(range, other) || coversRange(other, range)
      )
    }
  }
}

/** A host alone, with all below it, or all below it without itself; with `local` one mailbox. */
interface Base {
  readonly form: 'host' | 'domain' | 'below'
  readonly host: string
  readonly local?: string
}

function baseOf(field: NameField, name: string): Base {
  const at = name.indexOf('@')
  if (at >= 0) return { form: 'host', host: name.slice(at + 1).toLowerCase(), local: name.slice(0, at) }
  const host = name.toLowerCase()
  if (host.startsWith('.')) return { form: 'below', host: host.slice(1) }
  return { form: field === 'dns' ? 'domain' : 'host', host }
}

function coversBase(wide: Base, narrow: Base): boolean {
  if (wide.local !== undefined) return narrow.local === wide.local && narrow.host === wide.host
  const isBelow = narrow.host.endsWith(`.${wide.host}`)
  switch (wide.form) {
    case 'host':
      return narrow.form === 'host' && narrow.host === wide.host
    case 'domain':
      return isBelow || narrow.host === wide.host
    case 'below':
      return isBelow || (narrow.form === 'below' && narrow.host === wide.host)
  }
}

// Printed, the attributes that stand first in the DER are the last ones. Letter for letter, though the library compares
// without case.
function coversDirectoryName(wide: string, narrow: string): boolean {
  const [above, below] = [parsePrintedName(wide), parsePrintedName(narrow)]
  if (above === undefined || below === undefined || below.length < above.length) return false
  const tail = below.slice(below.length - above.length)
  return above.every((rdn, index) => isSameRdn(rdn, tail[index] ?? []))
}

function isSameRdn(one: readonly PrintedAttribute[], other: readonly PrintedAttribute[]): boolean {
  return (
    one.length === other.length &&
    one.every(({ type, value }, index) => other[index]?.type === type && other[index]?.value === value)
  )
}

// A star never stands for a full stop, so that the labels of a pattern are those of each host that it holds for.
function mayHold({ form, host }: Base, pattern: string): boolean {
  const labels = pattern.split('.')
  const { length } = host.split('.')
  if (form === 'host' && labels.length !== length) return false
  if (labels.length < length || (form === 'below' && labels.length === length)) return false
  const tail = compilePattern('dns', labels.slice(-length).join('.'))
  return typeof tail === 'string' || matchesPattern(tail, host)
}

/** The host in a pattern; undefined where it cannot be told, empty where there is none. */
function hostOfUri(pattern: string): string | undefined {
  const [, authority] = /^[a-z][a-z0-9+.-]*:\/\/([^/?#]*)/iu.exec(pattern) ?? []
  if (authority === undefined) return ''
  return /^[A-Za-z0-9_.*-]+(?=(?::[^:@]*)?$)/u.exec(authority)?.[0]
}
