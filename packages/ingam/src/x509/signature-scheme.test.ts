// Signature algorithms of certificates: each accepted one with its kind of key and its parameters, all others refused.

import { describe, expect, test } from 'vitest'
import { bytesOf, readWhole } from '../../../../test/support/certificate-der.ts'
import {
  writeBitString,
  writeExplicit,
  writeInteger,
  writeNull,
  writeOid,
  writeSequence,
} from '../der/writer.ts'
import { type AlgorithmIdentifier, readAlgorithmIdentifier } from './algorithm.ts'
import { signatureSchemeOf } from './signature-scheme.ts'
import { readSubjectPublicKeyInfo, type SubjectPublicKeyInfo } from './spki.ts'

const SHA256_RSA = '1.2.840.113549.1.1.11'
const SHA384_RSA = '1.2.840.113549.1.1.12'
const SHA512_RSA = '1.2.840.113549.1.1.13'
const ECDSA_SHA256 = '1.2.840.10045.4.3.2'
const ECDSA_SHA384 = '1.2.840.10045.4.3.3'
const ECDSA_SHA512 = '1.2.840.10045.4.3.4'
const ED25519 = '1.3.101.112'
const ED448 = '1.3.101.113'
const PSS = '1.2.840.113549.1.1.10'
const ML_DSA_44 = '2.16.840.1.101.3.4.3.17'
const ML_DSA_65 = '2.16.840.1.101.3.4.3.18'

function algorithm(oid: string, parameters: Uint8Array = new Uint8Array(0)): AlgorithmIdentifier {
  return readWhole(writeSequence(writeOid(oid), parameters), (reader) =>
    readAlgorithmIdentifier(reader, 'algorithm'),
  )
}

function key(oid: string, parameters: Uint8Array, bytes: Uint8Array): SubjectPublicKeyInfo {
  const der = writeSequence(writeSequence(writeOid(oid), parameters), writeBitString(bytes))
  return readWhole(der, readSubjectPublicKeyInfo)
}

function ecKey(curve: string, size: number): SubjectPublicKeyInfo {
  return key('1.2.840.10045.2.1', writeOid(curve), bytesOf([0x04], new Uint8Array(size)))
}

const modulus = writeInteger(new Uint8Array(256).fill(0xff))
const RSA_KEY = writeSequence(modulus, writeInteger(65_537))
const SHA256 = writeSequence(writeOid('2.16.840.1.101.3.4.2.1'), writeNull())

function pssWith(saltLength: number): Uint8Array {
  const mask = writeSequence(writeOid('1.2.840.113549.1.1.8'), SHA256)
  return writeSequence(
    writeExplicit(0, SHA256),
    writeExplicit(1, mask),
    writeExplicit(2, writeInteger(saltLength)),
  )
}

const KEYS = {
  RSA: key('1.2.840.113549.1.1.1', writeNull(), writeSequence(modulus, writeInteger(65_537))),
  'P-256': ecKey('1.2.840.10045.3.1.7', 64),
  'P-384': ecKey('1.3.132.0.34', 96),
  'P-521': ecKey('1.3.132.0.35', 132),
  'RSA for PSS': key(PSS, new Uint8Array(0), RSA_KEY),
  'RSA bound to PSS with a salt of 30': key(PSS, pssWith(30), RSA_KEY),
  'RSA bound to SHA-1': key(PSS, writeSequence(), RSA_KEY),
  Ed25519: key(ED25519, new Uint8Array(0), new Uint8Array(32)),
  Ed448: key(ED448, new Uint8Array(0), new Uint8Array(57)),
  'ML-DSA-44': key(ML_DSA_44, new Uint8Array(0), new Uint8Array(1_312)),
  'ML-DSA-65': key(ML_DSA_65, new Uint8Array(0), new Uint8Array(1_952)),
  secp256k1: ecKey('1.3.132.0.10', 64),
} as const

const NOTHING = new Uint8Array(0)

describe('accepted', () => {
  test.each([
    [SHA256_RSA, 'SHA-256'],
    [SHA384_RSA, 'SHA-384'],
    [SHA512_RSA, 'SHA-512'],
  ])('%s is PKCS#1 v1.5 with %s', (oid, hash) => {
    expect(signatureSchemeOf(algorithm(oid, writeNull()), KEYS.RSA)).toEqual({ kind: 'rsa-pkcs1', hash })
  })

  test.each([
    [ECDSA_SHA256, 'SHA-256'],
    [ECDSA_SHA384, 'SHA-384'],
    [ECDSA_SHA512, 'SHA-512'],
  ])('%s is ECDSA with %s', (oid, hash) => {
    expect(signatureSchemeOf(algorithm(oid), KEYS['P-256'])).toEqual({
      kind: 'ecdsa',
      hash,
      curve: 'P-256',
      encoding: 'der',
    })
  })

  test.each(['P-256', 'P-384', 'P-521'] as const)('ECDSA takes the curve %s from the key', (curve) => {
    expect(signatureSchemeOf(algorithm(ECDSA_SHA256), KEYS[curve])).toMatchObject({ curve })
  })

  test.each([
    ['RSA', 0],
    ['RSA', 32],
    ['RSA for PSS', 32],
    ['RSA bound to PSS with a salt of 30', 30],
    ['RSA bound to PSS with a salt of 30', 32],
  ] as const)('RSASSA-PSS with a key that is %s and a salt of %i', (name, saltLength) => {
    const expected = { kind: 'rsa-pss', hash: 'SHA-256', saltLength }
    expect(signatureSchemeOf(algorithm(PSS, pssWith(saltLength)), KEYS[name])).toEqual(expected)
  })

  test('1.3.101.113 is Ed448, and ML-DSA is of the set of its key', () => {
    expect(signatureSchemeOf(algorithm(ED448), KEYS.Ed448)).toEqual({ kind: 'ed448' })
    for (const [oid, parameterSet] of [
      [ML_DSA_44, 'ML-DSA-44'],
      [ML_DSA_65, 'ML-DSA-65'],
    ] as const) {
      expect(signatureSchemeOf(algorithm(oid), KEYS[parameterSet])).toEqual({ kind: 'ml-dsa', parameterSet })
    }
  })

  test('1.3.101.112 is Ed25519', () => {
    expect(signatureSchemeOf(algorithm(ED25519), KEYS.Ed25519)).toEqual({ kind: 'ed25519' })
  })
})

describe('refused', () => {
  test.each([
    ['md5WithRSAEncryption', '1.2.840.113549.1.1.4'],
    ['sha1WithRSAEncryption', '1.2.840.113549.1.1.5'],
    ['sha224WithRSAEncryption', '1.2.840.113549.1.1.14'],
    ['rsaEncryption', '1.2.840.113549.1.1.1'],
    ['RSASSA-PSS', '1.2.840.113549.1.1.10'],
    ['an OID that begins like SHA-256 with RSA', `${SHA256_RSA}.0`],
  ])('%s, with NULL and without', (_, oid) => {
    expect(signatureSchemeOf(algorithm(oid, writeNull()), KEYS.RSA)).toBeUndefined()
    expect(signatureSchemeOf(algorithm(oid), KEYS.RSA)).toBeUndefined()
  })

  test.each([
    ['ecdsa-with-SHA1', '1.2.840.10045.4.1'],
    ['ecdsa-with-SHA224', '1.2.840.10045.4.3.1'],
    ['id-ecPublicKey', '1.2.840.10045.2.1'],
    ['dsa-with-SHA256', '2.16.840.1.101.3.4.3.2'],
  ])('%s', (_, oid) => {
    expect(signatureSchemeOf(algorithm(oid), KEYS['P-256'])).toBeUndefined()
  })

  test.each([
    ['Ed448 with a key of Ed25519', ED448, 'Ed25519'],
    ['Ed25519 with a key of Ed448', ED25519, 'Ed448'],
    ['ML-DSA-44 with a key of ML-DSA-65', ML_DSA_44, 'ML-DSA-65'],
    ['ML-DSA-65 with a key of ML-DSA-44', ML_DSA_65, 'ML-DSA-44'],
    ['ML-DSA-44 with a key of Ed25519', ML_DSA_44, 'Ed25519'],
    ['Ed25519 with a key of ML-DSA-44', ED25519, 'ML-DSA-44'],
  ] as const)('%s', (_, oid, name) => {
    expect(signatureSchemeOf(algorithm(oid), KEYS[name])).toBeUndefined()
  })

  test.each([
    ['Ed448', ED448, 'Ed448'],
    ['ML-DSA-44', ML_DSA_44, 'ML-DSA-44'],
  ] as const)('%s with NULL', (_, oid, name) => {
    expect(signatureSchemeOf(algorithm(oid, writeNull()), KEYS[name])).toBeUndefined()
  })

  test.each([
    ['a key bound to a longer salt', pssWith(29), 'RSA bound to PSS with a salt of 30'],
    ['a key bound to SHA-1', pssWith(32), 'RSA bound to SHA-1'],
    ['a salt longer than the hash', pssWith(33), 'RSA'],
    ['the defaults, which are SHA-1', writeSequence(), 'RSA'],
    ['NULL for parameters', writeNull(), 'RSA'],
    ['no parameters', NOTHING, 'RSA'],
    ['a key on a curve', pssWith(32), 'P-256'],
    ['a key of Ed25519', pssWith(32), 'Ed25519'],
  ] as const)('RSASSA-PSS with %s', (_, parameters, name) => {
    expect(signatureSchemeOf(algorithm(PSS, parameters), KEYS[name])).toBeUndefined()
  })

  test.each([SHA256_RSA, SHA384_RSA, SHA512_RSA])('%s with a key for PSS alone', (oid) => {
    expect(signatureSchemeOf(algorithm(oid, writeNull()), KEYS['RSA for PSS'])).toBeUndefined()
  })

  test.each([SHA256_RSA, SHA384_RSA, SHA512_RSA])('%s without parameters', (oid) => {
    expect(signatureSchemeOf(algorithm(oid), KEYS.RSA)).toBeUndefined()
  })

  test.each([
    ['an OID', writeOid('1.2.3')],
    ['a NULL that holds a byte', Uint8Array.of(0x05, 0x01, 0x00)],
    ['a SEQUENCE', writeSequence()],
  ])('RSA with %s as parameters', (_, parameters) => {
    expect(signatureSchemeOf(algorithm(SHA256_RSA, parameters), KEYS.RSA)).toBeUndefined()
  })

  test.each([ECDSA_SHA256, ECDSA_SHA384, ECDSA_SHA512])('%s with NULL', (oid) => {
    expect(signatureSchemeOf(algorithm(oid, writeNull()), KEYS['P-256'])).toBeUndefined()
  })

  test('Ed25519 with NULL', () => {
    expect(signatureSchemeOf(algorithm(ED25519, writeNull()), KEYS.Ed25519)).toBeUndefined()
  })

  test.each([
    ['RSA', SHA256_RSA, writeNull(), ['P-256', 'P-384', 'P-521', 'Ed25519', 'secp256k1']],
    ['ECDSA', ECDSA_SHA256, NOTHING, ['RSA', 'Ed25519', 'secp256k1']],
    ['Ed25519', ED25519, NOTHING, ['RSA', 'P-256', 'P-384', 'P-521', 'secp256k1']],
  ] as const)('%s with every other kind of key', (_, oid, parameters, names) => {
    for (const name of names) {
      expect(signatureSchemeOf(algorithm(oid, parameters), KEYS[name]), name).toBeUndefined()
    }
  })
})
