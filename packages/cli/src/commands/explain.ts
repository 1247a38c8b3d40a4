// CLI: `ingam explain` runs the checks of `verify` and shows each with its outcome, the chain, and what would mend it.

import { Command } from 'commander'
import { catalogue, type ExplainedCheck, type Explanation, escapeText } from 'ingam'
import { type Context, type Style, say, styleFor } from '../context.ts'
import type { ExitCode } from '../failure.ts'
import { readToken } from '../input.ts'
import { formatAttempts, formatJson, formatTree } from '../output.ts'
import { addJudgeOptions, type JudgeOptions, openVerifier } from './options.ts'

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
  const { verifier, anchorSubjects } = await openVerifier(context, options)
  const explanation = await verifier.explain(await readToken(context, argument))
  const style = styleFor(context, 'stdout')
  const text =
    options.json === true ? formatJson(toJson(explanation)) : toText(explanation, anchorSubjects, style)
  say(
    context,
    'note',
    'one process a call remembers no tokens: whether this one was used before is not known here',
  )
  context.stdout.write(`${text}\n`)
  return explanation.error === undefined ? 0 : catalogue[explanation.error.code].exit
}

function toText(explanation: Explanation, anchorSubjects: readonly string[], style: Style): string {
  const { error, checks, certificates, attempts } = explanation
  const verdict = error === undefined ? style.good('accepted') : `${style.bad('refused')}: ${error.code}`
  const width = Math.max(...checks.map((check) => check.id.length))
  const lines = [
    verdict,
    '',
    style.strong('checks, in order'),
    ...checks.flatMap((check) => checkLines(check, width, style)),
  ]
  lines.push('', style.strong(`chain, by names${error === undefined ? '' : ' (as sent; not vouched for)'}`))
  lines.push(formatTree(certificates, anchorSubjects))
  if (attempts.length > 0) {
    lines.push(
      '',
      style.strong('paths tried in vain, from the signer upwards'),
      ...pathLines(explanation, style),
    )
  }
  if (error !== undefined) {
    lines.push(
      '',
      `${style.strong('why')}   ${escapeText(error.message, 4_096)}`,
      `${style.strong('hint')}  ${error.hint}`,
    )
  }
  return lines.join('\n')
}

function pathLines({ attempts, attemptsDropped }: Explanation, style: Style): string[] {
  const lines = formatAttempts(attempts).map((line) => `  ${line}`)
  for (const [index, attempt] of attempts.entries()) {
    lines.push(style.faint(`  ${index + 1}  ${attempt.code}: ${escapeText(attempt.message, 4_096)}`))
  }
  if (attemptsDropped > 0) lines.push(style.faint(`  (${attemptsDropped} older ones are not shown)`))
  return lines
}

function checkLines(check: ExplainedCheck, width: number, style: Style): string[] {
  const name = check.id.padEnd(width)
  const indent = ' '.repeat(width + 12)
  const facts = Object.entries(check.facts).map(([fact, value]) =>
    style.faint(`${indent}${fact}: ${escapeText(value)}`),
  )
  // With the memory off the check has nothing to look at: it is neither passed nor failed.
  if (check.id === 'oneTimeUse' && check.facts['memory'] === 'off') {
    return [style.faint(`  skipped ${name}  ${check.title} (no memory of used tokens)`)]
  }
  if (check.outcome === 'failed') return [`${style.bad('> FAILED')}  ${name}  ${check.title}`, ...facts]
  if (check.outcome === 'passed') return [`  ${style.good('passed')}  ${name}  ${check.title}`, ...facts]
  return [style.faint(`       -  ${name}  ${check.title}`)]
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
