// Server: policy. What a valid policy says in vain: rules that nobody can reach, and names that no certificate can bear.
// Warnings say nothing of what is allowed; a policy with some is as good as any other.

import { escapeText } from 'ingam'
import { mayAllow, type NameField } from './anchor-names.ts'
import { matcherOf, RULES, type RuleKind } from './rules.ts'
import type { PolicyDocument, PolicyMatch, PolicyNames, PolicyProfile } from './schema.ts'

/**
 * One line for each thing that is written in vain, in the order of the document; empty for most policies. **Not all that
 * is in vain is found.**
 */
export function policyWarnings(document: PolicyDocument): readonly string[] {
  return [
    ...unusedAnchors(document),
    ...clientsWithoutProfile(document),
    ...clientsOutsideNames(document),
    ...profileWarnings(document),
  ]
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

function clientsOutsideNames({ trustAnchors, clients }: PolicyDocument): readonly string[] {
  return Object.entries(clients).flatMap(([id, { trustAnchor = '', certificate = {} }]) => {
    const names = trustAnchors[trustAnchor]?.names
    return Object.entries(certificate).flatMap(([key, text]: [string, string]) => {
      const field = CLIENT_FIELDS.get(key)
      if (field === undefined || !isNeverAllowed(field, listed(names, field), text)) return []
      return [`clients.${id}.certificate.${key}: its trust anchor may not speak for ${shown(text)}`]
    })
  })
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
    const anchors = profile.match.trustAnchor.map((id) => trustAnchors[id]?.names)
    warnings.push(...matchWarnings(`${path}.match`, profile.match, anchors))
    before.push([name, profile])
  }
  return warnings
}

function matchWarnings(
  path: string,
  match: PolicyMatch,
  anchors: readonly (AnchorNames | undefined)[],
): readonly string[] {
  return ANCHOR_FIELDS.flatMap(([kind, field]) => {
    const texts = match[kind] ?? []
    const lists = anchors.map((names) => listed(names, field))
    if (texts.length > 0 && lists.every((list) => list !== 'any' && list.length === 0)) {
      const what = field === 'directoryNames' ? 'subjects' : field
      return [`${path}.${kind}: none of its trust anchors may speak for ${what}`]
    }
    const pairs = texts.length * lists.reduce((sum, list) => sum + (list === 'any' ? 0 : list.length), 0)
    if (pairs > MAX_PAIRS) return []
    return texts
      .filter((text) => lists.every((list) => isNeverAllowed(field, list, text)))
      .map((text) => `${path}.${kind}: none of its trust anchors may speak for ${shown(text)}`)
  })
}

// LIMIT: patterns of one rule times names of its anchors; a rule with more is not looked at, since a service compares
// them while it answers others.
const MAX_PAIRS = 1_024

// Whether an anchor that may speak for these surely refuses each certificate with a name that the text holds for.
function isNeverAllowed(
  field: NameField | 'directoryNames',
  allowed: 'any' | readonly string[],
  text: string,
): boolean {
  if (allowed === 'any') return false
  // Below others a name may lie that is written in another way: the library compares without case.
  if (field === 'directoryNames') return allowed.length === 0
  return !allowed.some((name) => mayAllow(field, name, text))
}

function listed(
  names: AnchorNames | undefined,
  field: NameField | 'directoryNames',
): 'any' | readonly string[] {
  return names === undefined || names === 'any' ? 'any' : (names[field] ?? [])
}

function shown(text: string): string {
  return escapeText(text, 80)
}

type AnchorNames = 'any' | PolicyNames

const CLIENT_FIELDS: ReadonlyMap<string, NameField | 'directoryNames'> = new Map([
  ['san_uri', 'uris'],
  ['san_dns', 'dns'],
  ['san_email', 'emails'],
  ['san_ip', 'ips'],
  ['subject_dn', 'directoryNames'],
])

const ANCHOR_FIELDS = [
  ['uri', 'uris'],
  ['dns', 'dns'],
  ['email', 'emails'],
  ['upn', 'upns'],
  ['ip', 'ips'],
  ['subject', 'directoryNames'],
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
