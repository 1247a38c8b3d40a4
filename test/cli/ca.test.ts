// `ingam ca` against the openssl program: what it issues openssl accepts, the requests that it certifies or refuses are
// openssl's; and what stays on the disk when something goes wrong.

import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type DerElement, splitSequence, writeDer } from '../../packages/cli/src/dev-ca/der.ts'
import { readIndex } from '../../packages/cli/src/dev-ca/index-file.ts'
import { KEY_TYPES } from '../../packages/cli/src/dev-ca/keys.ts'
import { widthOf } from '../../packages/cli/src/layout/width.ts'
import { formatGeneralName } from '../../packages/ingam/src/x509/general-name.ts'
import { formatName } from '../../packages/ingam/src/x509/name.ts'
import { parseCertificates } from '../../packages/ingam/src/x509/pem.ts'
import { createOpensslPki, type OpensslPki } from '../support/openssl-pki.ts'
import { describeWith } from '../support/requires.ts'
import { type CommandOutcome, runCommand } from './run-command.ts'

let folder = ''

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ingam-ca-'))
})

afterAll(() => {
  rmSync(folder, { recursive: true, force: true })
})

const at = (path: string): string => join(folder, path)

async function ca(...args: readonly string[]): Promise<CommandOutcome> {
  return await runCommand(['ca', ...args])
}

async function done(...args: readonly string[]): Promise<CommandOutcome> {
  const outcome = await ca(...args)
  expect(outcome).toMatchObject({ exit: 0 })
  return outcome
}

function certificatesOf(path: string): ReturnType<typeof parseCertificates> {
  return parseCertificates(readFileSync(at(path), 'utf8'))
}

describe('on the disk', () => {
  beforeAll(async () => {
    await done('init', '--out', at('disk'), '--intermediate', '--permit-uri', 'example')
  })

  test('keys can be read by their owner alone, the index and certificates by everybody', () => {
    const modes = readdirSync(at('disk')).map((name) => [name, statSync(at(`disk/${name}`)).mode & 0o777])
    expect(Object.fromEntries(modes)).toEqual({
      'ca.pem': 0o644,
      'ca-key.pem': 0o600,
      'issuing.pem': 0o644,
      'issuing-key.pem': 0o600,
      'chain.pem': 0o644,
      'index.jsonl': 0o644,
    })
    expect(statSync(at('disk')).mode & 0o777).toBe(0o700)
  })

  test('a certificate that the CA may not issue leaves nothing behind, neither folder nor entry', async () => {
    const before = [readdirSync(folder), await readIndex(at('disk'))]
    const outcome = await ca('issue', '--ca', at('disk'), '--out', at('refused'), '--uri', 'spiffe://other/a')
    expect(outcome).toMatchObject({ exit: 1, out: '' })
    expect(outcome.err).toContain('ERR_PATH_NAME_CONSTRAINT')
    expect([readdirSync(folder), await readIndex(at('disk'))]).toEqual(before)
    await done('issue', '--ca', at('disk'), '--out', at('within'), '--uri', 'spiffe://example/a')
    expect((await readIndex(at('disk')))?.at(-1)).toMatchObject({
      subject: 'CN=client',
      names: ['uri:spiffe://example/a'],
      profile: 'client',
      issuer: 'CN=Ingam development CA (issuing)',
      file: '../within/cert.pem',
    })
  })

  test('an index that cannot be written leaves no certificate behind', async () => {
    await done('init', '--out', at('damaged'))
    rmSync(at('damaged/index.jsonl'))
    // A folder in its place: neither read nor renamed over, for the superuser neither.
    mkdirSync(at('damaged/index.jsonl'))
    const before = readdirSync(folder)
    const outcome = await ca('issue', '--ca', at('damaged'), '--out', at('unlisted'))
    expect(outcome).toMatchObject({ exit: 3, out: '' })
    expect(outcome.err).toContain('index.jsonl: is a folder')
    expect(readdirSync(folder)).toEqual(before)
    expect(readdirSync(at('damaged'))).not.toContain('index.jsonl.new')
  })

  test('many at once are all entered', async () => {
    await done('init', '--out', at('busy'))
    const numbers = Array.from({ length: 8 }, (_, index) => index)
    await Promise.all(
      numbers.map(async (index) => await done('issue', '--ca', at('busy'), '--out', at(`busy-${index}`))),
    )
    const entries = (await readIndex(at('busy'))) ?? []
    expect(new Set(entries.map(({ file }) => file))).toEqual(
      new Set(numbers.map((index) => `../busy-${index}/cert.pem`)),
    )
    expect(entries).toHaveLength(numbers.length)
  })

  test('a folder without an index, as the first version made it, goes on', async () => {
    await done('init', '--out', at('old'))
    rmSync(at('old/index.jsonl'))
    expect((await done('list', '--ca', at('old'))).err).toContain('has no index yet')
    await done('issue', '--ca', at('old'), '--out', at('old-client'))
    expect(await readIndex(at('old'))).toHaveLength(1)
  })

  test('a file that exists is not overwritten by ca sign', async () => {
    writeFileSync(at('mine.pem'), 'mine')
    const outcome = await ca('sign', '--ca', at('disk'), '--out', at('mine.pem'), at('absent.pem'))
    expect(outcome).toMatchObject({ exit: 2, out: '' })
    expect(readFileSync(at('mine.pem'), 'utf8')).toBe('mine')
  })
})

describe('profiles', () => {
  beforeAll(async () => {
    await done('init', '--out', at('two-tier'), '--intermediate')
    await done('init', '--out', at('one-tier'))
  })

  test.each([
    ['client', ['clientAuth'], []],
    ['server', ['serverAuth'], ['--dns', 'a.example']],
    ['both', ['clientAuth', 'serverAuth'], ['--ip', '::1']],
  ])('%s', async (profile, purposes, names) => {
    await done('issue', '--ca', at('two-tier'), '--out', at(`p-${profile}`), '--profile', profile, ...names)
    const [leaf, issuing, ...more] = certificatesOf(`p-${profile}/cert.pem`)
    expect(leaf?.extKeyUsage).toMatchObject(purposes.map((name) => EKU[name]))
    expect(leaf?.basicConstraints?.cA).toBe(false)
    expect(issuing?.basicConstraints).toMatchObject({ cA: true, pathLenConstraint: 0 })
    expect(more).toEqual([])
  })

  test('a server without a name that clients look at is refused', async () => {
    const outcome = await ca(
      'issue',
      '--ca',
      at('one-tier'),
      '--out',
      at('nameless'),
      '--profile',
      'server',
      '--uri',
      'a:b',
    )
    expect(outcome.exit).toBe(2)
    expect(outcome.err).toContain("a server's certificate needs a DNS name or an IP address")
  })

  test('a CA below the root issues from its own folder; below it there is none', async () => {
    await done('issue', '--ca', at('two-tier'), '--out', at('sub'), '--profile', 'ca', '--name', 'Sub')
    await done('issue', '--ca', at('sub'), '--out', at('sub-client'))
    expect((await readIndex(at('two-tier')))?.at(-1)).toMatchObject({
      subject: 'CN=Sub',
      file: '../sub/issuing.pem',
    })
    expect((await readIndex(at('sub')))?.map(({ issuer }) => issuer)).toEqual(['CN=Sub'])
    const outcome = await ca('issue', '--ca', at('sub'), '--out', at('sub-sub'), '--profile', 'ca')
    expect(outcome).toMatchObject({ exit: 3 })
    expect(outcome.err).toContain('ca-key.pem: no such file')
  })

  test('a root that may have none below it makes none', async () => {
    const outcome = await ca('issue', '--ca', at('one-tier'), '--out', at('below'), '--profile', 'ca')
    expect(outcome.exit).toBe(2)
    expect(outcome.err).toContain('pathLenConstraint 0')
  })

  test('all kinds of names, and how long: no longer than the issuer, beginning as long before as it lives', async () => {
    const names = [
      '--uri',
      'a:b',
      '--dns',
      'a.example',
      '--email',
      'a@example',
      '--upn',
      'u@example',
      '--ip',
      '192.0.2.1',
    ]
    const now = new Date('2030-01-01T00:00:00.500Z')
    const clock = { now: () => now }
    await runCommand(['ca', 'init', '--out', at('clock'), '--days', '1'], clock)
    for (const [out, ...lifetime] of [
      ['brief', '--lifetime', '90s'],
      ['hours', '--lifetime', '12h'],
      ['beyond', '--days', '2'],
    ]) {
      await runCommand(
        ['ca', 'issue', '--ca', at('clock'), '--out', at(out ?? ''), ...names, ...lifetime],
        clock,
      )
    }
    const [brief] = certificatesOf('brief/cert.pem')
    expect(brief?.subjectAltName?.map(formatGeneralName)).toEqual([
      'URI:a:b',
      'DNS:a.example',
      'email:a@example',
      'UPN:u@example',
      'IP:192.0.2.1',
    ])
    const spans = ['brief', 'hours', 'beyond'].map((name) => {
      const [certificate] = certificatesOf(`${name}/cert.pem`)
      return [certificate?.notBefore.toISOString(), certificate?.notAfter.toISOString()]
    })
    expect(spans).toEqual([
      ['2029-12-31T23:58:30.000Z', '2030-01-01T00:01:30.000Z'],
      ['2029-12-31T23:00:00.000Z', '2030-01-01T12:00:00.000Z'],
      ['2029-12-31T23:00:00.000Z', '2030-01-02T00:00:00.000Z'],
    ])
    const later = { now: () => new Date('2030-01-02T00:00:01Z') }
    const expired = await runCommand(['ca', 'issue', '--ca', at('clock'), '--out', at('too-late')], later)
    expect(expired).toMatchObject({ exit: 1, out: '' })
    expect(expired.err).toContain('ERR_PATH_')
  })

  test.each(['0s', '15', 'm', '1.5h', '-1h', '826d', '71280001s'])(
    'a lifetime of %s is wrong usage',
    async (lifetime) => {
      const outcome = await ca('issue', '--ca', at('one-tier'), '--out', at('never'), '--lifetime', lifetime)
      expect(outcome).toMatchObject({ exit: 2, out: '' })
      expect(outcome.err).toContain('from 1s to 825d')
    },
  )

  test('the longest lifetime is accepted; days besides it are not', async () => {
    await done('issue', '--ca', at('one-tier'), '--out', at('longest'), '--lifetime', '71280000s')
    const outcome = await ca(
      'issue',
      '--ca',
      at('one-tier'),
      '--out',
      at('both-given'),
      '--lifetime',
      '1d',
      '--days',
      '1',
    )
    expect(outcome).toMatchObject({ exit: 2, out: '' })
  })
})

describe('the list on a terminal', () => {
  const names = ['spiffe://example/a-rather-long-name-of-a-client', 'spiffe://example/second']
  const isTTY = { stdin: true, stdout: true, stderr: true }

  beforeAll(async () => {
    await done('init', '--out', at('wide'))
    await done(
      'issue',
      '--ca',
      at('wide'),
      '--out',
      at('wide-1'),
      ...names.flatMap((name) => ['--uri', name]),
    )
    await done('issue', '--ca', at('wide'), '--out', at('wide-2'), '--name', '김 에이')
  })

  const list = async (columns: number, env: Readonly<Record<string, string>>): Promise<string> =>
    (await runCommand(['ca', 'list', '--ca', at('wide')], { columns, isTTY, env })).out

  test.each([60, 80, 120])('%i columns: no line is wider, and nothing is left out', async (columns) => {
    const out = await list(columns, { NO_COLOR: '1' })
    expect(out.split('\n').filter((line) => widthOf(line) > columns)).toEqual([])
    for (const text of ['CN=client', 'CN=김 에이', ...names.map((name) => `uri:${name}`)])
      expect(out).toContain(text)
    expect(out).not.toContain('\u001b')
  })

  test('where there is room for names beside the number, each certificate has its line', async () => {
    expect((await list(200, { NO_COLOR: '1' })).split('\n')).toHaveLength(4)
    expect((await list(120, { NO_COLOR: '1' })).split('\n')[0]).toContain('SUBJECT AND NAMES')
    expect((await list(60, { NO_COLOR: '1' })).split('\n')[0]).not.toContain('SUBJECT AND NAMES')
  })

  test('a name longer than the line is cut into pieces, none of which is lost', async () => {
    const long = `uri:${names[0] ?? ''}`
    const out = await list(40, { NO_COLOR: '1' })
    expect(out.replaceAll(/\n {2}/gu, '')).toContain(long)
  })

  test('the state has a colour', async () => {
    expect(await list(120, {})).toMatch(/\u001b\[32mvalid for \d+ d \d+ h\u001b\[39m/u)
  })

  test('in a pipe each certificate has one line, whatever the width', async () => {
    expect((await done('list', '--ca', at('wide'))).out.trimEnd().split('\n')).toHaveLength(3)
  })
})

describe('ML-DSA, which openssl has from 3.5 on', () => {
  test.each(KEY_TYPES.filter((name) => name.startsWith('ML-')))(
    '%s signs a token that verifies',
    async (keyType) => {
      await done('init', '--out', at(`ca-${keyType}`), '--key-type', keyType)
      await done('issue', '--ca', at(`ca-${keyType}`), '--out', at(keyType), '--key-type', keyType)
      const [leaf] = certificatesOf(`${keyType}/cert.pem`)
      expect(leaf?.subjectPublicKeyInfo.key).toEqual({ kind: 'ml-dsa', parameterSet: keyType })
    },
  )
})

describeWith(['openssl'], 'openssl accepts', ({ openssl }) => {
  let pki: OpensslPki

  beforeAll(() => {
    pki = createOpensslPki(openssl)
  })
  afterAll(() => pki.remove())

  test.each(KEY_TYPES.filter((name) => !name.startsWith('ML-')))('a chain of %s keys', async (keyType) => {
    const [root, out] = [at(`o-${keyType}`), at(`o-${keyType}-client`)]
    await done('init', '--out', root, '--key-type', keyType, '--intermediate', '--permit-dns', 'example')
    await done(
      'issue',
      '--ca',
      root,
      '--out',
      out,
      '--key-type',
      keyType,
      '--dns',
      'a.example',
      '--upn',
      'u@example',
    )
    pki.run(...verify(root, join(out, 'cert.pem'), 'sslclient'))
    expect(pki.ask(...verify(root, join(out, 'cert.pem'), 'sslserver')).status).not.toBe(0)
    pki.run('pkey', '-in', join(out, 'key.pem'), '-noout')
  })

  function verify(root: string, certificate: string, purpose: string): readonly string[] {
    const anchors = ['-CAfile', join(root, 'ca.pem'), '-untrusted', certificate]
    return ['verify', '-x509_strict', ...anchors, '-purpose', purpose, certificate]
  }
})

describeWith(['openssl'], 'requests of openssl', ({ openssl }) => {
  let pki: OpensslPki
  let root = ''

  beforeAll(async () => {
    pki = createOpensslPki(openssl)
    root = at('signing')
    await done('init', '--out', root, '--intermediate')
  })
  afterAll(() => pki.remove())

  const P384 = ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-384']
  const rsa = (bits: number): readonly string[] => [
    '-algorithm',
    'RSA',
    '-pkeyopt',
    `rsa_keygen_bits:${bits}`,
  ]
  const NAMES = [
    '-addext',
    'subjectAltName=URI:spiffe://example/worker,DNS:w.example,email:w@example,IP:192.0.2.7',
  ]

  // The path of a new request; PEM unless the arguments say otherwise.
  let count = 0
  function request(key: readonly string[], ...args: readonly string[]): string {
    const name = pki.path(`request-${++count}`)
    pki.run('genpkey', ...key, '-out', `${name}.key`)
    const subject = args.includes('-subj') ? [] : ['-subj', '/O=Other/CN=worker']
    pki.run(
      'req',
      '-new',
      '-key',
      `${name}.key`,
      '-config',
      pki.path('openssl.cnf'),
      ...subject,
      ...args,
      '-out',
      name,
    )
    return name
  }

  function der(path: string): Uint8Array {
    return pki.run('req', '-in', path, '-outform', 'DER')
  }

  async function sign(path: string, ...args: readonly string[]): Promise<CommandOutcome> {
    return await ca('sign', '--ca', root, path, ...args)
  }

  test.each([
    ['RSA of 2048 bits', rsa(2_048), []],
    ['RSA of 3072 bits, signed with PSS', rsa(3_072), ['-sigopt', 'rsa_padding_mode:pss', '-sha384']],
    ['P-384', P384, ['-sha512']],
    ['P-521', ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-521'], []],
    ['Ed25519', ['-algorithm', 'ED25519'], []],
    ['Ed448', ['-algorithm', 'ED448'], []],
    ['with text before it', P384, ['-text']],
    ['of the old label', P384, ['-newhdr']],
    ['in DER', P384, ['-outform', 'DER']],
  ])('%s: certified, and openssl verifies the chain', async (_what, key, args) => {
    const path = request(key, ...args)
    const { exit, out, err } = await sign(path, '--uri', 'spiffe://example/given')
    expect({ exit, err }).toEqual({ exit: 0, err: expect.stringContaining('asks for subject') })
    const certificate = pki.write(`certified-${count}.pem`, out)
    pki.run(
      'verify',
      '-x509_strict',
      '-CAfile',
      join(root, 'ca.pem'),
      '-untrusted',
      certificate,
      '-purpose',
      'sslclient',
      certificate,
    )
    const publicKey = (kind: string, file: string): string =>
      pki.run(kind, '-in', file, '-noout', '-pubkey').toString()
    const inform = args.includes('DER')
      ? pki.write('again.pem', pki.run('req', '-inform', 'DER', '-in', path))
      : path
    expect(publicKey('x509', certificate)).toBe(publicKey('req', inform))
    expect((await readIndex(root))?.at(-1)).toMatchObject({
      names: ['uri:spiffe://example/given'],
      profile: 'client',
    })
    expect((await readIndex(root))?.at(-1)).not.toHaveProperty('file')
  })

  test('from stdin, into a file', async () => {
    const input = pki.read(request(P384))
    const out = at('from-stdin.pem')
    const outcome = await runCommand(['ca', 'sign', '--ca', root, '--out', out, '-'], { input })
    expect(outcome).toMatchObject({ exit: 0, out: `${out}\n` })
    expect(parseCertificates(readFileSync(out, 'utf8'))).toHaveLength(2)
    expect((await readIndex(root))?.at(-1)?.file).toBe('../from-stdin.pem')
  })

  test('names are shown, and taken only where the person says so', async () => {
    const path = request(P384, ...NAMES)
    const refused = await sign(path)
    expect(refused.err).toContain(
      'asks for subject O=Other, CN=worker, uri:spiffe://example/worker, dns:w.example, email:w@example, ip:192.0.2.7: nothing of it is taken',
    )
    expect(namesIn(refused.out)).toEqual(['CN=client'])
    const all = ['URI:spiffe://example/worker', 'DNS:w.example', 'email:w@example', 'IP:192.0.2.7']
    expect(namesIn((await sign(path, '--accept-names')).out)).toEqual(['CN=worker', ...all])
    const besides = await sign(
      path,
      '--accept-names',
      '--name',
      'mine',
      '--dns',
      'mine.example',
      '--dns',
      'w.example',
    )
    expect(namesIn(besides.out)).toEqual([
      'CN=mine',
      'DNS:mine.example',
      'DNS:w.example',
      'URI:spiffe://example/worker',
      'email:w@example',
      'IP:192.0.2.7',
    ])
    expect(namesIn((await sign(path, '--uri', 'spiffe://example/mine')).out)).toEqual([
      'CN=client',
      'URI:spiffe://example/mine',
    ])
  })

  test('nothing else that it asks for is taken', async () => {
    const asked = [
      'basicConstraints=critical,CA:TRUE',
      'keyUsage=keyCertSign,cRLSign',
      'extendedKeyUsage=serverAuth,codeSigning',
      'subjectAltName=RID:1.2.3,DNS:w.example',
      '1.2.3.4=ASN1:UTF8:x',
    ].flatMap((extension) => ['-addext', extension])
    const { exit, out, err } = await sign(request(P384, ...asked), '--accept-names')
    expect(exit).toBe(0)
    expect(err).toContain(
      'never taken from a request: the extension basicConstraints, the extension keyUsage, the extension extKeyUsage, the name id:1.2.3, the extension 1.2.3.4',
    )
    const [certificate] = parseCertificates(out)
    expect(certificate?.basicConstraints?.cA).toBe(false)
    expect(certificate?.extensions.map(({ oid }) => oid)).not.toContain('1.2.3.4')
    expect(namesIn(out)).toEqual(['CN=worker', 'DNS:w.example'])
  })

  test('a subject that could not be shown as it is is not taken as common name', async () => {
    const { out } = await sign(request(P384, '-utf8', '-subj', '/CN=a\u202eb'), '--accept-names')
    expect(namesIn(out)).toEqual(['CN=client'])
  })

  test.each([
    ['RSA of 1024 bits', rsa(1_024), [], 'expected an RSA key of 2048 to 8192 bits, found 1024'],
    [
      'RSA with exponent 3',
      [...rsa(2_048), '-pkeyopt', 'rsa_keygen_pubexp:3'],
      [],
      'exponent from 65537, found 3',
    ],
    ['secp256k1', ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:secp256k1'], [], 'found ec secp256k1'],
    ['P-224', ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-224'], [], 'found ec secp224r1'],
    ['a signature with SHA-1', rsa(2_048), ['-sha1'], 'SHA-256, SHA-384 or SHA-512, found SHA-1'],
  ])('%s is refused', async (_what, key, args, reason) => {
    const before = await readIndex(root)
    const outcome = await sign(request(key, ...args))
    expect(outcome).toMatchObject({ exit: 1, out: '' })
    expect(outcome.err).toContain(reason)
    expect(await readIndex(root)).toEqual(before)
  })

  // The size is judged before the signature, so that a key need not exist to be refused for it.
  test.each([
    [2_047, 65_537n, 'found 2047'],
    [2_048, 65_537n, 'not signed by the key in it'],
    [8_192, 65_537n, 'not signed by the key in it'],
    [8_193, 65_537n, 'found 8193'],
    [2_048, 65_535n, 'exponent from 65537, found 65535'],
    [2_048, 65_538n, 'odd exponent from 65537, found 65538'],
  ])('an RSA key of %i bits with exponent %i: %s', async (bits, exponent, reason) => {
    const [toBeSigned, algorithm, signature] = splitSequence(der(request(rsa(2_048)))) ?? []
    const [version, subject, publicKey, ...rest] = splitSequence(toBeSigned?.bytes ?? new Uint8Array()) ?? []
    const [keyAlgorithm] = splitSequence(publicKey?.bytes ?? new Uint8Array()) ?? []
    const key = writeDer(0x30, integer((1n << BigInt(bits - 1)) | 1n), integer(exponent))
    const spki = writeDer(0x30, bytesOf(keyAlgorithm), writeDer(0x03, Uint8Array.of(0), key))
    const changed = writeDer(0x30, bytesOf(version), bytesOf(subject), spki, ...rest.map(bytesOf))
    const outcome = await sign(
      pki.write('sized.der', writeDer(0x30, changed, bytesOf(algorithm), bytesOf(signature))),
    )
    expect(outcome).toMatchObject({ exit: 1, out: '' })
    expect(outcome.err).toContain(reason)
  })

  test.each([
    ['of the same kind', P384],
    ['of another kind', rsa(2_048)],
  ])("another key's signature, %s, is refused", async (_what, key) => {
    const [mine, other] = [splitSequence(der(request(P384))) ?? [], splitSequence(der(request(key))) ?? []]
    const parts = [mine[0], other[1], other[2]].map((element) => element?.bytes ?? new Uint8Array())
    const outcome = await sign(pki.write('grafted.der', writeDer(0x30, ...parts)))
    expect(outcome).toMatchObject({ exit: 1, out: '' })
    expect(outcome.err).toContain('not signed by the key in it')
  })

  test('a changed name is refused', async () => {
    const changed = Buffer.from(der(request(P384, ...NAMES)))
    changed.write('x', changed.indexOf('w.example'))
    const outcome = await sign(pki.write('changed.der', changed))
    expect(outcome).toMatchObject({ exit: 1, out: '' })
    expect(outcome.err).toContain('not signed by the key in it')
  })

  test('no damage gets through: every cut is refused, every flipped byte is', async () => {
    const whole = Buffer.from(der(request(['-algorithm', 'ED25519'])))
    const outcomes = new Set<number>()
    for (let index = 0; index < whole.length; index++) {
      const flipped = Buffer.from(whole)
      flipped[index] = (flipped[index] ?? 0) ^ 0x01
      for (const input of [flipped, whole.subarray(0, index)]) {
        const { exit, out } = await runCommand(['ca', 'sign', '--ca', root, '-'], { input })
        expect({ index, out }).toEqual({ index, out: '' })
        outcomes.add(exit)
      }
    }
    expect(outcomes).toEqual(new Set([1, 3]))
    const { exit } = await runCommand(['ca', 'sign', '--ca', root, '-'], {
      input: Buffer.concat([whole, Buffer.of(0)]),
    })
    expect(exit).toBe(3)
  })

  test('what is no request is named', async () => {
    const path = request(P384)
    const pem = pki.read(path).toString()
    const cases: readonly (readonly [string, string | Uint8Array, string])[] = [
      ['nothing', '', 'found nothing'],
      ['text', 'hello\n', 'in PEM or DER, found neither'],
      ['a key', pki.read(`${path}.key`), 'found a PEM block of PRIVATE KEY'],
      ['a certificate', readFileSync(join(root, 'ca.pem')), 'found a PEM block of CERTIFICATE'],
      ['two requests', pem + pem, 'expected one certificate request, found 2'],
      ['damaged base64', pem.replace(/\n(?=.)/u, '\n*'), 'or damaged'],
      ['too much', `${pem}${'#'.repeat(65_536)}`, 'more than 65536 bytes'],
    ]
    for (const [what, content, reason] of cases) {
      const outcome = await sign(pki.write('no-request', content))
      expect({ what, ...outcome }).toMatchObject({ what, exit: 3, out: '' })
      expect(outcome.err).toContain(reason)
    }
    // One byte less than too much is read.
    expect(await sign(pki.write('long', pem.padEnd(65_536, '#')))).toMatchObject({ exit: 0 })
    expect((await sign(pki.path('absent'))).err).toContain('ERR_FILE_READ')
  })

  function namesIn(pem: string): readonly string[] {
    const [certificate] = parseCertificates(pem)
    const subject = certificate === undefined ? '' : formatName(certificate.subject)
    return [subject, ...(certificate?.subjectAltName ?? []).map(formatGeneralName)]
  }
})

const EKU: Readonly<Record<string, string>> = {
  clientAuth: '1.3.6.1.5.5.7.3.2',
  serverAuth: '1.3.6.1.5.5.7.3.1',
}

function bytesOf(element: DerElement | undefined): Uint8Array {
  if (element === undefined) throw new Error('the request has fewer parts than expected')
  return element.bytes
}

// DER of a positive INTEGER.
function integer(value: bigint): Uint8Array {
  const hex = value.toString(16)
  const bytes = Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex')
  return writeDer(0x02, (bytes[0] ?? 0) < 0x80 ? bytes : Buffer.concat([Buffer.of(0), bytes]))
}
