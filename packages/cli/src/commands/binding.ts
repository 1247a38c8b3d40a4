// CLI: what a token is bound to, for the commands that sign and those that judge: a challenge, a request, an access
// token. The access token and the content come from files or stdin, never from an argument.

import { type Command, Option } from 'commander'
import type { ExpectedBinding, RequestBinding } from 'ingam'
import { type Context, say } from '../context.ts'
import { usageError } from '../failure.ts'
import { readContent, readSecretText } from '../input.ts'

/** The options of a binding. */
export interface BindingOptions {
  readonly profile: 'auth' | 'proof'
  readonly challenge?: string
  readonly method?: string
  readonly url?: string
  /** A file; `-` is stdin. */
  readonly content?: string
  /** A file; `-` is stdin. */
  readonly accessTokenFile?: string
}

/** Adds the options of {@link BindingOptions}. */
export function addBindingOptions(command: Command): Command {
  return command
    .optionsGroup('What the token is bound to:')
    .addOption(
      new Option(
        '--profile <kind>',
        'auth: for an audience; proof: beside an access token, bound to the request',
      )
        .choices(['auth', 'proof'])
        .default('auth'),
    )
    .option('--challenge <text>', "the verifier's challenge that the token answers")
    .option('--method <method>', 'the method of the request that the token is for, such as POST')
    .option('--url <url>', 'the URL of that request, with its query')
    .option('--content <file>', 'the content of that request; - reads stdin')
    .option('--access-token-file <file>', 'with --profile proof: the access token beside it; - reads stdin')
    .optionsGroup('Options:')
}

/** Whether the options bind a token to anything. */
export function isBound(options: BindingOptions): boolean {
  const { challenge, method, url, content, accessTokenFile } = options
  return [challenge, method, url, content, accessTokenFile].some((value) => value !== undefined)
}

/** What the options bind a token to; `usesStdin` where stdin holds something else already. */
export async function readBinding(
  context: Context,
  options: BindingOptions,
  usesStdin: boolean,
): Promise<ExpectedBinding> {
  checkTogether(options)
  const { challenge, content, accessTokenFile } = options
  const stdinUses = [usesStdin, content === '-', accessTokenFile === '-'].filter((isUsed) => isUsed)
  if (stdinUses.length > 1) {
    throw usageError('stdin can give one thing only', 'put the content or the access token into a file')
  }
  const request = await readRequest(context, options)
  return {
    ...(challenge === undefined ? {} : { challenge }),
    ...(request === undefined ? {} : { request }),
    ...(accessTokenFile === undefined
      ? {}
      : {
          accessToken: await readSecretText(context, accessTokenFile, 'access token', MAX_ACCESS_TOKEN_BYTES),
        }),
  }
}

// LIMIT: that of the library, and a line break.
const MAX_ACCESS_TOKEN_BYTES = 65_538

function checkTogether({ profile, method, url, content, accessTokenFile }: BindingOptions): void {
  if ((method === undefined) !== (url === undefined))
    throw usageError(`--${method === undefined ? 'url' : 'method'}: --method and --url belong together`)
  if (content !== undefined && method === undefined)
    throw usageError('--content: it belongs to a request', 'add: --method POST --url URL')
  if (profile === 'auth') {
    if (accessTokenFile !== undefined)
      throw usageError(
        '--access-token-file: an access token stands beside a proof only',
        'add: --profile proof',
      )
    return
  }
  const missing = [
    ...(method === undefined ? ['--method POST --url URL'] : []),
    ...(accessTokenFile === undefined ? ['--access-token-file FILE'] : []),
  ]
  if (missing.length > 0)
    throw usageError(
      '--profile proof: a proof is for one request with one access token',
      `add: ${missing.join(' ')}`,
    )
}

async function readRequest(
  context: Context,
  { method, url, content }: BindingOptions,
): Promise<RequestBinding | undefined> {
  if (method === undefined || url === undefined) return undefined
  const targetUri = targetUriOf(url)
  if (targetUri !== url)
    say(context, 'note', 'the URL is written as a client sends it: without fragment, serialised')
  if (content === undefined) return { method, targetUri }
  return { method, targetUri, content: await readContent(context, content) }
}

// RFC 9110 §7.1: the fragment is not sent. Whether what remains can be bound to, the library says.
function targetUriOf(url: string): string {
  if (!URL.canParse(url))
    throw usageError('--url: not an absolute URL', 'for example: --url https://api.example/orders')
  return new URL(url).href.replace(/#.*$/su, '')
}
