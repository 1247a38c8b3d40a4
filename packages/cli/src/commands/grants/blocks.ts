// CLI: `ingam grants blocks` and `ingam grants unblock`: to whom nothing is issued, and how that ends.

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
  toQuery,
} from '../../service/selector.ts'

/** The options of `ingam grants unblock`. */
export interface UnblockOptions extends ConnectionOptions, SelectorOptions {
  readonly reason: string
}

/** The command with its usage page. */
export function blocksCommand(context: Context, settle: (exit: ExitCode) => void): Command {
  return addConnectionOptions(new Command('blocks').description('Show to whom nothing is issued.'))
    .addHelpText('after', BLOCKS_AFTER)
    .action(async (options: ConnectionOptions) => settle(await runBlocks(context, options)))
}

/** The command with its usage page. */
export function unblockCommand(context: Context, settle: (exit: ExitCode) => void): Command {
  const command = new Command('unblock')
    .description('Lift a block. What was ended stays ended.')
    .requiredOption('--reason <text>', 'why; it stands in the audit log')
  return addConnectionOptions(addSelectorOptions(command, 'without-grant'))
    .addHelpText('after', UNBLOCK_AFTER)
    .action(async (options: UnblockOptions) => settle(await runUnblock(context, options)))
}

/** Shows the blocks, one a line. */
export async function runBlocks(context: Context, options: ConnectionOptions): Promise<ExitCode> {
  const client = await openAdmin(context, options)
  const blocks = await client.listBlocks({})
  if (options.json === true) context.stdout.write(`${formatJson(blocks)}\n`)
  else {
    for (const { selector, since, by, reason } of blocks.items) {
      const text = `${selectorText(selector)}  since ${since}, by ${by}: ${reason}`
      context.stdout.write(`${escapeText(text, 4_096)}\n`)
    }
    if (blocks.items.length === 0) say(context, 'note', 'no blocks')
  }
  return 0
}

/** Lifts the block. */
export async function runUnblock(context: Context, options: UnblockOptions): Promise<ExitCode> {
  const selector = await readSelector(options)
  if (selector === undefined || selector.kind === 'grant') {
    throw usageError('nothing is selected', 'give --certificate, --identity or --trust-anchor')
  }
  const client = await openAdmin(context, options)
  const answer = await client.liftBlock({ ...toQuery(selector), reason: options.reason })
  if (options.json === true) context.stdout.write(`${formatJson(answer)}\n`)
  else say(context, 'note', `${escapeText(selectorText(selector))} may ask again`)
  return 0
}

const BLOCKS_AFTER = `
Exit codes: 0 shown, 1 the service refuses, 2 usage, 3 unreadable input, 4 the service cannot be reached or cannot tell.

Example:
  ingam grants blocks`
const UNBLOCK_AFTER = `
Exit codes: 0 lifted, 1 the service refuses, as where there is no such block, 2 usage, 3 unreadable input, 4 the service cannot be reached or cannot tell.

Example:
  ingam grants unblock --certificate client/cert.pem --reason found`
