// The public surface of `ingam/testing`: a small CA and a fixed clock, for the tests of services that use this library.

export type { TestExtension, TestKeyType, TestNames } from './certificate-writer.ts'
export { createFixedClock, type FixedClock } from './fixed-clock.ts'
export {
  createTestCa,
  type IssueOptions,
  type TestCa,
  type TestCaOptions,
  type TestCertificate,
} from './test-ca.ts'
