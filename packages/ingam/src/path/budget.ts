// Layer: path. The work that one search may cost. A spent budget ends the search with a code of its own.

import type { Place } from './place.ts'
import { type Refusal, refuse } from './refusal.ts'

/** How much one search may cost, and how much it has cost so far. */
export interface Budget {
  readonly maxSignatureChecks: number
  readonly maxEdges: number
  readonly maxIntermediates: number
  readonly maxNameComparisons: number
  signatureChecks: number
  edges: number
  nameComparisons: number
}

/** Bounds on one search; each at least 1. */
export interface PathLimits {
  /** Signature checks of certificates; default 8. */
  readonly maxSignatureChecks?: number
  /** Pairs of certificate and possible issuer that are looked at; default 64. */
  readonly maxEdges?: number
  /** Certificates between leaf and anchor that are not self-issued; default 7. */
  readonly maxIntermediates?: number
  /** Comparisons of a name with a constraint on names; default 10,000. */
  readonly maxNameComparisons?: number
}

// LIMIT: a real path has 1 to 4 signatures; 8 leaves room for a cross-signed detour while the worst input costs
// less than a millisecond of ECDSA.
const DEFAULT_SIGNATURE_CHECKS = 8
// LIMIT: ten certificates that all bear one name make 90 pairs; honest pools stay below 20.
const DEFAULT_EDGES = 64
// LIMIT: with the leaf's own as many signatures as the budget above has checks; PKIs in use have one to three.
const DEFAULT_INTERMEDIATES = 7
// LIMIT: a hundred names under a hundred constraints, far more than certificates in use have; they take milliseconds,
// and the product of what fits into two certificates of 64 KiB would take minutes.
const DEFAULT_NAME_COMPARISONS = 10_000

/** A fresh budget. */
export function createBudget(limits: PathLimits = {}): Budget {
  return {
    maxSignatureChecks: limits.maxSignatureChecks ?? DEFAULT_SIGNATURE_CHECKS,
    maxEdges: limits.maxEdges ?? DEFAULT_EDGES,
    maxIntermediates: limits.maxIntermediates ?? DEFAULT_INTERMEDIATES,
    maxNameComparisons: limits.maxNameComparisons ?? DEFAULT_NAME_COMPARISONS,
    signatureChecks: 0,
    edges: 0,
    nameComparisons: 0,
  }
}

/** The refusal that ends a search. */
export function budgetSpent(at: Place, budget: string, maximum: number): Refusal {
  return refuse('ERR_PATH_BUDGET', at, () => ({ budget, maximum }))
}
