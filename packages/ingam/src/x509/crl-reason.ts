// Layer: x509. CRLReason (RFC 5280 §5.3.1), which lists and OCSP share. A table.

/** The reasons, each at its number; 7 is not used. */
export const CRL_REASONS = [
  'unspecified',
  'keyCompromise',
  'cACompromise',
  'affiliationChanged',
  'superseded',
  'cessationOfOperation',
  'certificateHold',
  undefined,
  'removeFromCRL',
  'privilegeWithdrawn',
  'aACompromise',
] as const

/** Why a certificate was revoked. */
export type CrlReason = Exclude<(typeof CRL_REASONS)[number], undefined>
