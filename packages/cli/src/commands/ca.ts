// CLI: `ingam ca`: a certification authority for development, in files.

import { Command } from 'commander'
import type { Context } from '../context.ts'
import type { ExitCode } from '../failure.ts'
import { initCommand } from './ca/init.ts'
import { issueCommand } from './ca/issue.ts'
import { listCommand } from './ca/list.ts'
import { signRequestCommand } from './ca/sign.ts'

export { CA_FILES, CLIENT_FILES, readAuthority } from '../dev-ca/store.ts'

/** The command group with its usage pages. */
export function caCommand(context: Context, settle: (exit: ExitCode) => void): Command {
  const group = new Command('ca').description(
    'A CA for development. Its keys lie in files, unencrypted: use it for nothing else.',
  )
  for (const build of [initCommand, issueCommand, signRequestCommand, listCommand]) {
    group.addCommand(build(context, settle))
  }
  return group
}
