// CLI: what the commands read beside the token: secrets from files or descriptors, the content of a request. Refuses
// input without end; no secret is taken from an argument, which other users of the machine can see.

import { close, createReadStream } from 'node:fs'
import type { Context } from './context.ts'
import { CommandError, systemProblem } from './failure.ts'

// LIMIT: no passphrase comes near; guards against a device or a wrong file.
const MAX_PASSPHRASE_BYTES = 4_096
// LIMIT: what the library hashes of a request at most; all of it is held in memory.
const MAX_CONTENT_BYTES = 1_073_741_824

/** Where a passphrase may come from. */
export interface PassphraseSource {
  readonly passphraseFile?: string
  readonly passphraseFd?: number
}

/** The passphrase, one trailing line break removed; undefined where no source was named. */
export async function readPassphrase({
  passphraseFile,
  passphraseFd: fd,
}: PassphraseSource): Promise<string | undefined> {
  if (passphraseFile === undefined && fd === undefined) return undefined
  const name = passphraseFile ?? `descriptor ${fd}`
  const stream = fd === undefined ? createReadStream(name) : createReadStream('', { fd, autoClose: false })
  const bytes = await readNamed(name, stream, MAX_PASSPHRASE_BYTES)
  if (fd !== undefined && fd > 2) close(fd)
  return toSecret(bytes, { name, what: 'passphrase', maximum: MAX_PASSPHRASE_BYTES })
}

/** A secret from a file, or from stdin for `-`; one trailing line break removed. No message repeats it. */
export async function readSecretText(
  context: Context,
  path: string,
  what: string,
  maximum: number,
): Promise<string> {
  const name = path === '-' ? 'stdin' : path
  return toSecret(await readFrom(context, path, maximum), { name, what, maximum })
}

/** The content of a request from a file, or from stdin for `-`. */
export async function readContent(context: Context, path: string): Promise<Uint8Array> {
  const bytes = await readFrom(context, path, MAX_CONTENT_BYTES)
  if (bytes === undefined)
    throw new CommandError(3, `${path}: more than ${MAX_CONTENT_BYTES} bytes of content`)
  return bytes
}

/** All of a file, or of stdin for `-`; undefined where it is longer than the maximum. */
export async function readFrom(
  context: Context,
  path: string,
  maximum: number,
): Promise<Uint8Array | undefined> {
  return await readNamed(path, path === '-' ? context.stdin : createReadStream(path), maximum)
}

async function readNamed(
  name: string,
  stream: AsyncIterable<unknown>,
  maximum: number,
): Promise<Uint8Array | undefined> {
  try {
    return await readBounded(stream, maximum)
  } catch (error) {
    const problem = systemProblem(error)
    if (problem === undefined) throw error
    const hint = 'check the path and the permissions'
    throw new CommandError(3, `${name}: ${problem}`, [hint], 'ERR_FILE_READ')
  }
}

interface SecretInput {
  readonly name: string
  readonly what: string
  readonly maximum: number
}

function toSecret(bytes: Uint8Array | undefined, { name, what, maximum }: SecretInput): string {
  if (bytes === undefined)
    throw new CommandError(3, `${name}: longer than ${maximum} bytes, which is no ${what}`)
  const text = new TextDecoder().decode(bytes).replace(/\r?\n$/u, '')
  if (text === '') throw new CommandError(3, `${name}: the ${what} is empty`)
  return text
}

/** The bytes of a stream; undefined where there are more than the maximum. */
export async function readBounded(
  stream: AsyncIterable<unknown>,
  maximum: number,
): Promise<Uint8Array | undefined> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of stream) {
    const bytes = chunk instanceof Uint8Array ? chunk : Buffer.from(String(chunk))
    length += bytes.length
    if (length > maximum) return undefined
    chunks.push(bytes)
  }
  return Buffer.concat(chunks)
}

/** What the bytes are, where they are not UTF-8 text without byte order mark. */
export function foreignEncoding(bytes: Uint8Array): string | undefined {
  const [first, second, third] = bytes
  if (first === 0xff && second === 0xfe) return 'UTF-16 text'
  if (first === 0xfe && second === 0xff) return 'UTF-16 text'
  if (first === 0xef && second === 0xbb && third === 0xbf) return 'a byte order mark'
  return bytes.includes(0) ? 'binary data or UTF-16 text' : undefined
}
