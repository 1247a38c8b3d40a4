// Lines of a stream: however they are cut into chunks, at the limit and one byte past it, without keeping what is too
// long.

import { describe, expect, test } from 'vitest'
import { type Line, readLines } from './lines.ts'

async function linesOf(chunks: readonly (string | Uint8Array)[], maximum = 8): Promise<readonly Line[]> {
  const lines: Line[] = []
  for await (const line of readLines(streamOf(chunks), maximum)) lines.push(line)
  return lines
}

async function* streamOf(chunks: readonly (string | Uint8Array)[]): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) yield typeof chunk === 'string' ? Buffer.from(chunk) : chunk
}

describe('lines', () => {
  const text = 'a\n\nbc\r\n인감\nlast'
  const expected = [
    { number: 1, text: 'a' },
    { number: 2, text: '' },
    { number: 3, text: 'bc' },
    { number: 4, text: '인감' },
    { number: 5, text: 'last' },
  ]

  test('in one chunk, and in chunks of every size', async () => {
    const bytes = Buffer.from(text)
    for (let size = 1; size <= bytes.length; size += 1) {
      const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
        bytes.subarray(index * size, (index + 1) * size),
      )
      expect(await linesOf(chunks)).toEqual(expected)
    }
  })

  test('none of an empty stream; an ended last line is no further line', async () => {
    expect(await linesOf([])).toEqual([])
    expect(await linesOf(['a\n'])).toEqual([{ number: 1, text: 'a' }])
  })

  test('at the limit, and one byte past it', async () => {
    expect(await linesOf(['12345678\n123456789\nx'])).toEqual([
      { number: 1, text: '12345678' },
      { number: 2, problem: 'too-long' },
      { number: 3, text: 'x' },
    ])
    expect(await linesOf(['1234', '56789'])).toEqual([{ number: 1, problem: 'too-long' }])
  })

  test.each([
    ['a byte that is no UTF-8', Uint8Array.of(0x61, 0xff)],
    ['UTF-16', Buffer.from('ab', 'utf16le')],
  ])('%s is said, and the next line is read', async (_what, bytes) => {
    expect(await linesOf([bytes, '\nb'])).toEqual([
      { number: 1, problem: 'encoding' },
      { number: 2, text: 'b' },
    ])
  })

  test('the next chunk is asked for once all lines of this one were taken', async () => {
    let asked = 0
    const lines = readLines(
      (async function* () {
        for (; asked < 100; asked += 1) yield Buffer.from('a\nb\n')
      })(),
      8,
    )
    await lines.next()
    await lines.next()
    expect(asked).toBe(0)
    await lines.next()
    expect(asked).toBe(1)
    await lines.return(undefined)
  })
})
