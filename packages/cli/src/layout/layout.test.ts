// Columns, wrapping, rows, spans of time and bars.

import { describe, expect, test } from 'vitest'
import { formatDistance, formatDuration, formatValidity } from './durations.ts'
import { formatLifetime, type Lifetime, lifetimeInWords, lifetimeOf } from './lifetime.ts'
import { roomOf } from './room.ts'
import { formatRows } from './rows.ts'
import { cutTo, padTo, widthOf, wrapTo } from './width.ts'

const plain = (text: string): string => text
const STYLE = { good: plain, bad: plain, faint: plain, strong: plain }
const PIPE = { columns: 80, limit: Number.POSITIVE_INFINITY }

describe('columns', () => {
  test.each([
    ['', 0],
    ['abc', 3],
    ['인감', 4],
    ['日本語', 6],
    ['ｱｲｳ', 3],
    ['ＡＢ', 4],
    ['e\u0301', 1],
    ['\u1112\u1161\u11ab', 2],
    ['가', 2],
    ['\u{1f600}', 2],
    ['\u{1f468}\u200d\u{1f469}', 2],
    ['❤\ufe0f', 2],
    ['❤', 1],
    ['├─●', 3],
    ['\u001b[31mred\u001b[39m', 3],
  ])('%j', (text, width) => {
    expect(widthOf(text)).toBe(width)
  })

  test('texts are padded and cut by columns, not by characters', () => {
    expect(padTo('인감', 6)).toBe('인감  ')
    expect(cutTo('인감증명', 8)).toBe('인감증명')
    expect(cutTo('인감증명', 7)).toBe('인감증…')
    expect(cutTo('인감증명', 6)).toBe('인감…')
    expect(cutTo('abc', 3)).toBe('abc')
    expect(cutTo('abcd', 3)).toBe('ab…')
  })

  test.each([
    ['a b c', 5, ['a b c']],
    ['one two three', 8, ['one two', 'three']],
    ['one two three', 7, ['one two', 'three']],
    ['onetwothree', 4, ['onet', 'woth', 'ree']],
    ['인감증명', 5, ['인감', '증명']],
    ['a verylongword', 8, ['a verylo', 'ngword']],
    ['abc', Number.POSITIVE_INFINITY, ['abc']],
  ])('%j in %d', (text, limit, lines) => {
    expect(wrapTo(text, limit)).toEqual(lines)
  })

  test('a combining mark stays with its letter', () => {
    expect(wrapTo('e\u0301e\u0301e\u0301', 2)).toEqual(['e\u0301e\u0301', 'e\u0301'])
  })
})

describe('room', () => {
  const context = {
    stdout: { write: () => {} },
    stderr: { write: () => {} },
    stdin: (async function* () {})(),
    env: {},
    now: () => new Date(),
  }
  const isTTY = { stdin: true, stdout: true, stderr: true }

  test('is that of the terminal; 80 where it does not say; a pipe has no end', () => {
    expect(roomOf({ ...context, isTTY, columns: 60 })).toEqual({ columns: 60, limit: 60 })
    expect(roomOf({ ...context, isTTY })).toEqual({ columns: 80, limit: 80 })
    expect(roomOf({ ...context, isTTY, columns: 3 })).toEqual({ columns: 24, limit: 24 })
    expect(roomOf({ ...context, isTTY: { ...isTTY, stdout: false }, columns: 60 })).toEqual(PIPE)
  })
})

describe('rows', () => {
  test('are padded to one width and cut nowhere in a pipe', () => {
    const long = 'x'.repeat(200)
    expect(
      formatRows(
        [
          ['a', '1'],
          ['이름', long],
        ],
        PIPE,
        ' ',
      ),
    ).toBe(` a     1\n 이름  ${long}`)
  })

  test('go on below themselves in a terminal, each line painted', () => {
    const rows = formatRows([['name', 'one two three', (text) => `<${text}>`]], { columns: 14, limit: 14 })
    expect(rows).toBe('name  <one two>\n      <three>')
  })

  test('long names leave room for their values', () => {
    const lines = formatRows([['a name that is long', 'a value']], { columns: 30, limit: 30 }).split('\n')
    expect(lines).toEqual(['a name      a value', 'that is', 'long'])
  })
})

describe('spans of time', () => {
  test.each([
    [0, 'less than 1 s'],
    [999, 'less than 1 s'],
    [1_000, '1 s'],
    [59_999, '59 s'],
    [60_000, '1 min'],
    [130_000, '2 min 10 s'],
    [3_600_000, '1 h'],
    [3_601_000, '1 h'],
    [90_000_000, '1 d 1 h'],
    [31_536_000_000 + 20 * 86_400_000, '1 y 20 d'],
  ])('%d ms: %s', (milliseconds, text) => {
    expect(formatDuration(milliseconds)).toBe(text)
    expect(formatDuration(-milliseconds)).toBe(text)
  })

  test('before, now, and after', () => {
    const now = new Date('2026-06-01T12:00:00Z')
    expect(formatDistance(new Date('2026-06-01T12:05:00Z'), now)).toBe('in 5 min')
    expect(formatDistance(new Date('2026-05-29T12:00:00Z'), now)).toBe('3 d ago')
    expect(formatDistance(now, now)).toBe('now')
  })

  test('a certificate is valid at both of its ends, and not beyond them', () => {
    const from = new Date('2026-06-01T12:00:00Z')
    const until = new Date('2026-06-04T12:00:00Z')
    expect(formatValidity(from, until, from)).toBe('expires in 3 d')
    expect(formatValidity(from, until, until)).toBe('expires now')
    expect(formatValidity(from, until, new Date(until.getTime() + 1_000))).toBe('expired 1 s ago')
    expect(formatValidity(from, until, new Date(from.getTime() - 1_000))).toBe('not valid yet, starts in 1 s')
  })
})

describe('lifetimes', () => {
  const issuedAt = new Date('2026-06-01T12:00:00Z')
  const expiresAt = new Date('2026-06-01T12:05:00Z')
  const at = (seconds: number): Date => new Date(issuedAt.getTime() + seconds * 1000)
  const tolerance = { futureSeconds: 5, expirySeconds: 60 }
  const draw = (lifetime: Partial<Lifetime>, columns = 41): readonly string[] =>
    formatLifetime({ issuedAt, expiresAt, now: at(150), ...lifetime }, columns, STYLE)

  test('the present in the middle', () => {
    expect(draw({}, 61)).toEqual([
      `iat${' '.repeat(55)}exp`,
      `├${'━'.repeat(30)}${'─'.repeat(29)}┤`,
      `${' '.repeat(30)}▲ now: 2 min 30 s left of 5 min`,
    ])
    expect(draw({ now: at(155) }, 61)[2]).toBe(' now: 2 min 25 s left of 5 min ▲')
    expect(draw({}, 41).slice(2)).toEqual([`${' '.repeat(20)}▲`, 'now: 2 min 30 s left of 5 min'])
  })

  test('tolerances beside it, and nbf on it', () => {
    const [names, bar] = draw({ tolerance, notBefore: at(60) }, 74)
    expect(names).toBe(` iat${' '.repeat(9)}nbf${' '.repeat(45)}exp +60 s`)
    expect(bar).toBe(`╌├${'·'.repeat(11)}┼${'━'.repeat(18)}${'─'.repeat(29)}┤${'╌'.repeat(12)}`)
  })

  test('past and still tolerated, past, and long past', () => {
    expect(draw({ now: at(330), tolerance }, 60).join('\n')).toContain(
      'now: expired 30 s ago, within the tolerance ▲',
    )
    expect(draw({ now: at(400) }, 60).join('\n')).toContain('now: expired 1 min 40 s ago ▲')
    const far = draw({ now: at(400_000) }, 60)
    expect(far[1]).toMatch(/┤ *╱$/u)
    expect(far[2]).toBe('now: expired 4 d 15 h ago ▲'.padStart(60))
  })

  test('not begun, and long before', () => {
    expect(draw({ now: at(-4), tolerance }, 60)[2]).toContain('▲ now: begins in 4 s, within the tolerance')
    expect(draw({ now: at(-100) }, 60)[2]).toBe('▲ now: begins in 1 min 40 s')
    const far = draw({ now: at(-400_000) }, 60)
    expect(far[1]).toMatch(/^ ╱ ├/u)
    expect(far[2]).toBe('▲ now: begins in 4 d 15 h')
  })

  test.each([24, 38, 58, 78, 118])(
    'no line is wider than %d columns, wherever the present lies',
    (columns) => {
      for (const seconds of [-1e9, -400, -60, -5, 0, 1, 60, 150, 299, 300, 301, 359, 360, 400, 700, 1e9]) {
        for (const notBefore of [undefined, at(-60), at(60), at(500)]) {
          const lines = draw(
            { now: at(seconds), tolerance, ...(notBefore === undefined ? {} : { notBefore }) },
            columns,
          )
          expect(Math.max(...lines.map(widthOf))).toBeLessThanOrEqual(columns)
          expect(lines.join('').match(/▲/gu)).toHaveLength(1)
          expect(lines[1]?.match(/[├┤]/gu)).toHaveLength(2)
        }
      }
    },
  )

  test('the instant of expiry has expired', () => {
    expect(lifetimeInWords({ issuedAt, expiresAt, now: expiresAt })).toBe('expired now')
    expect(lifetimeInWords({ issuedAt, expiresAt, now: at(299) })).toBe('1 s left of 5 min')
  })

  test.each([
    [{}],
    [{ iat: 1, exp: 1 }],
    [{ iat: 2, exp: 1 }],
    [{ iat: '1', exp: 2 }],
    [{ iat: 1, exp: 1e300 }],
    [{ iat: -1, exp: 5 }],
    [{ iat: Number.NaN, exp: 5 }],
  ])('claims %j are none', (claims) => {
    expect(lifetimeOf(claims, issuedAt)).toBeUndefined()
  })

  test('claims with a forged nbf are one without it', () => {
    expect(lifetimeOf({ iat: 1, exp: 2, nbf: 'x' }, issuedAt)).toEqual({
      issuedAt: new Date(1_000),
      expiresAt: new Date(2_000),
      now: issuedAt,
    })
  })
})
