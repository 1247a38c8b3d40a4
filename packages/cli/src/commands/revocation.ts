// CLI: `ingam revocation status` shows each source of evidence: what it holds, how old it is, when it is read again, what
// went wrong the last time.

import { Command } from 'commander'
import { type Context, say, styleFor } from '../context.ts'
import { type ExitCode, usageError } from '../failure.ts'
import { roomOf } from '../layout/room.ts'
import { sourceLines } from '../layout/standing.ts'
import { formatJson } from '../output.ts'
import { addSourceOptions, openSources, type SourceOptions } from './evidence.ts'

/** The options of `ingam revocation status`. */
export interface StatusOptions extends SourceOptions {
  readonly json?: boolean
}

/** The command group with its usage pages. */
export function revocationCommand(context: Context, settle: (exit: ExitCode) => void): Command {
  return new Command('revocation')
    .description('What is known about revoked certificates, and where it comes from.')
    .addHelpText('after', GROUP_AFTER)
    .addCommand(statusCommand(context, settle))
}

function statusCommand(context: Context, settle: (exit: ExitCode) => void): Command {
  const command = new Command('status').description(
    'Show each source of lists and responses: its age, its next refresh, its last error.',
  )
  return addSourceOptions(command)
    .option('--json', 'print what the library returned, as JSON')
    .addHelpText('after', STATUS_AFTER)
    .action(async (options: StatusOptions) => settle(await runStatus(context, options)))
}

/** Shows the sources; 4 where one of them fails. */
export async function runStatus(context: Context, options: StatusOptions): Promise<ExitCode> {
  const open = await openSources(context, options)
  try {
    if (open.sources.length === 0)
      throw usageError('no source: give --crl, or --allow-url with --revocation-cache')
    const statuses = open.sources.flatMap((source) => source.status())
    const view = { room: roomOf(context), style: styleFor(context, 'stdout'), now: context.now() }
    if (options.json === true) context.stdout.write(`${formatJson(statuses)}\n`)
    else if (statuses.length > 0) context.stdout.write(`${sourceLines(statuses, view).join('\n')}\n`)
    else say(context, 'note', 'nothing is held yet')
    return statuses.some(({ state }) => state === 'failing') ? 4 : 0
  } finally {
    open.close()
  }
}

const GROUP_AFTER = `
Exit codes: 0 shown, 2 usage, 3 unreadable input, 4 a source fails.

Example:
  ingam help revocation status`
const STATUS_AFTER = `
Nothing is fetched: of the network it shows what the cache folder holds.

Exit codes: 0 shown, 2 usage, 3 unreadable input, 4 a source fails.

Examples:
  ingam revocation status --crl ca/crl
  ingam revocation status --allow-url http://crl.example --revocation-cache cache`
