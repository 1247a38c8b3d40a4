// CLI: a certification authority for development, on @peculiar/x509. Keys lie unencrypted in files; not for anything
// that matters. Loaded only by the commands that issue.

import 'reflect-metadata'
import * as x509 from '@peculiar/x509'
import type { NewFile } from './folders.ts'

export const KEY_TYPES = ['P-256', 'RSA-2048', 'Ed25519'] as const
export type KeyType = (typeof KEY_TYPES)[number]

/** A certificate with its private key, both as PEM. */
export interface Issued {
  readonly certificatePem: string
  readonly privateKeyPem: string
  /** For display; from our own input. */
  readonly subject: string
  readonly notAfter: Date
}

/** What a new CA is to be. */
export interface AuthorityRequest {
  readonly name: string
  readonly keyType: KeyType
  readonly days: number
  readonly now: Date
}

/** What a new client certificate is to be. */
export interface ClientRequest extends AuthorityRequest {
  readonly uris: readonly string[]
  readonly dns: readonly string[]
  readonly emails: readonly string[]
}

/** Makes a self-signed CA certificate that may issue end-entity certificates only. */
export async function createAuthority(request: AuthorityRequest): Promise<Issued> {
  const keys = await generateKeys(request.keyType)
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: randomSerialNumber(),
    name: commonName(request.name),
    ...validity(request),
    signingAlgorithm: signing(keys.privateKey),
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  })
  return await toIssued(certificate, keys.privateKey)
}

/** Issues a client certificate with a new key. Throws where the CA's files cannot be read. */
export async function issueClient(
  authority: Pick<Issued, 'certificatePem' | 'privateKeyPem'>,
  request: ClientRequest,
): Promise<Issued> {
  const issuer = new x509.X509Certificate(authority.certificatePem)
  const signingKey = await importSigningKey(authority.privateKeyPem, issuer)
  const keys = await generateKeys(request.keyType)
  const names: x509.JsonGeneralName[] = [
    ...request.uris.map((value) => ({ type: 'url' as const, value })),
    ...request.dns.map((value) => ({ type: 'dns' as const, value })),
    ...request.emails.map((value) => ({ type: 'email' as const, value })),
  ]
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: randomSerialNumber(),
    subject: commonName(request.name),
    issuer: issuer.subjectName,
    ...validity(request, issuer.notAfter),
    signingAlgorithm: signing(signingKey),
    publicKey: keys.publicKey,
    signingKey,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.clientAuth]),
      ...(names.length === 0 ? [] : [new x509.SubjectAlternativeNameExtension(names)]),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      await x509.AuthorityKeyIdentifierExtension.create(issuer.publicKey),
    ],
  })
  return await toIssued(certificate, keys.privateKey)
}

/** The files of a certificate and its key, under the names by which the commands find them again. */
export function filesOf(issued: Issued, certificateName: string, keyName: string): readonly NewFile[] {
  return [
    { name: keyName, text: issued.privateKeyPem, secret: true },
    { name: certificateName, text: issued.certificatePem, secret: false },
  ]
}

const GENERATION = {
  'P-256': { name: 'ECDSA', namedCurve: 'P-256' },
  'RSA-2048': {
    name: 'RSASSA-PKCS1-v1_5',
    hash: 'SHA-256',
    modulusLength: 2048,
    publicExponent: Uint8Array.of(1, 0, 1),
  },
  Ed25519: { name: 'Ed25519' },
} as const

async function generateKeys(keyType: KeyType): Promise<CryptoKeyPair> {
  const keys = await crypto.subtle.generateKey(GENERATION[keyType], true, ['sign', 'verify'])
  if ('privateKey' in keys) return keys
  throw new Error(`the runtime made no key pair for ${keyType}`)
}

function signing(key: CryptoKey): { name: string; hash: string } {
  return { name: key.algorithm.name, hash: 'SHA-256' }
}

async function importSigningKey(pem: string, issuer: x509.X509Certificate): Promise<CryptoKey> {
  const pkcs8 = x509.PemConverter.decodeFirst(pem)
  const { algorithm } = issuer.publicKey
  const parameters = algorithm.name.startsWith('RSA')
    ? { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }
    : algorithm
  return await crypto.subtle.importKey('pkcs8', pkcs8, parameters, false, ['sign'])
}

function commonName(name: string): x509.JsonName {
  return [{ CN: [name] }]
}

// An hour back, so that a machine whose clock is a little behind can use the certificate at once; never beyond the
// issuer's own end. Certificates hold whole seconds.
function validity(request: AuthorityRequest, latest?: Date): { notBefore: Date; notAfter: Date } {
  const now = Math.floor(request.now.getTime() / 1000) * 1000
  const notAfter = now + request.days * 86_400_000
  return {
    notBefore: new Date(now - 3_600_000),
    notAfter: new Date(Math.min(notAfter, latest?.getTime() ?? notAfter)),
  }
}

// RFC 5280 §4.1.2.2: positive, at most 20 octets; the first octet 01…7F keeps it positive and minimal.
function randomSerialNumber(): string {
  const octets = crypto.getRandomValues(new Uint8Array(16))
  octets[0] = ((octets[0] ?? 0) & 0x3f) | 0x40
  return Buffer.from(octets).toString('hex')
}

async function toIssued(certificate: x509.X509Certificate, privateKey: CryptoKey): Promise<Issued> {
  const pkcs8 = await crypto.subtle.exportKey('pkcs8', privateKey)
  return {
    certificatePem: `${certificate.toString('pem')}\n`,
    privateKeyPem: `${x509.PemConverter.encode(pkcs8, 'PRIVATE KEY')}\n`,
    subject: certificate.subject,
    notAfter: certificate.notAfter,
  }
}
