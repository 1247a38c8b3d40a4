// CLI: what several commands take: trust, audience, the stance on revocation; and how option values are read.

import { type Command, InvalidArgumentError, Option } from 'commander'
import { createVerifier, type Verifier } from 'ingam'
import { loadTrustAnchors } from 'ingam/node'
import { formatName } from 'ingam/x509'
import type { Context } from '../context.ts'
import { usageError } from '../failure.ts'

/** The options of every command that judges a token. */
export interface JudgeOptions {
  readonly ca: readonly string[]
  readonly aud: string
  readonly revocation?: string
  readonly json?: boolean
}

/** Adds the options of {@link JudgeOptions} and the token's argument. */
export function addJudgeOptions(command: Command): Command {
  return command
    .argument('[token]', 'the token; - or nothing reads it from stdin')
    .addOption(
      new Option('--ca <file>', 'certificates of the CAs you trust, PEM or DER; repeatable')
        .argParser(collect)
        .makeOptionMandatory(),
    )
    .requiredOption('--aud <audience>', 'the audience that the token must name, letter for letter')
    .option(
      '--revocation <stance>',
      "required; 'off' is the only stance of this version: nothing is read about revocation",
    )
    .option('--json', 'print what the library returned, as JSON')
}

/** A verifier for one token. One-time use is off: a process that ends remembers nothing. */
export async function openVerifier(
  context: Context,
  options: JudgeOptions,
): Promise<{ readonly verifier: Verifier; readonly anchorSubjects: readonly string[] }> {
  if (options.revocation === undefined) {
    throw usageError(
      '--revocation off is required',
      'this version reads no CRL and no OCSP response; saying so yourself keeps it from being forgotten',
    )
  }
  if (options.revocation !== 'off') {
    throw usageError("--revocation: 'off' is the only stance that this version supports")
  }
  if (options.aud === '') throw usageError('--aud: the audience is empty')
  const trustAnchors = await loadTrustAnchors([...options.ca])
  const verifier = createVerifier({
    trustAnchors,
    audience: options.aud,
    revocation: 'off',
    oneTimeUse: 'off',
    clock: context.now,
  })
  return { verifier, anchorSubjects: trustAnchors.map((anchor) => formatName(anchor.subject)) }
}

/** Commander's reader for an option that may be repeated. */
export function collect(value: string, earlier: readonly string[] | undefined): readonly string[] {
  return [...(earlier ?? []), value]
}

/** Commander's reader for a whole number within bounds. */
export function wholeNumberOption(minimum: number, maximum: number): (value: string) => number {
  return (value) => {
    const number = /^\d{1,9}$/u.test(value) ? Number(value) : Number.NaN
    if (number >= minimum && number <= maximum) return number
    throw new InvalidArgumentError(`Expected a whole number from ${minimum} to ${maximum}.`)
  }
}
