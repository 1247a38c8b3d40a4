// Layer: token. The trace of one judgement: which checks were entered, in order, and what they saw. `explain` is
// `verify` with such a sink; there is no second copy of the checks.

import type { Attempts } from '../path/refusal.ts'
import type { CertificateStatus } from '../revocation/evidence.ts'

/** Every check of a token in the order in which it is made. */
export const CHECKS = [
  ['shape', 'three parts, within the size limit'],
  ['header', 'strict JSON without forbidden members'],
  ['reference', 'x5t#S256, where it stands alone, names a chain that the verifier knows'],
  ['type', 'typ is that of the profile'],
  ['algorithm', 'alg is one that the verifier allows'],
  ['claims', 'strict JSON, all required claims of the right type'],
  ['binding', 'bound to what was expected, and to nothing that was not'],
  ['time', 'within its lifetime, which is within the limit'],
  ['audience', 'meant for this verifier alone'],
  ['certificates', 'x5c holds well-formed certificates, the first of that thumbprint'],
  ['algorithmKey', "alg suits the signer's key"],
  ['signer', "the signer's certificate may sign tokens"],
  ['path', 'a valid path leads from the signer to a trust anchor'],
  ['key', "the runtime can use the signer's key"],
  ['subject', 'sub is a name that the certificate bears'],
  ['signature', "the token's signature verifies with the signer's key"],
  ['revocation', 'no certificate of the path was revoked, as far as the policy asks'],
  ['oneTimeUse', 'not used before'],
] as const

/** Stable name of a check. */
export type CheckId = (typeof CHECKS)[number][0]

/** Receives each check as it is entered; all entered before it have passed. */
export interface TraceSink {
  readonly enter: (check: CheckId) => void
  /** The texts of the chain that a thumbprint stands for. */
  readonly resolved: (texts: readonly string[]) => void
  readonly note: (fact: string, value: string) => void
  /** How the certificates stand, also where the path is refused for it. */
  readonly stood: (statuses: readonly CertificateStatus[]) => void
  /** The paths that were tried in vain, whether another was found or not. */
  readonly tried: (attempts: Attempts) => void
}
