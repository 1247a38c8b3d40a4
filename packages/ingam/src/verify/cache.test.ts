// The cache of verified chains: what it finds, what it forgets, and what it weighs.

import { describe, expect, test } from 'vitest'
import { ChainCache } from './cache.ts'

function cacheOf(maxBytes: number = 1_000_000): ChainCache<string> {
  return new ChainCache<string>(maxBytes)
}

describe('finding', () => {
  test('a header is found by all its characters', () => {
    const cache = cacheOf()
    cache.add('chain', 'value', 'header-1', 'ES256')
    expect(cache.findHeader('header-1')).toMatchObject({ value: 'value', algorithm: 'ES256' })
    expect(cache.findHeader('header-2')).toBeUndefined()
    expect(cache).toMatchObject({ hits: 1, misses: 1 })
  })

  test('a character that the sampled index does not look at decides too', () => {
    const cache = cacheOf()
    const text = 'a'.repeat(4_000)
    cache.add('chain', 'value', text, 'ES256')
    for (let index = 0; index < text.length; index += 7) {
      const other = `${text.slice(0, index)}b${text.slice(index + 1)}`
      expect(cache.findHeader(other)).toBeUndefined()
    }
    expect(cache.findHeader(text)?.value).toBe('value')
  })

  test('of headers that the sampled index cannot tell apart only so many are kept', () => {
    const cache = cacheOf()
    const twin = (number: number): string =>
      `${'a'.repeat(3_000)}${String(number).padStart(3, '0')}${'a'.repeat(997)}`
    for (let number = 0; number < 100; number++)
      cache.add(`chain-${number}`, `value-${number}`, twin(number), 'ES256')
    const found = Array.from({ length: 100 }, (_, number) => cache.findHeader(twin(number))?.value)
    const kept = found.filter((value) => value !== undefined)
    expect(kept).toEqual([
      'value-0',
      'value-1',
      'value-2',
      'value-3',
      'value-4',
      'value-5',
      'value-6',
      'value-7',
    ])
    expect(cache.findChain('chain-99')).toBe('value-99')
  })

  test('a chain is found by its own text under any header', () => {
    const cache = cacheOf()
    cache.add('chain', 'value', 'header-1', 'ES256')
    expect(cache.findChain('chain')).toBe('value')
    expect(cache.findChain('chain ')).toBeUndefined()
  })
})

describe('headers of one chain', () => {
  test('four are kept, a fifth takes the place of the oldest', () => {
    const cache = cacheOf()
    for (let index = 1; index <= 5; index++) cache.add('chain', 'value', `header-${index}`, 'ES256')
    expect(cache.findHeader('header-1')).toBeUndefined()
    for (let index = 2; index <= 5; index++) expect(cache.findHeader(`header-${index}`)?.value).toBe('value')
    expect(cache.size).toBe(1)
  })

  test('a thousand weigh no more than four', () => {
    const cache = cacheOf()
    for (let index = 0; index < 4; index++) cache.add('chain', 'value', `header-${index}`.padEnd(20), 'ES256')
    const { bytes } = cache
    for (let index = 4; index < 1_000; index++)
      cache.add('chain', 'value', `header-${index}`.padEnd(20), 'ES256')
    expect(cache.bytes).toBe(bytes)
  })

  test('the same one again changes nothing', () => {
    const cache = cacheOf()
    cache.add('chain', 'value', 'header', 'ES256')
    const { bytes } = cache
    cache.add('chain', 'value', 'header', 'ES256')
    expect(cache.bytes).toBe(bytes)
  })
})

describe('forgetting', () => {
  test('a chain that is removed leaves no bytes and no headers', () => {
    const cache = cacheOf()
    cache.add('chain', 'value', 'header-1', 'ES256')
    cache.add('chain', 'value', 'header-2', 'ES256')
    cache.removeChain('chain')
    expect(cache).toMatchObject({ size: 0, bytes: 0 })
    expect(cache.findHeader('header-1')).toBeUndefined()
    expect(cache.findChain('chain')).toBeUndefined()
  })

  test('another value for a chain replaces it with all its headers', () => {
    const cache = cacheOf()
    cache.add('chain', 'old', 'header-1', 'ES256')
    cache.add('chain', 'new', 'header-2', 'ES256')
    expect(cache.findHeader('header-1')).toBeUndefined()
    expect(cache.findHeader('header-2')?.value).toBe('new')
    expect(cache.findChain('chain')).toBe('new')
  })

  test('the limit on bytes holds at every step, and the chain used least recently goes first', () => {
    const one = cacheOf()
    one.add('chain-00', 'value', 'header-00', 'ES256')
    const cache = cacheOf(one.bytes * 10)
    for (let index = 10; index < 99; index++) {
      cache.add(`chain-${index}`, String(index), `header-${index}`, 'ES256')
      if (index > 10) expect(cache.findHeader('header-10')?.value).toBe('10')
      expect(cache.bytes).toBeLessThanOrEqual(one.bytes * 10)
    }
    expect(cache.size).toBe(10)
    expect(cache.findChain('chain-11')).toBeUndefined()
    expect(cache.findChain('chain-98')).toBe('98')
  })

  test('exactly as many bytes as are allowed stay, one fewer drops', () => {
    const one = cacheOf()
    one.add('chain', 'value', 'header', 'ES256')
    const exact = cacheOf(one.bytes)
    exact.add('chain', 'value', 'header', 'ES256')
    expect(exact.size).toBe(1)
    const short = cacheOf(one.bytes - 1)
    short.add('chain', 'value', 'header', 'ES256')
    expect(short).toMatchObject({ size: 0, bytes: 0 })
  })

  test('after any sequence of additions and removals an empty cache weighs nothing', () => {
    const cache = cacheOf(20_000)
    for (let step = 0; step < 2_000; step++) {
      const chain = `chain-${(step * 7) % 41}`
      if (step % 5 === 0) cache.removeChain(chain)
      else cache.add(chain, String(step % 3), `header-${step % 97}`, 'ES256')
    }
    for (let index = 0; index < 41; index++) cache.removeChain(`chain-${index}`)
    expect(cache).toMatchObject({ size: 0, bytes: 0 })
  })
})
