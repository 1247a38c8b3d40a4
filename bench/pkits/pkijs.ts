// PKITS adapter: the certification path engine of pkijs, with all its policy inputs and lists.

import { Certificate, CertificateChainValidationEngine, CertificateRevocationList } from 'pkijs'
import type { PkitsCase, PkitsVerdict } from '../../test/conformance/pkits-adapter.ts'

export async function validate(given: PkitsCase): Promise<PkitsVerdict> {
  const trustedCerts = given.trustAnchors.map(parse)
  const engine = new CertificateChainValidationEngine({
    trustedCerts,
    // The end entity stands last.
    certs: [...trustedCerts, ...given.intermediates.map(parse), parse(given.leaf)],
    crls: given.crls.map((der) => CertificateRevocationList.fromBER(new Uint8Array(der).buffer)),
    checkDate: new Date(given.time),
  })
  const { result, resultMessage } = await engine.verify({
    initialPolicySet: [...given.policy.initialPolicySet],
    initialExplicitPolicy: given.policy.initialExplicitPolicy,
    initialPolicyMappingInhibit: given.policy.initialPolicyMappingInhibit,
    initialInhibitPolicy: given.policy.initialInhibitAnyPolicy,
    passedWhenNotRevValues: false,
  })
  return { ok: result, reason: resultMessage }
}

function parse(der: Uint8Array): Certificate {
  return Certificate.fromBER(new Uint8Array(der).buffer)
}
