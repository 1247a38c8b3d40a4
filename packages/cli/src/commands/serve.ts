// CLI: `ingam serve` runs the token service, or says what is wrong with its configuration.

import { readFile } from 'node:fs/promises'
import { Command } from 'commander'
import type { Context, Output, ServerModule } from '../context.ts'
import type { ExitCode } from '../failure.ts'
import { listenFailure } from '../service/running.ts'
import { loadServer } from '../service/server.ts'

/** The options of `ingam serve`. */
export interface ServeOptions {
  readonly config?: string
  readonly check?: boolean
}

/** The command with its usage page. */
export function serveCommand(context: Context, settle: (exit: ExitCode) => void): Command {
  return new Command('serve')
    .description('Run the token service until Ctrl-C or SIGTERM. A second one ends it at once.')
    .option('--config <file>', 'the configuration (default: INGAM_CONFIG, else ingam.yaml)')
    .option('--check', 'start nothing: say whether it could be started, and what is wrong')
    .addHelpText('after', AFTER)
    .action(async (options: ServeOptions) => settle(await run(context, options)))
}

/** Runs or checks the service. */
export async function run(context: Context, options: ServeOptions): Promise<ExitCode> {
  const { env, stdout, now } = context
  const server = await loadServer(context)
  const stderr = holdLog(context.stderr)
  const exit = await server
    .serve({
      configFile: configFileOf(context, options.config),
      check: options.check === true,
      env,
      stdout,
      stderr,
      onSignal: context.onSignal ?? (() => () => undefined),
      clock: now,
    })
    .catch((error: unknown) => {
      stderr.release()
      throw listenFailure(error, PORT_HINT) ?? error
    })
  return exit === 0 ? 0 : 1
}

const PORT_HINT =
  'choose another port: listen.port of the configuration, or PORT; the issuer must name it too'

// What was logged during the start comes after the line that tells the address: whoever starts the service reads one
// line. Where it does not start, the log comes before the error.
function holdLog(stderr: Output): Output & { readonly release: () => void } {
  let held: string[] | undefined = []
  const release = (): void => {
    for (const text of held ?? []) stderr.write(text)
    held = undefined
  }
  return {
    release,
    write: (text) => {
      if (held === undefined) return stderr.write(text)
      if (!text.startsWith('ingam: ')) return held.push(text)
      stderr.write(text)
      release()
      return true
    },
  }
}

/** The configuration that an option, `INGAM_CONFIG` or the folder names. */
export async function loadServiceConfig(
  context: Context,
  server: ServerModule,
  given: string | undefined,
): Promise<Awaited<ReturnType<ServerModule['loadConfig']>>> {
  const file = configFileOf(context, given)
  return await server.loadConfig({ file, env: context.env, readFile: async (path) => await readFile(path) })
}

function configFileOf({ env }: Context, given: string | undefined): string {
  const named = given ?? env['INGAM_CONFIG'] ?? ''
  return named === '' ? 'ingam.yaml' : named
}

const AFTER = `
The first line on stderr says where it listens; the log follows there, one JSON object a line. SIGHUP reads certificates and keys again. Variables override keys of the configuration: docs/server.md lists them.

Exit codes: 0 stopped in order, or nothing is wrong, 1 a check found something, or a second signal cut requests short, 2 usage, 3 the configuration cannot be used, or the port is in use, 4 the state cannot be opened.

Example:
  ingam serve --config ingam.yaml --check`
