// Chains made by the package @peculiar/x509: read with the same fields as that package reads, verified, and
// used to sign tokens; and certificates of the test CA as that package reads them.

import 'reflect-metadata'
import {
  BasicConstraintsExtension,
  ExtendedKeyUsageExtension,
  Extension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509'
import { createCredential, createVerifier, signToken } from 'ingam'
import { createTestCa } from 'ingam/testing'
import { type Certificate, formatGeneralName, formatName, parseCertificate, verifyPath } from 'ingam/x509'
import { beforeAll, describe, expect, test } from 'vitest'
import { codeOf } from '../support/codes.ts'

const AT = new Date('2026-06-01T12:00:00Z')
const AUDIENCE = 'https://api.example'
const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2'
const SERVER_AUTH = '1.3.6.1.5.5.7.3.1'
const NOT_BEFORE = new Date('2026-05-01T00:00:00Z')
const NOT_AFTER = new Date('2026-07-01T00:00:00Z')

const ALGORITHMS = {
  'P-256': { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' },
  'P-384': { name: 'ECDSA', namedCurve: 'P-384', hash: 'SHA-384' },
  RSA: {
    name: 'RSASSA-PKCS1-v1_5',
    hash: 'SHA-256',
    modulusLength: 2048,
    publicExponent: Uint8Array.of(1, 0, 1),
  },
  Ed25519: { name: 'Ed25519' },
} as const

type KeyType = keyof typeof ALGORITHMS

interface Pair {
  readonly keyType: KeyType
  readonly keys: CryptoKeyPair
  readonly certificate: X509Certificate
}

interface Options {
  readonly keyType?: KeyType
  readonly name?: string
  readonly extensions?: readonly Extension[]
}

describe.each<readonly [KeyType, string | undefined]>([
  ['P-256', 'ES256'],
  ['RSA', 'PS256'],
  ['Ed25519', 'Ed25519'],
])('%s', (keyType, algorithm) => {
  let root: Pair
  let intermediate: Pair
  let leaf: Pair

  beforeAll(async () => {
    root = await createRoot({ keyType })
    intermediate = await issue(root, { keyType, name: 'CN=Intermediate', extensions: caExtensions(0) })
    leaf = await issue(intermediate, { keyType })
  })

  test('the fields of the leaf agree', () => {
    const certificate = parse(leaf)
    const theirs = leaf.certificate
    expect(Buffer.from(certificate.serialNumber).toString('hex')).toBe(theirs.serialNumber)
    expect(certificate.notBefore).toEqual(theirs.notBefore)
    expect(certificate.notAfter).toEqual(theirs.notAfter)
    expect(Buffer.from(certificate.signatureValue)).toEqual(Buffer.from(theirs.signature))
    expect(Buffer.from(certificate.subjectPublicKeyInfo.der)).toEqual(Buffer.from(theirs.publicKey.rawData))
    expect(formatName(certificate.subject)).toBe('CN=client\\, first,O=Example')
    expect(theirs.subject).toBe('O=Example, CN=client\\, first')
    expect(formatName(certificate.issuer)).toBe(theirs.issuer)
    expect(certificate.extensions.map(({ oid, critical }) => [oid, critical])).toEqual(
      theirs.extensions.map(({ type, critical }) => [type, critical]),
    )
  })

  test('the extensions of the leaf agree', () => {
    const certificate = parse(leaf)
    const names = leaf.certificate.getExtension(SubjectAlternativeNameExtension)?.names.items
    const written = names?.map(({ type, value }) => `${type === 'url' ? 'URI' : type.toUpperCase()}:${value}`)
    expect(certificate.subjectAltName?.map(formatGeneralName)).toEqual(written)
    expect(written).toHaveLength(3)
    const purposes = leaf.certificate.getExtension(ExtendedKeyUsageExtension)?.usages
    expect(certificate.extKeyUsage).toEqual(purposes)
    expect(certificate.keyUsage).toEqual(['digitalSignature'])
    const identifier = leaf.certificate.getExtension(SubjectKeyIdentifierExtension)?.keyId
    expect(Buffer.from(certificate.subjectKeyIdentifier ?? []).toString('hex')).toBe(identifier)
  })

  test('the constraints of the intermediate agree', () => {
    const { ca, pathLength } = intermediate.certificate.getExtension(BasicConstraintsExtension) ?? {}
    expect(parse(intermediate).basicConstraints).toEqual({ cA: ca, pathLenConstraint: pathLength })
    expect(pathLength).toBe(0)
  })

  test('the path is accepted, as that package accepts its signatures', async () => {
    expect(await leaf.certificate.verify({ publicKey: intermediate.certificate, date: AT })).toBe(true)
    expect(await verdict(leaf, [intermediate], root)).toBe('accepted')
  })

  test('the path is refused with a changed byte, as that package refuses it', async () => {
    const bytes = new Uint8Array(leaf.certificate.rawData.slice(0))
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1
    const changed = { ...leaf, certificate: new X509Certificate(bytes) }
    expect(await changed.certificate.verify({ publicKey: intermediate.certificate, date: AT })).toBe(false)
    expect(await verdict(changed, [intermediate], root)).toBe('ERR_PATH_SIGNATURE')
  })

  test('the path is refused after its end, as that package refuses it', async () => {
    const at = new Date(NOT_AFTER.getTime() + 1000)
    expect(await leaf.certificate.verify({ publicKey: intermediate.certificate, date: at })).toBe(false)
    expect(await verdict(leaf, [intermediate], root, at)).toBe('ERR_PATH_EXPIRED')
  })

  test('the path is refused under another root of the same name', async () => {
    expect(await verdict(leaf, [intermediate], await createRoot({ keyType }))).toBe('ERR_PATH_SIGNATURE')
  })

  test('a token signed with its key is accepted', async () => {
    const token = await sign(leaf, [intermediate])
    await expect(verifierUnder(root).verify(token)).resolves.toMatchObject({
      algorithm,
      identity: { uris: ['spiffe://example/client'] },
    })
  })

  test('a token signed with its key is refused under another root', async () => {
    const token = await sign(leaf, [intermediate])
    const other = await createRoot({ keyType, name: 'CN=Other' })
    expect(await codeOf(() => verifierUnder(other).verify(token))).toBe('ERR_PATH_NO_ISSUER')
  })
})

describe('chains of that package', () => {
  let root: Pair

  beforeAll(async () => {
    root = await createRoot({})
  })

  test('a path through a key on P-384 with SHA-384 is accepted', async () => {
    const middle = await issue(root, { keyType: 'P-384', name: 'CN=Middle', extensions: caExtensions() })
    expect(await verdict(await issue(middle, {}), [middle], root)).toBe('accepted')
  })

  test('a certificate that a client issued is refused', async () => {
    const client = await issue(root, {})
    expect(await verdict(await issue(client, { name: 'CN=below' }), [client], root)).toBe('ERR_PATH_NOT_CA')
  })

  test('a CA below one of path length 0 is refused', async () => {
    const middle = await issue(root, { name: 'CN=Middle', extensions: caExtensions(0) })
    const lower = await issue(middle, { name: 'CN=Lower', extensions: caExtensions() })
    expect(await verdict(await issue(lower, {}), [middle, lower], root)).toBe('ERR_PATH_LENGTH')
  })

  test('a CA that may not sign certificates is refused', async () => {
    const extensions = [
      new BasicConstraintsExtension(true, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.cRLSign, true),
    ]
    const middle = await issue(root, { name: 'CN=Middle', extensions })
    expect(await verdict(await issue(middle, {}), [middle], root)).toBe('ERR_PATH_KEY_USAGE')
  })

  test('a leaf for servers alone is refused', async () => {
    const leaf = await issue(root, { extensions: [new ExtendedKeyUsageExtension([SERVER_AUTH])] })
    expect(await verdict(leaf, [], root)).toBe('ERR_PATH_PURPOSE')
  })

  test('a leaf with an unknown critical extension is refused', async () => {
    const extensions = [new Extension('1.3.6.1.4.1.99999.1', true, Uint8Array.of(5, 0))]
    expect(await verdict(await issue(root, { extensions }), [], root)).toBe('ERR_PATH_CRITICAL_EXTENSION')
  })

  test('a leaf with an unknown extension that is not critical is accepted', async () => {
    const extensions = [new Extension('1.3.6.1.4.1.99999.1', false, Uint8Array.of(5, 0))]
    expect(await verdict(await issue(root, { extensions }), [], root)).toBe('accepted')
  })

  test('a chain with a gap is refused', async () => {
    const middle = await issue(root, { name: 'CN=Middle', extensions: caExtensions() })
    expect(await verdict(await issue(middle, {}), [], root)).toBe('ERR_PATH_NO_ISSUER')
  })
})

describe('certificates of the test CA', () => {
  test('are read by that package with the same names and verify under their issuer', async () => {
    const ca = await createTestCa({ at: AT })
    const { der } = await ca.issue({ dns: ['client.example'], uris: ['spiffe://example/client'] })
    const theirs = new X509Certificate(new Uint8Array(der))
    const issuer = new X509Certificate(new Uint8Array(ca.der))
    expect(theirs.getExtension(SubjectAlternativeNameExtension)?.names.toJSON()).toEqual([
      { type: 'dns', value: 'client.example' },
      { type: 'url', value: 'spiffe://example/client' },
    ])
    expect(theirs.getExtension(ExtendedKeyUsageExtension)?.usages).toEqual([CLIENT_AUTH])
    expect(theirs.getExtension(KeyUsagesExtension)?.usages).toBe(KeyUsageFlags.digitalSignature)
    expect(await theirs.verify({ publicKey: issuer, date: AT })).toBe(true)
  })

  test('do not verify under another issuer', async () => {
    const [ca, other] = [await createTestCa({ at: AT }), await createTestCa({ at: AT })]
    const theirs = new X509Certificate(new Uint8Array((await ca.issue()).der))
    const issuer = new X509Certificate(new Uint8Array(other.der))
    expect(await theirs.verify({ publicKey: issuer, date: AT })).toBe(false)
  })
})

async function createRoot({ keyType = 'P-256', name = 'CN=Root' }: Options): Promise<Pair> {
  const keys = await createKeys(keyType)
  const certificate = await X509CertificateGenerator.createSelfSigned({
    serialNumber: '01',
    name,
    notBefore: NOT_BEFORE,
    notAfter: NOT_AFTER,
    signingAlgorithm: ALGORITHMS[keyType],
    keys,
    extensions: caExtensions(),
  })
  return { keyType, keys, certificate }
}

async function issue(issuer: Pair, options: Options): Promise<Pair> {
  const { keyType = 'P-256', name = 'O=Example, CN="client, first"' } = options
  const keys = await createKeys(keyType)
  const certificate = await X509CertificateGenerator.create({
    serialNumber: '4102',
    subject: name,
    issuer: issuer.certificate.subject,
    notBefore: NOT_BEFORE,
    notAfter: NOT_AFTER,
    signingAlgorithm: ALGORITHMS[issuer.keyType],
    publicKey: keys.publicKey,
    signingKey: issuer.keys.privateKey,
    extensions: [...(options.extensions ?? (await clientExtensions(keys.publicKey)))],
  })
  return { keyType, keys, certificate }
}

function caExtensions(pathLength?: number): Extension[] {
  return [
    new BasicConstraintsExtension(true, pathLength, true),
    new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
  ]
}

async function clientExtensions(publicKey: CryptoKey): Promise<Extension[]> {
  return [
    new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
    new ExtendedKeyUsageExtension([CLIENT_AUTH]),
    new SubjectAlternativeNameExtension([
      { type: 'url', value: 'spiffe://example/client' },
      { type: 'dns', value: 'client.example' },
      { type: 'ip', value: '192.0.2.1' },
    ]),
    await SubjectKeyIdentifierExtension.create(publicKey),
  ]
}

async function createKeys(keyType: KeyType): Promise<CryptoKeyPair> {
  const keys = await crypto.subtle.generateKey(ALGORITHMS[keyType], true, ['sign', 'verify'])
  if (!('privateKey' in keys)) throw new TypeError(`no key pair for ${keyType}`)
  return keys
}

function parse(pair: Pair): Certificate {
  return parseCertificate(new Uint8Array(pair.certificate.rawData))
}

async function verdict(leaf: Pair, between: readonly Pair[], root: Pair, at = AT): Promise<string> {
  return await codeOf(() =>
    verifyPath({
      leaf: parse(leaf),
      intermediates: between.map(parse),
      trustAnchors: [parse(root)],
      at,
      purpose: 'clientAuth',
      revocation: 'off',
    }),
  )
}

function verifierUnder(root: Pair): ReturnType<typeof createVerifier> {
  return createVerifier({
    trustAnchors: [parse(root)],
    audience: AUDIENCE,
    revocation: 'off',
    clock: () => AT,
  })
}

async function sign(leaf: Pair, between: readonly Pair[]): Promise<string> {
  const credential = await createCredential({
    certificate: [leaf, ...between].map(({ certificate }) => `${certificate.toString('pem')}\n`).join(''),
    privateKey: new Uint8Array(await crypto.subtle.exportKey('pkcs8', leaf.keys.privateKey)),
  })
  return await signToken(credential, { audience: AUDIENCE, at: AT })
}
