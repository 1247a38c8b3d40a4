// Options objects: an unknown key, a wrong type or a value out of range is a wrong call, said at once.

import { describe, expect, test } from 'vitest'
import { thrownBy } from '../../../../test/support/certificate-der.ts'
import { checkOptionKeys, kindOf, validDate, wholeNumber } from './options.ts'

describe('keys', () => {
  test('known ones pass, none as well', () => {
    expect(checkOptionKeys('options', { a: 1, b: undefined }, ['a', 'b'])).toBeUndefined()
    expect(checkOptionKeys('options', {}, ['a'])).toBeUndefined()
  })

  test('an unknown one is named, with those known', () => {
    expect(
      thrownBy(() => checkOptionKeys('options', { a: 1, audiance: 2 }, ['a', 'audience'])),
    ).toMatchObject({
      code: 'ERR_ARG_UNKNOWN_OPTION',
      details: { argument: 'audiance', known: ['a', 'audience'] },
    })
  })

  test.each([
    ['null', null],
    ['undefined', undefined],
    ['string', 'x'],
    ['function', () => ({})],
  ])('%s is no options object', (found, options) => {
    expect(thrownBy(() => checkOptionKeys('options', options, []))).toMatchObject({
      code: 'ERR_ARG_TYPE',
      details: { argument: 'options', expected: 'an options object', found },
    })
  })
})

test.each([
  ['an array', []],
  ['an object of another kind', Promise.resolve({ a: 1 })],
  ['an object of another kind', new Map([['a', 1]])],
  ['an object of another kind', Object.create({ a: 1 })],
])('%s is no plain object: %o', (found, options) => {
  expect(thrownBy(() => checkOptionKeys('options', options, ['a']))).toMatchObject({
    code: 'ERR_ARG_TYPE',
    details: { argument: 'options', expected: 'a plain object', found },
  })
})

test('an object without prototype is plain', () => {
  const options: object = Object.assign(Object.create(null), { a: 1 })
  expect(checkOptionKeys('options', options, ['a'])).toBeUndefined()
})

describe('whole numbers', () => {
  const read = (value: unknown): number => {
    if (value !== undefined && typeof value !== 'number') return Number.NaN
    return wholeNumber('count', value, { default: 5, minimum: 1, maximum: 10 })
  }

  test.each([
    [undefined, 5],
    [1, 1],
    [10, 10],
  ])('%s gives %i', (value, expected) => {
    expect(read(value)).toBe(expected)
  })

  test.each([0, 11, 1.5, -1, Number.NaN, Number.POSITIVE_INFINITY])('%d is out of range', (value) => {
    expect(thrownBy(() => read(value))).toMatchObject({
      code: 'ERR_ARG_VALUE',
      details: { argument: 'count', expected: 'a whole number from 1 to 10', found: String(value) },
    })
  })
})

describe('dates', () => {
  test('a valid one passes', () => {
    const date = new Date(0)
    expect(validDate('at', date)).toBe(date)
  })

  test.each([
    ['an invalid Date', new Date(Number.NaN)],
    ['number', 0],
    ['string', '2026-06-01'],
    ['null', null],
    ['undefined', undefined],
    ['object', { getTime: (): number => 0 }],
  ])('%s is refused', (found, value) => {
    expect(thrownBy(() => validDate('at', value))).toMatchObject({
      code: 'ERR_ARG_TYPE',
      details: { argument: 'at', expected: 'a valid Date', found },
    })
  })
})

test.each([
  [null, 'null'],
  [[], 'an array'],
  [{}, 'object'],
  ['secret', 'string'],
  [1n, 'bigint'],
])('the kind of %o is %s, never the value', (value, kind) => {
  expect(kindOf(value)).toBe(kind)
})
