// Every list of NIST PKITS is read, those that are wrong on purpose as well: their form is right, and their signature,
// issuer, dates or critical extensions are not. One alone is wrong in its form. What they say is judged in pkits.test.ts.

import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { readCrl } from '../../packages/ingam/src/node/revocation/read-crl.ts'
import { type CertificateList, parseCrl } from '../../packages/ingam/src/x509/crl.ts'
import { thrownBy } from '../support/certificate-der.ts'
import { describeWith } from '../support/requires.ts'

// A signature with an unused bit (case 4.4.2).
const MALFORMED = 'BadCRLSignatureCACRL'

describeWith(['pkits'], 'the lists of NIST PKITS', ({ pkits }) => {
  const suite: { readonly crlData: Readonly<Record<string, string>> } = JSON.parse(
    readFileSync(pkits, 'utf8'),
  )
  const lists = new Map(
    Object.entries(suite.crlData).map(([name, data]) => [name, Uint8Array.from(Buffer.from(data, 'base64'))]),
  )
  const derOf = (name: string): Uint8Array => lists.get(name) ?? new Uint8Array(0)

  test('are 173, each read but one', async () => {
    expect(lists.size).toBe(173)
    for (const [name, der] of lists) {
      if (name === MALFORMED) continue
      const list = parseCrl(der)
      expect([name, list.der]).toEqual([name, der])
      expect(partsOf(await readCrl(der))).toEqual(partsOf(list))
    }
  })

  test('the other one is malformed', async () => {
    const refused = { code: 'ERR_DER_VALUE', details: { reading: 'signatureValue', found: '1 unused bits' } }
    expect(thrownBy(() => parseCrl(derOf(MALFORMED)))).toMatchObject(refused)
    await expect(readCrl(derOf(MALFORMED))).rejects.toMatchObject(refused)
  })

  test.each([
    ['UnknownCRLExtensionCACRL', ['2.16.840.1.101.2.1.12.2']],
    ['UnknownCRLEntryExtensionCACRL', ['2.16.840.1.101.2.1.12.2']],
    ['GoodCACRL', []],
  ])('%s has critical extensions that nobody knows: %j', (name, oids) => {
    expect(parseCrl(derOf(name)).unknownCritical).toEqual(oids)
  })
})

function partsOf(list: CertificateList): object {
  return { ...list, find: undefined }
}
