// Layer: revocation. The stance on revocation as a caller writes it, validated once. Unknown means no, unless it says
// 'prefer'.

import { createError } from '../errors/errors.ts'
import { checkOptionKeys, choice, kindOf, wholeNumber } from '../errors/options.ts'
import { isCertificate } from '../path/trust-store.ts'
import { type Certificate, parseCertificate } from '../x509/certificate.ts'
import type { CertificateStatus } from './evidence.ts'
import { createMemorySource, type GivenEvidence } from './memory-source.ts'
import type { RevocationSource } from './source.ts'

/** How a path's certificates must stand, and who may say so. */
export interface RevocationPolicy extends GivenEvidence {
  /** `'require'`: unknown is refused. `'prefer'`: unknown is accepted, and said in the result and to `onUndecided`. */
  readonly mode: 'require' | 'prefer'
  /** Whose standing counts: of every certificate below the anchor (default), or of the leaf alone. */
  readonly depth?: 'chain' | 'leaf'
  /**
   * Certificates of those who sign evidence and stand in no path of a token, such as the signers of indirect lists: DER
   * bytes or parsed, at most 64. They vouch for nothing: their own paths to the trust anchor are verified.
   */
  readonly signers?: readonly (Uint8Array | Certificate)[]
  /** Sources besides `crls` and `ocspResponses`; all are asked, and a revocation in any of them wins. At most 64. */
  readonly sources?: readonly RevocationSource[]
  /**
   * Seconds from thisUpdate for which evidence counts, even where its nextUpdate is later; default none. A list without
   * nextUpdate counts only where this is set; a response without one counts for 300 seconds, or for this long.
   */
  readonly maxAgeSeconds?: number
  /** Seconds by which thisUpdate and producedAt may lie ahead of the clock; default 60, at most 3,600. nextUpdate has none. */
  readonly toleranceSeconds?: number
  /**
   * Certificates, of end entities alone, that live at most this long need no evidence: they answer `good` with the
   * evidence `not-revocable`. Default: none.
   */
  readonly shortLived?: { readonly maxLifetimeSeconds: number }
  /** Seconds from thisUpdate for which a response that came with the token counts; default 3,600, at most 604,800. */
  readonly stapleMaxAgeSeconds?: number
  /** Milliseconds that one verification waits at most for sources that fetch; default 5,000, at most 60,000. */
  readonly maxWaitMilliseconds?: number
  /**
   * `'prefer'`: told of each verification that passed although something is unknown. It must not throw: what it
   * throws refuses the token.
   */
  readonly onUndecided?: (statuses: readonly CertificateStatus[]) => void
}

/** A policy, validated and frozen. */
export interface RevocationPlan {
  readonly mode: 'require' | 'prefer'
  readonly depth: 'chain' | 'leaf'
  readonly sources: readonly RevocationSource[]
  readonly signers: readonly Certificate[]
  readonly maxAgeSeconds: number | undefined
  readonly toleranceSeconds: number
  readonly shortLivedSeconds: number | undefined
  readonly stapleMaxAgeSeconds: number
  readonly maxWaitMilliseconds: number
  readonly onUndecided: ((statuses: readonly CertificateStatus[]) => void) | undefined
}

const OPTION_KEYS = [
  'mode',
  'depth',
  'crls',
  'ocspResponses',
  'signers',
  'sources',
  'maxAgeSeconds',
  'toleranceSeconds',
  'shortLived',
  'stapleMaxAgeSeconds',
  'maxWaitMilliseconds',
  'onUndecided',
] as const
const EXPECTED = "'off' or { mode: 'require' | 'prefer', … }"
// LIMIT: each is asked at each judgement.
const MAX_SOURCES = 64
const USUAL_TOLERANCE_SECONDS = 60
/** Seconds from thisUpdate for which a response that a token carries counts, unless a verifier says otherwise. */
export const USUAL_STAPLE_AGE_SECONDS = 3_600
const USUAL_WAIT_MILLISECONDS = 5_000
const YEARS = 315_360_000

/** The plan of one who asks about its own certificates alone. */
export function planOfSources(sources: readonly RevocationSource[]): RevocationPlan {
  return Object.freeze({
    mode: 'require',
    depth: 'leaf',
    sources,
    signers: [],
    maxAgeSeconds: undefined,
    toleranceSeconds: USUAL_TOLERANCE_SECONDS,
    shortLivedSeconds: undefined,
    stapleMaxAgeSeconds: USUAL_STAPLE_AGE_SECONDS,
    maxWaitMilliseconds: USUAL_WAIT_MILLISECONDS,
    onUndecided: undefined,
  })
}

/** Validates a stance; undefined for 'off'. Throws {@link ArgumentError}, also for a missing one: there is no safe default. */
export function readRevocation(revocation: 'off' | RevocationPolicy | undefined): RevocationPlan | undefined {
  if (revocation === 'off') return undefined
  if (revocation === undefined)
    throw createError('ERR_ARG_REQUIRED', { argument: 'revocation', expected: EXPECTED })
  if (typeof revocation !== 'object' || revocation === null) {
    const found = typeof revocation === 'string' ? revocation : kindOf(revocation)
    throw createError('ERR_ARG_VALUE', { argument: 'revocation', expected: EXPECTED, found })
  }
  checkOptionKeys('revocation', revocation, OPTION_KEYS)
  const { mode, depth, crls, ocspResponses, maxAgeSeconds, shortLived, onUndecided } = revocation
  if (mode === undefined) {
    throw createError('ERR_ARG_REQUIRED', { argument: 'revocation.mode', expected: "'require' or 'prefer'" })
  }
  if (onUndecided !== undefined && typeof onUndecided !== 'function') {
    const found = kindOf(onUndecided)
    throw createError('ERR_ARG_TYPE', { argument: 'revocation.onUndecided', expected: 'a function', found })
  }
  const memory = createMemorySource({
    ...(crls !== undefined && { crls }),
    ...(ocspResponses !== undefined && { ocspResponses }),
  })
  return Object.freeze({
    mode: choice('revocation.mode', mode, ['require', 'prefer']),
    depth: choice('revocation.depth', depth, ['chain', 'leaf']),
    signers: readSigners(revocation.signers),
    sources: Object.freeze([memory, ...readSources('revocation.sources', revocation.sources)]),
    maxAgeSeconds:
      maxAgeSeconds === undefined ? undefined : numberOption('maxAgeSeconds', maxAgeSeconds, 0, 1, YEARS),
    toleranceSeconds: numberOption(
      'toleranceSeconds',
      revocation.toleranceSeconds,
      USUAL_TOLERANCE_SECONDS,
      0,
      3_600,
    ),
    shortLivedSeconds: shortLived === undefined ? undefined : readShortLived(shortLived),
    stapleMaxAgeSeconds: numberOption(
      'stapleMaxAgeSeconds',
      revocation.stapleMaxAgeSeconds,
      USUAL_STAPLE_AGE_SECONDS,
      1,
      604_800,
    ),
    maxWaitMilliseconds: numberOption(
      'maxWaitMilliseconds',
      revocation.maxWaitMilliseconds,
      USUAL_WAIT_MILLISECONDS,
      0,
      60_000,
    ),
    onUndecided,
  })
}

// LIMIT: each is compared by name with the issuer of each list.
const MAX_SIGNERS = 64

function readSigners(signers: readonly (Uint8Array | Certificate)[] | undefined): readonly Certificate[] {
  if (signers === undefined) return []
  const expected = `at most ${MAX_SIGNERS} certificates, as DER bytes or parsed`
  if (!Array.isArray(signers) || signers.length > MAX_SIGNERS) {
    const found = Array.isArray(signers) ? `${signers.length} of them` : kindOf(signers)
    throw createError('ERR_ARG_VALUE', { argument: 'revocation.signers', expected, found })
  }
  return Object.freeze(
    Array.from(signers, (signer: unknown) => {
      if (signer instanceof Uint8Array) return parseCertificate(signer)
      if (isCertificate(signer)) return signer
      throw createError('ERR_ARG_VALUE', { argument: 'revocation.signers', expected, found: kindOf(signer) })
    }),
  )
}

function readShortLived(shortLived: { readonly maxLifetimeSeconds: number }): number {
  checkOptionKeys('revocation.shortLived', shortLived, ['maxLifetimeSeconds'])
  const { maxLifetimeSeconds } = shortLived
  if (maxLifetimeSeconds === undefined) {
    const argument = 'revocation.shortLived.maxLifetimeSeconds'
    throw createError('ERR_ARG_REQUIRED', { argument, expected: 'a number of seconds' })
  }
  return numberOption('shortLived.maxLifetimeSeconds', maxLifetimeSeconds, 0, 1, YEARS)
}

/** A list of sources that an option gives; throws {@link ArgumentError}. */
export function readSources(
  argument: string,
  sources: readonly RevocationSource[] | undefined,
): readonly RevocationSource[] {
  if (sources === undefined) return []
  const expected = `at most ${MAX_SOURCES} sources, as createMemorySource, createFileSource and createHttpSource make them`
  if (!Array.isArray(sources) || sources.length > MAX_SOURCES) {
    const found = Array.isArray(sources) ? `${sources.length} of them` : kindOf(sources)
    throw createError('ERR_ARG_VALUE', { argument, expected, found })
  }
  return Array.from(sources, (source: unknown) => {
    if (isSource(source)) return source
    throw createError('ERR_ARG_VALUE', { argument, expected, found: kindOf(source) })
  })
}

function isSource(value: unknown): value is RevocationSource {
  if (typeof value !== 'object' || value === null) return false
  if (!('kind' in value) || value.kind !== 'revocation-source') return false
  // Those of a class stand in its prototype.
  const kindOfMember = (name: string): string => typeof Reflect.get(value, name)
  return (
    ['revision', 'find', 'status'].every((name) => kindOfMember(name) === 'function') &&
    ['markVerified', 'fetch', 'close'].every((name) => ['function', 'undefined'].includes(kindOfMember(name)))
  )
}

function numberOption(
  name: string,
  value: number | undefined,
  byDefault: number,
  minimum: number,
  maximum: number,
): number {
  return wholeNumber(`revocation.${name}`, value, { default: byDefault, minimum, maximum })
}
