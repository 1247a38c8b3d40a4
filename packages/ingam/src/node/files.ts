// Layer: node. Files as the functions of this entry point read them: bounded, named in every refusal; keys decrypted.

import { createPrivateKey } from 'node:crypto'
import { open } from 'node:fs/promises'
import { createError, isPkiError, withSource } from '../errors/errors.ts'
import { kindOf } from '../errors/options.ts'
import { readPrivateKey } from '../keys/private-key.ts'
import { parseCertificates } from '../x509/pem.ts'

// LIMIT: that of a PEM bundle; nothing larger would be parsed.
const MAX_FILE_BYTES = 4_194_304

/** Refuses what is no path. */
export function checkPath(argument: string, path: unknown): asserts path is string {
  if (path === undefined) throw createError('ERR_ARG_REQUIRED', { argument, expected: 'the path of a file' })
  if (typeof path === 'string' && path !== '') return
  throw createError('ERR_ARG_TYPE', { argument, expected: 'the path of a file', found: kindOf(path) })
}

/** What the function makes of the file; what is wrong with a file is said with its name. */
export async function readFileWith<T>(path: string, read: (bytes: Uint8Array) => T): Promise<T> {
  return within(path, await readBounded(path), read)
}

function within<T>(path: string, bytes: Uint8Array, read: (bytes: Uint8Array) => T): T {
  try {
    return read(bytes)
  } catch (error) {
    throw isPkiError(error) ? withSource(error, path) : error
  }
}

/** Bytes of a file that holds certificates and nothing else. */
export async function readCertificateFile(path: string): Promise<Uint8Array> {
  return await readFileWith(path, (bytes) => {
    parseCertificates(bytes)
    return bytes
  })
}

/** PKCS#8 of the private key in a file, decrypted where it is encrypted and a passphrase is given. */
export async function readPrivateKeyFile(
  path: string,
  passphrase: string | Uint8Array | undefined,
): Promise<Uint8Array> {
  return await readFileWith(path, (bytes) => toPkcs8(bytes, passphrase))
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
    throw createError('ERR_FILE_READ', { path, problem: fileProblemOf(cause) }, { cause })
  }
}

const PROBLEMS: Readonly<Record<string, string>> = {
  ENOENT: 'no such file',
  EACCES: 'permission denied',
  EISDIR: 'is a folder',
  ENOTDIR: 'a part of the path is not a folder',
}

/** What kept a file from being read, in words. */
export function fileProblemOf(cause: unknown): string {
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
