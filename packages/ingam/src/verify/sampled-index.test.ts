// The index of long texts: which records share a bucket, in what order, and how they leave it.

import { describe, expect, test } from 'vitest'
import { type IndexNode, SampledIndex, sampleOf } from './sampled-index.ts'

interface Node extends IndexNode<Node> {
  readonly name: string
}

function node(name: string, sample: number = 7): Node {
  return { name, sample, next: undefined }
}

function namesOf(index: SampledIndex<Node>, sample: number = 7): string[] {
  const names: string[] = []
  for (let at = index.first(sample); at !== undefined; at = at.next) names.push(at.name)
  return names
}

describe('a bucket', () => {
  test('holds records in the order in which they came, eight at most', () => {
    const index = new SampledIndex<Node>()
    const added = Array.from({ length: 10 }, (_, number) => index.add(node(`n${number}`)))
    expect(added).toEqual([true, true, true, true, true, true, true, true, false, false])
    expect(namesOf(index)).toEqual(['n0', 'n1', 'n2', 'n3', 'n4', 'n5', 'n6', 'n7'])
    expect(namesOf(index, 8)).toEqual([])
  })

  test.each([0, 1, 2, 3])('without its record %i holds the others, and has room for one more', (removed) => {
    const index = new SampledIndex<Node>()
    const nodes = Array.from({ length: 8 }, (_, number) => node(`n${number}`))
    for (const each of nodes) index.add(each)
    const gone = nodes[removed === 3 ? 7 : removed]
    if (gone === undefined) throw new Error('no record')
    index.remove(gone)
    const rest = nodes.filter((each) => each !== gone).map(({ name }) => name)
    expect(namesOf(index)).toEqual(rest)
    expect(gone.next).toBeUndefined()
    expect(index.add(gone)).toBe(true)
    expect(namesOf(index)).toEqual([...rest, gone.name])
  })

  test('is gone with its last record', () => {
    const index = new SampledIndex<Node>()
    const only = node('only')
    index.add(only)
    index.remove(only)
    expect(index.first(7)).toBeUndefined()
  })
})

describe('a sample', () => {
  const text = Array.from({ length: 3_000 }, (_, index) => String.fromCharCode(65 + ((index * 7) % 26))).join(
    '',
  )

  test('is that of the front of a longer text', () => {
    expect(sampleOf(`${text}.payload`, text.length)).toBe(sampleOf(text))
  })

  test('differs by length, by the last character, and by what stands at every forty-seventh place', () => {
    expect(sampleOf(text.slice(0, -1))).not.toBe(sampleOf(text))
    for (let index = text.length - 1; index >= 0; index -= Math.floor(text.length / 64)) {
      const other = `${text.slice(0, index)}!${text.slice(index + 1)}`
      expect(sampleOf(other)).not.toBe(sampleOf(text))
    }
  })

  test('of a short text looks at every character', () => {
    for (const other of ['bbc', 'acc', 'abb', 'ab', 'abcd']) expect(sampleOf(other)).not.toBe(sampleOf('abc'))
    expect(sampleOf('')).toBe(sampleOf('', 0))
  })
})
