// The compact envelope: three parts that are not empty, within the limit, each of canonical base64url.

import { describe, expect, test } from 'vitest'
import { codeOf } from '../../../../test/support/codes.ts'
import { createTokenRoom, decodePart, refillRoom, signedBytes, splitToken } from './jws.ts'

const EVERY_PART = ['header', 'payload', 'signature'] as const

function bytesOf(text: string, part: (typeof EVERY_PART)[number]): number[] {
  const texts = { header: 'AA', payload: 'AA', signature: 'AA', [part]: text }
  const token = `${texts.header}.${texts.payload}.${texts.signature}`
  return [...decodePart(splitToken(token, 100), part)]
}

describe('splitToken', () => {
  test('gives the parts and what was signed', () => {
    const parts = splitToken('AA.AQ.Ag', 100)
    expect(parts).toMatchObject({ headerEnd: 2, payloadEnd: 5 })
    expect(EVERY_PART.map((part) => [...decodePart(parts, part)])).toEqual([[0], [1], [2]])
    expect(new TextDecoder().decode(signedBytes(parts))).toBe('AA.AQ')
  })

  test.each([
    ['no text', ''],
    ['no dot', 'aabbcc'],
    ['one dot', 'aa.bb'],
    ['three dots', 'aa.bb.cc.dd'],
    ['the five parts of an encrypted token', 'aa.bb.cc.dd.ee'],
    ['an empty header', '.bb.cc'],
    ['an empty payload (detached)', 'aa..cc'],
    ['an empty signature (unsecured)', 'aa.bb.'],
    ['dots alone', '..'],
    ['a dot at the end', 'aa.bb.cc.'],
    ['a dot in front', '.aa.bb.cc'],
    ['JSON serialisation', '{"payload":"bb","protected":"aa","signature":"cc"}'],
  ])('refuses %s', (_, token) => {
    expect(() => splitToken(token, 100)).toThrow(expect.objectContaining({ code: 'ERR_TOKEN_MALFORMED' }))
  })

  test.each([
    ['undefined', undefined],
    ['null', null],
    ['a number', 1],
    ['bytes', new TextEncoder().encode('aa.bb.cc')],
    ['a String object', Object('aa.bb.cc')],
    ['an array of a token', ['aa.bb.cc']],
    ['an object that prints as a token', { toString: () => 'aa.bb.cc', length: 8 }],
  ])('refuses %s', (_, token) => {
    expect(() => splitToken(token, 100)).toThrow(expect.objectContaining({ code: 'ERR_TOKEN_MALFORMED' }))
  })

  test('accepts a token of the maximal size and refuses one character more', async () => {
    expect(splitToken('aa.bb.cc', 8).payloadEnd).toBe(5)
    expect(() => splitToken('aa.bb.ccc', 8)).toThrow(
      expect.objectContaining({ code: 'ERR_TOKEN_TOO_LARGE', details: { maximum: 8, found: 9 } }),
    )
  })

  test('refuses by size before it looks at the parts', async () => {
    expect(await codeOf(() => splitToken('.'.repeat(9), 8))).toBe('ERR_TOKEN_TOO_LARGE')
  })
})

describe('decodePart', () => {
  test.each([
    ['AA', [0]],
    ['AAA', [0, 0]],
    ['AAAA', [0, 0, 0]],
    ['-_8', [0xfb, 0xff]],
  ])('reads %s', (text, bytes) => {
    for (const part of EVERY_PART) expect(bytesOf(text, part)).toEqual(bytes)
  })

  test.each([
    ['padding', 'AA=='],
    ['one padding character', 'AAA='],
    ['padding in the middle', 'AA==AAAA'],
    ['the other alphabet', '+/8'],
    ['a rest of one character', 'A'],
    ['a rest of one character after four', 'AAAAA'],
    ['spare bits in two characters', 'AB'],
    ['the highest spare bit in two characters', 'AI'],
    ['spare bits in three characters', 'AAB'],
    ['the highest spare bit in three characters', 'AAC'],
    ['a space in front', ' AAAA'],
    ['a line feed at the end', 'AAAA\n'],
    ['a NUL at the end', 'AA\0'],
    ['a percent escape', '%41AA'],
    ['a letter beyond ASCII', 'ÀAAA'],
    ['a letter whose low byte is in the alphabet', '\u0141AAA'],
    ['a full-width letter', 'ＡAAA'],
    ['a lone surrogate', '\ud800AAA'],
  ])('refuses %s', (_, text) => {
    for (const part of EVERY_PART) {
      expect(() => bytesOf(text, part)).toThrow(
        expect.objectContaining({
          code: 'ERR_TOKEN_ENCODING',
          details: expect.objectContaining({ part }),
        }),
      )
    }
  })
})

describe('a room', () => {
  test('has the next token after this one, and nothing of this one beyond the end of the next', () => {
    const room = createTokenRoom(100)
    splitToken('AAAAAAAA.AAAAAAAA.AAAAAAAA', 100, room)
    const parts = splitToken('AQ.Ag.Aw', 100, room)
    expect(EVERY_PART.map((part) => [...decodePart(parts, part)])).toEqual([[1], [2], [3]])
    expect(new TextDecoder().decode(signedBytes(parts))).toBe('AQ.Ag')
  })

  test('that another token used has this one again once it is refilled', () => {
    const room = createTokenRoom(100)
    const parts = splitToken('AQ.Ag.Aw', 100, room)
    splitToken('BBBB.BBBB.BBBB', 100, room)
    expect(new TextDecoder().decode(signedBytes(parts))).not.toBe('AQ.Ag')
    refillRoom(parts)
    expect(EVERY_PART.map((part) => [...decodePart(parts, part)])).toEqual([[1], [2], [3]])
    expect(new TextDecoder().decode(signedBytes(parts))).toBe('AQ.Ag')
  })

  test('holds what is beyond ASCII as bytes that no part may have, also at its end', () => {
    const room = createTokenRoom(9)
    const parts = splitToken('AQ.Ag.A\u0141', 9, room)
    expect([...room.text.subarray(0, 8)]).toEqual([...new TextEncoder().encode('AQ.Ag.A'), 0xff])
    expect(() => decodePart(parts, 'signature')).toThrow()
    expect([...decodePart(parts, 'payload')]).toEqual([2])
  })
})
