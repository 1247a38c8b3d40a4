// CLI: `ingam backup` writes a copy of the service's state to a new file, also while the service runs.

import { Command } from 'commander'
import { type Context, say } from '../context.ts'
import type { ExitCode } from '../failure.ts'
import { checkNewFile } from '../folders.ts'
import { loadServer } from '../service/server.ts'
import { loadServiceConfig } from './serve.ts'

/** The options of `ingam backup`. */
export interface BackupOptions {
  readonly config?: string
}

/** The command with its usage page. */
export function backupCommand(context: Context, settle: (exit: ExitCode) => void): Command {
  return new Command('backup')
    .description('Write a copy of the state of the service to a new file. The service may run meanwhile.')
    .argument('<file>', 'the file to make; nothing is ever overwritten')
    .option('--config <file>', 'the configuration (default: INGAM_CONFIG, else ingam.yaml)')
    .addHelpText('after', AFTER)
    .action(async (file: string, options: BackupOptions) => settle(await run(context, file, options)))
}

/** Writes the copy and prints its path. */
export async function run(context: Context, file: string, options: BackupOptions): Promise<ExitCode> {
  await checkNewFile(file, 'name another file; nothing is ever overwritten')
  const server = await loadServer(context)
  const { state } = await loadServiceConfig(context, server, options.config)
  await server.backupState({ folder: state.folder, file })
  context.stdout.write(`${file}\n`)
  say(context, 'note', 'the keys in it are sealed: without the key-encryption key nobody signs with them')
  return 0
}

const AFTER = `
The file can be read by you alone (0600). Keep the key-encryption key apart from it: a restore needs both.

Exit codes: 0 written, 2 usage or the file exists, 3 unreadable input, 4 the state cannot be read now.

Example:
  ingam backup state.backup --config ingam.yaml`
