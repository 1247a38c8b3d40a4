// Server: the audit log as lines of JSON, with a checkpoint signed at the end, for whoever keeps it elsewhere or reads it
// with other tools. verify.ts takes these lines.

import type { KeyRing } from '../keys/contract.ts'
import { ServiceError } from '../service-error.ts'
import type { Stores } from '../stores/contract.ts'
import { canonicalJson } from './canonical.ts'
import { encodeLine } from './chain.ts'
import { makeCheckpoint } from './checkpoint.ts'

/** What an export needs. */
export interface ExportAuditOptions {
  readonly stores: { readonly audit: Pick<Stores['audit'], 'head' | 'read'> }
  readonly keys: Pick<KeyRing, 'signCheckpoint'>
  readonly clock: () => Date
  /** The position after which to begin; default 0, the whole log. */
  readonly after?: number
  /** Records read at a time, 1 to 10,000; default 1,000. */
  readonly pageSize?: number
}

/**
 * Lines without their ends: the records in order up to the end as it was when the export began, then
 * `{"checkpoint":"…"}`.
 *
 * The checkpoint speaks of the end that the store's writer knows of, not of what was read: had the records been changed
 * below the service, the export would not verify against it. **Not checked** here: the chain.
 *
 * @throws {ServiceError} what the store, the keys or the clock throw; ERR_SERVICE_STORE where the log ends too early
 */
export async function* exportAudit(options: ExportAuditOptions): AsyncGenerator<string, void, undefined> {
  const { stores, keys, clock, pageSize = 1_000 } = options
  const head = await stores.audit.head()
  if (head === undefined) return
  let position = options.after ?? 0
  while (position < head.position) {
    const limit = Math.min(pageSize, head.position - position)
    const page = await stores.audit.read({ after: position, limit })
    const end = page.at(-1)?.position ?? position
    if (end <= position) {
      throw new ServiceError('ERR_SERVICE_STORE', 'the audit log ends before the end that was written', {
        details: { expected: head.position, found: position },
      })
    }
    for (const record of page) {
      if (record.position <= head.position) yield encodeLine(record)
    }
    position = end
  }
  const checkpoint = makeCheckpoint(head, clock(), keys.signCheckpoint)
  yield canonicalJson({ checkpoint })
}
