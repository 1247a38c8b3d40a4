// CLI: `ingam policy explain` says which rule decides a request, or came nearest: by the policy of the service, or by a
// file, without any service. Nothing is used up by looking at it.

import { Command, Option } from 'commander'
import { escapeText } from 'ingam'
import { type Context, say } from '../../context.ts'
import { type ExitCode, usageError } from '../../failure.ts'
import { atClock } from '../../instant.ts'
import { formatJson } from '../../output.ts'
import { addConnectionOptions, type ConnectionOptions, openAdmin } from '../../service/admin.ts'
import { readText } from '../../service/files.ts'
import { explainOffline, type Question } from '../../service/policy-explain.ts'
import { readPolicy } from '../../service/policy-file.ts'
import { loadServer } from '../../service/server.ts'
import { readToken } from '../../token-input.ts'
import { atOption } from '../options.ts'
import { collect } from '../values.ts'

/** The options of `ingam policy explain`. */
export interface ExplainPolicyOptions extends ConnectionOptions {
  readonly policy?: string
  readonly certificate?: string
  readonly grant: 'jwt-bearer' | 'client_credentials'
  readonly client?: string
  readonly scope?: readonly string[]
  readonly audience?: readonly string[]
  readonly aud?: string
  readonly at?: string
}

/** The command with its usage page. */
export function explainPolicyCommand(context: Context, settle: (exit: ExitCode) => void): Command {
  const command = new Command('explain')
    .description('Say which rule decides a request, or came nearest.')
    .argument('[token]', 'an assertion; - or nothing reads it from stdin')
    .option('--certificate <file>', 'a certificate and its issuers, PEM, instead of an assertion')
    .optionsGroup('What would be asked for:')
    .addOption(
      new Option('--grant <grant>', 'how it is asked for')
        .choices(['jwt-bearer', 'client_credentials'])
        .default('jwt-bearer'),
    )
    .option('--client <id>', 'the client that asks')
    .option('--scope <name>', 'a scope; repeatable', collect)
    .option('--audience <name>', 'an audience or resource; repeatable', collect)
    .optionsGroup('By a file, without a service:')
    .option('--policy <file>', 'the policy that decides, instead of that of the service')
    .option('--aud <issuer>', 'whom the assertion must be for (default: whom it names)')
    .addOption(atOption())
  return addConnectionOptions(command)
    .addHelpText('after', AFTER)
    .action(async (token: string | undefined, options: ExplainPolicyOptions) =>
      settle(await run(context, token, options)),
    )
}

/** Explains, and exits with the answer: 0 for a token, 1 for none. */
export async function run(
  context: Context,
  argument: string | undefined,
  options: ExplainPolicyOptions,
): Promise<ExitCode> {
  if (options.policy === undefined && (options.aud !== undefined || options.at !== undefined)) {
    throw usageError('--aud and --at go with --policy: the service knows its name and its time')
  }
  const question = await readQuestion(context, argument, options)
  const answer =
    options.policy === undefined
      ? await askService(context, question, options)
      : await explainOffline(atClock(context, options.at), await loadServer(context), {
          question,
          policy: await readPolicy(context, await loadServer(context), options.policy),
        })
  if (options.json === true) context.stdout.write(`${formatJson(answer)}\n`)
  else for (const line of answer.lines) context.stdout.write(`${escapeText(line, 4_096)}\n`)
  return answer.allowed ? 0 : 1
}

async function readQuestion(
  context: Context,
  argument: string | undefined,
  options: ExplainPolicyOptions,
): Promise<Question> {
  const { certificate, grant, client, scope = [], audience = [], aud } = options
  if (certificate !== undefined && argument !== undefined) {
    throw usageError('an assertion and --certificate are both given', 'give one of them')
  }
  const holder =
    certificate === undefined
      ? ({ kind: 'assertion', assertion: (await readToken(context, argument)).token } as const)
      : ({ kind: 'certificates', pem: await readText(context, certificate) } as const)
  return { holder, grant, clientId: client, scope, audience, issuer: aud }
}

async function askService(
  context: Context,
  question: Question,
  options: ConnectionOptions,
): Promise<{ readonly allowed: boolean; readonly lines: readonly string[] }> {
  const client = await openAdmin(context, options)
  const { holder, grant, clientId, scope, audience } = question
  const answer = await client.explainPolicy({
    holder,
    grant,
    scope,
    audience,
    ...(clientId === undefined ? {} : { clientId }),
  })
  say(context, 'note', `by version ${answer.policyVersion} of the policy of the service`)
  return answer
}

const AFTER = `
An assertion is what a holder signs for the token endpoint. With --policy neither revocation nor blocks are looked at, and a second use is not noticed.

Exit codes: 0 it would get a token, 1 it would not, 2 usage, 3 unreadable input, 4 the service cannot be reached or cannot tell.

Examples:
  ingam policy explain --certificate client/cert.pem --policy policy.yaml
  ingam policy explain --certificate client/cert.pem --scope read`
