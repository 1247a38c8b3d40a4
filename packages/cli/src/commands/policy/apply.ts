// CLI: `ingam policy apply` puts a policy in force. It counts only against the version that it was compared with.

import { Command } from 'commander'
import { escapeText } from 'ingam'
import { type Context, say } from '../../context.ts'
import type { ExitCode } from '../../failure.ts'
import { formatJson } from '../../output.ts'
import { addConnectionOptions, type ConnectionOptions, openAdmin } from '../../service/admin.ts'
import { readPolicy } from '../../service/policy-file.ts'
import { loadServer } from '../../service/server.ts'
import { wholeNumberOption } from '../values.ts'
import { warn } from './diff.ts'

/** The options of `ingam policy apply`. */
export interface ApplyOptions extends ConnectionOptions {
  readonly replaces?: number
  readonly comment?: string
}

/** The command with its usage page. */
export function applyCommand(context: Context, settle: (exit: ExitCode) => void): Command {
  const command = new Command('apply')
    .description('Put a policy in force.')
    .argument('<file>', 'the policy; - is stdin')
    .optionsGroup('How:')
    .option(
      '--replaces <version>',
      'the version that it may replace, 0 for none (default: the newest)',
      wholeNumberOption(0, 999_999_999),
    )
    .option('--comment <text>', 'why; it stands beside the version')
  return addConnectionOptions(command)
    .addHelpText('after', AFTER)
    .action(async (file: string, options: ApplyOptions) => settle(await run(context, file, options)))
}

/** Applies the policy and prints its version. */
export async function run(context: Context, file: string, options: ApplyOptions): Promise<ExitCode> {
  const server = await loadServer(context)
  const { text } = await readPolicy(context, server, file)
  const client = await openAdmin(context, options)
  const expectedVersion = options.replaces ?? (await client.diffPolicy({ text })).against
  const { comment } = options
  const answer = await client.applyPolicy({
    text,
    expectedVersion,
    ...(comment === undefined ? {} : { comment }),
  })
  if (options.json === true) context.stdout.write(`${formatJson(answer)}\n`)
  else {
    context.stdout.write(`${answer.version}\n`)
    for (const line of answer.diff.lines) say(context, 'note', escapeText(line, 4_096))
    warn(context, answer.diff)
  }
  if (!answer.inForce) {
    say(context, 'warning', 'it is stored, but the service could not put it in force yet; its log says why')
    return 4
  }
  return 0
}

const AFTER = `
Prints the new version. Where somebody else has applied a policy meanwhile, nothing is changed (exit 1): look at ingam policy diff and apply again.

Exit codes: 0 in force, 1 the service refuses, or another policy came first, 2 usage, 3 unreadable input or not a policy, 4 the service cannot be reached or cannot put it in force yet.

Examples:
  ingam policy apply policy.yaml --comment 'two more scopes'
  ingam policy apply policy.yaml --replaces 2`
