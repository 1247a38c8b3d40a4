// Words of a pasted command: quoting of POSIX and bash, what ends a command, what is refused.

import { describe, expect, test } from 'vitest'
import { readShellWords } from './shell-words.ts'

function words(text: string): readonly string[] {
  const reading = readShellWords(text)
  if (!reading.ok) throw new Error(reading.problem)
  return reading.words.map((word) => word.text)
}

function problem(text: string): string | undefined {
  const reading = readShellWords(text)
  return reading.ok ? undefined : reading.problem
}

describe('quoting', () => {
  test.each([
    ["a 'b c' d", ['a', 'b c', 'd']],
    ['a "b c" d', ['a', 'b c', 'd']],
    [String.raw`'it'\''s'`, ["it's"]],
    [String.raw`"a\"b\\c\$d\e"`, [String.raw`a"b\c$d\e`]],
    [String.raw`'a\"b'`, [String.raw`a\"b`]],
    [String.raw`a\ b\'c`, ["a b'c"]],
    ['a""b\'\'c', ['abc']],
    ["''", ['']],
    ['a\\\n  b', ['a', 'b']],
    ['a\\\r\n  b', ['a', 'b']],
    ['a\\\nb', ['ab']],
    ['"a\\\nb"', ['ab']],
    ["'a\nb'", ['a\nb']],
    [String.raw`$'a\tb\'c\\d\x41\u00e9\U0001f600\101'`, ["a\tb'c\\dAé\u{1f600}A"]],
    [String.raw`$'\ud83d\ude00'`, ['\u{1f600}']],
    [String.raw`$'\xff\UFFFFFFFF'`, ['\ufffd\ufffd']],
    [String.raw`$'\q'`, [String.raw`\q`]],
    ['$"a b"', ['a b']],
    ['a$', ['a$']],
    ['https://h/?a=b*c{d}', ['https://h/?a=b*c{d}']],
    ['', []],
  ])('%j', (text, expected) => {
    expect(words(text)).toEqual(expected)
  })

  test.each(["'a", '"a', String.raw`"a\"`, "$'a", String.raw`$'a\'`, '\\', '$"a'])(
    '%j is not closed',
    (text) => {
      expect(problem(text)).toBe('quote')
    },
  )
})

describe('variables', () => {
  test.each(['$T', '\x24{T}', '"$T"', '"a\x24{T}b"', 'x$1', '$?', 'a"$T"'])(
    '%s leaves the word open',
    (text) => {
      const reading = readShellWords(text)
      expect(reading.ok && reading.words.map(({ isOpen }) => isOpen)).toEqual([true])
    },
  )

  test.each(["'$T'", String.raw`\$T`, String.raw`"\$T"`, '"$"', "$'$T'", 'a$'])('%s does not', (text) => {
    const reading = readShellWords(text)
    expect(reading.ok && reading.words.map(({ isOpen }) => isOpen)).toEqual([false])
  })

  test.each(['$(cat t)', '"$(cat t)"', '`cat t`', '"`cat t`"', 'a$(b)'])(
    '%s would have to be run',
    (text) => {
      expect(problem(text)).toBe('substitution')
    },
  )

  test("'$(cat t)' would not", () => {
    expect(words("'$(cat t)' '`'")).toEqual(['$(cat t)', '`'])
  })
})

describe('the end of a command', () => {
  test.each([
    ['a b | c d', ['a', 'b']],
    ['a b > out c', ['a', 'b', 'c']],
    ['a 2>/dev/null b', ['a', 'b']],
    ['a 2>&1 b', ['a', 'b']],
    ["a '2'>x b", ['a', '2', 'b']],
    ['a < in b', ['a', 'b']],
    ['a >> "o u t" b', ['a', 'b']],
    ['a b;', ['a', 'b']],
    ['a b &\n', ['a', 'b']],
    ['a b\n\n', ['a', 'b']],
    ['\n a', ['a']],
  ])('%j', (text, expected) => {
    expect(words(text)).toEqual(expected)
  })

  test.each(['a; b', 'a && b', 'a || b', 'a & b', 'a\nb', 'a https://h/?b=1&c=2'])(
    '%j is several',
    (text) => {
      expect(problem(text)).toBe('several')
    },
  )

  test('at most 1000 words', () => {
    expect(words('a '.repeat(1_000))).toHaveLength(1_000)
    expect(problem('a '.repeat(1_001))).toBe('too-many')
  })
})
