// Layer: node. Long work in slices, so that verifications go on between them.

import { createHash } from 'node:crypto'
import { setImmediate as nextTurn } from 'node:timers/promises'

// LIMIT: nobody who waits for a verification notices.
const SLICE_MILLISECONDS = 5
// LIMIT: hashed in about a millisecond.
const HASH_BYTES = 1_048_576

/** Runs the steps, and lets others run whenever a slice of time is over. */
export async function inSlices<T>(steps: Generator<void, T, void>): Promise<T> {
  let began = performance.now()
  for (;;) {
    const step = steps.next()
    if (step.done === true) return step.value
    if (performance.now() - began < SLICE_MILLISECONDS) continue
    await nextTurn()
    began = performance.now()
  }
}

/** SHA-256 of the parts, one after the other. */
export async function digestOf(...parts: readonly Uint8Array[]): Promise<Buffer> {
  return await inSlices(hashInSteps(parts))
}

function* hashInSteps(parts: readonly Uint8Array[]): Generator<void, Buffer, void> {
  const hash = createHash('sha256')
  for (const part of parts) {
    for (let offset = 0; offset < part.length; offset += HASH_BYTES) {
      hash.update(part.subarray(offset, offset + HASH_BYTES))
      yield
    }
  }
  return hash.digest()
}
