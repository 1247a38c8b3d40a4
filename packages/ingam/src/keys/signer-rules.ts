// Layer: keys. Which certificates may sign tokens. These are rules of tokens, not of paths: verifyPath does not know
// them. The signer asks them before it signs, the verifier before it believes.

import type { Certificate } from '../x509/certificate.ts'
import { nameOfOid } from '../x509/oids.ts'

const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2'

/** Why the certificate may not sign tokens, or undefined where it may. */
export function signerProblem(certificate: Certificate): string | undefined {
  const { basicConstraints, keyUsage, extKeyUsage } = certificate
  if (basicConstraints?.cA === true) return 'is a CA, and a CA signs certificates, not tokens'
  // RFC 5280 §4.2.1.3
  if (keyUsage !== undefined && !keyUsage.includes('digitalSignature')) {
    return `keyUsage: expected digitalSignature, found ${keyUsage.join(', ')}`
  }
  // RFC 5280 §4.2.1.12; anyExtendedKeyUsage does not count.
  if (extKeyUsage !== undefined && !extKeyUsage.includes(CLIENT_AUTH)) {
    return `extKeyUsage: expected clientAuth, found ${extKeyUsage.map(nameOfOid).join(', ')}`
  }
  return undefined
}
