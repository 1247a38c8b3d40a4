// Server: policy. What a valid policy says in vain: rules that nobody can reach, and names that no certificate can bear.
// Warnings say nothing of what is allowed; a policy with some is as good as any other.

import { matcherOf, RULES, type RuleKind } from './rules.ts'
import type { PolicyDocument, PolicyMatch, PolicyNames, PolicyProfile } from './schema.ts'

/**
 * One line for each thing that is written in vain, in the order of the document; empty for most policies. **Not all that
 * is in vain is found.**
 */
export function policyWarnings(document: PolicyDocument): readonly string[] {
  return [...unusedAnchors(document), ...clientsWithoutProfile(document), ...profileWarnings(document)]
}

function unusedAnchors({ trustAnchors, clients, profiles }: PolicyDocument): readonly string[] {
  const used = new Set([
    ...Object.values(clients).map(({ trustAnchor }) => trustAnchor),
    ...Object.values(profiles).flatMap(({ match }) => match.trustAnchor),
  ])
  return Object.keys(trustAnchors)
    .filter((id) => !used.has(id))
    .map((id) => `trustAnchors.${id}: no client and no profile names it`)
}

function clientsWithoutProfile({ clients, profiles }: PolicyDocument): readonly string[] {
  return Object.entries(clients)
    .filter(([id, { grants, introspects }]) => {
      const isServed = Object.values(profiles).some(
        (profile) => takes(profile, id) && profile.grants.some((grant) => grants.includes(grant)),
      )
      return !introspects && !isServed
    })
    .map(([id]) => `clients.${id}: no profile is open to it`)
}

function profileWarnings({ trustAnchors, clients, profiles }: PolicyDocument): readonly string[] {
  const warnings: string[] = []
  const before: [string, PolicyProfile][] = []
  for (const [name, profile] of Object.entries(profiles)) {
    const path = `profiles.${name}`
    const [hiding] = before.find(([, earlier]) => coversProfile(earlier, profile)) ?? []
    if (hiding !== undefined)
      warnings.push(`${path}: never reached: profiles.${hiding} gives all of it before`)
    const grants = profile.clients?.flatMap((id) => clients[id]?.grants ?? [])
    if (grants !== undefined && !grants.some((grant) => profile.grants.includes(grant))) {
      warnings.push(`${path}: none of its clients has one of its grants`)
    }
    for (const [kind, field] of ANCHOR_FIELDS) {
      const anchors = profile.match.trustAnchor.map((id) => trustAnchors[id]?.names)
      const isMute = (names: 'any' | PolicyNames | undefined): boolean => {
        return names !== undefined && names !== 'any' && (names[field] ?? []).length === 0
      }
      if (profile.match[kind] !== undefined && anchors.every(isMute)) {
        warnings.push(`${path}.match.${kind}: none of its trust anchors may speak for ${field}`)
      }
    }
    before.push([name, profile])
  }
  return warnings
}

const ANCHOR_FIELDS = [
  ['uri', 'uris'],
  ['dns', 'dns'],
  ['email', 'emails'],
  ['upn', 'upns'],
  ['ip', 'ips'],
] as const

function takes({ clients }: PolicyProfile, id: string): boolean {
  return clients === undefined || clients.includes(id)
}

// Whoever gets something by the later profile gets it by the earlier one. The check on the name that was signed under
// belongs to the rules, and names chosen by a rule may be several: only profiles that choose none are compared.
function coversProfile(earlier: PolicyProfile, later: PolicyProfile): boolean {
  return (
    earlier.subject === 'certificate' &&
    later.subject === 'certificate' &&
    includesAll(earlier.grants, later.grants) &&
    (earlier.clients === undefined ||
      (later.clients !== undefined && includesAll(earlier.clients, later.clients))) &&
    coversMatch(earlier.match, later.match) &&
    includesAll(earlier.audience, later.audience) &&
    includesAll(earlier.scope, later.scope)
  )
}

/** Whether every certificate that the second holds for is one that the first holds for; perhaps false where it is so. */
export function coversMatch(wide: PolicyMatch, narrow: PolicyMatch): boolean {
  return RULES.every(({ kind }) => {
    const open = wide[kind]
    if (open === undefined) return true
    const closed = narrow[kind]
    return closed !== undefined && coversTexts(kind, open, closed)
  })
}

/** Whether every value that one of the second texts holds for is one that some text of the first holds for. */
export function coversTexts(kind: RuleKind, wide: readonly string[], narrow: readonly string[]): boolean {
  const matchers = wide.map((text) => matcherOf(kind, text))
  return narrow.every((text) => {
    const other = matcherOf(kind, text)
    return matchers.some((matcher) => matcher.covers(other))
  })
}

function includesAll<T>(list: readonly T[], wanted: readonly T[]): boolean {
  return wanted.every((value) => list.includes(value))
}
