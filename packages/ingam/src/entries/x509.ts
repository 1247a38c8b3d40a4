// The public surface of `ingam/x509`: certificates, trust stores, paths; nothing of tokens.

export type { AnchorNames } from '../path/anchor-names.ts'
export type { PathLimits } from '../path/budget.ts'
export type { PolicyInputs } from '../path/policy-graph.ts'
export type { Purpose } from '../path/purpose.ts'
export { createTrustStore, type TrustAnchor, type TrustStore } from '../path/trust-store.ts'
export type { CertificateStatus, Evidence } from '../revocation/evidence.ts'
export { createMemorySource, type GivenEvidence, type MemorySource } from '../revocation/memory-source.ts'
export type { RevocationPolicy } from '../revocation/policy.ts'
export type {
  EvidenceQuery,
  FetchProblem,
  HeldEvidence,
  RevocationSource,
  SourceStatus,
} from '../revocation/source.ts'
export { isVerifiedPath, type VerifiedPath } from '../verify/verified-path.ts'
export { type VerifyPathOptions, verifyPath } from '../verify/verify-path.ts'
export { type Certificate, parseCertificate } from '../x509/certificate.ts'
export { type CertificateList, type CrlReason, parseCrl, type RevokedCertificate } from '../x509/crl.ts'
export type { Extension } from '../x509/extension.ts'
export { formatGeneralName, type GeneralName } from '../x509/general-name.ts'
export { equalNames, formatName, type Name } from '../x509/name.ts'
export {
  type BasicOcspResponse,
  type CertId,
  createCertId,
  encodeOcspRequest,
  type OcspRequest,
  type OcspResponse,
  parseOcspRequest,
  parseOcspResponse,
  type SingleResponse,
  sameCertId,
} from '../x509/ocsp.ts'
export { encodePem, parseCertificates } from '../x509/pem.ts'
export { describeKey, type SubjectPublicKeyInfo } from '../x509/spki.ts'
