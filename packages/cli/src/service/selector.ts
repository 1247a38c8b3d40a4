// CLI: whose grants are meant: one grant, a certificate, an identity under its trust anchor, or a whole trust anchor.

import { createHash } from 'node:crypto'
import { type Command, Option } from 'commander'
import { loadCertificates } from 'ingam/node'
import { CommandError, usageError } from '../failure.ts'

/** The options that select. */
export interface SelectorOptions {
  readonly grant?: string
  readonly certificate?: string
  readonly identity?: string
  readonly trustAnchor?: string
}

/** What is selected, as the service takes it. */
export type Selector =
  | { readonly kind: 'grant'; readonly id: string }
  | { readonly kind: 'certificate'; readonly thumbprint: string }
  | { readonly kind: 'identity'; readonly subject: string; readonly trustAnchor: string }
  | { readonly kind: 'trustAnchor'; readonly trustAnchor: string }

/** Adds the options of {@link SelectorOptions}; a single grant is left out where it cannot be meant. */
export function addSelectorOptions(command: Command, grants: 'with-grant' | 'without-grant'): Command {
  const selecting = command.optionsGroup('Whose:')
  if (grants === 'with-grant') selecting.option('--grant <jti>', 'one access token, by its jti')
  return selecting
    .addOption(
      new Option('--certificate <file>', 'what a certificate got: its file, or its base64url SHA-256'),
    )
    .option('--identity <sub>', 'what a subject got; with --trust-anchor')
    .option('--trust-anchor <id>', 'what came in under a trust anchor; alone, all of it')
}

/**
 * What the options select; undefined where they select nothing.
 *
 * @throws {CommandError} exit 2 where they select two things at once, exit 3 where the certificate cannot be read
 */
export async function readSelector(options: SelectorOptions): Promise<Selector | undefined> {
  const { grant, certificate, identity, trustAnchor } = options
  const named = [
    ...(grant === undefined ? [] : ['--grant']),
    ...(certificate === undefined ? [] : ['--certificate']),
    ...(identity === undefined && trustAnchor === undefined
      ? []
      : [identity === undefined ? '--trust-anchor' : '--identity']),
  ]
  if (named.length > 1) {
    throw usageError(`${named.join(' and ')} select different things`, 'give one of them')
  }
  if (grant !== undefined) return { kind: 'grant', id: grant }
  if (certificate !== undefined) return { kind: 'certificate', thumbprint: await readThumbprint(certificate) }
  if (identity !== undefined) {
    if (trustAnchor !== undefined) return { kind: 'identity', subject: identity, trustAnchor }
    throw usageError(
      '--identity: a name means something under one trust anchor alone',
      'add: --trust-anchor ID',
    )
  }
  return trustAnchor === undefined ? undefined : { kind: 'trustAnchor', trustAnchor }
}

/** The thumbprint that is given, or that of the first certificate of a file. */
export async function readThumbprint(given: string): Promise<string> {
  if (THUMBPRINT.test(given)) return given
  const [certificate] = await loadCertificates(given)
  if (certificate === undefined) throw new CommandError(3, `${given}: no certificate`)
  return createHash('sha256').update(certificate.der).digest('base64url')
}

/** The selector as a query has it. */
export function toQuery(selector: Selector | undefined): {
  readonly id?: string
  readonly certificate?: string
  readonly identity?: string
  readonly trustAnchor?: string
} {
  switch (selector?.kind) {
    case undefined:
      return {}
    case 'grant':
      return { id: selector.id }
    case 'certificate':
      return { certificate: selector.thumbprint }
    case 'identity':
      return { identity: selector.subject, trustAnchor: selector.trustAnchor }
    case 'trustAnchor':
      return { trustAnchor: selector.trustAnchor }
  }
}

/** The selector in words. */
export function selectorText(selector: Selector): string {
  switch (selector.kind) {
    case 'grant':
      return `the grant ${selector.id}`
    case 'certificate':
      return `the certificate ${selector.thumbprint}`
    case 'identity':
      return `${selector.subject} under ${selector.trustAnchor}`
    case 'trustAnchor':
      return `everybody under ${selector.trustAnchor}`
  }
}

// A file of that name would have to be given as ./NAME.
const THUMBPRINT = /^[\w-]{43}$/u
