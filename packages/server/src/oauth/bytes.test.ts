import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { decodeBase64url, oneTimeKeyOf, parseJsonObject, thumbprintOf } from './bytes.ts'

describe('bytes', () => {
  it('hashes to 43 characters', () => {
    expect(thumbprintOf(new Uint8Array(0))).toBe('47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU')
  })

  it('makes keys of parts that cannot run into each other', () => {
    const keys = [['ab', 'c'], ['a', 'bc'], ['abc'], ['abc', ''], ['', 'abc']].map((parts) =>
      Buffer.from(oneTimeKeyOf('dpop', ...parts)).toString('hex'),
    )
    expect(new Set(keys).size).toBe(5)
    expect(oneTimeKeyOf('a', 'b')).not.toEqual(oneTimeKeyOf('b', 'a'))
    const framed = Buffer.from('\0\0\0\u0004dpop\0\0\0\u0001x', 'latin1')
    expect(Buffer.from(oneTimeKeyOf('dpop', 'x'))).toEqual(createHash('sha256').update(framed).digest())
  })

  it('decodes one spelling of base64url', () => {
    expect(decodeBase64url('')).toHaveLength(0)
    expect(decodeBase64url('AQ')).toEqual(Buffer.from([1]))
    for (const text of ['AR', 'AQ==', 'A', 'A+', 'A/', ' AQ', 'AQ\n', 'ÄQ'])
      expect(decodeBase64url(text)).toBeUndefined()
  })

  it('reads JSON objects in strict UTF-8', () => {
    expect(parseJsonObject(Buffer.from('{"a":1}'))).toEqual({ a: 1 })
    for (const text of ['[]', '1', 'null', '"a"', '{', '', '\ufeff{}'])
      expect(parseJsonObject(Buffer.from(text))).toBeUndefined()
    expect(parseJsonObject(Buffer.from('{"a":"\xff"}', 'latin1'))).toBeUndefined()
  })
})
