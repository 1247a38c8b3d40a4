// Layer: token. What a verifier was told, validated once and frozen: the plan that every judgement reads.

import { createError } from '../errors/errors.ts'
import { checkOptionKeys, choice, kindOf, validDate, wholeNumber } from '../errors/options.ts'
import {
  DEFAULT_ALGORITHMS,
  isMlDsa,
  isTokenAlgorithm,
  TOKEN_ALGORITHMS,
  type TokenAlgorithm,
} from '../keys/algorithms.ts'
import type { PathRules } from '../path/checks.ts'
import type { PolicyInputs } from '../path/policy-graph.ts'
import type { TrustAnchor, TrustStore } from '../path/trust-store.ts'
import { type RevocationPlan, type RevocationPolicy, readRevocation } from '../revocation/policy.ts'
import { checkPolicyInputs, toTrustStore } from '../verify/verify-path.ts'
import type { Certificate } from '../x509/certificate.ts'
import { createKnownChains, type KnownChains } from './known-chains.ts'
import {
  AUTH_PROFILE,
  CLIENT_PROFILE,
  GRANT_PROFILE,
  LEGACY_CLIENT_PROFILE,
  PROOF_PROFILE,
  type Profile,
  type ProfileName,
} from './profile.ts'
import { createMemoryReplayStore, type ReplayStore } from './replay.ts'

/** What {@link createVerifier} takes. */
export interface VerifierOptions {
  /** The CAs that are trusted. Required: none are assumed, not the system's either. */
  readonly trustAnchors: TrustStore | readonly (Certificate | TrustAnchor)[]
  /** The audience that tokens must name, letter for letter; several where one verifier serves several. Required. */
  readonly audience: string | readonly string[]
  /**
   * The stance on revocation. Required. `'off'` asks nothing about the certificates' standing, and does not look at
   * evidence that comes with a token.
   */
  readonly revocation: 'off' | RevocationPolicy
  /** RFC 5280's four inputs about certificate policies; by default all are acceptable and none is required. */
  readonly policies?: Partial<PolicyInputs>
  /** Whether the dates of the anchors' certificates count; default `'enforce'`. */
  readonly anchorValidity?: 'enforce' | 'ignore'
  /** Signature algorithms accepted; default all of {@link TOKEN_ALGORITHMS} but ML-DSA. `EdDSA` is for Ed25519 keys only. */
  readonly algorithms?: readonly TokenAlgorithm[]
  /** The verifier's clock; default the system's. */
  readonly clock?: () => Date
  /**
   * Waits for a number of milliseconds; default a timer. A token that is ahead of the clock (by at most
   * futureToleranceSeconds) is answered once the clock has reached its iat, because a memory of used tokens that begins
   * in between could not know of it. Called where oneTimeUse is `'memory'` alone.
   */
  readonly wait?: (milliseconds: number) => Promise<void>
  /**
   * `'memory'` (default): each token passes once at this verifier, and tokens signed before this verifier was
   * created are refused as undecided. `'off'`: a token passes as often as it is sent until it expires. `'caller'`: nothing
   * is remembered here either; jti is required, and the verified token has a `oneTimeEntry`. **The token is not used up
   * then: the caller must take the entry in a store that outlives the process, atomically, before it acts on the token.**
   */
  readonly oneTimeUse?: 'memory' | 'off' | 'caller'
  /** One-time use: entries held at most; default 1,000,000. A full memory refuses. */
  readonly maxReplayEntries?: number
  /** One-time use: entries held at most for one signer's key; default a tenth of maxReplayEntries. */
  readonly maxReplayEntriesPerKey?: number
  /** Characters of a token at most; default 16,384, or 65,536 where `algorithms` names one of ML-DSA. At most 65,536. */
  readonly maxTokenBytes?: number
  /** Seconds between iat and exp at most; default 600, at most 86,400. */
  readonly maxLifetimeSeconds?: number
  /** Seconds by which exp may have passed; default 60. */
  readonly expiryToleranceSeconds?: number
  /** Seconds by which iat and nbf may lie ahead; default 5. */
  readonly futureToleranceSeconds?: number
  /**
   * Whether a token may name several audiences, each of which could replay it to the others; default false. Under
   * `'legacy-client-authentication'` all of them must be this verifier's; `'authorization-grant'` and
   * `'client-authentication'` never allow it (ERR_ARG_VALUE).
   */
  readonly allowMultipleAudiences?: boolean
  /**
   * The kind of token: `'auth'` (default, cert-auth+jwt) or `'proof'` (cert-proof+jwt, beside an access token, bound to
   * the request), or one of the assertions for an authorization server: `'authorization-grant'`
   * (authorization-grant+jwt), `'client-authentication'` (client-authentication+jwt), `'legacy-client-authentication'`
   * (the same with typ `JWT` or none). A token of one kind never passes under another. **In the last two `sub` is the
   * client's identifier, which no certificate bears: the caller must itself compare the client of that identifier with
   * the certificate (`identity`), or anybody with a certificate of these CAs is any client.**
   */
  readonly profile?: Exclude<ProfileName, 'pinned'>
  /** Chains, each with the signer first, that a token may name by `x5t#S256`; at most 10,000. Their paths are verified as any. */
  readonly knownChains?: readonly (readonly Certificate[])[]
  /**
   * What each call must say that it expects, so that forgetting it is an error of the call and never a yes; a proof
   * always needs `request` and its access token.
   */
  readonly requiredBinding?: readonly ('challenge' | 'request')[]
  /** What to do with nonce, htm, htu, digest or ath where the call does not say what it expects; default `'refuse'`. */
  readonly unexpectedBinding?: 'refuse' | 'report'
  /** Bytes that verified chains may take in memory; default 32 MiB; 0 keeps none. */
  readonly maxCacheBytes?: number
}

/** Options of a verifier, validated and frozen. */
export interface Plan {
  readonly profile: Profile
  readonly trustStore: TrustStore
  /** All but the instant. */
  readonly pathRules: Omit<PathRules, 'at'>
  /** How certificates must stand; undefined where nobody asks. */
  readonly revocation: RevocationPlan | undefined
  readonly audiences: ReadonlySet<string>
  readonly algorithms: ReadonlySet<TokenAlgorithm>
  readonly clock: () => Date
  readonly wait: (milliseconds: number) => Promise<void>
  readonly oneTimeUse: 'memory' | 'off' | 'caller'
  /** Where it is `'memory'`. */
  readonly replay: ReplayStore | undefined
  readonly maxTokenBytes: number
  readonly maxLifetimeSeconds: number
  readonly expiryToleranceSeconds: number
  readonly futureToleranceSeconds: number
  readonly allowMultipleAudiences: boolean
  readonly unexpectedBinding: 'refuse' | 'report'
  readonly requiredBinding: readonly ('challenge' | 'request')[]
  /** Whether a call that expects nothing is wrong. */
  readonly asksForBinding: boolean
  readonly tokenId: 'required' | 'optional'
  readonly knownChains: KnownChains
  readonly maxCacheBytes: number
}

/** What stands for the audience of tokens that have none. */
export const NO_AUDIENCE = ''

/** Validates the options; throws {@link ArgumentError} for the first that is wrong. */
export function createPlan(options: VerifierOptions): Plan {
  checkOptionKeys('createVerifier options', options, OPTION_KEYS)
  const revocation = readRevocation(options.revocation)
  const { clock = systemClock, wait = timer } = options
  if (typeof clock !== 'function') {
    throw createError('ERR_ARG_TYPE', { argument: 'clock', expected: 'a function', found: kindOf(clock) })
  }
  if (typeof wait !== 'function') {
    throw createError('ERR_ARG_TYPE', { argument: 'wait', expected: 'a function', found: kindOf(wait) })
  }
  const maxLifetimeSeconds = numberOption(options, 'maxLifetimeSeconds', 600, 1, 86_400)
  const expiryToleranceSeconds = numberOption(options, 'expiryToleranceSeconds', 60, 0, 3_600)
  const futureToleranceSeconds = numberOption(options, 'futureToleranceSeconds', 5, 0, 3_600)
  const maxEntries = numberOption(options, 'maxReplayEntries', 1_000_000, 1, 100_000_000)
  const maxEntriesPerKey = numberOption(
    options,
    'maxReplayEntriesPerKey',
    Math.ceil(maxEntries / 10),
    1,
    100_000_000,
  )
  const windowSeconds = maxLifetimeSeconds + expiryToleranceSeconds + futureToleranceSeconds
  const epoch = validDate("the clock's answer", clock()).getTime() / 1000
  const profile = PROFILES[choice('profile', options.profile, PROFILE_NAMES)]
  const requiredBinding = readRequiredBinding(options.requiredBinding, profile)
  const algorithms = readAlgorithms(
    options.algorithms === undefined ? DEFAULT_ALGORITHMS : options.algorithms,
  )
  const oneTimeUse = choice('oneTimeUse', options.oneTimeUse, ['memory', 'off', 'caller'])
  return Object.freeze({
    profile,
    trustStore: toTrustStore(options.trustAnchors),
    pathRules: readPathRules(options, revocation),
    revocation,
    audiences: readAudience(options.audience),
    algorithms,
    clock,
    wait,
    oneTimeUse,
    replay:
      oneTimeUse === 'memory'
        ? createMemoryReplayStore({ windowSeconds, epoch, maxEntries, maxEntriesPerKey })
        : undefined,
    maxTokenBytes: numberOption(options, 'maxTokenBytes', usualTokenBytes(algorithms), 256, 65_536),
    maxLifetimeSeconds,
    expiryToleranceSeconds,
    futureToleranceSeconds,
    allowMultipleAudiences: readMultipleAudiences(options.allowMultipleAudiences, profile),
    unexpectedBinding: choice('unexpectedBinding', options.unexpectedBinding, ['refuse', 'report']),
    requiredBinding,
    asksForBinding: requiredBinding.length + profile.bound.length > 0,
    tokenId: oneTimeUse === 'off' && profile.tokenId !== 'required' ? 'optional' : 'required',
    knownChains: createKnownChains(options.knownChains),
    maxCacheBytes: numberOption(options, 'maxCacheBytes', 33_554_432, 0, 2 ** 40),
  })
}

const PROFILES: Readonly<Record<NonNullable<VerifierOptions['profile']>, Profile>> = {
  auth: AUTH_PROFILE,
  proof: PROOF_PROFILE,
  'authorization-grant': GRANT_PROFILE,
  'client-authentication': CLIENT_PROFILE,
  'legacy-client-authentication': LEGACY_CLIENT_PROFILE,
}
const PROFILE_NAMES = [
  'auth',
  'proof',
  'authorization-grant',
  'client-authentication',
  'legacy-client-authentication',
] as const

const BINDINGS = ['challenge', 'request'] as const

function readRequiredBinding(
  required: VerifierOptions['requiredBinding'],
  { bound, bindable }: Profile,
): Plan['requiredBinding'] {
  if (required === undefined) return []
  const possible = BINDINGS.filter((name) => bound.includes(name) || bindable.includes(name))
  const names = possible.map((name) => `'${name}'`).join(' and ')
  const expected = names === '' ? 'an empty array, as such tokens are not bound' : `an array of ${names}`
  // Every place is looked at, holes too.
  const isKnown = (name: unknown): boolean => possible.some((known) => known === name)
  if (!Array.isArray(required) || !Array.from(required).every(isKnown))
    throw createError('ERR_ARG_VALUE', { argument: 'requiredBinding', expected, found: kindOf(required) })
  return Object.freeze(BINDINGS.filter((name) => required.includes(name)))
}

function readPathRules(
  { policies, anchorValidity }: VerifierOptions,
  revocation: RevocationPlan | undefined,
): Plan['pathRules'] {
  return Object.freeze({
    purpose: 'clientAuth',
    policies: checkPolicyInputs(policies),
    anchorValidity: choice('anchorValidity', anchorValidity, ['enforce', 'ignore']),
    // docs/token-format.md: it does not count for signers of tokens.
    anyExtendedKeyUsage: 'refuse',
    standing: revocation === undefined ? 'ignored' : 'checked',
  })
}

const OPTION_KEYS = [
  'trustAnchors',
  'audience',
  'revocation',
  'policies',
  'anchorValidity',
  'algorithms',
  'clock',
  'wait',
  'oneTimeUse',
  'maxReplayEntries',
  'maxReplayEntriesPerKey',
  'maxTokenBytes',
  'maxLifetimeSeconds',
  'expiryToleranceSeconds',
  'futureToleranceSeconds',
  'allowMultipleAudiences',
  'profile',
  'knownChains',
  'requiredBinding',
  'unexpectedBinding',
  'maxCacheBytes',
] as const

type NumberOption =
  | 'maxLifetimeSeconds'
  | 'expiryToleranceSeconds'
  | 'futureToleranceSeconds'
  | 'maxReplayEntries'
  | 'maxReplayEntriesPerKey'
  | 'maxTokenBytes'
  | 'maxCacheBytes'

function numberOption(
  options: VerifierOptions,
  name: NumberOption,
  byDefault: number,
  minimum: number,
  maximum: number,
): number {
  return wholeNumber(name, options[name], { default: byDefault, minimum, maximum })
}

function readMultipleAudiences(value: boolean | undefined, { name, furtherAudiences }: Profile): boolean {
  const argument = 'allowMultipleAudiences'
  if (value !== undefined && typeof value !== 'boolean')
    throw createError('ERR_ARG_TYPE', { argument, expected: 'a boolean', found: kindOf(value) })
  // draft-ietf-oauth-rfc7523bis: the issuer identifier is the sole value.
  if (value === true && furtherAudiences === 'none')
    throw createError('ERR_ARG_VALUE', {
      argument,
      expected: `false with profile '${name}'`,
      found: 'true',
    })
  return value ?? false
}

function readAudience(audience: string | readonly string[] | undefined): ReadonlySet<string> {
  if (audience === undefined) {
    throw createError('ERR_ARG_REQUIRED', {
      argument: 'audience',
      expected: 'the name of this service, as tokens give it',
    })
  }
  const list: readonly string[] = typeof audience === 'string' ? [audience] : audience
  if (
    !Array.isArray(list) ||
    list.length === 0 ||
    list.some((item) => typeof item !== 'string' || item === '')
  ) {
    throw createError('ERR_ARG_VALUE', {
      argument: 'audience',
      expected: 'one or more non-empty texts',
      found: kindOf(audience),
    })
  }
  return new Set(list)
}

function readAlgorithms(algorithms: readonly TokenAlgorithm[]): ReadonlySet<TokenAlgorithm> {
  const expected = `one or more of ${TOKEN_ALGORITHMS.join(', ')}`
  if (!Array.isArray(algorithms) || algorithms.length === 0) {
    throw createError('ERR_ARG_VALUE', { argument: 'algorithms', expected, found: kindOf(algorithms) })
  }
  const unknown = algorithms.findIndex((name: unknown) => typeof name !== 'string' || !isTokenAlgorithm(name))
  if (unknown >= 0) {
    const found: unknown = algorithms[unknown]
    throw createError('ERR_ARG_UNSUPPORTED', {
      argument: 'algorithms',
      expected,
      found: typeof found === 'string' ? found : kindOf(found),
    })
  }
  return new Set(algorithms)
}

// LIMIT: 16 KiB is what proxies and servers take in a header when they are told to; a chain of three with ML-DSA-87 takes 46.
function usualTokenBytes(algorithms: ReadonlySet<TokenAlgorithm>): number {
  return [...algorithms].some(isMlDsa) ? 65_536 : 16_384
}

/** Waits; the default of a plan's `wait`. */
export async function timer(milliseconds: number): Promise<void> {
  // A millisecond more, because timers may fire a little early.
  await new Promise((resolve) => setTimeout(resolve, milliseconds + 1))
}

function systemClock(): Date {
  return new Date()
}
