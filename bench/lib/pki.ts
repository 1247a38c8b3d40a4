// A small PKI as services have it: a root, an intermediate CA, and leaves of a kilobyte or less with the extensions that
// public and private CAs write.

import {
  createTestCa,
  type IssueOptions,
  type TestCertificate,
  type TestExtension,
  type TestKeyType,
} from 'ingam/testing'

/** The algorithms that are measured, with their keys. */
export const ALGORITHMS = {
  ES256: 'P-256',
  Ed25519: 'Ed25519',
  RS256: 'RSA-2048',
  PS256: 'RSA-2048',
} as const satisfies Record<string, TestKeyType>

export type Algorithm = keyof typeof ALGORITHMS

export interface Pki {
  readonly algorithm: Algorithm
  readonly keyType: TestKeyType
  readonly root: TestCertificate
  readonly intermediate: TestCertificate
  readonly leaf: TestCertificate
}

export const AUDIENCE = 'https://api.example'

export async function createPki(algorithm: Algorithm): Promise<Pki> {
  const keyType = ALGORITHMS[algorithm]
  const root = await createTestCa({ keyType, name: 'Example Root CA' })
  const intermediate = await issueIntermediate(root, keyType)
  const leaf = await issueLeaf(intermediate, keyType, 0)
  return { algorithm, keyType, root, intermediate, leaf }
}

export async function issueIntermediate(
  root: TestCertificate,
  keyType: TestKeyType,
  options: IssueOptions = {},
): Promise<TestCertificate> {
  return await root.issue({
    kind: 'ca',
    keyType,
    name: 'Example Issuing CA 1',
    pathLenConstraint: 0,
    extensions: whereToLook('root'),
    ...options,
  })
}

export async function issueLeaf(
  issuer: TestCertificate,
  keyType: TestKeyType,
  number: number,
  options: IssueOptions = {},
): Promise<TestCertificate> {
  const name = `client-${String(number).padStart(6, '0')}`
  return await issuer.issue({
    keyType,
    name,
    uris: [`spiffe://example/ns/payments/sa/${name}`],
    dns: [`${name}.clients.example`],
    extensions: whereToLook('issuing-1'),
    ...options,
  })
}

// Nobody fetches these: they are here for their weight.
function whereToLook(ca: string): readonly TestExtension[] {
  const uri = (url: string): Uint8Array => tlv(0x86, new TextEncoder().encode(url))
  const caIssuers = tlv(0x06, Uint8Array.of(0x2b, 6, 1, 5, 5, 7, 0x30, 2))
  const access = tlv(0x30, tlv(0x30, caIssuers, uri(`http://pki.example/ca/${ca}.cer`)))
  const point = tlv(0x30, tlv(0xa0, tlv(0xa0, uri(`http://pki.example/crl/${ca}.crl`))))
  return [
    { oid: '1.3.6.1.5.5.7.1.1', value: access },
    { oid: '2.5.29.31', value: tlv(0x30, point) },
  ]
}

function tlv(tag: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const content = parts.flatMap((part) => [...part])
  if (content.length > 127) throw new Error('too long for a length of one byte')
  return Uint8Array.from([tag, content.length, ...content])
}
