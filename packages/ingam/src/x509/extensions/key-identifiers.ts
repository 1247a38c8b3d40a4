// Layer: x509. subjectKeyIdentifier and authorityKeyIdentifier (RFC 5280 §4.2.1.1, §4.2.1.2), shape only. They help to
// find an issuer and never decide.

import { type DerReader, valueError } from '../../der/reader.ts'
import { contextTag, TAG } from '../../der/tag.ts'
import { type GeneralName, MAX_NAMES_OF_ONE, readGeneralNames } from '../general-name.ts'

/** Hints at the key that signed. */
export interface AuthorityKeyIdentifier {
  readonly keyIdentifier?: Uint8Array
  readonly authorityCertIssuer?: readonly GeneralName[]
  readonly authorityCertSerialNumber?: Uint8Array
}

/** Reads the extension's value. */
export function readSubjectKeyIdentifier(reader: DerReader): Uint8Array {
  return reader.readOctetString('SubjectKeyIdentifier')
}

/** Reads the extension's value. */
export function readAuthorityKeyIdentifier(reader: DerReader): AuthorityKeyIdentifier {
  return reader.readWithin(TAG.sequence, 'AuthorityKeyIdentifier', (inner) => {
    const start = inner.offset
    const keyIdentifier =
      inner.peekTag() === contextTag(0, 'primitive') ? inner.readElement('keyIdentifier').content : undefined
    const authorityCertIssuer =
      inner.peekTag() === contextTag(1, 'constructed')
        ? inner.readWithin(contextTag(1, 'constructed'), 'authorityCertIssuer', (names) =>
            readGeneralNames(names, 'authorityCertIssuer', MAX_NAMES_OF_ONE),
          )
        : undefined
    const authorityCertSerialNumber =
      inner.peekTag() === contextTag(2, 'primitive')
        ? inner.readInteger('authorityCertSerialNumber', contextTag(2, 'primitive'))
        : undefined
    // RFC 5280 §4.2.1.1: issuer and serial number both or neither.
    if ((authorityCertIssuer === undefined) !== (authorityCertSerialNumber === undefined)) {
      throw valueError(
        'AuthorityKeyIdentifier',
        start,
        'issuer and serial number both or neither',
        'one of them',
      )
    }
    return Object.freeze({
      ...(keyIdentifier && { keyIdentifier }),
      ...(authorityCertIssuer && { authorityCertIssuer }),
      ...(authorityCertSerialNumber && { authorityCertSerialNumber }),
    })
  })
}
