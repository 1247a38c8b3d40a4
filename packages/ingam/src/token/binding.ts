// Layer: token. What a token is bound to: a challenge (nonce), a request (htm, htu, digest), an access token (ath). One
// function makes the claims; the signer writes them, the verifier demands them letter for letter. A binding that
// nobody asked to check is refused, because whoever wrote it counts on its being checked.

import { platform } from '#platform'
import { encodeBase64, encodeBase64url } from '../bytes/base64.ts'
import { createError } from '../errors/errors.ts'
import { checkOptionKeys, kindOf } from '../errors/options.ts'
import type { JsonObject, JsonValue } from './json.ts'
import type { Profile } from './profile.ts'

/** The request that a token is for. */
export interface RequestBinding {
  /** The method as it is sent, such as `POST`; methods differ by case (RFC 9110 §9.1). */
  readonly method: string
  /**
   * The target URI with its query and without a fragment (RFC 9110 §7.1), written as the URL Standard serialises it.
   * A server builds it from its configured origin, never from a header of the request.
   */
  readonly targetUri: string
  /** The content's bytes, where the token is bound to them too; empty bytes for no content. */
  readonly content?: Uint8Array
}

/** What a verifier demands of one token. What stands here must be in the token; what does not must not. */
export interface ExpectedBinding {
  /** The challenge that this verifier gave out (claim `nonce`); 1 to 512 characters. Its freshness is the caller's. */
  readonly challenge?: string
  /** The request that brought the token (claims `htm`, `htu`, and `digest` where its content is given). */
  readonly request?: RequestBinding
  /** The access token that came beside it (claim `ath`); proofs alone, which require it. */
  readonly accessToken?: string
}

/** Claims that bind a token (docs/token-format.md). */
export const BINDING_CLAIMS = ['nonce', 'htm', 'htu', 'digest', 'ath'] as const
/** The name of a claim that binds a token. */
export type BindingClaim = (typeof BINDING_CLAIMS)[number]

/** The claims that bind a token, by name, with the one value that each must have. */
export type Binding = ReadonlyMap<BindingClaim, string>

/** No binding. */
export const UNBOUND: Binding = new Map()

/** No claims; shared, because nearly every token has none. */
export const NO_CLAIMS: readonly BindingClaim[] = Object.freeze([])

/**
 * The claims that bind a token to what is expected; ERR_ARG_REQUIRED where the profile or the verifier requires a
 * binding that is not there, other ERR_ARG_* where it is malformed.
 *
 * @param required what must be expected beyond the profile's own
 */
export async function bindingOf(
  argument: string,
  expected: ExpectedBinding | undefined,
  profile: Profile,
  required: readonly (keyof ExpectedBinding)[],
): Promise<Binding> {
  const given = readExpected(argument, expected, profile)
  for (const name of [...profile.bound, ...required]) {
    if (given[name] === undefined)
      throw createError('ERR_ARG_REQUIRED', { argument: `${argument}: ${name}`, expected: WANTED[name] })
  }
  const binding = new Map<BindingClaim, string>()
  if (given.challenge !== undefined) binding.set('nonce', checkChallenge(given.challenge))
  if (given.request !== undefined) {
    const { method, targetUri, content } = checkRequest(given.request)
    binding.set('htm', method)
    binding.set('htu', targetUri)
    if (content !== undefined) binding.set('digest', await digestOf(content))
  }
  if (given.accessToken !== undefined) binding.set('ath', await accessTokenHash(given.accessToken))
  return binding
}

/** Demands what is expected, refuses what is not; the names of bindings that were found and not asked for. */
export function checkBinding(
  claims: JsonObject,
  binding: Binding,
  unexpected: 'refuse' | 'report',
): readonly BindingClaim[] {
  for (const [claim, expected] of binding) {
    const found = Object.hasOwn(claims, claim) ? claims[claim] : undefined
    if (found === expected) continue
    throw found === undefined
      ? createError('ERR_TOKEN_BINDING_MISSING', { claim })
      : createError('ERR_TOKEN_BINDING_MISMATCH', { claim, ...describeMismatch(claim, expected, found) })
  }
  if (!BINDING_CLAIMS.some((claim) => Object.hasOwn(claims, claim) && !binding.has(claim))) return NO_CLAIMS
  const present = BINDING_CLAIMS.filter((claim) => Object.hasOwn(claims, claim) && !binding.has(claim))
  if (unexpected === 'refuse') throw createError('ERR_TOKEN_BINDING', { claims: present })
  return present
}

/** Whether the text is a method (RFC 9110 §9.1: a token); LIMIT: the longest one registered has 17 characters. */
export function isMethod(text: string): boolean {
  return /^[!#$%&'*+.^_`|~\w-]{1,32}$/u.test(text)
}

/** Whether the text is an absolute http or https URI, without fragment and user, as the URL Standard serialises it. */
export function isTargetUri(text: string): boolean {
  if (text.length > MAX_TARGET_CHARACTERS || !/^https?:\/\//u.test(text) || text.includes('#')) return false
  const url = URL.canParse(text) ? new URL(text) : undefined
  return url !== undefined && url.href === text && url.username === '' && url.password === ''
}

// LIMIT: RFC 9110 §4.1 asks for 8,000 octets at least; a longer one leaves a token no room for its chain.
export const MAX_TARGET_CHARACTERS = 8_000
// LIMIT: a nonce made of 128 random bits, or of a time and a MAC over it, has 22 to 100.
const MAX_CHALLENGE_CHARACTERS = 512
// LIMIT: an access token travels in a header beside the proof; servers take 8 to 64 KiB of headers in all.
const MAX_ACCESS_TOKEN_CHARACTERS = 65_536

// Each property is read once: a getter or a proxy has no second chance to say something else.
function readExpected(
  argument: string,
  expected: ExpectedBinding | undefined,
  { bound, bindable }: Profile,
): ExpectedBinding {
  if (expected === undefined) return {}
  checkOptionKeys(argument, expected, [...bound, ...bindable])
  const given = { ...expected }
  // A challenge that has expired and was not found is no leave to answer none.
  for (const name of [...bound, ...bindable]) {
    if (Object.hasOwn(given, name) && given[name] === undefined)
      throw createError('ERR_ARG_REQUIRED', { argument: `${argument}: ${name}`, expected: WANTED[name] })
  }
  return given
}

const WANTED: Readonly<Record<keyof ExpectedBinding, string>> = {
  challenge: 'the challenge that the token answers',
  request: 'method and target URI of the request',
  accessToken: 'the access token that the proof stands beside',
}

function checkChallenge(challenge: unknown): string {
  // RFC 9449 §8: NQCHAR, which passes through headers and JSON unchanged.
  if (
    typeof challenge === 'string' &&
    challenge.length <= MAX_CHALLENGE_CHARACTERS &&
    /^[\x21\x23-\x5b\x5d-\x7e]+$/u.test(challenge)
  )
    return challenge
  const expected = `1 to ${MAX_CHALLENGE_CHARACTERS} printable ASCII characters without space, " and \\`
  throw wrong('challenge', expected, shapeOf(challenge))
}

function checkRequest(request: RequestBinding): RequestBinding {
  checkOptionKeys('request', request, ['method', 'targetUri', 'content'])
  const { method, targetUri, content } = request
  if (typeof method !== 'string' || !isMethod(method))
    throw wrong('request: method', 'a method of HTTP', shapeOf(method))
  if (typeof targetUri !== 'string' || !isTargetUri(targetUri)) {
    const expected = 'an absolute http or https URI as new URL(…).href writes it, without fragment and user'
    throw wrong('request: targetUri', expected, shapeOf(targetUri))
  }
  // Only where the name is left out is a token not to be bound to the content.
  if ('content' in request && !(content instanceof Uint8Array))
    throw wrong('request: content', 'bytes (Uint8Array)', shapeOf(content))
  // What was checked, not what a getter would say next.
  return content === undefined ? { method, targetUri } : { method, targetUri, content }
}

// RFC 9530 §2: a dictionary with one member, its value a byte sequence (RFC 8941 §3.3.5).
async function digestOf(content: Uint8Array): Promise<string> {
  return `sha-256=:${encodeBase64(await platform.sha256(content))}:`
}

// RFC 9449 §4.2: SHA-256 over the ASCII of the access token.
async function accessTokenHash(accessToken: unknown): Promise<string> {
  if (
    typeof accessToken !== 'string' ||
    accessToken.length > MAX_ACCESS_TOKEN_CHARACTERS ||
    !/^[\x21-\x7e]+$/u.test(accessToken)
  ) {
    const expected = `1 to ${MAX_ACCESS_TOKEN_CHARACTERS} printable ASCII characters without space`
    throw wrong('accessToken', expected, shapeOf(accessToken))
  }
  return encodeBase64url(await platform.sha256(new TextEncoder().encode(accessToken)))
}

interface Mismatch {
  readonly expected: string
  readonly found: string
}

// A challenge and an access token's hash belong into no message, and neither does a query.
function describeMismatch(claim: BindingClaim, expected: string, found: JsonValue): Mismatch {
  if (typeof found !== 'string') return { expected: 'text', found: kindOf(found) }
  switch (claim) {
    case 'nonce':
      return { expected: 'the challenge given out', found: 'another' }
    case 'ath':
      return { expected: 'the hash of the access token beside it', found: 'another' }
    case 'htu': {
      const [wanted, other] = [withoutQuery(expected), withoutQuery(found)]
      return { expected: wanted, found: wanted === other ? `${other} with another query` : other }
    }
    case 'htm':
    case 'digest':
      return { expected, found }
  }
}

function withoutQuery(uri: string): string {
  return uri.replace(/\?.*$/su, '?…')
}

function shapeOf(value: unknown): string {
  return typeof value === 'string' ? `text of ${value.length} characters that is none` : kindOf(value)
}

function wrong(argument: string, expected: string, found: string): Error {
  return createError('ERR_ARG_VALUE', { argument, expected, found })
}
