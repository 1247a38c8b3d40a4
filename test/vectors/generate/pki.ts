// The certificates of the vectors. Keys are new at every run: each file carries the anchors that its tokens need.

import { createTestCa, type TestCertificate, type TestKeyType } from 'ingam/testing'
import {
  generateKeyPair,
  writeBasicConstraints,
  writeCertificate,
  writeName,
  writeSubjectAltName,
} from '../../../packages/ingam/src/testing/certificate-writer.ts'
import { encodePem } from '../../../packages/ingam/src/x509/pem.ts'
import { AT } from '../../support/forge.ts'

export const HOUR = 3_600_000

/** The names that clients bear unless a case is about names. */
export const NAMES = { name: 'client', uris: ['spiffe://example/client'] } as const
/** What tokens of such clients have as `sub`. */
export const SUBJECT = 'uri:spiffe://example/client'

export const root: TestCertificate = await createTestCa({ at: AT, name: 'Vector Root' })
export const intermediate: TestCertificate = await root.issue({
  kind: 'ca',
  name: 'Vector Intermediate',
  pathLenConstraint: 0,
})
/** Right below the root, so that a token has few bytes to look at. */
export const client: TestCertificate = await root.issue(NAMES)
/** With a certificate between itself and the root. */
export const deepClient: TestCertificate = await intermediate.issue(NAMES)
/** Another holder of a genuine certificate. */
export const other: TestCertificate = await root.issue({ name: 'other', uris: ['spiffe://example/other'] })
/** A root that nobody trusts. */
export const stranger: TestCertificate = await createTestCa({ at: AT, name: 'Stranger' })
/** One that nobody trusts, under the name of the trusted one. */
export const impostor: TestCertificate = await createTestCa({ at: AT, name: 'Vector Root' })

const holders = new Map<TestKeyType, Promise<TestCertificate>>([['P-256', Promise.resolve(client)]])

/** A client with a key of this kind, below the root; the same each time. */
export async function holderOf(keyType: TestKeyType): Promise<TestCertificate> {
  const made = holders.get(keyType) ?? root.issue({ ...NAMES, keyType })
  holders.set(keyType, made)
  return await made
}

/** A CA that certifies whatever key it is given, and the certificate that it made for this one. */
export async function carelessly(
  spki: Uint8Array,
): Promise<{ readonly anchorPem: string; readonly der: Uint8Array }> {
  const keys = await generateKeyPair('P-256')
  const issuer = writeName('Careless CA')
  const shared = {
    version: 3,
    serialNumber: Uint8Array.of(1),
    issuer,
    notBefore: new Date(AT.getTime() - HOUR),
    notAfter: new Date(AT.getTime() + HOUR),
  } as const
  const anchor = await writeCertificate(
    {
      ...shared,
      subject: issuer,
      subjectPublicKeyInfo: keys.subjectPublicKeyInfo,
      extensions: [{ oid: '2.5.29.19', critical: true, value: writeBasicConstraints('ca') }],
    },
    keys,
  )
  const extension = { oid: '2.5.29.17', value: writeSubjectAltName(NAMES) ?? new Uint8Array(0) }
  const leaf = {
    ...shared,
    subject: writeName('client'),
    subjectPublicKeyInfo: spki,
    extensions: [extension],
  }
  return { anchorPem: encodePem('CERTIFICATE', anchor), der: await writeCertificate(leaf, keys) }
}
