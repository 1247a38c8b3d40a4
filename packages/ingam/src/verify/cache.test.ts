// The cache of verified chains: what it finds, what it forgets, and what it weighs.

import { describe, expect, test } from 'vitest'
import { ChainCache, type ChainKey } from './cache.ts'
import { sampleOf } from './sampled-index.ts'

// A header here is the text of its chain, a space and something of its own.
function cacheOf(maxBytes: number = 1_000_000): ChainCache<string> {
  return new ChainCache<string>(maxBytes)
}

function key(chain: string): ChainKey {
  return { sample: sampleOf(chain), isIn: (header) => header.replace(/ .*$/su, '') === chain }
}

// The header that comes first is the text in which its chain is stored.
function add(cache: ChainCache<string>, chain: ChainKey, value: string, header: string): void {
  cache.add(chain, value, header, { text: header, reference: referenceOf(header) })
}

function referenceOf(header: string): string {
  return `reference to ${header.replace(/ .*$/su, '')}`
}

describe('finding', () => {
  test('a header is found by all its characters', () => {
    const cache = cacheOf()
    add(cache, key('chain'), 'value', 'chain 1')
    expect(cache.findHeader('chain 1')).toBe('value')
    expect(cache.findHeader('chain 2')).toBeUndefined()
    expect(cache).toMatchObject({ hits: 1, misses: 1 })
  })

  test('a header is found at the front of a longer text, by as many characters as are its', () => {
    const cache = cacheOf()
    add(cache, key('chain'), 'value', 'chain 1')
    expect(cache.findHeader('chain 1.payload.signature', 7)).toBe('value')
    expect(cache.findHeader('chain 1.payload.signature', 6)).toBeUndefined()
    expect(cache.findHeader('chain 1.payload.signature', 8)).toBeUndefined()
    expect(cache.findHeader('chain 2.payload.signature', 7)).toBeUndefined()
  })

  test('a character that the sampled index does not look at decides too', () => {
    const cache = cacheOf()
    const text = `chain ${'a'.repeat(3_994)}`
    add(cache, key('chain'), 'value', text)
    for (let index = 0; index < text.length; index += 7) {
      const other = `${text.slice(0, index)}b${text.slice(index + 1)}`
      expect(cache.findHeader(other)).toBeUndefined()
    }
    expect(cache.findHeader(text)).toBe('value')
  })

  test('of headers that the sampled index cannot tell apart only so many are kept, and of their chains', () => {
    const cache = cacheOf()
    const twin = (number: number): string =>
      `${'a'.repeat(3_000)}${String(number).padStart(3, '0')}${'a'.repeat(997)}`
    for (let number = 0; number < 100; number++)
      add(cache, key(`${number}`), `value-${number}`, `${number} `.padEnd(4) + twin(number))
    const kept = Array.from({ length: 100 }, (_, number) =>
      cache.findHeader(`${number} `.padEnd(4) + twin(number)),
    ).filter((value) => value !== undefined)
    expect(kept).toEqual(Array.from({ length: 8 }, (_, number) => `value-${number}`))
    expect(cache.size).toBe(8)
    expect(cache.findChain(key('99'))).toBeUndefined()
  })

  test('of chains that the sampled index cannot tell apart only so many are kept', () => {
    const cache = cacheOf(10_000_000)
    const twin = (number: number): string =>
      `${'a'.repeat(3_000)}${String(number).padStart(3, '0')}${'a'.repeat(997)}`
    for (let number = 0; number < 100; number++)
      add(cache, key(twin(number)), `value-${number}`, `${twin(number)} ${number * 7_919}`)
    expect(cache.size).toBe(8)
    expect(cache.findChain(key(twin(7)))).toBe('value-7')
    expect(cache.findChain(key(twin(8)))).toBeUndefined()
  })

  test('a chain is found by its own text under any header', () => {
    const cache = cacheOf()
    add(cache, key('chain'), 'value', 'chain 1')
    expect(cache.findChain(key('chain'))).toBe('value')
    expect(cache.findChain(key('chain '))).toBeUndefined()
  })
})

describe('a reference', () => {
  test('finds the text in which the chain is stored, and counts as no use of it', () => {
    const cache = cacheOf()
    add(cache, key('chain'), 'value', 'chain 1')
    add(cache, key('chain'), 'value', 'chain 2')
    expect(cache.findReference('reference to chain')).toBe('chain 1')
    expect(cache.findReference('reference to Chain')).toBeUndefined()
    expect(cache).toMatchObject({ hits: 0, misses: 0 })
  })

  test('goes with its chain, by removal and by the limit on bytes', () => {
    const cache = cacheOf(8_000)
    add(cache, key('chain'), 'value', 'chain 1')
    cache.removeChain(key('chain'))
    expect(cache.findReference('reference to chain')).toBeUndefined()
    for (const name of ['a', 'b', 'c']) add(cache, key(name), name, `${name} h`)
    expect(cache.findReference('reference to a')).toBeUndefined()
    expect(cache.findReference('reference to c')).toBe('c h')
  })

  test('of two chains with one leaf is that of the last, and stays when the other goes', () => {
    const cache = cacheOf()
    for (const name of ['a', 'b'])
      cache.add(key(name), name, `${name} h`, { text: `${name} h`, reference: 'leaf' })
    expect(cache.findReference('leaf')).toBe('b h')
    cache.removeChain(key('a'))
    expect(cache.findReference('leaf')).toBe('b h')
    cache.removeChain(key('b'))
    expect(cache.findReference('leaf')).toBeUndefined()
  })

  test('the text of a chain that no header carried is no header', () => {
    const cache = cacheOf()
    const made = 'chain made'
    cache.add(key('chain'), 'value', 'short header', { text: made, reference: 'leaf' })
    expect(cache.findHeader(made)).toBeUndefined()
    expect(cache.findHeader('short header')).toBe('value')
    expect(cache.findChain(key('chain'))).toBe('value')
    expect(cache.findReference('leaf')).toBe(made)
    cache.removeChain(key('chain'))
    expect(cache).toMatchObject({ size: 0, bytes: 0 })
  })

  test('stands for the same text when its first header has been forgotten', () => {
    const cache = cacheOf()
    for (let index = 0; index < 9; index++) add(cache, key('chain'), 'value', `chain ${index}`)
    expect(cache.findHeader('chain 0')).toBeUndefined()
    expect(cache.findReference('reference to chain')).toBe('chain 0')
    expect(cache.findChain(key('chain'))).toBe('value')
  })
})

describe('headers of one chain', () => {
  test('four are kept, a fifth takes the place of the oldest', () => {
    const cache = cacheOf()
    for (let index = 1; index <= 5; index++) add(cache, key('chain'), 'value', `chain ${index}`)
    expect(cache.findHeader('chain 1')).toBeUndefined()
    for (let index = 2; index <= 5; index++) expect(cache.findHeader(`chain ${index}`)).toBe('value')
    expect(cache.size).toBe(1)
  })

  test('a thousand weigh no more than four', () => {
    const cache = cacheOf()
    for (let index = 0; index < 5; index++) add(cache, key('chain'), 'value', `chain ${index}`.padEnd(20))
    const { bytes } = cache
    for (let index = 5; index < 1_000; index++) add(cache, key('chain'), 'value', `chain ${index}`.padEnd(20))
    expect(cache.bytes).toBe(bytes)
  })

  test('each weighs its characters, but for the one in whose text the chain is stored', () => {
    const cache = cacheOf()
    add(cache, key('chain'), 'value', 'chain 1')
    const { bytes } = cache
    add(cache, key('chain'), 'value', 'chain 2 of 18 char')
    expect(cache.bytes).toBe(bytes + 18)
    const made = cacheOf()
    made.add(key('chain'), 'value', 'a header', { text: 'chain 1', reference: 'leaf' })
    expect(made.bytes).toBe(bytes + 8)
  })

  test('the same one again changes nothing', () => {
    const cache = cacheOf()
    add(cache, key('chain'), 'value', 'chain 1')
    const { bytes } = cache
    add(cache, key('chain'), 'value', 'chain 1')
    expect(cache.bytes).toBe(bytes)
  })
})

describe('forgetting', () => {
  test('a chain that is removed leaves no bytes and no headers', () => {
    const cache = cacheOf()
    add(cache, key('chain'), 'value', 'chain 1')
    add(cache, key('chain'), 'value', 'chain 2')
    cache.removeChain(key('chain'))
    expect(cache).toMatchObject({ size: 0, bytes: 0 })
    expect(cache.findHeader('chain 1')).toBeUndefined()
    expect(cache.findChain(key('chain'))).toBeUndefined()
  })

  test('another value for a chain replaces it with all its headers', () => {
    const cache = cacheOf()
    add(cache, key('chain'), 'old', 'chain 1')
    add(cache, key('chain'), 'new', 'chain 2')
    expect(cache.findHeader('chain 1')).toBeUndefined()
    expect(cache.findHeader('chain 2')).toBe('new')
    expect(cache.findChain(key('chain'))).toBe('new')
    expect(cache.size).toBe(1)
  })

  test('the limit on bytes holds at every step, and the chain used least recently goes first', () => {
    const one = cacheOf()
    add(one, key('chain-00'), 'value', 'chain-00 h')
    const cache = cacheOf(one.bytes * 10)
    for (let index = 10; index < 99; index++) {
      add(cache, key(`chain-${index}`), String(index), `chain-${index} h`)
      if (index > 10) expect(cache.findHeader('chain-10 h')).toBe('10')
      expect(cache.bytes).toBeLessThanOrEqual(one.bytes * 10)
    }
    expect(cache.size).toBe(10)
    expect(cache.findChain(key('chain-11'))).toBeUndefined()
    expect(cache.findChain(key('chain-98'))).toBe('98')
  })

  test('exactly as many bytes as are allowed stay, one fewer drops', () => {
    const one = cacheOf()
    add(one, key('chain'), 'value', 'chain h')
    const exact = cacheOf(one.bytes)
    add(exact, key('chain'), 'value', 'chain h')
    expect(exact.size).toBe(1)
    const short = cacheOf(one.bytes - 1)
    add(short, key('chain'), 'value', 'chain h')
    expect(short).toMatchObject({ size: 0, bytes: 0 })
  })

  test('after any sequence of additions and removals an empty cache weighs nothing', () => {
    const cache = cacheOf(50_000)
    for (let step = 0; step < 2_000; step++) {
      const chain = `chain-${(step * 7) % 41}`
      if (step % 5 === 0) cache.removeChain(key(chain))
      else add(cache, key(chain), String(step % 3), `${chain} ${step % 97}`)
    }
    for (let index = 0; index < 41; index++) cache.removeChain(key(`chain-${index}`))
    expect(cache).toMatchObject({ size: 0, bytes: 0 })
  })
})
