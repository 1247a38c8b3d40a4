// CLI: `ingam grants`: what was granted to whom, and how it is ended.

import { Command } from 'commander'
import type { Context } from '../context.ts'
import type { ExitCode } from '../failure.ts'
import { blocksCommand, unblockCommand } from './grants/blocks.ts'
import { endCommand } from './grants/end.ts'
import { listCommand } from './grants/list.ts'

/** The command group with its usage pages. */
export function grantsCommand(context: Context, settle: (exit: ExitCode) => void): Command {
  const group = new Command('grants')
    .description('What a certificate got from the service, and how all of it is ended.')
    .addHelpText('after', AFTER)
  for (const build of [listCommand, endCommand, blocksCommand, unblockCommand]) {
    group.addCommand(build(context, settle))
  }
  return group
}

const AFTER = `
Exit codes: 0 done, 1 the service refuses, 2 usage, 3 unreadable input, 4 the service cannot be reached or cannot tell.

Examples:
  ingam help grants list
  ingam help grants end`
