// CLI: `ingam policy show` prints the newest policy, an earlier version, or the list of versions.

import { Command, Option } from 'commander'
import { escapeText } from 'ingam'
import { type Context, say } from '../../context.ts'
import type { ExitCode } from '../../failure.ts'
import { formatJson } from '../../output.ts'
import { addConnectionOptions, type ConnectionOptions, openAdmin } from '../../service/admin.ts'
import { escapeDocument } from '../../service/texts.ts'
import { wholeNumberOption } from '../values.ts'

/** The options of `ingam policy show`. */
export interface ShowOptions extends ConnectionOptions {
  readonly of?: number
  readonly versions?: boolean
}

/** The command with its usage page. */
export function showCommand(context: Context, settle: (exit: ExitCode) => void): Command {
  const command = new Command('show')
    .description('Print the newest policy as it was applied.')
    .optionsGroup('Which:')
    .addOption(
      new Option('--of <version>', 'this version instead')
        .argParser(wholeNumberOption(1, 999_999_999))
        .conflicts('versions'),
    )
    .option('--versions', 'the list of versions instead, newest first')
  return addConnectionOptions(command)
    .addHelpText('after', AFTER)
    .action(async (options: ShowOptions) => settle(await run(context, options)))
}

/** Prints the policy, and says on stderr which one it is. */
export async function run(context: Context, options: ShowOptions): Promise<ExitCode> {
  const client = await openAdmin(context, options)
  if (options.versions === true) {
    const page = await client.listPolicyVersions({ limit: 1_000 })
    if (options.json === true) context.stdout.write(`${formatJson(page)}\n`)
    else for (const version of page.items) context.stdout.write(`${lineOf(version)}\n`)
    return 0
  }
  const policy = await (options.of === undefined
    ? client.getPolicy({})
    : client.getPolicyVersion({ version: options.of }))
  if (options.json === true) context.stdout.write(`${formatJson(policy)}\n`)
  else {
    say(context, 'note', `version ${lineOf(policy)}`)
    // A file gets what was applied, byte for byte, so that its digest is the same.
    context.stdout.write(context.isTTY.stdout ? escapeDocument(policy.text) : policy.text)
  }
  return 0
}

function lineOf(policy: {
  readonly version: number
  readonly appliedAt: string
  readonly appliedBy: string
  readonly comment: string
}): string {
  const { version, appliedAt, appliedBy, comment } = policy
  const why = comment === '' ? '' : `: ${comment}`
  return escapeText(`${version}  ${appliedAt}  by ${appliedBy}${why}`, 1_024)
}

const AFTER = `
Exit codes: 0 shown, 1 the service refuses, 2 usage, 3 unreadable input, 4 the service cannot be reached or cannot tell.

Examples:
  ingam policy show > current.yaml
  ingam policy show --versions
  ingam policy show --of 1`
