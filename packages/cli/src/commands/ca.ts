// CLI: `ingam ca`: a certification authority for development, in files.

import { Command } from 'commander'
import type { Context } from '../context.ts'
import type { ExitCode } from '../failure.ts'
import { crlCommand } from './ca/crl.ts'
import { initCommand } from './ca/init.ts'
import { issueCommand } from './ca/issue.ts'
import { listCommand } from './ca/list.ts'
import { ocspCommand } from './ca/ocsp.ts'
import { revokeCommand } from './ca/revoke.ts'
import { signRequestCommand } from './ca/sign.ts'

/** The command group with its usage pages. */
export function caCommand(context: Context, settle: (exit: ExitCode) => void): Command {
  const group = new Command('ca')
    .description('A CA for development. Its keys lie in files, unencrypted: use it for nothing else.')
    .addHelpText('after', AFTER)
  for (const build of COMMANDS) {
    group.addCommand(build(context, settle))
  }
  return group
}

const COMMANDS = [
  initCommand,
  issueCommand,
  signRequestCommand,
  listCommand,
  revokeCommand,
  crlCommand,
  ocspCommand,
]

const AFTER = `
Exit codes: 0 done, 1 a clear no, 2 usage, 3 unreadable input.

Examples:
  ingam help ca init
  ingam help ca issue`
