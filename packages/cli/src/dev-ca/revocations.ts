// CLI: what a development CA has revoked: one line of JSON for each act, oldest first, beside the index; and the numbers of
// the lists that it has published.

import { join } from 'node:path'
import { CommandError } from '../failure.ts'
import { addLine, readText } from './index-file.ts'

export const REVOCATIONS_FILE = 'revocations.jsonl'

/** The reasons that can be given, by their names in RFC 5280 §5.3.1. */
export const REASONS = [
  'unspecified',
  'keyCompromise',
  'cACompromise',
  'affiliationChanged',
  'superseded',
  'cessationOfOperation',
  'certificateHold',
  'removeFromCRL',
  'privilegeWithdrawn',
  'aACompromise',
] as const
export type RevocationReason = (typeof REASONS)[number]

/** One act: a certificate is revoked, put on hold, or taken off a hold (`removeFromCRL`). */
export interface Revocation {
  /** Hexadecimal, lower case: content octets of the INTEGER. */
  readonly serial: string
  /** RFC 4514 text of the certificate's issuer. */
  readonly issuer: string
  readonly reason: RevocationReason
  /** ISO 8601, UTC, whole seconds. */
  readonly revokedAt: string
}

/** A list that was published. */
export interface Published {
  readonly issuer: string
  /** CRLNumber. */
  readonly list: number
  /** Of a delta: the number of the list that it continues. */
  readonly base?: number
  /** How many acts there were. */
  readonly acts: number
}

/** All that is known of what a CA revoked and published. */
export interface RevocationLog {
  readonly acts: readonly Revocation[]
  readonly published: readonly Published[]
}

/** Reads a CA's file; nothing where there is none. */
export async function readRevocations(folder: string): Promise<RevocationLog> {
  const path = join(folder, REVOCATIONS_FILE)
  const lines = ((await readText(path)) ?? '').split('\n')
  const acts: Revocation[] = []
  const published: Published[] = []
  for (const [index, line] of lines.entries()) {
    if (line === '') continue
    const value = parseLine(line)
    if (isRevocation(value)) acts.push(value)
    else if (isPublished(value)) published.push(value)
    else {
      throw new CommandError(3, `${path}: line ${index + 1}: neither a revocation nor a published list`, [
        'the file was changed by hand or damaged; each line is one JSON object',
      ])
    }
  }
  return { acts, published }
}

/** Adds an act, or that a list was published. */
export async function addRevocation(folder: string, line: Revocation | Published): Promise<void> {
  await addLine(join(folder, REVOCATIONS_FILE), line)
}

/** What was done last about a certificate; undefined where nothing was. */
export function lastActOn(
  { serial, issuer }: Pick<Revocation, 'serial' | 'issuer'>,
  acts: readonly Revocation[],
): Revocation | undefined {
  return acts.findLast((act) => act.serial === serial && act.issuer === issuer)
}

/** The certificates of an issuer that are revoked or on hold after all acts, each by its last one. */
export function revokedBy(issuer: string, acts: readonly Revocation[]): readonly Revocation[] {
  return [...lastActs(issuer, acts).values()].filter(({ reason }) => reason !== 'removeFromCRL')
}

/** What has changed about the certificates of an issuer since so many acts: what a delta says. */
export function changedBy(issuer: string, acts: readonly Revocation[], since: number): readonly Revocation[] {
  const before = lastActs(issuer, acts.slice(0, since))
  return [...lastActs(issuer, acts).values()].filter((act) => before.get(act.serial) !== act)
}

function lastActs(issuer: string, acts: readonly Revocation[]): ReadonlyMap<string, Revocation> {
  return new Map(acts.filter((act) => act.issuer === issuer).map((act) => [act.serial, act]))
}

function parseLine(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}

function isRevocation(value: unknown): value is Revocation {
  if (typeof value !== 'object' || value === null) return false
  const fields = new Map<string, unknown>(Object.entries(value))
  const reason = fields.get('reason')
  return (
    /^([\da-f]{2})+$/u.test(String(fields.get('serial'))) &&
    typeof fields.get('issuer') === 'string' &&
    REASONS.some((known) => known === reason) &&
    Number.isFinite(Date.parse(String(fields.get('revokedAt'))))
  )
}

function isPublished(value: unknown): value is Published {
  if (typeof value !== 'object' || value === null) return false
  const fields = new Map<string, unknown>(Object.entries(value))
  const isNumber = (name: string): boolean => Number.isSafeInteger(fields.get(name))
  return (
    typeof fields.get('issuer') === 'string' &&
    isNumber('list') &&
    isNumber('acts') &&
    (fields.get('base') === undefined || isNumber('base'))
  )
}
