// CLI: the commands under one name; from arguments to an exit code. Wrong usage is answered here, with exit 2.

import { Command, CommanderError } from 'commander'
import { auditCommand } from './commands/audit.ts'
import { backupCommand } from './commands/backup.ts'
import { caCommand } from './commands/ca.ts'
import { completionCommand } from './commands/completion.ts'
import { explainCommand } from './commands/explain.ts'
import { grantsCommand } from './commands/grants.ts'
import { inspectCommand } from './commands/inspect.ts'
import { keysCommand } from './commands/keys.ts'
import { loginCommand } from './commands/login.ts'
import { policyCommand } from './commands/policy.ts'
import { restoreCommand } from './commands/restore.ts'
import { revocationCommand } from './commands/revocation.ts'
import { serveCommand } from './commands/serve.ts'
import { signCommand } from './commands/sign.ts'
import { tourCommand } from './commands/tour.ts'
import { verifyCommand } from './commands/verify.ts'
import type { Context } from './context.ts'
import { type ExitCode, reportFailure } from './failure.ts'
import { formatPage, layOut, pageWidth, pathOf } from './help.ts'
import { serviceFailure } from './service/failures.ts'

/** Runs one call of the command and returns its exit code; never throws. */
export async function runProgram(args: readonly string[], context: Context): Promise<ExitCode> {
  let exit: ExitCode = 0
  const program = createProgram(context, (code) => {
    exit = code
  })
  try {
    await program.parseAsync([...args], { from: 'user' })
    return exit
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
    return reportFailure(context, await serviceFailure(context, error))
  }
}

/** The program with all its commands. */
export function createProgram(context: Context, settle: (exit: ExitCode) => void): Command {
  const program = new Command('ingam')
    .description(
      'Certificate tokens: sign with an X.509 key, verify against the CAs you trust; a service that gives access tokens for them.',
    )
    .version(VERSION, '-V, --version', 'print the version')
    .helpCommand(false)
    .addHelpText('after', AFTER)
  for (const build of COMMANDS) program.addCommand(build(context, settle))
  program.addCommand(helpCommand(program))
  for (const command of allCommands(program)) configure(command, context)
  return program
}

/** A command and all below it. */
export function allCommands(command: Command): readonly Command[] {
  return [command, ...command.commands.flatMap(allCommands)]
}

const COMMANDS = [
  signCommand,
  verifyCommand,
  inspectCommand,
  explainCommand,
  caCommand,
  revocationCommand,
  serveCommand,
  loginCommand,
  policyCommand,
  grantsCommand,
  keysCommand,
  auditCommand,
  backupCommand,
  restoreCommand,
  tourCommand,
  completionCommand,
]

// Commander's own shows the page of a command, but not that of a command below it.
function helpCommand(program: Command): Command {
  return new Command('help')
    .description('Show the page of a command.')
    .argument('[command...]', 'the command, such as: ca issue')
    .addHelpText('after', '\nExit codes: 0 shown, 2 no such command.\n\nExample:\n  ingam help ca issue')
    .action((path: readonly string[]) => {
      let command = program
      for (const name of path) {
        const child = command.commands.find((candidate) => candidate.name() === name)
        if (child === undefined) command.error(`error: unknown command '${name}'`)
        else command = child
      }
      command.help()
    })
}

function configure(command: Command, context: Context): void {
  command
    .exitOverride()
    .allowExcessArguments(false)
    .showSuggestionAfterError(true)
    .helpOption('-h, --help', 'show this page')
    .configureHelp({ formatHelp: (page, helper) => formatPage(page, helper, pageWidth(context)) })
    .configureOutput({
      writeOut: (text) => context.stdout.write(layOut(text, context, 'stdout')),
      writeErr: (text) => context.stderr.write(layOut(text, context, 'stderr')),
      outputError: (text) => context.stderr.write(usageLines(text, pathOf(command))),
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    })
  if (command.commands.length > 0) command.helpCommand(false)
}

// Commander's "error: …" and its "(Did you mean …?)" in our two lines.
function usageLines(text: string, path: string): string {
  const [error = '', suggestion] = text.trim().split('\n')
  const hint = suggestion?.replace(/^\((.*)\)$/u, '$1')
  return `ingam: ${error}\n${hint === undefined ? '' : `ingam: hint: ${hint}\n`}ingam: hint: see ${path} --help\n`
}

const VERSION = '0.1.0'
const AFTER = `
ingam help COMMAND, or ingam COMMAND --help, shows the page of a command.

Exit codes: 0 yes or done, 1 a clear no, 2 usage, 3 unreadable input, 4 undecided, 70 our bug.

Examples:
  ingam tour --no-serve
  ingam help ca issue`
