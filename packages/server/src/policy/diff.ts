// Server: policy. What changes from one policy to another, in lines by path, and what of it gives somebody more. Order
// counts where it decides: among profiles.

import { escapeText } from 'ingam'
import { describeCertificate } from './anchors.ts'
import type { PolicyDocument } from './schema.ts'
import { wideningLines } from './widening.ts'

/** How two policies differ. */
export interface PolicyDiff {
  /** `+ path: value` added, `- path: value` removed, `~ path: old -> new` changed; in the order of the documents. */
  readonly lines: readonly string[]
  /** `widens: path …`: what somebody may get that could not before. **Perhaps not all of it.** `changes: path …`: neither more nor less. */
  readonly warnings: readonly string[]
}

/** Compares two documents by meaning: how a text is written, its comments and the order of its keys make no difference. */
export function diffPolicies(before: PolicyDocument, after: PolicyDocument): PolicyDiff {
  const old = flatten(before)
  const young = flatten(after)
  const lines: string[] = []
  for (const [path, values] of old) {
    const now = young.get(path)
    if (now === undefined) lines.push(`- ${path}: ${values.text}`)
    else if (now.text !== values.text) lines.push(...changeLines(path, values, now))
  }
  for (const [path, values] of young) if (!old.has(path)) lines.push(`+ ${path}: ${values.text}`)
  lines.push(...orderLines(before, after))
  return { lines, warnings: wideningLines(before, after) }
}

interface Leaf {
  readonly text: string
  /** Where it is a list: its entries, whose order does not count. */
  readonly entries?: readonly string[]
}

function changeLines(path: string, before: Leaf, after: Leaf): readonly string[] {
  const { entries: old } = before
  const { entries: young } = after
  if (old === undefined || young === undefined) return [`~ ${path}: ${before.text} -> ${after.text}`]
  return [
    ...old.filter((entry) => !young.includes(entry)).map((entry) => `- ${path}: ${entry}`),
    ...young.filter((entry) => !old.includes(entry)).map((entry) => `+ ${path}: ${entry}`),
  ]
}

function orderLines(before: PolicyDocument, after: PolicyDocument): readonly string[] {
  const old = Object.keys(before.profiles).filter((name) => Object.hasOwn(after.profiles, name))
  const young = Object.keys(after.profiles).filter((name) => Object.hasOwn(before.profiles, name))
  if (old.join(' ') === young.join(' ')) return []
  return [`~ profiles: tried in the order ${old.join(', ')} -> ${young.join(', ')}`]
}

// Every value by its path; an empty mapping has none, and a list is one value.
function flatten(document: PolicyDocument): ReadonlyMap<string, Leaf> {
  const leaves = new Map<string, Leaf>()
  const walk = (path: string, value: unknown): void => {
    if (Array.isArray(value)) {
      const entries = value.map(String).map((entry) => escapeText(entry))
      leaves.set(path, { text: entries.length === 0 ? '(empty)' : entries.toSorted().join(', '), entries })
    } else if (typeof value === 'object' && value !== null) {
      for (const [key, inner] of Object.entries(value)) walk(path === '' ? key : `${path}.${key}`, inner)
    } else if (typeof value === 'string' && value.includes('-----BEGIN')) {
      leaves.set(path, { text: describeCertificate(value) })
    } else if (value !== undefined) leaves.set(path, { text: escapeText(String(value)) })
  }
  walk('', document)
  return leaves
}
