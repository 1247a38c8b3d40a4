// CLI: `ingam audit checkpoints` prints what somebody keeps elsewhere to verify the audit log by.

import { Command } from 'commander'
import { escapeText } from 'ingam'
import { type Context, say } from '../../context.ts'
import type { ExitCode } from '../../failure.ts'
import { formatJson } from '../../output.ts'
import { addConnectionOptions, type ConnectionOptions, openAdmin } from '../../service/admin.ts'
import { wholeNumberOption } from '../values.ts'

/** The options of `ingam audit checkpoints`. */
export interface CheckpointsOptions extends ConnectionOptions {
  readonly limit: number
  readonly jwks?: boolean
}

/** The command with its usage page. */
export function checkpointsCommand(context: Context, settle: (exit: ExitCode) => void): Command {
  const command = new Command('checkpoints')
    .description('Print the newest signed checkpoints of the audit log, one a line, the newest last.')
    .optionsGroup('What:')
    .option('--limit <number>', 'at most so many', wholeNumberOption(1, 1_000), 100)
    .option('--jwks', 'the public keys that verify them instead, as a JWKS')
  return addConnectionOptions(command)
    .addHelpText('after', AFTER)
    .action(async (options: CheckpointsOptions) => settle(await run(context, options)))
}

/** Prints them. */
export async function run(context: Context, options: CheckpointsOptions): Promise<ExitCode> {
  const client = await openAdmin(context, options)
  const answer = await client.listCheckpoints({ limit: options.limit })
  if (options.json === true) context.stdout.write(`${formatJson(answer)}\n`)
  else if (options.jwks === true) context.stdout.write(`${formatJson(answer.jwks)}\n`)
  else {
    for (const signed of answer.items) context.stdout.write(`${escapeText(signed, 4_096)}\n`)
    if (answer.older > 0) say(context, 'note', `${answer.older} older ones are not among these`)
  }
  return 0
}

const AFTER = `
Keep both where whoever can change the service's state cannot: a log that was cut or written anew does not fit them.

Exit codes: 0 shown, 1 the service refuses, 2 usage, 3 unreadable input, 4 the service cannot be reached or cannot tell.

Examples:
  ingam audit checkpoints > checkpoints.txt
  ingam audit checkpoints --jwks > audit-keys.json`
