// CLI: files that the commands of the service read: policies, exports, certificates, checkpoints.

import type { Context } from '../context.ts'
import { CommandError } from '../failure.ts'
import { foreignEncoding, readFrom } from '../input.ts'

// LIMIT: the largest file that is read whole: policies are bounded to less by the service.
const MAX_FILE_BYTES = 1_048_576

/** The text of a file, or of stdin for `-`. */
export async function readText(
  context: Context,
  path: string,
  maximum: number = MAX_FILE_BYTES,
): Promise<string> {
  const bytes = await readFrom(context, path, maximum)
  if (bytes === undefined) throw new CommandError(3, `${path}: more than ${maximum} bytes`)
  const found = foreignEncoding(bytes)
  if (found !== undefined) throw new CommandError(3, `${path}: expected UTF-8 text, found ${found}`)
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    throw new CommandError(3, `${path}: expected UTF-8 text, found other bytes`)
  }
}
