// Server: the policy in force, with the verifiers that were made from it. It is replaced as a whole; whoever has begun a
// request ends it under the policy with which it began, and the record of what it was given has that policy's version.

import { createVerifier, type Verifier, type VerifierOptions } from 'ingam'
import { createTrustStore, type RevocationSource, type TrustStore } from 'ingam/x509'
import type { ServiceConfig } from './config/contract.ts'
import { compilePolicy, policyDigest } from './policy/compile.ts'
import type { CompiledPolicy } from './policy/contract.ts'
import type { ClockGuard, Log, PolicyHolder, PolicyInForce } from './service.ts'
import { ServiceError } from './service-error.ts'
import type { Stores } from './stores/contract.ts'

/** What {@link createPolicyHolder} takes. */
export interface PolicyHolderOptions {
  readonly policies: Stores['policies']
  readonly config: Pick<ServiceConfig, 'issuer' | 'tokens'>
  readonly sources: readonly RevocationSource[]
  readonly clock: Pick<ClockGuard, 'now'>
  readonly log: Log
  /** Called with each policy that has come into force, before `reload` resolves. What it throws is logged. */
  readonly onChange?: (inForce: PolicyInForce) => Promise<void>
}

/** A holder without a policy; `reload` puts the newest of the store in force. */
export function createPolicyHolder(options: PolicyHolderOptions): PolicyHolder {
  const { policies, config, log, onChange } = options
  let held: PolicyInForce | undefined
  let queue: Promise<void> = Promise.resolve()

  async function load(): Promise<void> {
    const newest = await policies.current()
    if (newest === undefined) return
    const { version, text, digest } = newest
    if (held !== undefined && held.policy.version === version && held.policy.digest === digest) return
    if (policyDigest(text) !== digest) {
      throw new ServiceError(
        'ERR_SERVICE_STORE',
        `the text of policy version ${version} is not that of its digest`,
        {
          details: { version, expected: digest, found: policyDigest(text) },
        },
      )
    }
    const { defaultAlgorithm } = config.tokens
    const inForce = putInForce(compilePolicy({ version, text, digest, defaultAlgorithm }), options)
    held = inForce
    log.info({ version, digest }, 'policy in force')
    try {
      await onChange?.(inForce)
    } catch (error) {
      log.error(
        { version, code: codeOf(error) },
        'the policy is in force, but what depends on it has not followed',
      )
    }
  }

  return Object.freeze<PolicyHolder>({
    current() {
      if (held === undefined) throw new ServiceError('ERR_SERVICE_NO_POLICY', 'no policy is in force')
      return held
    },
    find: () => held,
    async reload() {
      // One after the other, so that an older reading never replaces a newer one.
      const mine = queue.then(load)
      queue = mine.catch(() => undefined)
      await mine
    },
  })
}

/**
 * The policy with its verifiers, which share its trust store.
 *
 * @throws {ServiceError} ERR_POLICY_VALUE where no verifier can be made from it
 */
export function putInForce(
  policy: CompiledPolicy,
  { config, sources, clock, log }: Pick<PolicyHolderOptions, 'config' | 'sources' | 'clock' | 'log'>,
): PolicyInForce {
  const { issuer } = config
  try {
    const common = {
      trustAnchors: createTrustStore(policy.trustAnchors),
      revocation: revocationOf(policy, sources, log),
      oneTimeUse: 'caller',
    } as const
    const isAnyLegacy = [...policy.clients.values()].some(({ legacy }) => legacy)
    return Object.freeze<PolicyInForce>({
      policy,
      grants: verifierOf({ ...common, audience: issuer, profile: 'authorization-grant' }, clock),
      clients: verifierOf({ ...common, audience: issuer, profile: 'client-authentication' }, clock),
      legacyClients: isAnyLegacy
        ? verifierOf(
            {
              ...common,
              // What clients write that know RFC 7523 §3 alone: the issuer, the token endpoint, or both.
              audience: [issuer, `${issuer}/token`],
              allowMultipleAudiences: true,
              profile: 'legacy-client-authentication',
            },
            clock,
          )
        : undefined,
    })
  } catch (error) {
    if (error instanceof ServiceError) throw error
    throw new ServiceError('ERR_POLICY_VALUE', `no verifier can be made from the policy: ${codeOf(error)}`, {
      cause: error,
    })
  }
}

// A verifier reads its clock once when it is made, for a memory that is not used here; a clock that cannot be relied on
// must not keep a policy from being there once it can.
function verifierOf(
  options: Omit<VerifierOptions, 'clock' | 'trustAnchors'> & { readonly trustAnchors: TrustStore },
  clock: Pick<ClockGuard, 'now'>,
): Verifier {
  let isMade = false
  const verifier = createVerifier({ ...options, clock: () => (isMade ? clock.now() : new Date(0)) })
  isMade = true
  return verifier
}

function revocationOf(
  { revocation }: CompiledPolicy,
  sources: readonly RevocationSource[],
  log: Log,
): VerifierOptions['revocation'] {
  if (revocation === 'off') return 'off'
  const { mode, depth } = revocation
  return {
    mode,
    depth,
    sources,
    onUndecided: (statuses) => {
      const unknown = statuses.filter(({ status }) => status === 'unknown').length
      log.debug({ unknown }, 'accepted although the standing of a certificate is unknown')
    },
  }
}

function codeOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error
    ? String(error.code).slice(0, 60)
    : 'no code'
}
