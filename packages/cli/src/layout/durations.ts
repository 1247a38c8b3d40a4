// CLI: spans of time in words, in at most two units, rounded down: what is said to be left is left.

/** A number of milliseconds as `2 min 10 s`, `3 d 4 h`, `1 y 20 d`. */
export function formatDuration(milliseconds: number): string {
  let seconds = Math.floor(Math.abs(milliseconds) / 1000)
  const parts: string[] = []
  for (const [name, size] of UNITS) {
    const count = Math.floor(seconds / size)
    seconds -= count * size
    if (count > 0) parts.push(`${count} ${name}`)
    // The unit right below the largest is the last that says anything.
    if (parts.length === 2 || (parts.length === 1 && count === 0)) break
  }
  return parts.length === 0 ? 'less than 1 s' : parts.join(' ')
}

/** `in 5 min`, `3 d ago`. */
export function formatDistance(instant: Date, now: Date): string {
  const distance = instant.getTime() - now.getTime()
  if (distance === 0) return 'now'
  return distance > 0 ? `in ${formatDuration(distance)}` : `${formatDuration(distance)} ago`
}

/** What the dates of a certificate mean now. */
export function formatValidity(notBefore: Date, notAfter: Date, now: Date): string {
  if (now.getTime() < notBefore.getTime()) return `not valid yet, starts ${formatDistance(notBefore, now)}`
  if (now.getTime() > notAfter.getTime()) return `expired ${formatDistance(notAfter, now)}`
  return `expires ${formatDistance(notAfter, now)}`
}

// A year has 365 days here: certificates count in days.
const UNITS = [
  ['y', 31_536_000],
  ['d', 86_400],
  ['h', 3_600],
  ['min', 60],
  ['s', 1],
] as const
