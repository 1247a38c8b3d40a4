// Layer: token. What a judgement reads and may change: the plan, and all that one verifier remembers.

import { RevocationDesk } from '../revocation/standing.ts'
import { ChainCache } from '../verify/cache.ts'
import { IssuerMemory } from '../verify/issuers.ts'
import { createTokenRoom, type TokenRoom } from './jws.ts'
import type { KnownSigner } from './known-signer.ts'
import { OneTimeKeys } from './one-time-key.ts'
import type { Plan } from './plan.ts'

/** What a verifier has done so far; counts only grow. */
export interface WorkCounters {
  certificatesParsed: number
  bytesParsed: number
  pathEdges: number
  pathSignatureChecks: number
  tokenSignatureChecks: number
}

/** What a judgement reads and may change. */
export interface Bench {
  readonly plan: Plan
  readonly cache: ChainCache<KnownSigner>
  readonly issuers: IssuerMemory
  readonly room: TokenRoom
  readonly oneTimeKeys: OneTimeKeys
  /** Judges how certificates stand, where that counts. */
  readonly desk: RevocationDesk | undefined
  readonly work: WorkCounters
}

/** What a verifier that follows the plan starts with. */
export function createBench(plan: Plan): Bench {
  const { maxCacheBytes, maxTokenBytes, profile, audiences, revocation } = plan
  // LIMIT: issuers are few and shared by all chains; a quarter of the memory is theirs.
  const maxIssuerBytes = Math.floor(maxCacheBytes / 4)
  return {
    plan,
    cache: new ChainCache<KnownSigner>(maxCacheBytes - maxIssuerBytes),
    issuers: new IssuerMemory(maxIssuerBytes),
    room: createTokenRoom(maxTokenBytes),
    desk: revocation === undefined ? undefined : new RevocationDesk(revocation),
    oneTimeKeys: new OneTimeKeys(profile.name, audiences),
    work: {
      certificatesParsed: 0,
      bytesParsed: 0,
      pathEdges: 0,
      pathSignatureChecks: 0,
      tokenSignatureChecks: 0,
    },
  }
}
