// CLI: `ingam policy diff` says what another policy would change: against the newest of the service, or of two files.

import { Command } from 'commander'
import { escapeText } from 'ingam'
import { type Context, type ServerModule, say } from '../../context.ts'
import { CommandError, type ExitCode } from '../../failure.ts'
import { formatJson } from '../../output.ts'
import {
  type AdminClient,
  addConnectionOptions,
  type ConnectionOptions,
  openAdmin,
} from '../../service/admin.ts'
import { readPolicy } from '../../service/policy-file.ts'
import { loadServer } from '../../service/server.ts'

/** What differs, in words. */
export interface PolicyDifference {
  readonly lines: readonly string[]
  readonly warnings: readonly string[]
}

/** The command with its usage page. */
export function diffCommand(context: Context, settle: (exit: ExitCode) => void): Command {
  const command = new Command('diff')
    .description('Show what a policy changes: against the newest of the service, or against another file.')
    .argument('<file>', 'the policy that is to come; - is stdin')
    .argument('[against]', 'the file to compare with; without it the service is asked')
  return addConnectionOptions(command)
    .addHelpText('after', AFTER)
    .action(async (file: string, against: string | undefined, options: ConnectionOptions) =>
      settle(await run(context, file, against, options)),
    )
}

/** Shows the differences. */
export async function run(
  context: Context,
  file: string,
  against: string | undefined,
  options: ConnectionOptions,
): Promise<ExitCode> {
  const server = await loadServer(context)
  const next = await readPolicy(context, server, file)
  const difference =
    against === undefined
      ? await (await openService(context, options)).diffPolicy({ text: next.text })
      : offline(server, (await readPolicy(context, server, against)).document, next.document)
  if (options.json === true) context.stdout.write(`${formatJson(difference)}\n`)
  else {
    for (const line of difference.lines) context.stdout.write(`${escapeText(line, 4_096)}\n`)
    warn(context, difference)
    if (difference.lines.length === 0) say(context, 'note', 'the policies say the same')
  }
  return 0
}

// Whoever has no service at hand may have meant two files.
async function openService(context: Context, options: ConnectionOptions): Promise<AdminClient> {
  try {
    return await openAdmin(context, options)
  } catch (error) {
    if (!(error instanceof CommandError) || error.exit !== 2) throw error
    const { exit, message, hints, code, notes } = error
    const other = 'without a service: ingam policy diff FILE AGAINST compares two files'
    throw new CommandError(exit, message, [...hints, other], code, notes)
  }
}

type Document = ReturnType<ServerModule['parsePolicy']>

function offline(server: ServerModule, before: Document, after: Document): PolicyDifference {
  const { lines, warnings } = server.diffPolicies(before, after)
  return { lines, warnings: [...warnings, ...server.policyWarnings(after)] }
}

/** Says what lets more through than before, and what is written in vain. */
export function warn(context: Context, { warnings }: Pick<PolicyDifference, 'warnings'>): void {
  for (const warning of warnings) say(context, 'warning', escapeText(warning, 4_096))
}

const AFTER = `
Warnings on stderr name what lets more through than before (widens:), what is bound in another way (changes:), and what is written in vain.

Exit codes: 0 shown, also where nothing differs, 1 the service refuses, 2 usage, 3 unreadable input or not a policy, 4 the service cannot be reached or cannot tell.

Examples:
  ingam policy diff policy.yaml
  ingam policy diff policy.yaml old-policy.yaml`
