// Public keys: RSA, named curves, Ed25519; malformed ones refused, foreign ones marked, weak ones told.

import { describe, expect, test } from 'vitest'
import { bytesOf, readWhole, thrownBy, writeRawInteger } from '../../../../test/support/certificate-der.ts'
import { TAG } from '../der/tag.ts'
import {
  writeBitString,
  writeElement,
  writeExplicit,
  writeInteger,
  writeNull,
  writeOid,
  writeSequence,
} from '../der/writer.ts'
import {
  describeKey,
  readSubjectPublicKeyInfo,
  type SubjectPublicKeyInfo,
  toImportable,
  weaknessOf,
} from './spki.ts'

const RSA = '1.2.840.113549.1.1.1'
const PSS = '1.2.840.113549.1.1.10'
const EC = '1.2.840.10045.2.1'
const ED25519 = '1.3.101.112'
const P256 = '1.2.840.10045.3.1.7'
const P384 = '1.3.132.0.34'
const P521 = '1.3.132.0.35'

function spki(oid: string, parameters: Uint8Array | undefined, key: Uint8Array): Uint8Array {
  const algorithm = writeSequence(writeOid(oid), parameters ?? new Uint8Array(0))
  return writeSequence(algorithm, writeBitString(key))
}

function rsa(modulus: Uint8Array, exponent: Uint8Array = writeInteger(65_537)): Uint8Array {
  return spki(RSA, writeNull(), writeSequence(modulus, exponent))
}

/** An odd number of exactly so many bits. */
function modulusOf(bits: number): Uint8Array {
  const bytes = new Uint8Array(Math.ceil(bits / 8))
  bytes[0] = 1 << ((bits - 1) % 8)
  bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) | 1
  return writeInteger(bytes)
}

function ec(curve: string, point: Uint8Array): Uint8Array {
  return spki(EC, writeOid(curve), point)
}

/** A point of this form and size, not on any curve. */
function pointOf(first: number, bytes: number): Uint8Array {
  return bytesOf([first], new Uint8Array(bytes).fill(1))
}

function read(der: Uint8Array): SubjectPublicKeyInfo {
  return readWhole(der, readSubjectPublicKeyInfo)
}

describe('RSA', () => {
  test('is read with the size of its modulus and its exponent', () => {
    const der = rsa(modulusOf(2048))
    expect(read(der)).toEqual({
      der,
      algorithm: {
        oid: RSA,
        name: 'rsaEncryption',
        parameters: Uint8Array.of(5, 0),
        der: writeSequence(writeOid(RSA), writeNull()),
      },
      key: { kind: 'rsa', modulusBits: 2048, publicExponent: 65_537n },
      subjectPublicKey: writeSequence(modulusOf(2048), writeInteger(65_537)),
    })
  })

  test.each([1, 7, 8, 9, 2047, 2048, 2049])('counts the %d bits of a modulus', (bits) => {
    expect(read(rsa(modulusOf(bits))).key).toMatchObject({ modulusBits: bits })
  })

  test('reads an exponent above 2^53 exactly', () => {
    const exponent = writeInteger(Uint8Array.of(0x20, 0, 0, 0, 0, 0, 1))
    expect(read(rsa(modulusOf(2048), exponent)).key).toMatchObject({ publicExponent: 2n ** 53n + 1n })
  })

  test.each([
    ['an even modulus', rsa(writeRawInteger(0x12)), 'an even modulus'],
    ['a modulus of zero', rsa(writeRawInteger(0)), 'an even modulus'],
    ['a negative modulus', rsa(writeRawInteger(0x81)), 'a negative number'],
    ['a negative exponent', rsa(modulusOf(2048), writeRawInteger(0xff)), 'a negative number'],
    [
      'parameters that are absent',
      spki(RSA, undefined, writeSequence(modulusOf(2048), writeInteger(3))),
      'parameters must be NULL',
    ],
    [
      'parameters that are an OID',
      spki(RSA, writeOid(P256), writeSequence(modulusOf(2048), writeInteger(3))),
      'parameters must be NULL',
    ],
    [
      'a NULL that holds a byte',
      spki(RSA, writeElement(TAG.null, Uint8Array.of(0)), writeSequence(modulusOf(2048), writeInteger(3))),
      'parameters must be NULL',
    ],
  ])('is refused with %s', (_, der, problem) => {
    expect(thrownBy(() => read(der))).toMatchObject({
      name: 'CertificateError',
      code: 'ERR_CERT_KEY',
      details: { algorithm: 'rsaEncryption', problem },
    })
  })

  test.each([
    ['a needless zero in the modulus', rsa(writeRawInteger(0x00, 0x13)), 'ERR_DER_NON_CANONICAL'],
    ['an empty modulus', rsa(writeRawInteger()), 'ERR_DER_NON_CANONICAL'],
    ['an empty exponent', rsa(modulusOf(2048), writeRawInteger()), 'ERR_DER_NON_CANONICAL'],
    [
      'a third number',
      rsa(modulusOf(2048), bytesOf(writeInteger(3), writeInteger(3))),
      'ERR_DER_TRAILING_DATA',
    ],
    ['a modulus alone', rsa(modulusOf(2048), new Uint8Array(0)), 'ERR_DER_TRUNCATED'],
    [
      'a byte behind the numbers',
      spki(RSA, writeNull(), bytesOf(writeSequence(modulusOf(2048), writeInteger(3)), [0])),
      'ERR_DER_TRAILING_DATA',
    ],
    ['no bytes at all', spki(RSA, writeNull(), new Uint8Array(0)), 'ERR_DER_TRUNCATED'],
  ])('is refused with %s', (_, der, code) => {
    expect(thrownBy(() => read(der))).toMatchObject({ code })
  })
})

describe('elliptic curves', () => {
  const curves = [
    ['P-256', P256, 64],
    ['P-384', P384, 96],
    ['P-521', P521, 132],
  ] as const

  test.each(curves)('reads a point of %s', (curve, oid, size) => {
    expect(read(ec(oid, pointOf(0x04, size))).key).toEqual({ kind: 'ec', curve })
  })

  test.each(curves)('refuses a point of %s that lacks a byte', (_, oid, size) => {
    expect(thrownBy(() => read(ec(oid, pointOf(0x04, size - 1))))).toMatchObject({
      code: 'ERR_CERT_KEY',
      details: { algorithm: 'id-ecPublicKey', problem: 'not an uncompressed point of its curve' },
    })
  })

  test.each(curves)('refuses a point of %s with a byte more', (_, oid, size) => {
    expect(thrownBy(() => read(ec(oid, pointOf(0x04, size + 1))))).toMatchObject({ code: 'ERR_CERT_KEY' })
  })

  test.each([
    ['compressed', pointOf(0x02, 32)],
    ['compressed, of the other sign', pointOf(0x03, 32)],
    ['hybrid', pointOf(0x06, 64)],
    ['at infinity', Uint8Array.of(0)],
    ['of another curve', pointOf(0x04, 96)],
    ['of no bytes', new Uint8Array(0)],
  ])('refuses a point of P-256 that is %s', (_, point) => {
    expect(thrownBy(() => read(ec(P256, point)))).toMatchObject({ code: 'ERR_CERT_KEY' })
  })

  test.each([
    ['secp256k1', '1.3.132.0.10'],
    ['secp224r1', '1.3.132.0.33'],
    ['brainpoolP256r1', '1.3.36.3.3.2.8.1.1.7'],
    ['an OID that begins like P-256', '1.2.840.10045.3.1.7.1'],
  ])('marks %s as unsupported', (_, oid) => {
    expect(read(ec(oid, pointOf(0x04, 64))).key).toEqual({
      kind: 'unsupported',
      problem: 'not an accepted curve',
    })
  })

  test.each([
    ['explicit parameters', writeSequence(writeInteger(1), writeOid(P256))],
    ['an inherited curve', writeNull()],
    ['no parameters', undefined],
  ])('marks %s as unsupported', (_, parameters) => {
    expect(read(spki(EC, parameters, pointOf(0x04, 64))).key).toEqual({
      kind: 'unsupported',
      problem: 'not a named curve',
    })
  })

  test('refuses a curve whose OID is empty', () => {
    const der = spki(EC, writeElement(TAG.oid, new Uint8Array(0)), pointOf(0x04, 64))
    expect(thrownBy(() => read(der))).toMatchObject({ code: 'ERR_DER_VALUE' })
  })

  test('refuses a curve whose OID is longer than any', () => {
    const der = spki(EC, writeElement(TAG.oid, new Uint8Array(200).fill(1)), pointOf(0x04, 64))
    expect(thrownBy(() => read(der))).toMatchObject({
      code: 'ERR_DER_LIMIT',
      details: { limit: 'bytes of an OID' },
    })
  })
})

// RFC 4055 §1.2
describe('RSA for PSS alone', () => {
  const KEY = writeSequence(modulusOf(2048), writeInteger(65_537))
  const SHA256 = writeSequence(writeOid('2.16.840.1.101.3.4.2.1'), writeNull())
  const MASK = writeSequence(writeOid('1.2.840.113549.1.1.8'), SHA256)
  const BOUND = writeSequence(
    writeExplicit(0, SHA256),
    writeExplicit(1, MASK),
    writeExplicit(2, writeInteger(32)),
  )

  test('is read without parameters, and with those it is bound to', () => {
    const numbers = { kind: 'rsa-pss', modulusBits: 2048, publicExponent: 65_537n }
    expect(read(spki(PSS, undefined, KEY)).key).toEqual(numbers)
    const parameters = { hash: 'SHA-256', saltLength: 32 }
    expect(read(spki(PSS, BOUND, KEY)).key).toEqual({ ...numbers, parameters })
  })

  test.each([
    ['NULL', writeNull()],
    ['the defaults, which are SHA-1', writeSequence()],
    ['an OID', writeOid('1.2.3')],
  ])('is marked as unsupported with %s as parameters', (_, parameters) => {
    expect(read(spki(PSS, parameters, KEY)).key).toEqual({
      kind: 'unsupported',
      problem: 'parameters that are not accepted',
    })
  })

  test('is refused with an even modulus', () => {
    const key = writeSequence(writeRawInteger(0x12), writeInteger(3))
    expect(thrownBy(() => read(spki(PSS, undefined, key)))).toMatchObject({ code: 'ERR_CERT_KEY' })
  })

  test.each([
    [2047, 'modulus of 2047 bits, at least 2048 are required'],
    [2048, undefined],
    [8193, 'modulus of 8193 bits, at most 8192 are accepted'],
  ])('with %d bits has the weakness of any RSA key', (bits, problem) => {
    const key = writeSequence(modulusOf(bits), writeInteger(65_537))
    expect(weaknessOf(read(spki(PSS, undefined, key)))).toBe(problem)
  })

  test('is imported as an RSA key; every other key as it stands', () => {
    expect(toImportable(read(spki(PSS, BOUND, KEY)))).toEqual(spki(RSA, writeNull(), KEY))
    for (const der of [rsa(modulusOf(2048)), ec(P256, pointOf(0x04, 64))]) {
      expect(toImportable(read(der))).toEqual(der)
    }
  })
})

// RFC 8410 §3, RFC 9881 §4
describe.each([
  ['Ed448', '1.3.101.113', 57, { kind: 'ed448' }],
  ['ML-DSA-44', '2.16.840.1.101.3.4.3.17', 1_312, { kind: 'ml-dsa', parameterSet: 'ML-DSA-44' }],
  ['ML-DSA-65', '2.16.840.1.101.3.4.3.18', 1_952, { kind: 'ml-dsa', parameterSet: 'ML-DSA-65' }],
  ['ML-DSA-87', '2.16.840.1.101.3.4.3.19', 2_592, { kind: 'ml-dsa', parameterSet: 'ML-DSA-87' }],
])('%s', (name, oid, length, expected) => {
  test('is read and named, and is not weak', () => {
    const key = read(spki(oid, undefined, new Uint8Array(length).fill(7)))
    expect(key.key).toEqual(expected)
    expect(describeKey(key)).toBe(name)
    expect(weaknessOf(key)).toBeUndefined()
  })

  test.each([-length, -1, 1])('is refused with %d bytes more', (more) => {
    const der = spki(oid, undefined, new Uint8Array(length + more))
    expect(thrownBy(() => read(der))).toMatchObject({
      code: 'ERR_CERT_KEY',
      details: { algorithm: name, problem: `${length + more} bytes, expected ${length}` },
    })
  })

  test('is refused with NULL as parameters', () => {
    const der = spki(oid, writeNull(), new Uint8Array(length))
    expect(thrownBy(() => read(der))).toMatchObject({ details: { problem: 'parameters must be absent' } })
  })
})

describe('Ed25519', () => {
  test('is read', () => {
    expect(read(spki(ED25519, undefined, new Uint8Array(32))).key).toEqual({ kind: 'ed25519' })
  })

  test.each([0, 31, 33])('is refused with %d bytes', (length) => {
    expect(thrownBy(() => read(spki(ED25519, undefined, new Uint8Array(length))))).toMatchObject({
      code: 'ERR_CERT_KEY',
      details: { algorithm: 'Ed25519', problem: `${length} bytes, expected 32` },
    })
  })

  test.each([
    ['NULL', writeNull()],
    ['a curve', writeOid(P256)],
  ])('is refused with %s as parameters', (_, parameters) => {
    expect(thrownBy(() => read(spki(ED25519, parameters, new Uint8Array(32))))).toMatchObject({
      code: 'ERR_CERT_KEY',
      details: { problem: 'parameters must be absent' },
    })
  })
})

describe('the frame', () => {
  test.each([
    ['X25519', '1.3.101.110'],
    ['X448', '1.3.101.111'],
    ['DSA', '1.2.840.10040.4.1'],
    ['RSAES-OAEP', '1.2.840.113549.1.1.7'],
    ['an OID that begins like RSA', `${RSA}.1`],
  ])('marks %s as unsupported', (_, oid) => {
    expect(read(spki(oid, undefined, Uint8Array.of(1))).key).toEqual({
      kind: 'unsupported',
      problem: 'not an accepted key algorithm',
    })
  })

  test('refuses a key with unused bits', () => {
    const der = writeSequence(writeSequence(writeOid(ED25519)), writeBitString(new Uint8Array(32), 1))
    expect(thrownBy(() => read(der))).toMatchObject({
      code: 'ERR_DER_VALUE',
      details: { reading: 'subjectPublicKey', found: '1 unused bits' },
    })
  })

  test('refuses an element behind the key', () => {
    const algorithm = writeSequence(writeOid(ED25519))
    const der = writeSequence(algorithm, writeBitString(new Uint8Array(32)), writeNull())
    expect(thrownBy(() => read(der))).toMatchObject({
      code: 'ERR_DER_TRAILING_DATA',
      details: { reading: 'subjectPublicKeyInfo' },
    })
  })

  test('refuses an OCTET STRING as key', () => {
    const der = writeSequence(
      writeSequence(writeOid(ED25519)),
      writeElement(TAG.octetString, new Uint8Array(32)),
    )
    expect(thrownBy(() => read(der))).toMatchObject({ code: 'ERR_DER_UNEXPECTED_TAG' })
  })

  test('gives what cannot be changed', () => {
    expect(Object.isFrozen(read(spki(ED25519, undefined, new Uint8Array(32))))).toBe(true)
  })
})

describe('weakness', () => {
  test.each([2048, 2049, 8192])('is not told of RSA with %d bits', (bits) => {
    expect(weaknessOf(read(rsa(modulusOf(bits))))).toBeUndefined()
  })

  test.each([
    [1, 'modulus of 1 bits, at least 2048 are required'],
    [1024, 'modulus of 1024 bits, at least 2048 are required'],
    [2047, 'modulus of 2047 bits, at least 2048 are required'],
    [8193, 'modulus of 8193 bits, at most 8192 are accepted'],
    [16_384, 'modulus of 16384 bits, at most 8192 are accepted'],
  ])('is told of RSA with %d bits', (bits, problem) => {
    expect(weaknessOf(read(rsa(modulusOf(bits))))).toBe(problem)
  })

  test.each([
    ['3', [0x03]],
    ['17', [0x11]],
    ['65537', [0x01, 0x00, 0x01]],
    ['2^33 - 1', [0x01, 0xff, 0xff, 0xff, 0xff]],
  ])('is not told of exponent %s', (_, exponent) => {
    expect(weaknessOf(read(rsa(modulusOf(2048), writeRawInteger(...exponent))))).toBeUndefined()
  })

  test.each([
    ['0', [0x00]],
    ['1', [0x01]],
    ['2', [0x02]],
    ['4', [0x04]],
    ['65536', [0x01, 0x00, 0x00]],
    ['2^33', [0x02, 0x00, 0x00, 0x00, 0x00]],
    ['2^33 + 1', [0x02, 0x00, 0x00, 0x00, 0x01]],
  ])('is told of exponent %s', (_, exponent) => {
    expect(weaknessOf(read(rsa(modulusOf(2048), writeRawInteger(...exponent))))).toBe(
      'publicExponent is even, below 3, or above 33 bits',
    )
  })

  test('is not told of a named curve', () => {
    expect(weaknessOf(read(ec(P256, pointOf(0x04, 64))))).toBeUndefined()
  })

  test('is not told of Ed25519', () => {
    expect(weaknessOf(read(spki(ED25519, undefined, new Uint8Array(32).fill(7))))).toBeUndefined()
  })

  test.each([
    ['Ed25519', ED25519, 32],
    ['Ed448', '1.3.101.113', 57],
  ])('is told of a point of small order of %s', (_, oid, length) => {
    const key = spki(oid, undefined, new Uint8Array(length).with(0, 1))
    expect(weaknessOf(read(key))).toBe('a point of small order, for which anybody can sign')
  })

  test('is told of an unsupported key', () => {
    expect(weaknessOf(read(ec('1.3.132.0.10', pointOf(0x04, 64))))).toBe('not an accepted curve')
  })
})

describe('description', () => {
  test.each([
    ['RSA', rsa(modulusOf(3072)), 'RSA 3072'],
    ['RSA for PSS', spki(PSS, undefined, writeSequence(modulusOf(3072), writeInteger(3))), 'RSA-PSS 3072'],
    ['a curve', ec(P384, pointOf(0x04, 96)), 'EC P-384'],
    ['Ed25519', spki(ED25519, undefined, new Uint8Array(32)), 'Ed25519'],
    [
      'a known algorithm that is not supported',
      spki('1.2.840.10040.4.1', undefined, new Uint8Array(57)),
      'DSA',
    ],
    ['an unknown algorithm', spki('1.2.3', undefined, new Uint8Array(1)), '1.2.3'],
  ])('names %s', (_, der, expected) => {
    expect(describeKey(read(der))).toBe(expected)
  })
})
