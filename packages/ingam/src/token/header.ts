// Layer: token. The JOSE header. No member selects a key, triggers a fetch or changes the rules; `kid` is ignored;
// x5c[0] is the signer and is never searched for; x5t#S256 names a chain that the verifier knows already; ocsp carries
// responses about the certificates of the chain, which are verified like any other.

import { platform } from '#platform'
import { encodeBase64url } from '../bytes/base64.ts'
import { createError, isPkiError } from '../errors/errors.ts'
import { kindOf } from '../errors/options.ts'
import { isTokenAlgorithm, type TokenAlgorithm } from '../keys/algorithms.ts'
import { type Certificate, parseCertificate } from '../x509/certificate.ts'
import type { JsonObject, JsonValue } from './json.ts'
import type { Profile } from './profile.ts'

/** LIMIT: a leaf and more intermediates than any PKI in use has; bounds the parsing that a stranger can cause. */
export const MAX_CERTIFICATES = 10
/** LIMIT: DER bytes of one certificate, which leaves room for ML-DSA keys and many names. */
export const MAX_CERTIFICATE_BYTES = 65_536

const FORBIDDEN = ['jwk', 'jku', 'x5u', 'crit', 'b64', 'enc', 'zip'] as const
const NOT_SUPPORTED = ['x5t'] as const
const NOT_PINNED = ['x5c', 'ocsp'] as const

/** Refuses members that let the sender choose the key or the rules, and those not implemented yet. */
export function checkHeaderMembers(header: JsonObject, profile: Profile): void {
  for (const member of FORBIDDEN) {
    if (Object.hasOwn(header, member)) throw createError('ERR_TOKEN_HEADER_FORBIDDEN', { member })
  }
  for (const member of profile.certificateBy === 'x5t#S256' ? NOT_PINNED : []) {
    if (Object.hasOwn(header, member)) throw createError('ERR_TOKEN_HEADER_FORBIDDEN', { member })
  }
  for (const member of NOT_SUPPORTED) {
    if (Object.hasOwn(header, member))
      throw createError('ERR_TOKEN_UNSUPPORTED', { feature: `header member ${member}` })
  }
}

/** Refuses a token of another profile (RFC 8725 §3.11). */
export function checkType(header: JsonObject, profile: Profile): void {
  const typ = header['typ']
  const isAbsentAccepted = profile.typAbsent === 'accepted'
  if (typ === undefined && isAbsentAccepted) return
  const wanted = profile.typ.toLowerCase()
  const short = typeof typ === 'string' ? typ.toLowerCase() : undefined
  if (short === wanted || short === `application/${wanted}`) return
  throw createError('ERR_TOKEN_TYPE', {
    expected: isAbsentAccepted ? `${profile.typ} or none` : profile.typ,
    found: typeof typ === 'string' ? typ : typ === undefined ? 'none' : kindOf(typ),
  })
}

/** The algorithm, if the verifier allows it; exact case, no synonyms. */
export function readAlgorithm(header: JsonObject, allowed: ReadonlySet<TokenAlgorithm>): TokenAlgorithm {
  const alg = header['alg']
  if (typeof alg === 'string' && isTokenAlgorithm(alg) && allowed.has(alg)) return alg
  const found = typeof alg === 'string' ? alg : alg === undefined ? 'none given' : kindOf(alg)
  throw createError('ERR_TOKEN_ALGORITHM', { found, allowed: [...allowed] })
}

/** The thumbprint that names the signer's certificate: base64url of a SHA-256 (RFC 7515 §4.1.8); undefined where none does. */
export function readThumbprint(header: JsonObject, profile: Profile): string | undefined {
  const thumbprint = header['x5t#S256']
  if (thumbprint === undefined && profile.certificateBy !== 'x5t#S256') return undefined
  // 43 characters of which the last has two spare bits, both zero.
  if (typeof thumbprint === 'string' && /^[\w-]{42}[AEIMQUYcgkosw048]$/u.test(thumbprint)) return thumbprint
  const found = typeof thumbprint === 'string' ? `${thumbprint.length} characters` : kindOf(thumbprint)
  throw createError('ERR_TOKEN_HEADER', {
    member: 'x5t#S256',
    expected: 'a SHA-256 as 43 characters of base64url',
    found,
  })
}

/** Refuses a thumbprint that is not that of the certificate in x5c[0]. */
export async function checkThumbprint(thumbprint: string, text: string): Promise<void> {
  const found = encodeBase64url(await platform.sha256(decodeCertificate(text, 0)))
  if (found !== thumbprint) throw createError('ERR_TOKEN_THUMBPRINT', { claimed: thumbprint, found })
}

/** The texts of x5c, shape and count checked, nothing decoded. */
export function readCertificateTexts(header: JsonObject): readonly string[] {
  const x5c = header['x5c']
  if (x5c === undefined) throw headerError('an array of certificates', 'none')
  if (!isArray(x5c)) throw headerError('an array of certificates', kindOf(x5c))
  if (x5c.length === 0) throw headerError('at least one certificate', 'an empty array')
  if (x5c.length > MAX_CERTIFICATES)
    throw headerError(`at most ${MAX_CERTIFICATES} certificates`, String(x5c.length))
  return x5c.map((item) => {
    if (typeof item !== 'string') throw headerError('texts', kindOf(item))
    return item
  })
}

/** Stapled responses as a header carries them, each for the certificate at its place; empty where there is no `ocsp`. */
export type Staples = readonly (string | null)[]

/** No staples. */
export const NO_STAPLES: Staples = Object.freeze([])

/** The texts of ocsp: one, or null, for each certificate of the chain; nothing decoded. */
export function readStaples(header: JsonObject, certificates: number): Staples {
  const ocsp = header['ocsp']
  if (ocsp === undefined) return NO_STAPLES
  const expected = `an array of ${certificates} texts or nulls, one for each certificate, not all null`
  const wrong = (found: string): Error => createError('ERR_TOKEN_HEADER', { member: 'ocsp', expected, found })
  if (!isArray(ocsp)) throw wrong(kindOf(ocsp))
  if (ocsp.length !== certificates) throw wrong(`an array of ${ocsp.length}`)
  const staples = ocsp.map((item) => {
    if (item === null || typeof item === 'string') return item
    throw wrong(`an array with ${kindOf(item)}`)
  })
  if (staples.every((item) => item === null)) throw wrong('nulls alone')
  return staples
}

/** One certificate of x5c: padded base64 without line breaks (RFC 7515 §4.1.6), then strict DER. */
export function readCertificate(text: string, index: number): Certificate {
  const der = decodeCertificate(text, index)
  try {
    return parseCertificate(der)
  } catch (cause) {
    if (!isPkiError(cause)) throw cause
    throw createError('ERR_TOKEN_CHAIN', { index, problem: `${cause.code}: ${cause.message}` }, { cause })
  }
}

function decodeCertificate(text: string, index: number): Uint8Array {
  if (text.length > Math.ceil(MAX_CERTIFICATE_BYTES / 3) * 4) {
    throw createError('ERR_TOKEN_CHAIN', { index, problem: `larger than ${MAX_CERTIFICATE_BYTES} bytes` })
  }
  const der = platform.decodeBase64(text, 'base64')
  if (der === undefined) {
    throw createError('ERR_TOKEN_CHAIN', { index, problem: 'not canonical padded base64 (RFC 4648 §4)' })
  }
  return der
}

function headerError(expected: string, found: string): Error {
  return createError('ERR_TOKEN_HEADER', { member: 'x5c', expected, found })
}

function isArray(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value)
}
