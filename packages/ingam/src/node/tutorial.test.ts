// The tutorial's two functions: a token of a minute for whoever pins the certificate, refusals as false, and the static
// signature only where somebody asked for it, until a date.

import { createPrivateKey, sign as signNode } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { codeOf } from '../../../../test/support/codes.ts'
import {
  AT,
  AUDIENCE,
  type ForgeOptions,
  forge,
  NOW,
  thumbprintOf,
  untyped,
} from '../../../../test/support/forge.ts'
import type { PkiError } from '../errors/errors.ts'
import { createTestCa, type TestCertificate } from '../testing/test-ca.ts'
import { signToken } from '../token/sign.ts'
import { createVerifier } from '../token/verify.ts'
import {
  createReplayStore,
  dangerouslyGenerateBareToken,
  generateToken,
  type VerifyTokenOptions,
  verifyToken,
} from './index.ts'

const folder = await mkdtemp(join(tmpdir(), 'ingam-tutorial-'))
afterAll(async () => await rm(folder, { recursive: true }))

interface Files {
  readonly made: TestCertificate
  readonly certFile: string
  readonly keyFile: string
}

async function filesOf(name: string, made: TestCertificate): Promise<Files> {
  const [certFile, keyFile] = [join(folder, `${name}.pem`), join(folder, `${name}.key`)]
  await writeFile(certFile, made.pem)
  await writeFile(keyFile, made.privateKeyPem)
  return { made, certFile, keyFile }
}

const root = await createTestCa({ at: AT })
// As `openssl req -x509` makes it: self-signed, and a CA's.
const selfSigned = await filesOf(
  'self-signed',
  await createTestCa({ at: AT, keyUsage: null, keyType: 'RSA-2048' }),
)
const client = await filesOf('client', await root.issue({ uris: ['spiffe://example/client'] }))
const server = await filesOf('server', await root.issue({ extKeyUsage: ['1.3.6.1.5.5.7.3.1'] }))
const other = await filesOf('other', await root.issue())
// The same key and names in another certificate.
const renewed = await filesOf(
  'renewed',
  await root.issue({ keyOf: client.made, uris: ['spiffe://example/client'] }),
)
const ed25519 = await filesOf('ed25519', await root.issue({ keyType: 'Ed25519' }))

/** What verifyToken says, and why. */
async function verdict(
  token: string | Uint8Array,
  { certFile }: Files,
  options: VerifyTokenOptions = {},
): Promise<string> {
  const refusals: PkiError[] = []
  const onRefusal = (refusal: PkiError): number => refusals.push(refusal)
  const accepted = await verifyToken(token, certFile, { at: AT, onRefusal, ...options })
  expect(refusals).toHaveLength(accepted ? 0 : 1)
  return accepted ? 'accepted' : (refusals[0]?.code ?? '')
}

/** A token of the client's for whoever pins it, with the alterations. */
async function forgePinned(options: ForgeOptions = {}): Promise<string> {
  return await forge(client.made, {
    ...options,
    header: {
      typ: 'cert-auth-pinned+jwt',
      x5c: undefined,
      'x5t#S256': await thumbprintOf(client.made),
      ...options.header,
    },
    claims: { aud: undefined, exp: NOW + 60, ...options.claims },
  })
}

const later = (seconds: number): Date => new Date(AT.getTime() + seconds * 1000)

describe('a token', () => {
  test.each([
    ['of a client', client],
    ['of a self-signed CA', selfSigned],
    ['of a server', server],
    ['of Ed25519', ed25519],
  ])('%s is accepted by whoever pins its certificate, and by nobody else', async (_, files) => {
    const token = await generateToken(files.certFile, files.keyFile, { at: AT })
    expect(await verdict(token, files)).toBe('accepted')
    expect(await verdict(token, other)).toBe('ERR_TOKEN_UNKNOWN_THUMBPRINT')
  })

  test('is pinned to all bytes of its certificate, not to its key', async () => {
    const token = await generateToken(client.certFile, client.keyFile, { at: AT })
    expect(await verdict(token, renewed)).toBe('ERR_TOKEN_UNKNOWN_THUMBPRINT')
  })

  test('differs each time, and lives for a minute with the usual tolerances', async () => {
    const make = (): Promise<string> => generateToken(client.certFile, client.keyFile, { at: AT })
    const token = await make()
    expect(await make()).not.toBe(token)
    expect(await verdict(token, client, { at: later(119.999) })).toBe('accepted')
    expect(await verdict(token, client, { at: later(120) })).toBe('ERR_TOKEN_EXPIRED')
    expect(await verdict(token, client, { at: later(-5) })).toBe('accepted')
    expect(await verdict(token, client, { at: later(-5.001) })).toBe('ERR_TOKEN_NOT_YET_VALID')
  })

  test('takes the clock of the system on both sides', async () => {
    const now = await createTestCa({ keyUsage: null })
    const files = await filesOf('now', now)
    expect(await verifyToken(await generateToken(files.certFile, files.keyFile), files.certFile)).toBe(true)
  })

  test('passes once where a store remembers it, and as often as it is sent without', async () => {
    const oneTimeUse = createReplayStore({ at: AT })
    const token = await generateToken(client.certFile, client.keyFile, { at: AT })
    expect(await verdict(token, client)).toBe('accepted')
    expect(await verdict(token, client, { oneTimeUse })).toBe('accepted')
    expect(await verdict(token, client, { oneTimeUse })).toBe('ERR_TOKEN_REPLAYED')
    expect(await verdict(token, client)).toBe('accepted')
    const older = await generateToken(client.certFile, client.keyFile, { at: later(-0.001) })
    expect(await verdict(older, client, { oneTimeUse })).toBe('ERR_TOKEN_REPLAY_EPOCH')
  })

  test('is refused by a full store', async () => {
    const oneTimeUse = createReplayStore({ at: AT, maxEntries: 1 })
    const make = (): Promise<string> => generateToken(client.certFile, client.keyFile, { at: AT })
    expect(await verdict(await make(), client, { oneTimeUse })).toBe('accepted')
    expect(await verdict(await make(), client, { oneTimeUse })).toBe('ERR_TOKEN_REPLAY_FULL')
  })

  test('is made with an encrypted key and its passphrase', async () => {
    const keyFile = join(folder, 'encrypted.key')
    const key = createPrivateKey(client.made.privateKeyPem)
    await writeFile(
      keyFile,
      key.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'secret' }),
    )
    expect(await codeOf(() => generateToken(client.certFile, keyFile, { at: AT }))).toBe('ERR_KEY_ENCRYPTED')
    const token = await generateToken(client.certFile, keyFile, { at: AT, passphrase: 'secret' })
    expect(await verdict(token, client)).toBe('accepted')
  })

  test('is made with the algorithm that is asked for', async () => {
    const token = await generateToken(selfSigned.certFile, selfSigned.keyFile, { at: AT, algorithm: 'RS256' })
    expect(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString()).toContain('"RS256"')
    expect(await verdict(token, selfSigned)).toBe('accepted')
  })
})

test('a token that nobody would accept is not made', async () => {
  const files = await filesOf('ml-dsa', await root.issue({ keyType: 'ML-DSA-44' }))
  expect(await codeOf(() => generateToken(files.certFile, files.keyFile, { at: AT }))).toBe(
    'ERR_KEY_UNSUPPORTED',
  )
})

describe('a token is refused for', () => {
  test.each<readonly [string, string, ForgeOptions]>([
    ['an audience', 'ERR_TOKEN_CLAIM_INVALID', { claims: { aud: AUDIENCE } }],
    ['a lifetime above a minute', 'ERR_TOKEN_LIFETIME', { claims: { exp: NOW + 61 } }],
    ['no jti', 'ERR_TOKEN_CLAIM_MISSING', { claims: { jti: undefined } }],
    ['no iat', 'ERR_TOKEN_CLAIM_MISSING', { claims: { iat: undefined } }],
    ['a subject that it does not bear', 'ERR_TOKEN_SUBJECT', { claims: { sub: 'dns:x', iss: 'dns:x' } }],
    ['a binding that nobody checks', 'ERR_TOKEN_BINDING', { claims: { htm: 'GET' } }],
    ['the type of another profile', 'ERR_TOKEN_TYPE', { header: { typ: 'cert-auth+jwt' } }],
    ['the type JWT', 'ERR_TOKEN_TYPE', { header: { typ: 'JWT' } }],
    ['alg none', 'ERR_TOKEN_ALGORITHM', { header: { alg: 'none' } }],
    ['an algorithm of another key', 'ERR_TOKEN_ALGORITHM_KEY', { header: { alg: 'ES384' } }],
    ['no thumbprint', 'ERR_TOKEN_HEADER', { header: { 'x5t#S256': undefined } }],
    ['a certificate of its own', 'ERR_TOKEN_HEADER_FORBIDDEN', { header: { x5c: ['AAAA'] } }],
    ['a key of its own', 'ERR_TOKEN_HEADER_FORBIDDEN', { header: { jwk: {} } }],
    ['a response about its certificate', 'ERR_TOKEN_HEADER_FORBIDDEN', { header: { ocsp: ['MAMKAQE='] } }],
    ['ocsp that is null', 'ERR_TOKEN_HEADER_FORBIDDEN', { header: { ocsp: null } }],
    ["another's signature", 'ERR_TOKEN_SIGNATURE', { signer: other.made }],
    ['a size above the limit', 'ERR_TOKEN_TOO_LARGE', { claims: { own: 'x'.repeat(4_096) } }],
  ])('%s: %s', async (_, code, alteration) => {
    expect(await verdict(await forgePinned(), client)).toBe('accepted')
    expect(await verdict(await forgePinned(alteration), client)).toBe(code)
  })

  test.each<readonly [string, string, Parameters<TestCertificate['issue']>[0]]>([
    ['a certificate that has expired', 'ERR_PATH_EXPIRED', { notAfter: later(-1) }],
    ['a certificate that is not valid yet', 'ERR_PATH_NOT_YET_VALID', { notBefore: later(1) }],
    ['a keyUsage without digitalSignature', 'ERR_TOKEN_SIGNER', { keyUsage: ['keyEncipherment'] }],
    [
      'a critical extension that is not understood',
      'ERR_PATH_CRITICAL_EXTENSION',
      { extensions: [{ oid: '1.2.3.4', critical: true, value: Uint8Array.of(5, 0) }] },
    ],
  ])('%s: %s', async (_, code, options) => {
    const made = await root.issue({ uris: ['spiffe://example/client'], ...options })
    const files = await filesOf(code, made)
    const token = await forge(made, {
      header: { typ: 'cert-auth-pinned+jwt', x5c: undefined, 'x5t#S256': await thumbprintOf(made) },
      claims: { aud: undefined, exp: NOW + 60 },
    })
    expect(await verdict(token, files)).toBe(code)
    const bare = signNode('sha256', made.der, createPrivateKey(made.privateKeyPem))
    expect(await verdict(bare, files, { acceptBareUntil: later(1) })).toBe(code)
  })

  test('a key that is too weak', async () => {
    const files = await filesOf('weak', await root.issue({ keyType: 'RSA-1024' }))
    const bare = signNode('sha256', files.made.der, createPrivateKey(files.made.privateKeyPem))
    expect(await verdict(bare, files, { acceptBareUntil: later(1) })).toBe('ERR_PATH_ALGORITHM')
  })

  test.each(['', 'a.b.c', '.', '..', 'a.b', '💥.b.c'])('%j, which is none', async (token) => {
    expect(await verdict(token, client)).toMatch(/^ERR_TOKEN_/u)
  })

  test.each([undefined, null, 7, {}, ['a.b.c']])('%j, which is no text', async (token) => {
    expect(await verdict(untyped(token), client)).toBe('ERR_TOKEN_MALFORMED')
  })
})

test('a token of another profile never passes, nor one of this profile elsewhere', async () => {
  const token = await signToken(await client.made.credential(), {
    audience: AUDIENCE,
    at: AT,
    certificateBy: 'x5t#S256',
  })
  expect(await verdict(token, client)).toBe('ERR_TOKEN_TYPE')
  const pinned = await generateToken(client.certFile, client.keyFile, { at: AT })
  const verifier = createVerifier({
    trustAnchors: [root.certificate],
    audience: AUDIENCE,
    revocation: 'off',
    clock: () => AT,
    knownChains: [[client.made.certificate]],
  })
  expect(await codeOf(() => verifier.verify(pinned))).toBe('ERR_TOKEN_TYPE')
})

describe('a bare signature', () => {
  const soon = later(1)

  test.each([
    ['EC', client],
    ['RSA', selfSigned],
  ])('of %s passes where it is asked for, until the date', async (_, files) => {
    const bare = await dangerouslyGenerateBareToken(files.certFile, files.keyFile)
    expect(await verdict(bare, files)).toBe('ERR_TOKEN_BARE')
    let told = 0
    const onBareAccepted = (): number => ++told
    expect(await verdict(bare, files, { acceptBareUntil: soon, onBareAccepted })).toBe('accepted')
    expect(await verdict(bare, other, { acceptBareUntil: soon, onBareAccepted })).toBe('ERR_TOKEN_SIGNATURE')
    expect(told).toBe(1)
    expect(await verdict(bare, files, { acceptBareUntil: later(0.001) })).toBe('accepted')
    expect(await verdict(bare, files, { acceptBareUntil: AT })).toBe('ERR_TOKEN_BARE')
    expect(await verdict(bare, other, { acceptBareUntil: soon })).toBe('ERR_TOKEN_SIGNATURE')
  })

  test('is the one that OpenSSL makes over the DER or the PEM, as bytes, base64 or base64url', async () => {
    const key = createPrivateKey(client.made.privateKeyPem)
    for (const [bareOver, content] of [
      ['der', client.made.der],
      ['pem', Buffer.from(client.made.pem)],
    ] as const) {
      const bare = signNode('sha256', content, key)
      const options = { acceptBareUntil: soon, bareOver }
      for (const form of [bare, new Uint8Array(bare), bare.toString('base64'), bare.toString('base64url')])
        expect(await verdict(form, client, options)).toBe('accepted')
      const wrong = bareOver === 'der' ? 'pem' : 'der'
      expect(await verdict(bare, client, { ...options, bareOver: wrong })).toBe('ERR_TOKEN_SIGNATURE')
      expect(await verdict(bare.toString('hex'), client, options)).toMatch(
        /^ERR_TOKEN_(ENCODING|SIGNATURE)$/u,
      )
      expect(await verdict(` ${bare.toString('base64')}`, client, options)).toBe('ERR_TOKEN_ENCODING')
    }
  })

  test.each([
    [
      'other content',
      (key: ReturnType<typeof createPrivateKey>) => signNode('sha256', Buffer.from('x'), key),
    ],
    ['SHA-1', (key: ReturnType<typeof createPrivateKey>) => signNode('sha1', client.made.der, key)],
    ['SHA-512', (key: ReturnType<typeof createPrivateKey>) => signNode('sha512', client.made.der, key)],
    ['nothing at all', () => new Uint8Array(0)],
    ['zeros', () => new Uint8Array(72)],
    [
      'R and S of fixed length',
      (key: ReturnType<typeof createPrivateKey>) =>
        signNode('sha256', client.made.der, { key, dsaEncoding: 'ieee-p1363' }),
    ],
  ])('over or of %s is refused', async (_, make) => {
    const bare = make(createPrivateKey(client.made.privateKeyPem))
    expect(await verdict(bare, client, { acceptBareUntil: soon })).toBe('ERR_TOKEN_SIGNATURE')
  })

  test('of an RSA key whose certificate says that it signs by PSS alone is refused', async () => {
    const files = await filesOf('pss', await root.issue({ keyType: 'id-RSASSA-PSS-2048' }))
    const bare = signNode('sha256', files.made.der, createPrivateKey(files.made.privateKeyPem))
    expect(await verdict(bare, files, { acceptBareUntil: soon })).toBe('ERR_TOKEN_ALGORITHM_KEY')
    expect(await codeOf(() => dangerouslyGenerateBareToken(files.certFile, files.keyFile))).toBe(
      'ERR_KEY_UNSUPPORTED',
    )
  })

  test('above the largest there is, is refused for its size', async () => {
    const options = { acceptBareUntil: soon }
    expect(await verdict(new Uint8Array(1_024), client, options)).toBe('ERR_TOKEN_SIGNATURE')
    expect(await verdict(new Uint8Array(1_025), client, options)).toBe('ERR_TOKEN_TOO_LARGE')
    expect(await verdict('A'.repeat(1_368), client, options)).toBe('ERR_TOKEN_SIGNATURE')
    expect(await verdict('A'.repeat(1_369), client, options)).toBe('ERR_TOKEN_TOO_LARGE')
  })

  test('of another kind of key is neither made nor accepted', async () => {
    expect(await codeOf(() => dangerouslyGenerateBareToken(ed25519.certFile, ed25519.keyFile))).toBe(
      'ERR_KEY_UNSUPPORTED',
    )
    const bare = signNode(null, ed25519.made.der, createPrivateKey(ed25519.made.privateKeyPem))
    expect(await verdict(bare, ed25519, { acceptBareUntil: soon })).toBe('ERR_TOKEN_ALGORITHM_KEY')
  })

  test('opens no door to others: a token beside it is judged as ever', async () => {
    const options = { acceptBareUntil: soon }
    expect(await verdict(await forgePinned({ signer: other.made }), client, options)).toBe(
      'ERR_TOKEN_SIGNATURE',
    )
    expect(await verdict(await forgePinned(), client, options)).toBe('accepted')
  })
})

describe('what is wrong with the call', () => {
  test.each([
    ['no file', undefined, {}, 'ERR_ARG_REQUIRED'],
    ['a file that is not there', join(folder, 'none.pem'), {}, 'ERR_FILE_READ'],
    ['a key in place of the certificate', client.keyFile, {}, 'ERR_PEM_LABEL'],
    ['an unknown option', client.certFile, { audience: AUDIENCE }, 'ERR_ARG_UNKNOWN_OPTION'],
    ['true for a date', client.certFile, { acceptBareUntil: true }, 'ERR_ARG_TYPE'],
    ['a clock that is none', client.certFile, { at: 'now' }, 'ERR_ARG_TYPE'],
    ['another content', client.certFile, { bareOver: 'file' }, 'ERR_ARG_VALUE'],
    ['a store that is none', client.certFile, { oneTimeUse: true }, 'ERR_ARG_TYPE'],
    [
      'a store that is the promise of one',
      client.certFile,
      { oneTimeUse: Promise.resolve() },
      'ERR_ARG_TYPE',
    ],
    ['null for a store', client.certFile, { oneTimeUse: null }, 'ERR_ARG_TYPE'],
  ])('is thrown, not answered by false: %s', async (_, certFile, options, code) => {
    const token = await generateToken(client.certFile, client.keyFile, { at: AT })
    expect(await codeOf(() => verifyToken(token, untyped(certFile), untyped(options)))).toBe(code)
  })

  test('is thrown too where a store or a listener fails: that is no verdict on the token', async () => {
    const token = await generateToken(client.certFile, client.keyFile, { at: AT })
    const store = createReplayStore({ at: AT })
    const down = new Error('the store is down')
    const oneTimeUse = Object.assign(Object.create(store), {
      take: () => {
        throw down
      },
      peek: () => 'fresh',
    })
    await expect(verifyToken(token, client.certFile, { at: AT, oneTimeUse })).rejects.toBe(down)
    const bare = await dangerouslyGenerateBareToken(client.certFile, client.keyFile)
    const onBareAccepted = (): never => {
      throw down
    }
    const options = { at: AT, acceptBareUntil: later(1), onBareAccepted }
    await expect(verifyToken(bare, client.certFile, options)).rejects.toBe(down)
  })

  test.each([
    ["another certificate's key", other.keyFile, {}, 'ERR_KEY_MISMATCH'],
    ['a certificate in place of the key', client.certFile, {}, 'ERR_KEY_FORMAT'],
    ['an unknown option', client.keyFile, { audience: AUDIENCE }, 'ERR_ARG_UNKNOWN_OPTION'],
    ['a clock before the certificate', client.keyFile, { at: later(-3_601) }, 'ERR_CREDENTIAL_EXPIRED'],
  ])('is thrown when a token is made: %s', async (_, keyFile, options, code) => {
    expect(await codeOf(() => generateToken(client.certFile, keyFile, untyped({ at: AT, ...options })))).toBe(
      code,
    )
    if (code !== 'ERR_KEY_MISMATCH') return
    expect(await codeOf(() => dangerouslyGenerateBareToken(client.certFile, keyFile))).toBe(code)
  })
})
