// CLI: `ingam audit`: what happened, and whether anybody changed the record of it.

import { Command } from 'commander'
import type { Context } from '../context.ts'
import type { ExitCode } from '../failure.ts'
import { checkpointsCommand } from './audit/checkpoints.ts'
import { exportCommand } from './audit/export.ts'
import { tailCommand } from './audit/tail.ts'
import { verifyAuditCommand } from './audit/verify.ts'

/** The command group with its usage pages. */
export function auditCommand(context: Context, settle: (exit: ExitCode) => void): Command {
  const group = new Command('audit')
    .description('What the service did, and whether the record of it is whole.')
    .addHelpText('after', AFTER)
  for (const build of [tailCommand, exportCommand, checkpointsCommand, verifyAuditCommand]) {
    group.addCommand(build(context, settle))
  }
  return group
}

const AFTER = `
Exit codes: 0 done, 1 a clear no, 2 usage, 3 unreadable input, 4 undecided.

Examples:
  ingam help audit tail
  ingam help audit verify`
