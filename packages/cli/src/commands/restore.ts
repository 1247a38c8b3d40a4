// CLI: `ingam restore` puts a backup in the place of the service's state, while no service runs on it.

import { Command } from 'commander'
import { type Context, say } from '../context.ts'
import type { ExitCode } from '../failure.ts'
import { loadServer } from '../service/server.ts'
import { loadServiceConfig } from './serve.ts'

/** The options of `ingam restore`. */
export interface RestoreOptions {
  readonly config?: string
  readonly force?: boolean
}

/** The command with its usage page. */
export function restoreCommand(context: Context, settle: (exit: ExitCode) => void): Command {
  return new Command('restore')
    .description('Put a backup in the place of the state of the service, which must not run.')
    .argument('<file>', 'what ingam backup wrote')
    .option('--config <file>', 'the configuration (default: INGAM_CONFIG, else ingam.yaml)')
    .option('--force', 'also where there is a state already, which is kept under another name')
    .addHelpText('after', AFTER)
    .action(async (file: string, options: RestoreOptions) => settle(await run(context, file, options)))
}

/** Restores, and prints the folder of the state. */
export async function run(context: Context, file: string, options: RestoreOptions): Promise<ExitCode> {
  const server = await loadServer(context)
  const { state } = await loadServiceConfig(context, server, options.config)
  await server.restoreBackup({
    from: file,
    folder: state.folder,
    now: context.now(),
    force: options.force === true,
  })
  context.stdout.write(`${state.folder}\n`)
  say(
    context,
    'note',
    'assertions signed before now are refused: which of them were used since the backup is not known',
  )
  say(
    context,
    'warning',
    'what was ended, blocked or withdrawn after the backup counts again, keys among it: look at ingam audit tail of the old state',
  )
  return 0
}

const AFTER = `
Exit codes: 0 restored, 2 usage, 3 the backup cannot be used, there is a state already, or a service runs on it.

Example:
  ingam restore state.backup --config restored.yaml`
