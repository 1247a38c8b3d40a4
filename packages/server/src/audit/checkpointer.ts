// Server: signs a checkpoint whenever the audit log has grown, by a timer, on drain and on stop.

import type { KeyRing } from '../keys/contract.ts'
import type { Log } from '../service.ts'
import type { Stores } from '../stores/contract.ts'
import { makeCheckpoint } from './checkpoint.ts'

/** What a checkpointer needs. */
export interface CheckpointerOptions {
  readonly stores: { readonly audit: Pick<Stores['audit'], 'head' | 'addCheckpoint'> }
  readonly keys: Pick<KeyRing, 'signCheckpoint'>
  /** Now, of the guarded clock: while it throws, no checkpoint is made. */
  readonly clock: () => Date
  readonly log: Log
}

/** Makes checkpoints. */
export interface Checkpointer {
  /**
   * Signs the log's end and stores the checkpoint, where it has moved since the last one. Never throws: what fails is
   * logged and tried again by the next tick. When it resolves, all that was durable when it was called is covered, or
   * the failure is in the log.
   */
  readonly tick: () => Promise<void>
}

/**
 * A checkpointer. Each checkpoint's place and hash also go to the service's log: where that is shipped elsewhere, it
 * bears witness against a store whose records and checkpoints were all replaced.
 */
export function createCheckpointer(options: CheckpointerOptions): Checkpointer {
  const { stores, keys, clock, log } = options
  let covered: string | undefined
  let queue: Promise<void> = Promise.resolve()
  let waiting: Promise<void> | undefined

  return {
    tick: () => {
      // One that waits has not looked at the end yet, so it serves all who come meanwhile; one that runs does not.
      waiting ??= queue = queue.then(() => {
        waiting = undefined
        return cover()
      })
      return waiting
    },
  }

  async function cover(): Promise<void> {
    try {
      const head = await stores.audit.head()
      if (head === undefined || head.hash === covered) return
      await stores.audit.addCheckpoint(makeCheckpoint(head, clock(), keys.signCheckpoint))
      covered = head.hash
      const { run, position, hash } = head
      log.info({ run, position, hash }, 'audit log signed')
    } catch (error) {
      log.warn({ err: error }, 'the audit log could not be signed; it is tried again')
    }
  }
}
