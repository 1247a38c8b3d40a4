// The check of the papers must notice what it claims to notice.

import { expect, test } from 'vitest'
import { deadLinks, errorsPage, unprovokedCodes } from '../../tools/check-docs.ts'

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
