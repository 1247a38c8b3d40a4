// CLI: `ingam keys`: what the service signs with, and how a key is replaced before its time.

import { Command, Option } from 'commander'
import { escapeText } from 'ingam'
import { type Context, say } from '../context.ts'
import type { ExitCode } from '../failure.ts'
import { formatJson } from '../output.ts'
import { addConnectionOptions, type ConnectionOptions, openAdmin } from '../service/admin.ts'

const USES = ['access-token', 'audit', 'challenge'] as const

/** The options of `ingam keys rotate`. */
export interface RotateOptions extends ConnectionOptions {
  readonly use: (typeof USES)[number]
  readonly immediately?: boolean
}

/** The command group with its usage pages. */
export function keysCommand(context: Context, settle: (exit: ExitCode) => void): Command {
  return new Command('keys')
    .description("The service's keys. Private parts never leave the service.")
    .addHelpText('after', GROUP_AFTER)
    .addCommand(listCommand(context, settle))
    .addCommand(rotateCommand(context, settle))
}

function listCommand(context: Context, settle: (exit: ExitCode) => void): Command {
  return addConnectionOptions(new Command('list').description('Show the keys and their times.'))
    .addHelpText('after', LIST_AFTER)
    .action(async (options: ConnectionOptions) => settle(await runList(context, options)))
}

function rotateCommand(context: Context, settle: (exit: ExitCode) => void): Command {
  const command = new Command('rotate')
    .description('Make a new key now. It is published first, and signs once everybody can know it.')
    .addOption(new Option('--use <use>', 'which key').choices(USES).makeOptionMandatory())
    .option('--immediately', 'for a key that leaked: the new one signs at once, the old one is gone at once')
  return addConnectionOptions(command)
    .addHelpText('after', ROTATE_AFTER)
    .action(async (options: RotateOptions) => settle(await runRotate(context, options)))
}

/** Shows the keys, one a line. */
export async function runList(context: Context, options: ConnectionOptions): Promise<ExitCode> {
  const client = await openAdmin(context, options)
  const keys = await client.listKeys({})
  if (options.json === true) context.stdout.write(`${formatJson(keys)}\n`)
  else {
    for (const { kid, use, algorithm, state, activeFrom, activeUntil, publishedUntil } of keys.items) {
      const times = `signs ${activeFrom} to ${activeUntil}, published until ${publishedUntil}`
      context.stdout.write(
        `${escapeText(`${use.padEnd(12)}  ${state.padEnd(7)}  ${algorithm.padEnd(12)}  ${kid}  ${times}`, 1_024)}\n`,
      )
    }
  }
  return 0
}

/** Makes the key and prints its id. */
export async function runRotate(context: Context, options: RotateOptions): Promise<ExitCode> {
  const client = await openAdmin(context, options)
  const { use, immediately } = options
  const answer = await client.rotateKey({ use, ...(immediately === true ? { immediately } : {}) })
  if (options.json === true) context.stdout.write(`${formatJson(answer)}\n`)
  else {
    context.stdout.write(`${escapeText(answer.kid)}\n`)
    if (immediately === true)
      say(context, 'warning', 'what the old key signed is refused as soon as its key is fetched again')
  }
  return 0
}

const GROUP_AFTER = `
Exit codes: 0 done, 1 the service refuses, 2 usage, 3 unreadable input, 4 the service cannot be reached or cannot tell.

Example:
  ingam help keys rotate`
const LIST_AFTER = `
Exit codes: 0 shown, 1 the service refuses, 2 usage, 3 unreadable input, 4 the service cannot be reached or cannot tell.

Example:
  ingam keys list`
const ROTATE_AFTER = `
Prints the id of the new key.

Exit codes: 0 made, 1 the service refuses, 2 usage, 3 unreadable input, 4 the service cannot be reached or cannot tell.

Examples:
  ingam keys rotate --use access-token
  ingam keys rotate --use challenge --immediately`
