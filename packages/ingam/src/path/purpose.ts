// Layer: path. What a certificate is used for, as an extended key usage (RFC 5280 §4.2.1.12).

/** A purpose by name, any purpose at all, or the dotted OID of an extended key usage. */
export type Purpose = 'clientAuth' | 'serverAuth' | 'any' | `${number}.${string}`

/** The OID that extKeyUsage must hold where it is present, or undefined where any will do. */
export function oidOfPurpose(purpose: Purpose): string | undefined {
  switch (purpose) {
    case 'any':
      return undefined
    case 'clientAuth':
      return '1.3.6.1.5.5.7.3.2'
    case 'serverAuth':
      return '1.3.6.1.5.5.7.3.1'
    default:
      return purpose
  }
}
