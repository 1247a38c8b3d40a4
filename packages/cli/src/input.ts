// CLI: what the commands read: a token from an argument or stdin, a passphrase from a file or descriptor. Refuses
// input without end, and text in another encoding than UTF-8.

import { close, createReadStream } from 'node:fs'
import { catalogue } from 'ingam'
import type { Context } from './context.ts'
import { CommandError, systemProblem, usageError } from './failure.ts'

// LIMIT: sixteen times the largest token; what is longer is refused by size anyway.
const MAX_TOKEN_INPUT_BYTES = 1_048_576
// LIMIT: no passphrase comes near; guards against a device or a wrong file.
const MAX_PASSPHRASE_BYTES = 4_096

/** The token given as argument, or read from stdin where it is `-` or left out; without surrounding white space. */
export async function readToken(context: Context, argument: string | undefined): Promise<string> {
  if (argument !== undefined && argument !== '-') return argument.trim()
  if (argument === undefined && context.isTTY.stdin) {
    throw usageError('no token given', 'pass it on stdin, for example: ingam inspect - < token.txt')
  }
  const bytes = await readBounded(context.stdin, MAX_TOKEN_INPUT_BYTES)
  if (bytes === undefined)
    throw new CommandError(3, `stdin: more than ${MAX_TOKEN_INPUT_BYTES} bytes, which is no token`)
  const wanted = 'a token on stdin'
  if (bytes.length === 0) {
    const { message, hint } = catalogue.ERR_INPUT_EMPTY
    throw new CommandError(3, message({ wanted }), [hint], 'ERR_INPUT_EMPTY')
  }
  const found = foreignEncoding(bytes)
  if (found !== undefined) {
    const { message, hint } = catalogue.ERR_INPUT_ENCODING
    throw new CommandError(3, message({ wanted, found }), [hint], 'ERR_INPUT_ENCODING')
  }
  return new TextDecoder().decode(bytes).trim()
}

/** Where a passphrase may come from; never from an argument, which other users of the machine can see. */
export interface PassphraseSource {
  readonly passphraseFile?: string
  readonly passphraseFd?: number
}

/** The passphrase, one trailing line break removed; undefined where no source was named. */
export async function readPassphrase(source: PassphraseSource): Promise<string | undefined> {
  if (source.passphraseFile !== undefined) return await readSecret(source.passphraseFile, undefined)
  if (source.passphraseFd !== undefined)
    return await readSecret(`descriptor ${source.passphraseFd}`, source.passphraseFd)
  return undefined
}

async function readSecret(name: string, fd: number | undefined): Promise<string> {
  try {
    const stream = fd === undefined ? createReadStream(name) : createReadStream('', { fd, autoClose: false })
    const bytes = await readBounded(stream, MAX_PASSPHRASE_BYTES)
    if (fd !== undefined && fd > 2) close(fd)
    if (bytes === undefined)
      throw new CommandError(3, `${name}: longer than ${MAX_PASSPHRASE_BYTES} bytes, which is no passphrase`)
    const text = new TextDecoder().decode(bytes).replace(/\r?\n$/u, '')
    if (text === '') throw new CommandError(3, `${name}: the passphrase is empty`)
    return text
  } catch (error) {
    const problem = systemProblem(error)
    if (problem === undefined || error instanceof CommandError) throw error
    const hint = 'check the path and the permissions'
    throw new CommandError(3, `${name}: ${problem}`, [hint], 'ERR_FILE_READ')
  }
}

async function readBounded(stream: AsyncIterable<unknown>, maximum: number): Promise<Uint8Array | undefined> {
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

function foreignEncoding(bytes: Uint8Array): string | undefined {
  const [first, second, third] = bytes
  if (first === 0xff && second === 0xfe) return 'UTF-16 text'
  if (first === 0xfe && second === 0xff) return 'UTF-16 text'
  if (first === 0xef && second === 0xbb && third === 0xbf) return 'a byte order mark'
  return bytes.includes(0) ? 'binary data or UTF-16 text' : undefined
}
