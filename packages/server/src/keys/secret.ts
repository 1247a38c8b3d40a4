// Server: reads secrets from where the configuration says they lie, and makes the file of a new one. A file that others
// could read or write is refused, as is a secret that is not exactly as long as it must be. Messages name the key of the
// configuration and the place, never the content.

import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { escapeText } from 'ingam'
import type { SecretSource } from '../config/contract.ts'
import { ServiceError } from '../service-error.ts'

/** How a secret is read. */
export interface ReadSecretOptions {
  /** The key of the configuration, for messages; default `secret`. */
  readonly name?: string
  /** Whose the file must be; default the user of the process. Undefined where the system knows no users. */
  readonly owner?: number | undefined
}

// LIMIT: a PEM file of an RSA key of 8,192 bits with its parameters has 7 KiB.
const MAX_SECRET_BYTES = 16_384

/**
 * The bytes of a secret that is written as base64 (RFC 4648 §4, padded), with at most one line end after it. Read anew
 * at each call.
 *
 * **Not checked**: how random the bytes are, but for all of them being equal; and the folders above the file.
 *
 * @param env the environment's variables
 * @param options `bytes`: exactly how many there must be
 * @throws {ServiceError} ERR_CONFIG_SECRET
 */
export async function readSecret(
  source: SecretSource,
  env: Readonly<Record<string, string | undefined>>,
  options: ReadSecretOptions & { readonly bytes: number },
): Promise<Uint8Array> {
  const text = (await readSecretText(source, env, options)).replace(/\r?\n$/u, '')
  const bytes = Buffer.from(text, 'base64')
  // Buffer skips what is not base64: only a text that comes out the same was all base64, with zero bits at the end.
  if (bytes.toString('base64') !== text || bytes.length !== options.bytes) {
    throw refused(source, options, `expected ${options.bytes} bytes as base64, found something else`)
  }
  if (bytes.every((byte) => byte === bytes[0])) {
    throw refused(source, options, 'expected random bytes, found the same byte throughout')
  }
  return bytes
}

/**
 * The text of a secret, such as a private key as PEM.
 *
 * @throws {ServiceError} ERR_CONFIG_SECRET: a variable that is not set or empty; a file that cannot be read, is not a
 *   regular file, is larger than 16 KiB, belongs to another user or has more rights than 0600
 */
export async function readSecretText(
  source: SecretSource,
  env: Readonly<Record<string, string | undefined>>,
  options: ReadSecretOptions = {},
): Promise<string> {
  if ('env' in source) {
    const value = Object.hasOwn(env, source.env) ? env[source.env] : undefined
    if (value === undefined || value === '') throw refused(source, options, 'the variable is not set')
    return value
  }
  let file: FileHandle
  try {
    // A pipe without a writer must not hold up the start. Symbolic links are followed: orchestrators mount secrets so.
    file = await open(source.file, constants.O_RDONLY | constants.O_NONBLOCK)
  } catch (cause) {
    throw refused(source, options, 'the file cannot be opened', cause)
  }
  try {
    // All checks are made on the open file, so that another cannot be put in its place between check and reading.
    const stat = await file.stat()
    if (!stat.isFile()) throw refused(source, options, 'not a regular file')
    const owner = 'owner' in options ? options.owner : process.geteuid?.()
    if (owner !== undefined) {
      if (stat.uid !== owner) {
        throw refused(source, options, `expected a file of user ${owner}, found one of user ${stat.uid}`)
      }
      if ((stat.mode & 0o177) !== 0) {
        throw refused(
          source,
          options,
          `expected mode 0600 or stricter, found 0${(stat.mode & 0o777).toString(8)}`,
        )
      }
    }
    const buffer = Buffer.alloc(MAX_SECRET_BYTES + 1)
    const { bytesRead } = await file.read(buffer, 0, buffer.length, 0)
    if (bytesRead > MAX_SECRET_BYTES) {
      throw refused(source, options, `expected at most ${MAX_SECRET_BYTES} bytes, found more`)
    }
    return buffer.toString('utf8', 0, bytesRead)
  } catch (cause) {
    if (cause instanceof ServiceError) throw cause
    throw refused(source, options, 'the file cannot be read', cause)
  } finally {
    await file.close()
  }
}

/**
 * Writes a new key-encryption key of 32 random bytes to a file that did not exist, mode 0600; it is on the disk when
 * this resolves.
 *
 * @throws {ServiceError} ERR_CONFIG_SECRET where the file exists or cannot be written
 */
export async function createKeyEncryptionKeyFile(
  path: string,
  random: (length: number) => Uint8Array,
): Promise<void> {
  const source = { file: path }
  try {
    // Exclusive: an existing key is never written over, since nothing sealed under it could be opened again.
    const file = await open(path, 'wx', 0o600)
    try {
      await file.writeFile(`${Buffer.from(random(32)).toString('base64')}\n`)
      await file.sync()
    } finally {
      await file.close()
    }
  } catch (cause) {
    throw refused(source, { name: 'key-encryption key' }, 'the file cannot be created', cause)
  }
}

function refused(
  source: SecretSource,
  options: ReadSecretOptions,
  problem: string,
  cause?: unknown,
): ServiceError {
  const place = 'env' in source ? `variable ${escapeText(source.env)}` : escapeText(source.file)
  const name = options.name ?? 'secret'
  // The system's errors name the path and the reason, not the content.
  const reason = cause instanceof Error && 'code' in cause ? ` (${String(cause.code)})` : ''
  return new ServiceError('ERR_CONFIG_SECRET', `${name} from ${place}: ${problem}${reason}`, {
    details: { name, place },
    ...(cause === undefined ? {} : { cause }),
  })
}
