// CLI: a service in this process, from its start until somebody has had enough.

import type { Context, ServerModule } from '../context.ts'
import { CommandError, type ExitCode } from '../failure.ts'

/** What {@link runUntilStopped} starts: the address is known once it listens. */
export interface Started {
  readonly url: string
}

type Config = Parameters<ServerModule['startService']>[0]['config']

/**
 * Starts the service, says so, and stops it in order once the person (Ctrl-C) or the system (SIGTERM) asks for it. A
 * second signal ends the process at once.
 *
 * @throws {CommandError} exit 3 where the address cannot be listened on
 */
export async function runUntilStopped(
  context: Context,
  server: ServerModule,
  config: Config,
  { portHint, onStarted }: { readonly portHint: string; readonly onStarted: (started: Started) => void },
): Promise<ExitCode> {
  // Listened for first: whoever reads the address may end it at once.
  const stopped = untilStopped(context)
  const running = await server
    .startService({ config, env: context.env, logStream: context.stderr })
    .catch((error: unknown) => {
      throw listenFailure(error, portHint) ?? error
    })
  onStarted({ url: running.url })
  await stopped
  await running.stop()
  return 0
}

async function untilStopped({ onStop }: Context): Promise<void> {
  await new Promise<void>((resolve) => {
    if (onStop === undefined) resolve()
    else onStop(resolve)
  })
}

/** Why an address cannot be listened on; undefined for another error. */
export function listenFailure(error: unknown, portHint: string): CommandError | undefined {
  // A file can be refused under the same code.
  const isOfListener = error instanceof Error && 'syscall' in error && error.syscall === 'listen'
  const problem = isOfListener ? PROBLEMS[codeOf(error)] : undefined
  if (problem === undefined) return undefined
  return new CommandError(3, `${placeOf(error)}: ${problem}`, [portHint])
}

// What Node's errors of a listener have.
function placeOf(error: unknown): string {
  if (!(error instanceof Error) || !('address' in error) || !('port' in error)) return 'the address'
  return `${String(error.address)}:${String(error.port)}`
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''
}

const PROBLEMS: Readonly<Record<string, string>> = {
  EACCES: 'only the system may listen there',
  EADDRINUSE: 'the port is in use',
  EADDRNOTAVAIL: 'this machine does not have that address',
}
