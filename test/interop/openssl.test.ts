// The openssl program and this library agree: on signatures in both directions, on certificates and chains,
// and on the forms in which private keys are kept.

import { createVerifier, inspectToken, signToken, type Verifier } from 'ingam'
import { loadCredential } from 'ingam/node'
import { createTestCa, type TestCertificate } from 'ingam/testing'
import { encodePem, formatGeneralName, formatName, verifyPath } from 'ingam/x509'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { KEY_TYPES } from '../support/algorithms.ts'
import { codeOf } from '../support/codes.ts'
import { derFromFixed, fixedFromDer } from '../support/ecdsa-form.ts'
import {
  CA_EXTENSIONS,
  CLIENT_EXTENSIONS,
  createOpensslPki,
  type OpensslCertificate,
  type OpensslKeyType,
  type OpensslPki,
} from '../support/openssl-pki.ts'
import { describeWith } from '../support/requires.ts'

const AT = new Date('2026-06-01T12:00:00Z')
const AUDIENCE = 'https://api.example'
const SUBJECT = 'uri:spiffe://example/client'
const PSS = ['rsa_padding_mode:pss', 'rsa_pss_saltlen:32', 'rsa_mgf1_md:sha256']
const PSS_ARGUMENTS = PSS.flatMap((option) => ['-sigopt', option])

// One of each family; matrix.test.ts has the others.
const ALGORITHMS = ['ES256', 'RS256', 'PS256', 'Ed25519'] as const
type Algorithm = (typeof ALGORITHMS)[number]

const THEIR_KEYS: Readonly<Record<Algorithm, OpensslKeyType>> = {
  ES256: 'P-256',
  RS256: 'RSA',
  PS256: 'RSA',
  Ed25519: 'Ed25519',
}

describeWith(['openssl'], 'openssl', ({ openssl }) => {
  let pki: OpensslPki
  let root: OpensslCertificate
  let intermediate: OpensslCertificate

  beforeAll(() => {
    pki = createOpensslPki(openssl)
    root = pki.createRoot({ subject: '/O=Example/CN=Root', extensions: CA_EXTENSIONS })
    intermediate = issueCa('/O=Example/CN=Intermediate')
  })

  afterAll(() => pki.remove())

  describe.each(ALGORITHMS)('signatures by %s', (algorithm) => {
    let ours: { readonly token: string; readonly publicKey: string }
    let theirs: OpensslCertificate

    beforeAll(async () => {
      const ca = await createTestCa({ at: AT })
      const leaf = await ca.issue({ keyType: KEY_TYPES[algorithm], uris: ['spiffe://example/client'] })
      const token = await signToken(await leaf.credential({ algorithm }), { audience: AUDIENCE, at: AT })
      ours = { token, publicKey: publicKeyFile(leaf, algorithm) }
      theirs = pki.issue(intermediate, {
        subject: '/CN=client',
        extensions: CLIENT_EXTENSIONS,
        keyType: THEIR_KEYS[algorithm],
      })
    })

    test('openssl verifies the signature of our token', () => {
      const { signed, signature } = partsOf(ours.token)
      expect(verifiesWithOpenssl(algorithm, ours.publicKey, signed, signature)).toBe(true)
    })

    test('openssl refuses our signature over a changed byte', () => {
      const { signed, signature } = partsOf(ours.token)
      const changed = flip(signed, signed.length - 1)
      expect(verifiesWithOpenssl(algorithm, ours.publicKey, changed, signature)).toBe(false)
    })

    test('openssl refuses our signature with a changed byte', () => {
      const { signed, signature } = partsOf(ours.token)
      expect(verifiesWithOpenssl(algorithm, ours.publicKey, signed, flip(signature, 10))).toBe(false)
    })

    test('accepts a token that openssl signed', async () => {
      const token = signWithOpenssl(algorithm, theirs)
      await expect(verifierOf(theirs).verify(token)).resolves.toMatchObject({ algorithm, audience: AUDIENCE })
    })

    test('refuses such a token with other claims', async () => {
      const { header, signature } = partsOf(signWithOpenssl(algorithm, theirs))
      const claims = encode({ ...claimsFor(theirs), jti: 'another-0123456789' })
      const token = `${header}.${claims}.${signature.toString('base64url')}`
      expect(await codeOf(() => verifierOf(theirs).verify(token))).toBe('ERR_TOKEN_SIGNATURE')
    })

    test('refuses such a token with a changed byte in its signature', async () => {
      const { signed, signature } = partsOf(signWithOpenssl(algorithm, theirs))
      const token = `${signed.toString('latin1')}.${flip(signature, 10).toString('base64url')}`
      expect(await codeOf(() => verifierOf(theirs).verify(token))).toBe('ERR_TOKEN_SIGNATURE')
    })

    test('refuses such a token signed with the key of another certificate', async () => {
      const stranger = pki.createKey(THEIR_KEYS[algorithm])
      const token = signWithOpenssl(algorithm, theirs, stranger)
      expect(await codeOf(() => verifierOf(theirs).verify(token))).toBe('ERR_TOKEN_SIGNATURE')
    })
  })

  test('refuses an ES256 token with the DER signature as openssl writes it', async () => {
    const client = issueClient()
    const signed = toSign('ES256', client)
    const token = `${signed}.${opensslSignature('ES256', client.keyFile, signed).toString('base64url')}`
    expect(await codeOf(() => verifierOf(client).verify(token))).toBe('ERR_TOKEN_SIGNATURE')
  })

  test('refuses a PS256 token that openssl signed with a salt of 20 bytes', async () => {
    const client = issueClient({ keyType: 'RSA' })
    const salt = PSS_ARGUMENTS.map((option) => option.replace('saltlen:32', 'saltlen:20'))
    const signed = toSign('PS256', client)
    const data = pki.write('salt.data', signed)
    const signature = pki.run('dgst', '-sha256', ...salt, '-sign', client.keyFile, data)
    const token = `${signed}.${signature.toString('base64url')}`
    expect(await codeOf(() => verifierOf(client).verify(token))).toBe('ERR_TOKEN_SIGNATURE')
  })

  describe('certificates', () => {
    test.each<OpensslKeyType>(['RSA', 'P-256', 'Ed25519'])('of an %s key have the same fields', (keyType) => {
      const { certificate, certificateFile } = issueClient({ keyType })
      const shown = pki
        .run(
          'x509',
          '-in',
          certificateFile,
          '-noout',
          '-subject',
          '-issuer',
          '-nameopt',
          'RFC2253',
          '-serial',
          '-dates',
        )
        .toString()
      const lines = new Map(shown.split('\n').map((line) => splitOnce(line)))
      expect(formatName(certificate.subject)).toBe(lines.get('subject'))
      expect(formatName(certificate.issuer)).toBe(lines.get('issuer'))
      expect(Buffer.from(certificate.serialNumber).toString('hex').toUpperCase()).toBe(lines.get('serial'))
      expect(certificate.notBefore).toEqual(new Date(lines.get('notBefore') ?? ''))
      expect(certificate.notAfter).toEqual(new Date(lines.get('notAfter') ?? ''))
      expect(certificate.keyUsage).toEqual(['digitalSignature'])
      expect(certificate.extKeyUsage).toEqual(['1.3.6.1.5.5.7.3.2'])
      expect(certificate.subjectAltName?.map(formatGeneralName)).toEqual([
        'URI:spiffe://example/client',
        'DNS:client.example',
      ])
    })

    test('bear the key identifiers that openssl wrote', () => {
      const { certificate } = issueClient()
      expect(certificate.subjectKeyIdentifier).toHaveLength(20)
      expect(certificate.authorityKeyIdentifier?.keyIdentifier).toEqual(
        intermediate.certificate.subjectKeyIdentifier,
      )
    })

    test('of our CA are read by openssl with the same names', async () => {
      const ca = await createTestCa({ at: AT, name: 'Ours, with "marks"' })
      const file = pki.write('ours.pem', (await ca.issue({ name: 'client' })).pem)
      const shown = pki.run('x509', '-in', file, '-noout', '-issuer', '-nameopt', 'RFC2253').toString()
      expect(shown.trim()).toBe(`issuer=${formatName(ca.certificate.subject)}`)
    })
  })

  describe('chains', () => {
    test.each<OpensslKeyType>(['RSA', 'P-256', 'Ed25519'])('both accept one of %s keys', async (keyType) => {
      const top = pki.createRoot({ subject: '/CN=Top', extensions: CA_EXTENSIONS, keyType })
      const middle = pki.issue(top, { subject: '/CN=Middle', extensions: CA_EXTENSIONS, keyType })
      const leaf = pki.issue(middle, { subject: '/CN=leaf', extensions: CLIENT_EXTENSIONS, keyType })
      await expectBoth('accepted', { leaf, untrusted: [middle], anchor: top })
    })

    test('both accept one of mixed keys', async () => {
      const middle = issueCa('/CN=Middle', { keyType: 'RSA' })
      await expectBoth('accepted', { leaf: issueClient({ keyType: 'Ed25519' }, middle), untrusted: [middle] })
    })

    test('both accept a leaf directly below the anchor', async () => {
      await expectBoth('accepted', { leaf: issueClient({}, root), untrusted: [] })
    })

    test('both accept an intermediate as the anchor', async () => {
      await expectBoth('accepted', { leaf: issueClient(), untrusted: [], anchor: intermediate })
    })

    test('both accept issuers in another order, with one that is not needed', async () => {
      const middle = issueCa('/CN=Middle')
      const lower = issueCa('/CN=Lower', {}, middle)
      const untrusted = [intermediate, middle, lower]
      await expectBoth('accepted', { leaf: issueClient({}, lower), untrusted })
    })

    test('both accept signatures with SHA-384', async () => {
      const leaf = issueClient({ digest: 'sha384' })
      await expectBoth('accepted', { leaf, untrusted: [intermediate] })
    })

    test('both accept a leaf a second before its end', async () => {
      const leaf = issueClient()
      const at = new Date(leaf.certificate.notAfter.getTime() - 1000)
      await expectBoth('accepted', { leaf, untrusted: [intermediate], at })
    })

    // RFC 5280 §4.1.2.5: the period includes notAfter; X509_cmp_time of openssl has no answer for "equal".
    test('accepts the last second of a leaf, which openssl takes for past', async () => {
      const leaf = issueClient()
      const chain = { leaf, untrusted: [intermediate], at: leaf.certificate.notAfter }
      expect(opensslVerdict(chain)).toBe('refused')
      expect(await ourVerdict(chain)).toBe('accepted')
    })

    test('both refuse a leaf a second after its end', async () => {
      const leaf = issueClient()
      const at = new Date(leaf.certificate.notAfter.getTime() + 1000)
      await expectBoth('ERR_PATH_EXPIRED', { leaf, untrusted: [intermediate], at })
    })

    test('both accept the first second of a leaf', async () => {
      const leaf = issueClient()
      await expectBoth('accepted', { leaf, untrusted: [intermediate], at: leaf.certificate.notBefore })
    })

    test('both refuse a chain before its root begins', async () => {
      const at = new Date(root.certificate.notBefore.getTime() - 1000)
      await expectBoth('ERR_PATH_NOT_YET_VALID', { leaf: issueClient(), untrusted: [intermediate], at })
    })

    test('both refuse a chain with a gap', async () => {
      await expectBoth('ERR_PATH_NO_ISSUER', { leaf: issueClient(), untrusted: [] })
    })

    test('both refuse a chain to a root that is not trusted', async () => {
      const anchor = pki.createRoot({ subject: '/CN=Other', extensions: CA_EXTENSIONS })
      await expectBoth('ERR_PATH_NO_ISSUER', { leaf: issueClient(), untrusted: [intermediate, root], anchor })
    })

    test('both refuse a chain whose root only has the name of the anchor', async () => {
      const anchor = pki.createRoot({ subject: '/O=Example/CN=Root', extensions: CA_EXTENSIONS })
      await expectBoth('ERR_PATH_SIGNATURE', { leaf: issueClient(), untrusted: [intermediate], anchor })
    })

    test('both refuse a leaf with a changed byte in its signature', async () => {
      const leaf = issueClient()
      const { der } = leaf.certificate
      const changed = { ...leaf, der: flip(der, der.length - 1) }
      await expectBoth('ERR_PATH_SIGNATURE', { leaf: changed, untrusted: [intermediate] })
    })

    test('both refuse a leaf with a changed byte in its subject', async () => {
      const leaf = issueClient()
      const index = Buffer.from(leaf.certificate.der).lastIndexOf('spiffe://example')
      const changed = { ...leaf, der: flip(leaf.certificate.der, index) }
      await expectBoth('ERR_PATH_SIGNATURE', { leaf: changed, untrusted: [intermediate] })
    })

    test('both refuse a certificate that a client issued', async () => {
      const client = issueClient()
      await expectBoth('ERR_PATH_NOT_CA', {
        leaf: issueClient({}, client),
        untrusted: [client, intermediate],
      })
    })

    test('both refuse an issuer with CA:FALSE', async () => {
      const middle = issueCa('/CN=Middle', {
        extensions: ['basicConstraints=critical,CA:FALSE', 'keyUsage=critical,keyCertSign'],
      })
      await expectBoth('ERR_PATH_NOT_CA', { leaf: issueClient({}, middle), untrusted: [middle] })
    })

    test('both refuse an issuer that may not sign certificates', async () => {
      const middle = issueCa('/CN=Middle', {
        extensions: ['basicConstraints=critical,CA:TRUE', 'keyUsage=critical,cRLSign'],
      })
      await expectBoth('ERR_PATH_KEY_USAGE', { leaf: issueClient({}, middle), untrusted: [middle] })
    })

    test('both accept a leaf below a CA of path length 0', async () => {
      const middle = issueCa('/CN=Middle', { extensions: withPathLength(0) })
      await expectBoth('accepted', { leaf: issueClient({}, middle), untrusted: [middle] })
    })

    test('both refuse a CA below a CA of path length 0', async () => {
      const middle = issueCa('/CN=Middle', { extensions: withPathLength(0) })
      const lower = issueCa('/CN=Lower', {}, middle)
      await expectBoth('ERR_PATH_LENGTH', { leaf: issueClient({}, lower), untrusted: [middle, lower] })
    })

    test('both accept a CA below a CA of path length 1', async () => {
      const middle = issueCa('/CN=Middle', { extensions: withPathLength(1) })
      const lower = issueCa('/CN=Lower', {}, middle)
      await expectBoth('accepted', { leaf: issueClient({}, lower), untrusted: [middle, lower] })
    })

    test('both refuse a leaf for servers alone', async () => {
      const extensions = [...CLIENT_EXTENSIONS, 'extendedKeyUsage=serverAuth'].filter(
        (line) => line !== 'extendedKeyUsage=clientAuth',
      )
      await expectBoth('ERR_PATH_PURPOSE', { leaf: issueClient({ extensions }), untrusted: [intermediate] })
    })

    test('both refuse an issuer for servers alone', async () => {
      const middle = issueCa('/CN=Middle', { extensions: [...CA_EXTENSIONS, 'extendedKeyUsage=serverAuth'] })
      await expectBoth('ERR_PATH_PURPOSE', { leaf: issueClient({}, middle), untrusted: [middle] })
    })

    test('both accept an unknown extension', async () => {
      const extensions = [...CLIENT_EXTENSIONS, '1.3.6.1.4.1.99999.1=DER:0500']
      await expectBoth('accepted', { leaf: issueClient({ extensions }), untrusted: [intermediate] })
    })

    test('both refuse an unknown extension that is critical', async () => {
      const extensions = [...CLIENT_EXTENSIONS, '1.3.6.1.4.1.99999.1=critical,DER:0500']
      const leaf = issueClient({ extensions })
      await expectBoth('ERR_PATH_CRITICAL_EXTENSION', { leaf, untrusted: [intermediate] })
    })

    test('both refuse an RSA key of 1024 bits', async () => {
      const keyArguments = ['-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:1024']
      const leaf = issueClient({ keyArguments })
      await expectBoth('ERR_PATH_ALGORITHM', { leaf, untrusted: [intermediate] })
    })

    test('both refuse a signature with SHA-1', async () => {
      await expectBoth('ERR_PATH_ALGORITHM', {
        leaf: issueClient({ digest: 'sha1' }),
        untrusted: [intermediate],
      })
    })

    test.each([
      ['example', 'accepted'],
      ['other.example', 'ERR_PATH_NAME_CONSTRAINT'],
    ])('both judge a name where %s is permitted', async (permitted, expected) => {
      const extensions = [...CA_EXTENSIONS, `nameConstraints=critical,permitted;DNS:${permitted}`]
      const middle = issueCa('/CN=Middle', { extensions })
      await expectBoth(expected, { leaf: issueClient({}, middle), untrusted: [middle] })
    })

    describe('RSASSA-PSS', () => {
      const PSS = ['-algorithm', 'RSA-PSS', '-pkeyopt', 'rsa_keygen_bits:2048']
      const BOUND = ['md:sha256', 'mgf1_md:sha256', 'saltlen:32'].flatMap((option) => [
        '-pkeyopt',
        `rsa_pss_keygen_${option}`,
      ])
      const PADDING = 'rsa_padding_mode:pss'

      test.each([
        ['an RSA key', ['-algorithm', 'RSA'], [PADDING, 'rsa_pss_saltlen:digest'], 'accepted'],
        ['an RSA key and no salt', ['-algorithm', 'RSA'], [PADDING, 'rsa_pss_saltlen:0'], 'accepted'],
        ['a key for PSS alone', PSS, ['rsa_pss_saltlen:digest'], 'accepted'],
        ['a key bound to parameters', [...PSS, ...BOUND], [], 'accepted'],
        [
          'a key bound to parameters, a longer salt',
          [...PSS, ...BOUND],
          ['rsa_pss_saltlen:40'],
          'ERR_PATH_ALGORITHM',
        ],
        [
          'an RSA key and the longest salt',
          ['-algorithm', 'RSA'],
          [PADDING, 'rsa_pss_saltlen:max'],
          'ERR_PATH_ALGORITHM',
        ],
      ])('with %s', async (_, keyArguments, signing, expected) => {
        const middle = issueCa('/CN=Middle', { keyArguments })
        const chain = { leaf: issueClient({ signing, digest: 'sha256' }, middle), untrusted: [middle] }
        expect(opensslVerdict(chain)).toBe('accepted')
        expect(await ourVerdict(chain)).toBe(expected)
      })
    })

    test('both accept a CA with a key of Ed448', async () => {
      const middle = issueCa('/CN=Middle', { keyArguments: ['-algorithm', 'ED448'] })
      await expectBoth('accepted', { leaf: issueClient({}, middle), untrusted: [middle] })
    })

    test('refuses a root of version 1, which openssl accepts', async () => {
      const top = await createRootOfVersion1()
      // It has no identifier for its key, so that the leaf cannot name one.
      const extensions = CLIENT_EXTENSIONS.filter((line) => !line.startsWith('authorityKeyIdentifier'))
      const chain = { leaf: issueClient({ extensions }, top), untrusted: [], anchor: top }
      expect(top.certificate.version).toBe(1)
      expect(opensslVerdict(chain)).toBe('accepted')
      expect(await ourVerdict(chain)).toBe('ERR_PATH_NOT_CA')
    })
  })

  describe('private keys', () => {
    const clients = new Map<OpensslKeyType, OpensslCertificate>()
    const PASSPHRASE = 'correct horse'
    const ENCRYPT = ['-aes-256-cbc', '-passout', `pass:${PASSPHRASE}`]

    beforeAll(() => {
      for (const keyType of ['RSA', 'P-256', 'Ed25519'] as const)
        clients.set(keyType, issueClient({ keyType }))
    })

    test.each<readonly [string, OpensslKeyType, readonly string[], string]>([
      ['PKCS#8 of RSA', 'RSA', ['pkey'], 'BEGIN PRIVATE KEY'],
      ['PKCS#8 of P-256', 'P-256', ['pkey'], 'BEGIN PRIVATE KEY'],
      ['PKCS#8 of Ed25519', 'Ed25519', ['pkey'], 'BEGIN PRIVATE KEY'],
      ['PKCS#1', 'RSA', ['pkey', '-traditional'], 'BEGIN RSA PRIVATE KEY'],
      ['SEC 1', 'P-256', ['pkey', '-traditional'], 'BEGIN EC PRIVATE KEY'],
      ['SEC 1 by the ec command', 'P-256', ['ec'], 'BEGIN EC PRIVATE KEY'],
    ])('reads %s as PEM and as DER', async (_, keyType, command, label) => {
      const client = clientOf(keyType)
      const [name = '', ...options] = command
      const pem = pki.run(name, '-in', client.keyFile, ...options)
      expect(pem.toString()).toContain(label)
      expect(await verdictWithKey(client, pem)).toBe('accepted')
      const der = pki.run(name, '-in', client.keyFile, ...options, '-outform', 'DER')
      expect(await verdictWithKey(client, der)).toBe('accepted')
    })

    test('reads SEC 1 after the parameters that ecparam writes', async () => {
      const client = clientOf('P-256')
      const parameters = pki.run('ecparam', '-name', 'prime256v1')
      const key = Buffer.concat([parameters, pki.run('ec', '-in', client.keyFile)])
      expect(key.toString()).toContain('BEGIN EC PARAMETERS')
      expect(await verdictWithKey(client, key)).toBe('accepted')
    })

    describe.each<OpensslKeyType>(['RSA', 'P-256', 'Ed25519'])('encrypted PKCS#8 of %s', (keyType) => {
      test.each(['PEM', 'DER'])('is read from %s with its passphrase and refused without', async (form) => {
        const client = clientOf(keyType)
        const shared = ['pkcs8', '-topk8', '-in', client.keyFile, '-outform', form, '-v2', 'aes-256-cbc']
        const key = pki.run(...shared, '-passout', `pass:${PASSPHRASE}`)
        expect(await verdictWithKey(client, key, PASSPHRASE)).toBe('accepted')
        expect(await verdictWithKey(client, key)).toBe('ERR_KEY_ENCRYPTED')
        expect(await verdictWithKey(client, key, `${PASSPHRASE}!`)).toBe('ERR_KEY_PASSPHRASE')
        expect(await verdictWithKey(client, key, '')).toBe('ERR_KEY_PASSPHRASE')
      })
    })

    test('reads PKCS#1 in legacy PEM encryption with its passphrase and refuses it without', async () => {
      const client = clientOf('RSA')
      const key = pki.run('pkey', '-in', client.keyFile, '-traditional', ...ENCRYPT)
      expect(key.toString()).toContain('Proc-Type: 4,ENCRYPTED')
      expect(await verdictWithKey(client, key, PASSPHRASE)).toBe('accepted')
      expect(await verdictWithKey(client, key)).toBe('ERR_KEY_ENCRYPTED')
      expect(await verdictWithKey(client, key, 'another')).toBe('ERR_KEY_PASSPHRASE')
    })

    test('refuses a key that belongs to another certificate', async () => {
      const other = pki.read(pki.createKey('P-256'))
      expect(await verdictWithKey(clientOf('P-256'), other)).toBe('ERR_KEY_MISMATCH')
    })

    test('refuses a key of another kind', async () => {
      const other = pki.read(clientOf('Ed25519').keyFile)
      expect(await verdictWithKey(clientOf('RSA'), other)).toBe('ERR_KEY_MISMATCH')
    })

    test('refuses a public key', async () => {
      const client = clientOf('P-256')
      const publicKey = pki.run('pkey', '-in', client.keyFile, '-pubout')
      expect(await verdictWithKey(client, publicKey)).toBe('ERR_KEY_FORMAT')
    })

    function clientOf(keyType: OpensslKeyType): OpensslCertificate {
      const client = clients.get(keyType)
      if (client === undefined) throw new Error(`no client with a key of kind ${keyType}`)
      return client
    }
  })

  interface Chain {
    readonly leaf: OpensslCertificate & { readonly der?: Uint8Array }
    readonly untrusted: readonly OpensslCertificate[]
    readonly anchor?: OpensslCertificate
    readonly at?: Date
  }

  type IssueChanges = Partial<Parameters<OpensslPki['issue']>[1]>

  function issueCa(subject: string, changes: IssueChanges = {}, issuer = root): OpensslCertificate {
    return pki.issue(issuer, { subject, extensions: CA_EXTENSIONS, days: 1_000, ...changes })
  }

  function issueClient(changes: IssueChanges = {}, issuer = intermediate): OpensslCertificate {
    return pki.issue(issuer, { subject: '/O=Example/CN=client', extensions: CLIENT_EXTENSIONS, ...changes })
  }

  async function createRootOfVersion1(): Promise<OpensslCertificate> {
    const ca = await createTestCa({ version: 1, at: root.certificate.notBefore })
    const keyFile = pki.write('version1.key', ca.privateKeyPem)
    const certificateFile = pki.write('version1.pem', ca.pem)
    return { keyFile, certificateFile, pem: ca.pem, certificate: ca.certificate }
  }

  async function expectBoth(expected: string, chain: Chain): Promise<void> {
    expect(await ourVerdict(chain)).toBe(expected)
    expect(opensslVerdict(chain)).toBe(expected === 'accepted' ? 'accepted' : 'refused')
  }

  // The instant is taken from the certificates: openssl dates them with the system's clock.
  function instantOf({ leaf, at }: Chain): Date {
    return at ?? leaf.certificate.notBefore
  }

  async function ourVerdict(chain: Chain): Promise<string> {
    const { leaf, untrusted, anchor = root } = chain
    return await codeOf(() =>
      verifyPath({
        leaf: leaf.der ?? leaf.certificate.der,
        intermediates: untrusted.map(({ certificate }) => certificate),
        trustAnchors: [anchor.certificate],
        at: instantOf(chain),
        purpose: 'clientAuth',
        revocation: 'off',
      }),
    )
  }

  function opensslVerdict(chain: Chain): 'accepted' | 'refused' {
    const { leaf, untrusted, anchor = root } = chain
    const file = pki.write('leaf.pem', encodePem('CERTIFICATE', leaf.der ?? leaf.certificate.der))
    const others = pki.write('untrusted.pem', untrusted.map(({ pem }) => pem).join(''))
    const seconds = String(Math.floor(instantOf(chain).getTime() / 1000))
    const rules = ['-attime', seconds, '-purpose', 'sslclient', '-auth_level', '2', '-partial_chain']
    const trust = ['-no-CApath', '-no-CAstore', '-CAfile', anchor.certificateFile]
    const given = untrusted.length === 0 ? [] : ['-untrusted', others]
    const { status, stdout, stderr } = pki.ask('verify', ...rules, ...trust, ...given, file)
    if (status === 0 && stdout.toString().endsWith(': OK\n')) return 'accepted'
    if (stderr.includes('verification failed')) return 'refused'
    throw new Error(`openssl verify gave no verdict: ${stderr}`)
  }

  function verifierOf(client: OpensslCertificate): Verifier {
    return createVerifier({
      trustAnchors: [root.certificate],
      audience: AUDIENCE,
      revocation: 'off',
      oneTimeUse: 'off',
      clock: () => client.certificate.notBefore,
    })
  }

  function claimsFor(client: OpensslCertificate): Readonly<Record<string, unknown>> {
    const iat = client.certificate.notBefore.getTime() / 1000
    const jti = 'openssl-0123456789'
    return { iss: SUBJECT, sub: SUBJECT, aud: AUDIENCE, iat, exp: iat + 300, jti }
  }

  function toSign(algorithm: Algorithm, client: OpensslCertificate): string {
    const x5c = [client, intermediate].map(({ certificate }) =>
      Buffer.from(certificate.der).toString('base64'),
    )
    return `${encode({ alg: algorithm, typ: 'cert-auth+jwt', x5c })}.${encode(claimsFor(client))}`
  }

  function signWithOpenssl(
    algorithm: Algorithm,
    client: OpensslCertificate,
    keyFile = client.keyFile,
  ): string {
    const signed = toSign(algorithm, client)
    const signature = opensslSignature(algorithm, keyFile, signed)
    const written = algorithm === 'ES256' ? fixedFromDer(signature, 32) : signature
    return `${signed}.${written.toString('base64url')}`
  }

  function opensslSignature(algorithm: Algorithm, keyFile: string, signed: string): Buffer {
    const data = pki.write('signed.data', signed)
    if (algorithm === 'Ed25519') return pki.run('pkeyutl', '-sign', '-rawin', '-inkey', keyFile, '-in', data)
    const options = algorithm === 'PS256' ? PSS_ARGUMENTS : []
    return pki.run('dgst', '-sha256', ...options, '-sign', keyFile, data)
  }

  function verifiesWithOpenssl(
    algorithm: Algorithm,
    publicKey: string,
    signed: Uint8Array,
    signature: Uint8Array,
  ): boolean {
    const data = pki.write('verified.data', signed)
    const written = algorithm === 'ES256' ? derFromFixed(signature) : signature
    const file = pki.write('verified.sig', written)
    const options = algorithm === 'PS256' ? PSS_ARGUMENTS : []
    const { status, stdout, stderr } =
      algorithm === 'Ed25519'
        ? pki.ask(
            'pkeyutl',
            '-verify',
            '-rawin',
            '-pubin',
            '-inkey',
            publicKey,
            '-in',
            data,
            '-sigfile',
            file,
          )
        : pki.ask('dgst', '-sha256', ...options, '-verify', publicKey, '-signature', file, data)
    const said = stdout.toString()
    if (status === 0 && /Verified OK|Signature Verified Successfully/u.test(said)) return true
    if (status === 1 && /Verification failure|Signature Verification Failure/iu.test(said + stderr))
      return false
    throw new Error(`openssl gave no verdict: ${said}${stderr}`)
  }

  function publicKeyFile(leaf: TestCertificate, algorithm: string): string {
    const certificate = pki.write(`${algorithm}.leaf.pem`, leaf.pem)
    return pki.write(`${algorithm}.pub.pem`, pki.run('x509', '-in', certificate, '-pubkey', '-noout'))
  }

  async function verdictWithKey(
    client: OpensslCertificate,
    key: Uint8Array,
    passphrase?: string,
  ): Promise<string> {
    const privateKey = pki.write('loaded.key', key)
    return await codeOf(async () => {
      const credential = await loadCredential({
        certificate: client.certificateFile,
        privateKey,
        chain: intermediate.certificateFile,
        ...(passphrase === undefined ? {} : { passphrase }),
      })
      const token = await signToken(credential, { audience: AUDIENCE, at: client.certificate.notBefore })
      await verifierOf(client).verify(token)
      expect((await inspectToken(token)).unverifiedCertificates).toHaveLength(2)
    })
  }
})

function withPathLength(length: number): readonly string[] {
  return CA_EXTENSIONS.map((line) => (line.endsWith('CA:TRUE') ? `${line},pathlen:${length}` : line))
}

function partsOf(token: string): { header: string; signed: Buffer; signature: Buffer } {
  const [header = '', payload = '', signature = ''] = token.split('.')
  const signed = Buffer.from(`${header}.${payload}`)
  return { header, signed, signature: Buffer.from(signature, 'base64url') }
}

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}

function flip(bytes: Uint8Array, index: number): Buffer {
  const changed = Buffer.from(bytes)
  changed[index] = (changed[index] ?? 0) ^ 1
  return changed
}

function splitOnce(line: string): readonly [string, string] {
  const index = line.indexOf('=')
  return [line.slice(0, index), line.slice(index + 1)]
}
