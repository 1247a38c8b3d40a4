// Layer: token. Signing: a token for one audience, from a credential whose key was shown to fit its certificate.

import { platform } from '#platform'
import { asciiOf, writeAscii } from '../bytes/ascii.ts'
import { encodeBase64, encodeBase64url, encodeBase64urlInto } from '../bytes/base64.ts'
import { createError } from '../errors/errors.ts'
import { checkOptionKeys, choice, kindOf, validDate, wholeNumber } from '../errors/options.ts'
import type { Credential } from '../keys/credential.ts'
import { formatName } from '../x509/name.ts'
import { type Binding, bindingOf, type ExpectedBinding, type RequestBinding, UNBOUND } from './binding.ts'
import { CLIENT_ID_FORM, isClientId } from './claims.ts'
import { NO_STAPLES, type Staples } from './header.ts'
import { type OwnClaims, writeOwnClaims } from './own-claims.ts'
import {
  AUTH_PROFILE,
  CLIENT_PROFILE,
  GRANT_PROFILE,
  PROOF_PROFILE,
  type Profile,
  type ProfileName,
} from './profile.ts'
import { staplesFor } from './staple.ts'
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
  /** The instant before which the token is not valid, before it expires; default none (the token is valid at once). */
  readonly notBefore?: Date
  /** Unique name of this token, 16 to 128 characters; default 128 random bits. */
  readonly jti?: string
  /**
   * How the token says which certificate signed it: `'x5c'` (default) carries the chain; `'x5t#S256'` names the
   * certificate by its SHA-256, for verifiers that know the chain already; `'both'`.
   */
  readonly certificateBy?: 'x5c' | 'x5t#S256' | 'both'
  /**
   * Whether the token carries fresh OCSP responses about the signer's certificates, for verifiers that would otherwise
   * have to ask: `'require'` refuses to sign without one about the signer itself, `'prefer'` signs all the same. They
   * come from the credential's `stapleFrom`, are kept as long as verifiers take them (an hour from thisUpdate), and
   * are fetched anew in the background before that. Default: none.
   */
  readonly staple?: 'require' | 'prefer'
  /** The verifier's challenge that the token answers (claim `nonce`). */
  readonly challenge?: string
  /** The request that the token is for (claims `htm`, `htu`, and `digest` where its content is given). */
  readonly request?: RequestBinding
}

/** What {@link signProof} takes. */
export interface SignProofOptions extends SignTokenOptions {
  /** The request that the proof is for. Required. */
  readonly request: RequestBinding
  /** The access token that the proof stands beside (claim `ath`). Required. It is hashed and not kept. */
  readonly accessToken: string
}

/** What {@link signAuthorizationGrant} takes. */
export interface SignAuthorizationGrantOptions extends Omit<SignTokenOptions, 'request'> {
  /** The authorization server's issuer identifier, letter for letter as its metadata gives it. Required. */
  readonly audience: string
}

/** What {@link signClientAuthentication} takes. */
export interface SignClientAuthenticationOptions extends SignAuthorizationGrantOptions {
  /** The client's identifier at that server (iss and sub), 1 to 2,048 printable ASCII characters. Required. */
  readonly clientId: string
}

/**
 * Returns a signed token (compact JWS, docs/token-format.md) that lives for `lifetimeSeconds`.
 *
 * **Not checked: whether anybody trusts the certificate.**
 *
 * @throws {CredentialError} ERR_CREDENTIAL_EXPIRED where the certificate is not valid at `at`
 * @throws {RevocationError} ERR_REVOCATION_* with `staple: 'require'`: why there is no response to carry
 * @throws {ArgumentError} ERR_ARG_*
 */
export function signToken(credential: Credential, options: SignTokenOptions): Promise<string> {
  return sign(credential, AUTH_PROFILE, options, SIGN_TOKEN)
}

/**
 * Returns a signed proof (`cert-proof+jwt`) of possession of the certificate's key, for one request with one access
 * token; it is sent beside the access token, in the header `Ingam-Proof`.
 *
 * **Not checked: whether the access token is bound to this certificate.** That is for whoever verifies both.
 *
 * @throws {CredentialError} ERR_CREDENTIAL_EXPIRED where the certificate is not valid at `at`
 * @throws {RevocationError} ERR_REVOCATION_* with `staple: 'require'`: why there is no response to carry
 * @throws {ArgumentError} ERR_ARG_*
 */
export function signProof(credential: Credential, options: SignProofOptions): Promise<string> {
  return sign(credential, PROOF_PROFILE, options, SIGN_PROOF)
}

/**
 * Returns a signed assertion (`authorization-grant+jwt`) by which the holder asks an authorization server for an access
 * token in its own name: the `assertion` of the grant type `urn:ietf:params:oauth:grant-type:jwt-bearer`.
 *
 * **Not checked: whether anybody trusts the certificate, and whether the server grants its holder anything.**
 *
 * @throws {CredentialError} ERR_CREDENTIAL_EXPIRED where the certificate is not valid at `at`
 * @throws {RevocationError} ERR_REVOCATION_* with `staple: 'require'`: why there is no response to carry
 * @throws {ArgumentError} ERR_ARG_*
 * @see RFC 7523 §2.1, draft-ietf-oauth-rfc7523bis
 */
export function signAuthorizationGrant(
  credential: Credential,
  options: SignAuthorizationGrantOptions,
): Promise<string> {
  return sign(credential, GRANT_PROFILE, options, SIGN_GRANT)
}

/**
 * Returns a signed assertion (`client-authentication+jwt`) by which a client authenticates to an authorization server:
 * the `client_assertion` of the type `urn:ietf:params:oauth:client-assertion-type:jwt-bearer`.
 *
 * **Not checked: whether anybody trusts the certificate, and whether the server knows it as this client's.**
 *
 * @throws {CredentialError} ERR_CREDENTIAL_EXPIRED where the certificate is not valid at `at`
 * @throws {RevocationError} ERR_REVOCATION_* with `staple: 'require'`: why there is no response to carry
 * @throws {ArgumentError} ERR_ARG_*
 * @see RFC 7523 §2.2, draft-ietf-oauth-rfc7523bis
 */
export function signClientAuthentication(
  credential: Credential,
  options: SignClientAuthenticationOptions,
): Promise<string> {
  return sign(credential, CLIENT_PROFILE, options, SIGN_CLIENT)
}

/** What {@link sign} takes; a pinned token has no audience. */
export interface SignOptions extends Omit<SignTokenOptions, 'audience'> {
  readonly audience?: string
  readonly accessToken?: string
  readonly clientId?: string
}

/** By what name the caller knows its options, and which there are. */
export interface OptionNames {
  readonly argument: string
  readonly known: readonly string[]
}

/** Signs a token of any profile. */
export async function sign(
  credential: Credential,
  profile: Profile,
  options: SignOptions,
  names: OptionNames,
): Promise<string> {
  checkOptionKeys(names.argument, options, names.known)
  const at = options.at === undefined ? new Date() : validDate('at', options.at)
  const certificateBy = choice('certificateBy', options.certificateBy, ['x5c', 'x5t#S256', 'both'])
  const staples =
    options.staple === undefined ? NO_STAPLES : await readStaples(credential, options.staple, at)
  const signer =
    signers[profile.name][certificateBy].get(staples === NO_STAPLES ? credential : staples) ??
    (await createSigner(credential, profile, certificateBy, staples))
  checkValidity(signer, at)
  const binding = isBound(profile, options)
    ? await bindingOf('options', expectedOf(options), profile, [])
    : UNBOUND
  const payload = encoder.encode(writeClaims(signer, options, binding, at))
  const bytes = new Uint8Array(signer.header.length + 1 + Math.ceil((payload.length * 4) / 3))
  bytes.set(signer.headerBytes, 0)
  bytes[signer.header.length] = DOT
  encodeBase64urlInto(payload, bytes, signer.header.length + 1)
  const answer = credential.sign(bytes)
  const signature = answer instanceof Promise ? await answer : answer
  return `${signer.header}.${asciiOf(bytes.subarray(signer.header.length + 1))}.${encodeBase64url(signature)}`
}

const ASSERTION_KEYS = [
  'audience',
  'claims',
  'lifetimeSeconds',
  'at',
  'notBefore',
  'jti',
  'certificateBy',
  'challenge',
  'staple',
] as const
const OPTION_KEYS = [...ASSERTION_KEYS, 'request'] as const
const SIGN_TOKEN: OptionNames = { argument: 'signToken options', known: OPTION_KEYS }
const SIGN_PROOF: OptionNames = { argument: 'signProof options', known: [...OPTION_KEYS, 'accessToken'] }
const SIGN_GRANT: OptionNames = { argument: 'signAuthorizationGrant options', known: ASSERTION_KEYS }
const SIGN_CLIENT: OptionNames = {
  argument: 'signClientAuthentication options',
  known: [...ASSERTION_KEYS, 'clientId'],
}
const DOT = 0x2e
const encoder = new TextEncoder()
const DEFAULT_LIFETIME = { default: 300, minimum: 1, maximum: 86_400 } as const
// iss, sub, iat, exp, jti
const REGISTERED_CLAIMS = 5

// What all tokens of a credential have in common: the header is the larger part of a token and never changes.
interface Signer {
  readonly credential: Credential
  readonly profile: Profile
  readonly header: string
  readonly headerBytes: Uint8Array
  /** The members iss and sub as JSON, where they name the certificate's subject. */
  readonly names: string
  /** Milliseconds since 1970 UTC. */
  readonly validFrom: number
  readonly validUntil: number
}

type CertificateBy = NonNullable<SignTokenOptions['certificateBy']>

// By what a header depends on besides the credential, or the responses that it carries, which are one credential's.
type SignersByHeader = Readonly<Record<CertificateBy, WeakMap<Credential | Staples, Signer>>>
const signers: Readonly<Record<ProfileName, SignersByHeader>> = {
  auth: signersByHeader(),
  proof: signersByHeader(),
  pinned: signersByHeader(),
  'authorization-grant': signersByHeader(),
  'client-authentication': signersByHeader(),
  'legacy-client-authentication': signersByHeader(),
}

function signersByHeader(): SignersByHeader {
  return { x5c: new WeakMap(), 'x5t#S256': new WeakMap(), both: new WeakMap() }
}

async function createSigner(
  credential: Credential,
  profile: Profile,
  certificateBy: CertificateBy,
  staples: Staples,
): Promise<Signer> {
  const { certificates, algorithm } = credential
  const [leaf] = certificates
  const members: Record<string, unknown> = { alg: algorithm, typ: profile.typ }
  if (certificateBy !== 'x5c') members['x5t#S256'] = encodeBase64url(await platform.sha256(leaf.der))
  if (certificateBy !== 'x5t#S256') members['x5c'] = certificates.map(({ der }) => encodeBase64(der))
  if (staples !== NO_STAPLES) members['ocsp'] = staples
  const header = encodeBase64url(encoder.encode(JSON.stringify(members)))
  const headerBytes = new Uint8Array(header.length)
  writeAscii(header, headerBytes)
  const signer: Signer = {
    credential,
    profile,
    header,
    headerBytes,
    names: namesOf(credential.subject),
    validFrom: leaf.notBefore.getTime(),
    validUntil: leaf.notAfter.getTime(),
  }
  signers[profile.name][certificateBy].set(staples === NO_STAPLES ? credential : staples, signer)
  return signer
}

async function readStaples(credential: Credential, mode: unknown, at: Date): Promise<Staples> {
  if (mode === 'require' || mode === 'prefer') return await staplesFor(credential, mode, at)
  const found = typeof mode === 'string' ? mode : kindOf(mode)
  throw createError('ERR_ARG_VALUE', { argument: 'staple', expected: "'require' or 'prefer'", found })
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

function isBound(profile: Profile, { challenge, request, accessToken }: SignOptions): boolean {
  return (
    profile.bound.length > 0 || challenge !== undefined || request !== undefined || accessToken !== undefined
  )
}

function expectedOf({ challenge, request, accessToken }: SignOptions): ExpectedBinding {
  return {
    ...(challenge !== undefined && { challenge }),
    ...(request !== undefined && { request }),
    ...(accessToken !== undefined && { accessToken }),
  }
}

function writeClaims(signer: Signer, options: SignOptions, binding: Binding, at: Date): string {
  const { profile } = signer
  // INVARIANT: one credential may stand for several clients, so that nothing kept with it holds a client's name.
  const names =
    profile.subject === 'client identifier' ? namesOf(readClientId(options.clientId)) : signer.names
  // The fraction lets a verifier compare iat exactly with the instant at which its memory of used tokens began.
  const issuedAt = at.getTime() / 1000
  const lifetime = wholeNumber('lifetimeSeconds', options.lifetimeSeconds, DEFAULT_LIFETIME)
  const expiresAt = Math.floor(issuedAt) + lifetime
  const hasAudience = profile.audience === 'required'
  const further = (hasAudience ? 1 : 0) + (options.notBefore === undefined ? 0 : 1) + binding.size
  const own = writeOwnClaims(options.claims, REGISTERED_CLAIMS + further)
  const audience = hasAudience ? `"aud":${JSON.stringify(readAudience(options.audience))},` : ''
  const notBefore = options.notBefore === undefined ? '' : writeNotBefore(options.notBefore, expiresAt)
  const dates = `"iat":${issuedAt},"exp":${expiresAt}${notBefore}`
  const first = own === '{}' ? '{' : `${own.slice(0, -1)},`
  const bound = binding === UNBOUND ? '' : writeBinding(binding)
  return `${first}${names},${audience}${dates}${bound},"jti":${JSON.stringify(readTokenId(options.jti))}}`
}

function namesOf(subject: string): string {
  const text = JSON.stringify(subject)
  return `"iss":${text},"sub":${text}`
}

function readClientId(clientId: unknown): string {
  const argument = 'clientId'
  if (clientId === undefined) {
    const expected = "the client's identifier at the authorization server"
    throw createError('ERR_ARG_REQUIRED', { argument, expected })
  }
  if (typeof clientId === 'string' && isClientId(clientId)) return clientId
  const found = typeof clientId === 'string' ? `${clientId.length} characters` : kindOf(clientId)
  throw createError('ERR_ARG_VALUE', { argument, expected: CLIENT_ID_FORM, found })
}

function writeNotBefore(given: unknown, expiresAt: number): string {
  const notBefore = validDate('notBefore', given)
  const seconds = notBefore.getTime() / 1000
  if (seconds >= 0 && seconds < expiresAt) return `,"nbf":${seconds}`
  throw createError('ERR_ARG_VALUE', {
    argument: 'notBefore',
    expected: `an instant before the token expires at ${new Date(expiresAt * 1000).toISOString()}`,
    found: notBefore.toISOString(),
  })
}

function writeBinding(binding: Binding): string {
  return Array.from(binding, ([claim, value]) => `,"${claim}":${JSON.stringify(value)}`).join('')
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
