// extKeyUsage: purposes by OID in their order, at least one.

import { describe, expect, test } from 'vitest'
import { readWhole, thrownBy } from '../../../../../test/support/certificate-der.ts'
import { TAG } from '../../der/tag.ts'
import { writeElement, writeOid, writeSequence, writeSet } from '../../der/writer.ts'
import { readExtKeyUsage } from './ext-key-usage.ts'

const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2'
const ANY = '2.5.29.37.0'

describe('extKeyUsage', () => {
  test.each([[[CLIENT_AUTH]], [[ANY]], [['1.2.3', CLIENT_AUTH]], [[CLIENT_AUTH, CLIENT_AUTH]]])(
    'reads %j as it stands',
    (purposes) => {
      expect(readWhole(writeSequence(...purposes.map(writeOid)), readExtKeyUsage)).toEqual(purposes)
    },
  )

  test('refuses an empty list', () => {
    expect(thrownBy(() => readWhole(writeSequence(), readExtKeyUsage))).toMatchObject({
      code: 'ERR_DER_VALUE',
      details: { reading: 'ExtKeyUsageSyntax', found: 'none' },
    })
  })

  test.each([
    ['an empty OID', writeSequence(writeElement(TAG.oid, new Uint8Array(0))), 'ERR_DER_VALUE'],
    ['an OID that does not end', writeSequence(writeElement(TAG.oid, Uint8Array.of(0x80))), 'ERR_DER_VALUE'],
    [
      'a nested list',
      writeSequence(writeOid(CLIENT_AUTH), writeSequence(writeOid(ANY))),
      'ERR_DER_UNEXPECTED_TAG',
    ],
    ['a SET', writeSet(writeOid(CLIENT_AUTH)), 'ERR_DER_UNEXPECTED_TAG'],
    ['a bare OID', writeOid(CLIENT_AUTH), 'ERR_DER_UNEXPECTED_TAG'],
  ])('refuses %s', (_, der, code) => {
    expect(thrownBy(() => readWhole(der, readExtKeyUsage))).toMatchObject({ code })
  })
})
