// Private keys as people hold them: every common form is read, every other thing is named, no byte of a key is shown.

import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { inspect } from 'node:util'
import { describe, expect, test } from 'vitest'
import { thrownBy } from '../../../../test/support/certificate-der.ts'
import { TAG } from '../der/tag.ts'
import {
  writeElement,
  writeExplicit,
  writeInteger,
  writeNull,
  writeOctetString,
  writeOid,
  writeSequence,
} from '../der/writer.ts'
import { createTestCa } from '../testing/test-ca.ts'
import { encodePem } from '../x509/pem.ts'
import { readPrivateKey } from './private-key.ts'

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
const ed25519 = generateKeyPairSync('ed25519').privateKey
const certificate = (await createTestCa()).pem

function pem(key: KeyObject, type: 'pkcs8' | 'pkcs1' | 'sec1'): string {
  return key.export({ format: 'pem', type }).toString()
}

function der(key: KeyObject, type: 'pkcs8' | 'pkcs1' | 'sec1'): Uint8Array {
  return Uint8Array.from(key.export({ format: 'der', type }))
}

function encrypted(format: 'pem' | 'der'): string | Uint8Array {
  const options = { type: 'pkcs8', cipher: 'aes-256-cbc', passphrase: 'secret' } as const
  if (format === 'pem') return rsa.export({ ...options, format }).toString()
  return Uint8Array.from(rsa.export({ ...options, format }))
}

const EC_PARAMETERS = encodePem('EC PARAMETERS', writeOid('1.2.840.10045.3.1.7'))

describe('is read', () => {
  test.each([
    ['PKCS#8 of RSA', rsa, 'pkcs8', 'RSA'],
    ['PKCS#8 of EC', ec, 'pkcs8', 'EC P-256'],
    ['PKCS#8 of Ed25519', ed25519, 'pkcs8', 'Ed25519'],
    ['PKCS#1', rsa, 'pkcs1', 'RSA'],
    ['SEC 1', ec, 'sec1', 'EC P-256'],
  ] as const)('%s, as PEM, as its bytes and as DER', (_, key, type, description) => {
    const text = pem(key, type)
    for (const input of [
      text,
      new TextEncoder().encode(text),
      der(key, type),
      text.replaceAll('\n', '\r\n'),
    ]) {
      const read = readPrivateKey(input)
      expect(read.description).toBe(description)
      if (type === 'pkcs8') expect(Buffer.from(read.pkcs8)).toEqual(Buffer.from(der(key, 'pkcs8')))
    }
  })

  test.each([
    ['PKCS#1', rsa, 'pkcs1'],
    ['SEC 1', ec, 'sec1'],
  ] as const)('%s, wrapped so that PKCS#8 readers take it', async (_, key, type) => {
    const { createPrivateKey } = await import('node:crypto')
    const { pkcs8 } = readPrivateKey(pem(key, type))
    const again = createPrivateKey({ key: Buffer.from(pkcs8), format: 'der', type: 'pkcs8' })
    expect(again.equals(key)).toBe(true)
  })

  test('a key after the parameters that `openssl ecparam -genkey` writes, and beside certificates', () => {
    expect(readPrivateKey(EC_PARAMETERS + pem(ec, 'sec1')).description).toBe('EC P-256')
    expect(readPrivateKey(certificate + pem(ec, 'pkcs8') + certificate).description).toBe('EC P-256')
  })

  test('PKCS#8 with attributes after the key', () => {
    const [algorithm, key] = [
      writeSequence(writeOid('1.3.101.112')),
      writeOctetString(writeOctetString(new Uint8Array(32))),
    ]
    const bytes = writeSequence(writeInteger(1), algorithm, key, writeElement(0xa0, new Uint8Array(0)))
    expect(readPrivateKey(bytes).description).toBe('Ed25519')
  })
})

describe('is recognised as encrypted', () => {
  test.each([
    ['PKCS#8 as PEM', encrypted('pem')],
    ['PKCS#8 as DER', encrypted('der')],
  ])('%s', (_, input) => {
    expect(thrownBy(() => readPrivateKey(input))).toMatchObject({
      code: 'ERR_KEY_ENCRYPTED',
      details: { found: 'encrypted PKCS#8' },
    })
  })

  test('legacy PEM', () => {
    const legacy = pem(rsa, 'pkcs1').replace(
      '-----\n',
      '-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00112233445566778899AABBCCDDEEFF\n\n',
    )
    expect(thrownBy(() => readPrivateKey(legacy))).toMatchObject({
      code: 'ERR_KEY_ENCRYPTED',
      details: { found: 'legacy PEM encryption' },
    })
  })

  test('under the arcs of PKCS#5 and PKCS#12 alone', () => {
    const wrapped = (oid: string): Uint8Array =>
      writeSequence(writeSequence(writeOid(oid), writeNull()), writeOctetString(new Uint8Array(32)))
    const codeFor = (oid: string): unknown => thrownBy(() => readPrivateKey(wrapped(oid)))
    expect(codeFor('1.2.840.113549.1.5.13')).toMatchObject({ code: 'ERR_KEY_ENCRYPTED' })
    expect(codeFor('1.2.840.113549.1.12.1.3')).toMatchObject({ code: 'ERR_KEY_ENCRYPTED' })
    expect(codeFor('2.16.840.1.101.3.4.2.1')).toMatchObject({
      code: 'ERR_KEY_FORMAT',
      details: { found: 'DER of something else' },
    })
  })
})

describe('is refused', () => {
  test.each([
    ['a certificate', certificate, 'ERR_KEY_FORMAT'],
    ['a public key', encodePem('PUBLIC KEY', Uint8Array.of(0x30, 0x00)), 'ERR_KEY_FORMAT'],
    ['a key of OpenSSH', encodePem('OPENSSH PRIVATE KEY', Uint8Array.of(1)), 'ERR_KEY_FORMAT'],
    ['a key of DSA', encodePem('DSA PRIVATE KEY', Uint8Array.of(0x30, 0x00)), 'ERR_KEY_FORMAT'],
    [
      'a label named like a property',
      encodePem('toString PRIVATE KEY', Uint8Array.of(0x30, 0x00)),
      'ERR_KEY_FORMAT',
    ],
    ['two keys', pem(ec, 'pkcs8') + pem(rsa, 'pkcs8'), 'ERR_KEY_FORMAT'],
    [
      'a key under the label of another form',
      encodePem('RSA PRIVATE KEY', der(ec, 'sec1')),
      'ERR_KEY_FORMAT',
    ],
    ['an empty SEQUENCE', encodePem('PRIVATE KEY', Uint8Array.of(0x30, 0x00)), 'ERR_KEY_FORMAT'],
    ['DER of another thing', Uint8Array.of(0x30, 0x00), 'ERR_KEY_FORMAT'],
    ['text without PEM', 'secret', 'ERR_PEM_NONE'],
    ['nothing', '', 'ERR_INPUT_EMPTY'],
  ])('%s', (_, input, code) => {
    expect(thrownBy(() => readPrivateKey(input))).toMatchObject({ code })
  })

  test.each([
    ['cut', (bytes: Uint8Array) => bytes.subarray(0, -1)],
    ['with a byte after it', (bytes: Uint8Array) => Uint8Array.of(...bytes, 0)],
  ])('each form when it is %s', (_, damage) => {
    for (const [label, bytes] of [
      ['PRIVATE KEY', der(ec, 'pkcs8')],
      ['RSA PRIVATE KEY', der(rsa, 'pkcs1')],
      ['EC PRIVATE KEY', der(ec, 'sec1')],
    ] as const) {
      expect(thrownBy(() => readPrivateKey(encodePem(label, damage(bytes))))).toMatchObject({
        code: 'ERR_KEY_FORMAT',
      })
      expect(thrownBy(() => readPrivateKey(damage(bytes)))).toMatchObject({ code: 'ERR_KEY_FORMAT' })
    }
  })

  test('SEC 1 without its curve, or with parameters written out', () => {
    const key = writeOctetString(new Uint8Array(32).fill(1))
    const curve = writeExplicit(0, writeOid('1.2.840.10045.3.1.7'))
    const explicit = writeExplicit(0, writeSequence(writeInteger(1)))
    const sec1 = (...parts: readonly Uint8Array[]): Uint8Array =>
      writeSequence(writeInteger(1), key, ...parts)
    expect(readPrivateKey(encodePem('EC PRIVATE KEY', sec1(curve))).description).toBe('EC P-256')
    for (const bytes of [sec1(), sec1(explicit)]) {
      expect(thrownBy(() => readPrivateKey(encodePem('EC PRIVATE KEY', bytes)))).toMatchObject({
        code: 'ERR_KEY_FORMAT',
      })
    }
  })

  test('without showing a byte of it', () => {
    const secret = new Uint8Array(40).fill(0xa7)
    for (const bytes of [
      writeSequence(writeInteger(1), writeElement(TAG.boolean, secret)),
      writeSequence(
        writeInteger(0),
        writeSequence(writeOid('1.3.101.112')),
        writeElement(TAG.bitString, secret),
      ),
      writeSequence(writeElement(TAG.integer, secret)),
    ]) {
      for (const label of ['PRIVATE KEY', 'RSA PRIVATE KEY', 'EC PRIVATE KEY']) {
        const shown = inspect(
          thrownBy(() => readPrivateKey(encodePem(label, bytes))),
          { depth: 9 },
        )
        expect(shown).toContain('ERR_KEY_FORMAT')
        expect(shown).not.toMatch(/a7 ?a7|A7A7|167, ?167/u)
      }
    }
  })
})
