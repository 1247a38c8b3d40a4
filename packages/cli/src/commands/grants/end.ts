// CLI: `ingam grants end` ends what a stolen certificate got, and keeps it from getting more.

import { Command } from 'commander'
import { escapeText } from 'ingam'
import { type Context, say } from '../../context.ts'
import { type ExitCode, usageError } from '../../failure.ts'
import { formatJson } from '../../output.ts'
import { addConnectionOptions, type ConnectionOptions, openAdmin } from '../../service/admin.ts'
import {
  addSelectorOptions,
  readSelector,
  type SelectorOptions,
  selectorText,
} from '../../service/selector.ts'

/** The options of `ingam grants end`. */
export interface EndOptions extends ConnectionOptions, SelectorOptions {
  readonly reason: string
  readonly block?: boolean
}

/** The command with its usage page. */
export function endCommand(context: Context, settle: (exit: ExitCode) => void): Command {
  const command = new Command('end')
    .description('End what was granted and has not ended by itself. It cannot be taken back.')
    .requiredOption('--reason <text>', 'why; it stands in the audit log')
  addSelectorOptions(command, 'with-grant')
    .optionsGroup('And from now on:')
    .option('--block', 'issue nothing more to it, until: ingam grants unblock')
  return addConnectionOptions(command)
    .addHelpText('after', AFTER)
    .action(async (options: EndOptions) => settle(await run(context, options)))
}

/** Ends the grants and prints how many there were. */
export async function run(context: Context, options: EndOptions): Promise<ExitCode> {
  const selector = await readSelector(options)
  if (selector === undefined) {
    throw usageError('nothing is selected', 'give --grant, --certificate, --identity or --trust-anchor')
  }
  if (selector.kind === 'grant' && options.block === true) {
    throw usageError(
      '--block: a single grant is ended, not blocked',
      'block what got it: --certificate, --identity or --trust-anchor',
    )
  }
  const client = await openAdmin(context, options)
  const { block, reason } = options
  const answer = await client.endGrants({ selector, reason, ...(block === true ? { block } : {}) })
  if (options.json === true) context.stdout.write(`${formatJson(answer)}\n`)
  else {
    context.stdout.write(`${answer.ended}\n`)
    const ended = `${answer.ended} grant${answer.ended === 1 ? '' : 's'} ended`
    say(
      context,
      'note',
      `${ended}; ${escapeText(selectorText(selector))} ${answer.blocked ? 'is blocked' : 'may ask again'}`,
    )
  }
  return 0
}

const AFTER = `
Prints how many grants it ended. Resource servers that ask the service (introspection) see it at once; those that only verify the token do not see it before the token expires.

Exit codes: 0 ended, also where there was nothing to end, 1 the service refuses, 2 usage, 3 unreadable input, 4 the service cannot be reached or cannot tell.

Examples:
  ingam grants end --certificate client/cert.pem --reason stolen --block
  ingam grants end --identity uri:spiffe://example/client --trust-anchor development --reason left`
