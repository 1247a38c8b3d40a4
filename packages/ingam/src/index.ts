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
  RequestError,
  RevocationError,
  TokenError,
} from './errors/errors.ts'
export { escapeText } from './errors/escape.ts'
export { type Answer, type AnswerOptions, answerTo, type WireError } from './http/answer.ts'
export { type BindRequestOptions, bindRequest, targetUriOf } from './http/request.ts'
export { DEFAULT_ALGORITHMS, TOKEN_ALGORITHMS, type TokenAlgorithm } from './keys/algorithms.ts'
export { type CreateCredentialOptions, type Credential, createCredential } from './keys/credential.ts'
export type { BindingClaim, ExpectedBinding, RequestBinding } from './token/binding.ts'
export { borneSubjectsOf, checkClientCertificate, identityOf } from './token/identity.ts'
export { type InspectedCertificate, type InspectedToken, inspectToken } from './token/inspect.ts'
export type { JsonObject, JsonValue } from './token/json.ts'
export type { VerifierOptions } from './token/plan.ts'
export type { ProfileName } from './token/profile.ts'
export {
  type SignAuthorizationGrantOptions,
  type SignClientAuthenticationOptions,
  type SignProofOptions,
  type SignTokenOptions,
  signAuthorizationGrant,
  signClientAuthentication,
  signProof,
  signToken,
} from './token/sign.ts'
export { CHECKS, type CheckId } from './token/trace.ts'
export {
  type Identity,
  isVerifiedToken,
  type OneTimeEntry,
  type VerifiedToken,
} from './token/verified-token.ts'
export {
  createVerifier,
  type ExplainedCheck,
  type Explanation,
  type Verifier,
  type VerifierStatus,
} from './token/verify.ts'
