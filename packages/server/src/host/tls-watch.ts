// Server: follows the listener's certificate while it is renewed. What cannot be used yet, as between the writing of two
// files or before a certificate's first second, is looked at again, and told of once.

import type { ServiceConfig } from '../config/contract.ts'
import type { Log } from '../service.ts'
import { ServiceError } from '../service-error.ts'
import type { Listener } from './listener.ts'
import { describeError } from './log.ts'
import type { ServiceMetrics } from './metrics.ts'
import { loadTlsPair, type TlsPair, type TlsPairInputs, tlsPairMark } from './tls-pair.ts'

/** What {@link watchTlsPair} takes. */
export interface TlsWatchOptions {
  readonly tls: NonNullable<ServiceConfig['listen']['tls']>
  /** The pair that is shown now. */
  readonly pair: TlsPair
  readonly listener: Pick<Listener, 'setPair'>
  readonly inputs: Omit<TlsPairInputs, 'now'>
  readonly wall: () => Date
  readonly log: Log
  readonly metrics: Pick<ServiceMetrics, 'tlsReload'>
}

/** A watch over the pair. */
export interface TlsWatch {
  /** Looks whether the files have changed, and takes them over where they fit. Never rejects. */
  readonly look: () => Promise<void>
  /** Takes the files over where they fit, changed or not. Never rejects. */
  readonly reload: () => Promise<void>
  /** When the pair that is shown expires, in seconds since 1970 UTC. */
  readonly notAfter: () => number
}

/** Follows the files of the pair. */
export function watchTlsPair(options: TlsWatchOptions): TlsWatch {
  const { tls, listener, inputs, wall, log, metrics } = options
  let shown = options.pair
  // Unknown at first: the files may have changed since the pair was read, while the rest of the service started.
  let mark: string | undefined
  /** What was told last of files that cannot be used; undefined where they are those that are shown. */
  let refused: string | undefined

  async function reload(): Promise<void> {
    try {
      const next = await loadTlsPair(tls, { ...inputs, now: wall() })
      refused = undefined
      if (next.cert === shown.cert && next.key === shown.key) return
      listener.setPair(next)
      shown = next
      metrics.tlsReload('taken')
      log.info(
        { fingerprint: next.fingerprint, notAfter: next.notAfter.toISOString() },
        'new server certificate',
      )
    } catch (error) {
      const said = `${mark} ${error instanceof ServiceError ? error.code : ''}`
      if (said === refused) return
      refused = said
      metrics.tlsReload('refused')
      const reason =
        error instanceof ServiceError ? { code: error.code, reason: error.message } : describeError(error)
      log.error(
        { ...reason, notAfter: shown.notAfter.toISOString() },
        'the new server certificate is not used',
      )
    }
  }

  return Object.freeze<TlsWatch>({
    notAfter: () => Math.floor(shown.notAfter.getTime() / 1000),
    async look() {
      // Taken before the files are read: a change meanwhile is seen at the next look.
      const current = await tlsPairMark(tls)
      if (current === mark && refused === undefined) return
      mark = current
      await reload()
    },
    async reload() {
      mark = await tlsPairMark(tls)
      refused = undefined
      await reload()
    },
  })
}
