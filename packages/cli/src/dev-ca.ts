// CLI: a certification authority for development, on @peculiar/x509. Keys lie unencrypted in files; not for anything
// that matters. Loaded only by the commands that issue.

import 'reflect-metadata'
import * as x509 from '@peculiar/x509'
import { parseCertificate } from 'ingam/x509'
import { encodeNameConstraints, type PermittedNames } from './dev-ca/constraints.ts'
import { generateKeys, type KeyType, type NewKeys, type Signer, signerOf } from './dev-ca/keys.ts'
import type { CertificateName, NameKind } from './dev-ca/names.ts'
import type { NewFile } from './folders.ts'

/** What a certificate of the development CA is for. */
export type Profile = 'client' | 'server' | 'both' | 'ca'

/** A certificate that was issued for somebody else's key. */
export interface Certified {
  readonly certificatePem: string
  /** For display; from our own input. */
  readonly subject: string
  readonly notAfter: Date
}

/** A certificate with its private key, both as PEM. */
export interface Issued extends Certified {
  readonly privateKeyPem: string
}

/** Who signs: a CA's certificate and its private key, both as PEM. */
export type IssuerFiles = Pick<Issued, 'certificatePem' | 'privateKeyPem'>

/** When a certificate is valid: from `now` on, for so long. */
export interface Validity {
  readonly now: Date
  /** Whole days; or {@link seconds}. */
  readonly days?: number
  readonly seconds?: number
}

/** What a new CA is to be. */
export interface AuthorityRequest extends Validity {
  readonly name: string
  readonly keyType: KeyType
  /** Whether it may have one more CA below it; default no. */
  readonly intermediates?: boolean
  readonly permitted?: PermittedNames
}

/** What a certificate is to say. */
export interface CertificateRequest extends Validity {
  readonly name: string
  readonly profile: Profile
  readonly names: readonly CertificateName[]
  readonly permitted?: PermittedNames
  readonly places?: EvidencePlaces
}

/** Where a certificate says that evidence about it is, or that there will be none. */
export interface EvidencePlaces {
  /** URLs of responders. */
  readonly ocsp?: readonly string[]
  /** URLs of lists. */
  readonly crl?: readonly string[]
  /** noRevAvail (RFC 9608). */
  readonly noRevAvail?: boolean
}

/** What a new client certificate is to be. */
export interface ClientRequest extends Validity {
  readonly name: string
  readonly keyType: KeyType
  readonly uris: readonly string[]
  readonly dns: readonly string[]
  readonly emails: readonly string[]
}

/** Makes a self-signed CA certificate. */
export async function createAuthority(request: AuthorityRequest): Promise<Issued> {
  const keys = await generateKeys(request.keyType)
  const certificate = await signed(signerOf(keys.privateKey), {
    subject: commonName(request.name),
    issuer: commonName(request.name),
    ...validity(request),
    publicKey: keys.publicKey,
    extensions: [
      new x509.BasicConstraintsExtension(true, request.intermediates === true ? 1 : 0, true),
      ...caExtensions(request.permitted),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  })
  return toIssued(certificate, keys)
}

/** Issues a certificate with a new key. Throws an Error where the CA's files do not fit that. */
export async function issue(
  issuer: IssuerFiles,
  request: CertificateRequest & { readonly keyType: KeyType },
): Promise<Issued> {
  const keys = await generateKeys(request.keyType)
  return toIssued(await certificateFor(issuer, request, keys.publicKey), keys)
}

/** Issues a certificate for a public key (DER of SubjectPublicKeyInfo) whose possession has been proved. */
export async function certify(
  issuer: IssuerFiles,
  request: CertificateRequest,
  publicKey: Uint8Array<ArrayBuffer>,
): Promise<Certified> {
  return toCertified(await certificateFor(issuer, request, publicKey))
}

/** Issues a client certificate with a new key. Throws where the CA's files cannot be read. */
export async function issueClient(issuer: IssuerFiles, request: ClientRequest): Promise<Issued> {
  const { uris, dns, emails, ...rest } = request
  const names = [
    ...uris.map((value): CertificateName => ({ kind: 'uri', value })),
    ...dns.map((value): CertificateName => ({ kind: 'dns', value })),
    ...emails.map((value): CertificateName => ({ kind: 'email', value })),
  ]
  return await issue(issuer, { ...rest, profile: 'client', names })
}

/** Appoints a responder for a day: a certificate with id-kp-OCSPSigning and ocsp-nocheck, and its key. */
export async function issueResponder(files: IssuerFiles, now: Date): Promise<Issued> {
  const issuer = new x509.X509Certificate(files.certificatePem)
  const keys = await generateKeys('P-256')
  const certificate = await signed(signerOf(files.privateKeyPem), {
    subject: commonName('OCSP responder'),
    issuer: issuer.subjectName,
    ...validity({ now, days: 1 }, issuer.notAfter),
    publicKey: keys.publicKey,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.ocspSigning]),
      // RFC 6960 §4.2.2.2.1: NULL.
      new x509.Extension(OCSP_NOCHECK, false, Uint8Array.of(5, 0)),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      await x509.AuthorityKeyIdentifierExtension.create(issuer.publicKey),
    ],
  })
  return toIssued(certificate, keys)
}

const OCSP_NOCHECK = '1.3.6.1.5.5.7.48.1.5'

/** The files of a certificate and its key, under the names by which the commands find them again. */
export function filesOf(issued: Issued, certificateName: string, keyName: string): readonly NewFile[] {
  return [
    { name: keyName, text: issued.privateKeyPem, secret: true },
    { name: certificateName, text: issued.certificatePem, secret: false },
  ]
}

async function certificateFor(
  files: IssuerFiles,
  request: CertificateRequest,
  publicKey: Uint8Array<ArrayBuffer>,
): Promise<x509.X509Certificate> {
  const issuer = new x509.X509Certificate(files.certificatePem)
  return await signed(signerOf(files.privateKeyPem), {
    subject: commonName(request.name),
    issuer: issuer.subjectName,
    ...validity(request, issuer.notAfter),
    publicKey,
    extensions: [
      ...profileExtensions(request),
      ...(request.names.length === 0 ? [] : [subjectAltName(request.names)]),
      ...placeExtensions(request.places),
      await x509.SubjectKeyIdentifierExtension.create(publicKey),
      await x509.AuthorityKeyIdentifierExtension.create(issuer.publicKey),
    ],
  })
}

function profileExtensions({ profile, permitted }: CertificateRequest): readonly x509.Extension[] {
  if (profile === 'ca') return [new x509.BasicConstraintsExtension(true, 0, true), ...caExtensions(permitted)]
  return [
    new x509.BasicConstraintsExtension(false, undefined, true),
    new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
    new x509.ExtendedKeyUsageExtension(PURPOSES[profile]),
  ]
}

const PURPOSES = {
  client: [x509.ExtendedKeyUsage.clientAuth],
  server: [x509.ExtendedKeyUsage.serverAuth],
  both: [x509.ExtendedKeyUsage.clientAuth, x509.ExtendedKeyUsage.serverAuth],
}

function placeExtensions({
  ocsp = [],
  crl = [],
  noRevAvail = false,
}: EvidencePlaces = {}): readonly x509.Extension[] {
  return [
    ...(ocsp.length === 0 ? [] : [new x509.AuthorityInfoAccessExtension({ ocsp: [...ocsp] })]),
    ...(crl.length === 0 ? [] : [new x509.CRLDistributionPointsExtension([...crl])]),
    ...(noRevAvail ? [new x509.Extension(NO_REV_AVAIL, false, Uint8Array.of(5, 0))] : []),
  ]
}

const NO_REV_AVAIL = '2.5.29.56'

function caExtensions(permitted: PermittedNames | undefined): readonly x509.Extension[] {
  const constraints = permitted === undefined ? undefined : encodeNameConstraints(permitted)
  return [
    new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
    ...(constraints === undefined ? [] : [new x509.Extension(NAME_CONSTRAINTS, true, constraints)]),
  ]
}

const NAME_CONSTRAINTS = '2.5.29.30'

function subjectAltName(names: readonly CertificateName[]): x509.Extension {
  return new x509.SubjectAlternativeNameExtension(
    names.map(({ kind, value }) => ({ type: NAME_TYPES[kind], value })),
  )
}

const NAME_TYPES: Readonly<Record<NameKind, x509.GeneralNameType>> = {
  uri: 'url',
  dns: 'dns',
  email: 'email',
  upn: 'upn',
  ip: 'ip',
}

// Twice written: the first time for the bytes to sign, with a signature of zeros in its place.
async function signed(
  { algorithm, sign }: Signer,
  fields: Omit<
    x509.X509CertificateCreateWithSignatureParams,
    'signature' | 'signingAlgorithm' | 'serialNumber'
  >,
): Promise<x509.X509Certificate> {
  const parts = { ...fields, serialNumber: randomSerialNumber(), signingAlgorithm: algorithm }
  const draft = await x509.X509CertificateGenerator.create({
    ...parts,
    signature: new Uint8Array(132).fill(1),
  })
  const { tbsCertificate } = parseCertificate(new Uint8Array(draft.rawData))
  return await x509.X509CertificateGenerator.create({ ...parts, signature: sign(tbsCertificate) })
}

function commonName(name: string): x509.JsonName {
  return [{ CN: [name] }]
}

// Begins before now by as much as it lives, an hour at most, so that a machine whose clock is a little behind can use
// the certificate at once; never ends after the issuer. Certificates hold whole seconds.
function validity(request: Validity, latest?: Date): { notBefore: Date; notAfter: Date } {
  const now = Math.floor(request.now.getTime() / 1000) * 1000
  const lifetime = (request.seconds ?? (request.days ?? 0) * 86_400) * 1000
  const notAfter = now + lifetime
  return {
    notBefore: new Date(now - Math.min(lifetime, 3_600_000)),
    notAfter: new Date(Math.min(notAfter, latest?.getTime() ?? notAfter)),
  }
}

// RFC 5280 §4.1.2.2: positive, at most 20 octets; the first octet 01…7F keeps it positive and minimal.
function randomSerialNumber(): string {
  const octets = crypto.getRandomValues(new Uint8Array(16))
  octets[0] = ((octets[0] ?? 0) & 0x3f) | 0x40
  return Buffer.from(octets).toString('hex')
}

function toIssued(certificate: x509.X509Certificate, keys: NewKeys): Issued {
  return { ...toCertified(certificate), privateKeyPem: keys.privateKeyPem }
}

function toCertified(certificate: x509.X509Certificate): Certified {
  return {
    certificatePem: `${certificate.toString('pem')}\n`,
    subject: certificate.subject,
    notAfter: certificate.notAfter,
  }
}
