// Layer: token. Signing: a token for one audience, from a credential whose key was shown to fit its certificate.

import { asciiOf, writeAscii } from '../bytes/ascii.ts'
import { encodeBase64, encodeBase64url, encodeBase64urlInto } from '../bytes/base64.ts'
import { createError } from '../errors/errors.ts'
import { checkOptionKeys, kindOf, validDate, wholeNumber } from '../errors/options.ts'
import type { Credential } from '../keys/credential.ts'
import { formatName } from '../x509/name.ts'
import { type OwnClaims, writeOwnClaims } from './own-claims.ts'
import { AUTH_PROFILE } from './profile.ts'
import { randomTokenId } from './token-id.ts'

/** What {@link signToken} takes. */
export interface SignTokenOptions {
  /** Whom the token is for, letter for letter as the verifier names itself. Required. */
  readonly audience: string
  /** The signer's own claims; names that the format defines are refused. */
  readonly claims?: OwnClaims
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
  const signer = signerOf(credential)
  checkValidity(signer, at)
  const payload = encoder.encode(writeClaims(signer, options, at))
  const bytes = new Uint8Array(signer.header.length + 1 + Math.ceil((payload.length * 4) / 3))
  bytes.set(signer.headerBytes, 0)
  bytes[signer.header.length] = DOT
  encodeBase64urlInto(payload, bytes, signer.header.length + 1)
  const answer = credential.sign(bytes)
  const signature = answer instanceof Promise ? await answer : answer
  return `${signer.header}.${asciiOf(bytes.subarray(signer.header.length + 1))}.${encodeBase64url(signature)}`
}

const OPTION_KEYS = ['audience', 'claims', 'lifetimeSeconds', 'at', 'jti'] as const
const DOT = 0x2e
const encoder = new TextEncoder()
const DEFAULT_LIFETIME = { default: 300, minimum: 1, maximum: 86_400 } as const
// iss, sub, aud, iat, exp, jti
const REGISTERED_CLAIMS = 6

// What all tokens of a credential have in common: the header is the larger part of a token and never changes.
interface Signer {
  readonly credential: Credential
  readonly header: string
  readonly headerBytes: Uint8Array
  /** The members iss and sub as JSON. */
  readonly names: string
  /** Milliseconds since 1970 UTC. */
  readonly validFrom: number
  readonly validUntil: number
}

const signers: WeakMap<Credential, Signer> = new WeakMap()

function signerOf(credential: Credential): Signer {
  const known = signers.get(credential)
  if (known !== undefined) return known
  const [leaf] = credential.certificates
  const x5c = credential.certificates.map((certificate) => encodeBase64(certificate.der))
  const json = JSON.stringify({ alg: credential.algorithm, typ: AUTH_PROFILE.typ, x5c })
  const header = encodeBase64url(encoder.encode(json))
  const headerBytes = new Uint8Array(header.length)
  writeAscii(header, headerBytes)
  const subject = JSON.stringify(credential.subject)
  const signer: Signer = {
    credential,
    header,
    headerBytes,
    names: `"iss":${subject},"sub":${subject}`,
    validFrom: leaf.notBefore.getTime(),
    validUntil: leaf.notAfter.getTime(),
  }
  signers.set(credential, signer)
  return signer
}

function checkValidity({ credential, validFrom, validUntil }: Signer, at: Date): void {
  if (at.getTime() >= validFrom && at.getTime() <= validUntil) return
  throw createError('ERR_CREDENTIAL_EXPIRED', {
    subject: formatName(credential.certificates[0].subject),
    notBefore: new Date(validFrom).toISOString(),
    notAfter: new Date(validUntil).toISOString(),
    at: at.toISOString(),
  })
}

function writeClaims({ names }: Signer, options: SignTokenOptions, at: Date): string {
  // The fraction lets a verifier compare iat exactly with the instant at which its memory of used tokens began.
  const issuedAt = at.getTime() / 1000
  const lifetime = wholeNumber('lifetimeSeconds', options.lifetimeSeconds, DEFAULT_LIFETIME)
  const own = writeOwnClaims(options.claims, REGISTERED_CLAIMS)
  const audience = JSON.stringify(readAudience(options.audience))
  const dates = `"iat":${issuedAt},"exp":${Math.floor(issuedAt) + lifetime}`
  const first = own === '{}' ? '{' : `${own.slice(0, -1)},`
  return `${first}${names},"aud":${audience},${dates},"jti":${JSON.stringify(readTokenId(options.jti))}}`
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
  if (jti === undefined) return randomTokenId()
  if (typeof jti === 'string' && isName(jti, 16, 128)) return jti
  throw createError('ERR_ARG_VALUE', {
    argument: 'jti',
    expected: 'text of 16 to 128 characters',
    found: kindOf(jti),
  })
}

// A lone surrogate would make a token that no strict reader reads.
function isName(text: string, minimum: number, maximum: number): boolean {
  return text.length >= minimum && text.length <= maximum && text.isWellFormed()
}
