// CLI: `ingam ca sign` certifies the key of a certificate request. The key must be proved; names are taken only where
// the person says so, and nothing else of the request is.

import { Command, Option } from 'commander'
import { escapeText } from 'ingam'
import { type Context, say } from '../../context.ts'
import type { ReadRequest } from '../../dev-ca/csr.ts'
import { type CertificateName, nameText } from '../../dev-ca/names.ts'
import { checkPath, readAuthority, record } from '../../dev-ca/store.ts'
import type { CertificateRequest, Profile } from '../../dev-ca.ts'
import { CommandError, type ExitCode, usageError } from '../../failure.ts'
import { checkNewFile, writeNewFile } from '../../folders.ts'
import { readFrom } from '../../input.ts'
import {
  addNameOptions,
  addValidityOptions,
  checkName,
  checkProfileNames,
  defaultName,
  issuingFailure,
  type NameOptions,
  readNames,
  type ValidityOptions,
  validityOf,
} from './options.ts'

/** The options of `ingam ca sign`. */
export interface SignRequestOptions extends NameOptions, ValidityOptions {
  readonly ca: string
  readonly out?: string
  readonly name?: string
  readonly profile: Exclude<Profile, 'ca'>
  readonly acceptNames?: boolean
}

/** The command with its usage page. */
export function signRequestCommand(context: Context, settle: (exit: ExitCode) => void): Command {
  const command = new Command('sign')
    .description('Certify the key of a certificate request (PKCS #10) and print the certificate.')
    .argument('<file>', 'the request, PEM or DER; - reads it from stdin')
    .requiredOption('--ca <folder>', 'the folder that ca init made')
    .option('--out <file>', 'write the certificate to a new file instead; nothing is ever overwritten')
    .addOption(
      new Option('--profile <profile>', 'what it is for: a client that signs tokens, a TLS server, or both')
        .choices(['client', 'server', 'both'] satisfies Profile[])
        .default('client'),
    )
    .option(
      '--name <text>',
      'common name (default: that of the request with --accept-names, else client or server, by the profile)',
    )
  addNameOptions(command).option(
    '--accept-names',
    'take the names that the request asks for, besides those given here',
  )
  return addValidityOptions(command, 825, 365)
    .addHelpText('after', AFTER)
    .action(async (request: string, options: SignRequestOptions) =>
      settle(await runSign(context, request, options)),
    )
}

/** Certifies the request. */
export async function runSign(
  context: Context,
  source: string,
  options: SignRequestOptions,
): Promise<ExitCode> {
  const { ca, out, profile } = options
  if (options.name !== undefined) checkName(options.name)
  const given = readNames(options)
  if (out !== undefined) await checkNewFile(out)
  const authority = await readAuthority(ca)
  const { MAX_REQUEST_BYTES, readRequest } = await import('../../dev-ca/csr.ts')
  const request = readRequest(
    await readInput(context, source, MAX_REQUEST_BYTES),
    source === '-' ? 'stdin' : source,
  )
  const wanted = decide(request, given, options)
  report(context, request, options)
  checkProfileNames(profile, wanted.names)

  const now = context.now()
  const { certify } = await import('../../dev-ca.ts')
  const fields: CertificateRequest = { ...wanted, profile, ...validityOf(options, now) }
  const { certificatePem } = await certify(authority, fields, request.publicKey).catch(issuingFailure(ca))
  const file = out === undefined ? {} : { file: out }
  const delivery = { authority, certificatePem, profile, names: wanted.names, now, ...file }
  await checkPath(delivery)
  const text = certificatePem + authority.chainPem
  if (out === undefined) {
    await record(delivery)
    context.stdout.write(text)
  } else {
    await writeNewFile(out, text, async () => await record(delivery))
    context.stdout.write(`${out}\n`)
  }
  return 0
}

interface Wanted {
  readonly name: string
  readonly names: readonly CertificateName[]
}

function decide(
  request: ReadRequest,
  given: readonly CertificateName[],
  options: SignRequestOptions,
): Wanted {
  if (options.acceptNames !== true)
    return { name: options.name ?? defaultName(options.profile), names: given }
  const texts = new Set(given.map(nameText))
  const added = request.requestedNames.filter((name) => !texts.has(nameText(name)))
  return {
    name: options.name ?? request.requestedCommonName ?? defaultName(options.profile),
    names: [...given, ...added],
  }
}

function report(context: Context, request: ReadRequest, options: SignRequestOptions): void {
  const { requestedSubject, requestedNames, ignored } = request
  const asked = [
    ...(requestedSubject === '' ? [] : [`subject ${requestedSubject}`]),
    ...requestedNames.map((name) => escapeText(nameText(name))),
  ]
  if (asked.length > 0) {
    const verdict =
      options.acceptNames === true
        ? 'names and common name are taken'
        : 'nothing of it is taken (--accept-names takes names and common name)'
    say(context, 'note', `the request asks for ${asked.join(', ')}: ${verdict}`)
  }
  if (ignored.length > 0) say(context, 'note', `never taken from a request: ${ignored.join(', ')}`)
}

async function readInput(context: Context, source: string, maximum: number): Promise<Uint8Array> {
  if (source === '-' && context.isTTY.stdin) {
    throw usageError(
      'no request given',
      'pass it on stdin, for example: ingam ca sign --ca ca - < request.pem',
    )
  }
  const name = source === '-' ? 'stdin' : source
  const bytes = await readFrom(context, source, maximum)
  if (bytes === undefined)
    throw new CommandError(3, `${name}: more than ${maximum} bytes, which is no request`)
  return bytes
}

const AFTER = `
The request must be signed by the key in it, and the key be one that verifiers accept. Of the names it asks for, none is taken without --accept-names. Other extensions that it asks for are never taken.

Exit codes: 0 certified, 1 the key is not proved or too weak, or the CA may not issue this, 2 usage or the file exists, 3 no request, or the CA cannot be read.

Examples:
  ingam ca sign --ca ca request.pem --uri spiffe://example/worker > worker.pem
  ingam ca sign --ca ca --accept-names --lifetime 12h --out shift.pem - < request.pem`
