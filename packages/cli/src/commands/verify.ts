// CLI: `ingam verify` says yes or no to a token, and by whom it was signed; with --lines, to each of many.

import { Command, Option } from 'commander'
import { escapeText, type VerifiedToken } from 'ingam'
import { formatName } from 'ingam/x509'
import { type Context, say } from '../context.ts'
import { type ExitCode, usageError } from '../failure.ts'
import { atClock } from '../instant.ts'
import { type Room, roomOf } from '../layout/room.ts'
import { formatRows, type Row } from '../layout/rows.ts'
import { standingRows } from '../layout/standing.ts'
import { formatJson, formatValue } from '../output.ts'
import { isBound } from './binding.ts'
import { judgeGiven } from './judging.ts'
import { addJudgeOptions, type JudgeOptions } from './options.ts'
import { runLines } from './verify-lines.ts'

/** The options of `ingam verify`. */
export interface VerifyOptions extends JudgeOptions {
  /** The file with many tokens; `-` is stdin. */
  readonly lines?: string
  /** Whether a token that stands there twice is refused the second time. */
  readonly once: boolean
}

/** The command with its usage page. */
export function verifyCommand(context: Context, settle: (exit: ExitCode) => void): Command {
  return addJudgeOptions(new Command('verify'))
    .description('Verify a token and print who signed it; with --lines, many tokens.')
    .addOption(new Option('--lines <file>', 'verify many tokens, one a line, from a file, or - for stdin'))
    .addOption(new Option('--no-once', 'with --lines: accept a token as often as it stands there'))
    .addHelpText('after', EXAMPLE)
    .action(async (token: string | undefined, options: VerifyOptions) =>
      settle(await run(context, token, options)),
    )
}

/** Verifies and prints the identity; throws the refusal. */
export async function run(
  context: Context,
  argument: string | undefined,
  options: VerifyOptions,
): Promise<ExitCode> {
  if (options.lines !== undefined) {
    if (argument !== undefined)
      throw usageError('--lines: the tokens are in the file; no token is given besides')
    if (isBound(options) || options.profile !== 'auth')
      throw usageError(
        '--lines: each token would need a request or challenge of its own',
        'verify them one by one',
      )
    return await runLines(context, options.lines, options)
  }
  if (!options.once)
    throw usageError('--no-once: only with --lines', 'one process a call remembers no tokens anyway')
  const clocked = atClock(context, options.at)
  const verified = await judgeGiven(
    clocked,
    { command: 'verify', argument, options },
    async ({ verifier, token, expected }) => await verifier.verify(token, expected),
  )
  if (verified.uncheckedBindings.length > 0) {
    const claims = verified.uncheckedBindings.join(', ')
    say(
      context,
      'warning',
      `nobody checked what the token is bound to (${claims}): it may be meant for another request`,
    )
  }
  const undecided = verified.path.revocation.filter(({ status }) => status === 'unknown')
  if (undecided.length > 0) {
    const codes = [...new Set(undecided.map(({ problem }) => problem?.code ?? ''))].join(', ')
    say(
      context,
      'warning',
      `whether a certificate was revoked is not known (${codes}); it is accepted all the same`,
    )
  }
  say(
    context,
    'note',
    'one process a call remembers no tokens: a second use of this one would be accepted again',
  )
  const text =
    options.json === true ? formatJson(toJson(verified)) : toText(verified, roomOf(context), clocked.now())
  context.stdout.write(`${text}\n`)
  return 0
}

// Names that the token format defines and that are shown as the verified facts they are.
const REGISTERED = ['iss', 'sub', 'aud', 'iat', 'exp', 'nbf', 'jti', 'nonce', 'htm', 'htu', 'digest', 'ath']

function toText(verified: VerifiedToken, room: Room, now: Date): string {
  const { identity, claims } = verified
  const own = Object.entries(claims).filter(([name]) => !REGISTERED.includes(name))
  return formatRows(
    [
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
      ...standingRows(verified.path.revocation, now),
      ['issued at', verified.issuedAt.toISOString()],
      ['expires at', verified.expiresAt.toISOString()],
      ...bindings('bound by', verified.checkedBindings),
      ...bindings('not checked', verified.uncheckedBindings),
      ...own.map(([name, value]): Row => [`claim ${escapeText(name, 60)}`, formatValue(value)]),
    ],
    room,
  )
}

function bindings(name: string, claims: readonly string[]): readonly Row[] {
  return claims.length === 0 ? [] : [[name, claims.join(', ')]]
}

function list(name: string, values: readonly string[]): readonly Row[] {
  return values.map((value) => [name, escapeText(value)])
}

function toJson(verified: VerifiedToken): unknown {
  const { profile, identity, claims, algorithm, audience, issuedAt, expiresAt, path } = verified
  const { checkedBindings, uncheckedBindings } = verified
  const certificates = path.certificates.map((certificate) => ({
    subject: formatName(certificate.subject),
    issuer: formatName(certificate.issuer),
    notBefore: certificate.notBefore,
    notAfter: certificate.notAfter,
    der: certificate.der,
  }))
  const { revocation } = path
  const shownPath = {
    certificates,
    anchor: path.anchor.id,
    at: path.at,
    validUntil: path.validUntil,
    revocation,
  }
  return {
    profile,
    identity,
    claims,
    algorithm,
    audience,
    issuedAt,
    expiresAt,
    checkedBindings,
    uncheckedBindings,
    path: shownPath,
  }
}

const EXAMPLE = `
A second use of a token is noticed with --lines alone, and within its run: a process that ends remembers nothing.

Exit codes: 0 accepted (with --lines: all), 1 refused, 2 usage, 3 unreadable input, 4 undecided.

Examples:
  ingam verify --ca ca/ca.pem --aud https://api.example --revocation off - < token.txt
  ingam verify --ca ca/ca.pem --aud https://api.example --revocation off --lines tokens.txt
  ingam verify --ca ca/ca.pem --aud https://api.example --revocation require --crl ca/crl - < token.txt`
