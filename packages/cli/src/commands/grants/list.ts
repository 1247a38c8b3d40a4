// CLI: `ingam grants list` shows which access tokens were issued; the tokens themselves are kept nowhere.

import { Command } from 'commander'
import { escapeText } from 'ingam'
import { type Context, say } from '../../context.ts'
import type { ExitCode } from '../../failure.ts'
import { roomOf } from '../../layout/room.ts'
import { formatRows } from '../../layout/rows.ts'
import { formatJson } from '../../output.ts'
import {
  type AdminClient,
  addConnectionOptions,
  type ConnectionOptions,
  openAdmin,
} from '../../service/admin.ts'
import { addSelectorOptions, readSelector, type SelectorOptions, toQuery } from '../../service/selector.ts'
import { wholeNumberOption } from '../values.ts'

/** The options of `ingam grants list`. */
export interface ListOptions extends ConnectionOptions, SelectorOptions {
  readonly active?: boolean
  readonly limit: number
  readonly before?: string
}

/** The command with its usage page. */
export function listCommand(context: Context, settle: (exit: ExitCode) => void): Command {
  const command = new Command('list').description('Show which access tokens were issued, newest first.')
  addSelectorOptions(command, 'with-grant')
    .optionsGroup('How much:')
    .option('--active', 'those alone that are neither ended nor expired')
    .option('--limit <number>', 'at most so many', wholeNumberOption(1, 1_000), 100)
    .option('--before <cursor>', 'go on where an earlier page ended')
  return addConnectionOptions(command)
    .addHelpText('after', AFTER)
    .action(async (options: ListOptions) => settle(await run(context, options)))
}

/** Shows one page. */
export async function run(context: Context, options: ListOptions): Promise<ExitCode> {
  const { active, before, limit } = options
  const selector = await readSelector(options)
  const client = await openAdmin(context, options)
  const page = await client.listGrants({
    ...toQuery(selector),
    limit,
    ...(active === true ? { active } : {}),
    ...(before === undefined ? {} : { before }),
  })
  if (options.json === true) {
    context.stdout.write(`${formatJson(page)}\n`)
    return 0
  }
  for (const grant of page.items) context.stdout.write(`${textOf(context, grant)}\n`)
  if (page.items.length === 0) say(context, 'note', 'no grants')
  if (page.next !== undefined) say(context, 'note', `there are more: --before ${escapeText(page.next)}`)
  return 0
}

type Grant = Awaited<ReturnType<AdminClient['listGrants']>>['items'][number]

function textOf(context: Context, grant: Grant): string {
  const room = roomOf(context)
  const now = context.now().toISOString()
  const state =
    grant.endedAt === undefined
      ? `${grant.expiresAt <= now ? 'expired' : 'active until'} ${grant.expiresAt}`
      : `ended ${grant.endedAt}${grant.endedBy === undefined ? '' : ` (${escapeText(grant.endedBy)})`}`
  const scope = grant.scope.length === 0 ? '' : `, scope ${grant.scope.join(' ')}`
  return [
    escapeText(grant.id),
    formatRows(
      [
        ['state', `${state}, issued ${grant.issuedAt}`],
        ['subject', escapeText(grant.subject)],
        ['trust anchor', escapeText(grant.trustAnchor)],
        ['certificate', escapeText(grant.thumbprint)],
        ['client', escapeText(grant.clientId)],
        ['for', escapeText(`${grant.audience.join(' ')}${scope}`)],
        [
          'profile',
          escapeText(`${grant.profile} of policy ${grant.policyVersion}, binding ${grant.binding}`),
        ],
      ],
      room,
      '  ',
    ),
  ].join('\n')
}

const AFTER = `
Without a selector it shows the grants of everybody.

Exit codes: 0 shown, 1 the service refuses, 2 usage, 3 unreadable input, 4 the service cannot be reached or cannot tell.

Examples:
  ingam grants list --active --limit 10
  ingam grants list --certificate client/cert.pem
  ingam grants list --identity uri:spiffe://example/client --trust-anchor development --json`
