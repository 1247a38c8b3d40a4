// Layer: path. Name constraints (RFC 5280 §4.2.1.10, §6.1.3 (b), (c), §6.1.4 (g)): what the certificates above, and the
// operator for a trust anchor, allow the names below to be. A name of a constrained kind that cannot be compared with
// the constraint is refused. Every comparison is counted.

import { equalBytes } from '../bytes/compare.ts'
import type { Certificate } from '../x509/certificate.ts'
import type { GeneralSubtree, NameConstraints } from '../x509/extensions/name-constraints.ts'
import { formatName } from '../x509/name.ts'
import { type Budget, budgetSpent } from './budget.ts'
import {
  type ComparedBase,
  type ComparedName,
  comparedBase,
  comparedNames,
  directoryMatch,
  type NameKind,
} from './name-forms.ts'
import type { Place } from './place.ts'
import { type Refusal, refuse } from './refusal.ts'
import type { StoredAnchor } from './trust-store.ts'

/** The names that may appear below what has been seen of a path. */
export class NameSpace {
  readonly #budget: Budget
  readonly #anchor: StoredAnchor
  readonly #imposed: { readonly bases: Bases; readonly by: Certificate }[] = []

  constructor(budget: Budget, anchor: StoredAnchor) {
    this.#budget = budget
    this.#anchor = anchor
  }

  /** RFC 5280 §6.1.4 (g): the constraints of a CA join those above it. */
  constrain(certificate: Certificate): void {
    const { nameConstraints } = certificate
    if (nameConstraints !== undefined) {
      this.#imposed.push({ bases: basesOf(nameConstraints), by: certificate })
    }
  }

  /** RFC 5280 §6.1.3 (b), (c): every name is within what each CA above permits, and in nothing that one excludes. */
  check(place: Place): Refusal | undefined {
    if (this.#imposed.length === 0 && this.#anchor.subtrees === undefined) return undefined
    for (const name of comparedNames(place.certificate)) {
      const refusal = this.#checkByAnchor(name, place) ?? this.#checkImposed(name, place)
      if (refusal !== undefined) return refusal
    }
    return undefined
  }

  #checkByAnchor(name: ComparedName, place: Place): Refusal | undefined {
    const { subtrees, id, certificate: anchorCertificate } = this.#anchor
    // An otherName with a form of its own is judged by that.
    if (subtrees === undefined || (name.kind === 'otherName' && name.isComparedToo)) return undefined
    const bases = subtrees.get(name.kind) ?? []
    const match = this.#matchAny(name, bases, 'permitted')
    if (match === 'spent') return this.#spent(place)
    if (match === 'within') return undefined
    const problem =
      match === 'unknown' ? 'of a form that cannot be compared with the names' : 'not among the names'
    const anchor = id ?? formatName(anchorCertificate.subject)
    return refuse('ERR_PATH_ANCHOR_NAME', place, (certificate) => ({
      certificate,
      name: name.shown,
      anchor,
      problem,
    }))
  }

  #checkImposed(name: ComparedName, place: Place): Refusal | undefined {
    for (const { bases, by } of this.#imposed) {
      const permitted = bases.permitted.get(name.kind)
      if (permitted !== undefined) {
        const match = this.#matchAny(name, permitted, 'permitted')
        if (match === 'spent') return this.#spent(place)
        if (match !== 'within') return refuseName(name, place, by, PROBLEMS.permitted[match])
      }
      const excluded = bases.excluded.get(name.kind)
      if (excluded !== undefined) {
        const match = this.#matchAny(name, excluded, 'excluded')
        if (match === 'spent') return this.#spent(place)
        if (match !== 'outside') return refuseName(name, place, by, PROBLEMS.excluded[match])
      }
    }
    return undefined
  }

  #matchAny(name: ComparedName, bases: readonly ComparedBase[], side: Side): Match | 'spent' {
    let isUnknown = false
    for (const base of bases) {
      if (this.#budget.nameComparisons >= this.#budget.maxNameComparisons) return 'spent'
      this.#budget.nameComparisons++
      const match = matchOf(name, base, side)
      if (match === 'within') return 'within'
      if (match === 'unknown') isUnknown = true
    }
    return isUnknown ? 'unknown' : 'outside'
  }

  #spent(place: Place): Refusal {
    return budgetSpent(place, 'name comparisons', this.#budget.maxNameComparisons)
  }
}

type Side = 'permitted' | 'excluded'
type Match = 'within' | 'outside' | 'unknown'

const PROBLEMS = {
  permitted: {
    outside: 'not within the permittedSubtrees',
    unknown: 'of a form that cannot be compared with the permittedSubtrees',
  },
  excluded: {
    within: 'within the excludedSubtrees',
    unknown: 'of a form that cannot be compared with the excludedSubtrees',
  },
} as const

function refuseName(name: ComparedName, place: Place, by: Certificate, problem: string): Refusal {
  return refuse('ERR_PATH_NAME_CONSTRAINT', place, (certificate) => ({
    certificate,
    name: name.shown,
    imposedBy: formatName(by.subject),
    problem,
  }))
}

function matchOf(name: ComparedName, base: ComparedBase, side: Side): Match {
  if (base.kind === 'incomparable') return 'unknown'
  switch (name.kind) {
    case 'dNSName':
      return name.host === undefined ? 'unknown' : asMatch(matchesDns(name.host, base, side))
    case 'uniformResourceIdentifier':
      return name.host === undefined ? 'unknown' : asMatch(matchesHost(name.host, base))
    case 'rfc822Name':
    case 'upn':
      if (name.mailbox === undefined) return 'unknown'
      return asMatch(
        base.kind === 'mailbox'
          ? name.mailbox.host === base.mailbox.host && sameLocal(name.mailbox.local, base.mailbox.local, side)
          : matchesHost(name.mailbox.host, base),
      )
    case 'iPAddress':
      if (isMapped(name.bytes)) return 'unknown'
      return asMatch(base.kind === 'address' && matchesAddress(name.bytes, base.address, base.mask))
    case 'directoryName':
      if (base.kind === 'all') return 'within'
      return base.kind === 'directory' ? directoryMatch(name.name, base.name) : 'unknown'
    default:
      // RFC 5280 §4.2.1.10: a constraint on a kind that is not processed refuses every name of the kind.
      return 'unknown'
  }
}

function asMatch(matches: boolean): Match {
  return matches ? 'within' : 'outside'
}

function matchesDns(host: string, base: ComparedBase, side: Side): boolean {
  if (base.kind === 'all') return true
  if (base.kind !== 'domain' && base.kind !== 'below') return false
  if (host.endsWith(`.${base.host}`)) return true
  // DEVIATION: RFC 5280 knows no leading full stop for host names; in use it stands for what is below. Read so where it
  // permits, and with the domain itself where it excludes: never the wider reading.
  if (base.kind === 'below' && side === 'permitted') return false
  if (host === base.host) return true
  // DEVIATION: a wildcard stands for every name it could be used for, so that one of them excluded excludes it.
  return side === 'excluded' && host.startsWith('*.') && isChildOf(base.host, host.slice(2))
}

function isChildOf(host: string, parent: string): boolean {
  return host.endsWith(`.${parent}`) && !host.slice(0, -parent.length - 1).includes('.')
}

function matchesHost(host: string, base: ComparedBase): boolean {
  switch (base.kind) {
    case 'all':
      return true
    case 'host':
      return host === base.host
    case 'below':
      return host.endsWith(`.${base.host}`)
    default:
      return false
  }
}

// RFC 5280 §7.5: an exact match.
// DEVIATION: where it excludes, without case, since most mail systems deliver to one mailbox whatever the case.
function sameLocal(local: string, base: string, side: Side): boolean {
  return local === base || (side === 'excluded' && local.toLowerCase() === base.toLowerCase())
}

// RFC 4291 §2.5.5.2: an IPv4 address in the clothes of IPv6, which would slip past constraints on IPv4.
function isMapped(bytes: Uint8Array): boolean {
  return bytes.length === 16 && equalBytes(bytes.subarray(0, 12), IPV4_MAPPED)
}

const IPV4_MAPPED: Uint8Array = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff)

// Addresses of different families have different lengths, and so are never equal.
function matchesAddress(bytes: Uint8Array, address: Uint8Array, mask: Uint8Array): boolean {
  const masked = (octets: Uint8Array): Uint8Array => octets.map((octet, index) => octet & (mask[index] ?? 0))
  return equalBytes(masked(bytes), masked(address))
}

interface Bases {
  readonly permitted: ReadonlyMap<NameKind, readonly ComparedBase[]>
  readonly excluded: ReadonlyMap<NameKind, readonly ComparedBase[]>
}

// Derived from the extension alone, so that it never goes stale.
const known: WeakMap<NameConstraints, Bases> = new WeakMap()

function basesOf(constraints: NameConstraints): Bases {
  const found = known.get(constraints)
  if (found !== undefined) return found
  const bases = {
    permitted: byKind(constraints.permittedSubtrees ?? []),
    excluded: byKind(constraints.excludedSubtrees ?? []),
  }
  known.set(constraints, bases)
  return bases
}

function byKind(subtrees: readonly GeneralSubtree[]): ReadonlyMap<NameKind, readonly ComparedBase[]> {
  const kinds = new Map<NameKind, ComparedBase[]>()
  for (const subtree of subtrees) {
    const bases = kinds.get(subtree.kind)
    if (bases === undefined) kinds.set(subtree.kind, [comparedBase(subtree)])
    else bases.push(comparedBase(subtree))
  }
  return kinds
}
