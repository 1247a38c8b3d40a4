// Layer: verify. The public judgement on a path: RFC 5280 §6.1, joined with the standing of its certificates (§6.3, RFC
// 6960). A path that fails for its standing sends the search on to another.

import { platform } from '#platform'
import { encodeBase64url } from '../bytes/base64.ts'
import { createError } from '../errors/errors.ts'
import { checkOptionKeys, choice, kindOf, validDate, wholeNumber } from '../errors/options.ts'
import { type Budget, createBudget, type PathLimits } from '../path/budget.ts'
import { buildPath, type FoundPath } from '../path/build.ts'
import type { PathRules } from '../path/checks.ts'
import type { PathMemory } from '../path/memory.ts'
import { DEFAULT_POLICY_INPUTS, type PolicyInputs } from '../path/policy-graph.ts'
import type { Purpose } from '../path/purpose.ts'
import { type Attempts, type Refusal, toError } from '../path/refusal.ts'
import { createTrustStore, type StoredAnchor, type TrustAnchor, TrustStore } from '../path/trust-store.ts'
import type { PathStanding } from '../revocation/judgement.ts'
import { type RevocationPlan, type RevocationPolicy, readRevocation } from '../revocation/policy.ts'
import { RevocationDesk } from '../revocation/standing.ts'
import { type Certificate, parseCertificate } from '../x509/certificate.ts'
import { VerifiedPath } from './verified-path.ts'

/** What {@link verifyPath} takes. */
export interface VerifyPathOptions {
  /** The end entity's certificate: DER bytes (no PEM, at most 64 KiB) or parsed. */
  readonly leaf: Uint8Array | Certificate
  /** Certificates in any order, at most 1,000; those that lead nowhere are ignored. */
  readonly intermediates?: readonly (Uint8Array | Certificate)[]
  /** The CAs that are trusted. Required: none are assumed. */
  readonly trustAnchors: TrustStore | readonly (Certificate | TrustAnchor)[]
  /** The instant to judge for. Required: no clock is read here. */
  readonly at: Date
  /** What the leaf is used for. Required. `'any'` asks nothing of extKeyUsage. */
  readonly purpose: Purpose
  /** RFC 5280's four inputs about certificate policies; by default all are acceptable and none is required. */
  readonly policies?: Partial<PolicyInputs>
  /**
   * Whether the dates of the anchor's certificate count; default `'enforce'`. `'ignore'` trusts its key for as long as
   * it is in the list, as RFC 5280 §6.1 does.
   */
  readonly anchorValidity?: 'enforce' | 'ignore'
  /** Whether anyExtendedKeyUsage stands for a named purpose; default `'refuse'`. */
  readonly anyExtendedKeyUsage?: 'refuse' | 'accept'
  /**
   * Whether a leaf that is itself a trust anchor, byte for byte, is accepted without an issuer; default `'refuse'`. Its
   * dates, key, critical extensions, purpose, names and policies are checked, **its signature is not**.
   */
  readonly pinnedLeaf?: 'refuse' | 'accept'
  /** The stance on revocation. Required. `'off'` asks nothing about the certificates' standing. */
  readonly revocation: 'off' | RevocationPolicy
  /** Bounds on the search. */
  readonly limits?: PathLimits
}

/**
 * Returns a path from the leaf to one of the trust anchors on which every rule of RFC 5280 §6.1 holds at the given
 * instant: docs/profile.md lists them.
 *
 * **Not checked: whether the leaf is the one that the caller means to talk to** (no host name is compared); and with
 * `revocation: 'off'`, whether anything was revoked.
 *
 * @returns a {@link VerifiedPath}
 * @throws {PathError} ERR_PATH_*, of all candidates the one that came furthest, with `attempts`
 * @throws {RevocationError} ERR_REVOCATION_*, where nothing else is wrong with the path that came furthest
 * @throws {DecodeError} ERR_DER_* and {CertificateError} ERR_CERT_* where a certificate cannot be read
 * @throws {ArgumentError} ERR_ARG_*
 * @see RFC 5280 §6.1
 */
export async function verifyPath(options: VerifyPathOptions): Promise<VerifiedPath> {
  checkOptionKeys('verifyPath options', options, OPTION_KEYS)
  const { purpose } = options
  const revocation = readRevocation(options.revocation)
  checkPurposeName(purpose)
  const pinnedLeaf = choice('pinnedLeaf', options.pinnedLeaf, ['refuse', 'accept'])
  const intermediates = toCertificates(options.intermediates === undefined ? [] : options.intermediates)
  const leaf = toCertificate('leaf', options.leaf)
  const rules: PathRules = {
    at: new Date(validDate('at', options.at)),
    purpose,
    policies: checkPolicyInputs(options.policies),
    anchorValidity: choice('anchorValidity', options.anchorValidity, ['enforce', 'ignore']),
    anyExtendedKeyUsage: choice('anyExtendedKeyUsage', options.anyExtendedKeyUsage, ['refuse', 'accept']),
    standing: revocation === undefined ? 'ignored' : 'checked',
  }
  const search: PathSearch = {
    leaf,
    intermediates,
    trustStore: toTrustStore(options.trustAnchors),
    rules,
    pinnedLeaf,
    budget: createBudget(checkLimits(options.limits)),
  }
  return revocation === undefined ? await searchPath(search) : await searchStanding(search, revocation)
}

async function searchStanding(search: PathSearch, plan: RevocationPlan): Promise<VerifiedPath> {
  const desk = new RevocationDesk(plan)
  const judge = desk.judgeOfMany(search.rules, { pool: search.intermediates, network: 'use' })
  let found: PathStanding | undefined
  const path = await searchPath({
    ...search,
    standing: async (candidate) => {
      found = await judge(candidate)
      return found.refusal
    },
  })
  if (found === undefined) return path
  tellUndecided(found, desk)
  return path.withStanding(found.statuses)
}

/** What {@link searchPath} takes: everything validated. */
export interface PathSearch {
  readonly leaf: Certificate
  readonly intermediates: readonly Certificate[]
  readonly trustStore: TrustStore
  readonly rules: PathRules
  /** Default `'refuse'`. */
  readonly pinnedLeaf?: 'refuse' | 'accept'
  readonly budget: Budget
  /** Facts about certificates that were vouched for before; default none. */
  readonly memory?: PathMemory
  /** Where the certificates' standing counts: why it refuses a path. */
  readonly standing?: (path: FoundPath) => Promise<Refusal | undefined>
  /** Called once with what was tried in vain, also where a path is found. */
  readonly onAttempts?: (attempts: Attempts) => void
}

/** The search behind {@link verifyPath}, for callers within the library that count its work. */
export async function searchPath(search: PathSearch): Promise<VerifiedPath> {
  const { rules, standing: checkStanding } = search
  const outcome = await buildPath({
    pinnedLeaf: 'refuse',
    ...search,
    ...(checkStanding && { checkStanding }),
  })
  search.onAttempts?.(outcome.attempts())
  if (!outcome.ok) throw await toError(outcome.refusal, outcome.attempts())
  const anchor = shownAnchors.get(outcome.anchor) ?? (await showAnchor(outcome.anchor))
  return new VerifiedPath({ certificates: outcome.chain, anchor, policies: outcome.policies, rules })
}

/** Tells the policy's callback of a path that is accepted although something about it is unknown. */
export function tellUndecided(
  { statuses }: Pick<PathStanding, 'statuses'>,
  desk: RevocationDesk | undefined,
): void {
  if (statuses.some(({ status }) => status === 'unknown')) desk?.plan.onUndecided?.(statuses)
}

// Derived from the stored anchor alone, so that it never goes stale; all its paths share it.
const shownAnchors: WeakMap<StoredAnchor, VerifiedPath['anchor']> = new WeakMap()

async function showAnchor(stored: StoredAnchor): Promise<VerifiedPath['anchor']> {
  const { certificate, id } = stored
  const anchor = Object.freeze({ certificate, id: id ?? (await thumbprintId(certificate)) })
  shownAnchors.set(stored, anchor)
  return anchor
}

/** The rules of a path where nothing but instant and purpose is chosen. */
export function usualRules(at: Date, purpose: Purpose): PathRules {
  return {
    at,
    purpose,
    policies: DEFAULT_POLICY_INPUTS,
    anchorValidity: 'enforce',
    anyExtendedKeyUsage: 'refuse',
    standing: 'ignored',
  }
}

/** `x509-sha256:` and the base64url SHA-256 of the certificate's DER. */
export async function thumbprintId(certificate: Certificate): Promise<string> {
  return `x509-sha256:${encodeBase64url(await platform.sha256(certificate.der))}`
}

/** Trust anchors as a store; a missing argument is refused, never read as "any". */
export function toTrustStore(
  trustAnchors: TrustStore | readonly (Certificate | TrustAnchor)[] | undefined,
): TrustStore {
  if (trustAnchors instanceof TrustStore) return trustAnchors
  if (trustAnchors === undefined) {
    throw createError('ERR_ARG_REQUIRED', {
      argument: 'trustAnchors',
      expected: 'the certificates of the CAs you trust',
    })
  }
  return createTrustStore(trustAnchors)
}

const OPTION_KEYS = [
  'leaf',
  'intermediates',
  'trustAnchors',
  'at',
  'purpose',
  'policies',
  'anchorValidity',
  'anyExtendedKeyUsage',
  'pinnedLeaf',
  'revocation',
  'limits',
] as const
const LIMIT_KEYS = ['maxSignatureChecks', 'maxEdges', 'maxIntermediates', 'maxNameComparisons'] as const
const POLICY_KEYS = [
  'initialPolicySet',
  'initialExplicitPolicy',
  'initialPolicyMappingInhibit',
  'initialInhibitAnyPolicy',
] as const
// LIMIT: as many as a path could be asked for by any policy that a person wrote.
const MAX_POLICIES = 1_000
// LIMIT: more than any pool that a protocol carries; the search itself is bounded by its budget.
const MAX_INTERMEDIATES_GIVEN = 1_000

function checkPurposeName(purpose: unknown): void {
  if (purpose === undefined) {
    throw createError('ERR_ARG_REQUIRED', {
      argument: 'purpose',
      expected: "'clientAuth', 'serverAuth', 'any' or an OID",
    })
  }
  const named = purpose === 'clientAuth' || purpose === 'serverAuth' || purpose === 'any'
  if (named || isOid(purpose)) return
  const found = typeof purpose === 'string' ? purpose : kindOf(purpose)
  throw createError('ERR_ARG_VALUE', {
    argument: 'purpose',
    expected: "'clientAuth', 'serverAuth', 'any' or an OID",
    found,
  })
}

function isOid(value: unknown): value is string {
  return typeof value === 'string' && /^[012](\.(0|[1-9]\d*))+$/u.test(value)
}

/** RFC 5280's policy inputs, validated and complete. */
export function checkPolicyInputs(given: Partial<PolicyInputs> | undefined): PolicyInputs {
  if (given === undefined) return DEFAULT_POLICY_INPUTS
  checkOptionKeys('policies', given, POLICY_KEYS)
  const { initialPolicySet = DEFAULT_POLICY_INPUTS.initialPolicySet } = given
  const list: readonly unknown[] = Array.isArray(initialPolicySet) ? initialPolicySet : []
  if (list.length === 0 || list.length > MAX_POLICIES || !list.every(isOid)) {
    throw createError('ERR_ARG_VALUE', {
      argument: 'policies.initialPolicySet',
      expected: `1 to ${MAX_POLICIES} dotted OIDs; 2.5.29.32.0 for any`,
      found: Array.isArray(initialPolicySet) ? `${list.length} of another kind` : kindOf(initialPolicySet),
    })
  }
  return Object.freeze({
    initialPolicySet: Object.freeze([...list]),
    initialExplicitPolicy: flag('initialExplicitPolicy', given.initialExplicitPolicy),
    initialPolicyMappingInhibit: flag('initialPolicyMappingInhibit', given.initialPolicyMappingInhibit),
    initialInhibitAnyPolicy: flag('initialInhibitAnyPolicy', given.initialInhibitAnyPolicy),
  })
}

function flag(name: string, value: unknown): boolean {
  if (value === undefined || typeof value === 'boolean') return value ?? false
  throw createError('ERR_ARG_TYPE', {
    argument: `policies.${name}`,
    expected: 'a boolean',
    found: kindOf(value),
  })
}

function checkLimits(limits: PathLimits | undefined): PathLimits {
  if (limits === undefined) return {}
  checkOptionKeys('limits', limits, LIMIT_KEYS)
  return {
    maxSignatureChecks: wholeNumber('limits.maxSignatureChecks', limits.maxSignatureChecks, {
      default: 8,
      minimum: 1,
      maximum: 1_000,
    }),
    maxEdges: wholeNumber('limits.maxEdges', limits.maxEdges, { default: 64, minimum: 1, maximum: 10_000 }),
    maxIntermediates: wholeNumber('limits.maxIntermediates', limits.maxIntermediates, {
      default: 7,
      minimum: 0,
      maximum: 100,
    }),
    maxNameComparisons: wholeNumber('limits.maxNameComparisons', limits.maxNameComparisons, {
      default: 10_000,
      minimum: 1,
      maximum: 1_000_000,
    }),
  }
}

function toCertificates(given: readonly (Uint8Array | Certificate)[]): readonly Certificate[] {
  if (!Array.isArray(given)) {
    throw createError('ERR_ARG_TYPE', {
      argument: 'intermediates',
      expected: 'an array',
      found: kindOf(given),
    })
  }
  if (given.length > MAX_INTERMEDIATES_GIVEN) {
    const expected = `at most ${MAX_INTERMEDIATES_GIVEN} certificates`
    throw createError('ERR_ARG_VALUE', { argument: 'intermediates', expected, found: String(given.length) })
  }
  return given.map((item: Uint8Array | Certificate, index) => toCertificate(`intermediates[${index}]`, item))
}

function toCertificate(argument: string, given: Uint8Array | Certificate): Certificate {
  if (given instanceof Uint8Array) return parseCertificate(given)
  if (typeof given === 'object' && given !== null && given.kind === 'certificate') return given
  throw createError('ERR_ARG_TYPE', {
    argument,
    expected: 'DER bytes or a parsed certificate',
    found: kindOf(given),
  })
}
