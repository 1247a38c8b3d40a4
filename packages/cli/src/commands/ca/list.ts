// CLI: `ingam ca list` shows what a development CA issued and whether it is still valid.

import { Command } from 'commander'
import { escapeText } from 'ingam'
import { type Context, type Style, say, styleFor } from '../../context.ts'
import { type IndexEntry, readIndex } from '../../dev-ca/index-file.ts'
import { type Revocation, readRevocations } from '../../dev-ca/revocations.ts'
import { readAuthority } from '../../dev-ca/store.ts'
import type { ExitCode } from '../../failure.ts'
import { formatDistance, formatDuration } from '../../layout/durations.ts'
import { roomOf } from '../../layout/room.ts'
import { padTo, widthOf, wrapTo } from '../../layout/width.ts'
import { formatJson } from '../../output.ts'

/** The options of `ingam ca list`. */
export interface ListOptions {
  readonly ca: string
  readonly json?: boolean
}

/** The command with its usage page. */
export function listCommand(context: Context, settle: (exit: ExitCode) => void): Command {
  return new Command('list')
    .description('Show what the CA issued, oldest first, and whether it is still valid.')
    .requiredOption('--ca <folder>', 'the folder that ca init made')
    .option('--json', 'print the entries of the index with their state, as JSON')
    .addHelpText('after', AFTER)
    .action(async (options: ListOptions) => settle(await runList(context, options)))
}

/** Shows the list. */
export async function runList(context: Context, options: ListOptions): Promise<ExitCode> {
  const found = await readIndex(options.ca)
  if (found === undefined) {
    // Throws where there is no CA at all.
    await readAuthority(options.ca)
    say(context, 'note', 'this CA has no index yet: what it issued so far is not known')
  }
  const now = context.now()
  const { acts } = await readRevocations(options.ca)
  const entries = (found ?? []).map((entry) => ({ ...entry, ...stateOf(entry, acts, now) }))
  if (options.json === true) context.stdout.write(`${formatJson(entries)}\n`)
  else if (entries.length > 0) context.stdout.write(`${toText(entries, now, context)}\n`)
  else if (found !== undefined) say(context, 'note', 'this CA has issued nothing yet')
  return 0
}

type State = 'valid' | 'expiring' | 'expired' | 'not yet valid' | 'revoked' | 'on hold'
type Listed = IndexEntry & {
  readonly state: State
  readonly revocation?: Pick<Revocation, 'reason' | 'revokedAt'>
}

const SOON_MILLISECONDS = 30 * 86_400_000

// Expiring: in its last thirty days if it lives for longer than those, else in the last third of its life.
function stateOf(
  entry: IndexEntry,
  acts: readonly Revocation[],
  now: Date,
): Pick<Listed, 'state' | 'revocation'> {
  const last = acts.findLast(({ serial, issuer }) => serial === entry.serial && issuer === entry.issuer)
  if (last === undefined || last.reason === 'removeFromCRL') return { state: stateByDates(entry, now) }
  const { reason, revokedAt } = last
  return { state: reason === 'certificateHold' ? 'on hold' : 'revoked', revocation: { reason, revokedAt } }
}

function stateByDates({ notBefore, notAfter }: IndexEntry, now: Date): State {
  const [from, to] = [Date.parse(notBefore), Date.parse(notAfter)]
  if (now.getTime() < from) return 'not yet valid'
  if (now.getTime() > to) return 'expired'
  return to - now.getTime() <= Math.min(SOON_MILLISECONDS, (to - from) / 3) ? 'expiring' : 'valid'
}

function toText(entries: readonly Listed[], now: Date, context: Context): string {
  const style = styleFor(context, 'stdout')
  const { limit } = roomOf(context)
  const rows = entries.map((entry) => ({
    entry,
    serial: escapeText(entry.serial),
    state: stateText(entry, now),
  }))
  const serialWidth = Math.max('SERIAL'.length, ...rows.map(({ serial }) => widthOf(serial)))
  const stateWidth = Math.max('STATE'.length, ...rows.map(({ state }) => widthOf(state)))
  const beside = serialWidth + stateWidth + 2 * GAP.length
  // In a pipe each certificate has one line; on a narrow terminal its names stand below its number.
  const isNarrow = limit - beside < MIN_NAMES_WIDTH
  const indent = ' '.repeat(isNarrow ? 2 : beside)
  const head = [
    padTo('SERIAL', serialWidth),
    padTo('STATE', stateWidth),
    ...(isNarrow ? [] : ['SUBJECT AND NAMES']),
  ]
  const lines = rows.flatMap(({ entry, serial, state }) => {
    const names = [entry.subject, ...entry.names].map((name) => escapeText(name))
    const painted = paint(entry.state, style)(state) + ' '.repeat(stateWidth - widthOf(state))
    const first = padTo(serial, serialWidth) + GAP + painted
    const [start = '', ...rest] = fill(names, limit - indent.length)
    const below = rest.map((line) => indent + line)
    return isNarrow ? [first.trimEnd(), indent + start, ...below] : [first + GAP + start, ...below]
  })
  return [style.strong(head.join(GAP).trimEnd()), ...lines].join('\n')
}

const GAP = '  '
const MIN_NAMES_WIDTH = 30

function stateText({ state, notBefore, notAfter, revocation }: Listed, now: Date): string {
  if (revocation !== undefined) return `${state} ${formatDistance(new Date(revocation.revokedAt), now)}`
  const end = new Date(notAfter)
  if (state === 'expired') return `expired ${formatDistance(end, now)}`
  if (state === 'expiring') return `expires ${formatDistance(end, now)}`
  const left = formatDuration(end.getTime() - now.getTime())
  return state === 'valid' ? `valid for ${left}` : `valid ${formatDistance(new Date(notBefore), now)}`
}

function paint(state: State, style: Style): (text: string) => string {
  if (state === 'expired' || state === 'revoked' || state === 'on hold') return style.bad
  return state === 'valid' ? style.good : style.strong
}

// As many names a line as fit; one that is longer than a line goes on in the next.
function fill(names: readonly string[], limit: number): readonly string[] {
  const lines: string[] = []
  for (const name of names) {
    const last = lines.at(-1)
    if (last !== undefined && widthOf(last + GAP + name) <= limit) lines[lines.length - 1] = last + GAP + name
    else lines.push(...wrapTo(name, limit))
  }
  return lines
}

const AFTER = `
Exit codes: 0 shown, 2 usage, 3 the CA or its index cannot be read.

Examples:
  ingam ca list --ca ca
  ingam ca list --ca ca --json`
