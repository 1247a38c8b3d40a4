// Blocks are asked for by requests that get no token, and read from the database once for all of them: until one changes.

import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Block } from '../../../packages/server/src/stores/contract.ts'
import type { Subject } from './kit.ts'
import { NOW } from './kit-values.ts'
import { openSubject } from './support.ts'

const selector = { kind: 'trustAnchor', trustAnchor: 'corp' } as const
const block: Block = { selector, since: NOW, reason: 'lost laptop', by: 'ada' }

describe('blocks of a SQLite store', () => {
  let subject: Subject
  beforeEach(async () => {
    subject = await openSubject()
  })
  afterEach(async () => {
    await subject.dispose()
  })

  test('are the same list until one of them changes', async () => {
    const { stores } = subject
    const before = await stores.grants.blocks()
    expect(before).toEqual([])
    await stores.commit({ audit: [] })
    expect(await stores.grants.blocks()).toBe(before)
    await stores.commit({ block, audit: [] })
    expect(await stores.grants.blocks()).toEqual([block])
    await stores.commit({ unblock: selector, audit: [] })
    expect(await stores.grants.blocks()).toEqual([])
  })

  test('are those of after a block for whoever asks after it, though they were being read before it', async () => {
    const { stores } = subject
    const early = stores.grants.blocks()
    const committed = stores.commit({ block, audit: [] })
    const meanwhile = stores.grants.blocks()
    await committed
    expect(await stores.grants.blocks()).toEqual([block])
    await Promise.all([early, meanwhile])
    expect(await stores.grants.blocks()).toEqual([block])
  })

  test('are read again where a unit that changes them did not count', async () => {
    const { stores } = subject
    const before = await stores.grants.blocks()
    const policy = { text: 'version: 1', digest: 'd', appliedAt: NOW, appliedBy: 'ada', comment: '' }
    const unit = { block, policy: { expected: 7, next: policy }, audit: [] }
    expect(await stores.commit(unit)).toMatchObject({ outcome: 'conflict' })
    const after = await stores.grants.blocks()
    expect(after).toEqual([])
    expect(after).not.toBe(before)
  })
})
