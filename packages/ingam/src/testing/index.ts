// The public surface of `ingam/testing`: a small CA and a fixed clock, for the tests of services that use this library.

export type { TestExtension, TestKeyType, TestNames } from './certificate-writer.ts'
export type {
  TestDistributionPoint,
  TestIssuingDistributionPoint,
  TestPointName,
} from './distribution-point-writer.ts'
export { createFixedClock, type FixedClock } from './fixed-clock.ts'
export { createTestCa } from './test-ca.ts'
export type {
  IssueOptions,
  TestCa,
  TestCaOptions,
  TestCertificate,
  TestCrl,
  TestCrlOptions,
  TestOcspOptions,
  TestRevocation,
  TestSingleResponse,
} from './test-certificate.ts'
