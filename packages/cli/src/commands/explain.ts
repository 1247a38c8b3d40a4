// CLI: `ingam explain` runs the checks of `verify` and shows each with its outcome, the chain, and what would mend it.

import { Command } from 'commander'
import {
  catalogue,
  type ExplainedCheck,
  type Explanation,
  escapeText,
  inspectToken,
  isPkiError,
  type JsonObject,
} from 'ingam'
import { type Context, type Style, say, styleFor } from '../context.ts'
import type { ExitCode } from '../failure.ts'
import { hintsFor } from '../hints.ts'
import { atClock } from '../instant.ts'
import { formatLifetime, type Lifetime, lifetimeOf } from '../layout/lifetime.ts'
import { type Room, roomOf } from '../layout/room.ts'
import { formatParagraph, formatRows } from '../layout/rows.ts'
import { standingRows } from '../layout/standing.ts'
import { formatAttempts, formatChain } from '../layout/trees.ts'
import { formatJson } from '../output.ts'
import { type Given, judgeGiven } from './judging.ts'
import { addJudgeOptions, type JudgeOptions } from './options.ts'

/** The command with its usage page. */
export function explainCommand(context: Context, settle: (exit: ExitCode) => void): Command {
  return addJudgeOptions(new Command('explain'))
    .description(
      'Run the checks of verify and show each with its outcome, the chain, and what would mend it.',
    )
    .addHelpText('after', EXAMPLE)
    .action(async (token: string | undefined, options: JudgeOptions) =>
      settle(await run(context, token, options)),
    )
}

/** Shows the explanation; the exit code is that of `verify`. */
export async function run(
  context: Context,
  argument: string | undefined,
  options: JudgeOptions,
): Promise<ExitCode> {
  const clocked = atClock(context, options.at)
  const now = clocked.now()
  const { explanation, page } = await judgeGiven(clocked, { command: 'explain', argument, options }, explain)
  say(
    context,
    'note',
    'one process a call remembers no tokens: whether this one was used before is not known here',
  )
  const text = options.json === true ? formatJson(toJson(explanation)) : toText(page)
  context.stdout.write(`${text}\n`)
  return explanation.error === undefined ? 0 : catalogue[explanation.error.code].exit

  async function explain(given: Given): Promise<{ explanation: Explanation; page: Page }> {
    const { verifier, token, expected, anchorSubjects, tolerance, situation, network } = given
    const explanation = await verifier.explain(token, expected, { network })
    const { error } = explanation
    const page = {
      explanation,
      anchorSubjects,
      now,
      lifetime: lifetimeOf(await claimsOf(token), now, tolerance),
      hints: error === undefined ? [] : hintsFor(error, situation),
      room: roomOf(context),
      style: styleFor(context, 'stdout'),
    }
    return { explanation, page }
  }
}

// For the bar alone; that they cannot be read is what the explanation says.
async function claimsOf(token: string): Promise<JsonObject> {
  try {
    return (await inspectToken(token)).unverifiedClaims
  } catch (error) {
    if (!isPkiError(error)) throw error
    return {}
  }
}

interface Page {
  readonly explanation: Explanation
  readonly anchorSubjects: readonly string[]
  readonly now: Date
  readonly lifetime: Lifetime | undefined
  readonly hints: readonly string[]
  readonly room: Room
  readonly style: Style
}

const INDENT = '  '

function toText(page: Page): string {
  const { explanation, anchorSubjects, lifetime, hints, now, room, style } = page
  const { error, checks, certificates, attempts, revocation } = explanation
  const asSent = error === undefined ? '' : ' (as sent; not vouched for)'
  const heading = (text: string): readonly string[] => formatParagraph(text, room).map(style.strong)
  const lines = [
    ...verdictLines(error?.code, room, style),
    '',
    ...heading('checks, in order'),
    ...checkLines(checks, room, style),
  ]
  if (lifetime !== undefined) {
    const bar = formatLifetime(lifetime, room.columns - INDENT.length, style)
    lines.push('', ...heading(`lifetime${asSent}`), ...bar.map((line) => `${INDENT}${line}`))
  }
  if (revocation.length > 0) {
    lines.push('', ...heading('standing of the certificates'))
    lines.push(formatRows(standingRows(revocation, now), room, INDENT))
  }
  lines.push('', ...heading(`chain, by names${asSent}`))
  lines.push(...formatChain(certificates, { room, now, anchorSubjects }))
  if (attempts.length > 0) {
    lines.push('', ...heading('paths tried in vain, from the signer upwards'), ...pathLines(page))
  }
  if (error !== undefined) {
    lines.push('', whyRows(error.message, hints, room))
  }
  return lines.join('\n')
}

function verdictLines(code: string | undefined, room: Room, style: Style): readonly string[] {
  if (code === undefined) return [style.good('accepted')]
  return formatParagraph(`refused: ${code}`, room).map((line) => line.replace('refused', style.bad))
}

function whyRows(message: string, hints: readonly string[], room: Room): string {
  return formatRows(
    [['why', escapeText(message, MAX_MESSAGE)], ...hints.map((hint): [string, string] => ['hint', hint])],
    room,
  )
}

// LIMIT: a message holds several strings that were each cut to 240 characters already.
const MAX_MESSAGE = 4_096

function pathLines({ explanation: { attempts, attemptsDropped }, room, style }: Page): readonly string[] {
  const news = attempts.map(
    ({ code, message }, index) => `${index + 1}  ${code}: ${escapeText(message, MAX_MESSAGE)}`,
  )
  if (attemptsDropped > 0) news.push(`(${attemptsDropped} older ones are not shown)`)
  return [
    ...formatAttempts(attempts, room),
    ...news.flatMap((text) => formatParagraph(text, room, INDENT).map(style.faint)),
  ]
}

// The state, the name and the title of each check in columns; where they do not fit, the title goes below the name.
function checkLines(checks: readonly ExplainedCheck[], room: Room, style: Style): readonly string[] {
  const width = Math.max(...checks.map((check) => check.id.length))
  const beside = STATE_WIDTH + width + 2
  const isNarrow = room.limit - beside < NARROW_TITLE
  const indent = ' '.repeat(isNarrow ? STATE_WIDTH + 2 : beside)
  return checks.flatMap((check) => {
    const { state, title, paint } = shownCheck(check, style)
    const first = `${state} ${isNarrow ? check.id : check.id.padEnd(width)}`
    const [head = '', ...more] = formatParagraph(title, room, indent)
    const facts = Object.entries(check.facts)
      // How the certificates stand has a part of the page for itself.
      .filter(([fact]) => state !== '  skipped' && !fact.startsWith('#'))
      .flatMap(([fact, value]) => formatParagraph(`${fact}: ${escapeText(value)}`, room, indent))
    const own = isNarrow ? [first, head, ...more] : [`${first}  ${head.trimStart()}`, ...more]
    return [...own.map(paint), ...facts.map(style.faint)]
  })
}

const STATE_WIDTH = 10
const NARROW_TITLE = 28

interface ShownCheck {
  readonly state: string
  readonly title: string
  readonly paint: (text: string) => string
}

function shownCheck(check: ExplainedCheck, style: Style): ShownCheck {
  // With the memory off the check has nothing to look at: it is neither passed nor failed.
  if (check.id === 'oneTimeUse' && check.facts['memory'] === 'off') {
    return { state: '  skipped', title: `${check.title} (no memory of used tokens)`, paint: style.faint }
  }
  const { title } = check
  if (check.outcome === 'failed') return { state: '> FAILED ', title, paint: style.bad }
  if (check.outcome === 'passed') return { state: '  passed ', title, paint: passed(style) }
  return { state: '       - ', title, paint: style.faint }
}

// Only the word is green: a page of green would hide the line that matters.
function passed(style: Style): (text: string) => string {
  return (text) => text.replace(/^ {2}passed/u, (word) => style.good(word))
}

function toJson(explanation: Explanation): unknown {
  const certificates = explanation.certificates.map((certificate) => {
    const { unverifiedCertificate, ...shown } = certificate
    return { ...shown, der: unverifiedCertificate.der }
  })
  return { ...explanation, certificates }
}

const EXAMPLE = `
Exit codes: those of verify. 0 accepted, 1 refused, 2 usage, 3 unreadable input, 4 undecided.

Example:
  ingam explain --ca ca/ca.pem --aud https://api.example --revocation off - < token.txt`
