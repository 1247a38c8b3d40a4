// Certificates and keys as certtool of GnuTLS makes them by template: read with the same fields, verified as
// a path, used to sign tokens.

import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createVerifier, signToken } from 'ingam'
import { loadCredential, loadTrustAnchors } from 'ingam/node'
import { formatGeneralName, formatName, verifyPath } from 'ingam/x509'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { codeOf } from '../support/codes.ts'
import { describeWith } from '../support/requires.ts'

const AT = new Date('2026-06-01T12:00:00Z')
const AUDIENCE = 'https://api.example'
const DATES = ['activation_date = "2026-05-01 00:00:00 UTC"', 'expiration_date = "2026-07-01 00:00:00 UTC"']
const CA = [
  'organization = "Example"',
  'cn = "GnuTLS CA"',
  'ca',
  'path_len = 0',
  'cert_signing_key',
  'serial = 1',
]
const CLIENT = [
  'organization = "Example"',
  'cn = "client"',
  'serial = 66',
  'tls_www_client',
  'signing_key',
  'uri = "spiffe://example/client"',
  'dns_name = "client.example"',
  'email = "client@example"',
  'ip_address = "192.0.2.1"',
]

const KEYS = [
  ['RSA', ['--key-type=rsa', '--bits=2048'], 'PS256'],
  ['P-256', ['--key-type=ecdsa', '--curve=secp256r1'], 'ES256'],
  ['Ed25519', ['--key-type=ed25519'], 'Ed25519'],
] as const

interface Made {
  readonly key: string
  readonly certificate: string
}

describeWith(['certtool'], 'certtool', ({ certtool }) => {
  let folder = ''
  let count = 0

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'ingam-certtool-'))
  })

  afterAll(() => rmSync(folder, { recursive: true }))

  describe.each(KEYS)('%s', (_, keyArguments, algorithm) => {
    let ca: Made
    let client: Made

    beforeAll(() => {
      ca = make(keyArguments, [...CA, ...DATES])
      client = make(keyArguments, [...CLIENT, ...DATES], ca)
    })

    test('the certificate of the client is read with the fields of its template', async () => {
      const [certificate] = await loadTrustAnchors(client.certificate)
      expect(certificate).toMatchObject({
        version: 3,
        serialNumber: Uint8Array.of(66),
        notBefore: new Date('2026-05-01T00:00:00Z'),
        notAfter: new Date('2026-07-01T00:00:00Z'),
        keyUsage: ['digitalSignature'],
        extKeyUsage: ['1.3.6.1.5.5.7.3.2'],
        basicConstraints: { cA: false },
      })
      if (certificate === undefined) throw new Error('no certificate')
      expect(formatName(certificate.issuer).split(',').toSorted()).toEqual(['CN=GnuTLS CA', 'O=Example'])
      expect(certificate.subjectAltName?.map(formatGeneralName).toSorted()).toEqual([
        'DNS:client.example',
        'IP:192.0.2.1',
        'URI:spiffe://example/client',
        'email:client@example',
      ])
    })

    test('the certificate of the CA is read with its path length', async () => {
      const [certificate] = await loadTrustAnchors(ca.certificate)
      expect(certificate?.basicConstraints).toEqual({ cA: true, pathLenConstraint: 0 })
      expect(certificate?.keyUsage).toEqual(['keyCertSign'])
    })

    test('the path is accepted', async () => {
      expect(await pathVerdict(client, ca)).toBe('accepted')
    })

    test('the path is refused after its end', async () => {
      expect(await pathVerdict(client, ca, new Date('2026-07-01T00:00:01Z'))).toBe('ERR_PATH_EXPIRED')
    })

    test('the path is refused under another CA of the same name', async () => {
      const other = make(keyArguments, [...CA, ...DATES])
      expect(await pathVerdict(client, other)).toBe('ERR_PATH_SIGNATURE')
    })

    test('a token signed with its key is accepted', async () => {
      const token = await sign(client)
      const verifier = await verifierUnder(ca)
      await expect(verifier.verify(token)).resolves.toMatchObject({
        algorithm,
        identity: { uris: ['spiffe://example/client'], ips: ['192.0.2.1'] },
      })
    })

    test('a token signed with its key is refused under another CA', async () => {
      const other = make(keyArguments, [...CA, 'state = "Elsewhere"', ...DATES])
      const verifier = await verifierUnder(other)
      const token = await sign(client)
      expect(await codeOf(() => verifier.verify(token))).toBe('ERR_PATH_NO_ISSUER')
    })

    test('the key of another certificate is refused', async () => {
      expect(await codeOf(() => sign({ ...client, key: ca.key }))).toBe('ERR_KEY_MISMATCH')
    })
  })

  test('a certificate that a client issued is refused', async () => {
    const [, keyArguments] = KEYS[1]
    const ca = make(keyArguments, [...CA.filter((line) => line !== 'path_len = 0'), ...DATES])
    const client = make(keyArguments, [...CLIENT, ...DATES], ca)
    const below = make(keyArguments, [...CLIENT, 'state = "Below"', ...DATES], client)
    expect(await pathVerdict(below, ca, AT, [client])).toBe('ERR_PATH_NOT_CA')
  })

  test('a CA below one of path length 0 is refused', async () => {
    const [, keyArguments] = KEYS[1]
    const ca = make(keyArguments, [...CA, ...DATES])
    const lower = make(keyArguments, [...CA, 'state = "Lower"', ...DATES], ca)
    const client = make(keyArguments, [...CLIENT, ...DATES], lower)
    expect(await pathVerdict(client, ca, AT, [lower])).toBe('ERR_PATH_LENGTH')
  })

  test('a certificate for servers alone is refused', async () => {
    const [, keyArguments] = KEYS[1]
    const ca = make(keyArguments, [...CA, ...DATES])
    const lines = CLIENT.map((line) => (line === 'tls_www_client' ? 'tls_www_server' : line))
    expect(await pathVerdict(make(keyArguments, [...lines, ...DATES], ca), ca)).toBe('ERR_PATH_PURPOSE')
  })

  test('an encrypted PKCS#8 key is read with its passphrase and refused without', async () => {
    const [, keyArguments] = KEYS[1]
    const ca = make(keyArguments, [...CA, ...DATES])
    const client = make(keyArguments, [...CLIENT, ...DATES], ca)
    const key = join(folder, 'encrypted.key')
    run('--to-p8', '--load-privkey', client.key, '--password', 'correct horse', '--outfile', key)
    expect(readFileSync(key, 'latin1')).toContain('BEGIN ENCRYPTED PRIVATE KEY')
    expect(await codeOf(() => sign({ ...client, key }, 'correct horse'))).toBe('accepted')
    expect(await codeOf(() => sign({ ...client, key }))).toBe('ERR_KEY_ENCRYPTED')
    expect(await codeOf(() => sign({ ...client, key }, 'another'))).toBe('ERR_KEY_PASSPHRASE')
  })

  function run(...args: readonly string[]): void {
    const { status, stderr, error } = spawnSync(certtool, args, { cwd: folder })
    if (error !== undefined) throw error
    if (status !== 0) throw new Error(`certtool ${args.join(' ')}: ${stderr.toString()}`)
  }

  function make(keyArguments: readonly string[], template: readonly string[], issuer?: Made): Made {
    const name = join(folder, String(++count))
    const made: Made = { key: `${name}.key`, certificate: `${name}.pem` }
    writeFileSync(`${name}.cfg`, `${template.join('\n')}\n`)
    run('--generate-privkey', ...keyArguments, '--outfile', made.key)
    const shared = ['--load-privkey', made.key, '--template', `${name}.cfg`, '--outfile', made.certificate]
    if (issuer === undefined) run('--generate-self-signed', ...shared)
    else {
      const ca = ['--load-ca-certificate', issuer.certificate, '--load-ca-privkey', issuer.key]
      run('--generate-certificate', ...ca, ...shared)
    }
    return made
  }

  async function pathVerdict(leaf: Made, ca: Made, at = AT, between: readonly Made[] = []): Promise<string> {
    const [certificate] = await loadTrustAnchors(leaf.certificate)
    if (certificate === undefined) throw new Error('no certificate')
    const intermediates =
      between.length === 0 ? [] : await loadTrustAnchors(between.map((link) => link.certificate))
    const trustAnchors = await loadTrustAnchors(ca.certificate)
    return await codeOf(() =>
      verifyPath({
        leaf: certificate,
        intermediates,
        trustAnchors,
        at,
        purpose: 'clientAuth',
        revocation: 'off',
      }),
    )
  }

  async function verifierUnder(ca: Made): Promise<ReturnType<typeof createVerifier>> {
    const trustAnchors = await loadTrustAnchors(ca.certificate)
    return createVerifier({ trustAnchors, audience: AUDIENCE, revocation: 'off', clock: () => AT })
  }

  async function sign(client: Made, passphrase?: string): Promise<string> {
    const credential = await loadCredential({
      certificate: client.certificate,
      privateKey: client.key,
      ...(passphrase === undefined ? {} : { passphrase }),
    })
    return await signToken(credential, { audience: AUDIENCE, at: AT })
  }
})
