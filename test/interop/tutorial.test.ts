// The tutorial for pyOpenSSL beside our two functions: its program as it stands, repaired, and in our place. Bare
// signatures go both ways between openssl, Python's cryptography, pyOpenSSL and this library.

import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { dangerouslyGenerateBareToken, generateToken, type VerifyTokenOptions, verifyToken } from 'ingam/node'
import { createTestCa, type TestCertificate } from 'ingam/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { codeOf } from '../support/codes.ts'
import { describeWith } from '../support/requires.ts'

const SCRIPTS = join(import.meta.dirname, 'tutorial')
const KEYS = {
  RSA: ['rsa:2048'],
  EC: ['ec', '-pkeyopt', 'ec_paramgen_curve:P-256'],
} as const
const CONTENTS = ['der', 'pem'] as const
const PEERS = ['openssl', 'bare_cryptography', 'bare_pyopenssl'] as const

type KeyType = keyof typeof KEYS
type Content = (typeof CONTENTS)[number]
type Peer = (typeof PEERS)[number]

interface Files {
  readonly certFile: string
  readonly keyFile: string
}

describeWith(['openssl', 'pyopenssl 23.0'], "the tutorial's tokens", (paths) => {
  const { openssl, 'pyopenssl 23.0': python } = paths
  let folder = ''
  let count = 0

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'ingam-tutorial-'))
  })

  afterAll(() => rmSync(folder, { recursive: true }))

  describe.each<KeyType>(['RSA', 'EC'])('%s', (keyType) => {
    let files: Files
    let others: Files

    beforeAll(() => {
      files = selfSigned(keyType)
      others = selfSigned(keyType)
    })

    describe.each(PEERS)('bare signatures and %s', (peer) => {
      test.each(CONTENTS)(
        'over the %s: its own is accepted until the date, and not changed',
        async (over) => {
          const signature = signWith(peer, files, over)
          const asked = { acceptBareUntil: inSeconds(60), bareOver: over }
          expect(await verdict(signature, files, asked)).toBe('accepted')
          expect(await verdict(signature.toString('base64'), files, asked)).toBe('accepted')
          expect(await verdict(flipLast(signature), files, asked)).toBe('ERR_TOKEN_SIGNATURE')
          expect(await verdict(signature, files)).toBe('ERR_TOKEN_BARE')
          expect(await verdict(signature, files, { ...asked, acceptBareUntil: inSeconds(-1) })).toBe(
            'ERR_TOKEN_BARE',
          )
        },
      )

      test.each(CONTENTS)('over the %s: it accepts ours, and not changed', async (over) => {
        const signature = await dangerouslyGenerateBareToken(files.certFile, files.keyFile, { over })
        const otherContent = over === 'der' ? 'pem' : 'der'
        expect(acceptsWith(peer, signature, files, over)).toBe(true)
        expect(acceptsWith(peer, flipLast(signature), files, over)).toBe(false)
        expect(acceptsWith(peer, signature, files, otherContent)).toBe(false)
        expect(acceptsWith(peer, signature, others, over)).toBe(false)
      })
    })

    describe('the program of the tutorial', () => {
      test('as it stands, makes no token: sign takes key, data and digest', () => {
        expect(errorOf('as_it_stands', 'generate_token', files.certFile, files.keyFile)).toBe(
          "TypeError: object of type 'PKey' has no len()",
        )
      })

      test('as it stands, verifies none: verify takes certificate, signature, data and digest', () => {
        const genuine = signWith('bare_pyopenssl', files, 'der')
        expect(errorOf('as_it_stands', 'verify_token', genuine, files.certFile)).toBe(
          "TypeError: verify() missing 1 required positional argument: 'digest'",
        )
      })

      test('repaired, makes a token that passes again and again; ours passes once it is asked for', async () => {
        const token = repairedToken(files)
        expect(repairedAccepts(token, files)).toBe(true)
        expect(repairedAccepts(token, files)).toBe(true)
        expect(repairedAccepts(flipLast(token), files)).toBe(false)
        expect(repairedAccepts(token, others)).toBe(false)
        expect(await verdict(token, files, { acceptBareUntil: inSeconds(60) })).toBe('accepted')
      })
    })

    describe('a token of ours', () => {
      test('has a signature that cryptography finds genuine, and not changed', async () => {
        const token = await generateToken(files.certFile, files.keyFile)
        const [header = '', claims = '', signature = ''] = token.split('.')
        const altered = Buffer.from(claims, 'base64url').toString().replace('"exp":', '"Exp":')
        const changedClaims = `${header}.${Buffer.from(altered).toString('base64url')}.${signature}`
        const changedSignature = `${header}.${claims}.${flipLast(Buffer.from(signature, 'base64url')).toString('base64url')}`
        expect(changedClaims).not.toBe(token)
        expect(isGenuine(token, files)).toBe(true)
        expect(isGenuine(changedClaims, files)).toBe(false)
        expect(isGenuine(changedSignature, files)).toBe(false)
        expect(isGenuine(token, others)).toBe(false)
      })

      test('is accepted when Python made it, and not changed', async () => {
        const token = pythonToken(files)
        const [header = '', claims = '', signature = ''] = token.split('.')
        expect(isGenuine(token, files)).toBe(true)
        expect(await verdict(token, files)).toBe('accepted')
        const changed = flipLast(Buffer.from(signature, 'base64url')).toString('base64url')
        expect(await verdict(`${header}.${claims}.${changed}`, files)).toBe('ERR_TOKEN_SIGNATURE')
        expect(await verdict(token, files, { at: inSeconds(180) })).toBe('ERR_TOKEN_EXPIRED')
        expect(await verdict(token, others)).toBe('ERR_TOKEN_UNKNOWN_THUMBPRINT')
      })

      test.each([
        ['nothing added', []],
        ['keyUsage for signatures', ['keyUsage=digitalSignature']],
        ['keyUsage for signatures and certificates', ['keyUsage=critical,digitalSignature,keyCertSign']],
        ['extKeyUsage of a server', ['extendedKeyUsage=serverAuth']],
      ])('is made and accepted by a certificate of openssl req -x509 with %s', async (_, extensions) => {
        const made = selfSigned(keyType, extensions)
        const text = run('x509', '-in', made.certFile, '-noout', '-text').toString()
        expect(text).toContain('CA:TRUE')
        expect(text.includes('Key Usage')).toBe(extensions.length > 0)
        const token = await generateToken(made.certFile, made.keyFile)
        expect(await verdict(token, made)).toBe('accepted')
        expect(await verdict(token, files)).toBe('ERR_TOKEN_UNKNOWN_THUMBPRINT')
      })

      test('is neither made nor accepted by one whose keyUsage is for certificates alone', async () => {
        const made = selfSigned(keyType, ['keyUsage=critical,keyCertSign,cRLSign'])
        expect(await codeOf(() => generateToken(made.certFile, made.keyFile))).toBe('ERR_CREDENTIAL_SIGNER')
        expect(await verdict(pythonToken(made), made)).toBe('ERR_TOKEN_SIGNER')
        const asked = { acceptBareUntil: inSeconds(60) }
        expect(await verdict(signWith('openssl', made, 'der'), made, asked)).toBe('ERR_TOKEN_SIGNER')
      })
    })
  })

  test('the repaired token of an RSA key is the same, byte for byte, each time', () => {
    const files = selfSigned('RSA')
    expect(repairedToken(files)).toEqual(repairedToken(files))
  })

  // What nobody asks there, and somebody asks here.
  describe('the repaired program accepts, and we refuse', () => {
    const asked = { acceptBareUntil: inSeconds(60) }

    test.each([
      ['a certificate that has expired', { notAfter: inSeconds(-60) }, 'ERR_PATH_EXPIRED'],
      ['one that is not valid yet', { notBefore: inSeconds(3_600) }, 'ERR_PATH_NOT_YET_VALID'],
      ['one whose key is too weak', { keyType: 'RSA-1024' as const }, 'ERR_PATH_ALGORITHM'],
      ['one whose key is not for signing', { keyUsage: ['keyEncipherment'] as const }, 'ERR_TOKEN_SIGNER'],
    ])('the token of %s', async (_, options, code) => {
      const files = filesOf(await (await createTestCa()).issue(options))
      const token = repairedToken(files)
      expect(repairedAccepts(token, files)).toBe(true)
      expect(await verdict(token, files, asked)).toBe(code)
    })
  })

  /** A certificate as tutorials make it, with the configuration of the system. */
  function selfSigned(keyType: KeyType, extensions: readonly string[] = []): Files {
    const [certFile, keyFile] = [newFile('pem'), newFile('key')]
    const added = extensions.flatMap((extension) => ['-addext', extension])
    const out = ['-nodes', '-keyout', keyFile, '-out', certFile, '-days', '2', '-subj', '/CN=client']
    run('req', '-x509', '-newkey', ...KEYS[keyType], ...out, ...added)
    return { certFile, keyFile }
  }

  function filesOf(made: TestCertificate): Files {
    return { certFile: newFile('pem', made.pem), keyFile: newFile('key', made.privateKeyPem) }
  }

  function signWith(peer: Peer, { certFile, keyFile }: Files, over: Content): Buffer {
    if (peer !== 'openssl') return bytesOf(peer, 'sign', certFile, keyFile, over)
    return run('dgst', '-sha256', '-sign', keyFile, contentFile(certFile, over))
  }

  function acceptsWith(peer: Peer, signature: Uint8Array, { certFile }: Files, over: Content): boolean {
    if (peer !== 'openssl') return answerOf(peer, 'verify', signature, certFile, over)
    const publicKey = newFile('pub', run('x509', '-in', certFile, '-noout', '-pubkey'))
    const signatureFile = newFile('sig', signature)
    const args = ['-verify', publicKey, '-signature', signatureFile, contentFile(certFile, over)]
    const { status, stdout } = spawnSync(openssl, ['dgst', '-sha256', ...args], { encoding: 'utf8' })
    expect(stdout).toMatch(status === 0 ? /^Verified OK/u : /^Verification failure/u)
    return status === 0
  }

  function contentFile(certFile: string, over: Content): string {
    return newFile(over, run('x509', '-in', certFile, '-outform', over))
  }

  function repairedToken({ certFile, keyFile }: Files): Buffer {
    return bytesOf('repaired', 'generate_token', certFile, keyFile)
  }

  function repairedAccepts(token: Uint8Array, { certFile }: Files): boolean {
    return answerOf('repaired', 'verify_token', token, certFile)
  }

  function pythonToken({ certFile, keyFile }: Files): string {
    return bytesOf('pinned_token', 'generate_token', certFile, keyFile).toString('latin1')
  }

  function isGenuine(token: string, { certFile }: Files): boolean {
    return answerOf('pinned_signature', 'is_genuine', token, certFile)
  }

  function bytesOf(module: string, name: string, ...args: readonly (string | Uint8Array)[]): Buffer {
    const outcome = call(module, name, args)
    if (outcome.status !== 0) throw new Error(`${module}.${name}: ${outcome.stderr}`)
    return Buffer.from(outcome.stdout.trim(), 'hex')
  }

  function answerOf(module: string, name: string, ...args: readonly (string | Uint8Array)[]): boolean {
    const outcome = call(module, name, args)
    const answer = outcome.stdout.trim()
    if (answer !== 'True' && answer !== 'False') throw new Error(`${module}.${name}: ${outcome.stderr}`)
    return answer === 'True'
  }

  /** The last line of what Python says when the call fails. */
  function errorOf(module: string, name: string, ...args: readonly (string | Uint8Array)[]): string {
    const outcome = call(module, name, args)
    expect(outcome).toMatchObject({ status: 1, stdout: '' })
    return outcome.stderr.trim().split('\n').at(-1) ?? ''
  }

  /** Calls a function of a script; bytes are handed over as a file. It prints bytes and texts as hex. */
  function call(
    module: string,
    name: string,
    args: readonly (string | Uint8Array)[],
  ): { status: number | null; stdout: string; stderr: string } {
    const given = args.map((arg) => (typeof arg === 'string' ? arg : `bytes:${newFile('bin', arg)}`))
    const env = { PYTHONPATH: SCRIPTS, PYTHONDONTWRITEBYTECODE: '1' }
    return spawnSync(python, ['-c', CALL, module, name, ...given], { env, encoding: 'utf8' })
  }

  function run(...args: readonly string[]): Buffer {
    const { status, stdout, stderr, error } = spawnSync(openssl, args)
    if (error !== undefined) throw error
    if (status !== 0) throw new Error(`openssl ${args.join(' ')}: ${stderr.toString()}`)
    return stdout
  }

  function newFile(ending: string, content: string | Uint8Array = ''): string {
    const file = join(folder, `${++count}.${ending}`)
    writeFileSync(file, content)
    return file
  }
})

const CALL = `
import importlib, sys
module, name, *given = sys.argv[1:]
args = [open(arg[6:], "rb").read() if arg.startswith("bytes:") else arg for arg in given]
answer = getattr(importlib.import_module(module), name)(*args)
print(answer if isinstance(answer, bool) else (answer.encode() if isinstance(answer, str) else answer).hex())
`

/** What verifyToken says, and why. */
async function verdict(
  token: string | Uint8Array,
  { certFile }: Files,
  options: VerifyTokenOptions = {},
): Promise<string> {
  const codes: string[] = []
  const onRefusal = ({ code }: { code: string }): number => codes.push(code)
  const accepted = await verifyToken(token, certFile, { ...options, onRefusal })
  expect(codes).toHaveLength(accepted ? 0 : 1)
  return codes[0] ?? 'accepted'
}

function inSeconds(seconds: number): Date {
  return new Date(Date.now() + seconds * 1000)
}

function flipLast(bytes: Uint8Array): Buffer {
  const changed = Buffer.from(bytes)
  changed[changed.length - 1] = (changed.at(-1) ?? 0) ^ 1
  return changed
}
