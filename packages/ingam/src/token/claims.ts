// Layer: token. The claims (RFC 7519 §4.1 as docs/token-format.md narrows it): each rule one function over parsed
// claims, the verifier's clock and the plan. Warm and cold path call the same functions.

import { createError } from '../errors/errors.ts'
import { kindOf } from '../errors/options.ts'
import type { JsonObject, JsonValue } from './json.ts'
import type { Profile } from './profile.ts'

/** The claims that the verifier itself reads. Seconds since 1970 UTC, perhaps with a fraction. */
export interface RegisteredClaims {
  readonly audiences: readonly string[]
  readonly issuedAt: number
  readonly expiresAt: number
  readonly notBefore: number | undefined
  readonly subject: string
  readonly tokenId: string | undefined
}

// LIMIT: 128 random bits take 22 base64url characters; below 16 characters they cannot be unguessable.
const MIN_JTI_CHARACTERS = 16
const MAX_JTI_CHARACTERS = 128
// LIMIT: year 36812; keeps all arithmetic on instants exact in doubles, and within what a Date holds.
const MAX_NUMERIC_DATE = 2 ** 40
// LIMIT: an audience is a URL or a name; 2,048 characters is what URLs are held to in practice.
const MAX_NAME_CHARACTERS = 2_048

/** What {@link isClientId} accepts, in words. */
export const CLIENT_ID_FORM: string = `1 to ${MAX_NAME_CHARACTERS} printable ASCII characters`

/** Whether the text can be the identifier of an OAuth client (RFC 6749 appendix A.1: VSCHAR). */
export function isClientId(text: string): boolean {
  return text.length <= MAX_NAME_CHARACTERS && /^[\x20-\x7e]+$/u.test(text)
}

/** Reads the registered claims and refuses a missing one, or one of the wrong type or range. */
export function readClaims(
  claims: JsonObject,
  profile: Pick<Profile, 'audience' | 'subject'>,
  jtiRequired: 'required' | 'optional',
): RegisteredClaims {
  const subject = readText(claims, 'sub', MAX_NAME_CHARACTERS)
  const issuer = readText(claims, 'iss', MAX_NAME_CHARACTERS)
  if (issuer !== subject) throw invalid('iss', 'the same as sub', issuer)
  if (profile.subject === 'client identifier' && !isClientId(subject))
    throw invalid('sub', CLIENT_ID_FORM, shapeOf(subject))
  return {
    audiences: profile.audience === 'required' ? readAudiences(claims['aud']) : refuseAudience(claims),
    issuedAt: readDate(claims, 'iat'),
    expiresAt: readDate(claims, 'exp'),
    notBefore: claims['nbf'] === undefined ? undefined : readDate(claims, 'nbf'),
    subject,
    tokenId: jtiRequired === 'optional' && claims['jti'] === undefined ? undefined : readTokenId(claims),
  }
}

/** How long a token may live, and how far the two clocks may differ; seconds. */
export interface TimeLimits {
  readonly maxLifetimeSeconds: number
  readonly expiryToleranceSeconds: number
  readonly futureToleranceSeconds: number
}

/** Lifetime, expiry, and neither nbf nor iat in the future; all bounds on the verifier's clock. */
export function checkTime(claims: RegisteredClaims, plan: TimeLimits, at: Date): void {
  const { issuedAt, expiresAt, notBefore } = claims
  const now = at.getTime() / 1000
  if (!(expiresAt > issuedAt)) throw invalid('exp', 'a time after iat', String(expiresAt))
  if (expiresAt - issuedAt > plan.maxLifetimeSeconds) {
    const foundSeconds = expiresAt - issuedAt
    throw createError('ERR_TOKEN_LIFETIME', { maximumSeconds: plan.maxLifetimeSeconds, foundSeconds })
  }
  // RFC 7519 §4.1.4: refused on or after exp; the tolerance moves the bound and stays exclusive.
  if (now >= expiresAt + plan.expiryToleranceSeconds) {
    const toleranceSeconds = plan.expiryToleranceSeconds
    throw createError('ERR_TOKEN_EXPIRED', {
      expiresAt: isoOf(expiresAt),
      toleranceSeconds,
      at: at.toISOString(),
    })
  }
  if (issuedAt > now + plan.futureToleranceSeconds) throw notYetValid('iat', issuedAt, plan, at)
  if (notBefore !== undefined && notBefore > now + plan.futureToleranceSeconds)
    throw notYetValid('nbf', notBefore, plan, at)
}

/** Whom tokens may be meant for. */
export interface AudienceRules {
  readonly profile: Pick<Profile, 'furtherAudiences'>
  readonly audiences: ReadonlySet<string>
  readonly allowMultipleAudiences: boolean
}

/** The audience that matched; letter for letter (RFC 7519 §4.1.3). */
export function checkAudience(claims: RegisteredClaims, plan: AudienceRules): string {
  const { audiences } = claims
  if (audiences.length > 1 && !plan.allowMultipleAudiences) {
    throw createError('ERR_TOKEN_MULTIPLE_AUDIENCES', { found: audiences })
  }
  const matched = audiences.find((audience) => plan.audiences.has(audience))
  // Whoever else is named could use the token against this verifier.
  const hasForeign =
    plan.profile.furtherAudiences === "the verifier's" &&
    !audiences.every((audience) => plan.audiences.has(audience))
  if (matched === undefined || hasForeign)
    throw createError('ERR_TOKEN_AUDIENCE', { expected: [...plan.audiences], found: audiences })
  return matched
}

/** Seconds since 1970 as ISO text. */
export function isoOf(seconds: number): string {
  return new Date(seconds * 1000).toISOString()
}

function notYetValid(claim: 'iat' | 'nbf', validFrom: number, plan: TimeLimits, at: Date): Error {
  const toleranceSeconds = plan.futureToleranceSeconds
  return createError('ERR_TOKEN_NOT_YET_VALID', {
    claim,
    validFrom: isoOf(validFrom),
    toleranceSeconds,
    at: at.toISOString(),
  })
}

// One that names its audience was made for it, and not for whoever pins the certificate.
function refuseAudience(claims: JsonObject): readonly string[] {
  if (!Object.hasOwn(claims, 'aud')) return []
  throw invalid('aud', 'none in a token of this type', kindOf(claims['aud']))
}

function readAudiences(aud: JsonValue | undefined): readonly string[] {
  if (aud === undefined) throw createError('ERR_TOKEN_CLAIM_MISSING', { claim: 'aud' })
  if (!isArray(aud)) return [readOneAudience(aud)]
  if (aud.length === 0) throw invalid('aud', 'an audience', 'an empty array')
  return aud.map(readOneAudience)
}

function readOneAudience(item: JsonValue): string {
  if (typeof item === 'string' && item !== '' && item.length <= MAX_NAME_CHARACTERS) return item
  throw invalid('aud', `text of 1 to ${MAX_NAME_CHARACTERS} characters`, shapeOf(item))
}

function isArray(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value)
}

function readText(claims: JsonObject, claim: string, maximum: number): string {
  const value = claims[claim]
  if (value === undefined) throw createError('ERR_TOKEN_CLAIM_MISSING', { claim })
  if (typeof value === 'string' && value !== '' && value.length <= maximum) return value
  throw invalid(claim, `text of 1 to ${maximum} characters`, shapeOf(value))
}

function readTokenId(claims: JsonObject): string {
  const value = readText(claims, 'jti', MAX_JTI_CHARACTERS)
  if (value.length >= MIN_JTI_CHARACTERS) return value
  throw invalid('jti', `text of ${MIN_JTI_CHARACTERS} to ${MAX_JTI_CHARACTERS} characters`, shapeOf(value))
}

function readDate(claims: JsonObject, claim: string): number {
  const value = claims[claim]
  if (value === undefined) throw createError('ERR_TOKEN_CLAIM_MISSING', { claim })
  if (typeof value === 'number' && value >= 0 && value <= MAX_NUMERIC_DATE) return value
  throw invalid(
    claim,
    'a number of seconds from 0 to 2^40',
    typeof value === 'number' ? String(value) : kindOf(value),
  )
}

function shapeOf(value: JsonValue): string {
  return typeof value === 'string' ? `${value.length} characters` : kindOf(value)
}

function invalid(claim: string, expected: string, found: string): Error {
  return createError('ERR_TOKEN_CLAIM_INVALID', { claim, expected, found })
}
