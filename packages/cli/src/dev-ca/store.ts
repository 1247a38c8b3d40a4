// CLI: the folder of a development CA, and the way of a certificate out of it: issued, verified as a stranger would,
// entered in the index, delivered.

import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join, relative, resolve } from 'node:path'
import { isPkiError } from 'ingam'
import { type Certificate, formatName, type Purpose, parseCertificates, verifyPath } from 'ingam/x509'
import type { IssuerFiles, Profile } from '../dev-ca.ts'
import { CommandError, systemProblem } from '../failure.ts'
import { addToIndex, type IndexEntry } from './index-file.ts'
import { type CertificateName, nameText } from './names.ts'

/** The files of a CA's folder and of a client's. */
export const CA_FILES = { certificate: 'ca.pem', key: 'ca-key.pem' } as const
export const CLIENT_FILES = { certificate: 'cert.pem', key: 'key.pem' } as const
/** Further files where an issuing CA stands below the root. */
export const ISSUING_FILES = {
  certificate: 'issuing.pem',
  key: 'issuing-key.pem',
  chain: 'chain.pem',
} as const

/** A CA that issues from a folder. */
export interface Authority extends IssuerFiles {
  readonly folder: string
  /** The trust anchor. */
  readonly rootPem: string
  /** What has to follow a certificate of this CA up to the root, the root excluded; empty where the root issues. */
  readonly chainPem: string
}

/** The CA of a folder: the issuing CA where there is one, else the root. */
export async function readAuthority(folder: string): Promise<Authority> {
  const rootPem = await readCertificate(join(folder, CA_FILES.certificate))
  const issuingPem = await readIfThere(join(folder, ISSUING_FILES.certificate))
  if (issuingPem === undefined) {
    const privateKeyPem = await readText(join(folder, CA_FILES.key))
    return { folder, rootPem, certificatePem: rootPem, privateKeyPem, chainPem: '' }
  }
  const privateKeyPem = await readText(join(folder, ISSUING_FILES.key))
  return { folder, rootPem, certificatePem: issuingPem, privateKeyPem, chainPem: issuingPem }
}

/** The root of a folder, to issue CAs below it. Throws where its certificate does not allow that. */
export async function readRoot(folder: string): Promise<Authority> {
  const rootPem = await readCertificate(join(folder, CA_FILES.certificate))
  const privateKeyPem = await readText(join(folder, CA_FILES.key))
  const [root] = parseCertificates(rootPem)
  if (root?.basicConstraints?.pathLenConstraint === 0) {
    throw new CommandError(2, `${folder}: this CA may have no other CA below it (pathLenConstraint 0)`, [
      'make one that may with: ingam ca init --intermediate --out FOLDER',
    ])
  }
  return { folder, rootPem, certificatePem: rootPem, privateKeyPem, chainPem: '' }
}

/** What is known of a certificate besides its bytes. */
export interface Delivery {
  readonly authority: Authority
  readonly certificatePem: string
  readonly profile: Profile
  readonly names: readonly CertificateName[]
  readonly now: Date
  /** Where it will be written; undefined for stdout. */
  readonly file?: string
}

/** Throws unless the new certificate has a path to the root of its CA at this moment, for each of its purposes. */
export async function checkPath({ authority, certificatePem, profile, now }: Delivery): Promise<void> {
  const [leaf] = parseCertificates(certificatePem)
  if (leaf === undefined) return
  for (const purpose of PURPOSES[profile]) {
    await verifyPath({
      leaf,
      intermediates: authority.chainPem === '' ? [] : parseCertificates(authority.chainPem),
      trustAnchors: parseCertificates(authority.rootPem),
      at: now,
      purpose,
      revocation: 'off',
    })
  }
}

const PURPOSES: Readonly<Record<Profile, readonly Purpose[]>> = {
  client: ['clientAuth'],
  server: ['serverAuth'],
  both: ['clientAuth', 'serverAuth'],
  ca: ['any'],
}

/** Enters the certificate in the index of its CA. */
export async function record(delivery: Delivery): Promise<void> {
  const { authority, certificatePem, file } = delivery
  const [certificate] = parseCertificates(certificatePem)
  if (certificate === undefined) return
  const place = file === undefined ? {} : { file: relative(resolve(authority.folder), resolve(file)) }
  await addToIndex(authority.folder, { ...toEntry(certificate, delivery), ...place })
}

/** The entry of a certificate, without its file. */
export function toEntry(
  certificate: Certificate,
  { profile, names }: Pick<Delivery, 'profile' | 'names'>,
): IndexEntry {
  return {
    serial: Buffer.from(certificate.serialNumber).toString('hex'),
    subject: formatName(certificate.subject),
    names: names.map(nameText),
    profile,
    issuer: formatName(certificate.issuer),
    notBefore: certificate.notBefore.toISOString(),
    notAfter: certificate.notAfter.toISOString(),
    thumbprint: createHash('sha256').update(certificate.der).digest('base64url'),
  }
}

async function readCertificate(path: string): Promise<string> {
  const pem = await readText(path)
  try {
    parseCertificates(pem)
  } catch (error) {
    if (!isPkiError(error)) throw error
    throw new CommandError(3, `${path}: ${error.message}`, [error.hint], error.code)
  }
  return pem
}

/** The certificates of a file of the folder; undefined where there is none. */
export async function readIfThere(path: string): Promise<string | undefined> {
  try {
    await readFile(path)
  } catch (error) {
    if (systemProblem(error) === 'no such file') return undefined
  }
  return await readCertificate(path)
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    const problem = systemProblem(error) ?? String(error)
    throw new CommandError(
      3,
      `${path}: ${problem}`,
      ['make a CA with: ingam ca init --out FOLDER'],
      'ERR_FILE_READ',
    )
  }
}
