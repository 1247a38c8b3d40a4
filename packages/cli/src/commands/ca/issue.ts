// CLI: `ingam ca issue` makes a key and a certificate for it, in a new folder.

import { join } from 'node:path'
import { Command, Option } from 'commander'
import type { Context } from '../../context.ts'
import type { KeyType } from '../../dev-ca/keys.ts'
import {
  CA_FILES,
  CLIENT_FILES,
  checkPath,
  ISSUING_FILES,
  readAuthority,
  readRoot,
  record,
} from '../../dev-ca/store.ts'
import type { Profile } from '../../dev-ca.ts'
import { type ExitCode, usageError } from '../../failure.ts'
import { checkNewFolder, type NewFile, writeNewFolder } from '../../folders.ts'
import { indexFile, issuingFiles } from './init.ts'
import {
  addNameOptions,
  addPlaceOptions,
  addValidityOptions,
  checkName,
  checkProfileNames,
  defaultName,
  issuingFailure,
  keyTypeOption,
  type NameOptions,
  type PlaceOptions,
  readNames,
  readPlaces,
  type ValidityOptions,
  validityOf,
} from './options.ts'

/** The options of `ingam ca issue`. */
export interface IssueOptions extends NameOptions, ValidityOptions, PlaceOptions {
  readonly ca: string
  readonly out: string
  readonly name?: string
  readonly profile: Profile
  readonly keyType: KeyType
}

/** The command with its usage page. */
export function issueCommand(context: Context, settle: (exit: ExitCode) => void): Command {
  const command = new Command('issue')
    .description(
      'Make a key and a certificate for it in a new folder. The key is not encrypted; only you can read it (0600).',
    )
    .requiredOption('--ca <folder>', 'the folder that ca init made')
    .requiredOption('--out <folder>', 'the folder to make; nothing is ever overwritten')
    .addOption(
      new Option(
        '--profile <profile>',
        'what it is for: a client that signs tokens, a TLS server, both, or a CA below',
      )
        .choices(['client', 'server', 'both', 'ca'] satisfies Profile[])
        .default('client'),
    )
    .option('--name <text>', 'common name (default: client, server or Ingam issuing CA, by the profile)')
    .addOption(keyTypeOption())
  return addPlaceOptions(addValidityOptions(addNameOptions(command), 825, 365))
    .addHelpText('after', AFTER)
    .action(async (options: IssueOptions) => settle(await runIssue(context, options)))
}

/** Issues the certificate. */
export async function runIssue(context: Context, options: IssueOptions): Promise<ExitCode> {
  const { profile, keyType, out } = options
  const name = options.name ?? defaultName(profile)
  checkName(name)
  const names = readNames(options)
  checkProfileNames(profile, names)
  const places = readPlaces(profile, options)
  if (profile === 'ca' && names.length > 0) {
    throw usageError('--profile ca: a CA has a common name and no others', 'use --name')
  }
  await checkNewFolder(out)
  const now = context.now()
  const authority = await (profile === 'ca' ? readRoot : readAuthority)(options.ca)
  const { filesOf, issue } = await import('../../dev-ca.ts')
  const request = { name, profile, names, keyType, places, ...validityOf(options, now) }
  const issued = await issue(authority, request).catch(issuingFailure(options.ca))
  const { certificate, key } = profile === 'ca' ? ISSUING_FILES : CLIENT_FILES
  const file = join(out, certificate)
  const delivery = { authority, certificatePem: issued.certificatePem, profile, names, now, file }
  await checkPath(delivery)
  const withChain = { ...issued, certificatePem: issued.certificatePem + authority.chainPem }
  const files: readonly NewFile[] =
    profile === 'ca'
      ? [
          { name: CA_FILES.certificate, text: authority.rootPem, secret: false },
          ...issuingFiles(authority.rootPem, issued),
        ]
      : filesOf(withChain, certificate, key).toReversed()
  const index = profile === 'ca' ? [indexFile('')] : []
  await writeNewFolder(out, [...files, ...index], async () => await record(delivery))
  for (const { name: written } of files) context.stdout.write(`${join(out, written)}\n`)
  return 0
}

const AFTER = `
Files: cert.pem has the certificate, and after it the issuing CA's where there is one; key.pem has the private key. For --profile ca they are those of ca init --intermediate without the root's key: the new folder can be given as --ca.

Before it is written, the certificate is verified against the CA: names outside the CA's constraints are refused here.

Exit codes: 0 issued, 1 the CA may not issue this or has expired, 2 usage or the folder exists, 3 the CA cannot be read.

Examples:
  ingam ca issue --ca ca --uri spiffe://example/client --out client
  ingam ca issue --ca ca --profile server --dns api.example --ip 127.0.0.1 --out server
  ingam ca issue --ca ca --ocsp http://127.0.0.1:8790 --out asked
  ingam ca issue --ca ca --lifetime 15m --no-revocation --key-type Ed25519 --out brief`
