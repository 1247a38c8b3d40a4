// For how long an answer holds, from what was looked at for it.

import { describe, expect, test } from 'vitest'
import { createTestCa } from '../testing/test-ca.ts'
import { Horizon } from './horizon.ts'

const AT = new Date('2026-06-01T12:00:00Z')
const NOW = AT.getTime()
const ALWAYS = { from: Number.NEGATIVE_INFINITY, until: Number.POSITIVE_INFINITY }

function after(...spans: readonly { readonly from: number; readonly until: number }[]): object {
  const horizon = new Horizon({ at: AT })
  for (const span of spans) horizon.note(span)
  return { from: horizon.from, until: horizon.until }
}

describe('an answer', () => {
  test('that rests on nothing with an end holds for ever', () => {
    expect(after()).toEqual(ALWAYS)
    expect(after(ALWAYS)).toEqual(ALWAYS)
  })

  test('holds while all that counted counts', () => {
    const first = { from: NOW - 20, until: NOW + 10 }
    expect(after(first)).toEqual(first)
    expect(after(first, { from: NOW - 10, until: NOW + 20 })).toEqual({ from: NOW - 10, until: NOW + 10 })
    expect(after({ from: NOW, until: NOW })).toEqual({ from: NOW, until: NOW })
  })

  test('holds until something begins to count, to the millisecond', () => {
    expect(after({ from: NOW + 1, until: NOW + 9 })).toEqual({ ...ALWAYS, until: NOW })
    expect(after({ from: NOW + 2, until: NOW + 9 })).toEqual({ ...ALWAYS, until: NOW + 1 })
  })

  test('did not hold while something counted that has run out', () => {
    expect(after({ from: NOW - 9, until: NOW - 1 })).toEqual({ ...ALWAYS, from: NOW })
    expect(after({ from: NOW - 9, until: NOW - 2 })).toEqual({ ...ALWAYS, from: NOW - 1 })
  })

  test('holds as long as the certificates that it rests on', async () => {
    const root = await createTestCa({ at: AT })
    const notBefore = new Date(NOW - 5_000)
    const notAfter = new Date(NOW + 5_000)
    const signers = [await root.issue({ notBefore }), await root.issue({ notAfter })]
    const horizon = new Horizon({ at: AT })
    horizon.noteAll(signers.map(({ certificate }) => certificate))
    expect([horizon.from, horizon.until]).toEqual([notBefore.getTime(), notAfter.getTime()])
  })
})
