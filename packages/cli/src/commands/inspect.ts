// CLI: `ingam inspect` lays out what a token claims, for a person. Nothing is verified, and every heading says so.

import { Command } from 'commander'
import {
  escapeText,
  type InspectedCertificate,
  type InspectedToken,
  inspectToken,
  isPkiError,
  type JsonValue,
} from 'ingam'
import { parseOcspResponse } from 'ingam/x509'
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

// Those of tokens, and of access tokens (RFC 9068 §2.2.1).
const INSTANTS = ['iat', 'exp', 'nbf', 'auth_time']
const INDENT = '  '

function toText(inspected: InspectedToken, { room, style, now }: View): string {
  const { unverifiedHeader, unverifiedClaims, unverifiedCertificates, sizeBytes } = inspected
  const header = Object.entries(unverifiedHeader).map(([name, value]): Row => {
    const shown = Array.isArray(value) ? listed(name, value.length) : undefined
    return [escapeText(name, 60), shown ?? formatValue(value)]
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
    ...stapleLines(unverifiedHeader['ocsp'], room, heading),
    ...heading('unverified chain, by names'),
    ...formatChain(unverifiedCertificates, { room, now }),
    ...heading('size'),
    `${INDENT}${sizeBytes} bytes`,
  ].join('\n')
}

// Lists that have a part of the page for themselves.
function listed(name: string, count: number): string | undefined {
  const word = name === 'x5c' ? 'certificate' : name === 'ocsp' ? 'place' : undefined
  return word === undefined ? undefined : `${count} ${word}${count === 1 ? '' : 's'}, shown below`
}

// What the responses say that came along, nothing of it verified: not who signed them, nor about whom they speak.
function stapleLines(
  ocsp: JsonValue | undefined,
  room: Room,
  heading: (text: string) => readonly string[],
): readonly string[] {
  if (!Array.isArray(ocsp)) return []
  return [
    ...heading('unverified responses about the certificates'),
    ...ocsp.map((staple: JsonValue, index) =>
      formatRows([[`ocsp[${index}]`, stapleText(staple)]], room, INDENT),
    ),
  ]
}

function stapleText(staple: JsonValue): string {
  if (staple === null) return 'none'
  if (typeof staple !== 'string') return formatValue(staple)
  const der = Uint8Array.from(Buffer.from(staple, 'base64'))
  try {
    const response = parseOcspResponse(der)
    if (response.status !== 'successful') return `the error ${response.status}`
    const singles = response.basic.responses.map(({ status, thisUpdate, nextUpdate }) => {
      const until = nextUpdate === undefined ? '' : ` to ${nextUpdate.toISOString()}`
      return `${status}, from ${thisUpdate.toISOString()}${until}`
    })
    return `${singles.join('; ')} (${der.length} bytes)`
  } catch (error) {
    if (!isPkiError(error)) throw error
    return `cannot be read: ${escapeText(error.message)}`
  }
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
