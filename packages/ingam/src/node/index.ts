// The public surface of `ingam/node`: files and the network, for Node alone, and the tutorial's two functions.

export { type LoadCredentialOptions, loadCertificates, loadCredential, loadTrustAnchors } from './load.ts'
export type { FoundAddress, Lookup } from './revocation/address-rules.ts'
export { createFileSource, type FileSource, type FileSourceOptions } from './revocation/file-source.ts'
export type { HttpSourceOptions } from './revocation/http-options.ts'
export { createHttpSource, type HttpSource } from './revocation/http-source.ts'
export { readCrl } from './revocation/read-crl.ts'
export {
  type BareTokenOptions,
  createReplayStore,
  dangerouslyGenerateBareToken,
  type GenerateTokenOptions,
  generateToken,
  type ReplayStoreOptions,
  type VerifyTokenOptions,
  verifyToken,
} from './tutorial.ts'
