// The page must show the table as it is, and the build must notice a file that is not the one agreed on.

import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { TOKEN_ALGORITHMS } from 'ingam'
import { describe, expect, test } from 'vitest'
import { strangeFiles } from '../../tools/build-peers.ts'
import { withMatrix } from '../../tools/interop-matrix.ts'
import { PEERS } from '../interop/peers/table.ts'

describe('the matrix of docs/interop.md', () => {
  const page = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'interop.md'), 'utf8')

  test('is that of the table', () => {
    expect(withMatrix(page)).toBe(page)
  })

  test('has a row for each algorithm with a cell for each peer', () => {
    const rows = page.split('\n').filter((line) => /^\| `[\w-]+` \| (?:both|only|not)/u.test(line))
    expect(rows.map((row) => row.split('`')[1])).toEqual(TOKEN_ALGORITHMS)
    for (const row of rows) expect(row.match(/both ways|only as|not supported/gu)).toHaveLength(PEERS.length)
  })

  test('refers to each of its notes', () => {
    const notes = [...page.matchAll(/^(\d+)\. [\w-]+ \d/gmu)].map((match) => match[1])
    const references = [...page.matchAll(/(?:supported|`) \((\d+)\) \|/gu)].map((match) => match[1])
    expect(new Set(references)).toEqual(new Set(notes))
    expect(notes).toHaveLength(PEERS.flatMap(({ gaps }) => gaps).length)
  })

  test('is made anew where a cell was changed by hand', () => {
    expect(withMatrix(page.replace('| both ways |', '| not supported (1) |'))).toBe(page)
  })

  test('has no place on a page without its marks', () => {
    expect(withMatrix('# Interoperability\n')).toBeUndefined()
  })
})

test('no peer has two gaps for an algorithm', () => {
  for (const { gaps } of PEERS) {
    const algorithms = gaps.flatMap((gap) => gap.algorithms)
    expect(new Set(algorithms).size).toBe(algorithms.length)
  }
})

describe('the files that a peer is built with', () => {
  const bytes = new TextEncoder().encode('jar')
  const list = `${createHash('sha256').update(bytes).digest('hex')}  a.jar\n`

  test('are those of the list', () => {
    expect(strangeFiles(list, new Map([['a.jar', bytes]]))).toEqual([])
  })

  test.each([
    ['another content', new Map([['a.jar', new TextEncoder().encode('jaR')]]), ['a.jar']],
    ['another file beside it', new Map(['a.jar', 'b.jar'].map((name) => [name, bytes])), ['b.jar']],
    ['no file', new Map(), ['a.jar']],
  ])('%s is noticed', (_, files, strange) => {
    expect(strangeFiles(list, files)).toEqual(strange)
  })

  test('everything is strange to an empty list', () => {
    expect(strangeFiles('', new Map([['a.jar', bytes]]))).toEqual(['a.jar'])
  })
})
