// Server: policy. What rules look at, out of a verified path: nothing that a token, a header or a client says of itself.

import { createHash } from 'node:crypto'
import { checkClientCertificate, type Identity, identityOf } from 'ingam'
import { type Certificate, formatName, isVerifiedPath, type VerifiedPath, verifyPath } from 'ingam/x509'
import { ServiceError } from '../service-error.ts'
import type { CertificateFacts, CompiledPolicy } from './contract.ts'

/**
 * The facts of the certificate at the beginning of a path.
 *
 * **Not checked: whether whoever shows the certificate holds its key, and whether it may act as a client.**
 *
 * @param path made by verifyPath, or a verified token's
 * @param identity of the same path, from identityOf or the same token
 * @throws {ServiceError} ERR_SERVICE_INTERNAL where the path was not verified, or the identity is not its own: a mistake
 *   of the caller that would give one certificate's tokens to another
 */
export function factsOf(path: VerifiedPath, identity: Identity): CertificateFacts {
  const [leaf] = isVerifiedPath(path) ? path.certificates : []
  if (leaf === undefined) throw mistake('a verified path')
  const thumbprint = createHash('sha256').update(leaf.der).digest('base64url')
  if (identity.thumbprint !== thumbprint || identity.anchor !== path.anchor.id) {
    throw mistake('the identity of the same path')
  }
  return Object.freeze({
    ...identity,
    issuer: formatName(leaf.issuer),
    serialNumber: serialOf(leaf.serialNumber),
    policies: path.policies,
    extKeyUsage: leaf.extKeyUsage ?? [],
    notAfter: leaf.notAfter.getTime(),
  })
}

/**
 * The facts of a certificate that nobody shows: for tests and explanations of a policy, by the same rules of paths as for a
 * holder.
 *
 * **Not checked: revocation, and who holds the key.** Nothing may be issued for it.
 *
 * @throws {PathError} ERR_PATH_*; {TokenError} ERR_TOKEN_SIGNER for a certificate that may not act as a client
 */
export async function supposedFactsOf(
  [leaf, ...intermediates]: readonly [Certificate, ...Certificate[]],
  { trustAnchors }: Pick<CompiledPolicy, 'trustAnchors'>,
  at: Date,
): Promise<CertificateFacts> {
  const path = await verifyPath({
    leaf,
    intermediates,
    trustAnchors,
    at,
    purpose: 'clientAuth',
    revocation: 'off',
  })
  await checkClientCertificate(path)
  return factsOf(path, await identityOf(path))
}

// Without the octet that only says that the number is positive.
function serialOf(octets: Uint8Array): string {
  const start = octets.length > 1 && octets[0] === 0 ? 1 : 0
  return Buffer.from(octets.subarray(start)).toString('hex')
}

function mistake(expected: string): ServiceError {
  return new ServiceError(
    'ERR_SERVICE_INTERNAL',
    `facts of a certificate: expected ${expected}; found another`,
  )
}
