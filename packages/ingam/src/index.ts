// The public surface of `ingam`: sign, verify, explain, inspect.

export { catalogue, type CatalogueEntry, codes, type ErrorKind, isCode } from './errors/catalogue.ts'
export type { CertificateRef, Code, CodeDetails, PathAttempt, TokenPart } from './errors/codes.ts'
export {
  type AnyPkiError,
  ArgumentError,
  CertificateError,
  CredentialError,
  DecodeError,
  isPkiError,
  PathError,
  PkiError,
  type PkiErrorShape,
  TokenError,
} from './errors/errors.ts'
export { escapeText } from './errors/escape.ts'
export { TOKEN_ALGORITHMS, type TokenAlgorithm } from './keys/algorithms.ts'
export { createCredential, type CreateCredentialOptions, type Credential } from './keys/credential.ts'
export { type InspectedCertificate, type InspectedToken, inspectToken } from './token/inspect.ts'
export type { JsonObject, JsonValue } from './token/json.ts'
export type { VerifierOptions } from './token/plan.ts'
export { signToken, type SignTokenOptions } from './token/sign.ts'
export { type CheckId, CHECKS } from './token/trace.ts'
export { type Identity, isVerifiedToken, type VerifiedToken } from './token/verified-token.ts'
export {
  createVerifier,
  type ExplainedCheck,
  type Explanation,
  type Verifier,
  type VerifierStatus,
} from './token/verify.ts'
