// CLI: the way to the service's package. It is an optional peer: whoever only signs and verifies does not install it,
// and nothing of it is loaded before a command needs it.

import { type Context, type ServerModule, say } from '../context.ts'
import { CommandError } from '../failure.ts'

/**
 * The service's package.
 *
 * @throws {CommandError} exit 2 with how to install it where it is not there
 */
export async function loadServer(context: Context): Promise<ServerModule> {
  if (context.loadServer !== undefined) return await context.loadServer()
  try {
    return await import('@ingam/server')
  } catch (error) {
    if (!isMissing(error)) throw error
    if (context.env['INGAM_DEBUG'] === '1') say(context, 'note', error.message)
    throw new CommandError(2, 'the package @ingam/server is not installed, and this command needs it', [
      'install it beside the command: npm install @ingam/server',
      'in the repository, run: npm ci && npm run build',
    ])
  }
}

// The package itself, or its build. That something it needs itself is missing is another matter, and says what.
function isMissing(error: unknown): error is Error {
  const isNotFound = error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND'
  return isNotFound && /'@ingam\/server'|[\\/]server[\\/]dist[\\/]index\.js'/u.test(error.message)
}
