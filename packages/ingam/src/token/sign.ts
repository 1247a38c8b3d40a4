// Layer: token. Signing: a token for one audience, from a credential whose key was shown to fit its certificate.

import { platform } from '#platform'
import { encodeBase64, encodeBase64url } from '../bytes/base64.ts'
import { createError, isPkiError, messageOf } from '../errors/errors.ts'
import { checkOptionKeys, kindOf, validDate, wholeNumber } from '../errors/options.ts'
import type { Credential } from '../keys/credential.ts'
import { formatName } from '../x509/name.ts'
import { type JsonValue, parseJsonObject } from './json.ts'
import { AUTH_PROFILE } from './profile.ts'

/** What {@link signToken} takes. */
export interface SignTokenOptions {
  /** Whom the token is for, letter for letter as the verifier names itself. Required. */
  readonly audience: string
  /** The signer's own claims; names that the format defines are refused. */
  readonly claims?: { readonly [claim: string]: JsonValue }
  /** Seconds until the token expires; default 300, at most 86,400 (verifiers refuse above 600 by default). */
  readonly lifetimeSeconds?: number
  /** The signer's clock; default the system's. */
  readonly at?: Date
  /** Unique name of this token, 16 to 128 characters; default 128 random bits. */
  readonly jti?: string
}

/**
 * Returns a signed token (compact JWS, docs/token-format.md) that lives for `lifetimeSeconds`.
 *
 * **Not checked: whether anybody trusts the certificate.**
 *
 * @throws {CredentialError} ERR_CREDENTIAL_EXPIRED where the certificate is not valid at `at`
 * @throws {ArgumentError} ERR_ARG_*
 */
export async function signToken(credential: Credential, options: SignTokenOptions): Promise<string> {
  checkOptionKeys('signToken options', options, OPTION_KEYS)
  const at = options.at === undefined ? new Date() : validDate('at', options.at)
  checkValidity(credential, at)
  // The fraction lets a verifier compare iat exactly with the instant at which its memory of used tokens began.
  const issuedAt = at.getTime() / 1000
  const lifetime = wholeNumber('lifetimeSeconds', options.lifetimeSeconds, {
    default: 300,
    minimum: 1,
    maximum: 86_400,
  })
  const ownClaims = readClaims(options.claims)
  const claims = {
    ...ownClaims,
    iss: credential.subject,
    sub: credential.subject,
    aud: readAudience(options.audience),
    iat: issuedAt,
    exp: Math.floor(issuedAt) + lifetime,
    jti: readTokenId(options.jti),
  }
  const payload = options.claims === undefined ? encodeJson(claims) : encodeOwnClaims(claims)
  const signed = `${headerOf(credential)}.${encodeBase64url(payload)}`
  const signature = await credential.sign(new TextEncoder().encode(signed))
  return `${signed}.${encodeBase64url(signature)}`
}

const OPTION_KEYS = ['audience', 'claims', 'lifetimeSeconds', 'at', 'jti'] as const
const RESERVED = [
  'iss',
  'sub',
  'aud',
  'iat',
  'exp',
  'nbf',
  'jti',
  'nonce',
  'htm',
  'htu',
  'digest',
  'ath',
  '__proto__',
]

// One header for each credential: it is the larger part of a token and never changes.
const headers: WeakMap<Credential, string> = new WeakMap()

function headerOf(credential: Credential): string {
  const known = headers.get(credential)
  if (known !== undefined) return known
  const x5c = credential.certificates.map((certificate) => encodeBase64(certificate.der))
  const header = encodeBase64url(encodeJson({ alg: credential.algorithm, typ: AUTH_PROFILE.typ, x5c }))
  headers.set(credential, header)
  return header
}

function checkValidity(credential: Credential, at: Date): void {
  const [leaf] = credential.certificates
  if (leaf === undefined)
    throw createError('ERR_CREDENTIAL_CHAIN', { problem: 'no certificate', subject: '' })
  if (at.getTime() >= leaf.notBefore.getTime() && at.getTime() <= leaf.notAfter.getTime()) return
  throw createError('ERR_CREDENTIAL_EXPIRED', {
    subject: formatName(leaf.subject),
    notBefore: leaf.notBefore.toISOString(),
    notAfter: leaf.notAfter.toISOString(),
    at: at.toISOString(),
  })
}

function readAudience(audience: unknown): string {
  if (audience === undefined) {
    throw createError('ERR_ARG_REQUIRED', {
      argument: 'audience',
      expected: 'the name of the service the token is for',
    })
  }
  if (typeof audience === 'string' && isName(audience, 1, 2_048)) return audience
  throw createError('ERR_ARG_VALUE', {
    argument: 'audience',
    expected: 'text of 1 to 2048 characters',
    found: kindOf(audience),
  })
}

function readTokenId(jti: string | undefined): string {
  if (jti === undefined) return encodeBase64url(platform.randomBytes(16))
  if (typeof jti === 'string' && isName(jti, 16, 128)) return jti
  throw createError('ERR_ARG_VALUE', {
    argument: 'jti',
    expected: 'text of 16 to 128 characters',
    found: kindOf(jti),
  })
}

function readClaims(claims: SignTokenOptions['claims']): { readonly [claim: string]: JsonValue } {
  if (claims === undefined) return {}
  if (typeof claims !== 'object' || claims === null || Array.isArray(claims)) {
    throw createError('ERR_ARG_TYPE', { argument: 'claims', expected: 'an object', found: kindOf(claims) })
  }
  // What would write other members than these cannot be checked here.
  if ('toJSON' in claims) {
    throw createError('ERR_ARG_VALUE', {
      argument: 'claims',
      expected: 'a plain object',
      found: 'a toJSON of its own',
    })
  }
  const reserved = Object.keys(claims).find((name) => RESERVED.includes(name))
  if (reserved === undefined) return claims
  throw createError('ERR_ARG_VALUE', {
    argument: 'claims',
    expected: 'claims of your own',
    found: `the reserved claim ${reserved}`,
  })
}

// A lone surrogate would make a token that no strict reader reads.
function isName(text: string, minimum: number, maximum: number): boolean {
  return text.length >= minimum && text.length <= maximum && text.isWellFormed()
}

function encodeJson(value: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value))
}

// Claims from outside: nothing is dropped or changed in silence, and the strict reader of every verifier can read it
// (nesting, number of members, surrogates).
function encodeOwnClaims(claims: unknown): Uint8Array {
  try {
    const payload = new TextEncoder().encode(JSON.stringify(claims, onlyJson))
    parseJsonObject(payload, 'payload')
    return payload
  } catch (error) {
    if (isPkiError(error) && error.code === 'ERR_ARG_VALUE') throw error
    throw createError('ERR_ARG_VALUE', {
      argument: 'claims',
      expected: 'JSON that verifiers read',
      found: messageOf(error),
    })
  }
}

// JSON.stringify would drop some values in silence, write others as null, and maps as empty objects.
function onlyJson(name: string, value: unknown): unknown {
  if (isJson(value)) return value
  const found = typeof value === 'number' ? String(value) : kindOf(value)
  throw createError('ERR_ARG_VALUE', { argument: `claims: ${name}`, expected: 'a JSON value', found })
}

function isJson(value: unknown): boolean {
  switch (typeof value) {
    case 'number':
      return Number.isFinite(value)
    case 'string':
    case 'boolean':
      return true
    case 'object': {
      if (value === null || Array.isArray(value)) return true
      const prototype: unknown = Object.getPrototypeOf(value)
      return prototype === null || prototype === Object.prototype
    }
    default:
      return false
  }
}
