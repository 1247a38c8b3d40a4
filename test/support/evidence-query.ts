// What a judge asks a source, for tests of sources.

import type { EvidenceQuery, HeldEvidence } from '../../packages/ingam/src/revocation/source.ts'
import type { TestCertificate } from '../../packages/ingam/src/testing/index.ts'
import { createCertId } from '../../packages/ingam/src/x509/ocsp.ts'

/** The question how a certificate stands. */
export async function queryFor(
  { certificate }: TestCertificate,
  { certificate: issuer }: TestCertificate,
  kinds: EvidenceQuery['kinds'] = 'any',
): Promise<EvidenceQuery> {
  const certIds = [
    await createCertId(certificate, issuer, 'SHA-1'),
    await createCertId(certificate, issuer, 'SHA-256'),
  ]
  return { certificate, issuer, certIds, kinds }
}

/** DER of each piece. */
export function derOf(found: readonly HeldEvidence[]): readonly Uint8Array[] {
  return found.map((piece) => (piece.kind === 'crl' ? piece.crl.der : piece.response.der))
}
