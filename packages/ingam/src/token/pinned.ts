// Layer: token. The plan for tokens of one pinned certificate (cert-auth-pinned+jwt): the certificate itself is the trust
// anchor, all its bytes are pinned, and nobody has to vouch for it. The judgement is the same as for all tokens.

import { DEFAULT_ALGORITHMS } from '../keys/algorithms.ts'
import { createTrustStore } from '../path/trust-store.ts'
import { checkPolicyInputs } from '../verify/verify-path.ts'
import type { Certificate } from '../x509/certificate.ts'
import { createKnownChains } from './known-chains.ts'
import { NO_AUDIENCE, type Plan, timer } from './plan.ts'
import { PINNED_PROFILE } from './profile.ts'
import type { ReplayStore } from './replay.ts'

/** Seconds that a token of a pinned certificate lives. */
export const PINNED_LIFETIME_SECONDS = 60
// As for other tokens: the two clocks are set alike, or nearly.
const EXPIRY_TOLERANCE_SECONDS = 60
const FUTURE_TOLERANCE_SECONDS = 5
/** Seconds for which such a token can be accepted. */
export const PINNED_WINDOW_SECONDS: number =
  PINNED_LIFETIME_SECONDS + EXPIRY_TOLERANCE_SECONDS + FUTURE_TOLERANCE_SECONDS
// LIMIT: such a token carries no certificate; the largest signature of the default algorithms has 1,366 characters.
const MAX_TOKEN_BYTES = 4_096

/** The plan of a verifier that believes this certificate's holder, and nobody else. */
export function createPinnedPlan(
  certificate: Certificate,
  clock: () => Date,
  replay: ReplayStore | undefined,
): Plan {
  return Object.freeze<Plan>({
    profile: PINNED_PROFILE,
    trustStore: createTrustStore([certificate]),
    pathRules: {
      purpose: 'any',
      policies: checkPolicyInputs(undefined),
      anchorValidity: 'enforce',
      anyExtendedKeyUsage: 'refuse',
      standing: 'ignored',
    },
    revocation: undefined,
    audiences: new Set([NO_AUDIENCE]),
    algorithms: new Set(DEFAULT_ALGORITHMS),
    clock,
    wait: timer,
    oneTimeUse: replay === undefined ? 'off' : 'memory',
    replay,
    maxTokenBytes: MAX_TOKEN_BYTES,
    maxLifetimeSeconds: PINNED_LIFETIME_SECONDS,
    expiryToleranceSeconds: EXPIRY_TOLERANCE_SECONDS,
    futureToleranceSeconds: FUTURE_TOLERANCE_SECONDS,
    allowMultipleAudiences: false,
    unexpectedBinding: 'refuse',
    requiredBinding: [],
    asksForBinding: false,
    tokenId: 'required',
    knownChains: createKnownChains([[certificate]]),
    // A plan for one certificate whose owner keeps nothing between two calls.
    maxCacheBytes: 0,
  })
}
