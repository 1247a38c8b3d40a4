// Server: what an access token is bound to (`cnf`: RFC 7800, RFC 8705 §3.1, RFC 9449 §6.1). The profile says by what; who
// cannot show it gets no token, never one that is bound to less.

import type { BindingKind, OneTimeUse } from '../stores/contract.ts'
import { thumbprintOf } from './bytes.ts'
import { createChallenge, judgeChallenge } from './challenge.ts'
import type { Call } from './client.ts'
import { parseDpopProof, proofRefused, type UnverifiedProof, verifyDpopSignature } from './dpop.ts'
import { malformed } from './form.ts'
import type { Holder } from './holder.ts'

/** What a token is bound to. */
export interface Binding {
  readonly tokenType: 'Bearer' | 'DPoP'
  /** Undefined for a token that is bound to nothing. */
  readonly confirmation: Readonly<Record<'jkt', string>> | Readonly<Record<'x5t#S256', string>> | undefined
  /** The proof's one use. */
  readonly use?: OneTimeUse
}

/**
 * Reads the DPoP proof of a request, where it has one; **its signature is left for {@link bindToken}**.
 *
 * @param target the endpoint's URL, normalised
 * @throws {ServiceError} ERR_OAUTH_DPOP, ERR_OAUTH_DPOP_NONCE
 */
export function readProof(
  call: Pick<Call, 'service' | 'exchange' | 'at'>,
  target: string,
): UnverifiedProof | undefined {
  const { service, exchange, at } = call
  const header = exchange.request.headers.get('dpop')
  if (header === null) return undefined
  const now = at.getTime() / 1000
  return parseDpopProof(header, {
    method: exchange.request.method,
    target,
    now,
    nonce: service.config.tokens.dpopNonce,
    judgeNonce: (nonce) => judgeChallenge(service.keys, 'dpop-nonce', nonce, now),
    freshNonce: () => createChallenge(service, 'dpop-nonce', now),
  })
}

/**
 * Binds a token as the profile says.
 *
 * @param holder whose token it becomes
 * @throws {ServiceError} ERR_OAUTH_DPOP where a proof is missing, is wrong, or was sent and would not count;
 *   ERR_SERVICE_REQUEST where the holder's certificate was not shown in this connection's handshake
 */
export function bindToken(
  call: Pick<Call, 'service' | 'exchange' | 'at'>,
  kind: BindingKind,
  holder: Holder,
  proof: UnverifiedProof | undefined,
): Binding {
  const { thumbprint } = holder.facts
  // RFC 9449 §5: who sends a proof asks for a token that is bound to it; any other token would count for more than asked.
  if (kind !== 'dpop' && proof !== undefined) throw proofRefused('the token would not be bound to the proof')
  switch (kind) {
    case 'none':
      return { tokenType: 'Bearer', confirmation: undefined }
    case 'dpop':
      return bindToProof(call, proof)
    case 'proof':
      // The holder proved its key by the assertion, and proves it again to the resource server in each request.
      return { tokenType: 'Bearer', confirmation: { 'x5t#S256': thumbprint } }
    case 'mtls': {
      const [leaf] = call.exchange.peer.certificates ?? []
      if (leaf === undefined || thumbprintOf(leaf) !== thumbprint) {
        const found = leaf === undefined ? 'none in the handshake' : 'another in the handshake'
        throw malformed('mutual TLS with the certificate of the request is needed', thumbprint, found)
      }
      return { tokenType: 'Bearer', confirmation: { 'x5t#S256': thumbprint } }
    }
  }
}

function bindToProof(
  { service, at }: Pick<Call, 'service' | 'at'>,
  proof: UnverifiedProof | undefined,
): Binding {
  if (proof === undefined) {
    const nonce = createChallenge(service, 'dpop-nonce', at.getTime() / 1000)
    throw proofRefused('a DPoP proof is needed', { headers: { 'DPoP-Nonce': nonce } })
  }
  verifyDpopSignature(proof)
  return { tokenType: 'DPoP', confirmation: { jkt: proof.jkt }, use: proof.use }
}
