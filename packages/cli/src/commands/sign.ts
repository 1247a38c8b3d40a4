// CLI: `ingam sign` prints a token made with a certificate's private key.

import { Command, Option } from 'commander'
import {
  type Credential,
  isPkiError,
  type JsonValue,
  signProof,
  signToken,
  TOKEN_ALGORITHMS,
  type TokenAlgorithm,
} from 'ingam'
import { loadCertificates, loadCredential } from 'ingam/node'
import type { Certificate } from 'ingam/x509'
import type { Context } from '../context.ts'
import { addPassphraseOptions, openCredential } from '../credential.ts'
import { type ExitCode, usageError } from '../failure.ts'
import { mended } from '../hints.ts'
import type { PassphraseSource } from '../input.ts'
import { atClock, parseInstant } from '../instant.ts'
import { addBindingOptions, type BindingOptions, readBinding } from './binding.ts'
import { addNetworkOptions, type OpenSources, openSources, type SourceOptions } from './evidence.ts'
import { atOption } from './options.ts'
import { collect, wholeNumberOption } from './values.ts'

/** The options of `ingam sign`. */
export interface SignOptions extends PassphraseSource, BindingOptions, SourceOptions {
  readonly cert: string
  readonly key: string
  readonly chain?: string
  readonly aud: string
  readonly sub?: string
  readonly claim?: readonly string[]
  readonly lifetime?: number
  readonly alg?: TokenAlgorithm
  readonly at?: string
  readonly notBefore?: string
  readonly by?: (typeof BY)[number]
  readonly staple?: 'require' | 'prefer'
  readonly issuer?: readonly string[]
}

const BY = ['x5c', 'x5t#S256', 'both'] as const

/** The command with its usage page. */
export function signCommand(context: Context, settle: (exit: ExitCode) => void): Command {
  const command = new Command('sign')
    .description('Sign a token and print it.')
    .requiredOption('--cert <file>', "the signer's certificate first, its issuers after it (PEM, or one DER)")
    .requiredOption('--key <file>', 'the private key, PEM or PKCS#8 DER; may be encrypted')
    .option('--chain <file>', 'further certificates (PEM)')
    .requiredOption(
      '--aud <audience>',
      'whom the token is for, letter for letter as the verifier names itself',
    )
    .option(
      '--sub <subject>',
      'a name that the certificate bears, with its type: uri:, dns:, email:, upn: or x509-sha256:',
    )
    .option('--claim <name=value>', 'a claim of your own; name=text, or name:=json; repeatable', collect)
    .option(
      '--lifetime <seconds>',
      'seconds until the token expires (default: 300)',
      wholeNumberOption(1, 86_400),
    )
    .addOption(
      new Option('--alg <algorithm>', 'signature algorithm (default: by the key)').choices(TOKEN_ALGORITHMS),
    )
    .addOption(atOption())
    .option(
      '--not-before <instant>',
      'when the token begins to be valid, written as for --at (default: at once)',
    )
    .addOption(
      new Option('--by <member>', 'how the token says who signed it: its chain, its thumbprint, or both')
        .choices(BY)
        .default('x5c'),
    )
  return addStapleOptions(addBindingOptions(addPassphraseOptions(command)))
    .addHelpText('after', EXAMPLE)
    .action(async (options: SignOptions) => settle(await run(context, options)))
}

/** Signs and prints the token. */
export async function run(context: Context, options: SignOptions): Promise<ExitCode> {
  const claims = readClaims(options.claim ?? [])
  const { now } = atClock(context, options.at)
  const at = now()
  const notBefore =
    options.notBefore === undefined ? undefined : parseInstant('--not-before', options.notBefore, at)
  const { request, challenge, accessToken } = await readBinding(context, options, false)
  let stapling: OpenStapling | undefined
  try {
    stapling = await openStapling(context, options)
    const { credential } = await openCredential(
      context,
      options,
      async (passphrase) => await load(options, passphrase, stapling),
    )
    const shared = {
      audience: options.aud,
      claims,
      at,
      ...(options.lifetime === undefined ? {} : { lifetimeSeconds: options.lifetime }),
      ...(notBefore === undefined ? {} : { notBefore }),
      ...(options.by === undefined ? {} : { certificateBy: options.by }),
      ...(challenge === undefined ? {} : { challenge }),
      ...(options.staple === undefined ? {} : { staple: options.staple }),
    }
    // INVARIANT: readBinding has refused a proof without request or access token, and an access token without a proof.
    const token =
      request !== undefined && accessToken !== undefined
        ? await signProof(credential, { ...shared, request, accessToken })
        : await signToken(credential, { ...shared, ...(request === undefined ? {} : { request }) })
    context.stdout.write(`${token}\n`)
    return 0
  } catch (error) {
    if (!isPkiError(error)) throw error
    throw mended(error, { ...options, command: 'sign' })
  } finally {
    stapling?.close()
  }
}

function addStapleOptions(command: Command): Command {
  const stapling = command
    .optionsGroup('Evidence that goes along:')
    .addOption(
      new Option(
        '--staple <mode>',
        "carry the responder's answer about the certificate: 'require' it, or 'prefer' to have it",
      ).choices(['require', 'prefer']),
    )
    .addOption(
      new Option(
        '--issuer <file>',
        'a CA that the token does not carry, such as the root; repeatable',
      ).argParser(collect),
    )
    .addOption(
      new Option('--crl <path>', 'responses: a file or a folder of them; repeatable').argParser(collect),
    )
  return addNetworkOptions(stapling)
}

interface OpenStapling extends OpenSources {
  readonly issuers: readonly Certificate[]
}

async function openStapling(context: Context, options: SignOptions): Promise<OpenStapling | undefined> {
  const { staple, issuer = [], crl, ocsp, allowUrl } = options
  if (staple === undefined) {
    if (issuer.length === 0 && crl === undefined && ocsp === undefined && allowUrl === undefined)
      return undefined
    throw usageError('evidence goes along with --staple alone', 'add: --staple require')
  }
  const open = await openSources(context, options)
  if (open.sources.length === 0) {
    throw usageError(
      '--staple: nobody may be asked',
      'allow the address that the certificate names: --allow-url ORIGIN; or name a responder: --ocsp URL',
    )
  }
  const issuers = await Promise.all(issuer.map((path) => loadCertificates(path)))
  return { ...open, issuers: issuers.flat() }
}

async function load(
  options: SignOptions,
  passphrase: string | undefined,
  stapling: OpenStapling | undefined,
): Promise<Credential> {
  return await loadCredential({
    certificate: options.cert,
    privateKey: options.key,
    ...(options.chain === undefined ? {} : { chain: options.chain }),
    ...(options.sub === undefined ? {} : { subject: options.sub }),
    ...(options.alg === undefined ? {} : { algorithm: options.alg }),
    ...(passphrase === undefined ? {} : { passphrase }),
    ...(stapling === undefined ? {} : { stapleFrom: stapling.sources, issuers: stapling.issuers }),
  })
}

// The names that the token format defines; signToken refuses them too, but as a bug of its caller.
const RESERVED = [
  'iss',
  'sub',
  'aud',
  'iat',
  'exp',
  'nbf',
  'jti',
  'nonce',
  'htm',
  'htu',
  'digest',
  'ath',
  '__proto__',
]

function readClaims(given: readonly string[]): Record<string, JsonValue> {
  const claims: Record<string, JsonValue> = {}
  for (const text of given) {
    const {
      name = '',
      colon,
      value = '',
    } = /^(?<name>[^=:]+)(?<colon>:?)=(?<value>.*)$/su.exec(text)?.groups ?? {}
    if (name === '')
      throw usageError(`--claim: expected name=text or name:=json`, 'for example: --claim order=7')
    if (RESERVED.includes(name))
      throw usageError(
        `--claim: ${name} is defined by the token format`,
        RESERVED_HINTS[name] ?? 'choose another name',
      )
    if (Object.hasOwn(claims, name)) throw usageError(`--claim: ${name} is given twice`)
    claims[name] = colon === ':' ? parseJson(name, value) : value
  }
  return claims
}

const RESERVED_HINTS: Readonly<Record<string, string>> = {
  aud: 'use --aud',
  sub: 'use --sub',
  iss: 'use --sub; the issuer of the token is its subject',
  exp: 'use --lifetime',
  iat: 'use --at',
  nbf: 'use --not-before',
  nonce: 'use --challenge',
  htm: 'use --method and --url',
  htu: 'use --method and --url',
  digest: 'use --content',
  ath: 'use --profile proof with --access-token-file',
}

function parseJson(name: string, text: string): JsonValue {
  try {
    const value: JsonValue = JSON.parse(text)
    return value
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    throw usageError(`--claim: ${name}: not JSON`, `for text write ${name}=text, with no colon`)
  }
}

const EXAMPLE = `
Without --passphrase-file or --passphrase-fd, the passphrase of an encrypted key is asked for at the terminal.

Exit codes: 0 signed, 1 the certificate is not valid now, 2 usage, 3 unreadable or unfit files.

Example:
  ingam sign --cert client/cert.pem --key client/key.pem --aud https://api.example --claim order:=7`
