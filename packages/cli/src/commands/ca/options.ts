// CLI: what the commands of `ingam ca` share: names, validity, kinds of key, and what becomes of an issuer's failure.

import { type Command, InvalidArgumentError, Option } from 'commander'
import { isPkiError } from 'ingam'
import { KEY_TYPES } from '../../dev-ca/keys.ts'
import { type CertificateName, isCommonName, NAME_KINDS, problemOf } from '../../dev-ca/names.ts'
import type { EvidencePlaces, Profile, Validity } from '../../dev-ca.ts'
import { CommandError, usageError } from '../../failure.ts'
import { collect, wholeNumberOption } from '../values.ts'

/** The options that give a certificate its names. */
export interface NameOptions {
  readonly uri?: readonly string[]
  readonly dns?: readonly string[]
  readonly email?: readonly string[]
  readonly upn?: readonly string[]
  readonly ip?: readonly string[]
}

/** The options that say how long a certificate is valid. */
export interface ValidityOptions {
  readonly days: number
  readonly lifetime?: number
}

/** Adds the options of {@link NameOptions}. */
export function addNameOptions(command: Command): Command {
  return command
    .optionsGroup('Names of the certificate:')
    .option('--uri <uri>', 'a URI that the certificate is to bear; repeatable', collect)
    .option('--dns <name>', 'a DNS name; repeatable', collect)
    .option('--email <address>', 'an e-mail address; repeatable', collect)
    .option('--upn <name>', 'a user principal name; repeatable', collect)
    .option('--ip <address>', 'an IPv4 or IPv6 address; repeatable', collect)
}

/** The options that say where evidence about a certificate is. */
export interface PlaceOptions {
  readonly ocsp?: readonly string[]
  readonly crl?: readonly string[]
  /** False for `--no-revocation`. */
  readonly revocation: boolean
}

/** Adds the options of {@link PlaceOptions}. */
export function addPlaceOptions(command: Command): Command {
  return command
    .optionsGroup('Where its revocation is to be seen:')
    .option('--ocsp <url>', 'a responder, such as that of ca ocsp; repeatable', collect)
    .option('--crl <url>', 'a revocation list; repeatable', collect)
    .option('--no-revocation', 'nowhere: nobody will ever revoke it (noRevAvail); for short lives')
}

/** The places given, each looked at. */
export function readPlaces(
  profile: Profile,
  { ocsp = [], crl = [], revocation }: PlaceOptions,
): EvidencePlaces {
  for (const [name, urls] of Object.entries({ ocsp, crl })) {
    const wrong = urls.find((url) => !/^https?:\/\/[\x21-\x7e]+$/u.test(url) || !URL.canParse(url))
    if (wrong !== undefined)
      throw usageError(`--${name}: expected a URL that begins with http:// or https://`)
  }
  if (!revocation && ocsp.length + crl.length > 0)
    throw usageError('--no-revocation: a place of lists or a responder contradicts it')
  if (!revocation && profile === 'ca')
    throw usageError('--no-revocation: of a CA somebody must be able to say that it was revoked')
  return { ocsp, crl, noRevAvail: !revocation }
}

/** Adds the options of {@link ValidityOptions}. */
export function addValidityOptions(command: Command, maximumDays: number, days: number): Command {
  return command
    .optionsGroup('Validity:')
    .option('--days <number>', 'days until it expires', wholeNumberOption(1, maximumDays), days)
    .addOption(
      new Option(
        '--lifetime <duration>',
        'instead of days: such as 90s, 15m, 12h or 30d; the certificate begins as long before now, an hour at most',
      )
        .argParser(durationOption(maximumDays))
        .conflicts('days'),
    )
}

/** The kinds of key that can be made. */
export function keyTypeOption(): Option {
  return new Option('--key-type <type>', 'kind of key').choices(KEY_TYPES).default('P-256')
}

/** The names given, each looked at. */
export function readNames(options: NameOptions): readonly CertificateName[] {
  const names = NAME_KINDS.flatMap((kind) => (options[kind] ?? []).map((value) => ({ kind, value })))
  for (const name of names) {
    const problem = problemOf(name)
    if (problem !== undefined) throw usageError(`--${name.kind}: ${problem}`)
  }
  // LIMIT: a certificate is at most 64 KiB; a thousand names are 30 KiB.
  if (names.length > 1_000) throw usageError(`more than 1000 names for one certificate`)
  return names
}

/** Refuses a common name that could not be read again. */
export function checkName(name: string): void {
  if (!isCommonName(name))
    throw usageError('--name: expected 1 to 64 characters, none of them a control character')
}

/** The common name where none is given. */
export function defaultName(profile: Profile): string {
  if (profile === 'ca') return 'Ingam issuing CA'
  return profile === 'server' ? 'server' : 'client'
}

/** From when and how long. */
export function validityOf(options: ValidityOptions, now: Date): Validity {
  return options.lifetime === undefined ? { now, days: options.days } : { now, seconds: options.lifetime }
}

/** Refuses names of servers that no client would find: they look at subjectAltName alone. */
export function checkProfileNames(profile: Profile, names: readonly CertificateName[]): void {
  const isServer = profile === 'server' || profile === 'both'
  if (isServer && !names.some(({ kind }) => kind === 'dns' || kind === 'ip')) {
    throw usageError(
      `--profile ${profile}: a server's certificate needs a DNS name or an IP address`,
      'give it with --dns or --ip; clients do not look at the common name',
    )
  }
}

/** Turns what went wrong inside the issuing library into a refusal that names the folder. */
export function issuingFailure(folder: string): (cause: unknown) => never {
  return (cause) => {
    if (cause instanceof CommandError || isPkiError(cause)) throw cause
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new CommandError(3, `${folder}: the CA cannot issue: ${reason}`, [
      'the folder must be one that ingam ca init made',
    ])
  }
}

const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400 }

function durationOption(maximumDays: number): (value: string) => number {
  return (value) => {
    const { number = '', unit = '' } = /^(?<number>\d{1,9})(?<unit>[smhd])$/u.exec(value)?.groups ?? {}
    const seconds = Number(number) * (UNITS[unit] ?? 0)
    if (seconds >= 1 && seconds <= maximumDays * 86_400) return seconds
    throw new InvalidArgumentError(`Expected a number with s, m, h or d, from 1s to ${maximumDays}d.`)
  }
}
