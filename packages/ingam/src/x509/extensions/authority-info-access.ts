// Layer: x509. authorityInfoAccess (RFC 5280 §4.2.2.1), shape only: where the issuer's certificate and its responder are.

import { type DerReader, valueError } from '../../der/reader.ts'
import { TAG } from '../../der/tag.ts'
import { type GeneralName, readGeneralName } from '../general-name.ts'

/** One AccessDescription. */
export interface AccessDescription {
  /** Dotted OID: 1.3.6.1.5.5.7.48.1 for OCSP, 1.3.6.1.5.5.7.48.2 for the issuer's certificate. */
  readonly accessMethod: string
  readonly accessLocation: GeneralName
}

/** id-ad-ocsp. */
export const OCSP_ACCESS = '1.3.6.1.5.5.7.48.1'

// LIMIT: certificates in use have two to four.
const MAX_DESCRIPTIONS = 32

/** Reads the extension's value. */
export function readAuthorityInfoAccess(reader: DerReader): readonly AccessDescription[] {
  return reader.readWithin(TAG.sequence, 'AuthorityInfoAccess', (inner) => {
    if (inner.isEmpty)
      throw valueError('AuthorityInfoAccess', inner.offset, 'at least one description', 'none')
    const descriptions: AccessDescription[] = []
    while (!inner.isEmpty) {
      if (descriptions.length === MAX_DESCRIPTIONS) {
        const expected = `at most ${MAX_DESCRIPTIONS} descriptions`
        throw valueError('AuthorityInfoAccess', inner.offset, expected, 'more')
      }
      descriptions.push(
        inner.readWithin(TAG.sequence, 'AccessDescription', (description) => {
          const accessMethod = description.readOid('accessMethod')
          const accessLocation = Object.freeze(readGeneralName(description, 'accessLocation'))
          return Object.freeze({ accessMethod, accessLocation })
        }),
      )
    }
    return Object.freeze(descriptions)
  })
}
