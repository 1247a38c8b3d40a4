// CLI: `ingam ca list` shows what a development CA issued and whether it is still valid.

import { Command } from 'commander'
import { escapeText } from 'ingam'
import { type Context, type Style, say, styleFor } from '../../context.ts'
import { type IndexEntry, readIndex } from '../../dev-ca/index-file.ts'
import { readAuthority } from '../../dev-ca/store.ts'
import type { ExitCode } from '../../failure.ts'
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
  const entries = (found ?? []).map((entry) => ({ ...entry, state: stateOf(entry, now) }))
  if (options.json === true) context.stdout.write(`${formatJson(entries)}\n`)
  else if (entries.length > 0) context.stdout.write(`${toText(entries, now, context)}\n`)
  else if (found !== undefined) say(context, 'note', 'this CA has issued nothing yet')
  return 0
}

type State = 'valid' | 'expiring' | 'expired' | 'not yet valid'
type Listed = IndexEntry & { readonly state: State }

const SOON_MILLISECONDS = 30 * 86_400_000

// Expiring: in its last thirty days if it lives for longer than those, else in the last third of its life.
function stateOf({ notBefore, notAfter }: IndexEntry, now: Date): State {
  const [from, to] = [Date.parse(notBefore), Date.parse(notAfter)]
  if (now.getTime() < from) return 'not yet valid'
  if (now.getTime() > to) return 'expired'
  return to - now.getTime() <= Math.min(SOON_MILLISECONDS, (to - from) / 3) ? 'expiring' : 'valid'
}

function toText(entries: readonly Listed[], now: Date, context: Context): string {
  const style = styleFor(context, 'stdout')
  const rows = entries.map((entry) => ({ entry, serial: entry.serial, state: stateText(entry, now) }))
  const serialWidth = Math.max('SERIAL'.length, ...rows.map(({ serial }) => serial.length))
  const stateWidth = Math.max('STATE'.length, ...rows.map(({ state }) => state.length))
  const beside = serialWidth + stateWidth + 4
  // In a pipe each certificate has one line; on a narrow terminal its names stand below its number.
  const columns = context.isTTY.stdout ? context.columns : undefined
  const room = columns === undefined ? undefined : columns - beside
  const isNarrow = room !== undefined && room < MIN_NAMES_WIDTH
  const head = `${'SERIAL'.padEnd(serialWidth)}  ${'STATE'.padEnd(stateWidth)}${isNarrow ? '' : '  SUBJECT AND NAMES'}`
  const lines = rows.flatMap(({ entry, serial, state }) => {
    const words = [escapeText(entry.subject), ...entry.names.map((name) => escapeText(name))]
    const first = `${serial.padEnd(serialWidth)}  ${paint(entry.state, style)(state)}`
    if (isNarrow) return [first, ...fill(words, (columns ?? 0) - 2).map((line) => `  ${line}`)]
    const [start = '', ...rest] = fill(words, room)
    const gap = ' '.repeat(stateWidth - state.length + 2)
    return [`${first}${gap}${start}`, ...rest.map((line) => `${' '.repeat(beside)}${line}`)]
  })
  return [style.strong(head.trimEnd()), ...lines].join('\n')
}

const MIN_NAMES_WIDTH = 30

function stateText({ state, notBefore, notAfter }: Listed, now: Date): string {
  const left = Date.parse(notAfter) - now.getTime()
  if (state === 'expired') return `expired ${roughly(-left)} ago`
  if (state === 'expiring') return `expires in ${roughly(left)}`
  return state === 'valid'
    ? `valid for ${roughly(left)}`
    : `valid in ${roughly(Date.parse(notBefore) - now.getTime())}`
}

function paint(state: State, style: Style): (text: string) => string {
  if (state === 'expired') return style.bad
  return state === 'valid' ? style.good : style.strong
}

// Rounded down, so that nothing seems to live longer than it does.
function roughly(milliseconds: number): string {
  const seconds = Math.floor(milliseconds / 1000)
  if (seconds < 120) return `${seconds} s`
  if (seconds < 2 * 3_600) return `${Math.floor(seconds / 60)} min`
  if (seconds < 2 * 86_400) return `${Math.floor(seconds / 3_600)} h`
  return `${Math.floor(seconds / 86_400)} d`
}

// Whole words, two spaces between them, in lines of a width; a longer word is cut into pieces, none of it is lost.
function fill(words: readonly string[], width: number | undefined): readonly string[] {
  if (width === undefined) return [words.join('  ')]
  const lines: string[] = []
  let line = ''
  for (const piece of words.flatMap((word) => pieces(word, width))) {
    if (line !== '' && line.length + 2 + piece.length > width) {
      lines.push(line)
      line = piece
    } else line = line === '' ? piece : `${line}  ${piece}`
  }
  return [...lines, line]
}

function pieces(word: string, width: number): readonly string[] {
  const size = Math.max(width, 1)
  return Array.from({ length: Math.ceil(word.length / size) }, (_, index) =>
    word.slice(index * size, (index + 1) * size),
  )
}

const AFTER = `
Exit codes: 0 shown, 2 usage, 3 the CA or its index cannot be read.

Examples:
  ingam ca list --ca ca
  ingam ca list --ca ca --json`
