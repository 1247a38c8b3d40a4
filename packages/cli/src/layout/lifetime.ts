// CLI: the lifetime of a token as a bar with the present on it. What the bar shows stands beside it in words, too.

import type { Style } from '../context.ts'
import { formatDistance, formatDuration } from './durations.ts'
import { padTo, widthOf, wrapTo } from './width.ts'

/** What the bar is drawn from. */
export interface Lifetime {
  readonly issuedAt: Date
  readonly expiresAt: Date
  readonly notBefore?: Date
  readonly now: Date
  /** By how much a verifier lets a token be early and late; nothing is drawn without. */
  readonly tolerance?: { readonly futureSeconds: number; readonly expirySeconds: number }
}

/** Claims as they were found in a token; undefined where they are no lifetime to draw. */
export function lifetimeOf(
  claims: Readonly<Record<string, unknown>>,
  now: Date,
  tolerance?: Lifetime['tolerance'],
): Lifetime | undefined {
  const issuedAt = dateOf(claims['iat'])
  const expiresAt = dateOf(claims['exp'])
  if (issuedAt === undefined || expiresAt === undefined || expiresAt <= issuedAt) return undefined
  const notBefore = dateOf(claims['nbf'])
  return {
    issuedAt,
    expiresAt,
    now,
    ...(notBefore === undefined ? {} : { notBefore }),
    ...(tolerance === undefined ? {} : { tolerance }),
  }
}

/**
 * The names of the ends, the bar, and the present in words under its place.
 *
 *   iat                       exp   +60 s
 *   ├━━━━━━━━━─────────────────┤╌╌╌╌
 *            ▲ now: 2 min 40 s left of 5 min
 */
export function formatLifetime(lifetime: Lifetime, columns: number, style: Style): readonly string[] {
  const axis = axisOf(lifetime, columns)
  const start = axis.at(lifetime.issuedAt)
  const end = Math.max(start + 1, axis.at(lifetime.expiresAt))
  const valid = lifetime.notBefore === undefined ? start : axis.at(lifetime.notBefore)
  const now = axis.at(lifetime.now)
  const cells = Array.from({ length: columns }, (_, column) => {
    if (column === axis.brokenAt) return '╱'
    if (column < axis.at(axis.from) || column > axis.at(axis.until)) return ' '
    if (column === start) return '├'
    if (column === end) return '┤'
    if (column === valid && column > start && column < end) return '┼'
    if (column < start || column > end) return '╌'
    if (column < valid) return '·'
    return column <= now ? '━' : '─'
  })
  const bar = cells.join('').trimEnd()
  return [
    namesOf(lifetime, { start, valid, end }, columns),
    lifetime.now >= lifetime.issuedAt && lifetime.now < lifetime.expiresAt ? style.good(bar) : style.bad(bar),
    ...presentOf(lifetime, now, columns),
  ].map((line) => line.trimEnd())
}

interface Axis {
  readonly at: (instant: Date) => number
  /** The first and the last instant that a verifier might accept. */
  readonly from: Date
  readonly until: Date
  /** Where the axis leaves out a long time; below zero where it leaves out none. */
  readonly brokenAt: number
}

function axisOf({ issuedAt, expiresAt, notBefore, now, tolerance }: Lifetime, columns: number): Axis {
  const early = (tolerance?.futureSeconds ?? 0) * 1000
  const late = (tolerance?.expirySeconds ?? 0) * 1000
  const from = Math.min(issuedAt.getTime(), notBefore?.getTime() ?? Number.POSITIVE_INFINITY) - early
  const until = Math.max(expiresAt.getTime() + late, notBefore?.getTime() ?? 0)
  const span = until - from
  const present = now.getTime()
  const isFar = present < from - span || present > until + span
  const lowest = isFar ? from : Math.min(from, present)
  const highest = isFar ? until : Math.max(until, present)
  // Where the present is far away, three columns at that side are kept for it and for the break.
  const offset = isFar && present < from ? FAR_COLUMNS : 0
  const room = columns - 1 - (isFar ? FAR_COLUMNS : 0)
  const at = (instant: Date): number => {
    const time = instant.getTime()
    if (isFar && time === present) return present < from ? 0 : columns - 1
    return offset + Math.round(((time - lowest) / (highest - lowest)) * room)
  }
  const brokenAt = isFar ? (present < from ? 1 : columns - 2) : -1
  return { at, from: new Date(from), until: new Date(until), brokenAt }
}

const FAR_COLUMNS = 3

// Each name over its tick where there is room; nbf gives way first, then iat moves to the left.
function namesOf(
  { tolerance, notBefore }: Lifetime,
  { start, valid, end }: { readonly start: number; readonly valid: number; readonly end: number },
  columns: number,
): string {
  const late = tolerance === undefined ? 'exp' : `exp +${tolerance.expirySeconds} s`
  const latePlace = Math.min(end, columns - late.length)
  const line = `${' '.repeat(Math.max(0, Math.min(start, latePlace - NAME_ROOM)))}iat`
  const hasRoom = notBefore !== undefined && valid > line.length && valid + NAME_ROOM <= latePlace
  return `${padTo(hasRoom ? `${padTo(line, valid)}nbf` : line, latePlace)}${late}`
}

const NAME_ROOM = 4

function presentOf(lifetime: Lifetime, now: number, columns: number): readonly string[] {
  const words = `now: ${lifetimeInWords(lifetime)}`
  const behind = `${' '.repeat(now)}▲ ${words}`
  if (widthOf(behind) <= columns) return [behind]
  const before = `${words} ▲`
  if (widthOf(before) <= now + 1) return [`${' '.repeat(now + 1 - widthOf(before))}${before}`]
  return [`${' '.repeat(now)}▲`, ...wrapTo(words, columns)]
}

/** Where the present lies, in words. */
export function lifetimeInWords({ issuedAt, expiresAt, notBefore, now, tolerance }: Lifetime): string {
  // Lifetimes are given in whole seconds, but iat has a fraction: 299.4 s of the clock are 300 s of a lifetime.
  const whole = formatDuration(Math.ceil((expiresAt.getTime() - issuedAt.getTime()) / 1000) * 1000)
  const time = now.getTime()
  if (time >= expiresAt.getTime()) {
    const isTolerated = time < expiresAt.getTime() + (tolerance?.expirySeconds ?? 0) * 1000
    return `expired ${formatDistance(expiresAt, now)}${isTolerated ? ', within the tolerance' : ''}`
  }
  const first = new Date(Math.max(issuedAt.getTime(), notBefore?.getTime() ?? 0))
  if (time < first.getTime()) {
    const isTolerated = time >= first.getTime() - (tolerance?.futureSeconds ?? 0) * 1000
    return `begins ${formatDistance(first, now)}${isTolerated ? ', within the tolerance' : ''}`
  }
  return `${formatDuration(expiresAt.getTime() - time)} left of ${whole}`
}

// What Date can hold, so that no forged number makes an invalid one.
function dateOf(value: unknown): Date | undefined {
  return typeof value === 'number' && value >= 0 && value <= 8.64e12 ? new Date(value * 1000) : undefined
}
