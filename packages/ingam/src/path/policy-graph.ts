// Layer: path. Certificate policies: the graph of RFC 9618 §5, which replaces the tree of RFC 5280 §6.1 and grows
// linearly (CVE-2023-0464), with the counters of §6.1.2 to §6.1.5. Qualifiers are not returned.

import type { Certificate } from '../x509/certificate.ts'
import type { PolicyMapping } from '../x509/extensions/policy-mappings.ts'
import { isSelfIssued, type Place, placesBelowAnchor } from './place.ts'
import { type Refusal, refuse } from './refusal.ts'

/** OID of the policy that stands for all. */
export const ANY_POLICY = '2.5.29.32.0'

/** The four inputs of RFC 5280 §6.1.1 (c), (e), (f), (g), by their names there. */
export interface PolicyInputs {
  /** Policies of the trust anchor's domain that are acceptable; `2.5.29.32.0` stands for all. */
  readonly initialPolicySet: readonly string[]
  readonly initialExplicitPolicy: boolean
  readonly initialPolicyMappingInhibit: boolean
  readonly initialInhibitAnyPolicy: boolean
}

/** Every policy is acceptable, and none is required. */
export const DEFAULT_POLICY_INPUTS: PolicyInputs = Object.freeze({
  initialPolicySet: Object.freeze([ANY_POLICY]),
  initialExplicitPolicy: false,
  initialPolicyMappingInhibit: false,
  initialInhibitAnyPolicy: false,
})

/** The user-constrained policy set (RFC 5280 §6.1.6), or the first refusal. */
export type PolicyOutcome =
  | { readonly ok: true; readonly policies: readonly string[] }
  | { readonly ok: false; readonly refusal: Refusal }

/**
 * Judges the certificate policies of a complete path.
 *
 * @param chain leaf first, the anchor's certificate last; a chain of one is a pinned leaf, judged as its only certificate
 */
export function checkPolicies(chain: readonly Certificate[], inputs: PolicyInputs): PolicyOutcome {
  const anchor = chain.length > 1 ? chain.at(-1) : undefined
  const places = placesBelowAnchor(chain)
  const counters = startCounters(inputs, places.length)
  // RFC 5937 §3.2: what the anchor's own certificate demands counts as if the caller had demanded it.
  if (anchor !== undefined) lowerCounters(counters, anchor)
  const acceptable = acceptablePolicies(inputs, anchor)
  const graph = new PolicyGraph()
  for (const place of places) {
    const refusal = processCertificate(place, graph, counters)
    if (refusal !== undefined) return { ok: false, refusal }
  }
  const policies = graph.userConstrainedPolicies(acceptable)
  // RFC 5280 §6.1.5 (g)
  const leaf = places.at(-1)
  if (counters.explicitPolicy > 0 || policies.length > 0 || leaf === undefined) return { ok: true, policies }
  const problem = `${describeAcceptable(acceptable)} is required along the whole path, and none holds there`
  return { ok: false, refusal: refuse('ERR_PATH_POLICY', leaf, (certificate) => ({ certificate, problem })) }
}

interface Counters {
  explicitPolicy: number
  policyMapping: number
  inhibitAnyPolicy: number
}

// RFC 5280 §6.1.2 (d), (e), (f)
function startCounters(inputs: PolicyInputs, pathLength: number): Counters {
  return {
    explicitPolicy: inputs.initialExplicitPolicy ? 0 : pathLength + 1,
    policyMapping: inputs.initialPolicyMappingInhibit ? 0 : pathLength + 1,
    inhibitAnyPolicy: inputs.initialInhibitAnyPolicy ? 0 : pathLength + 1,
  }
}

function processCertificate(place: Place, graph: PolicyGraph, counters: Counters): Refusal | undefined {
  const { certificate, position } = place
  const isLast = position === 0
  const countsAsSelfIssued = !isLast && isSelfIssued(certificate)
  // RFC 5280 §6.1.3 (d), (e)
  const anyPolicyCounts = counters.inhibitAnyPolicy > 0 || countsAsSelfIssued
  graph.descend(certificate, anyPolicyCounts)
  // RFC 5280 §6.1.3 (f)
  if (counters.explicitPolicy === 0 && graph.isNull) {
    const problem = 'a policy is required by now, and none of this certificate continues those above it'
    return refuse('ERR_PATH_POLICY', place, (reference) => ({ certificate: reference, problem }))
  }
  if (isLast) {
    // RFC 5280 §6.1.5 (a), (b)
    counters.explicitPolicy = Math.max(0, counters.explicitPolicy - 1)
    if (certificate.policyConstraints?.requireExplicitPolicy === 0) counters.explicitPolicy = 0
    return undefined
  }
  const refusal = applyMappings(place, graph, counters)
  if (refusal !== undefined) return refusal
  // RFC 5280 §6.1.4 (h)
  if (!countsAsSelfIssued) {
    counters.explicitPolicy = Math.max(0, counters.explicitPolicy - 1)
    counters.policyMapping = Math.max(0, counters.policyMapping - 1)
    counters.inhibitAnyPolicy = Math.max(0, counters.inhibitAnyPolicy - 1)
  }
  lowerCounters(counters, certificate)
  return undefined
}

// RFC 5280 §6.1.4 (i), (j)
function lowerCounters(counters: Counters, { policyConstraints, inhibitAnyPolicy }: Certificate): void {
  const { requireExplicitPolicy, inhibitPolicyMapping } = policyConstraints ?? {}
  counters.explicitPolicy = Math.min(counters.explicitPolicy, requireExplicitPolicy ?? Infinity)
  counters.policyMapping = Math.min(counters.policyMapping, inhibitPolicyMapping ?? Infinity)
  counters.inhibitAnyPolicy = Math.min(counters.inhibitAnyPolicy, inhibitAnyPolicy ?? Infinity)
}

// RFC 5280 §6.1.4 (a), (b)
function applyMappings(place: Place, graph: PolicyGraph, counters: Counters): Refusal | undefined {
  const mappings = place.certificate.policyMappings
  if (mappings === undefined) return undefined
  const mapsAny = mappings.some(
    (mapping) => mapping.issuerDomainPolicy === ANY_POLICY || mapping.subjectDomainPolicy === ANY_POLICY,
  )
  if (mapsAny) {
    const problem = 'policyMappings maps to or from anyPolicy'
    return refuse('ERR_PATH_POLICY', place, (certificate) => ({ certificate, problem }))
  }
  if (counters.policyMapping > 0) graph.map(mappings)
  else graph.remove(mappings)
  return undefined
}

// RFC 5937 §3.2: the caller's policies, and of these the ones that the anchor's certificate names.
function acceptablePolicies(
  { initialPolicySet }: PolicyInputs,
  anchor: Certificate | undefined,
): ReadonlySet<string> | 'any' {
  const asked = new Set(initialPolicySet)
  const named = anchor?.certificatePolicies?.map(({ policyIdentifier }) => policyIdentifier)
  if (named === undefined || named.includes(ANY_POLICY)) return asked.has(ANY_POLICY) ? 'any' : asked
  return new Set(asked.has(ANY_POLICY) ? named : named.filter((policy) => asked.has(policy)))
}

interface Node {
  readonly validPolicy: string
  readonly expectedPolicies: Set<string>
  readonly parents: readonly Node[]
}

// Depth by depth, a node for each policy. A node that leads to none of the next depth is left behind and never looked at
// again: the graph is NULL exactly where the newest depth has no node, and what remains is found from there upwards.
class PolicyGraph {
  #depth: Map<string, Node> = new Map([
    [ANY_POLICY, { validPolicy: ANY_POLICY, expectedPolicies: new Set([ANY_POLICY]), parents: [] }],
  ])

  get isNull(): boolean {
    return this.#depth.size === 0
  }

  // RFC 9618 §5.3, replacing RFC 5280 §6.1.3 (d) and (e)
  descend({ certificatePolicies = [] }: Certificate, anyPolicyCounts: boolean): void {
    const above = this.#depth
    const parentsOf = expecting(above)
    const anyParent = above.get(ANY_POLICY)
    const depth = new Map<string, Node>()
    let hasAnyPolicy = false
    for (const { policyIdentifier } of certificatePolicies) {
      if (policyIdentifier === ANY_POLICY) {
        hasAnyPolicy = true
        continue
      }
      const parents = parentsOf.get(policyIdentifier) ?? (anyParent === undefined ? [] : [anyParent])
      if (parents.length > 0) depth.set(policyIdentifier, nodeOf(policyIdentifier, parents))
    }
    if (hasAnyPolicy && anyPolicyCounts) {
      for (const [policy, parents] of parentsOf) {
        // One that the certificate names as well has the same parents.
        depth.set(policy, nodeOf(policy, parents))
      }
    }
    this.#depth = depth
  }

  // RFC 9618 §5.4 (b)(1)
  map(mappings: readonly PolicyMapping[]): void {
    const bySource = new Map<string, Set<string>>()
    for (const { issuerDomainPolicy, subjectDomainPolicy } of mappings) {
      const targets = bySource.get(issuerDomainPolicy)
      if (targets === undefined) bySource.set(issuerDomainPolicy, new Set([subjectDomainPolicy]))
      else targets.add(subjectDomainPolicy)
    }
    const anyNode = this.#depth.get(ANY_POLICY)
    for (const [policy, expectedPolicies] of bySource) {
      const parents = this.#depth.get(policy)?.parents ?? anyNode?.parents
      if (parents !== undefined) this.#depth.set(policy, { validPolicy: policy, expectedPolicies, parents })
    }
  }

  // RFC 9618 §5.4 (b)(2)
  remove(mappings: readonly PolicyMapping[]): void {
    for (const { issuerDomainPolicy } of mappings) this.#depth.delete(issuerDomainPolicy)
  }

  // RFC 9618 §5.5, replacing RFC 5280 §6.1.5 (g)
  userConstrainedPolicies(acceptable: ReadonlySet<string> | 'any'): readonly string[] {
    const authorities = this.#authoritiesConstrainedPolicies()
    if (acceptable === 'any') return [...authorities].toSorted()
    if (authorities.has(ANY_POLICY)) return [...acceptable].toSorted()
    return [...authorities].filter((policy) => acceptable.has(policy)).toSorted()
  }

  // The policies of the anchor's own domain: nodes right below anyPolicy from which the newest depth is reached.
  #authoritiesConstrainedPolicies(): ReadonlySet<string> {
    if (this.#depth.has(ANY_POLICY)) return new Set([ANY_POLICY])
    const policies = new Set<string>()
    let nodes = new Set(this.#depth.values())
    while (nodes.size > 0) {
      const parents = new Set<Node>()
      for (const node of nodes) {
        for (const parent of node.parents) {
          if (parent.validPolicy === ANY_POLICY) policies.add(node.validPolicy)
          else parents.add(parent)
        }
      }
      nodes = parents
    }
    return policies
  }
}

function nodeOf(validPolicy: string, parents: readonly Node[]): Node {
  return { validPolicy, expectedPolicies: new Set([validPolicy]), parents }
}

// Which nodes of a depth expect a policy below them.
function expecting(depth: ReadonlyMap<string, Node>): ReadonlyMap<string, readonly Node[]> {
  const parents = new Map<string, Node[]>()
  for (const node of depth.values()) {
    for (const policy of node.expectedPolicies) {
      const known = parents.get(policy)
      if (known === undefined) parents.set(policy, [node])
      else known.push(node)
    }
  }
  return parents
}

function describeAcceptable(policies: ReadonlySet<string> | 'any'): string {
  if (policies === 'any') return 'some policy'
  if (policies.size === 0) return 'a policy that both the caller and the trust anchor accept'
  return `one of ${[...policies].slice(0, 8).join(', ')}`
}
