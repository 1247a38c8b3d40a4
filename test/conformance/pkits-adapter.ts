// What the runner of NIST PKITS asks: every certificate and list of a case in no particular order, every input as given,
// and every certificate of good standing.

import { isPkiError } from 'ingam'
import { type PolicyInputs, parseCertificate, verifyPath } from 'ingam/x509'

/** A case as the runner hands it over. */
export interface PkitsCase {
  readonly trustAnchors: readonly Uint8Array[]
  readonly intermediates: readonly Uint8Array[]
  readonly leaf: Uint8Array
  readonly crls: readonly Uint8Array[]
  readonly time: string
  readonly policy: PolicyInputs
}

/** The verdict in the runner's form. */
export interface PkitsVerdict {
  readonly ok: boolean
  readonly reason?: string
  /** The user-constrained policy set, which the runner does not ask for. */
  readonly policies?: readonly string[]
}

/** Judges a case; an error that is no refusal passes through and counts as a crash. */
export async function validate(given: PkitsCase): Promise<PkitsVerdict> {
  try {
    const path = await verifyPath({
      leaf: given.leaf,
      intermediates: given.intermediates,
      trustAnchors: given.trustAnchors.map((der) => parseCertificate(der)),
      at: new Date(given.time),
      purpose: 'any',
      policies: given.policy,
      revocation: { mode: 'require', depth: 'chain', crls: given.crls },
    })
    return { ok: true, policies: path.policies }
  } catch (error) {
    if (!isPkiError(error)) throw error
    return { ok: false, reason: error.code }
  }
}
