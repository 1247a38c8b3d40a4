// Credentials: a key and a certificate that fit, in the right order, for a certificate that may sign; nothing secret
// comes out again.

import { inspect } from 'node:util'
import { describe, expect, test } from 'vitest'
import { platform } from '#platform'
import { KEY_TYPES } from '../../../../test/support/algorithms.ts'
import { untyped } from '../../../../test/support/certificate-der.ts'
import { codeOf } from '../../../../test/support/codes.ts'
import { createTestCa, type TestCertificate } from '../testing/test-ca.ts'
import { schemeOf, TOKEN_ALGORITHMS } from './algorithms.ts'
import { type CreateCredentialOptions, createCredential } from './credential.ts'

// The AlgorithmIdentifier of a PKCS#8 key, both of one length: SEQUENCE, OID, NULL.
const RSA_ENCRYPTION = Uint8Array.from([
  0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00,
])
const ID_RSASSA_PSS = RSA_ENCRYPTION.with(12, 0x0a)

function replaceOnce(bytes: Uint8Array, from: Uint8Array, to: Uint8Array): Uint8Array {
  const at = bytes.findIndex((_, index) => from.every((byte, offset) => bytes[index + offset] === byte))
  if (at < 0) throw new Error('nothing to replace')
  const changed = Uint8Array.from(bytes)
  changed.set(to, at)
  return changed
}

const root = await createTestCa({ name: 'Root' })
const issuer = await root.issue({ kind: 'ca', name: 'Issuer' })
const leaf = await issuer.issue({ name: 'Leaf', uris: ['spiffe://example/client'], dns: ['client.example'] })
const other = await issuer.issue({ name: 'Other' })
const rsa = await issuer.issue({ name: 'Rsa', keyType: 'RSA-2048' })
const ed25519 = await issuer.issue({ name: 'Ed', keyType: 'Ed25519' })
const ca = await root.issue({ kind: 'ca', name: 'Ca' })
const server = await issuer.issue({ name: 'Server', extKeyUsage: ['1.3.6.1.5.5.7.3.1'] })
const weak = await issuer.issue({ name: 'Weak', keyType: 'RSA-1024' })
const p384 = await issuer.issue({ name: 'P-384', keyType: 'P-384' })

function optionsFor(certificate: TestCertificate, more: object = {}): CreateCredentialOptions {
  return {
    certificate: certificate.der,
    chain: issuer.pem,
    privateKey: certificate.privateKeyPem,
    ...more,
  }
}

async function refusalFor(options: unknown): Promise<unknown> {
  try {
    return await createCredential(untyped(options))
  } catch (error) {
    return error
  }
}

describe('is made', () => {
  test.each(TOKEN_ALGORITHMS)(
    'to sign by %s, and the platform verifies what it signed',
    async (algorithm) => {
      const certificate = await issuer.issue({ keyType: KEY_TYPES[algorithm] })
      const credential = await createCredential(optionsFor(certificate, { algorithm }))
      expect(credential).toMatchObject({ algorithm })
      const data = Uint8Array.of(1, 2, 3)
      const signature = await credential.sign(data)
      const scheme = schemeOf(algorithm)
      const spki = certificate.certificate.subjectPublicKeyInfo.der
      const key = await platform.importPublicKey(spki, scheme)
      if (key === undefined) throw new Error('the key was imported before')
      expect(await platform.verifySignature(scheme, key, data, signature)).toBe(true)
      expect(await platform.verifySignature(scheme, key, data.with(1, 3), signature)).toBe(false)
    },
  )

  test('with a key that is marked for PSS, also where its PKCS#8 says so', async () => {
    const pss = await issuer.issue({ keyType: 'id-RSASSA-PSS-2048-SHA-256' })
    expect(await createCredential(optionsFor(pss))).toMatchObject({ algorithm: 'PS256' })
    expect(await refusalFor(optionsFor(pss, { algorithm: 'RS256' }))).toMatchObject({ code: 'ERR_ARG_VALUE' })
    expect(await refusalFor(optionsFor(pss, { algorithm: 'PS384' }))).toMatchObject({ code: 'ERR_ARG_VALUE' })
    const marked = replaceOnce(pss.privateKeyPkcs8, RSA_ENCRYPTION, ID_RSASSA_PSS)
    expect(await createCredential(optionsFor(pss, { privateKey: marked }))).toMatchObject({
      algorithm: 'PS256',
    })
    expect(await refusalFor(optionsFor(rsa, { privateKey: marked }))).toMatchObject({
      code: 'ERR_KEY_MISMATCH',
    })
  })

  test('under the older name of Ed25519 where that is asked for', async () => {
    expect(await createCredential(optionsFor(ed25519, { algorithm: 'EdDSA' }))).toMatchObject({
      algorithm: 'EdDSA',
    })
  })

  test.each([
    ['P-256', leaf, 'ES256'],
    ['P-384', p384, 'ES384'],
    ['RSA', rsa, 'PS256'],
    ['Ed25519', ed25519, 'Ed25519'],
  ] as const)('of %s with its usual algorithm', async (_, certificate, algorithm) => {
    const credential = await createCredential(optionsFor(certificate))
    expect(credential).toMatchObject({ kind: 'credential', algorithm })
    expect(credential.certificates.map(({ der }) => der)).toEqual([certificate.der, issuer.der])
    expect(Object.isFrozen(credential)).toBe(true)
  })

  test('with RS256 where that is asked for', async () => {
    expect(await createCredential(optionsFor(rsa, { algorithm: 'RS256' }))).toMatchObject({
      algorithm: 'RS256',
    })
  })

  test('of one bundle, and of a leaf alone', async () => {
    const bundle = await createCredential({
      certificate: leaf.pem + issuer.pem + root.pem,
      privateKey: leaf.privateKeyPem,
    })
    expect(bundle.certificates).toHaveLength(3)
    const alone = await createCredential({ certificate: leaf.pem, privateKey: leaf.privateKeyPkcs8 })
    expect(alone.certificates).toHaveLength(1)
  })

  test('under the first name of the certificate, or under another that it bears', async () => {
    expect(await createCredential(optionsFor(leaf))).toMatchObject({ subject: 'uri:spiffe://example/client' })
    const subject = 'dns:client.example'
    expect(await createCredential(optionsFor(leaf, { subject }))).toMatchObject({ subject })
    expect((await createCredential(optionsFor(other))).subject).toMatch(/^x509-sha256:[\w-]{43}$/u)
  })
})

describe('is refused', () => {
  test.each([
    ["another certificate's key", { privateKey: other.privateKeyPem }, 'ERR_KEY_MISMATCH'],
    ['a key of another kind', { privateKey: rsa.privateKeyPem }, 'ERR_KEY_MISMATCH'],
    ['a key of another curve', { privateKey: p384.privateKeyPem }, 'ERR_KEY_MISMATCH'],
    ["the issuer's key", { privateKey: issuer.privateKeyPem }, 'ERR_CREDENTIAL_CHAIN'],
    ['a certificate as key', { privateKey: leaf.pem }, 'ERR_KEY_FORMAT'],
    ['a key as certificate', { certificate: leaf.privateKeyPem }, 'ERR_PEM_LABEL'],
    ['nothing as certificate', { certificate: '' }, 'ERR_INPUT_EMPTY'],
    ['no certificate', { certificate: undefined }, 'ERR_ARG_REQUIRED'],
    ['no key', { privateKey: undefined }, 'ERR_ARG_REQUIRED'],
    ['an unknown option', { passphrase: 'x' }, 'ERR_ARG_UNKNOWN_OPTION'],
    ['an algorithm that does not exist', { algorithm: 'HS256' }, 'ERR_ARG_UNSUPPORTED'],
    ['an algorithm that is no text', { algorithm: 5 }, 'ERR_ARG_UNSUPPORTED'],
    ['an algorithm of another key', { algorithm: 'Ed25519' }, 'ERR_ARG_VALUE'],
    ['a name that it does not bear', { subject: 'dns:other.example' }, 'ERR_ARG_VALUE'],
    ['the common name', { subject: 'Leaf' }, 'ERR_ARG_VALUE'],
    ['a name that is no text', { subject: 5 }, 'ERR_ARG_VALUE'],
    ['null for a name', { subject: null }, 'ERR_ARG_VALUE'],
    ["a stranger's CA in the chain", { chain: other.pem }, 'ERR_CREDENTIAL_CHAIN'],
  ])('with %s', async (_, more, code) => {
    expect(await refusalFor(optionsFor(leaf, more))).toMatchObject({ code })
  })

  test.each([
    ['a CA', ca, 'ERR_CREDENTIAL_SIGNER'],
    ['a server', server, 'ERR_CREDENTIAL_SIGNER'],
    ['a key that is too weak', weak, 'ERR_KEY_UNSUPPORTED'],
  ])('for %s', async (_, certificate, code) => {
    expect(
      await codeOf(() =>
        createCredential({ certificate: certificate.der, privateKey: certificate.privateKeyPem }),
      ),
    ).toBe(code)
  })

  test('with the order of the chain wrong, in words of its own', async () => {
    const certificate = issuer.pem + leaf.pem
    expect(await refusalFor({ certificate, privateKey: leaf.privateKeyPem })).toMatchObject({
      code: 'ERR_CREDENTIAL_CHAIN',
      details: {
        subject: 'CN=Issuer',
        problem: expect.stringContaining('is a CA and stands first; "CN=Leaf" below it'),
      },
    })
  })

  test('with two signers, the key being that of the second', async () => {
    const certificate = other.pem + leaf.pem
    expect(await refusalFor({ certificate, privateKey: leaf.privateKeyPem })).toMatchObject({
      code: 'ERR_CREDENTIAL_CHAIN',
      details: { problem: expect.stringContaining('belongs to "CN=Leaf" below it') },
    })
  })

  test('with more certificates than a token carries', async () => {
    const chain = (count: number): string => issuer.pem.repeat(count)
    expect(await codeOf(() => createCredential(optionsFor(leaf, { chain: chain(9) })))).toBe('accepted')
    expect(await codeOf(() => createCredential(optionsFor(leaf, { chain: chain(10) })))).toBe(
      'ERR_CREDENTIAL_CHAIN',
    )
  })
})

test('keeps its key to itself', async () => {
  const credential = await createCredential(optionsFor(leaf))
  const shown = inspect(credential, { depth: 9, showHidden: true }) + JSON.stringify(credential)
  const key = Buffer.from(leaf.privateKeyPkcs8)
  for (const secret of [key.toString('base64').slice(40, 80), key.toString('hex').slice(80, 120)]) {
    expect(shown).not.toContain(secret)
  }
  expect(shown).not.toContain('PRIVATE')
})
