// CLI: `ingam inspect` lays out what a token claims, for a person. Nothing is verified, and every heading says so.

import { Command } from 'commander'
import { escapeText, type InspectedCertificate, type InspectedToken, inspectToken, isPkiError } from 'ingam'
import { type Context, type Style, say, styleFor } from '../context.ts'
import type { ExitCode } from '../failure.ts'
import { mended } from '../hints.ts'
import { atClock } from '../instant.ts'
import { formatValidity } from '../layout/durations.ts'
import { formatLifetime, lifetimeOf } from '../layout/lifetime.ts'
import { type Room, roomOf } from '../layout/room.ts'
import { formatParagraph, formatRows, type Row } from '../layout/rows.ts'
import { formatChain } from '../layout/trees.ts'
import { formatInstant, formatJson, formatValue } from '../output.ts'
import { readToken } from '../token-input.ts'
import { addTokenOptions, type TokenOptions } from './options.ts'

/** The command with its usage page. */
export function inspectCommand(context: Context, settle: (exit: ExitCode) => void): Command {
  return addTokenOptions(new Command('inspect'))
    .description('Show what a token claims. Nothing is verified: all of it may be forged.')
    .addHelpText('after', EXAMPLE)
    .action(async (token: string | undefined, options: TokenOptions) =>
      settle(await run(context, token, options)),
    )
}

/** Shows header, claims and certificates. */
export async function run(
  context: Context,
  argument: string | undefined,
  options: TokenOptions,
): Promise<ExitCode> {
  const { now } = atClock(context, options.at)
  const { token } = await readToken(context, argument, options.from)
  const inspected = await inspectToken(token).catch(unreadable)
  say(context, 'warning', 'nothing of this is verified; anybody could have written it')
  const view = { room: roomOf(context), style: styleFor(context, 'stdout'), now: now() }
  const text = options.json === true ? formatJson(toJson(inspected)) : toText(inspected, view)
  context.stdout.write(`${text}\n`)
  return 0
}

// Nothing is judged here: what is no token is input that cannot be read, not a no.
function unreadable(error: unknown): never {
  throw isPkiError(error) ? mended(error, { command: 'inspect' }, 3) : error
}

interface View {
  readonly room: Room
  readonly style: Style
  readonly now: Date
}

const INSTANTS = ['iat', 'exp', 'nbf']
const INDENT = '  '

function toText(inspected: InspectedToken, { room, style, now }: View): string {
  const { unverifiedHeader, unverifiedClaims, unverifiedCertificates, sizeBytes } = inspected
  const header = Object.entries(unverifiedHeader).map(([name, value]): Row => {
    const shown =
      name === 'x5c' && Array.isArray(value)
        ? `${value.length} ${value.length === 1 ? 'certificate' : 'certificates'}, shown below`
        : formatValue(value)
    return [escapeText(name, 60), shown]
  })
  const claims = Object.entries(unverifiedClaims).map(([name, value]): Row => {
    return [escapeText(name, 60), INSTANTS.includes(name) ? formatInstant(value) : formatValue(value)]
  })
  const lifetime = lifetimeOf(unverifiedClaims, now)
  const bar = lifetime === undefined ? [] : formatLifetime(lifetime, room.columns - INDENT.length, style)
  const heading = (text: string): readonly string[] => formatParagraph(text, room).map(style.strong)
  return [
    ...heading('unverified header'),
    formatRows(header, room, INDENT),
    ...heading('unverified claims'),
    formatRows(claims, room, INDENT),
    ...heading('unverified lifetime'),
    ...(lifetime === undefined ? ['  (iat and exp are no lifetime)'] : bar.map((line) => `${INDENT}${line}`)),
    ...heading('unverified certificates'),
    ...(unverifiedCertificates.length === 0 ? [`${INDENT}(none in the token)`] : []),
    ...unverifiedCertificates.flatMap((certificate, index) => [
      `${INDENT}x5c[${index}]${certificate.role === 'signer' ? ' (signer)' : ''}`,
      certificateRows(certificate, room, now),
    ]),
    ...heading('unverified chain, by names'),
    ...formatChain(unverifiedCertificates, { room, now }),
    ...heading('size'),
    `${INDENT}${sizeBytes} bytes`,
  ].join('\n')
}

function certificateRows(certificate: InspectedCertificate, room: Room, now: Date): string {
  const { notBefore, notAfter } = certificate
  return formatRows(
    [
      ['subject', escapeText(certificate.subject)],
      ['issuer', escapeText(certificate.issuer)],
      ['valid', `${notBefore} to ${notAfter}`],
      ['', formatValidity(new Date(notBefore), new Date(notAfter), now)],
      ['key', certificate.key],
      ['thumbprint', certificate.thumbprint],
    ],
    room,
    '    ',
  )
}

function toJson(inspected: InspectedToken): unknown {
  const unverifiedCertificates = inspected.unverifiedCertificates.map((certificate) => {
    const { unverifiedCertificate, ...shown } = certificate
    return { ...shown, der: unverifiedCertificate.der }
  })
  return { ...inspected, unverifiedCertificates }
}

const EXAMPLE = `
Exit codes: 0 shown, 2 usage, 3 not a token.

Example:
  ingam inspect - < token.txt`
