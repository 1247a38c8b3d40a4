// Files: bounded, named in every refusal; encrypted keys with their passphrase.

import { createPrivateKey } from 'node:crypto'
import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { afterAll, describe, expect, test } from 'vitest'
import { untyped } from '../../../../test/support/certificate-der.ts'
import { createTestCa } from '../testing/test-ca.ts'
import { loadCertificates, loadCredential, loadTrustAnchors } from './index.ts'

const folder = await mkdtemp(join(tmpdir(), 'ingam-files-'))
afterAll(async () => await rm(folder, { recursive: true }))

const root = await createTestCa({ name: 'Root' })
const issuer = await root.issue({ kind: 'ca', name: 'Issuer' })
const leaf = await issuer.issue({ name: 'Leaf' })
const PASSPHRASE = 'correct horse battery staple'
const keyObject = createPrivateKey(leaf.privateKeyPem)
const ENCRYPTION = { type: 'pkcs8', cipher: 'aes-256-cbc', passphrase: PASSPHRASE } as const

async function file(name: string, content: string | Uint8Array): Promise<string> {
  const path = join(folder, name)
  await writeFile(path, content)
  return path
}

const certificate = await file('leaf.pem', leaf.pem)
const privateKey = await file('leaf.key', leaf.privateKeyPem)
const chain = await file('chain.pem', `a comment\r\n${issuer.pem.replaceAll('\n', '\r\n')}`)
const encryptedPem = await file('encrypted.key', keyObject.export({ ...ENCRYPTION, format: 'pem' }))
const encryptedDer = await file('encrypted.der', keyObject.export({ ...ENCRYPTION, format: 'der' }))

async function refusalOfFiles(options: unknown): Promise<unknown> {
  try {
    return await loadCredential(untyped(options))
  } catch (error) {
    return error
  }
}

describe('a credential', () => {
  test('is loaded from PEM with its chain', async () => {
    const credential = await loadCredential({ certificate, privateKey, chain })
    expect(credential.certificates.map(({ der }) => der)).toEqual([leaf.der, issuer.der])
  })

  test('is loaded from DER', async () => {
    const der = {
      certificate: await file('leaf.der', leaf.der),
      privateKey: await file('key.der', leaf.privateKeyPkcs8),
    }
    expect((await loadCredential(der)).certificates).toHaveLength(1)
  })

  test.each([
    ['PEM', encryptedPem],
    ['DER', encryptedDer],
  ])('is loaded with an encrypted key in %s and its passphrase', async (_, path) => {
    for (const passphrase of [PASSPHRASE, new TextEncoder().encode(PASSPHRASE)]) {
      expect(await loadCredential({ certificate, privateKey: path, passphrase })).toMatchObject({
        algorithm: 'ES256',
      })
    }
  })

  test('does not need the passphrase that was given', async () => {
    expect(await loadCredential({ certificate, privateKey, passphrase: 'x' })).toMatchObject({
      kind: 'credential',
    })
  })

  test.each([
    [
      'a wrong passphrase',
      { privateKey: encryptedPem, passphrase: `${PASSPHRASE}!` },
      'ERR_KEY_PASSPHRASE',
      encryptedPem,
    ],
    ['an empty passphrase', { privateKey: encryptedDer, passphrase: '' }, 'ERR_KEY_PASSPHRASE', encryptedDer],
    ['no passphrase', { privateKey: encryptedPem }, 'ERR_KEY_ENCRYPTED', encryptedPem],
    ['a certificate as key', { privateKey: certificate }, 'ERR_KEY_FORMAT', certificate],
    ['a key as certificate', { certificate: privateKey }, 'ERR_PEM_LABEL', privateKey],
    ['a key as chain', { chain: privateKey }, 'ERR_PEM_LABEL', privateKey],
  ])('with %s is refused by the name of the file', async (_, more, code, source) => {
    const error = await refusalOfFiles({ certificate, privateKey, ...more })
    expect(error).toMatchObject({ code, source, message: expect.stringContaining(`${source}: `) })
    expect(inspect(error, { depth: 9 })).not.toContain(PASSPHRASE)
  })

  test.each([
    ['no certificate', { certificate: undefined }, 'ERR_ARG_REQUIRED'],
    ['no key', { privateKey: undefined }, 'ERR_ARG_REQUIRED'],
    ['an empty path', { certificate: '' }, 'ERR_ARG_TYPE'],
    ['bytes for a path', { certificate: leaf.der }, 'ERR_ARG_TYPE'],
    ['a number for a chain', { chain: 3 }, 'ERR_ARG_TYPE'],
    ['an unknown option', { passPhrase: 'x' }, 'ERR_ARG_UNKNOWN_OPTION'],
  ])('with %s is a wrong call', async (_, more, code) => {
    expect(await refusalOfFiles({ certificate, privateKey, ...more })).toMatchObject({
      code,
      name: 'ArgumentError',
    })
  })
})

describe('trust anchors', () => {
  test('are loaded from one file or several, in order', async () => {
    const bundle = await file('bundle.pem', `# two\n${root.pem}\n# and\n${issuer.pem}`)
    expect((await loadTrustAnchors(bundle)).map(({ der }) => der)).toEqual([root.der, issuer.der])
    const rootDer = await file('root.der', root.der)
    expect((await loadTrustAnchors([rootDer, bundle])).map(({ der }) => der)).toEqual([
      root.der,
      root.der,
      issuer.der,
    ])
  })

  test.each([
    ['no file', [], 'ERR_ARG_VALUE'],
    ['nothing', undefined, 'ERR_ARG_VALUE'],
    ['a number', 5, 'ERR_ARG_VALUE'],
    ['null within', [null], 'ERR_ARG_TYPE'],
    ['an empty path', '', 'ERR_ARG_TYPE'],
  ])('of %s are a wrong call', async (_, paths, code) => {
    await expect(loadTrustAnchors(untyped(paths))).rejects.toMatchObject({ code })
  })
})

describe('a file', () => {
  test.each([
    ['that is missing', join(folder, 'missing.pem'), 'no such file'],
    ['that is a folder', folder, 'is a folder'],
    ['below a file', join(certificate, 'x.pem'), 'a part of the path is not a folder'],
    ['with NUL in its name', 'a\0b', 'cannot be read (ERR_INVALID_ARG_VALUE)'],
  ])('%s is named with its problem', async (_, path, problem) => {
    await expect(loadTrustAnchors(path)).rejects.toMatchObject({
      code: 'ERR_FILE_READ',
      details: { problem },
    })
  })

  test('without content is refused by its name', async () => {
    const empty = await file('empty.pem', '')
    await expect(loadTrustAnchors(empty)).rejects.toMatchObject({ code: 'ERR_INPUT_EMPTY', source: empty })
  })

  test('of 4 MiB is read, one byte more is refused', async () => {
    const large = await file('large.pem', root.pem)
    await truncate(large, 4_194_304)
    await expect(loadTrustAnchors(large)).rejects.not.toMatchObject({ code: 'ERR_FILE_LIMIT' })
    const padding = '#'.repeat(4_194_304 - root.pem.length - 1)
    expect(await loadTrustAnchors(await file('full.pem', `${root.pem}${padding}\n`))).toHaveLength(1)
    await truncate(large, 4_194_305)
    await expect(loadTrustAnchors(large)).rejects.toMatchObject({
      code: 'ERR_FILE_LIMIT',
      details: { path: large, maximum: 4_194_304 },
    })
  })

  test('without end is read up to the limit', async () => {
    await expect(loadTrustAnchors('/dev/zero')).rejects.toMatchObject({ code: 'ERR_FILE_LIMIT' })
  })
})

describe('certificates', () => {
  test('of a file come in its order', async () => {
    const bundle = await file('bundle.pem', leaf.pem + issuer.pem)
    expect((await loadCertificates(bundle)).map(({ der }) => der)).toEqual([leaf.der, issuer.der])
  })

  test.each([
    ['no file', join(folder, 'none.pem'), 'ERR_FILE_READ'],
    ['a key', privateKey, 'ERR_PEM_LABEL'],
    ['no path', undefined, 'ERR_ARG_REQUIRED'],
    ['several paths', [certificate], 'ERR_ARG_TYPE'],
  ])('are refused for %s', async (_, path, code) => {
    await expect(loadCertificates(untyped(path))).rejects.toMatchObject({ code })
  })
})
