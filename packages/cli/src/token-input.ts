// CLI: the token that a command is about: an argument, or stdin, as it is or within what a person pasted.

import { catalogue } from 'ingam'
import { type Context, say } from './context.ts'
import { CommandError, usageError } from './failure.ts'
import { foreignEncoding, readBounded } from './input.ts'
import type { CurlRequest } from './pasted/curl-command.ts'
import { isUnrecognised, type Place, recognise } from './pasted/recognise.ts'

// LIMIT: sixteen times the largest token; what is longer is refused by size anyway.
const MAX_TOKEN_INPUT_BYTES = 1_048_576

/** A token as it was given. */
export interface GivenToken {
  readonly token: string
  /** The request of the curl command in which it stood. */
  readonly request?: CurlRequest
}

/**
 * The token given as argument, or read from stdin where it is `-` or left out. Where it stood in a header line or a curl
 * command, stderr says so.
 */
export async function readToken(
  context: Context,
  argument: string | undefined,
  from?: Place,
): Promise<GivenToken> {
  const text = isFromStdin(argument) ? await readStdin(context, argument) : argument
  const reading = recognise(text, from)
  if (isUnrecognised(reading)) throw new CommandError(3, reading.problem, reading.hints)
  if (reading.where !== undefined) say(context, 'note', `took the token from ${reading.where}`)
  return reading
}

/** Whether the token is read from stdin. */
export function isFromStdin(argument: string | undefined): argument is '-' | undefined {
  return argument === undefined || argument === '-'
}

async function readStdin(context: Context, argument: string | undefined): Promise<string> {
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
  return new TextDecoder().decode(bytes)
}
