// Layer: errors. The vocabulary of refusals: every stable code with the shape of its details.
// Details hold strings, numbers, booleans and arrays of them only, so that they survive JSON unchanged.

/** Which certificate is at fault, and where it stood. All strings are escaped for display. */
export interface CertificateRef {
  /** What the certificate was used as when it was refused. */
  readonly role: 'leaf' | 'intermediate' | 'trust anchor'
  /** Position in the path counted from the leaf (leaf = 0). */
  readonly position: number
  /** Subject as RFC 4514 text. */
  readonly subject: string
  /** First 8 hexadecimal digits of the SHA-256 of the DER; empty where it could not be computed. */
  readonly thumbprint: string
}

/** One refused candidate of a path search. */
export interface PathAttempt {
  readonly code: Code
  readonly message: string
  /** The certificates from the leaf upwards, as far as the attempt went. */
  readonly certificates: readonly {
    readonly subject: string
    /** Hexadecimal; tells certificates of one name apart. */
    readonly serialNumber: string
  }[]
  /** Which of them is at fault, counted from the leaf (leaf = 0). */
  readonly position: number
  /** Whether the last of them is a trust anchor. */
  readonly reachesAnchor: boolean
}

/** The object read, by the name its standard gives it, and the byte offset in the input where reading stopped. */
interface Reading {
  readonly reading: string
  readonly offset: number
}

/** What was expected, and what stood there. */
interface Mismatch {
  readonly expected: string
  readonly found: string
}

/** Stable code of a refusal → the facts that come with it. Codes are API; messages are not. */
export interface CodeDetails {
  // The caller's code is wrong.
  readonly ERR_ARG_TYPE: Mismatch & { readonly argument: string }
  readonly ERR_ARG_VALUE: Mismatch & { readonly argument: string }
  readonly ERR_ARG_REQUIRED: { readonly argument: string; readonly expected: string }
  readonly ERR_ARG_UNKNOWN_OPTION: { readonly argument: string; readonly known: readonly string[] }
  readonly ERR_ARG_UNSUPPORTED: Mismatch & { readonly argument: string }

  // Bytes are not what they claim to be.
  readonly ERR_DER_TRUNCATED: Reading & { readonly needed: number; readonly available: number }
  readonly ERR_DER_UNEXPECTED_TAG: Reading & Mismatch
  readonly ERR_DER_NON_CANONICAL: Reading & { readonly rule: string; readonly found: string }
  readonly ERR_DER_TRAILING_DATA: Reading & { readonly count: number }
  readonly ERR_DER_LIMIT: Reading & {
    readonly limit: string
    readonly maximum: number
    readonly found: number
  }
  readonly ERR_DER_VALUE: Reading & Mismatch
  readonly ERR_PEM_NONE: { readonly wanted: string; readonly found: string }
  readonly ERR_PEM_LABEL: { readonly wanted: string; readonly found: string; readonly line: number }
  readonly ERR_PEM_BODY: { readonly label: string; readonly line: number; readonly problem: string }
  readonly ERR_PEM_LIMIT: { readonly limit: string; readonly maximum: number; readonly found: number }
  readonly ERR_INPUT_EMPTY: { readonly wanted: string }
  readonly ERR_INPUT_ENCODING: { readonly wanted: string; readonly found: string }
  readonly ERR_INPUT_FORMAT: { readonly wanted: string; readonly found: string }
  readonly ERR_FILE_READ: { readonly path: string; readonly problem: string }
  readonly ERR_FILE_LIMIT: { readonly path: string; readonly maximum: number }

  // Well-formed DER, but not an acceptable certificate.
  readonly ERR_CERT_VERSION: { readonly version: number; readonly problem: string }
  readonly ERR_CERT_SERIAL: { readonly problem: string }
  readonly ERR_CERT_ALGORITHM_MISMATCH: { readonly inner: string; readonly outer: string }
  readonly ERR_CERT_NAME: { readonly field: 'issuer' | 'subject'; readonly problem: string }
  readonly ERR_CERT_KEY: { readonly algorithm: string; readonly problem: string }
  readonly ERR_CERT_EXTENSION: { readonly oid: string; readonly name: string; readonly problem: string }
  readonly ERR_CERT_DUPLICATE_EXTENSION: { readonly oid: string; readonly name: string }

  // No acceptable path from the leaf to a trust anchor.
  readonly ERR_PATH_NO_ISSUER: { readonly certificate: CertificateRef; readonly issuer: string }
  readonly ERR_PATH_SIGNATURE: {
    readonly certificate: CertificateRef
    readonly issuer: string
    readonly algorithm: string
  }
  readonly ERR_PATH_ALGORITHM: {
    readonly certificate: CertificateRef
    readonly algorithm: string
    readonly problem: string
  }
  readonly ERR_PATH_EXPIRED: {
    readonly certificate: CertificateRef
    readonly notAfter: string
    readonly at: string
  }
  readonly ERR_PATH_NOT_YET_VALID: {
    readonly certificate: CertificateRef
    readonly notBefore: string
    readonly at: string
  }
  readonly ERR_PATH_NOT_CA: { readonly certificate: CertificateRef; readonly problem: string }
  readonly ERR_PATH_LENGTH: {
    readonly certificate: CertificateRef
    readonly maximum: number
    readonly found: number
  }
  readonly ERR_PATH_KEY_USAGE: Mismatch & { readonly certificate: CertificateRef }
  readonly ERR_PATH_PURPOSE: Mismatch & { readonly certificate: CertificateRef }
  readonly ERR_PATH_CRITICAL_EXTENSION: {
    readonly certificate: CertificateRef
    readonly oid: string
    readonly name: string
  }
  readonly ERR_PATH_NAME_CONSTRAINT: {
    readonly certificate: CertificateRef
    /** The name at fault with its kind in front. */
    readonly name: string
    /** Subject of the certificate whose nameConstraints are broken. */
    readonly imposedBy: string
    readonly problem: string
  }
  readonly ERR_PATH_ANCHOR_NAME: {
    readonly certificate: CertificateRef
    readonly name: string
    readonly anchor: string
    readonly problem: string
  }
  readonly ERR_PATH_POLICY: { readonly certificate: CertificateRef; readonly problem: string }
  readonly ERR_PATH_BUDGET: { readonly budget: string; readonly maximum: number }

  // A certificate's standing: known to be bad, or not known to be good.
  readonly ERR_REVOCATION_REVOKED: {
    readonly certificate: CertificateRef
    readonly revokedAt: string
    readonly reason: string
    /** Who said so, and where it was read. */
    readonly evidence: string
  }
  readonly ERR_REVOCATION_UNKNOWN: { readonly certificate: CertificateRef; readonly problem: string }
  readonly ERR_REVOCATION_STALE: {
    readonly certificate: CertificateRef
    readonly evidence: string
    /** Until when it counted. */
    readonly until: string
    readonly at: string
  }
  readonly ERR_REVOCATION_EVIDENCE: {
    readonly certificate: CertificateRef
    readonly evidence: string
    readonly problem: string
  }
  readonly ERR_REVOCATION_RESPONDER: {
    readonly certificate: CertificateRef
    readonly responder: string
    readonly problem: string
  }
  readonly ERR_REVOCATION_STAPLE: { readonly certificate: CertificateRef; readonly problem: string }
  readonly ERR_REVOCATION_STAPLE_STALE: {
    readonly certificate: CertificateRef
    readonly until: string
    readonly at: string
  }

  // Well-formed DER, but not an acceptable list or response.
  readonly ERR_CRL_FIELD: { readonly field: string; readonly problem: string }
  readonly ERR_CRL_EXTENSION: { readonly oid: string; readonly name: string; readonly problem: string }
  readonly ERR_OCSP_FIELD: { readonly field: string; readonly problem: string }
  readonly ERR_OCSP_EXTENSION: { readonly oid: string; readonly name: string; readonly problem: string }

  // The signer's key and certificate.
  readonly ERR_KEY_FORMAT: { readonly found: string }
  readonly ERR_KEY_ENCRYPTED: { readonly found: string }
  readonly ERR_KEY_PASSPHRASE: { readonly problem: string }
  readonly ERR_KEY_UNSUPPORTED: { readonly algorithm: string; readonly problem: string }
  readonly ERR_KEY_MISMATCH: {
    readonly subject: string
    readonly certificateKey: string
    readonly privateKey: string
  }
  readonly ERR_CREDENTIAL_CHAIN: { readonly problem: string; readonly subject: string }
  readonly ERR_CREDENTIAL_SIGNER: { readonly problem: string; readonly subject: string }
  readonly ERR_CREDENTIAL_EXPIRED: {
    readonly subject: string
    readonly notBefore: string
    readonly notAfter: string
    readonly at: string
  }

  // The token itself.
  readonly ERR_TOKEN_TOO_LARGE: { readonly maximum: number; readonly found: number }
  readonly ERR_TOKEN_MALFORMED: { readonly problem: string }
  readonly ERR_TOKEN_ENCODING: { readonly part: TokenPart; readonly offset: number; readonly problem: string }
  readonly ERR_TOKEN_JSON: { readonly part: TokenPart; readonly offset: number; readonly problem: string }
  readonly ERR_TOKEN_HEADER: Mismatch & { readonly member: string }
  readonly ERR_TOKEN_HEADER_FORBIDDEN: { readonly member: string }
  readonly ERR_TOKEN_UNSUPPORTED: { readonly feature: string }
  readonly ERR_TOKEN_TYPE: Mismatch
  readonly ERR_TOKEN_ALGORITHM: { readonly found: string; readonly allowed: readonly string[] }
  readonly ERR_TOKEN_ALGORITHM_KEY: { readonly algorithm: string; readonly key: string }
  readonly ERR_TOKEN_UNKNOWN_THUMBPRINT: { readonly thumbprint: string }
  readonly ERR_TOKEN_THUMBPRINT: { readonly claimed: string; readonly found: string }
  readonly ERR_TOKEN_CHAIN: { readonly index: number; readonly problem: string }
  readonly ERR_TOKEN_CLAIM_MISSING: { readonly claim: string }
  readonly ERR_TOKEN_CLAIM_INVALID: Mismatch & { readonly claim: string }
  readonly ERR_TOKEN_AUDIENCE: { readonly expected: readonly string[]; readonly found: readonly string[] }
  readonly ERR_TOKEN_MULTIPLE_AUDIENCES: { readonly found: readonly string[] }
  readonly ERR_TOKEN_EXPIRED: {
    readonly expiresAt: string
    readonly toleranceSeconds: number
    readonly at: string
  }
  readonly ERR_TOKEN_NOT_YET_VALID: {
    readonly claim: 'nbf' | 'iat'
    readonly validFrom: string
    readonly toleranceSeconds: number
    readonly at: string
  }
  readonly ERR_TOKEN_LIFETIME: { readonly maximumSeconds: number; readonly foundSeconds: number }
  readonly ERR_TOKEN_SUBJECT: { readonly claimed: string; readonly borne: readonly string[] }
  readonly ERR_TOKEN_BINDING: { readonly claims: readonly string[] }
  readonly ERR_TOKEN_BINDING_MISSING: { readonly claim: string }
  readonly ERR_TOKEN_BINDING_MISMATCH: Mismatch & { readonly claim: string }
  readonly ERR_TOKEN_SIGNER: { readonly certificate: CertificateRef; readonly problem: string }
  readonly ERR_TOKEN_BARE: { readonly until: string; readonly at: string }
  readonly ERR_TOKEN_SIGNATURE: { readonly algorithm: string }
  readonly ERR_TOKEN_REPLAYED: { readonly jti: string }
  readonly ERR_TOKEN_REPLAY_EPOCH: { readonly issuedAt: string; readonly epoch: string }
  readonly ERR_TOKEN_REPLAY_FULL: { readonly maximum: number }
  readonly ERR_TOKEN_REPLAY_QUOTA: { readonly maximum: number }

  // The request that brought it.
  readonly ERR_REQUEST_TARGET: Mismatch
  readonly ERR_REQUEST_CONTENT: { readonly maximum: number }
}

/** The part of a compact JWS that was being read. */
export type TokenPart = 'header' | 'payload' | 'signature' | 'x5c'

/** Every stable code of a refusal. */
export type Code = keyof CodeDetails
