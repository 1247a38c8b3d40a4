// The check of the translations must notice what it claims to notice.

import { describe, expect, test } from 'vitest'
import { confirm, translationProblems } from '../../tools/check-translations.ts'

const ORIGINAL = `# Page

[한국어](page.ko.md)

Text with \`name\` and [a link](other.md#place).

## Code

\`\`\`sh
# no heading
run
\`\`\`

\`\`\`ts
const a = 1
\`\`\`

### Below

[elsewhere](https://elsewhere.example) [here](#code) ![picture](chart.svg)
`

const TRANSLATION = `# 쪽

[English](page.md)

\`name\`과 [링크](other.ko.md#자리)가 있는 글.

## 코드

\`\`\`sh
# no heading
run
\`\`\`

\`\`\`ts
const a = 1
\`\`\`

### 아래

![그림](chart.svg) [다른 곳](https://elsewhere.example) [여기](#코드)
`

const original = { path: 'docs/page.md', text: ORIGINAL }
const isThere = (name: string): boolean => name === 'other.ko.md' || name === 'page.ko.md'
const confirmed = confirm(original, { path: 'docs/page.ko.md', text: TRANSLATION })

function problemsOf(text: string, of = original): string[] {
  return translationProblems(of, { path: 'docs/page.ko.md', text }, isThere)
}

test('a faithful translation has no problem', () => {
  expect(problemsOf(confirmed)).toEqual([])
})

describe('noticed in the translation is', () => {
  test.each([
    ['another level', '### 아래', '## 아래', 'expected "### Below" as section 3, found "## 아래"'],
    ['a heading too few', '### 아래\n', '', 'expected "### Below" as section 3, found no section'],
    [
      'a heading too many',
      '### 아래',
      '### 아래\n\n## 더',
      'expected no section as section 4, found "## 더"',
    ],
    [
      'a text before the first heading',
      '# 쪽',
      '글\n# 쪽',
      'expected "# Page" as section 1, found the beginning',
    ],
    ['another line of code', 'const a = 1', 'const a = 2', '"## 코드": code block 2 differs'],
    ['a translated comment of code', '# no heading', '# 제목 아님', '"## 코드": code block 1 differs'],
    ['another language of code', '```ts', '```js', '"## 코드": code block 2 differs'],
    ['code too much', '### 아래', '```ts\n```\n\n### 아래', '"## 코드": a code block too many'],
    ['a name that is missing', '`name`과 ', '', '"# 쪽": `name` is missing'],
    [
      'a name that is not there',
      '### 아래',
      '`more`\n\n### 아래',
      '"## 코드": `more` is not in the original',
    ],
  ])('%s', (_, from, to, problem) => {
    expect(confirmed).toContain(from)
    expect(problemsOf(confirmed.replace(from, to))).toEqual([problem])
  })

  test.each([
    ['a link that is missing', '![그림](chart.svg)', '', ['"### 아래": the link to chart.svg is missing']],
    [
      'a link to another place',
      'https://elsewhere.example',
      'https://other.example',
      [
        '"### 아래": the link to https://elsewhere.example is missing',
        '"### 아래": the link to https://other.example is not in the original',
      ],
    ],
    [
      'a link to a page that is translated too',
      'other.ko.md',
      'other.md',
      ['"# 쪽": the link to other.ko.md is missing', '"# 쪽": the link to other.md is not in the original'],
    ],
    [
      'a link to itself',
      '[English](page.md)',
      '[English](page.ko.md)',
      ['"# 쪽": the link to page.md is missing', '"# 쪽": the link to page.ko.md is not in the original'],
    ],
  ])('%s', (_, from, to, problems) => {
    expect(confirmed).toContain(from)
    expect(problemsOf(confirmed.replace(from, to))).toEqual(problems)
  })

  test('a link to a translation that is not there', () => {
    const nothing = (): boolean => false
    const translation = { path: 'docs/page.ko.md', text: confirmed }
    expect(translationProblems(original, translation, nothing)).toEqual([
      '"# 쪽": the link to other.md is missing',
      '"# 쪽": the link to other.ko.md is not in the original',
    ])
    const unlinked = { ...translation, text: confirmed.replace('other.ko.md', 'other.md') }
    expect(translationProblems(original, unlinked, nothing)).toEqual([])
  })
})

describe('noticed in the original is', () => {
  const how = 'translate the change, then: npm run docs:translated -- docs/page.ko.md'

  test('another word, with its section', () => {
    const changed = { ...original, text: ORIGINAL.replace('[elsewhere]', '[nearby]') }
    expect(problemsOf(confirmed, changed)).toEqual([`docs/page.md has changed since in "### Below"; ${how}`])
    const text = confirm(changed, { path: 'docs/page.ko.md', text: confirmed })
    expect(problemsOf(text, changed)).toEqual([])
    expect(problemsOf(text)).toEqual([`docs/page.md has changed since in "### Below"; ${how}`])
  })

  test('another heading of the same level', () => {
    const changed = { ...original, text: ORIGINAL.replace('## Code', '## Shell') }
    expect(problemsOf(confirmed, changed)).toEqual([`docs/page.md has changed since in "## Shell"; ${how}`])
  })

  test('no line that is only broken elsewhere', () => {
    const changed = { ...original, text: ORIGINAL.replace('Text with', 'Text\nwith') }
    expect(changed.text).not.toBe(ORIGINAL)
    expect(problemsOf(confirmed, changed)).toEqual([])
  })
})

test('a translation that does not say what it was made from is told how to', () => {
  expect(problemsOf(TRANSLATION)).toEqual([
    'it does not say what it was translated from; when it is right: npm run docs:translated -- docs/page.ko.md',
  ])
})

test('confirming changes nothing but the digests', () => {
  const marker = /\n<!-- translated from docs\/page\.md: (?:[0-9a-f]{8} ?){3} -->\n/u
  expect(confirmed).toMatch(marker)
  expect(confirmed.replace(marker, '')).toBe(TRANSLATION)
  expect(confirm(original, { path: 'docs/page.ko.md', text: confirmed })).toBe(confirmed)
})
