// CLI: `ingam policy`: who gets which token: the policy in force, the next one, and what either says to a certificate.

import { Command } from 'commander'
import type { Context } from '../context.ts'
import type { ExitCode } from '../failure.ts'
import { applyCommand } from './policy/apply.ts'
import { diffCommand } from './policy/diff.ts'
import { explainPolicyCommand } from './policy/explain.ts'
import { showCommand } from './policy/show.ts'
import { testCommand } from './policy/test.ts'

/** The command group with its usage pages. */
export function policyCommand(context: Context, settle: (exit: ExitCode) => void): Command {
  const group = new Command('policy')
    .description('Who gets which token from the service.')
    .addHelpText('after', AFTER)
  for (const build of [showCommand, diffCommand, applyCommand, testCommand, explainPolicyCommand]) {
    group.addCommand(build(context, settle))
  }
  return group
}

const AFTER = `
Exit codes: 0 yes or done, 1 a clear no, 2 usage, 3 unreadable input, 4 undecided.

Examples:
  ingam help policy test
  ingam help policy apply`
