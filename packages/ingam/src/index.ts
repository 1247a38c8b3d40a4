// The public surface of `ingam`: sign, verify, explain, inspect.

export { type CatalogueEntry, catalogue, codes, type ErrorKind, isCode } from './errors/catalogue.ts'
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
export { DEFAULT_ALGORITHMS, TOKEN_ALGORITHMS, type TokenAlgorithm } from './keys/algorithms.ts'
export { type CreateCredentialOptions, type Credential, createCredential } from './keys/credential.ts'
export { type InspectedCertificate, type InspectedToken, inspectToken } from './token/inspect.ts'
export type { JsonObject, JsonValue } from './token/json.ts'
export type { VerifierOptions } from './token/plan.ts'
export { type SignTokenOptions, signToken } from './token/sign.ts'
export { CHECKS, type CheckId } from './token/trace.ts'
export { type Identity, isVerifiedToken, type VerifiedToken } from './token/verified-token.ts'
export {
  createVerifier,
  type ExplainedCheck,
  type Explanation,
  type Verifier,
  type VerifierStatus,
} from './token/verify.ts'
