// CLI: a DPoP proof (RFC 9449 §4.2) by the key of a certificate. The type in its header keeps it apart from all other
// tokens that the same key signs.

import { createPublicKey, randomBytes } from 'node:crypto'
import type { Credential } from 'ingam'

/** What a proof is for. */
export interface ProofRequest {
  readonly method: string
  readonly url: string
  readonly at: Date
  /** What the service gave in DPoP-Nonce. */
  readonly nonce?: string
}

/** Signs a proof for one request to the token endpoint; it has no `ath`, which is for requests with an access token. */
export async function signDpopProof(credential: Credential, request: ProofRequest): Promise<string> {
  const { method, url, at, nonce } = request
  const key = credential.certificates[0].subjectPublicKeyInfo.der
  const jwk = createPublicKey({ key: Buffer.from(key), format: 'der', type: 'spki' }).export({
    format: 'jwk',
  })
  const header = { typ: 'dpop+jwt', alg: credential.algorithm, jwk }
  const payload = {
    jti: randomBytes(16).toString('base64url'),
    htm: method,
    // RFC 9449 §4.2: without query and fragment.
    htu: url.replace(/[?#].*$/su, ''),
    iat: Math.floor(at.getTime() / 1000),
    ...(nonce === undefined ? {} : { nonce }),
  }
  const signed = `${encode(header)}.${encode(payload)}`
  const signature = await credential.sign(Buffer.from(signed))
  return `${signed}.${Buffer.from(signature).toString('base64url')}`
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}
