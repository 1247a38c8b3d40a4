// Server: requests that were refused before anybody's signature verified. Anyone can cause them, so they cost next to
// nothing: they are counted by code, a few a minute are written out, and the rest only as counts.

import { escapeText } from 'ingam'
import type { Log, Metrics, RefusalLog } from '../service.ts'
import type { Stores } from '../stores/contract.ts'
import type { AuditEvent } from './record.ts'

/** What a refusal log needs. */
export interface RefusalLogOptions {
  readonly stores: Pick<Stores, 'commit'>
  readonly clock: () => Date
  readonly log: Log
  /** Counts each refusal too, where given. */
  readonly metrics?: Pick<Metrics, 'refused'>
  /** How many a minute are written out in full; 0 for none. */
  readonly perMinute: number
}

// LIMIT: the service and the library have fewer codes than this; what comes beyond is counted as `other`.
const MAX_CODES = 256
const MINUTE = 60_000

/**
 * A refusal log. `flush` is called once a minute and at the end: it writes the samples and one `refusals.counted` record
 * in one unit of work. Where that fails, the counts are kept and go with the next flush; a unit whose outcome is unknown
 * may be counted twice. `flush` never throws.
 */
export function createRefusalLog(options: RefusalLogOptions): RefusalLog {
  const { stores, clock, log, metrics, perMinute } = options
  const counts = new Map<string, number>()
  let samples: AuditEvent[] = []
  /** Since when `sampled` counts, and since when `counts` do. */
  let minute = Number.NEGATIVE_INFINITY
  let since: number | undefined
  let sampled = 0
  let flushing: Promise<void> | undefined

  return {
    early: ({ code, requestId, address }) => {
      metrics?.refused(code)
      const known = counts.has(code) || counts.size < MAX_CODES ? code : 'other'
      counts.set(known, (counts.get(known) ?? 0) + 1)
      const at = now()
      if (at === undefined) return
      since ??= at
      // Also where the clock was set back: else nothing would be sampled until it is there again.
      if (at >= minute + MINUTE || at < minute) {
        minute = at
        sampled = 0
      }
      if (sampled >= perMinute || samples.length >= perMinute) return
      sampled += 1
      const details = { code: escapeText(code, 64), address: escapeText(address, 64), early: true }
      samples.push({ type: 'token.refused', at, requestId, details })
    },
    flush: () => {
      flushing ??= flush().finally(() => {
        flushing = undefined
      })
      return flushing
    },
  }

  async function flush(): Promise<void> {
    const at = now()
    if (at === undefined || counts.size === 0) return
    const counted = new Map(counts)
    const written = samples
    const from = since
    const details = {
      since: new Date(from ?? at).toISOString(),
      counts: Object.fromEntries([...counted].map(([code, count]) => [escapeText(code, 64), count])),
      sampled: written.length,
    }
    // What comes while this is written belongs to the next one.
    samples = []
    since = undefined
    try {
      const audit: AuditEvent[] = [...written, { type: 'refusals.counted', at, actor: 'service', details }]
      await stores.commit({ audit })
      for (const [code, count] of counted) {
        const rest = (counts.get(code) ?? 0) - count
        if (rest > 0) counts.set(code, rest)
        else counts.delete(code)
      }
    } catch (error) {
      samples = [...written, ...samples].slice(0, perMinute)
      since = from ?? since
      log.warn({ err: error }, 'counts of refusals could not be written; they are kept')
    }
  }

  /** Undefined while the clock cannot be relied on: a refusal is counted all the same. */
  function now(): number | undefined {
    try {
      return clock().getTime()
    } catch {
      // Told of by the clock's own health.
      return undefined
    }
  }
}
