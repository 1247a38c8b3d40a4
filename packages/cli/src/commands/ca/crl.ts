// CLI: `ingam ca crl` signs the revocation lists of a development CA.

import { Command } from 'commander'
import { escapeText } from 'ingam'
import { type Context, say } from '../../context.ts'
import { publishLists } from '../../dev-ca/publish.ts'
import type { ExitCode } from '../../failure.ts'
import { wholeNumberOption } from '../values.ts'

/** The options of `ingam ca crl`. */
export interface CrlOptions {
  readonly ca: string
  readonly delta?: boolean
  readonly days: number
}

/** The command with its usage page. */
export function crlCommand(context: Context, settle: (exit: ExitCode) => void): Command {
  return new Command('crl')
    .description('Sign the revocation lists of the CA, and write them into its folder.')
    .requiredOption('--ca <folder>', 'the folder that ca init made')
    .option('--delta', 'only what has changed since the last whole list, which it continues')
    .option('--days <days>', 'until the next list is due (nextUpdate)', wholeNumberOption(1, 365), 7)
    .addHelpText('after', AFTER)
    .action(async (options: CrlOptions) => settle(await runCrl(context, options)))
}

/** Publishes the lists. */
export async function runCrl(context: Context, options: CrlOptions): Promise<ExitCode> {
  const kind = options.delta === true ? 'delta' : 'full'
  const written = await publishLists({
    folder: options.ca,
    kind,
    now: context.now(),
    seconds: options.days * 86_400,
  })
  for (const { path, issuer, number, entries } of written) {
    context.stdout.write(`${path}\n`)
    const what = kind === 'delta' ? 'delta list' : 'list'
    say(
      context,
      'note',
      `${what} ${number} of "${escapeText(issuer)}": ${entries} ${entries === 1 ? 'entry' : 'entries'}`,
    )
  }
  return 0
}

const AFTER = `
Files: crl/ca.crl in the CA's folder, and crl/issuing.crl where an issuing CA stands below the root; of deltas crl/ca-delta.crl and crl/issuing-delta.crl. PEM. Each takes the place of the one before; a verifier can watch the folder (--crl).

Exit codes: 0 published, 1 a delta without a whole list before it, 2 usage, 3 the CA cannot be read.

Examples:
  ingam ca crl --ca ca
  ingam ca crl --ca ca --delta --days 1`
