// CLI: `ingam audit tail` shows the newest records of the audit log.

import { Command } from 'commander'
import { escapeText } from 'ingam'
import { type Context, say } from '../../context.ts'
import { type ExitCode, usageError } from '../../failure.ts'
import { formatJsonLine } from '../../output.ts'
import {
  type AdminClient,
  addConnectionOptions,
  type ConnectionOptions,
  openAdmin,
} from '../../service/admin.ts'
import { readThumbprint } from '../../service/selector.ts'
import { collect, wholeNumberOption } from '../values.ts'

/** The options of `ingam audit tail`. */
export interface TailOptions extends ConnectionOptions {
  readonly limit: number
  readonly before?: string
  readonly type?: readonly string[]
  readonly request?: string
  readonly certificate?: string
}

/** The command with its usage page. */
export function tailCommand(context: Context, settle: (exit: ExitCode) => void): Command {
  const command = new Command('tail')
    .description('Show the newest records of the audit log, the newest last.')
    .optionsGroup('Which:')
    .option('--limit <number>', 'at most so many', wholeNumberOption(1, 1_000), 20)
    .option('--before <cursor>', 'go on where an earlier page ended')
    .option('--type <type>', 'such as token.refused; repeatable', collect)
    .option('--request <id>', 'those of one request, by the id that its answer had')
    .option('--certificate <file>', 'those about a certificate: its file, or its base64url SHA-256')
  return addConnectionOptions(command)
    .addHelpText('after', AFTER)
    .action(async (options: TailOptions) => settle(await run(context, options)))
}

/** Shows one page, a line for each record. */
export async function run(context: Context, options: TailOptions): Promise<ExitCode> {
  const { limit, before, request, certificate } = options
  const type = readTypes(options.type)
  const thumbprint = certificate === undefined ? undefined : await readThumbprint(certificate)
  const client = await openAdmin(context, options)
  const page = await client.listAudit({
    limit,
    ...(before === undefined ? {} : { before }),
    ...(type === undefined ? {} : { type }),
    ...(request === undefined ? {} : { requestId: request }),
    ...(thumbprint === undefined ? {} : { thumbprint }),
  })
  // The newest stand next to the prompt.
  for (const record of page.items.toReversed()) {
    context.stdout.write(`${options.json === true ? formatJsonLine(record) : lineOf(record)}\n`)
  }
  if (page.items.length === 0) say(context, 'note', 'no such records')
  if (page.next !== undefined) say(context, 'note', `older ones: --before ${escapeText(page.next)}`)
  return 0
}

type AuditRecord = Awaited<ReturnType<AdminClient['listAudit']>>['items'][number]
type AuditType = AuditRecord['type']

const TYPES: readonly AuditType[] = [
  'service.started',
  'service.stopped',
  'token.issued',
  'token.refused',
  'grant.ended',
  'block.added',
  'block.lifted',
  'policy.applied',
  'key.created',
  'key.rotated',
  'admin.refused',
  'refusals.counted',
  'backup.made',
]

function readTypes(given: readonly string[] | undefined): readonly AuditType[] | undefined {
  return given?.map((text) => {
    const type = TYPES.find((name) => name === text)
    if (type === undefined) throw usageError(`--type: expected one of ${TYPES.join(', ')}`)
    return type
  })
}

function lineOf(record: AuditRecord): string {
  const { position, at, type, requestId, thumbprint, actor, details } = record
  const facts = [
    ...(actor === undefined ? [] : [['actor', actor] as const]),
    ...(requestId === undefined ? [] : [['request', requestId] as const]),
    ...(thumbprint === undefined ? [] : [['certificate', thumbprint] as const]),
    ...Object.entries(details),
  ]
  const shown = facts.map(
    ([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
  )
  // LIMIT: a record has a few facts of a few hundred characters; --json has all of them in full.
  return escapeText(`${position}  ${new Date(at).toISOString()}  ${type}  ${shown.join(' ')}`, 4_096)
}

const AFTER = `
A line has position, time, type and facts; --json prints the whole record, with its place in the chain, as one JSON value a line.

Exit codes: 0 shown, 1 the service refuses, 2 usage, 3 unreadable input, 4 the service cannot be reached or cannot tell.

Examples:
  ingam audit tail
  ingam audit tail --type token.refused --certificate client/cert.pem
  ingam audit tail --limit 1 --json`
