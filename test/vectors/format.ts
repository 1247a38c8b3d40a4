// The format of the files in v1/ as types; README.md says what each member means.

import type { CheckId, Code, TokenAlgorithm } from 'ingam'

/** What a runtime may lack, or a verifier leave out, without being wrong. */
export type Requirement = 'Ed448' | 'ML-DSA' | 'chain memory'

/** How the verifier of a file, or of one case, is set up. */
export interface VectorVerifier {
  readonly profile:
    | 'auth'
    | 'proof'
    | 'authorization-grant'
    | 'client-authentication'
    | 'legacy-client-authentication'
  readonly trustAnchors: string
  readonly knownChains: readonly string[]
  readonly audience: readonly string[]
  readonly at: string
  readonly oneTimeUse: 'memory' | 'off'
  readonly algorithms: readonly TokenAlgorithm[]
  readonly maxTokenBytes: number
  readonly maxLifetimeSeconds: number
  readonly expiryToleranceSeconds: number
  readonly futureToleranceSeconds: number
  readonly allowMultipleAudiences: boolean
  readonly maxReplayEntries?: number
  readonly maxReplayEntriesPerKey?: number
  /** Without it, or where it is null, nobody asks how certificates stand. */
  readonly revocation?: VectorRevocation | null
}

/** How certificates must stand, and what is held about them, each in base64. */
export interface VectorRevocation {
  readonly mode: 'require' | 'prefer'
  readonly depth: 'chain' | 'leaf'
  readonly toleranceSeconds: number
  readonly stapleMaxAgeSeconds: number
  readonly maxAgeSeconds?: number
  readonly crls: readonly string[]
  readonly ocspResponses: readonly string[]
}

/** What the token must be bound to. */
export interface VectorExpected {
  readonly challenge?: string
  readonly request?: {
    readonly method: string
    readonly targetUri: string
    readonly contentBase64?: string
  }
  readonly accessToken?: string
}

/** One token with the verdict that it must get. */
export interface VectorStep {
  readonly token: string
  readonly at?: string
  readonly expected?: VectorExpected
  readonly verdict: 'accepted' | 'refused'
  readonly code?: Code
  readonly check?: CheckId
  readonly waitSeconds?: number
}

interface Described<Verifier> {
  readonly id: string
  readonly comment: string
  readonly requires?: readonly Requirement[]
  readonly verifier?: Partial<Verifier>
}

/** One case: a token, or several that one verifier gets in this order. */
export type VectorCase<Verifier = VectorVerifier> = Described<Verifier> &
  (VectorStep | { readonly steps: readonly VectorStep[] })

/** One file of v1/. */
export interface VectorFile<Verifier = VectorVerifier> {
  readonly version: 1
  readonly group: string
  readonly description: string
  readonly verifier: Verifier
  readonly cases: readonly VectorCase<Verifier>[]
}

/** How the verifier of pinned.json is set up. */
export interface PinnedVerifier {
  readonly profile: 'pinned'
  readonly certificate: string
  readonly at: string
  readonly oneTimeUse: 'memory' | 'off'
  readonly acceptBareUntil?: string
  readonly bareOver?: 'der' | 'pem'
}

/** The tokens of a case in their order; nearly always one. */
export function stepsOf(vector: VectorCase<unknown>): readonly VectorStep[] {
  return 'steps' in vector ? vector.steps : [vector]
}
