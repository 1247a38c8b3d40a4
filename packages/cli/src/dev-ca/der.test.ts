import { describe, expect, test } from 'vitest'
import { splitSequence, writeDer } from './der.ts'

describe('a SEQUENCE is split', () => {
  test.each([0, 1, 127, 128, 255, 256, 65_535, 65_536])('with a content of %i bytes', (length) => {
    const element = writeDer(0x04, new Uint8Array(length))
    const [found, second, ...more] = splitSequence(writeDer(0x30, element, writeDer(0x05))) ?? []
    expect(found).toMatchObject({ tag: 0x04, content: new Uint8Array(length), bytes: element })
    expect(second?.tag).toBe(0x05)
    expect(more).toEqual([])
  })

  test.each([
    ['nothing', ''],
    ['a SET', '3100'],
    ['a byte behind it', '300000'],
    ['a cut content', '300204'],
    ['a cut element within', '3003040200'],
    ['a length that is not the shortest', '30810100'],
    ['a length with a leading zero', `3082007f${'00'.repeat(127)}`],
    ['an indefinite length', '30800000'],
    ['a length of four bytes', '308400000000'],
  ])('not %s', (_what, hex) => {
    expect(splitSequence(Buffer.from(hex, 'hex'))).toBeUndefined()
  })
})
