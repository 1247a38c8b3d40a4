// CLI: `ingam ca init` makes a certification authority for development, in a folder.

import { join } from 'node:path'
import { Command } from 'commander'
import { parseCertificates } from 'ingam/x509'
import { type Context, say } from '../../context.ts'
import { type PermittedNames, problemOfPermitted } from '../../dev-ca/constraints.ts'
import { INDEX_FILE } from '../../dev-ca/index-file.ts'
import type { KeyType } from '../../dev-ca/keys.ts'
import { isCommonName } from '../../dev-ca/names.ts'
import { CA_FILES, ISSUING_FILES, toEntry } from '../../dev-ca/store.ts'
import type { AuthorityRequest, Issued } from '../../dev-ca.ts'
import { type ExitCode, usageError } from '../../failure.ts'
import { checkNewFolder, type NewFile, writeNewFolder } from '../../folders.ts'
import { shellWord } from '../../output.ts'
import { collect, wholeNumberOption } from '../values.ts'
import { checkName, keyTypeOption } from './options.ts'

/** The options of `ingam ca init`. */
export interface InitOptions {
  readonly out: string
  readonly name: string
  readonly keyType: KeyType
  readonly days: number
  readonly intermediate?: boolean
  readonly permitDns?: readonly string[]
  readonly permitUri?: readonly string[]
  readonly permitEmail?: readonly string[]
  readonly permitIp?: readonly string[]
}

/** The command with its usage page. */
export function initCommand(context: Context, settle: (exit: ExitCode) => void): Command {
  return new Command('init')
    .description(
      'Make a CA for development in a new folder. Its keys are not encrypted; only you can read them (0600).',
    )
    .requiredOption('--out <folder>', 'the folder to make; nothing is ever overwritten')
    .option('--name <text>', 'common name of the CA', 'Ingam development CA')
    .addOption(keyTypeOption())
    .option('--days <number>', 'days until it expires', wholeNumberOption(1, 7_300), 3_650)
    .option('--intermediate', 'also an issuing CA below the root, which then signs in its place')
    .optionsGroup('What the CA may speak for (name constraints; a kind that is not named stays free):')
    .option('--permit-dns <domain>', 'DNS names: this one and those below it; repeatable', collect)
    .option('--permit-uri <host>', 'URIs of this host, or of the hosts below .domain; repeatable', collect)
    .option('--permit-email <domain>', 'e-mail addresses of this host, or below .domain; repeatable', collect)
    .option('--permit-ip <range>', 'IP addresses of a range such as 10.0.0.0/8; repeatable', collect)
    .addHelpText('after', AFTER)
    .action(async (options: InitOptions) => settle(await runInit(context, options)))
}

/** Makes the CA. */
export async function runInit(context: Context, options: InitOptions): Promise<ExitCode> {
  checkName(options.name)
  const permitted = readPermitted(options)
  await checkNewFolder(options.out)
  const { name, keyType, days } = options
  const files = await makeFiles({
    name,
    keyType,
    days,
    permitted,
    now: context.now(),
    intermediates: options.intermediate === true,
  })
  await writeNewFolder(options.out, [...files.pem, indexFile(files.index)])
  for (const { name: written } of files.pem) context.stdout.write(`${join(options.out, written)}\n`)
  say(context, 'note', `next: ingam ca issue --ca ${shellWord(options.out)} --out client`)
  return 0
}

async function makeFiles(
  request: AuthorityRequest,
): Promise<{ readonly pem: readonly NewFile[]; readonly index: string }> {
  const { createAuthority, filesOf, issue } = await import('../../dev-ca.ts')
  const name = request.intermediates === true ? issuingName(request.name) : ''
  const root = await createAuthority(request)
  const rootFiles = filesOf(root, CA_FILES.certificate, CA_FILES.key).toReversed()
  if (request.intermediates !== true) return { pem: rootFiles, index: '' }
  const issuing = await issue(root, { ...request, name, profile: 'ca', names: [] })
  return {
    pem: [...rootFiles, ...issuingFiles(root.certificatePem, issuing)],
    index: `${indexLine(issuing)}\n`,
  }
}

/** The files of an issuing CA besides the root's certificate. */
export function issuingFiles(rootPem: string, issuing: Issued): readonly NewFile[] {
  const { certificate, key, chain } = ISSUING_FILES
  return [
    { name: certificate, text: issuing.certificatePem, secret: false },
    { name: key, text: issuing.privateKeyPem, secret: true },
    { name: chain, text: issuing.certificatePem + rootPem, secret: false },
  ]
}

/** An index in its first state. */
export function indexFile(text: string): NewFile {
  return { name: INDEX_FILE, text, secret: false }
}

function indexLine(issuing: Issued): string {
  const entries = parseCertificates(issuing.certificatePem).map((certificate) => ({
    ...toEntry(certificate, { profile: 'ca', names: [] }),
    file: ISSUING_FILES.certificate,
  }))
  return entries.map((entry) => JSON.stringify(entry)).join('\n')
}

function issuingName(name: string): string {
  const issuing = `${name} (issuing)`
  if (!isCommonName(issuing)) {
    throw usageError('--name: with --intermediate at most 54 characters: the issuing CA adds " (issuing)"')
  }
  return issuing
}

function readPermitted(options: InitOptions): PermittedNames {
  const { permitDns: dns = [], permitUri: uris = [], permitEmail: emails = [], permitIp: ips = [] } = options
  const given = [
    ['--permit-dns', 'dns', dns],
    ['--permit-uri', 'uris', uris],
    ['--permit-email', 'emails', emails],
    ['--permit-ip', 'ips', ips],
  ] as const
  for (const [option, kind, values] of given) {
    for (const value of values) {
      const problem = problemOfPermitted(kind, value)
      if (problem !== undefined) throw usageError(`${option}: ${problem}`)
    }
  }
  return { dns, uris, emails, ips }
}

const AFTER = `
Files: ca.pem is the root's certificate, to be trusted by verifiers; ca-key.pem its key. With --intermediate: issuing.pem and issuing-key.pem of the issuing CA, and chain.pem with both certificates. index.jsonl lists what the CA issued.

Exit codes: 0 made, 2 usage or the folder exists, 3 the folder cannot be written.

Examples:
  ingam ca init --out ca
  ingam ca init --out ca-two-tier --intermediate --key-type P-384 --permit-dns corp.example`
