// The clock of --at: instants with their offset, offsets from now, and what is refused.

import { describe, expect, test } from 'vitest'
import type { Context } from './context.ts'
import { atClock } from './instant.ts'

const NOW = new Date('2026-06-01T12:00:00Z')

function clockAt(at: string | undefined): { readonly at: string; readonly err: string } {
  let err = ''
  const context: Context = {
    stdout: { write: () => {} },
    stderr: { write: (text) => (err += text) },
    stdin: (async function* () {})(),
    env: {},
    now: () => new Date(NOW),
    isTTY: { stdin: false, stdout: false, stderr: false },
  }
  return { at: atClock(context, at).now().toISOString(), err }
}

describe('--at', () => {
  test.each([
    ['2026-06-01T11:00:00Z', '2026-06-01T11:00:00.000Z'],
    ['2026-06-01T11:00Z', '2026-06-01T11:00:00.000Z'],
    ['2026-06-01T11:00:00.25+02:00', '2026-06-01T09:00:00.250Z'],
    ['2026-06-01T11:00:00-09:30', '2026-06-01T20:30:00.000Z'],
    ['2028-02-29T00:00Z', '2028-02-29T00:00:00.000Z'],
    ['+5m', '2026-06-01T12:05:00.000Z'],
    ['-2h', '2026-06-01T10:00:00.000Z'],
    ['+30s', '2026-06-01T12:00:30.000Z'],
    ['-365d', '2025-06-01T12:00:00.000Z'],
  ])('%s', (text, expected) => {
    const { at, err } = clockAt(text)
    expect(at).toBe(expected)
    expect(err).toBe(`ingam: note: another clock is used: ${expected} (--at)\n`)
  })

  test.each([undefined, 'now'])('%s is the usual clock, and nothing is said', (text) => {
    expect(clockAt(text)).toEqual({ at: NOW.toISOString(), err: '' })
  })

  test.each([
    '',
    '2026-06-01',
    '2026-06-01T11:00:00',
    '2026-06-01 11:00:00Z',
    '2027-02-29T00:00Z',
    '2026-06-31T00:00Z',
    '2026-13-01T00:00Z',
    '2026-06-01T24:00Z',
    '2026-06-01T11:60Z',
    '2026-06-01T11:00:00.0000Z',
    '2026-06-01T11:00+2',
    '2026-06-01T11:00+25:00',
    '1780315200',
    '5m',
    '+5',
    '+5w',
    '+1.5h',
    '+1000000d',
    'tomorrow',
    'Now',
  ])('%j is refused', (text) => {
    expect(() => clockAt(text)).toThrow('--at: expected an instant with its offset')
  })

  test('beyond what a date can hold is refused', () => {
    expect(clockAt('+999999d').at).toContain('4764-')
    expect(() => clockAt('+9999999d')).toThrow('--at')
  })
})
