// CLI: `ingam inspect` lays out what a token claims, for a person. Nothing is verified, and every heading says so.

import { Command } from 'commander'
import { escapeText, type InspectedToken, inspectToken, isPkiError } from 'ingam'
import { type Context, type Style, say, styleFor } from '../context.ts'
import { CommandError, type ExitCode } from '../failure.ts'
import { readToken } from '../input.ts'
import { formatInstant, formatJson, formatRows, formatTree, formatValue } from '../output.ts'

/** The options of `ingam inspect`. */
export interface InspectOptions {
  readonly json?: boolean
}

/** The command with its usage page. */
export function inspectCommand(context: Context, settle: (exit: ExitCode) => void): Command {
  return new Command('inspect')
    .description('Show what a token claims. Nothing is verified: all of it may be forged.')
    .argument('[token]', 'the token; - or nothing reads it from stdin')
    .option('--json', 'print what the library returned, as JSON')
    .addHelpText('after', EXAMPLE)
    .action(async (token: string | undefined, options: InspectOptions) =>
      settle(await run(context, token, options)),
    )
}

/** Shows header, claims and certificates. */
export async function run(
  context: Context,
  argument: string | undefined,
  options: InspectOptions,
): Promise<ExitCode> {
  const inspected = await inspectToken(await readToken(context, argument)).catch(unreadable)
  say(context, 'warning', 'nothing of this is verified; anybody could have written it')
  const text =
    options.json === true ? formatJson(toJson(inspected)) : toText(inspected, styleFor(context, 'stdout'))
  context.stdout.write(`${text}\n`)
  return 0
}

// Nothing is judged here: what is no token is input that cannot be read, not a no.
function unreadable(error: unknown): never {
  if (!isPkiError(error)) throw error
  throw new CommandError(3, error.message, [error.hint], error.code)
}

const INSTANTS = ['iat', 'exp', 'nbf']

function toText(inspected: InspectedToken, style: Style): string {
  const { unverifiedHeader, unverifiedClaims, unverifiedCertificates, sizeBytes } = inspected
  const header = Object.entries(unverifiedHeader).map(([name, value]): [string, string] => {
    const shown =
      name === 'x5c' && Array.isArray(value)
        ? `${value.length} ${value.length === 1 ? 'certificate' : 'certificates'}, shown below`
        : formatValue(value)
    return [escapeText(name, 60), shown]
  })
  const claims = Object.entries(unverifiedClaims).map(([name, value]): [string, string] => {
    return [escapeText(name, 60), INSTANTS.includes(name) ? formatInstant(value) : formatValue(value)]
  })
  const certificates = unverifiedCertificates.map((certificate, index) => {
    const rows = formatRows(
      [
        ['subject', escapeText(certificate.subject)],
        ['issuer', escapeText(certificate.issuer)],
        ['valid', `${certificate.notBefore} to ${certificate.notAfter}`],
        ['key', certificate.key],
        ['thumbprint', certificate.thumbprint],
      ],
      '    ',
    )
    return `  x5c[${index}]${certificate.role === 'signer' ? ' (signer)' : ''}\n${rows}`
  })
  return [
    `${style.strong('unverified header')}`,
    formatRows(header, '  '),
    `${style.strong('unverified claims')}`,
    formatRows(claims, '  '),
    `${style.strong('unverified certificates')}`,
    ...certificates,
    `${style.strong('unverified chain, by names')}`,
    formatTree(unverifiedCertificates, undefined),
    `${style.strong('size')}`,
    `  ${sizeBytes} bytes`,
  ].join('\n')
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
