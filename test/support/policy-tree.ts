// The policy tree of RFC 5280 §6.1 as it was written, exponential and plain: what the graph of RFC 9618 must agree with.
// Small paths only.

import type { PolicyInputs } from 'ingam/x509'

/** What a certificate says of policies. */
export interface PolicyStatement {
  readonly isSelfIssued: boolean
  readonly policies?: readonly string[]
  readonly mappings?: readonly (readonly [string, string])[]
  readonly requireExplicitPolicy?: number
  readonly inhibitPolicyMapping?: number
  readonly inhibitAnyPolicy?: number
}

interface Node {
  readonly depth: number
  readonly validPolicy: string
  expected: Set<string>
  readonly children: Node[]
}

const ANY = '2.5.29.32.0'

/** The user-constrained policy set of a path, the certificate below the anchor first, or undefined where it is refused. */
export function policiesByTree(
  path: readonly PolicyStatement[],
  inputs: PolicyInputs,
): readonly string[] | undefined {
  const n = path.length
  let tree: Node | undefined = { depth: 0, validPolicy: ANY, expected: new Set([ANY]), children: [] }
  let explicitPolicy = inputs.initialExplicitPolicy ? 0 : n + 1
  let policyMapping = inputs.initialPolicyMappingInhibit ? 0 : n + 1
  let inhibitAny = inputs.initialInhibitAnyPolicy ? 0 : n + 1
  for (const [index, certificate] of path.entries()) {
    const i = index + 1
    const { policies, mappings = [], isSelfIssued } = certificate
    if (policies === undefined) tree = undefined
    else if (tree !== undefined) {
      const anyCounts = inhibitAny > 0 || (i < n && isSelfIssued)
      grow(tree, i, policies, anyCounts)
      tree = prune(tree, i)
    }
    if (explicitPolicy === 0 && tree === undefined) return undefined
    if (i === n) break
    if (mappings.some((pair) => pair.includes(ANY))) return undefined
    for (const source of new Set(mappings.map(([from]) => from))) {
      const targets = new Set(mappings.filter(([from]) => from === source).map(([, to]) => to))
      if (tree !== undefined) tree = policyMapping > 0 ? map(tree, i, source, targets) : cut(tree, i, source)
    }
    if (!isSelfIssued) {
      explicitPolicy = Math.max(0, explicitPolicy - 1)
      policyMapping = Math.max(0, policyMapping - 1)
      inhibitAny = Math.max(0, inhibitAny - 1)
    }
    explicitPolicy = Math.min(explicitPolicy, certificate.requireExplicitPolicy ?? Infinity)
    policyMapping = Math.min(policyMapping, certificate.inhibitPolicyMapping ?? Infinity)
    inhibitAny = Math.min(inhibitAny, certificate.inhibitAnyPolicy ?? Infinity)
  }
  explicitPolicy = Math.max(0, explicitPolicy - 1)
  if (path.at(-1)?.requireExplicitPolicy === 0) explicitPolicy = 0
  const result = tree === undefined ? [] : intersect(tree, n, inputs.initialPolicySet)
  return explicitPolicy > 0 || result.length > 0 ? result : undefined
}

// §6.1.3 (d)(1), (2)
function grow(tree: Node, depth: number, policies: readonly string[], anyCounts: boolean): void {
  const parents = nodesAt(tree, depth - 1)
  for (const policy of policies.filter((oid) => oid !== ANY)) {
    const expecting = parents.filter((parent) => parent.expected.has(policy))
    const chosen = expecting.length > 0 ? expecting : parents.filter((parent) => parent.validPolicy === ANY)
    for (const parent of chosen) parent.children.push(nodeOf(depth, policy))
  }
  if (!policies.includes(ANY) || !anyCounts) return
  for (const parent of parents) {
    for (const policy of parent.expected) {
      if (!parent.children.some((child) => child.validPolicy === policy))
        parent.children.push(nodeOf(depth, policy))
    }
  }
}

// §6.1.3 (d)(3)
function prune(node: Node, depth: number): Node | undefined {
  if (node.depth === depth) return node
  const kept = node.children.filter((child) => prune(child, depth) !== undefined)
  node.children.splice(0, node.children.length, ...kept)
  return kept.length === 0 ? undefined : node
}

// §6.1.4 (b)(1)
function map(tree: Node, depth: number, source: string, targets: Set<string>): Node {
  const nodes = nodesAt(tree, depth)
  const named = nodes.filter(({ validPolicy }) => validPolicy === source)
  for (const node of named) node.expected = targets
  if (named.length === 0 && nodes.some(({ validPolicy }) => validPolicy === ANY)) {
    for (const parent of nodesAt(tree, depth - 1).filter(({ validPolicy }) => validPolicy === ANY)) {
      parent.children.push({ ...nodeOf(depth, source), expected: targets })
    }
  }
  return tree
}

// §6.1.4 (b)(2)
function cut(tree: Node, depth: number, source: string): Node | undefined {
  for (const parent of nodesAt(tree, depth - 1)) {
    const kept = parent.children.filter(({ validPolicy }) => validPolicy !== source)
    parent.children.splice(0, parent.children.length, ...kept)
  }
  return prune(tree, depth)
}

// §6.1.5 (g), and of the tree that remains the policies of the anchor's domain.
function intersect(tree: Node, depth: number, initial: readonly string[]): readonly string[] {
  const isAnyAccepted = initial.includes(ANY)
  const wasAny = nodesAt(tree, depth).some(({ validPolicy }) => validPolicy === ANY)
  if (isAnyAccepted) return wasAny ? [ANY] : sorted(topPolicies(tree, depth))
  const tops = topPolicies(tree, depth)
  return sorted(wasAny ? initial : tops.filter((policy) => initial.includes(policy)))
}

function topPolicies(tree: Node, depth: number): readonly string[] {
  const all = Array.from({ length: depth }, (_, above) => nodesAt(tree, above)).flat()
  const tops = all.filter(({ validPolicy }) => validPolicy === ANY).flatMap(({ children }) => children)
  return tops.map(({ validPolicy }) => validPolicy).filter((policy) => policy !== ANY)
}

function sorted(policies: readonly string[]): readonly string[] {
  return [...new Set(policies)].toSorted()
}

function nodeOf(depth: number, policy: string): Node {
  return { depth, validPolicy: policy, expected: new Set([policy]), children: [] }
}

function nodesAt(node: Node, depth: number): readonly Node[] {
  return node.depth === depth ? [node] : node.children.flatMap((child) => nodesAt(child, depth))
}
