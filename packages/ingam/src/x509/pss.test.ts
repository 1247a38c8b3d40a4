// Parameters of RSASSA-PSS: the accepted ones, and everything else that RFC 4055 can say.

import { describe, expect, test } from 'vitest'
import { bytesOf } from '../../../../test/support/certificate-der.ts'
import {
  writeExplicit,
  writeInteger,
  writeNull,
  writeOctetString,
  writeOid,
  writeSequence,
} from '../der/writer.ts'
import { readPssParameters, suitsPssKey } from './pss.ts'

const HASHES = {
  'SHA-1': '1.3.14.3.2.26',
  'SHA-224': '2.16.840.1.101.3.4.2.4',
  'SHA-256': '2.16.840.1.101.3.4.2.1',
  'SHA-384': '2.16.840.1.101.3.4.2.2',
  'SHA-512': '2.16.840.1.101.3.4.2.3',
} as const
type Hash = keyof typeof HASHES

function hash(name: Hash, parameters: Uint8Array = writeNull()): Uint8Array {
  return writeSequence(writeOid(HASHES[name]), parameters)
}

function mask(name: Hash, parameters?: Uint8Array): Uint8Array {
  return writeSequence(writeOid('1.2.840.113549.1.1.8'), hash(name, parameters))
}

function parametersOf(
  message: Hash,
  masked: Hash,
  saltLength: number,
  ...more: readonly Uint8Array[]
): Uint8Array {
  return writeSequence(
    writeExplicit(0, hash(message)),
    writeExplicit(1, mask(masked)),
    writeExplicit(2, writeInteger(saltLength)),
    ...more,
  )
}

describe('accepted', () => {
  test.each([
    ['SHA-256', 32],
    ['SHA-384', 48],
    ['SHA-512', 64],
  ] as const)('%s with a salt of none to %i octets', (name, longest) => {
    for (const saltLength of [0, 1, longest]) {
      expect(readPssParameters(parametersOf(name, name, saltLength))).toEqual({ hash: name, saltLength })
    }
    expect(readPssParameters(parametersOf(name, name, longest + 1))).toBeUndefined()
  })

  test('a salt of 20 octets, which is not written', () => {
    const der = writeSequence(writeExplicit(0, hash('SHA-256')), writeExplicit(1, mask('SHA-256')))
    expect(readPssParameters(der)).toEqual({ hash: 'SHA-256', saltLength: 20 })
  })

  test('hashes without parameters', () => {
    const none = new Uint8Array(0)
    const der = writeSequence(
      writeExplicit(0, hash('SHA-256', none)),
      writeExplicit(1, mask('SHA-256', none)),
      writeExplicit(2, writeInteger(32)),
    )
    expect(readPssParameters(der)).toEqual({ hash: 'SHA-256', saltLength: 32 })
  })
})

describe('not accepted', () => {
  test.each([
    ['the defaults, which are SHA-1', writeSequence()],
    ['SHA-1 written out', parametersOf('SHA-1', 'SHA-1', 32)],
    ['SHA-224', parametersOf('SHA-224', 'SHA-224', 28)],
    ['a mask by another hash', parametersOf('SHA-256', 'SHA-512', 32)],
    ['a mask by SHA-1', parametersOf('SHA-256', 'SHA-1', 32)],
    [
      'a mask by the default',
      writeSequence(writeExplicit(0, hash('SHA-256')), writeExplicit(2, writeInteger(32))),
    ],
    [
      'a hash by the default',
      writeSequence(writeExplicit(1, mask('SHA-256')), writeExplicit(2, writeInteger(32))),
    ],
    ['the default salt written out', parametersOf('SHA-256', 'SHA-256', 20)],
    [
      'the default trailer written out',
      parametersOf('SHA-256', 'SHA-256', 32, writeExplicit(3, writeInteger(1))),
    ],
    ['another trailer', parametersOf('SHA-256', 'SHA-256', 32, writeExplicit(3, writeInteger(2)))],
    [
      'a negative salt',
      writeSequence(
        writeExplicit(0, hash('SHA-256')),
        writeExplicit(1, mask('SHA-256')),
        writeExplicit(2, Uint8Array.of(2, 1, 0xff)),
      ),
    ],
    [
      'a mask that is not MGF1',
      writeSequence(
        writeExplicit(0, hash('SHA-256')),
        writeExplicit(1, writeSequence(writeOid('1.2.3'), hash('SHA-256'))),
        writeExplicit(2, writeInteger(32)),
      ),
    ],
    [
      'a mask without hash',
      writeSequence(
        writeExplicit(0, hash('SHA-256')),
        writeExplicit(1, writeSequence(writeOid('1.2.840.113549.1.1.8'))),
        writeExplicit(2, writeInteger(32)),
      ),
    ],
    [
      'a hash with other parameters',
      writeSequence(
        writeExplicit(0, hash('SHA-256', writeInteger(0))),
        writeExplicit(1, mask('SHA-256')),
        writeExplicit(2, writeInteger(32)),
      ),
    ],
    [
      'the fields in the wrong order',
      writeSequence(
        writeExplicit(1, mask('SHA-256')),
        writeExplicit(0, hash('SHA-256')),
        writeExplicit(2, writeInteger(32)),
      ),
    ],
    ['NULL', writeNull()],
    ['an OCTET STRING', writeOctetString(new Uint8Array(4))],
    ['nothing', new Uint8Array(0)],
    ['a byte behind', bytesOf(parametersOf('SHA-256', 'SHA-256', 32), [0])],
  ])('%s', (_, der) => {
    expect(readPssParameters(der)).toBeUndefined()
  })
})

// RFC 4055 §3.3
describe('a key bound to parameters', () => {
  const bound = { hash: 'SHA-256', saltLength: 32 } as const

  test.each([
    ['the same', { hash: 'SHA-256', saltLength: 32 }, true],
    ['a longer salt', { hash: 'SHA-256', saltLength: 33 }, true],
    ['a shorter salt', { hash: 'SHA-256', saltLength: 31 }, false],
    ['another hash', { hash: 'SHA-512', saltLength: 64 }, false],
  ] as const)('%s: %s', (_, signature, expected) => {
    expect(suitsPssKey(signature, bound)).toBe(expected)
    expect(suitsPssKey(signature, undefined)).toBe(true)
  })
})
