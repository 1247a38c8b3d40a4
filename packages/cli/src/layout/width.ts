// CLI: how many columns text takes in a terminal, and fitting it to a width: wrapped, or cut with an ellipsis.

import { stripVTControlCharacters } from 'node:util'

/** Columns that the text takes; colours take none, wide characters two, combining marks none. */
export function widthOf(text: string): number {
  const shown = stripVTControlCharacters(text)
  if (/^[\x20-\x7e]*$/u.test(shown)) return shown.length
  let width = 0
  for (const { segment } of segmenter.segment(shown)) width += widthOfCluster(segment)
  return width
}

/** The text, padded with spaces to a width. */
export function padTo(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - widthOf(text)))
}

/** The text on one line of at most so many columns, its end replaced with `…` where it is longer. */
export function cutTo(text: string, limit: number): string {
  if (widthOf(text) <= limit) return text
  const [head] = takeColumns(text, Math.max(0, limit - 1))
  return `${head}…`
}

/** The text in lines of at most so many columns, broken at spaces where there are some, else anywhere. */
export function wrapTo(text: string, limit: number): readonly string[] {
  const lines: string[] = []
  let rest = text
  while (widthOf(rest) > limit) {
    const [head, tail] = takeColumns(rest, Math.max(1, limit))
    const space = tail.startsWith(' ') ? head.length : head.lastIndexOf(' ')
    // A break far to the left would leave the line nearly empty.
    const end = space > head.length / 2 ? space : head.length
    lines.push(rest.slice(0, end).trimEnd())
    rest = rest.slice(end).trimStart()
  }
  return [...lines, rest]
}

const segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' })

// UAX #11: wide and fullwidth. Halfwidth forms are of the same scripts, and narrow.
const WIDE =
  /^(?![\uff61-\uffdc])[\p{sc=Han}\p{sc=Hangul}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Bopomofo}\p{sc=Yi}\p{sc=Tangut}\p{sc=Nushu}\p{sc=Khitan_Small_Script}\p{Emoji_Presentation}\u2329\u232a\u3001-\u303e\u309b-\u30ff\u3190-\u33ff\u4dc0-\u4dff\ufe30-\ufe6b\uff01-\uff60\uffe0-\uffe6]/u
const MARKS_ONLY = /^[\p{M}\p{Cf}\p{Cc}\u1160-\u11ff]*$/u

function widthOfCluster(cluster: string): number {
  if (MARKS_ONLY.test(cluster)) return 0
  return WIDE.test(cluster) || cluster.includes('\ufe0f') ? 2 : 1
}

// The longest beginning that fits, at least one cluster, and the rest.
function takeColumns(text: string, limit: number): readonly [string, string] {
  let width = 0
  for (const { segment, index } of segmenter.segment(text)) {
    width += widthOfCluster(segment)
    if (width > limit && index > 0) return [text.slice(0, index), text.slice(index)]
  }
  return [text, '']
}
