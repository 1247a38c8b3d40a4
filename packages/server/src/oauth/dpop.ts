// Server: DPoP proofs (RFC 9449 §4.3) at the token endpoint. First everything that costs nothing, so that a client whose
// proof lacks a nonce hears of it before anybody works; the signature last, for a holder who was let in otherwise.

import { constants, type KeyObject, verify } from 'node:crypto'
import { ServiceError, type ServiceErrorOptions } from '../service-error.ts'
import type { OneTimeUse } from '../stores/contract.ts'
import { decodeBase64url, oneTimeKeyOf, parseJsonObject } from './bytes.ts'
import type { ChallengeState } from './challenge.ts'
import { normaliseTarget } from './htu.ts'
import { type DpopAlgorithm, isDpopAlgorithm, parsePublicJwk } from './jwk.ts'

/** What a proof is compared with. */
export interface DpopExpectation {
  readonly method: string
  /** The configured URL of the endpoint, normalised by {@link normaliseTarget}; never out of a header. */
  readonly target: string
  /** Seconds since 1970 UTC. */
  readonly now: number
  /** Whether a proof without a nonce is refused. */
  readonly nonce: 'required' | 'optional'
  readonly judgeNonce: (nonce: string) => ChallengeState
  /** A fresh nonce, for a client that needs one. */
  readonly freshNonce: () => string
}

/** A proof whose content is right; **its signature has not been checked**. */
export interface UnverifiedProof {
  readonly jkt: string
  readonly key: KeyObject
  readonly algorithm: DpopAlgorithm
  readonly signingInput: Buffer
  readonly signature: Buffer
  /** Its one use: RFC 9449 §11.1. */
  readonly use: OneTimeUse
}

/**
 * Reads a proof and checks all of it but the signature ({@link verifyDpopSignature}) and that it is used once, which the
 * store decides on its `use`.
 *
 * @param header the value of the header `DPoP`; several headers are one value with commas, which is no JWS
 * @throws {ServiceError} ERR_OAUTH_DPOP for whatever is wrong, ERR_OAUTH_DPOP_NONCE with a fresh nonce where the proof has
 *   none, or one that is not good any more
 * @see RFC 9449 §4.3
 */
export function parseDpopProof(header: string, expected: DpopExpectation): UnverifiedProof {
  if (header.length > MAX_PROOF_CHARACTERS)
    throw proofRefused(`longer than ${MAX_PROOF_CHARACTERS} characters`)
  const [head = '', payload = '', tail = '', ...more] = header.split('.')
  const [headBytes, payloadBytes, signature] = [head, payload, tail].map(decodeBase64url)
  // RFC 9449 §4.3 (1), (2)
  if (more.length > 0 || head === '' || payload === '' || tail === '')
    throw proofRefused('not one compact JWS')
  if (headBytes === undefined || payloadBytes === undefined || signature === undefined)
    throw proofRefused('not base64url')
  const { algorithm, key, jkt } = parseHeader(headBytes)
  const { jti, issuedAt } = parsePayload(payloadBytes, expected)
  return {
    jkt,
    key,
    algorithm,
    signingInput: Buffer.from(`${head}.${payload}`, 'latin1'),
    signature,
    use: {
      key: oneTimeKeyOf('dpop', jkt, expected.target, jti),
      issuedAt: Math.floor(issuedAt),
      // From then on the proof is refused for its age; one second for what the clock has behind the point.
      keepUntil: Math.ceil(issuedAt) + MAX_AGE_SECONDS + 1,
    },
  }
}

/**
 * Refuses a proof that the key in its header did not sign.
 *
 * @throws {ServiceError} ERR_OAUTH_DPOP
 */
export function verifyDpopSignature({ algorithm, key, signingInput, signature }: UnverifiedProof): void {
  if (!isSignedBy(key, algorithm, signingInput, signature))
    throw proofRefused('the signature does not verify')
}

/** A refusal of a proof. The sentence is for the caller too: all that it speaks of is the caller's own. */
export function proofRefused(
  problem: string,
  options: Pick<ServiceErrorOptions, 'headers'> = {},
): ServiceError {
  return new ServiceError('ERR_OAUTH_DPOP', `the DPoP proof is refused: ${problem}`, {
    details: { problem },
    publicDetail: problem,
    ...options,
  })
}

// LIMIT: with a 4096-bit RSA key, a long URL and a nonce a proof has about 3,000.
const MAX_PROOF_CHARACTERS = 8_192
// LIMIT: RFC 9449 §11.1 asks for seconds or minutes; the same as the library lets an assertion be past its time or ahead.
const MAX_AGE_SECONDS = 60
const MAX_AHEAD_SECONDS = 5
// LIMIT: RFC 9449 §4.2 asks for 96 random bits, 16 characters of base64url, or a UUID; the library takes the same for jti.
const MIN_JTI_CHARACTERS = 16
const MAX_JTI_CHARACTERS = 128
const MAX_NUMERIC_DATE: number = 2 ** 40

function parseHeader(bytes: Uint8Array): {
  readonly algorithm: DpopAlgorithm
  readonly key: KeyObject
  readonly jkt: string
} {
  const header = parseJsonObject(bytes)
  if (header === undefined) throw proofRefused('the header is no JSON object')
  // (4)
  if (header['typ'] !== 'dpop+jwt') throw proofRefused('typ is not dpop+jwt')
  // RFC 7515 §4.1.11: what is critical is not understood here.
  if (Object.hasOwn(header, 'crit')) throw proofRefused('crit is not supported')
  // (5)
  const algorithm = header['alg']
  if (!isDpopAlgorithm(algorithm)) throw proofRefused('alg is none of dpop_signing_alg_values_supported')
  const sent = parsePublicJwk(header['jwk'], algorithm)
  if (typeof sent === 'string') throw proofRefused(sent)
  return { algorithm, ...sent }
}

function parsePayload(
  bytes: Uint8Array,
  expected: DpopExpectation,
): { readonly jti: string; readonly issuedAt: number } {
  const claims = parseJsonObject(bytes)
  if (claims === undefined) throw proofRefused('the payload is no JSON object')
  const { jti, htm, htu, iat, nonce, exp, nbf } = claims
  // (3)
  if (typeof jti !== 'string' || jti.length < MIN_JTI_CHARACTERS || jti.length > MAX_JTI_CHARACTERS)
    throw proofRefused(`jti is not of ${MIN_JTI_CHARACTERS} to ${MAX_JTI_CHARACTERS} characters`)
  if (!jti.isWellFormed()) throw proofRefused('jti is no text')
  // (8), (9)
  if (htm !== expected.method) throw proofRefused('htm is not the method of the request')
  if (typeof htu !== 'string' || normaliseTarget(htu) !== expected.target)
    throw proofRefused('htu is not the URL of this endpoint')
  // (10)
  checkNonce(nonce, expected)
  // (11)
  const { now } = expected
  if (!isDate(iat)) throw proofRefused('iat is no time')
  if (iat < now - MAX_AGE_SECONDS) throw proofRefused(`iat is older than ${MAX_AGE_SECONDS} seconds`)
  if (iat > now + MAX_AHEAD_SECONDS) throw proofRefused(`iat is more than ${MAX_AHEAD_SECONDS} seconds ahead`)
  // RFC 7519 §4.1.4, §4.1.5: a proof needs neither, but what it says of itself counts.
  if (exp !== undefined && !(isDate(exp) && now < exp)) throw proofRefused('exp has passed')
  if (nbf !== undefined && !(isDate(nbf) && nbf <= now + MAX_AHEAD_SECONDS))
    throw proofRefused('nbf lies ahead')
  return { jti, issuedAt: iat }
}

function isDate(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value <= MAX_NUMERIC_DATE
}

// RFC 9449 §8: one that is given is checked, also where none is needed.
function checkNonce(nonce: unknown, { nonce: stance, judgeNonce, freshNonce }: DpopExpectation): void {
  if (nonce === undefined && stance === 'optional') return
  if (nonce !== undefined && typeof nonce !== 'string') throw proofRefused('nonce is no text')
  const state = nonce === undefined ? 'missing' : judgeNonce(nonce)
  if (state === 'good') return
  throw new ServiceError('ERR_OAUTH_DPOP_NONCE', 'the DPoP proof has no nonce that is good', {
    details: { expected: 'a nonce of this service', found: state },
    headers: { 'DPoP-Nonce': freshNonce() },
  })
}

function isSignedBy(key: KeyObject, algorithm: DpopAlgorithm, data: Buffer, signature: Buffer): boolean {
  switch (algorithm) {
    // RFC 7518 §3.4: R and S behind each other, of fixed length; OpenSSL refuses any other length.
    case 'ES256':
      return verify('sha256', data, { key, dsaEncoding: 'ieee-p1363' }, signature)
    case 'ES384':
      return verify('sha384', data, { key, dsaEncoding: 'ieee-p1363' }, signature)
    case 'Ed25519':
    case 'EdDSA':
      return verify(null, data, key, signature)
    case 'PS256':
      // RFC 7518 §3.5: the salt is as long as the hash.
      return verify(
        'sha256',
        data,
        { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 },
        signature,
      )
    case 'RS256':
      return verify('sha256', data, { key, padding: constants.RSA_PKCS1_PADDING }, signature)
  }
}
