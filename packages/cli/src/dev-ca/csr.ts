// CLI: reads a certificate request (PKCS #10, RFC 2986) and lets it pass only if whoever made it holds the private key
// and the key is strong enough. What it asks for is reported, not granted.

import 'reflect-metadata'
import { constants, createPublicKey, type KeyObject, verify } from 'node:crypto'
import * as x509 from '@peculiar/x509'
import { escapeText } from 'ingam'
import { CommandError } from '../failure.ts'
import { splitSequence } from './der.ts'
import { type CertificateName, isCommonName, type NameKind, problemOf } from './names.ts'

/** What a request holds and asks for. Only the key has been proved. */
export interface ReadRequest {
  /** DER of SubjectPublicKeyInfo. */
  readonly publicKey: Uint8Array<ArrayBuffer>
  /** Of the subject; undefined where it has none that could stand in a certificate of ours. */
  readonly requestedCommonName: string | undefined
  /** Escaped, for display. */
  readonly requestedSubject: string
  readonly requestedNames: readonly CertificateName[]
  /** What is never taken: names of other kinds, and all other extensions; escaped, for display. */
  readonly ignored: readonly string[]
}

// LIMIT: requests in the field have 1 to 4 KiB; a certificate is at most 64 KiB.
export const MAX_REQUEST_BYTES = 65_536

/**
 * Reads and proves a request.
 *
 * @param input PEM or DER
 * @param name what to call the input in messages
 * @throws {CommandError} exit 3 where it is no request, exit 1 where possession is not proved or the key is weak
 */
export function readRequest(input: Uint8Array, name: string): ReadRequest {
  const der = toDer(input, name)
  const parts = splitSequence(der)
  const [toBeSigned, , signature] = parts ?? []
  // A signature is a BIT STRING without unused bits.
  if (
    parts?.length !== 3 ||
    toBeSigned === undefined ||
    signature?.tag !== 0x03 ||
    signature.content[0] !== 0
  ) {
    throw unreadable(name)
  }
  const request = attempt(name, () => parseRequest(der))
  const key = attempt(name, () =>
    createPublicKey({ key: Buffer.from(request.publicKey), format: 'der', type: 'spki' }),
  )
  checkStrength(key, name)
  if (!isSignedBy(key, request.signatureAlgorithm, toBeSigned.bytes, signature.content.subarray(1), name)) {
    throw new CommandError(1, `${name}: the request is not signed by the key in it`, [
      'it was damaged or changed, or its maker does not hold the private key; ask for a new one',
    ])
  }
  const { signatureAlgorithm: _algorithm, ...rest } = request
  return rest
}

function toDer(input: Uint8Array, name: string): Uint8Array<ArrayBuffer> {
  if (input.length === 0) throw new CommandError(3, `${name}: expected a certificate request, found nothing`)
  if (input[0] === 0x30) return Uint8Array.from(input)
  const text = Buffer.from(input).toString('latin1')
  const blocks = [...text.matchAll(/-----BEGIN ([A-Z\d ]+)-----\s+([^-]*)-----END \1-----/gu)]
  const [block] = blocks
  if (block === undefined) {
    throw new CommandError(3, `${name}: expected a certificate request in PEM or DER, found neither`, [
      'a request in PEM begins with -----BEGIN CERTIFICATE REQUEST-----',
    ])
  }
  const [, label = '', body = ''] = block
  if (label !== 'CERTIFICATE REQUEST' && label !== 'NEW CERTIFICATE REQUEST') {
    throw new CommandError(3, `${name}: expected a certificate request, found a PEM block of ${label}`, [
      'make one with: openssl req -new -key key.pem -subj /CN=client -out request.pem',
    ])
  }
  if (blocks.length > 1)
    throw new CommandError(3, `${name}: expected one certificate request, found ${blocks.length}`)
  const base64 = body.replaceAll(/\s+/gu, '')
  if (!/^(?:[A-Za-z\d+/]{4})*(?:[A-Za-z\d+/]{2}==|[A-Za-z\d+/]{3}=)?$/u.test(base64)) throw unreadable(name)
  return Uint8Array.from(Buffer.from(base64, 'base64'))
}

interface Parsed extends ReadRequest {
  readonly signatureAlgorithm: SignatureAlgorithm
}

interface SignatureAlgorithm {
  readonly name: string
  readonly hash?: string | { readonly name: string }
  readonly saltLength?: number
}

// The library reads lazily, so everything that is needed is asked for here, where its errors are expected.
function parseRequest(der: Uint8Array<ArrayBuffer>): Parsed {
  const request = new x509.Pkcs10CertificateRequest(der)
  const requestedNames: CertificateName[] = []
  const ignored: string[] = []
  for (const extension of request.extensions) {
    if (extension instanceof x509.SubjectAlternativeNameExtension) {
      for (const { type, value } of extension.names.items) {
        const kind = NAME_KINDS[type]
        if (kind === undefined) ignored.push(`the name ${type}:${escapeText(value)}`)
        else if (problemOf({ kind, value }) !== undefined)
          ignored.push(`the name ${kind}:${escapeText(value)}`)
        else requestedNames.push({ kind, value })
      }
    } else ignored.push(`the extension ${EXTENSIONS[extension.type] ?? extension.type}`)
  }
  const [commonName] = request.subjectName.getField('CN')
  return {
    publicKey: new Uint8Array(request.publicKey.rawData),
    requestedCommonName: commonName !== undefined && isCommonName(commonName) ? commonName : undefined,
    requestedSubject: escapeText(request.subject),
    requestedNames,
    ignored,
    signatureAlgorithm: request.signatureAlgorithm,
  }
}

const NAME_KINDS: Readonly<Record<string, NameKind>> = {
  url: 'uri',
  dns: 'dns',
  email: 'email',
  upn: 'upn',
  ip: 'ip',
}

const EXTENSIONS: Readonly<Record<string, string>> = {
  '2.5.29.14': 'subjectKeyIdentifier',
  '2.5.29.15': 'keyUsage',
  '2.5.29.19': 'basicConstraints',
  '2.5.29.30': 'nameConstraints',
  '2.5.29.32': 'certificatePolicies',
  '2.5.29.35': 'authorityKeyIdentifier',
  '2.5.29.37': 'extKeyUsage',
}

// What verifiers accept in a signer's certificate (docs/profile.md); of RSA exponents only those that FIPS 186-5 allows.
function checkStrength(key: KeyObject, name: string): void {
  const { asymmetricKeyType: kind, asymmetricKeyDetails: details = {} } = key
  if (kind === 'rsa' || kind === 'rsa-pss') {
    const { modulusLength = 0, publicExponent = 0n } = details
    if (modulusLength < 2_048 || modulusLength > 8_192) {
      throw weak(name, `an RSA key of 2048 to 8192 bits, found ${modulusLength}`)
    }
    if (publicExponent < 65_537n || publicExponent % 2n === 0n) {
      throw weak(name, `an RSA key with an odd exponent from 65537, found ${publicExponent}`)
    }
    return
  }
  if (kind === 'ec' && STRONG_CURVES.includes(details.namedCurve ?? '')) return
  if (bringsDigest(key)) return
  const found = [kind, details.namedCurve].filter((part) => part !== undefined).join(' ')
  throw weak(name, `a key of RSA, P-256, P-384, P-521, Ed25519, Ed448 or ML-DSA, found ${found}`)
}

function bringsDigest({ asymmetricKeyType: kind }: KeyObject): boolean {
  return kind === 'ed25519' || kind === 'ed448' || kind?.startsWith('ml-dsa-') === true
}

const STRONG_CURVES = ['prime256v1', 'secp384r1', 'secp521r1']

function isSignedBy(
  key: KeyObject,
  algorithm: SignatureAlgorithm,
  bytes: Uint8Array,
  signature: Uint8Array,
  name: string,
): boolean {
  // The algorithm is the one part that no signature covers; it must be one of the key's own.
  if (SUITING[key.asymmetricKeyType ?? '']?.includes(algorithm.name) !== true) return false
  if (algorithm.hash === undefined) return bringsDigest(key) && verify(null, bytes, key, signature)
  const hash = typeof algorithm.hash === 'string' ? algorithm.hash : algorithm.hash.name
  // SHA-1 collisions cost little: whoever gets such a request signed may hold a second one.
  if (!['SHA-256', 'SHA-384', 'SHA-512'].includes(hash)) {
    throw new CommandError(
      1,
      `${name}: expected a request signed with SHA-256, SHA-384 or SHA-512, found ${hash}`,
      ['make a new request with: openssl req -sha256 …'],
    )
  }
  const pss = algorithm.name === 'RSA-PSS'
  const padding = pss
    ? { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: algorithm.saltLength ?? 20 }
    : {}
  try {
    return verify(hash, bytes, { key, ...padding }, signature)
  } catch {
    // Parameters that the key does not take, such as a salt longer than it: then the key did not sign.
    return false
  }
}

// In WebCrypto's names, as the library that reads requests gives them.
const SUITING: Readonly<Record<string, readonly string[]>> = {
  rsa: ['RSASSA-PKCS1-v1_5', 'RSA-PSS'],
  'rsa-pss': ['RSA-PSS'],
  ec: ['ECDSA'],
  ed25519: ['Ed25519'],
  ed448: ['EdDSA'],
  'ml-dsa-44': ['ML-DSA-44'],
  'ml-dsa-65': ['ML-DSA-65'],
  'ml-dsa-87': ['ML-DSA-87'],
}

function attempt<T>(name: string, read: () => T): T {
  try {
    return read()
  } catch {
    // The reasons of the two readers speak of their own insides.
    throw unreadable(name)
  }
}

function weak(name: string, problem: string): CommandError {
  return new CommandError(1, `${name}: expected ${problem}`, ['make a new key, and a request with it'])
}

function unreadable(name: string): CommandError {
  return new CommandError(3, `${name}: not a certificate request (PKCS #10), or damaged`, [
    'openssl req -in FILE -noout -text shows what is in it',
  ])
}
