// Layer: verify. The public judgement on a path: RFC 5280 §6.1 as far as path/ implements it, joined with the stance
// on revocation, of which only 'off' exists so far.

import { platform } from '#platform'
import { encodeBase64url } from '../bytes/base64.ts'
import { createError } from '../errors/errors.ts'
import { checkOptionKeys, kindOf, validDate, wholeNumber } from '../errors/options.ts'
import { type Budget, createBudget, type PathLimits } from '../path/budget.ts'
import { buildPath } from '../path/build.ts'
import type { Purpose } from '../path/purpose.ts'
import { toError } from '../path/refusal.ts'
import { createTrustStore, type TrustAnchor, TrustStore } from '../path/trust-store.ts'
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
  /** The stance on revocation. Required; only `'off'` is supported by this version. */
  readonly revocation: 'off'
  /** Bounds on the search. */
  readonly limits?: PathLimits
}

/**
 * Returns a path from the leaf to one of the trust anchors on which every rule of RFC 5280 §6.1 that this version
 * processes holds at the given instant.
 *
 * **Not checked: revocation; whether the leaf may speak for any host name.** Certificates that bear nameConstraints,
 * policyMappings, policyConstraints, inhibitAnyPolicy or an unknown critical extension are refused.
 *
 * @returns a {@link VerifiedPath}
 * @throws {PathError} ERR_PATH_*, of all candidates the one that came furthest, with `attempts`
 * @throws {DecodeError} ERR_DER_* and {CertificateError} ERR_CERT_* where a certificate cannot be read
 * @throws {ArgumentError} ERR_ARG_*
 * @see RFC 5280 §6.1
 */
export async function verifyPath(options: VerifyPathOptions): Promise<VerifiedPath> {
  checkOptionKeys('verifyPath options', options, OPTION_KEYS)
  const { purpose, revocation } = options
  checkRevocation(revocation)
  checkPurposeName(purpose)
  return await searchPath({
    leaf: toCertificate('leaf', options.leaf),
    intermediates: toCertificates(options.intermediates === undefined ? [] : options.intermediates),
    trustStore: toTrustStore(options.trustAnchors),
    at: new Date(validDate('at', options.at)),
    purpose,
    budget: createBudget(checkLimits(options.limits)),
  })
}

/** What {@link searchPath} takes: everything validated. */
export interface PathSearch {
  readonly leaf: Certificate
  readonly intermediates: readonly Certificate[]
  readonly trustStore: TrustStore
  readonly at: Date
  readonly purpose: Purpose
  readonly budget: Budget
}

/** The search behind {@link verifyPath}, for callers within the library that count its work. */
export async function searchPath(search: PathSearch): Promise<VerifiedPath> {
  const { leaf, intermediates, trustStore, at, purpose, budget } = search
  const outcome = await buildPath({ leaf, intermediates, trustStore, rules: { at, purpose }, budget })
  if (!outcome.ok) throw await toError(outcome.refusal, outcome.attempts)
  const { certificate, id } = outcome.anchor
  const anchor = { certificate, id: id ?? (await thumbprintId(certificate)) }
  return new VerifiedPath({ certificates: outcome.chain, anchor, purpose, at })
}

/** `x509-sha256:` and the base64url SHA-256 of the certificate's DER. */
export async function thumbprintId(certificate: Certificate): Promise<string> {
  return `x509-sha256:${encodeBase64url(await platform.sha256(certificate.der))}`
}

/** Refuses every stance on revocation but 'off', and a missing one. */
export function checkRevocation(revocation: unknown): void {
  if (revocation === 'off') return
  if (revocation === undefined) {
    throw createError('ERR_ARG_REQUIRED', {
      argument: 'revocation',
      expected: "'off' (checking it is not supported yet)",
    })
  }
  const found = typeof revocation === 'string' ? revocation : kindOf(revocation)
  throw createError('ERR_ARG_UNSUPPORTED', { argument: 'revocation', expected: "'off'", found })
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
  'revocation',
  'limits',
] as const
const LIMIT_KEYS = ['maxSignatureChecks', 'maxEdges', 'maxIntermediates'] as const
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
  if (named || (typeof purpose === 'string' && /^[012](\.(0|[1-9]\d*))+$/u.test(purpose))) return
  const found = typeof purpose === 'string' ? purpose : kindOf(purpose)
  throw createError('ERR_ARG_VALUE', {
    argument: 'purpose',
    expected: "'clientAuth', 'serverAuth', 'any' or an OID",
    found,
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
