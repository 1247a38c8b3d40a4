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

describe('finding', () => {
  test('a header is found by all its characters', () => {
    const cache = cacheOf()
    cache.add(key('chain'), 'value', 'chain 1')
    expect(cache.findHeader('chain 1')).toBe('value')
    expect(cache.findHeader('chain 2')).toBeUndefined()
    expect(cache).toMatchObject({ hits: 1, misses: 1 })
  })

  test('a header is found at the front of a longer text, by as many characters as are its', () => {
    const cache = cacheOf()
    cache.add(key('chain'), 'value', 'chain 1')
    expect(cache.findHeader('chain 1.payload.signature', 7)).toBe('value')
    expect(cache.findHeader('chain 1.payload.signature', 6)).toBeUndefined()
    expect(cache.findHeader('chain 1.payload.signature', 8)).toBeUndefined()
    expect(cache.findHeader('chain 2.payload.signature', 7)).toBeUndefined()
  })

  test('a character that the sampled index does not look at decides too', () => {
    const cache = cacheOf()
    const text = `chain ${'a'.repeat(3_994)}`
    cache.add(key('chain'), 'value', text)
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
      cache.add(key(`${number}`), `value-${number}`, `${number} `.padEnd(4) + twin(number))
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
      cache.add(key(twin(number)), `value-${number}`, `${twin(number)} ${number * 7_919}`)
    expect(cache.size).toBe(8)
    expect(cache.findChain(key(twin(7)))).toBe('value-7')
    expect(cache.findChain(key(twin(8)))).toBeUndefined()
  })

  test('a chain is found by its own text under any header', () => {
    const cache = cacheOf()
    cache.add(key('chain'), 'value', 'chain 1')
    expect(cache.findChain(key('chain'))).toBe('value')
    expect(cache.findChain(key('chain '))).toBeUndefined()
  })
})

describe('headers of one chain', () => {
  test('four are kept, a fifth takes the place of the oldest', () => {
    const cache = cacheOf()
    for (let index = 1; index <= 5; index++) cache.add(key('chain'), 'value', `chain ${index}`)
    expect(cache.findHeader('chain 1')).toBeUndefined()
    for (let index = 2; index <= 5; index++) expect(cache.findHeader(`chain ${index}`)).toBe('value')
    expect(cache.size).toBe(1)
  })

  test('a thousand weigh no more than four', () => {
    const cache = cacheOf()
    for (let index = 0; index < 4; index++) cache.add(key('chain'), 'value', `chain ${index}`.padEnd(20))
    const { bytes } = cache
    for (let index = 4; index < 1_000; index++) cache.add(key('chain'), 'value', `chain ${index}`.padEnd(20))
    expect(cache.bytes).toBe(bytes)
  })

  test('the same one again changes nothing', () => {
    const cache = cacheOf()
    cache.add(key('chain'), 'value', 'chain 1')
    const { bytes } = cache
    cache.add(key('chain'), 'value', 'chain 1')
    expect(cache.bytes).toBe(bytes)
  })
})

describe('forgetting', () => {
  test('a chain that is removed leaves no bytes and no headers', () => {
    const cache = cacheOf()
    cache.add(key('chain'), 'value', 'chain 1')
    cache.add(key('chain'), 'value', 'chain 2')
    cache.removeChain(key('chain'))
    expect(cache).toMatchObject({ size: 0, bytes: 0 })
    expect(cache.findHeader('chain 1')).toBeUndefined()
    expect(cache.findChain(key('chain'))).toBeUndefined()
  })

  test('another value for a chain replaces it with all its headers', () => {
    const cache = cacheOf()
    cache.add(key('chain'), 'old', 'chain 1')
    cache.add(key('chain'), 'new', 'chain 2')
    expect(cache.findHeader('chain 1')).toBeUndefined()
    expect(cache.findHeader('chain 2')).toBe('new')
    expect(cache.findChain(key('chain'))).toBe('new')
    expect(cache.size).toBe(1)
  })

  test('the limit on bytes holds at every step, and the chain used least recently goes first', () => {
    const one = cacheOf()
    one.add(key('chain-00'), 'value', 'chain-00 h')
    const cache = cacheOf(one.bytes * 10)
    for (let index = 10; index < 99; index++) {
      cache.add(key(`chain-${index}`), String(index), `chain-${index} h`)
      if (index > 10) expect(cache.findHeader('chain-10 h')).toBe('10')
      expect(cache.bytes).toBeLessThanOrEqual(one.bytes * 10)
    }
    expect(cache.size).toBe(10)
    expect(cache.findChain(key('chain-11'))).toBeUndefined()
    expect(cache.findChain(key('chain-98'))).toBe('98')
  })

  test('exactly as many bytes as are allowed stay, one fewer drops', () => {
    const one = cacheOf()
    one.add(key('chain'), 'value', 'chain h')
    const exact = cacheOf(one.bytes)
    exact.add(key('chain'), 'value', 'chain h')
    expect(exact.size).toBe(1)
    const short = cacheOf(one.bytes - 1)
    short.add(key('chain'), 'value', 'chain h')
    expect(short).toMatchObject({ size: 0, bytes: 0 })
  })

  test('after any sequence of additions and removals an empty cache weighs nothing', () => {
    const cache = cacheOf(50_000)
    for (let step = 0; step < 2_000; step++) {
      const chain = `chain-${(step * 7) % 41}`
      if (step % 5 === 0) cache.removeChain(key(chain))
      else cache.add(key(chain), String(step % 3), `${chain} ${step % 97}`)
    }
    for (let index = 0; index < 41; index++) cache.removeChain(key(`chain-${index}`))
    expect(cache).toMatchObject({ size: 0, bytes: 0 })
  })
})
