// CLI: `ingam policy test` tries a policy against a table of expectations, before it counts.

import { Command } from 'commander'
import { escapeText } from 'ingam'
import { type Context, say, styleFor } from '../../context.ts'
import type { ExitCode } from '../../failure.ts'
import { atClock } from '../../instant.ts'
import { formatJson } from '../../output.ts'
import { readText } from '../../service/files.ts'
import { readerFrom, readPolicy, refusalOf } from '../../service/policy-file.ts'
import { loadServer } from '../../service/server.ts'
import { atOption } from '../options.ts'

/** The options of `ingam policy test`. */
export interface TestOptions {
  readonly at?: string
  readonly json?: boolean
}

/** The command with its usage page. */
export function testCommand(context: Context, settle: (exit: ExitCode) => void): Command {
  return new Command('test')
    .description('Try a policy against a table of expectations, without a service.')
    .argument('<policy>', 'the policy; - is stdin')
    .argument('<tests>', 'the table')
    .addOption(atOption())
    .option('--json', 'print the results, as JSON')
    .addHelpText('after', AFTER)
    .action(async (policy: string, tests: string, options: TestOptions) =>
      settle(await run(context, policy, tests, options)),
    )
}

/** Runs the tests and prints each with its outcome. */
export async function run(
  context: Context,
  policy: string,
  tests: string,
  options: TestOptions,
): Promise<ExitCode> {
  const server = await loadServer(context)
  const { document } = await readPolicy(context, server, policy, HINT)
  const table = await readText(context, tests)
  const at = atClock(context, options.at).now()
  const outcome = await server
    .runPolicyTests({ document, table, readFile: readerFrom(tests), at })
    .catch((error: unknown) => {
      throw refusalOf(server, tests, error, { hint: HINT })
    })
  if (options.json === true) context.stdout.write(`${formatJson(outcome)}\n`)
  else {
    const style = styleFor(context, 'stdout')
    for (const { name, passed, expected, found, lines } of outcome.results) {
      context.stdout.write(`${passed ? style.good('passed') : style.bad('failed')}  ${escapeText(name)}\n`)
      if (passed) continue
      context.stdout.write(`        expected  ${escapeText(expected, 1_024)}\n`)
      context.stdout.write(`        found     ${escapeText(found, 1_024)}\n`)
      for (const line of lines) context.stdout.write(`          ${escapeText(line, 1_024)}\n`)
    }
    for (const warning of server.policyWarnings(document)) say(context, 'warning', escapeText(warning, 1_024))
    say(context, 'note', `${outcome.passed} passed, ${outcome.failed} failed`)
  }
  return outcome.failed === 0 ? 0 : 1
}

const HINT = 'docs/policy.md lists every key'

const AFTER = `
Where the table names certificates, their path is verified; revocation is not looked at.

Exit codes: 0 all passed, 1 at least one failed, 2 usage, 3 unreadable input, or not a policy or a table.

Example:
  ingam policy test policy.yaml tests.yaml`
