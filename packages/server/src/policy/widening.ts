// Server: policy. Which changes of a policy give somebody more: what whoever applies it should look at twice. Told by
// comparison of rules, never by trying requests, so that a change may be told that in the end gives nothing.

import { coversAnchorName } from './anchor-names.ts'
import { secondsOf } from './fields.ts'
import { RULES } from './rules.ts'
import type {
  PolicyAnchor,
  PolicyClientEntry,
  PolicyDocument,
  PolicyProfile,
  PolicyRevocation,
} from './schema.ts'
import { coversTexts } from './warnings.ts'

/**
 * `widens: path …` for each change that may give somebody more, in the order of the newer document; `changes: path …` for
 * one that asks for something else of whoever uses a token, which is neither more nor less.
 */
export function wideningLines(before: PolicyDocument, after: PolicyDocument): readonly string[] {
  const lines: string[] = []
  const tell: Tell = (path, what, kind = 'widens') => lines.push(`${kind}: ${path} ${what}`)
  if (strictness(after.revocation) < strictness(before.revocation)) tell('revocation', 'is less strict')
  for (const [id, anchor] of Object.entries(after.trustAnchors)) {
    const old = own(before.trustAnchors, id)
    if (old === undefined) tell(`trustAnchors.${id}`, 'is new')
    else compareAnchors(`trustAnchors.${id}`, old, anchor, tell)
  }
  for (const [id, client] of Object.entries(after.clients)) {
    const old = own(before.clients, id)
    if (old === undefined) tell(`clients.${id}`, 'is new')
    else compareClients(`clients.${id}`, old, client, tell)
  }
  for (const [name, profile] of Object.entries(after.profiles)) {
    const old = own(before.profiles, name)
    if (old === undefined) tell(`profiles.${name}`, 'is new')
    else compareProfiles(`profiles.${name}`, old, profile, tell)
  }
  return [...lines, ...orderWarnings(before, after)]
}

type Tell = (path: string, what: string, kind?: 'widens' | 'changes') => void

function strictness(revocation: PolicyRevocation): number {
  if (revocation === 'off') return 0
  return (revocation.mode === 'require' ? 3 : 1) + (revocation.depth === 'chain' ? 1 : 0)
}

const NAME_FIELDS = ['directoryNames', 'dns', 'uris', 'emails', 'upns', 'ips'] as const

function compareAnchors(path: string, old: PolicyAnchor, young: PolicyAnchor, tell: Tell): void {
  if (old.certificate.trim() !== young.certificate.trim()) tell(`${path}.certificate`, 'is another')
  if (old.names === 'any') return
  if (young.names === 'any') return tell(`${path}.names`, 'may now be any')
  for (const field of NAME_FIELDS) {
    const allowed = old.names[field] ?? []
    if (allowed === 'any') continue
    const now = young.names[field] ?? []
    if (now === 'any') tell(`${path}.names.${field}`, 'may now be any')
    else {
      const isAllowed = (name: string): boolean => allowed.some((wide) => coversAnchorName(field, wide, name))
      const added = now.filter((name) => !isAllowed(name))
      tellAdded(`${path}.names.${field}`, [], added, tell)
    }
  }
}

function compareClients(path: string, old: PolicyClientEntry, young: PolicyClientEntry, tell: Tell): void {
  if (old.authentication !== young.authentication)
    tell(`${path}.authentication`, `is now ${young.authentication}`)
  if (old.trustAnchor !== young.trustAnchor) tell(`${path}.trustAnchor`, 'is another')
  if (JSON.stringify(old.certificate) !== JSON.stringify(young.certificate))
    tell(`${path}.certificate`, 'is another')
  tellAdded(`${path}.grants`, old.grants, young.grants, tell)
  if (young.legacy && !old.legacy) tell(`${path}.legacy`, 'takes older assertions now')
  if (young.introspects && !old.introspects) tell(`${path}.introspects`, 'may look at tokens of others now')
}

function compareProfiles(path: string, old: PolicyProfile, young: PolicyProfile, tell: Tell): void {
  tellAdded(`${path}.grants`, old.grants, young.grants, tell)
  if (old.clients !== undefined) {
    if (young.clients === undefined) tell(`${path}.clients`, 'may now be any, also none')
    else tellAdded(`${path}.clients`, old.clients, young.clients, tell)
  }
  for (const { kind } of RULES) {
    const rules = old.match[kind]
    const now = young.match[kind]
    if (rules === undefined) continue
    if (now === undefined) tell(`${path}.match.${kind}`, 'is no longer asked for')
    else if (!coversTexts(kind, rules, now)) {
      tell(`${path}.match.${kind}`, coversTexts(kind, now, rules) ? 'now matches more' : 'now matches others')
    }
  }
  tellAdded(`${path}.audience`, old.audience, young.audience, tell)
  tellAdded(`${path}.scope`, old.scope, young.scope, tell)
  tellAdded(`${path}.roles`, old.roles, young.roles, tell)
  if ((secondsOf(young.lifetime) ?? 0) > (secondsOf(old.lifetime) ?? 0)) tell(`${path}.lifetime`, 'is longer')
  compareBindings(`${path}.binding`, old, young, tell)
  if (old.subject !== young.subject) tell(`${path}.subject`, 'is another: tokens name somebody else')
}

function compareBindings(path: string, old: PolicyProfile, young: PolicyProfile, tell: Tell): void {
  if (old.binding === young.binding || old.binding === 'none') return
  if (young.binding === 'none') tell(path, 'is gone: whoever finds a token can use it')
  else tell(path, `is another: ${young.binding} instead of ${old.binding}`, 'changes')
}

function tellAdded(path: string, old: readonly string[], young: readonly string[], tell: Tell): void {
  const added = young.filter((value) => !old.includes(value))
  if (added.length > 0) tell(path, `has more: ${added.join(', ')}`)
}

// The profile that is now tried earlier gives its tokens to some who got those of the other.
function orderWarnings(before: PolicyDocument, after: PolicyDocument): readonly string[] {
  const old = Object.keys(before.profiles).filter((name) => Object.hasOwn(after.profiles, name))
  const young = Object.keys(after.profiles).filter((name) => Object.hasOwn(before.profiles, name))
  return old.join(' ') === young.join(' ') ? [] : ['widens: profiles are tried in another order']
}

function own<T>(record: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined
}
