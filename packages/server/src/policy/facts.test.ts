// Facts come from a verified path and its own identity, and from nothing else.

import { identityOf } from 'ingam'
import { createTestCa, type TestCertificate } from 'ingam/testing'
import { type VerifiedPath, verifyPath } from 'ingam/x509'
import { expect, test } from 'vitest'
import { encodePrintedName } from './distinguished-name.ts'
import { factsOf } from './facts.ts'

const AT = new Date('2026-06-01T12:00:00Z')
const ca = await createTestCa({ at: AT, name: 'CA' })
const leaf = await ca.issue({
  name: 'client',
  uris: ['spiffe://a/b'],
  dns: ['a.example'],
  serialNumber: Uint8Array.of(0, 0x8f, 1),
  extKeyUsage: ['1.3.6.1.5.5.7.3.2', '1.3.6.1.5.5.7.3.3'],
})

async function pathOf(certificate: TestCertificate, id = 'workloads'): Promise<VerifiedPath> {
  return await verifyPath({
    leaf: certificate.der,
    trustAnchors: [{ id, certificate: ca.certificate }],
    at: AT,
    purpose: 'clientAuth',
    revocation: 'off',
  })
}

test('they say what the certificate says', async () => {
  const path = await pathOf(leaf)
  const identity = await identityOf(path)
  expect(factsOf(path, identity)).toEqual({
    ...identity,
    anchor: 'workloads',
    subject: 'CN=client',
    issuer: 'CN=CA',
    serialNumber: '8f01',
    policies: path.policies,
    extKeyUsage: ['1.3.6.1.5.5.7.3.2', '1.3.6.1.5.5.7.3.3'],
    notAfter: leaf.certificate.notAfter.getTime(),
  })
})

test('an absent extKeyUsage is an empty one, a serial number of zero stays', async () => {
  const bare = await ca.issue({ extKeyUsage: null, serialNumber: Uint8Array.of(0) })
  const path = await pathOf(bare)
  expect(factsOf(path, await identityOf(path))).toMatchObject({ extKeyUsage: [], serialNumber: '00' })
})

test('a comma in an attribute stays one', async () => {
  const subjectName = encodePrintedName(String.raw`CN=a\,O=Example`)
  if (subjectName === undefined) throw new Error('a name')
  const path = await pathOf(await ca.issue({ subjectName }))
  expect(factsOf(path, await identityOf(path)).subject).toBe(String.raw`CN=a\,O=Example`)
})

test('the identity of another certificate, or of another anchor, is refused', async () => {
  const path = await pathOf(leaf)
  const other = await pathOf(await ca.issue({ uris: ['spiffe://a/b'] }))
  const elsewhere = await pathOf(leaf, 'partners')
  for (const foreign of [other, elsewhere]) {
    const identity = await identityOf(foreign)
    expect(() => factsOf(path, identity)).toThrow(expect.objectContaining({ code: 'ERR_SERVICE_INTERNAL' }))
  }
})

test('a copy of a path is refused', async () => {
  const path = await pathOf(leaf)
  const identity = await identityOf(path)
  const copy = Object.create(path)
  expect(() => factsOf(copy, identity)).toThrow(expect.objectContaining({ code: 'ERR_SERVICE_INTERNAL' }))
})
