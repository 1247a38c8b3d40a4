// CLI: the clock of `--at`: an instant in ISO 8601 with its offset, or an offset from now.

import { type Context, say } from './context.ts'
import { usageError } from './failure.ts'

/** The context with the clock that `--at` names, said on stderr; the same context where it names none. */
export function atClock(context: Context, at: string | undefined): Context {
  if (at === undefined || at === 'now') return context
  const instant = parseInstant('--at', at, context.now())
  say(context, 'note', `another clock is used: ${instant.toISOString()} (--at)`)
  const shift = readShift(at)
  if (shift === undefined) return { ...context, now: () => new Date(instant) }
  return { ...context, now: () => new Date(context.now().getTime() + shift) }
}

/** The instant that an option's value names. */
export function parseInstant(option: string, text: string, now: Date): Date {
  if (text === 'now') return now
  const shift = readShift(text)
  const instant = shift === undefined ? readInstant(text) : new Date(now.getTime() + shift)
  if (instant === undefined || Number.isNaN(instant.getTime())) {
    throw usageError(
      `${option}: expected an instant with its offset, or an offset from now`,
      `for example: ${option} 2026-06-01T12:00:00Z, ${option} 2026-06-01T14:00+02:00, ${option} -2h, ${option} +5m (s, m, h, d)`,
    )
  }
  return instant
}

/** Milliseconds of `+5m`, `-2h`; undefined where the text is none. */
function readShift(text: string): number | undefined {
  const {
    sign,
    count,
    unit = '',
  } = /^(?<sign>[+-])(?<count>\d{1,6})(?<unit>[smhd])$/u.exec(text)?.groups ?? {}
  const seconds = SECONDS[unit]
  if (seconds === undefined) return undefined
  return Number(count) * seconds * 1000 * (sign === '-' ? -1 : 1)
}

const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400 }

// Date.parse takes much more; a date without an offset would mean the clock of this machine's place.
function readInstant(text: string): Date | undefined {
  const parts =
    /^(?<day>\d{4}-\d\d-\d\d)T(?<time>\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?)(?<offset>Z|[+-]\d\d:\d\d)$/u.exec(
      text,
    )?.groups
  const { day = '', time = '', offset = '' } = parts ?? {}
  // A day that does not exist, such as February 30, is not the one it rolls over to.
  const midnight = new Date(`${day}T00:00Z`)
  const isDay = !Number.isNaN(midnight.getTime()) && midnight.toISOString().startsWith(day)
  return parts === undefined || !isDay || time.startsWith('24')
    ? undefined
    : new Date(`${day}T${time}${offset}`)
}
