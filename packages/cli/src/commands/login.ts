// CLI: `ingam login` gets an access token from a service for whoever holds a certificate's key.

import { setTimeout as sleep } from 'node:timers/promises'
import { Command, Option } from 'commander'
import { escapeText } from 'ingam'
import { loadCredential } from 'ingam/node'
import { type Context, say } from '../context.ts'
import { addPassphraseOptions, openCredential } from '../credential.ts'
import { type ExitCode, usageError } from '../failure.ts'
import type { PassphraseSource } from '../input.ts'
import { formatJson } from '../output.ts'
import { discover, readServiceUrl } from '../service/address.ts'
import { createFetch } from '../service/http.ts'
import { type LoginRequest, requestToken, type TokenAnswer } from '../service/login.ts'
import { readTlsCa, shownBy } from '../service/tls.ts'
import { collect } from './values.ts'

/** The options of `ingam login`. */
export interface LoginOptions extends PassphraseSource {
  readonly service?: string
  readonly cert: string
  readonly key: string
  readonly sub?: string
  readonly client?: string
  readonly grant: LoginRequest['grant']
  readonly scope?: readonly string[]
  readonly resource?: readonly string[]
  readonly audience?: readonly string[]
  readonly dpop?: boolean
  readonly mtls?: boolean
  readonly tlsCa?: string
  readonly json?: boolean
}

/** The command with its usage page. */
export function loginCommand(context: Context, settle: (exit: ExitCode) => void): Command {
  const command = new Command('login')
    .description(
      'Get an access token from a service and print it. The key of a certificate signs for it once.',
    )
    .requiredOption('--cert <file>', "the holder's certificate first, its issuers after it (PEM, or one DER)")
    .requiredOption('--key <file>', 'the private key, PEM or PKCS#8 DER; may be encrypted')
    .option('--service <url>', 'the issuer of the service (default: INGAM_SERVICE)')
    .option(
      '--tls-ca <file>',
      "CAs to trust for the service's TLS, PEM, instead of the system's (default: INGAM_TLS_CA)",
    )
    .option(
      '--sub <subject>',
      'the name to ask under, one that the certificate bears, with its type (default: the first)',
    )
    .optionsGroup('What is asked for (default: all that the policy gives):')
    .option('--scope <name>', 'a scope, or several with blanks; repeatable', collect)
    .option('--resource <uri>', 'where the token is to be used (RFC 8707); repeatable', collect)
    .option('--audience <name>', 'who the token is to be for; repeatable', collect)
    .optionsGroup('How:')
    .addOption(
      new Option('--grant <grant>', 'an assertion of the holder, or the client speaks for itself')
        .choices(['jwt-bearer', 'client_credentials'])
        .default('jwt-bearer'),
    )
    .option('--client <id>', 'the client as the policy registers it')
    .option('--dpop', 'bind the token to the key of the certificate (DPoP)')
    .option('--mtls', 'show the certificate in the TLS handshake too, and bind the token to it')
  return addPassphraseOptions(command)
    .option('--json', 'print the whole answer, as JSON')
    .addHelpText('after', AFTER)
    .action(async (options: LoginOptions) => settle(await run(context, options)))
}

/** Gets the token and prints it; nothing else goes to stdout. */
export async function run(context: Context, options: LoginOptions): Promise<ExitCode> {
  const issuer = readServiceUrl(context, options.service)
  const { cert, key, grant, client } = options
  if (grant === 'client_credentials' && client === undefined) {
    throw usageError('--grant client_credentials: no client', 'add: --client ID')
  }
  if (options.mtls === true && !issuer.startsWith('https:')) {
    throw usageError('--mtls: a certificate can be shown over https alone')
  }
  const { credential, passphrase } = await openCredential(
    context,
    options,
    async (opening) =>
      await loadCredential({
        certificate: cert,
        privateKey: key,
        ...(options.sub === undefined ? {} : { subject: options.sub }),
        ...(opening === undefined ? {} : { passphrase: opening }),
      }),
  )
  const shown = options.mtls === true ? await shownBy(context, credential, { key, passphrase }) : {}
  const tlsCa = options.tlsCa ?? context.env['INGAM_TLS_CA'] ?? ''
  const fetch =
    context.fetch ??
    createFetch({
      ...shown,
      ...(tlsCa === '' ? {} : { ca: await readTlsCa(tlsCa) }),
    })
  const metadata = await discover(fetch, issuer)
  const answer = await requestToken(fetch, {
    credential,
    metadata,
    endpoint: options.mtls === true ? metadata.mtlsTokenEndpoint : metadata.tokenEndpoint,
    grant,
    clientId: client,
    scope: options.scope ?? [],
    resource: options.resource ?? [],
    audience: options.audience ?? [],
    dpop: options.dpop === true,
    now: context.now,
    wait: async (seconds) => {
      say(context, 'note', `the service cannot tell yet; trying once more in ${seconds} s`)
      await sleep(seconds * 1000)
    },
  })
  if (options.json === true) context.stdout.write(`${formatJson(answer.body)}\n`)
  else {
    say(context, 'note', noteOf(answer))
    context.stdout.write(`${answer.accessToken}\n`)
  }
  return 0
}

function noteOf({ tokenType, expiresIn, scope }: TokenAnswer): string {
  const kind =
    tokenType.toLowerCase() === 'dpop'
      ? 'a DPoP token, bound to the key of the certificate'
      : `a ${escapeText(tokenType, 40)} token`
  const life = expiresIn === undefined ? '' : `, for ${expiresIn} s`
  return `${kind}${life}${scope === undefined || scope === '' ? '' : `, scope ${escapeText(scope)}`}`
}

const AFTER = `
The token is the only thing on stdout: it fits into "$(ingam login …)". It is not verified here; whoever is shown it does that.

Exit codes: 0 printed, 1 the service refuses, 2 usage, 3 unreadable or unfit files, 4 the service cannot be reached or cannot tell.

Examples:
  ingam login --cert client/cert.pem --key client/key.pem
  ingam login --cert client/cert.pem --key client/key.pem --scope read --json`
