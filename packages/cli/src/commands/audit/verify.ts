// CLI: `ingam audit verify` says whether an exported audit log is whole, without the service that wrote it; or has a
// service look at its own.

import { createReadStream } from 'node:fs'
import { Command, Option } from 'commander'
import { escapeText } from 'ingam'
import { type Context, say } from '../../context.ts'
import { CommandError, type ExitCode, systemProblem, usageError } from '../../failure.ts'
import { readLines } from '../../lines.ts'
import { formatJson } from '../../output.ts'
import { addConnectionOptions, type ConnectionOptions, openAdmin } from '../../service/admin.ts'
import { readCheckpoints, readJwks } from '../../service/audit-files.ts'
import { loadServer } from '../../service/server.ts'
import { collect } from '../values.ts'

/** The options of `ingam audit verify`. */
export interface VerifyAuditOptions extends ConnectionOptions {
  readonly jwks?: string
  readonly checkpoint?: readonly string[]
}

/** The command with its usage page. */
export function verifyAuditCommand(context: Context, settle: (exit: ExitCode) => void): Command {
  const command = new Command('verify')
    .description('Say whether the audit log is as it was written.')
    .argument(
      '[file]',
      'an export from its beginning; - is stdin. Without it the service looks at its own log',
    )
    .optionsGroup('With a file:')
    .option('--jwks <path>', "the log's public keys, kept apart from it: a file, or an https URL")
    .addOption(
      new Option(
        '--checkpoint <file>',
        'signed checkpoints that were kept elsewhere, one a line; repeatable',
      ).argParser(collect),
    )
  return addConnectionOptions(command)
    .addHelpText('after', AFTER)
    .action(async (file: string | undefined, options: VerifyAuditOptions) =>
      settle(await run(context, file, options)),
    )
}

/** Verifies and prints each finding. */
export async function run(
  context: Context,
  file: string | undefined,
  options: VerifyAuditOptions,
): Promise<ExitCode> {
  if (file !== undefined) return await verifyFile(context, file, options)
  if (options.jwks !== undefined || options.checkpoint !== undefined) {
    throw usageError('--jwks and --checkpoint go with a file', 'name the export: ingam audit verify FILE …')
  }
  const client = await openAdmin(context, options)
  const answer = await client.verifyAudit({})
  if (options.json === true) context.stdout.write(`${formatJson(answer)}\n`)
  else {
    for (const finding of answer.findings) context.stdout.write(`${lineOf(finding)}\n`)
    sayReport(context, answer)
    if (!answer.complete) say(context, 'warning', 'the log goes on: this is not its end')
  }
  if (!answer.ok) return 1
  return answer.complete ? 0 : 4
}

async function verifyFile(context: Context, file: string, options: VerifyAuditOptions): Promise<ExitCode> {
  if (options.jwks === undefined) {
    throw usageError('no --jwks given: without the keys no checkpoint counts', 'add: --jwks FILE')
  }
  const { createChainVerifier } = await loadServer(context)
  const verifier = createChainVerifier({
    keys: await readJwks(context, options.jwks, options.tlsCa),
    checkpoints: await readCheckpoints(context, options.checkpoint ?? []),
  })
  for await (const line of linesOf(context, file)) verifier.addLine(line)
  const report = verifier.finish()
  if (options.json === true) context.stdout.write(`${formatJson(report)}\n`)
  else {
    for (const finding of report.findings) context.stdout.write(`${lineOf(finding)}\n`)
    sayReport(context, report)
  }
  if (report.findingCount > 0) return 1
  if (report.signedUpTo === (report.last?.position ?? 0) && report.records > 0) return 0
  // Whoever cuts the end off cuts the checkpoint off with it.
  say(
    context,
    'warning',
    'no checkpoint vouches for the end: records could have been cut off without a trace',
  )
  return 4
}

function sayReport(context: Context, report: Report): void {
  const { records, checkpoints, signedUpTo, findings, findingCount } = report
  const dropped = findingCount - findings.length
  if (dropped > 0) say(context, 'note', `${dropped} more were found`)
  say(
    context,
    'note',
    `${records} records; ${checkpoints} checkpoints agree, signed up to record ${signedUpTo}`,
  )
}

interface Report {
  readonly records: number
  readonly checkpoints: number
  readonly signedUpTo: number
  readonly findings: readonly unknown[]
  readonly findingCount: number
}

async function* linesOf(context: Context, file: string): AsyncGenerator<string> {
  const stream = file === '-' ? context.stdin : bytesOf(file)
  for await (const line of readLines(stream, MAX_LINE_BYTES)) {
    // What is no text is no record; the verifier says so and where.
    yield 'text' in line ? line.text : ''
  }
}

async function* bytesOf(file: string): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of createReadStream(file)) yield chunk
  } catch (error) {
    const problem = systemProblem(error)
    if (problem === undefined) throw error
    throw new CommandError(3, `${file}: ${problem}`, ['check the path and the permissions'], 'ERR_FILE_READ')
  }
}

function lineOf(finding: {
  readonly kind: string
  readonly position: number
  readonly expected: string
  readonly found: string
}): string {
  const { kind, position, expected, found } = finding
  return escapeText(`record ${position}: ${kind}: expected ${expected}, found ${found}`, 1_024)
}

// LIMIT: as long as the longest line that the verifier takes, in bytes of UTF-8.
const MAX_LINE_BYTES = 4_194_304

const AFTER = `
It finds what was changed, removed, inserted or reordered. That the end was cut off, or all of it written anew, only checkpoints show, and only where they and the keys were kept elsewhere: ingam audit checkpoints.

Exit codes: 0 whole up to its end, 1 something is not as it was written, 2 usage, 3 unreadable input, 4 nothing was found, but nothing vouches for the end; or the service cannot be reached.

Examples:
  ingam audit verify audit.jsonl --jwks audit-keys.json --checkpoint checkpoints.txt
  ingam audit verify`
