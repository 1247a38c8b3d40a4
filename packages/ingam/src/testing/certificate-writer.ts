// Layer: testing. Writes certificates field by field, well-formed or wrong in exactly the way that a test asks for.
// Keys come from WebCrypto, so that the same code runs on Node and in browsers. Never for production.

import { concatBytes } from '../bytes/compare.ts'
import { readAll } from '../der/reader.ts'
import { contextTag, TAG } from '../der/tag.ts'
import {
  writeBitString,
  writeBoolean,
  writeElement,
  writeExplicit,
  writeImplicit,
  writeInteger,
  writeNull,
  writeOctetString,
  writeOid,
  writeSequence,
  writeSet,
  writeString,
  writeTime,
} from '../der/writer.ts'
import { ecdsaDerFromP1363 } from '../platform/ecdsa-signature.ts'
import { KEY_USAGE_BITS, type KeyUsageBit } from '../x509/extensions/key-usage.ts'
import { readSubjectPublicKeyInfo } from '../x509/spki.ts'

/** Kinds of key that test certificates can have. */
export type TestKeyType =
  | 'P-256'
  | 'P-384'
  | 'P-521'
  | 'RSA-1024'
  | 'RSA-2048'
  | 'RSA-3072'
  | 'RSA-4096'
  | 'RSA-PSS-2048'
  | 'id-RSASSA-PSS-2048'
  | 'id-RSASSA-PSS-2048-SHA-256'
  | 'Ed25519'
  | 'Ed448'
  | 'ML-DSA-44'
  | 'ML-DSA-65'
  | 'ML-DSA-87'

/** A key pair with its public key as certificates carry it. */
export interface TestKeyPair {
  readonly keyType: TestKeyType
  readonly privateKey: CryptoKey
  readonly subjectPublicKeyInfo: Uint8Array
  readonly pkcs8: Uint8Array
}

/** One extension to write; `value` is the content of extnValue. */
export interface TestExtension {
  readonly oid: string
  readonly critical?: boolean
  readonly value: Uint8Array
}

/** Everything that a certificate says. */
export interface CertificateFields {
  readonly version: 1 | 2 | 3
  readonly serialNumber: Uint8Array
  readonly issuer: Uint8Array
  readonly subject: Uint8Array
  readonly notBefore: Date
  readonly notAfter: Date
  readonly subjectPublicKeyInfo: Uint8Array
  readonly extensions: readonly TestExtension[]
}

/**
 * Makes a key pair that can be exported. An RSA-PSS key is an RSA key that signs certificates by RSASSA-PSS; under
 * id-RSASSA-PSS its certificate says that it signs by nothing else, perhaps with SHA-256 alone (RFC 4055 §1.2). Ed448
 * and ML-DSA need a runtime that has them.
 */
export async function generateKeyPair(keyType: TestKeyType): Promise<TestKeyPair> {
  const pair = await crypto.subtle.generateKey(GENERATION[keyType], true, ['sign', 'verify'])
  if (!('privateKey' in pair)) throw new TypeError(`the runtime made no key pair for ${keyType}`)
  const spki = new Uint8Array(await crypto.subtle.exportKey('spki', pair.publicKey))
  const algorithm = KEY_ALGORITHMS[keyType]
  return {
    keyType,
    privateKey: pair.privateKey,
    subjectPublicKeyInfo: algorithm === undefined ? spki : relabelled(spki, algorithm),
    pkcs8: new Uint8Array(await crypto.subtle.exportKey('pkcs8', pair.privateKey)),
  }
}

/** DER of a certificate with these fields, signed by the key with SHA-256 (or the algorithm's own hash). */
export async function writeCertificate(fields: CertificateFields, signer: TestKeyPair): Promise<Uint8Array> {
  const algorithm = signatureAlgorithmOf(signer)
  const tbsCertificate = writeSequence(
    ...(fields.version === 1 ? [] : [writeExplicit(0, writeInteger(fields.version - 1))]),
    writeElement(TAG.integer, fields.serialNumber),
    algorithm,
    fields.issuer,
    writeSequence(writeTime(fields.notBefore), writeTime(fields.notAfter)),
    fields.subject,
    fields.subjectPublicKeyInfo,
    ...(fields.extensions.length === 0
      ? []
      : [writeExplicit(3, writeSequence(...fields.extensions.map(writeExtension)))]),
  )
  return writeSequence(tbsCertificate, algorithm, await writeSignature(signer, tbsCertificate))
}

/** AlgorithmIdentifier of the signatures that the key makes. */
export function signatureAlgorithmOf(signer: TestKeyPair): Uint8Array {
  return SIGNATURE_ALGORITHMS[signer.keyType]
}

/** BIT STRING of the key's signature over the data. */
export async function writeSignature(signer: TestKeyPair, data: Uint8Array): Promise<Uint8Array> {
  return writeBitString(await sign(signer, data))
}

/** The extensions that are written anyway, without those that others replace or that are left out, and the others. */
export function mergeExtensions(
  written: readonly (TestExtension | undefined)[],
  extra: readonly TestExtension[] = [],
  without: readonly string[] = [],
): readonly TestExtension[] {
  const left = new Set([...extra.map(({ oid }) => oid), ...without])
  return [
    ...written.filter((extension) => extension !== undefined).filter(({ oid }) => !left.has(oid)),
    ...extra,
  ]
}

/** DER of a Name with one common name in UTF-8; empty text makes the empty Name. */
export function writeName(commonName: string): Uint8Array {
  if (commonName === '') return writeSequence()
  return writeSequence(writeSet(writeSequence(writeOid('2.5.4.3'), writeString(TAG.utf8String, commonName))))
}

export function writeBasicConstraints(ca: 'ca' | 'end entity', pathLenConstraint?: number): Uint8Array {
  const parts = ca === 'ca' ? [writeBoolean('true')] : []
  return writeSequence(
    ...parts,
    ...(pathLenConstraint === undefined ? [] : [writeInteger(pathLenConstraint)]),
  )
}

export function writeKeyUsage(usages: readonly KeyUsageBit[]): Uint8Array {
  const bits = usages.map((usage) => KEY_USAGE_BITS.indexOf(usage))
  const last = Math.max(...bits)
  const bytes = new Uint8Array(Math.floor(last / 8) + 1)
  for (const bit of bits) bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) | (0x80 >> (bit & 7))
  return writeBitString(bytes, 7 - (last & 7))
}

export function writeExtKeyUsage(purposes: readonly string[]): Uint8Array {
  return writeSequence(...purposes.map(writeOid))
}

/** The names of a subjectAltName, by kind. */
export interface TestNames {
  readonly dns?: readonly string[]
  readonly uris?: readonly string[]
  readonly emails?: readonly string[]
  readonly upns?: readonly string[]
  /** IPv4 addresses. */
  readonly ips?: readonly string[]
}

/** The content of subjectAltName, or undefined where there are no names. */
export function writeSubjectAltName(names: TestNames): Uint8Array | undefined {
  const { dns = [], uris = [], emails = [], upns = [], ips = [] } = names
  const text = new TextEncoder()
  const parts = [
    ...emails.map((value) => writeImplicit(1, text.encode(value))),
    ...dns.map((value) => writeImplicit(2, text.encode(value))),
    ...uris.map((value) => writeImplicit(6, text.encode(value))),
    ...ips.map((value) => writeImplicit(7, Uint8Array.from(value.split('.').map(Number)))),
    ...upns.map(writeUpn),
  ]
  return parts.length === 0 ? undefined : writeSequence(...parts)
}

/** The first 20 bytes of the SHA-256 of the public key (RFC 7093 §2, method 1). */
export async function keyIdentifier(keys: TestKeyPair): Promise<Uint8Array> {
  const digest = await crypto.subtle.digest('SHA-256', copyOf(keys.subjectPublicKeyInfo))
  return new Uint8Array(digest).subarray(0, 20)
}

// The same key under another AlgorithmIdentifier.
function relabelled(spki: Uint8Array, algorithm: Uint8Array): Uint8Array {
  const { subjectPublicKey } = readAll(spki, 'SubjectPublicKeyInfo', readSubjectPublicKeyInfo)
  return writeSequence(algorithm, writeBitString(subjectPublicKey))
}

const RSA = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256', publicExponent: Uint8Array.of(1, 0, 1) }
const RSA_PSS = { ...RSA, name: 'RSA-PSS', modulusLength: 2048 }

const OWN_HASH = {
  Ed448: { name: 'Ed448' },
  'ML-DSA-44': { name: 'ML-DSA-44' },
  'ML-DSA-65': { name: 'ML-DSA-65' },
  'ML-DSA-87': { name: 'ML-DSA-87' },
} as const

const GENERATION = {
  'P-256': { name: 'ECDSA', namedCurve: 'P-256' },
  'P-384': { name: 'ECDSA', namedCurve: 'P-384' },
  'P-521': { name: 'ECDSA', namedCurve: 'P-521' },
  // Too weak for any verifier; here to be refused.
  'RSA-1024': { ...RSA, modulusLength: 1024 },
  'RSA-2048': { ...RSA, modulusLength: 2048 },
  'RSA-3072': { ...RSA, modulusLength: 3072 },
  'RSA-4096': { ...RSA, modulusLength: 4096 },
  'RSA-PSS-2048': RSA_PSS,
  'id-RSASSA-PSS-2048': RSA_PSS,
  'id-RSASSA-PSS-2048-SHA-256': RSA_PSS,
  Ed25519: { name: 'Ed25519' },
  ...OWN_HASH,
} as const

const SIGNING = {
  'P-256': { name: 'ECDSA', hash: 'SHA-256' },
  'P-384': { name: 'ECDSA', hash: 'SHA-256' },
  'P-521': { name: 'ECDSA', hash: 'SHA-256' },
  'RSA-1024': { name: 'RSASSA-PKCS1-v1_5' },
  'RSA-2048': { name: 'RSASSA-PKCS1-v1_5' },
  'RSA-3072': { name: 'RSASSA-PKCS1-v1_5' },
  'RSA-4096': { name: 'RSASSA-PKCS1-v1_5' },
  'RSA-PSS-2048': { name: 'RSA-PSS', saltLength: 32 },
  'id-RSASSA-PSS-2048': { name: 'RSA-PSS', saltLength: 32 },
  'id-RSASSA-PSS-2048-SHA-256': { name: 'RSA-PSS', saltLength: 32 },
  Ed25519: { name: 'Ed25519' },
  ...OWN_HASH,
} as const

const COORDINATE_BYTES = { 'P-256': 32, 'P-384': 48, 'P-521': 66 } as const
const SHA256_WITH_RSA = writeSequence(writeOid('1.2.840.113549.1.1.11'), writeNull())
const ECDSA_WITH_SHA256 = writeSequence(writeOid('1.2.840.10045.4.3.2'))
const SHA256 = writeSequence(writeOid('2.16.840.1.101.3.4.2.1'), writeNull())
// RFC 4055 §3.1: SHA-256, MGF1 with SHA-256, a salt of 32 octets.
const PSS_WITH_SHA256 = writeSequence(
  writeOid('1.2.840.113549.1.1.10'),
  writeSequence(
    writeExplicit(0, SHA256),
    writeExplicit(1, writeSequence(writeOid('1.2.840.113549.1.1.8'), SHA256)),
    writeExplicit(2, writeInteger(32)),
  ),
)

// What a certificate calls the key where it is not what WebCrypto calls it.
const KEY_ALGORITHMS: Partial<Readonly<Record<TestKeyType, Uint8Array>>> = {
  'id-RSASSA-PSS-2048': writeSequence(writeOid('1.2.840.113549.1.1.10')),
  'id-RSASSA-PSS-2048-SHA-256': PSS_WITH_SHA256,
}

const SIGNATURE_ALGORITHMS: Readonly<Record<TestKeyType, Uint8Array>> = {
  'P-256': ECDSA_WITH_SHA256,
  'P-384': ECDSA_WITH_SHA256,
  'P-521': ECDSA_WITH_SHA256,
  'RSA-1024': SHA256_WITH_RSA,
  'RSA-2048': SHA256_WITH_RSA,
  'RSA-3072': SHA256_WITH_RSA,
  'RSA-4096': SHA256_WITH_RSA,
  'RSA-PSS-2048': PSS_WITH_SHA256,
  'id-RSASSA-PSS-2048': PSS_WITH_SHA256,
  'id-RSASSA-PSS-2048-SHA-256': PSS_WITH_SHA256,
  Ed25519: writeSequence(writeOid('1.3.101.112')),
  Ed448: writeSequence(writeOid('1.3.101.113')),
  'ML-DSA-44': writeSequence(writeOid('2.16.840.1.101.3.4.3.17')),
  'ML-DSA-65': writeSequence(writeOid('2.16.840.1.101.3.4.3.18')),
  'ML-DSA-87': writeSequence(writeOid('2.16.840.1.101.3.4.3.19')),
}

async function sign(signer: TestKeyPair, data: Uint8Array): Promise<Uint8Array> {
  const signature = new Uint8Array(
    await crypto.subtle.sign(SIGNING[signer.keyType], signer.privateKey, copyOf(data)),
  )
  const { keyType } = signer
  if (keyType !== 'P-256' && keyType !== 'P-384' && keyType !== 'P-521') return signature
  const der = ecdsaDerFromP1363(signature, COORDINATE_BYTES[keyType])
  if (der === undefined) throw new TypeError('the runtime wrote an ECDSA signature of another length')
  return der
}

/** DER of one Extension. */
export function writeExtension({ oid, critical, value }: TestExtension): Uint8Array {
  return writeSequence(
    writeOid(oid),
    ...(critical === true ? [writeBoolean('true')] : []),
    writeOctetString(value),
  )
}

function writeUpn(value: string): Uint8Array {
  const content = concatBytes(
    writeOid('1.3.6.1.4.1.311.20.2.3'),
    writeExplicit(0, writeString(TAG.utf8String, value)),
  )
  return writeElement(contextTag(0, 'constructed'), content)
}

function copyOf(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(bytes)
}
