// CLI: the stance on revocation and where evidence comes from: options that several commands take, and the sources that
// they open for one run.

import { type Command, InvalidArgumentError, Option } from 'commander'
import { createFileSource, createHttpSource } from 'ingam/node'
import type { RevocationPolicy, RevocationSource } from 'ingam/x509'
import type { Context } from '../context.ts'
import { usageError } from '../failure.ts'
import { collect, wholeNumberOption } from './values.ts'

/** The options that say where evidence comes from. */
export interface SourceOptions {
  readonly crl?: readonly string[]
  readonly ocsp?: string
  readonly allowUrl?: readonly string[]
  readonly allowLoopback?: boolean
  readonly revocationCache?: string
}

/** The options of a command that judges how certificates stand. */
export interface RevocationOptions extends SourceOptions {
  readonly revocation?: string
  readonly depth?: 'chain' | 'leaf'
  readonly maxEvidenceAge?: number
  readonly shortLived?: number
}

/** Adds the options of {@link RevocationOptions}. */
export function addRevocationOptions(command: Command): Command {
  const judging = command
    .optionsGroup('Revocation:')
    .option(
      '--revocation <stance>',
      "required; 'require' refuses what is not known to be good, 'prefer' accepts what is not known, 'off' asks nothing",
    )
    .addOption(
      new Option(
        '--depth <depth>',
        'whose standing counts: of all certificates below the CA, or of the signer alone',
      )
        .choices(['chain', 'leaf'])
        .default('chain'),
    )
    .option(
      '--max-evidence-age <seconds>',
      'longest age of a list or response (default: until its nextUpdate)',
      wholeNumberOption(1, 315_360_000),
    )
    .option(
      '--short-lived <seconds>',
      'certificates that live no longer than this need no evidence (default: none)',
      wholeNumberOption(1, 315_360_000),
    )
  return addSourceOptions(judging)
}

/** Adds the options of {@link SourceOptions}. */
export function addSourceOptions(command: Command): Command {
  return addNetworkOptions(
    command.addOption(
      new Option('--crl <path>', 'lists and responses: a file or a folder of them; repeatable').argParser(
        collect,
      ),
    ),
  ).option('--revocation-cache <folder>', 'keep what is fetched in this folder, for the next run')
}

/** Adds the options about the network. */
export function addNetworkOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--ocsp <url>', 'ask this responder as well, whatever the certificates name').argParser(
        httpUrl,
      ),
    )
    .addOption(
      new Option(
        '--allow-url <origin>',
        'fetch from this scheme, host and port where certificates name it, such as http://crl.example; repeatable',
      ).argParser((value, before: readonly string[] | undefined) => collect(originOf(value), before)),
    )
    .option('--allow-loopback', 'allow addresses of this machine itself')
}

function httpUrl(value: string): string {
  originOf(value)
  return value
}

function originOf(value: string): string {
  const url = URL.canParse(value) ? new URL(value) : undefined
  if (
    url !== undefined &&
    ['http:', 'https:'].includes(url.protocol) &&
    url.username === '' &&
    url.password === ''
  )
    return url.origin
  throw new InvalidArgumentError('Expected a URL such as http://crl.example, without a user.')
}

/** Sources that are open, and what closes them. */
export interface OpenSources {
  readonly sources: readonly RevocationSource[]
  /** Whether any of them may fetch. */
  readonly network: 'use' | 'leave'
  readonly close: () => void
}

/** Opens the sources that the options name. */
export async function openSources(context: Context, options: SourceOptions): Promise<OpenSources> {
  const { crl = [], ocsp, allowUrl = [], revocationCache } = options
  const allow = [...allowUrl, ...(ocsp === undefined ? [] : [new URL(ocsp).origin])]
  const clock = context.now
  if (revocationCache !== undefined && allow.length === 0) {
    throw usageError(
      '--revocation-cache: nothing may be fetched',
      'allow an address: --allow-url ORIGIN, or --ocsp URL',
    )
  }
  const sources: RevocationSource[] = []
  if (crl.length > 0) sources.push(await createFileSource({ paths: crl, watch: 'off', clock }))
  if (allow.length > 0) {
    sources.push(
      await createHttpSource({
        allow: [...new Set(allow)],
        loopback: options.allowLoopback === true ? 'allow' : 'refuse',
        clock,
        ...(ocsp === undefined ? {} : { ocspUrl: ocsp }),
        ...(revocationCache === undefined ? {} : { cacheFolder: revocationCache }),
      }),
    )
  }
  return {
    sources,
    network: allow.length > 0 ? 'use' : 'leave',
    close() {
      for (const source of sources) source.close?.()
    },
  }
}

/** The stance as the library takes it; a missing one is refused, since no default is safe. */
export async function openRevocation(
  context: Context,
  options: RevocationOptions,
): Promise<OpenSources & { readonly revocation: 'off' | RevocationPolicy }> {
  const { revocation: stance } = options
  if (stance === undefined) {
    throw usageError(
      '--revocation is required',
      'prove good standing: --revocation require --crl FILE',
      'or ask nothing, in so many words: --revocation off',
    )
  }
  if (stance !== 'off' && stance !== 'require' && stance !== 'prefer')
    throw usageError("--revocation: expected 'require', 'prefer' or 'off'")
  if (stance === 'off') {
    const unused = (
      ['crl', 'ocsp', 'allowUrl', 'revocationCache', 'maxEvidenceAge', 'shortLived'] as const
    ).find((name) => options[name] !== undefined)
    if (unused !== undefined) {
      const name = unused.replaceAll(/[A-Z]/gu, (letter) => `-${letter.toLowerCase()}`)
      throw usageError(`--${name}: nothing asks for it under --revocation off`, 'add: --revocation require')
    }
    return { revocation: 'off', sources: [], network: 'leave', close: () => {} }
  }
  const open = await openSources(context, options)
  return {
    ...open,
    revocation: {
      mode: stance,
      depth: options.depth ?? 'chain',
      sources: open.sources,
      ...(options.maxEvidenceAge === undefined ? {} : { maxAgeSeconds: options.maxEvidenceAge }),
      ...(options.shortLived === undefined ? {} : { shortLived: { maxLifetimeSeconds: options.shortLived } }),
    },
  }
}
