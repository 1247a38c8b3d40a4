// Layer: keys. Which certificates may sign tokens. These are rules of tokens, not of paths: verifyPath does not know
// them. The signer asks them before it signs, the verifier before it believes.

import type { Certificate } from '../x509/certificate.ts'
import { nameOfOid } from '../x509/oids.ts'

const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2'

/** Whose tokens a certificate is to sign: a client's of some CA, or those of one certificate that is pinned. */
export type SignerRule = 'client' | 'pinned'

/** Why the certificate may not sign such tokens, or undefined where it may. */
export function signerProblem(certificate: Certificate, rule: SignerRule = 'client'): string | undefined {
  const { basicConstraints, keyUsage, extKeyUsage } = certificate
  // Whoever pins a certificate trusts it itself, not what its issuer says it is for: a self-signed one is often a CA's.
  if (rule === 'client' && basicConstraints?.cA === true)
    return 'is a CA, and a CA signs certificates, not tokens'
  // RFC 5280 §4.2.1.3
  if (keyUsage !== undefined && !keyUsage.includes('digitalSignature')) {
    return `keyUsage: expected digitalSignature, found ${keyUsage.join(', ')}`
  }
  // RFC 5280 §4.2.1.12; anyExtendedKeyUsage does not count.
  if (rule === 'client' && extKeyUsage !== undefined && !extKeyUsage.includes(CLIENT_AUTH)) {
    return `extKeyUsage: expected clientAuth, found ${extKeyUsage.map(nameOfOid).join(', ')}`
  }
  return undefined
}
