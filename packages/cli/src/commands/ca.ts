// CLI: `ingam ca init` and `ingam ca issue`: a certification authority for development, in files.

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Command, Option } from 'commander'
import { isPkiError } from 'ingam'
import { parseCertificates } from 'ingam/x509'
import { type Context, say } from '../context.ts'
import type { Issued, KeyType } from '../dev-ca.ts'
import { CommandError, type ExitCode, systemProblem, usageError } from '../failure.ts'
import { checkNewFolder, writeNewFolder } from '../folders.ts'
import { shellWord } from '../output.ts'
import { collect, wholeNumberOption } from './options.ts'

/** The files of a CA's folder and of a client's. */
export const CA_FILES = { certificate: 'ca.pem', key: 'ca-key.pem' } as const
export const CLIENT_FILES = { certificate: 'cert.pem', key: 'key.pem' } as const

/** The options of `ingam ca init`. */
export interface InitOptions {
  readonly out: string
  readonly name: string
  readonly keyType: KeyType
  readonly days: number
}

/** The options of `ingam ca issue`. */
export interface IssueOptions extends InitOptions {
  readonly ca: string
  readonly uri?: readonly string[]
  readonly dns?: readonly string[]
  readonly email?: readonly string[]
}

/** The command group with its usage pages. */
export function caCommand(context: Context, settle: (exit: ExitCode) => void): Command {
  const init = new Command('init')
    .description('Make a new CA in a new folder: ca.pem, and ca-key.pem (unencrypted, mode 0600).')
    .requiredOption('--out <folder>', 'the folder to make; nothing is ever overwritten')
    .option('--name <text>', 'common name of the CA', 'Ingam development CA')
    .addOption(keyTypeOption())
    .option('--days <number>', 'days until it expires', wholeNumberOption(1, 7_300), 3_650)
    .addHelpText('after', '\nExample:\n  ingam ca init --out ca')
    .action(async (options: InitOptions) => settle(await runInit(context, options)))
  const issue = new Command('issue')
    .description(
      'Issue a client certificate in a new folder: cert.pem, and key.pem (unencrypted, mode 0600).',
    )
    .requiredOption('--ca <folder>', 'the folder that ca init made')
    .requiredOption('--out <folder>', 'the folder to make; nothing is ever overwritten')
    .option('--name <text>', 'common name of the client', 'client')
    .option('--uri <uri>', 'a URI that the certificate is to bear; repeatable', collect)
    .option('--dns <name>', 'a DNS name; repeatable', collect)
    .option('--email <address>', 'an e-mail address; repeatable', collect)
    .addOption(keyTypeOption())
    .option('--days <number>', 'days until it expires', wholeNumberOption(1, 825), 365)
    .addHelpText('after', '\nExample:\n  ingam ca issue --ca ca --uri spiffe://example/client --out client')
    .action(async (options: IssueOptions) => settle(await runIssue(context, options)))
  return new Command('ca')
    .description('A CA for development. Its key lies in a file, unencrypted: use it for nothing else.')
    .addCommand(init)
    .addCommand(issue)
}

/** Makes the CA. */
export async function runInit(context: Context, options: InitOptions): Promise<ExitCode> {
  checkName(options.name)
  await checkNewFolder(options.out)
  const { createAuthority, filesOf } = await import('../dev-ca.ts')
  const authority = await createAuthority({ ...options, now: context.now() })
  await writeNewFolder(options.out, filesOf(authority, CA_FILES.certificate, CA_FILES.key))
  context.stdout.write(`${join(options.out, CA_FILES.certificate)}\n${join(options.out, CA_FILES.key)}\n`)
  say(context, 'note', `next: ingam ca issue --ca ${shellWord(options.out)} --out client`)
  return 0
}

/** Issues the client's certificate. */
export async function runIssue(context: Context, options: IssueOptions): Promise<ExitCode> {
  checkName(options.name)
  const { uri: uris = [], dns = [], email: emails = [] } = options
  for (const value of [...uris, ...dns, ...emails]) checkText(value)
  await checkNewFolder(options.out)
  const authority = await readAuthority(options.ca)
  const { filesOf, issueClient } = await import('../dev-ca.ts')
  const client = await issueClient(authority, { ...options, uris, dns, emails, now: context.now() }).catch(
    unusable,
  )
  await writeNewFolder(options.out, filesOf(client, CLIENT_FILES.certificate, CLIENT_FILES.key))
  context.stdout.write(
    `${join(options.out, CLIENT_FILES.certificate)}\n${join(options.out, CLIENT_FILES.key)}\n`,
  )
  return 0

  function unusable(cause: unknown): never {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new CommandError(3, `${options.ca}: the CA cannot issue: ${reason}`, [
      `the folder must be one that ingam ca init made`,
    ])
  }
}

/** The CA of a folder. */
export async function readAuthority(
  folder: string,
): Promise<Pick<Issued, 'certificatePem' | 'privateKeyPem'>> {
  const certificatePem = await readText(join(folder, CA_FILES.certificate))
  const privateKeyPem = await readText(join(folder, CA_FILES.key))
  try {
    parseCertificates(certificatePem)
  } catch (error) {
    if (!isPkiError(error)) throw error
    throw new CommandError(
      3,
      `${join(folder, CA_FILES.certificate)}: ${error.message}`,
      [error.hint],
      error.code,
    )
  }
  return { certificatePem, privateKeyPem }
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    const problem = systemProblem(error) ?? String(error)
    throw new CommandError(
      3,
      `${path}: ${problem}`,
      ['make a CA with: ingam ca init --out FOLDER'],
      'ERR_FILE_READ',
    )
  }
}

function keyTypeOption(): Option {
  // INVARIANT: the same list as KEY_TYPES in dev-ca.ts, which is loaded only when something is issued; the type of the
  // options and a test hold them together.
  return new Option('--key-type <type>', 'kind of key')
    .choices(['P-256', 'RSA-2048', 'Ed25519'])
    .default('P-256')
}

function checkName(name: string): void {
  // LIMIT: RFC 5280 appendix A.1, ub-common-name.
  if (name.trim() === '' || name.length > 64) throw usageError('--name: expected 1 to 64 characters')
  if (/[\p{Cc}\p{Cs}]/u.test(name)) throw usageError('--name: control characters are not allowed')
}

function checkText(value: string): void {
  if (!/^[\x21-\x7e]{1,2000}$/u.test(value)) {
    throw usageError('--uri, --dns and --email: expected 1 to 2000 printable ASCII characters without spaces')
  }
}
