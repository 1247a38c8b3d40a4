// CLI: `ingam audit export` writes the audit log out, record by record, with a signed checkpoint at its end.

import { Command } from 'commander'
import { escapeText } from 'ingam'
import { type Context, say } from '../../context.ts'
import { CommandError, type ExitCode } from '../../failure.ts'
import { addConnectionOptions, type ConnectionOptions, openAdmin } from '../../service/admin.ts'
import { wholeNumberOption } from '../values.ts'

/** The options of `ingam audit export`. */
export interface ExportOptions extends Omit<ConnectionOptions, 'json'> {
  readonly after: number
  readonly limit: number
}

/** The command with its usage page. */
export function exportCommand(context: Context, settle: (exit: ExitCode) => void): Command {
  const command = new Command('export')
    .description(
      'Print the audit log from its beginning, one JSON record a line, and a signed checkpoint last.',
    )
    .optionsGroup('Which:')
    .option('--after <position>', 'begin after this record', wholeNumberOption(0, 999_999_999), 0)
    .option('--limit <number>', 'at most so many', wholeNumberOption(1, 100_000), 100_000)
  return addConnectionOptions(command)
    .addHelpText('after', AFTER)
    .action(async (options: ExportOptions) => settle(await run(context, options)))
}

/** Prints the lines as the service sends them: what is hashed must not be changed on the way. */
export async function run(context: Context, options: ExportOptions): Promise<ExitCode> {
  const client = await openAdmin(context, options)
  let lines = 0
  for await (const line of client.exportAudit({ after: options.after, limit: options.limit })) {
    // A control character in an answer is none of the service's, which writes JSON.
    if (CONTROLS.test(line))
      throw new CommandError(4, `line ${lines + 1}: control characters, which no record has`)
    // A file gets every byte; a terminal nothing that reorders text.
    context.stdout.write(`${context.isTTY.stdout ? escapeText(line, line.length * 10) : line}\n`)
    await context.stdout.drained?.()
    lines += 1
  }
  say(context, 'note', `${Math.max(0, lines - 1)} records and a checkpoint`)
  return 0
}

const CONTROLS = /[\p{Cc}\u2028\u2029]/u

const AFTER = `
Check it anywhere with: ingam audit verify FILE --checkpoint FILE --jwks FILE.

Exit codes: 0 printed, 1 the service refuses, 2 usage, 3 unreadable input, 4 the service cannot be reached or the export breaks off.

Examples:
  ingam audit export > audit.jsonl
  ingam audit export --after 2 --limit 2 > part.jsonl`
