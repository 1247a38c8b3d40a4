// The check of the papers must notice what it claims to notice.

import { expect, test } from 'vitest'
import {
  deadLinks,
  errorsPage,
  missingTests,
  rowsWithoutTest,
  specifiedChecks,
  unprovokedCodes,
  unspecifiedCodes,
  untoldDeviations,
} from '../../tools/check-docs.ts'

test('the page of codes has exactly one row for each code', () => {
  const rows = errorsPage().match(/^\| `ERR_[A-Z0-9_]+` \|/gmu) ?? []
  expect(new Set(rows).size).toBe(rows.length)
  expect(unprovokedCodes([errorsPage()])).toEqual([])
})

test('a code in no test is listed; a longer code does not stand for a shorter one', () => {
  const longer = ['ERR', 'TOKEN', 'ALGORITHM', 'KEY'].join('_')
  const shorter = ['ERR', 'TOKEN', 'ALGORITHM'].join('_')
  expect(unprovokedCodes([longer])).toContain(shorter)
  expect(unprovokedCodes([longer])).not.toContain(longer)
})

test('dead links are found; addresses, anchors and code blocks are not looked at', () => {
  const page = '[a](a.md) [b](b.md#x) [c](https://c.example) [d](#d)\n```\n[e](e.md)\n```\n'
  expect(deadLinks(page, (target) => target === 'b.md')).toEqual(['a.md'])
})

test('a test that is named and not there is found', () => {
  const page = '| a | `x.test.ts` "one" |\n| b | `x.test.ts` "two" |\n| c | `y.test.ts` "one" |'
  const read = (path: string): string | undefined => (path === 'x.test.ts' ? "test('one'" : undefined)
  expect(missingTests(page, read)).toEqual(['`x.test.ts` "two"', '`y.test.ts` "one"'])
})

test('a rule without a test is found, in tables of rules alone', () => {
  const page =
    '| rule | test |\n|---|---|\n| a | `x.test.ts` "one" |\n| b | – |\n\n| path | ours |\n|---|---|\n| c | d |'
  expect(rowsWithoutTest(page)).toEqual(['| b | – |'])
})

test('a deviation without a row is found', () => {
  const page = '| **DEVIATION**: so (`a.ts`) |\n| so (`b.ts`) |'
  const word = ['DEVIATION', ':'].join('')
  const sources = new Map([
    ['a.ts', `// ${word} one`],
    ['b.ts', `// ${word} one`],
    ['c.ts', 'none'],
  ])
  expect(untoldDeviations(page, sources)).toEqual(['b.ts'])
  expect(untoldDeviations(page, sources.set('a.ts', `${word} one ${word} two`))).toEqual(['a.ts', 'b.ts'])
})

test('a code of tokens that the specification does not name is found; others are not its own', () => {
  const all = errorsPage()
  expect(unspecifiedCodes(all)).toEqual([])
  const without = all.replaceAll('`ERR_TOKEN_SUBJECT`', 'ERR_TOKEN_SUBJECT').replaceAll('ERR_PATH_LENGTH', '')
  expect(unspecifiedCodes(without)).toEqual(['ERR_TOKEN_SUBJECT'])
})

test('the checks of the specification are read in its order, each with its codes', () => {
  const page = '| 1 | so | `b` | `ERR_X`, `ERR_Y` |\n| 2 | so | `a` | `ERR_PATH_…` |\n\n| `c` | so |'
  expect([...specifiedChecks(page)]).toEqual([
    ['b', ['ERR_X', 'ERR_Y']],
    ['a', ['ERR_PATH_']],
  ])
})
