// Layer: token. Who holds a certificate that was shown by other means than a token, such as a TLS handshake: the same
// values and the same rules as for the signer of a token. Only a path that verifyPath made is taken.

import { createError } from '../errors/errors.ts'
import { kindOf } from '../errors/options.ts'
import { borneSubjects } from '../keys/subjects.ts'
import { oidOfPurpose } from '../path/purpose.ts'
import { isVerifiedPath, type VerifiedPath } from '../verify/verified-path.ts'
import type { Certificate } from '../x509/certificate.ts'
import { checkSigner, toIdentity } from './known-signer.ts'
import type { Identity } from './verified-token.ts'

/**
 * Returns who the leaf of the path is, with the values that a token of the same certificate and path would have.
 *
 * **Not checked: whether whoever showed the certificate holds its key**, which TLS does, **and whether it may act as a
 * client** ({@link checkClientCertificate}).
 *
 * @param path made by verifyPath, or a verified token's
 * @throws {ArgumentError} ERR_ARG_TYPE for anything else, a copy of a path too
 */
export async function identityOf(path: VerifiedPath): Promise<Identity> {
  return await toIdentity(path, leafOf(path))
}

/**
 * Returns every value of `sub` that a token of this identity may have, the preferred first: `uri:`, `dns:` without
 * wildcards, `email:`, `upn:`, and always `x509-sha256:`. An address is none.
 *
 * **Not checked: where the identity comes from.** Only one of a verified token, or of {@link identityOf}, was vouched for.
 */
export function borneSubjectsOf(identity: Identity): readonly string[] {
  return borneSubjects(identity, identity.thumbprint)
}

/**
 * Refuses a path whose leaf may not act as a client, by the rules for signers of tokens: a CA's, one without
 * digitalSignature in its keyUsage, one without clientAuth in its extKeyUsage (anyExtendedKeyUsage does not count).
 *
 * **Not checked: whether whoever showed the certificate holds its key.**
 *
 * @param path made by verifyPath for the purpose `'clientAuth'`: otherwise nobody asked whether its CAs may issue clients'
 * @throws {TokenError} ERR_TOKEN_SIGNER with the certificate and what is wrong with it
 * @throws {ArgumentError} ERR_ARG_TYPE for anything but such a path, ERR_ARG_VALUE for one of another purpose
 */
export async function checkClientCertificate(path: VerifiedPath): Promise<void> {
  const leaf = leafOf(path)
  if (oidOfPurpose(path.purpose) !== oidOfPurpose('clientAuth')) {
    const expected = "one that was verified for the purpose 'clientAuth'"
    throw createError('ERR_ARG_VALUE', { argument: 'path', expected, found: `'${path.purpose}'` })
  }
  await checkSigner(leaf, 'client')
}

function leafOf(path: VerifiedPath): Certificate {
  if (!isVerifiedPath(path)) {
    throw createError('ERR_ARG_TYPE', {
      argument: 'path',
      expected: 'a path that verifyPath made',
      found: kindOf(path),
    })
  }
  const [leaf] = path.certificates
  if (leaf === undefined) throw new TypeError('a path has a leaf')
  return leaf
}
