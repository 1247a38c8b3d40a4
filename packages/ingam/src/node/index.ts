// Layer: node. Files and passphrases, for Node alone: the public surface of `ingam/node`. Reads are bounded; a key is
// decrypted by OpenSSL and handed on as PKCS#8; neither passphrase nor key reaches a message.

import { createPrivateKey } from 'node:crypto'
import { open } from 'node:fs/promises'
import { createError, isPkiError, withSource } from '../errors/errors.ts'
import { checkOptionKeys, kindOf } from '../errors/options.ts'
import type { TokenAlgorithm } from '../keys/algorithms.ts'
import { type Credential, createCredential } from '../keys/credential.ts'
import { readPrivateKey } from '../keys/private-key.ts'
import type { Certificate } from '../x509/certificate.ts'
import { parseCertificates } from '../x509/pem.ts'

/** What {@link loadCredential} takes; the first three are paths. */
export interface LoadCredentialOptions {
  /** File with the signer's certificate, perhaps followed by its issuers: PEM or DER. */
  readonly certificate: string
  /** File with the signer's private key: PEM or DER; PKCS#8, PKCS#1 or SEC 1; encrypted or not. */
  readonly privateKey: string
  /** File with further issuers. */
  readonly chain?: string
  /** Decrypts the private key where it is encrypted; not used where it is not. */
  readonly passphrase?: string | Uint8Array
  /** See {@link CreateCredentialOptions}. */
  readonly algorithm?: TokenAlgorithm
  /** See {@link CreateCredentialOptions}. */
  readonly subject?: string
}

/**
 * Returns a credential from files; its key was seen to fit its certificate.
 *
 * **Not checked: whether anybody trusts the certificate; its dates; who else can read the key's file.**
 *
 * @throws {DecodeError} ERR_FILE_READ, ERR_FILE_LIMIT, ERR_INPUT_*, ERR_PEM_*, ERR_DER_*
 * @throws {CredentialError} ERR_KEY_PASSPHRASE, ERR_KEY_ENCRYPTED and all of createCredential
 * @throws {CertificateError} ERR_CERT_*; {ArgumentError} ERR_ARG_*
 */
export async function loadCredential(options: LoadCredentialOptions): Promise<Credential> {
  checkOptionKeys('loadCredential options', options, OPTION_KEYS)
  const { certificate, privateKey, chain, passphrase, algorithm, subject } = options
  checkPath('certificate', certificate)
  checkPath('privateKey', privateKey)
  if (chain !== undefined) checkPath('chain', chain)
  const shared = {
    certificate: within(certificate, await readBounded(certificate), checkCertificates),
    ...(chain === undefined ? {} : { chain: within(chain, await readBounded(chain), checkCertificates) }),
    ...(algorithm === undefined ? {} : { algorithm }),
    ...(subject === undefined ? {} : { subject }),
  }
  const key = within(privateKey, await readBounded(privateKey), (bytes) => toPkcs8(bytes, passphrase))
  return await createCredential({ ...shared, privateKey: key })
}

/**
 * Returns the CA certificates of one or several files. **Nothing is verified: whoever can write the files decides whom
 * the verifier trusts.**
 *
 * @param paths PEM bundles or DER files
 * @returns the certificates in order; at least one
 * @throws {DecodeError} ERR_FILE_READ, ERR_FILE_LIMIT, ERR_INPUT_*, ERR_PEM_*, ERR_DER_*; {CertificateError} ERR_CERT_*
 */
export async function loadTrustAnchors(paths: string | readonly string[]): Promise<readonly Certificate[]> {
  const list: readonly unknown[] = typeof paths === 'string' ? [paths] : paths
  if (!Array.isArray(list) || list.length === 0) {
    throw createError('ERR_ARG_VALUE', {
      argument: 'paths',
      expected: 'a path, or several in an array',
      found: kindOf(paths),
    })
  }
  const anchors: Certificate[] = []
  for (const path of list) {
    checkPath('paths', path)
    anchors.push(...within(path, await readBounded(path), parseCertificates))
  }
  return anchors
}

const OPTION_KEYS = ['certificate', 'privateKey', 'chain', 'passphrase', 'algorithm', 'subject'] as const
// LIMIT: that of a PEM bundle; nothing larger would be parsed.
const MAX_FILE_BYTES = 4_194_304

function checkPath(argument: string, path: unknown): asserts path is string {
  if (path === undefined) throw createError('ERR_ARG_REQUIRED', { argument, expected: 'the path of a file' })
  if (typeof path === 'string' && path !== '') return
  throw createError('ERR_ARG_TYPE', { argument, expected: 'the path of a file', found: kindOf(path) })
}

// What is wrong with a file is said with its name.
function within<T>(path: string, bytes: Uint8Array, read: (bytes: Uint8Array) => T): T {
  try {
    return read(bytes)
  } catch (error) {
    throw isPkiError(error) ? withSource(error, path) : error
  }
}

function checkCertificates(bytes: Uint8Array): Uint8Array {
  parseCertificates(bytes)
  return bytes
}

function toPkcs8(bytes: Uint8Array, passphrase: string | Uint8Array | undefined): Uint8Array {
  try {
    return readPrivateKey(bytes).pkcs8
  } catch (error) {
    if (passphrase === undefined || !isPkiError(error) || error.code !== 'ERR_KEY_ENCRYPTED') throw error
    return decrypt(bytes, passphrase)
  }
}

// Reads at most one byte more than is allowed, so that a device without end ends here.
async function readBounded(path: string): Promise<Uint8Array> {
  try {
    const file = await open(path, 'r')
    try {
      const chunks: Uint8Array[] = []
      let length = 0
      for await (const chunk of file.createReadStream({ end: MAX_FILE_BYTES, autoClose: false })) {
        const bytes: Uint8Array = chunk
        chunks.push(bytes)
        length += bytes.length
      }
      if (length > MAX_FILE_BYTES) throw createError('ERR_FILE_LIMIT', { path, maximum: MAX_FILE_BYTES })
      return new Uint8Array(Buffer.concat(chunks))
    } finally {
      await file.close()
    }
  } catch (cause) {
    if (isPkiError(cause)) throw cause
    throw createError('ERR_FILE_READ', { path, problem: problemOf(cause) }, { cause })
  }
}

const PROBLEMS: Readonly<Record<string, string>> = {
  ENOENT: 'no such file',
  EACCES: 'permission denied',
  EISDIR: 'is a folder',
  ENOTDIR: 'a part of the path is not a folder',
}

function problemOf(cause: unknown): string {
  if (!(cause instanceof Error) || !('code' in cause) || typeof cause.code !== 'string')
    return 'cannot be read'
  return PROBLEMS[cause.code] ?? `cannot be read (${cause.code})`
}

function decrypt(key: Uint8Array, passphrase: string | Uint8Array): Uint8Array {
  const secret = typeof passphrase === 'string' ? passphrase : Buffer.from(passphrase)
  const isPem = key[0] !== 0x30
  try {
    const decrypted = isPem
      ? createPrivateKey({ key: Buffer.from(key), format: 'pem', passphrase: secret })
      : createPrivateKey({ key: Buffer.from(key), format: 'der', type: 'pkcs8', passphrase: secret })
    return new Uint8Array(decrypted.export({ format: 'der', type: 'pkcs8' }))
  } catch {
    // OpenSSL's own words differ by version and scheme, and say nothing that helps; no cause, so that none leaks.
    throw createError('ERR_KEY_PASSPHRASE', { problem: 'wrong passphrase, or a damaged file' })
  }
}
