// CLI: `ingam ca ocsp` answers for a development CA, on this machine alone, until it is stopped.

import { Command } from 'commander'
import { type Context, say } from '../../context.ts'
import { startResponder } from '../../dev-ca/responder.ts'
import { CommandError, type ExitCode, systemProblem } from '../../failure.ts'
import { wholeNumberOption } from '../values.ts'

/** The options of `ingam ca ocsp`. */
export interface OcspOptions {
  readonly ca: string
  readonly port: number
  readonly delegate?: boolean
  readonly seconds: number
}

/** The command with its usage page. */
export function ocspCommand(context: Context, settle: (exit: ExitCode) => void): Command {
  return new Command('ocsp')
    .description('Answer OCSP requests for the CA on 127.0.0.1, until Ctrl-C; for development alone.')
    .requiredOption('--ca <folder>', 'the folder that ca init made')
    .option('--port <port>', 'where to listen; 0 takes a free one', wholeNumberOption(0, 65_535), 8_790)
    .option('--delegate', 'let a responder sign that the CA appoints for a day, instead of the CA itself')
    .option(
      '--seconds <seconds>',
      'how long an answer counts (nextUpdate)',
      wholeNumberOption(1, 604_800),
      600,
    )
    .addHelpText('after', AFTER)
    .action(async (options: OcspOptions) => settle(await runOcsp(context, options)))
}

/** Answers until the person has had enough. */
export async function runOcsp(context: Context, options: OcspOptions): Promise<ExitCode> {
  const { ca: folder, port, seconds } = options
  const responder = await startResponder({
    folder,
    port,
    seconds,
    signsBy: options.delegate === true ? 'delegate' : 'ca',
    now: context.now,
    onAnswer: (text) => say(context, 'note', text),
  }).catch((error: unknown) => {
    const problem = systemProblem(error)
    if (problem === undefined || error instanceof CommandError) throw error
    const shown = problem === 'EADDRINUSE' ? 'is in use' : problem
    throw new CommandError(3, `port ${port}: ${shown}`, ['choose another with --port; 0 takes a free one'])
  })
  // Listened for first: whoever reads the address may end it at once.
  const stopped = untilStopped(context)
  context.stdout.write(`${responder.url}\n`)
  say(context, 'note', 'lists are at /ca.crl and /issuing.crl, once they are published; Ctrl-C ends this')
  await stopped
  await responder.stop()
  return 0
}

async function untilStopped({ onStop }: Context): Promise<void> {
  await new Promise<void>((resolve) => {
    if (onStop === undefined) resolve()
    else onStop(resolve)
  })
}

const AFTER = `
Prints its address. It answers for what the index has: good, revoked, or unknown, with the nonce of the request. What is revoked meanwhile is in the next answer. GET and POST (RFC 6960 A.1).

Exit codes: 0 ended, 2 usage, 3 the CA cannot be read, or the port is in use.

Examples:
  ingam ca ocsp --ca ca --port 0
  ingam ca ocsp --ca ca --port 0 --delegate`
