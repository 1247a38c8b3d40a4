// CLI: `ingam completion` prints a script that completes command lines, made from the commands as they are.

import { Argument, Command } from 'commander'
import { bashScript } from '../completion/bash.ts'
import { fishScript } from '../completion/fish.ts'
import { type CompletedCommand, modelOf } from '../completion/model.ts'
import { zshScript } from '../completion/zsh.ts'
import type { Context } from '../context.ts'
import type { ExitCode } from '../failure.ts'

const SCRIPTS = { bash: bashScript, zsh: zshScript, fish: fishScript } as const

type Shell = keyof typeof SCRIPTS

/** The command with its usage page. */
export function completionCommand(context: Context, settle: (exit: ExitCode) => void): Command {
  const command = new Command('completion')
  return command
    .description('Print a script with which a shell completes commands, options and their values.')
    .addArgument(new Argument('<shell>', 'the shell').choices(Object.keys(SCRIPTS)))
    .addHelpText('after', AFTER)
    .action((shell: Shell) => {
      context.stdout.write(scriptFor(shell, command))
      settle(0)
    })
}

function scriptFor(shell: Shell, command: Command): string {
  const write: (program: CompletedCommand) => string = SCRIPTS[shell]
  return write(modelOf(command.parent ?? command))
}

const AFTER = `
Where the script goes, so that it is read at each start:
  bash  ~/.local/share/bash-completion/completions/ingam
  zsh   a file _ingam in a folder of $fpath
  fish  ~/.config/fish/completions/ingam.fish

Exit codes: 0 printed, 2 usage.

Examples:
  ingam completion bash > ingam.bash
  ingam completion zsh > _ingam
  ingam completion fish > ingam.fish`
