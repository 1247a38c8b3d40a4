// The public surface of `ingam/node`: files, for Node alone, and the tutorial's two functions.

export { type LoadCredentialOptions, loadCertificates, loadCredential, loadTrustAnchors } from './load.ts'
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
