import { describe, expect, test } from 'vitest'
import { createPooledRandom } from './random.ts'

describe('a pool of random bytes', () => {
  test('gives each byte of the system out once, and asks again only when it is used up', () => {
    const asked: number[] = []
    const random = createPooledRandom((length) => {
      asked.push(length)
      return Uint8Array.from({ length }, (_, index) => (asked.length * 31 + index) % 256)
    })
    const given = Array.from({ length: 256 }, () => [...random(16)]).flat()
    expect(asked).toEqual([4_096])
    expect(given).toEqual(Array.from({ length: 4_096 }, (_, index) => (31 + index) % 256))
    expect([...random(16)]).toEqual(Array.from({ length: 16 }, (_, index) => 62 + index))
    expect(asked).toEqual([4_096, 4_096])
  })

  test('begins anew where the rest is too short, and gives nothing of zeros', () => {
    const random = createPooledRandom((length) => new Uint8Array(length).fill(7))
    for (let count = 0; count < 1_000; count++) expect([...random(37)]).toEqual(new Array(37).fill(7))
  })

  test('takes 64 bytes from the pool, and 65 from the system', () => {
    const asked: number[] = []
    const random = createPooledRandom((length) => {
      asked.push(length)
      return new Uint8Array(length)
    })
    expect(random(64)).toHaveLength(64)
    expect(asked).toEqual([4_096])
    expect(random(65)).toHaveLength(65)
    expect(asked).toEqual([4_096, 65])
  })

  test('what was given out stays the same, and is not shared', () => {
    const random = createPooledRandom((length) => new Uint8Array(length).fill(7))
    const first = random(16)
    const second = random(16)
    first.fill(1)
    expect([...second]).toEqual(new Array(16).fill(7))
    expect([...random(16)]).toEqual(new Array(16).fill(7))
  })
})
