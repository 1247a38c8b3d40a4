// CLI: `ingam verify` says yes or no to a token, and by whom it was signed.

import { Command } from 'commander'
import { escapeText, type VerifiedToken } from 'ingam'
import { formatName } from 'ingam/x509'
import { type Context, say } from '../context.ts'
import type { ExitCode } from '../failure.ts'
import { readToken } from '../input.ts'
import { formatJson, formatRows, formatValue } from '../output.ts'
import { addJudgeOptions, type JudgeOptions, openVerifier } from './options.ts'

/** The command with its usage page. */
export function verifyCommand(context: Context, settle: (exit: ExitCode) => void): Command {
  return addJudgeOptions(new Command('verify'))
    .description('Verify a token and print who signed it. A second use of a token cannot be noticed here.')
    .addHelpText('after', EXAMPLE)
    .action(async (token: string | undefined, options: JudgeOptions) =>
      settle(await run(context, token, options)),
    )
}

/** Verifies and prints the identity; throws the refusal. */
export async function run(
  context: Context,
  argument: string | undefined,
  options: JudgeOptions,
): Promise<ExitCode> {
  const { verifier } = await openVerifier(context, options)
  const token = await readToken(context, argument)
  const verified = await verifier.verify(token)
  say(
    context,
    'note',
    'one process a call remembers no tokens: a second use of this one would be accepted again',
  )
  context.stdout.write(`${options.json === true ? formatJson(toJson(verified)) : toText(verified)}\n`)
  return 0
}

// Names that the token format defines and that are shown as the verified facts they are.
const REGISTERED = ['iss', 'sub', 'aud', 'iat', 'exp', 'nbf', 'jti']

function toText(verified: VerifiedToken): string {
  const { identity, claims } = verified
  const own = Object.entries(claims).filter(([name]) => !REGISTERED.includes(name))
  return formatRows([
    ['subject', escapeText(String(claims['sub']))],
    ['certificate', escapeText(identity.subject)],
    ...list('uri', identity.uris),
    ...list('dns', identity.dns),
    ...list('email', identity.emails),
    ...list('upn', identity.upns),
    ...list('ip', identity.ips),
    ['thumbprint', identity.thumbprint],
    [
      'trust anchor',
      `${escapeText(formatName(verified.path.anchor.certificate.subject))} (${escapeText(identity.anchor)})`,
    ],
    ['audience', escapeText(verified.audience)],
    ['algorithm', verified.algorithm],
    ['issued at', verified.issuedAt.toISOString()],
    ['expires at', verified.expiresAt.toISOString()],
    ...own.map(([name, value]): [string, string] => [`claim ${escapeText(name, 60)}`, formatValue(value)]),
  ])
}

function list(name: string, values: readonly string[]): [string, string][] {
  return values.map((value) => [name, escapeText(value)])
}

function toJson(verified: VerifiedToken): unknown {
  const { identity, claims, algorithm, audience, issuedAt, expiresAt, uncheckedBindings, path } = verified
  const certificates = path.certificates.map((certificate) => ({
    subject: formatName(certificate.subject),
    issuer: formatName(certificate.issuer),
    notBefore: certificate.notBefore,
    notAfter: certificate.notAfter,
    der: certificate.der,
  }))
  const shownPath = { certificates, anchor: path.anchor.id, at: path.at, validUntil: path.validUntil }
  return { identity, claims, algorithm, audience, issuedAt, expiresAt, uncheckedBindings, path: shownPath }
}

const EXAMPLE = `
Exit codes: 0 accepted, 1 refused, 2 usage, 3 unreadable input, 4 undecided.

Example:
  ingam verify --ca ca/ca.pem --aud https://api.example --revocation off - < token.txt`
