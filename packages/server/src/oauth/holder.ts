// Server: who holds a certificate, by an assertion or by the TLS handshake of this connection, and how the library's
// refusals become those of OAuth. What a caller reads is the same for all of them.

import {
  catalogue,
  checkClientCertificate,
  type Identity,
  identityOf,
  isCode,
  isPkiError,
  type ProfileName,
  type VerifiedToken,
  type Verifier,
} from 'ingam'
import { createTrustStore, type TrustStore, type VerifiedPath, verifyPath } from 'ingam/x509'
import type { CertificateFacts, CompiledPolicy } from '../policy/contract.ts'
import { factsOf } from '../policy/facts.ts'
import type { Exchange, Service } from '../service.ts'
import { ServiceError } from '../service-error.ts'
import type { OneTimeUse } from '../stores/contract.ts'
import type { Attempt } from './attempt.ts'
import { decodeBase64url, oneTimeKeyOf, parseJsonObject, thumbprintOf } from './bytes.ts'
import { challengeExpiry, judgeChallenge } from './challenge.ts'

/** Somebody whose certificate was verified, and whose possession of its key was proved in this request. */
export interface Holder {
  readonly facts: CertificateFacts
  /** Seconds since 1970 UTC: no certificate of the path is valid after it. */
  readonly validUntil: number
  /** What the assertion says; nothing for a handshake. */
  readonly assertion?: {
    /** Which kind it is, in the library's words. */
    readonly profile: ProfileName
    /** Its sub: a name that the certificate bears, or a client identifier. */
    readonly subject: string
    readonly audiences: readonly string[]
    /** Seconds since 1970 UTC, whole. */
    readonly issuedAt: number
    /** To be taken in the unit of work that acts on it. */
    readonly use: OneTimeUse
    /** Where it answers a challenge of this service: the challenge's one use, to be taken with it. */
    readonly challenge?: OneTimeUse
  }
}

/** What assertions are judged with. */
export interface AssertionQuestion {
  readonly service: Pick<Service, 'config' | 'keys'>
  readonly attempt: Attempt
  readonly at: Date
}

/** By which code a refusal of the library is answered. */
export type RefusedAs = 'ERR_OAUTH_GRANT' | 'ERR_OAUTH_CLIENT'

/**
 * Verifies an assertion. One that answers a challenge (claim `nonce`) must answer one that this service gave out and that
 * is still good.
 *
 * **Not checked: whether it or its challenge was used before**, which the store decides on `use` and `challenge`, **and for
 * a client's assertion whether its sub belongs to this certificate.**
 *
 * @throws {ServiceError} `refusedAs`, ERR_OAUTH_UNDECIDED, ERR_SERVICE_RATE_LIMITED
 */
export async function verifyAssertion(
  question: AssertionQuestion,
  verifiers: readonly Verifier[],
  text: string,
  refusedAs: RefusedAs,
): Promise<Holder> {
  const { attempt } = question
  const token = await verifyByKind(question, verifiers, text, refusedAs)
  attempt.prove(token.identity.thumbprint)
  const { claims, oneTimeEntry, path } = token
  const { sub, aud } = claims
  // INVARIANT: the library requires sub and aud, and these verifiers hand the one-time entry to their caller.
  if (typeof sub !== 'string' || oneTimeEntry === undefined)
    throw new TypeError('an assertion has sub and entry')
  const audiences = typeof aud === 'string' ? [aud] : Array.isArray(aud) ? aud.map(String) : []
  return {
    facts: knownFactsOf(path, token.identity),
    validUntil: Math.floor(path.validUntil.getTime() / 1000),
    assertion: {
      profile: token.profile,
      subject: sub,
      audiences,
      issuedAt: Math.floor(oneTimeEntry.issuedAt),
      // Whole seconds, in the direction of the no: kept longer, and older for the store's epoch.
      use: {
        key: oneTimeEntry.key,
        issuedAt: Math.floor(oneTimeEntry.issuedAt),
        keepUntil: Math.ceil(oneTimeEntry.keepUntil),
      },
      ...(token.checkedBindings.includes('nonce') && {
        challenge: useOfChallenge(question, claims['nonce']),
      }),
    },
  }
}

/**
 * Verifies the certificate that was shown in this connection's handshake, which proved the possession of its key
 * (RFC 8705 §2.1), as one of a client.
 *
 * @throws {ServiceError} ERR_OAUTH_CLIENT, ERR_OAUTH_UNDECIDED, ERR_SERVICE_RATE_LIMITED
 */
export async function verifyPeer(
  { policy, service, exchange, at }: PeerQuestion,
  attempt: Attempt,
): Promise<Holder> {
  const [leaf, ...intermediates] = exchange.peer.certificates ?? []
  if (leaf === undefined) throw clientRefused('no certificate was shown in the handshake')
  try {
    const path = await verifyPath({
      leaf,
      intermediates: intermediates.slice(0, MAX_INTERMEDIATES),
      trustAnchors: trustStoreOf(policy),
      at,
      purpose: 'clientAuth',
      revocation:
        policy.revocation === 'off' ? 'off' : { ...policy.revocation, sources: service.revocationSources },
    })
    const identity = await identityOf(path)
    attempt.prove(identity.thumbprint)
    await checkClientCertificate(path)
    return { facts: factsOf(path, identity), validUntil: Math.floor(path.validUntil.getTime() / 1000) }
  } catch (error) {
    // INVARIANT: the handshake proved the key, and a path's standing is asked for after its signatures have verified.
    if (isPkiError(error) && isStanding(error.code)) {
      attempt.note({ problem: error.message })
      attempt.prove(thumbprintOf(leaf))
    }
    throw toRefusal(error, 'ERR_OAUTH_CLIENT')
  }
}

/** What {@link verifyPeer} judges with. */
export interface PeerQuestion {
  readonly policy: CompiledPolicy
  readonly service: Pick<Service, 'revocationSources'>
  readonly exchange: Exchange
  readonly at: Date
}

/** A client that is not let in; the reason is for the record alone. */
export function clientRefused(reason: string): ServiceError {
  return new ServiceError('ERR_OAUTH_CLIENT', `the client is refused: ${reason}`, { details: { reason } })
}

// LIMIT: as many as the library takes in a token.
const MAX_INTERMEDIATES = 9

// Verifiers of one kind of assertion in its forms. Which form it is decides itself: a verifier refuses a token of another
// typ before it looks at anything else, and each of them makes the whole judgement.
async function verifyByKind(
  question: AssertionQuestion,
  verifiers: readonly Verifier[],
  text: string,
  refusedAs: RefusedAs,
): Promise<VerifiedToken> {
  const { attempt } = question
  let refusal: unknown
  for (const verifier of verifiers) {
    try {
      return await verifyAnswering(question, verifier, text, refusedAs)
    } catch (error) {
      refusal = error
      if (!isPkiError(error)) break
      // The reference is looked at before the typ.
      if (error.code !== 'ERR_TOKEN_TYPE' && error.code !== 'ERR_TOKEN_UNKNOWN_THUMBPRINT') break
    }
  }
  if (isPkiError(refusal) && isStanding(refusal.code)) {
    // INVARIANT: the library asks for the standing after the assertion's own signature has verified, so that this is the
    // certificate of whoever sent it.
    const thumbprint = signerThumbprint(text)
    attempt.note({ problem: refusal.message })
    if (thumbprint !== undefined) attempt.prove(thumbprint)
  }
  throw toRefusal(refusal, refusedAs)
}

// Most assertions answer no challenge, and the library says so of one that does before it looks at its certificates.
async function verifyAnswering(
  { service, at }: AssertionQuestion,
  verifier: Verifier,
  text: string,
  refusedAs: RefusedAs,
): Promise<VerifiedToken> {
  try {
    return await verifier.verify(text)
  } catch (error) {
    if (!isPkiError(error) || error.code !== 'ERR_TOKEN_BINDING') throw error
    const challenge = challengeOf(text)
    // What is bound to a request is for somebody else.
    if (challenge === undefined) throw error
    const state = judgeChallenge(service.keys, 'challenge', challenge, at.getTime() / 1000)
    if (state === 'good') return await verifier.verify(text, { challenge })
    throw new ServiceError(refusedAs, `the challenge that the assertion answers is ${state}`, {
      details: { reason: 'challenge', found: state },
      publicDetail: 'the assertion answers no challenge that is good: ask for another',
    })
  }
}

function challengeOf(text: string): string | undefined {
  const bytes = decodeBase64url(text.split('.', 2)[1] ?? '')
  const nonce = bytes === undefined ? undefined : parseJsonObject(bytes)?.['nonce']
  // The library takes no other as a challenge that is expected.
  return typeof nonce === 'string' && /^[\w-]{1,512}$/u.test(nonce) ? nonce : undefined
}

function useOfChallenge({ service }: AssertionQuestion, nonce: unknown): OneTimeUse {
  // INVARIANT: the library compared it with the one that was judged above.
  if (typeof nonce !== 'string') throw new TypeError('an assertion answered a challenge')
  const keepUntil = challengeExpiry(nonce)
  const issuedAt = keepUntil - service.config.tokens.challengeSeconds
  return { key: oneTimeKeyOf('challenge', nonce), issuedAt, keepUntil }
}

function isStanding(code: string): boolean {
  return code.startsWith('ERR_REVOCATION_')
}

function signerThumbprint(text: string): string | undefined {
  const bytes = decodeBase64url(text.split('.', 1)[0] ?? '')
  const header = bytes === undefined ? undefined : parseJsonObject(bytes)
  const x5c = header?.['x5c']
  const [leaf]: readonly unknown[] = Array.isArray(x5c) ? x5c : []
  if (typeof leaf === 'string') return thumbprintOf(Buffer.from(leaf, 'base64'))
  const named = header?.['x5t#S256']
  return typeof named === 'string' && named.length === 43 ? named : undefined
}

function toRefusal(error: unknown, refusedAs: RefusedAs): unknown {
  if (!isPkiError(error)) return error
  const entry = isCode(error.code) ? catalogue[error.code] : undefined
  // A wrong call of the library is a fault of the service.
  if (entry === undefined || entry.kind === 'ArgumentError' || entry.kind === 'CredentialError') return error
  const options = { cause: error, details: { reason: error.code } }
  const message = `the library refuses: ${error.code}`
  // Undecided too, but by the sender: it sends its certificates along, and is told.
  if (error.code === 'ERR_TOKEN_UNKNOWN_THUMBPRINT') {
    const publicDetail = 'the certificate is not known here by its thumbprint: send x5c'
    return new ServiceError(refusedAs, message, { ...options, publicDetail })
  }
  if (entry.exit !== 4) return new ServiceError(refusedAs, message, options)
  return new ServiceError('ERR_OAUTH_UNDECIDED', message, { ...options, retryAfterSeconds: 5 })
}

// The library keeps one identity for all tokens of a chain that it knows; reading its leaf again for each would cost more
// than all the rest here.
const factsByIdentity: WeakMap<Identity, CertificateFacts> = new WeakMap()

function knownFactsOf(path: VerifiedPath, identity: Identity): CertificateFacts {
  const known = factsByIdentity.get(identity)
  if (known !== undefined) return known
  const facts = factsOf(path, identity)
  factsByIdentity.set(identity, facts)
  return facts
}

const trustStores: WeakMap<CompiledPolicy, TrustStore> = new WeakMap()

function trustStoreOf(policy: CompiledPolicy): TrustStore {
  const known = trustStores.get(policy)
  if (known !== undefined) return known
  const store = createTrustStore(policy.trustAnchors)
  trustStores.set(policy, store)
  return store
}
