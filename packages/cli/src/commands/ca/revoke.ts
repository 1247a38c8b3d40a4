// CLI: `ingam ca revoke` enters a revocation; lists and answers say it from then on.

import { X509Certificate } from 'node:crypto'
import { Command, Option } from 'commander'
import { escapeText } from 'ingam'
import { loadCertificates } from 'ingam/node'
import { formatName } from 'ingam/x509'
import { type Context, say } from '../../context.ts'
import { type IndexEntry, readIndex } from '../../dev-ca/index-file.ts'
import { type ListSigner, readListSigners } from '../../dev-ca/publish.ts'
import {
  addRevocation,
  lastActOn,
  REASONS,
  type Revocation,
  type RevocationReason,
  readRevocations,
} from '../../dev-ca/revocations.ts'
import { CommandError, type ExitCode } from '../../failure.ts'
import { parseInstant } from '../../instant.ts'

/** The options of `ingam ca revoke`. */
export interface RevokeOptions {
  readonly ca: string
  readonly reason: RevocationReason
  readonly at?: string
}

/** The command with its usage page. */
export function revokeCommand(context: Context, settle: (exit: ExitCode) => void): Command {
  return new Command('revoke')
    .description('Revoke a certificate of this CA: enter it, so that the next list and every answer say so.')
    .argument('<certificate>', 'its file, or its serial number in hexadecimal, as ca list shows it')
    .requiredOption('--ca <folder>', 'the folder that ca init made')
    .addOption(
      new Option('--reason <reason>', 'why; removeFromCRL takes a certificate off hold (certificateHold)')
        .choices(REASONS)
        .default('unspecified'),
    )
    .option('--at <instant>', 'since when, written as for sign --at (default: now)')
    .addHelpText('after', AFTER)
    .action(async (certificate: string, options: RevokeOptions) =>
      settle(await runRevoke(context, certificate, options)),
    )
}

/** Enters the revocation. */
export async function runRevoke(
  context: Context,
  certificate: string,
  options: RevokeOptions,
): Promise<ExitCode> {
  const { ca: folder, reason } = options
  const now = context.now()
  const at = options.at === undefined ? now : parseInstant('--at', options.at, now)
  if (at.getTime() > now.getTime()) {
    throw new CommandError(2, '--at: expected an instant that is not ahead of the clock', [
      'a revocation holds at once',
    ])
  }
  const target = await find(folder, certificate)
  const { acts } = await readRevocations(folder)
  checkChange(target, lastActOn(target, acts), reason)
  const revokedAt = `${at.toISOString().slice(0, 19)}Z`
  await addRevocation(folder, { serial: target.serial, issuer: target.issuer, reason, revokedAt })
  context.stdout.write(`${target.serial}\n`)
  const done =
    reason === 'removeFromCRL'
      ? 'is off hold'
      : `${reason === 'certificateHold' ? 'is on hold' : `is revoked (${reason})`} since ${revokedAt}`
  say(
    context,
    'note',
    `"${escapeText(target.subject)}" ${done}; publish it with: ingam ca crl --ca ${folder}`,
  )
  return 0
}

// A certificate that was revoked stays so; on hold it can be revoked for good, or taken off.
function checkChange(target: Target, last: Revocation | undefined, reason: RevocationReason): void {
  const isOnHold = last?.reason === 'certificateHold'
  const isRevoked = last !== undefined && !isOnHold && last.reason !== 'removeFromCRL'
  const named = `"${escapeText(target.subject)}" (${target.serial})`
  if (isRevoked) {
    throw new CommandError(1, `${named}: revoked already, since ${last.revokedAt} (${last.reason})`, [
      'a revocation is for good; only a hold can be lifted',
    ])
  }
  if (reason === 'removeFromCRL' && !isOnHold) throw new CommandError(1, `${named}: is not on hold`)
  if (reason === 'certificateHold' && isOnHold) throw new CommandError(1, `${named}: is on hold already`)
}

type Target = Pick<IndexEntry, 'serial' | 'issuer' | 'subject'>

async function find(folder: string, certificate: string): Promise<Target> {
  const signers = await readListSigners(folder)
  const isSerial = /^(?:0x)?([\da-f]{2})+$/iu.test(certificate)
  const found = isSerial
    ? await findSerial(folder, certificate.replace(/^0x/iu, '').toLowerCase(), signers)
    : await findFile(certificate, signers)
  if (found !== undefined) return found
  const what = isSerial
    ? `no certificate with the serial number ${certificate}`
    : `${certificate}: not of this CA`
  throw new CommandError(1, what, [`see what it issued with: ingam ca list --ca ${folder}`])
}

async function findSerial(
  folder: string,
  serial: string,
  signers: readonly ListSigner[],
): Promise<Target | undefined> {
  const entries = ((await readIndex(folder)) ?? []).filter(
    (entry) => entry.serial === serial && signers.some(({ subject }) => subject === entry.issuer),
  )
  // Two CAs of one folder that gave the same number, which random ones do not do.
  if (entries.length > 1)
    throw new CommandError(1, `${serial}: several certificates`, ['name the file instead'])
  return entries[0]
}

// By name and by key: another CA may bear the name of this one.
async function findFile(path: string, signers: readonly ListSigner[]): Promise<Target | undefined> {
  const [certificate] = await loadCertificates(path)
  if (certificate === undefined) return undefined
  const issuer = formatName(certificate.issuer)
  const given = new X509Certificate(certificate.der)
  const isOf = (signer: ListSigner): boolean =>
    signer.subject === issuer && given.verify(new X509Certificate(signer.certificate.der).publicKey)
  const isItself = signers.some((signer) => given.raw.equals(signer.certificate.der) && isOf(signer))
  if (isItself || !signers.some(isOf)) return undefined
  return {
    serial: Buffer.from(certificate.serialNumber).toString('hex'),
    issuer,
    subject: formatName(certificate.subject),
  }
}

const AFTER = `
Prints the serial number. Of a file the first certificate is meant. Nothing is signed yet: ca crl publishes, ca ocsp answers at once.

Exit codes: 0 entered, 1 it is revoked already, or not of this CA, 2 usage, 3 the CA or the certificate cannot be read.

Examples:
  ingam ca revoke server/cert.pem --ca ca --reason certificateHold
  ingam ca revoke server/cert.pem --ca ca --reason removeFromCRL
  ingam ca revoke server/cert.pem --ca ca --reason keyCompromise`
