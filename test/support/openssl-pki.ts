// A small PKI made by the openssl program alone: keys by `genpkey`, roots by `req -x509`, the others by
// `x509 -req`.

import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Certificate } from '../../packages/ingam/src/x509/certificate.ts'
import { parseCertificates } from '../../packages/ingam/src/x509/pem.ts'

export type OpensslKeyType = 'RSA' | 'P-256' | 'Ed25519'

/** A certificate that openssl made, and the files that hold it and its key. */
export interface OpensslCertificate {
  readonly keyFile: string
  readonly certificateFile: string
  readonly pem: string
  readonly certificate: Certificate
}

/** What to write into a certificate; the key is new and on P-256 unless told otherwise. */
export interface OpensslIssueOptions {
  readonly subject: string
  readonly extensions: readonly string[]
  readonly keyType?: OpensslKeyType
  readonly keyArguments?: readonly string[]
  readonly digest?: 'sha1' | 'sha256' | 'sha384'
  /** How the issuer signs: what follows each `-sigopt`. */
  readonly signing?: readonly string[]
  /** From now on; default 90, for a root 3,650. */
  readonly days?: number
}

export interface OpensslRun {
  readonly status: number | null
  readonly stdout: Buffer
  readonly stderr: string
}

export interface OpensslPki {
  /** The path of a file of this name in the PKI's folder. */
  readonly path: (name: string) => string
  readonly write: (name: string, content: string | Uint8Array) => string
  readonly read: (path: string) => Buffer
  /** Runs openssl and returns its answer, whatever it is. */
  readonly ask: (...args: readonly string[]) => OpensslRun
  /** Runs openssl and throws unless it succeeds. */
  readonly run: (...args: readonly string[]) => Buffer
  readonly createKey: (keyType: OpensslKeyType) => string
  readonly createRoot: (options: OpensslIssueOptions) => OpensslCertificate
  readonly issue: (issuer: OpensslCertificate, options: OpensslIssueOptions) => OpensslCertificate
  readonly remove: () => void
}

export const CA_EXTENSIONS = [
  'basicConstraints=critical,CA:TRUE',
  'keyUsage=critical,keyCertSign,cRLSign',
  'subjectKeyIdentifier=hash',
] as const

export const CLIENT_EXTENSIONS = [
  'basicConstraints=critical,CA:FALSE',
  'keyUsage=critical,digitalSignature',
  'extendedKeyUsage=clientAuth',
  'subjectKeyIdentifier=hash',
  'authorityKeyIdentifier=keyid',
  'subjectAltName=URI:spiffe://example/client,DNS:client.example',
] as const

const KEY_ARGUMENTS: Readonly<Record<OpensslKeyType, readonly string[]>> = {
  RSA: ['-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048'],
  'P-256': ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256'],
  Ed25519: ['-algorithm', 'ED25519'],
}

/** Makes an empty PKI in a folder of its own; call `remove` when done. */
export function createOpensslPki(openssl: string): OpensslPki {
  const folder = mkdtempSync(join(tmpdir(), 'ingam-openssl-'))
  let count = 0
  const path = (name: string): string => join(folder, name)
  const write = (name: string, content: string | Uint8Array): string => {
    writeFileSync(path(name), content)
    return path(name)
  }
  // The system's own configuration would add extensions.
  const config = write('openssl.cnf', '[req]\ndistinguished_name = dn\n[dn]\n')

  function ask(...args: readonly string[]): OpensslRun {
    const { status, stdout, stderr, error } = spawnSync(openssl, args, { cwd: folder })
    if (error !== undefined) throw error
    return { status, stdout, stderr: stderr.toString() }
  }

  function run(...args: readonly string[]): Buffer {
    const { status, stdout, stderr } = ask(...args)
    if (status !== 0) throw new Error(`openssl ${args.join(' ')}: ${stderr}`)
    return stdout
  }

  function newKey(args: readonly string[]): string {
    const file = path(`${++count}.key`)
    run('genpkey', ...args, '-out', file)
    return file
  }

  function toCertificate(keyFile: string, certificateFile: string): OpensslCertificate {
    const pem = readFileSync(certificateFile, 'latin1')
    const [certificate] = parseCertificates(pem)
    if (certificate === undefined) throw new Error('openssl wrote no certificate')
    return { keyFile, certificateFile, pem, certificate }
  }

  function keyFor(options: OpensslIssueOptions): string {
    return newKey(options.keyArguments ?? KEY_ARGUMENTS[options.keyType ?? 'P-256'])
  }

  function createRoot(options: OpensslIssueOptions): OpensslCertificate {
    const keyFile = keyFor(options)
    const file = path(`${++count}.pem`)
    const extensions = options.extensions.flatMap((extension) => ['-addext', extension])
    const subject = ['-subj', options.subject, '-days', String(options.days ?? 3_650), '-config', config]
    run(
      'req',
      '-x509',
      '-new',
      '-key',
      keyFile,
      ...subject,
      ...digestOf(options),
      ...extensions,
      '-out',
      file,
    )
    return toCertificate(keyFile, file)
  }

  function issue(issuer: OpensslCertificate, options: OpensslIssueOptions): OpensslCertificate {
    const keyFile = keyFor(options)
    const file = path(`${++count}.pem`)
    const request = path(`${count}.csr`)
    const extensions = write(`${count}.ext`, `${options.extensions.join('\n')}\n`)
    run('req', '-new', '-key', keyFile, '-subj', options.subject, '-config', config, '-out', request)
    const ca = ['-CA', issuer.certificateFile, '-CAkey', issuer.keyFile, '-set_serial', `0x40${count}`]
    const rest = ['-days', String(options.days ?? 90), '-extfile', extensions, '-out', file]
    const signing = (options.signing ?? []).flatMap((option) => ['-sigopt', option])
    run('x509', '-req', '-in', request, ...ca, ...digestOf(options), ...signing, ...rest)
    return toCertificate(keyFile, file)
  }

  return {
    path,
    write,
    read: (file) => readFileSync(file),
    ask,
    run,
    createKey: (keyType) => newKey(KEY_ARGUMENTS[keyType]),
    createRoot,
    issue,
    remove: () => rmSync(folder, { recursive: true }),
  }
}

function digestOf(options: OpensslIssueOptions): readonly string[] {
  return options.digest === undefined ? [] : [`-${options.digest}`]
}
