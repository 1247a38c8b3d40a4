// Foreign text on its way to a terminal, a log or a page.

import { expect, test } from 'vitest'
import { escapeText, MAX_SHOWN_CHARACTERS } from './escape.ts'

test.each([
  ['NUL', '\0', '\\u{0}'],
  ['escape', '\u001b[2J', '\\u{1b}[2J'],
  ['carriage return', '\r', '\\u{d}'],
  ['delete', '\u007f', '\\u{7f}'],
  ['C1 control', '\u009b', '\\u{9b}'],
  ['right-to-left override', '\u202e', '\\u{202e}'],
  ['isolate', '\u2066', '\\u{2066}'],
  ['zero-width space', '\u200b', '\\u{200b}'],
  ['byte order mark', '\ufeff', '\\u{feff}'],
  ['soft hyphen', '\u00ad', '\\u{ad}'],
  ['line separator', '\u2028', '\\u{2028}'],
  ['paragraph separator', '\u2029', '\\u{2029}'],
  ['lone surrogate', '\ud800', '\\u{d800}'],
  ['private use', '\ue000', '\\u{e000}'],
  ['unassigned', '\u0378', '\\u{378}'],
  ['tag character', '\u{e0041}', '\\u{e0041}'],
  ['Hangul filler', '\u3164', '\\u{3164}'],
  ['half-width Hangul filler', '\uffa0', '\\u{ffa0}'],
])('%s is shown by its number', (_, text, shown) => {
  expect(escapeText(`a${text}b`)).toBe(`a${shown}b`)
})

test.each([['plain ASCII ~!"'], ['인감'], ['Ä é ß'], ['日本'], ['😀'], ['\\u{1b}']])('%s stays', (text) => {
  expect(escapeText(text)).toBe(text)
})

test('text at the limit stays whole, beyond it is cut and says so', () => {
  const whole = 'a'.repeat(MAX_SHOWN_CHARACTERS)
  expect(escapeText(whole)).toBe(whole)
  expect(escapeText(`${whole}a`)).toBe(`${whole}…(241 characters)`)
  expect(escapeText('abc', 3)).toBe('abc')
  expect(escapeText('abcd', 3)).toBe('abc…(4 characters)')
})

test('a pair cut in two leaves no half behind', () => {
  expect(escapeText('ab😀', 3)).toBe('ab\\u{d83d}…(4 characters)')
})
