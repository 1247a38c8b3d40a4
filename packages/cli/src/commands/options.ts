// CLI: what several commands take: the token, another clock, trust, audience, the stance on revocation; and how option
// values are read.

import { type Command, InvalidArgumentError, Option } from 'commander'
import {
  createVerifier,
  TOKEN_ALGORITHMS,
  type TokenAlgorithm,
  type Verifier,
  type VerifierOptions,
} from 'ingam'
import { loadCertificates, loadTrustAnchors } from 'ingam/node'
import { formatName } from 'ingam/x509'
import type { Context } from '../context.ts'
import { usageError } from '../failure.ts'
import { PLACES, type Place } from '../pasted/recognise.ts'
import { addBindingOptions, type BindingOptions } from './binding.ts'
import { addRevocationOptions, openRevocation, type RevocationOptions } from './evidence.ts'
import { collect, wholeNumberOption } from './values.ts'

/** The options of every command that takes a token. */
export interface TokenOptions {
  /** Where to take the token from, where what was pasted holds several. */
  readonly from?: Place
  readonly at?: string
  readonly json?: boolean
}

/** The options of every command that judges a token. */
export interface JudgeOptions extends TokenOptions, BindingOptions, RevocationOptions {
  readonly ca: readonly string[]
  readonly aud: string
  readonly alg?: readonly TokenAlgorithm[]
  readonly known?: readonly string[]
  readonly unexpectedBinding: 'refuse' | 'report'
  readonly maxLifetime?: number
  readonly expiryTolerance?: number
  readonly futureTolerance?: number
}

/** Adds the token's argument and the options of {@link TokenOptions}. */
export function addTokenOptions(command: Command): Command {
  return command
    .argument(
      '[token]',
      'the token, a header line or a curl command that holds it; - or nothing reads it from stdin',
    )
    .addOption(
      new Option('--from <place>', 'where the token stands, if what was pasted holds several').choices(
        PLACES,
      ),
    )
    .addOption(atOption())
    .option('--json', 'print what the library returned, as JSON')
}

/** Adds the options of {@link JudgeOptions} and the token's argument. */
export function addJudgeOptions(command: Command): Command {
  const judging = command
    .addOption(
      new Option('--ca <file>', 'certificates of the CAs you trust, PEM or DER; repeatable')
        .argParser(collect)
        .makeOptionMandatory(),
    )
    .requiredOption('--aud <audience>', 'the audience that the token must name, letter for letter')
    .addOption(
      new Option(
        '--alg <algorithm>',
        'a signature algorithm to accept; repeatable (default: all but ML-DSA)',
      ).argParser(collectAlgorithm),
    )
    .addOption(
      new Option(
        '--known <file>',
        'a chain that a token may name by its thumbprint, signer first; repeatable',
      ).argParser(collect),
    )
    .option(
      '--max-lifetime <seconds>',
      'longest lifetime to accept (default: 600)',
      wholeNumberOption(1, 86_400),
    )
    .option(
      '--expiry-tolerance <seconds>',
      'by how much exp may have passed (default: 60)',
      wholeNumberOption(0, 3_600),
    )
    .option(
      '--future-tolerance <seconds>',
      'by how much iat and nbf may lie ahead (default: 5)',
      wholeNumberOption(0, 3_600),
    )
    .addOption(
      new Option('--unexpected-binding <stance>', 'what to do with a binding that nothing was said about')
        .choices(['refuse', 'report'])
        .default('refuse'),
    )
  return addRevocationOptions(addTokenOptions(addBindingOptions(judging)))
}

/** The option `--at`; {@link atClock} reads it. */
export function atOption(): Option {
  return new Option('--at <instant>', 'another clock: ISO 8601 with Z or an offset, now, or +5m, -2h')
}

/** What a verifier was made of, and the verifier. */
export interface OpenVerifier {
  readonly verifier: Verifier
  readonly anchorSubjects: readonly string[]
  readonly tolerance: { readonly futureSeconds: number; readonly expirySeconds: number }
  /** Whether anything may be fetched. */
  readonly network: 'use' | 'leave'
  /** Ends what the verifier's sources have open. */
  readonly close: () => void
}

/** A verifier for one run. `memory` says what it knows of tokens used before; a process that ends remembers nothing. */
export async function openVerifier(
  context: Context,
  options: JudgeOptions,
  memory: Pick<
    VerifierOptions,
    'oneTimeUse' | 'maxReplayEntries' | 'maxReplayEntriesPerKey' | 'wait' | 'clock'
  > = { oneTimeUse: 'off' },
): Promise<OpenVerifier> {
  if (options.aud === '') throw usageError('--aud: the audience is empty')
  const trustAnchors = await loadTrustAnchors([...options.ca])
  const knownChains = await Promise.all((options.known ?? []).map((path) => loadCertificates(path)))
  const tolerance = {
    futureSeconds: options.futureTolerance ?? USUAL_TOLERANCE.futureSeconds,
    expirySeconds: options.expiryTolerance ?? USUAL_TOLERANCE.expirySeconds,
  }
  const evidence = await openRevocation(context, options)
  const verifier = createVerifier({
    trustAnchors,
    audience: options.aud,
    revocation: evidence.revocation,
    clock: context.now,
    profile: options.profile,
    knownChains,
    unexpectedBinding: options.unexpectedBinding,
    futureToleranceSeconds: tolerance.futureSeconds,
    expiryToleranceSeconds: tolerance.expirySeconds,
    ...(options.alg === undefined ? {} : { algorithms: options.alg }),
    ...(options.maxLifetime === undefined ? {} : { maxLifetimeSeconds: options.maxLifetime }),
    ...memory,
  })
  const anchorSubjects = trustAnchors.map((anchor) => formatName(anchor.subject))
  const { network, close } = evidence
  return { verifier, anchorSubjects, tolerance, network, close }
}

/** The verifier's own, as docs/token-format.md gives them. */
export const USUAL_TOLERANCE = { futureSeconds: 5, expirySeconds: 60 } as const
export const USUAL_MAX_LIFETIME = 600

function collectAlgorithm(
  value: string,
  earlier: readonly TokenAlgorithm[] | undefined,
): readonly TokenAlgorithm[] {
  const algorithm = TOKEN_ALGORITHMS.find((name) => name === value)
  if (algorithm === undefined)
    throw new InvalidArgumentError(`Allowed choices are ${TOKEN_ALGORITHMS.join(', ')}.`)
  return [...(earlier ?? []), algorithm]
}
