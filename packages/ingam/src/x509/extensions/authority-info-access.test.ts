// authorityInfoAccess: methods with their places, at least one.

import { describe, expect, test } from 'vitest'
import { readWhole, thrownBy } from '../../../../../test/support/certificate-der.ts'
import { writeImplicit, writeNull, writeOid, writeSequence } from '../../der/writer.ts'
import { OCSP_ACCESS, readAuthorityInfoAccess } from './authority-info-access.ts'

const location = writeImplicit(6, new TextEncoder().encode('http://ocsp.example/'))
const description = writeSequence(writeOid(OCSP_ACCESS), location)

describe('authorityInfoAccess', () => {
  test('is read with every method, known or not', () => {
    const other = writeSequence(writeOid('1.2.3'), location)
    expect(readWhole(writeSequence(description, other), readAuthorityInfoAccess)).toMatchObject([
      {
        accessMethod: OCSP_ACCESS,
        accessLocation: { kind: 'uniformResourceIdentifier', value: 'http://ocsp.example/' },
      },
      { accessMethod: '1.2.3' },
    ])
  })

  test.each<[string, Uint8Array, string]>([
    ['no description', writeSequence(), 'ERR_DER_VALUE'],
    ['no place', writeSequence(writeSequence(writeOid(OCSP_ACCESS))), 'ERR_DER_VALUE'],
    ['no method', writeSequence(writeSequence(location)), 'ERR_DER_UNEXPECTED_TAG'],
    [
      'two places',
      writeSequence(writeSequence(writeOid(OCSP_ACCESS), location, location)),
      'ERR_DER_TRAILING_DATA',
    ],
    ['NULL', writeNull(), 'ERR_DER_UNEXPECTED_TAG'],
  ])('%s is refused', (_what, der, code) => {
    expect(thrownBy(() => readWhole(der, readAuthorityInfoAccess))).toMatchObject({ code })
  })

  test('32 are read, and 33 refused', () => {
    const many = (count: number): Uint8Array =>
      writeSequence(...Array.from({ length: count }, () => description))
    expect(readWhole(many(32), readAuthorityInfoAccess)).toHaveLength(32)
    expect(thrownBy(() => readWhole(many(33), readAuthorityInfoAccess))).toMatchObject({
      code: 'ERR_DER_VALUE',
    })
  })
})
