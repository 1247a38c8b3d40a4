// Counting outcomes: the summary, the exit code, and progress that only a watching person sees.

import { describe, expect, test } from 'vitest'
import type { Context } from './context.ts'
import { type Outcome, startProgress, Tally } from './tally.ts'

function tallyOf(...outcomes: readonly Outcome[]): Tally {
  const tally = new Tally()
  for (const outcome of outcomes) tally.add(outcome, outcome === 'accepted' ? undefined : 'ERR_TOKEN_EXPIRED')
  return tally
}

describe('the exit code', () => {
  test.each<[number, boolean, readonly Outcome[]]>([
    [0, false, ['accepted', 'accepted']],
    [1, false, ['accepted', 'refused']],
    [1, false, ['unreadable']],
    [1, false, ['refused', 'undecided']],
    [4, false, ['accepted', 'undecided']],
    // Nothing was accepted, so it is no yes.
    [4, false, []],
    [4, true, ['accepted']],
    [1, true, ['refused']],
  ])('%d, stopped: %s, after %j', (exit, isStopped, outcomes) => {
    expect(tallyOf(...outcomes).exit(isStopped)).toBe(exit)
  })
})

describe('the summary', () => {
  test('counts outcomes, then reasons, the most frequent first', () => {
    const tally = tallyOf('accepted', 'refused', 'refused')
    tally.add('refused', 'ERR_TOKEN_REPLAYED')
    tally.add('undecided', 'ERR_TOKEN_REPLAY_FULL')
    expect(tally.summary(false)).toEqual([
      '5 tokens: 1 accepted, 3 refused, 1 undecided, 0 unreadable',
      'ERR_TOKEN_EXPIRED: 2',
      'ERR_TOKEN_REPLAYED: 1 (repeated within this run)',
      'ERR_TOKEN_REPLAY_FULL: 1',
    ])
    expect(tally.summary(true)[0]).toBe('stopped; what follows was not read')
    expect(tallyOf('accepted').counts()).toBe('1 token: 1 accepted, 0 refused, 0 undecided, 0 unreadable')
  })

  test('groups large numbers', () => {
    const tally = new Tally()
    for (let index = 0; index < 1_234; index += 1) tally.add('accepted')
    expect(tally.counts()).toContain('1,234 tokens: 1,234 accepted')
  })
})

describe('progress', () => {
  const progressOf = (changes: Partial<Context>, times: readonly number[]): string => {
    let err = ''
    const context: Context = {
      stdout: { write: () => {} },
      stderr: { write: (text) => (err += text) },
      stdin: (async function* () {})(),
      env: {},
      now: () => new Date(),
      isTTY: { stdin: false, stdout: false, stderr: true },
      columns: 80,
      ...changes,
    }
    const left = [...times]
    const progress = startProgress(context, tallyOf('accepted', 'accepted'), () => left.shift() ?? 0)
    for (let count = times.length; count > 0; count -= 1) progress.update()
    progress.end()
    return err
  }

  test('is written anew ten times a second at most, and wiped at the end', () => {
    const counts = 'ingam: 2 tokens: 2 accepted, 0 refused, 0 undecided, 0 unreadable'
    expect(progressOf({}, [0, 50, 99, 100, 150])).toBe(
      `\r\u001b[K${counts}\r\u001b[K${counts}, 20 a second\r\u001b[K`,
    )
  })

  test('never wraps', () => {
    expect(progressOf({ columns: 30 }, [0])).toContain('\r\u001b[Kingam: 2 tokens: 2 accepted,…\r')
  })

  test.each<[string, Partial<Context>]>([
    ['where stderr is no terminal', { isTTY: { stdin: false, stdout: false, stderr: false } }],
    ['where the results are on the screen', { isTTY: { stdin: false, stdout: true, stderr: true } }],
    ['on a dumb terminal', { env: { TERM: 'dumb' } }],
  ])('none %s', (_where, changes) => {
    expect(progressOf(changes, [0, 100])).toBe('')
  })
})
