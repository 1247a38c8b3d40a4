// CLI: the lists of a development CA, signed and written into its folder; one for each CA of the folder that issues.

import { randomUUID } from 'node:crypto'
import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { type Certificate, encodePem, formatName, parseCertificates, parseCrl } from 'ingam/x509'
import { CommandError, systemProblem } from '../failure.ts'
import { writeList } from './evidence.ts'
import { readText } from './index-file.ts'
import { addRevocation, changedBy, type RevocationLog, readRevocations, revokedBy } from './revocations.ts'
import { type EvidenceSigner, evidenceSignerOf } from './signing.ts'
import { CA_FILES, ISSUING_FILES, readAuthority, readIfThere } from './store.ts'

/** The folder of the lists, within that of the CA. */
export const LISTS_FOLDER = 'crl'

/** A CA of a folder that can sign lists and answers. */
export interface ListSigner {
  /** `ca` or `issuing`, as its files are called. */
  readonly name: 'ca' | 'issuing'
  readonly certificate: Certificate
  /** RFC 4514 text, as the index has it. */
  readonly subject: string
  readonly signer: EvidenceSigner
}

/** The CAs of a folder whose keys are there: the root, and the issuing CA below it. */
export async function readListSigners(folder: string): Promise<readonly ListSigner[]> {
  // Throws where there is no CA at all.
  const { rootPem } = await readAuthority(folder)
  const signers: ListSigner[] = []
  const root = await signerFrom('ca', rootPem, join(folder, CA_FILES.key))
  if (root !== undefined) signers.push(root)
  const issuingPem = await readIfThere(join(folder, ISSUING_FILES.certificate))
  const issuing =
    issuingPem === undefined
      ? undefined
      : await signerFrom('issuing', issuingPem, join(folder, ISSUING_FILES.key))
  return issuing === undefined ? signers : [...signers, issuing]
}

async function signerFrom(
  name: ListSigner['name'],
  pem: string,
  keyPath: string,
): Promise<ListSigner | undefined> {
  const [certificate] = parseCertificates(pem)
  const key = await readText(keyPath)
  // A folder of an issuing CA alone has no key of its root.
  if (certificate === undefined || key === undefined) return undefined
  try {
    return { name, certificate, subject: formatName(certificate.subject), signer: evidenceSignerOf(key) }
  } catch (error) {
    throw new CommandError(3, `${keyPath}: ${error instanceof Error ? error.message : String(error)}`)
  }
}

/** What to publish. */
export interface Publication {
  readonly folder: string
  readonly kind: 'full' | 'delta'
  readonly now: Date
  readonly seconds: number
}

/** A list that was written. */
export interface WrittenList {
  readonly path: string
  readonly issuer: string
  readonly number: number
  readonly entries: number
}

/** Signs and writes the lists of all CAs of the folder, and keeps their numbers. */
export async function publishLists(publication: Publication): Promise<readonly WrittenList[]> {
  const { folder } = publication
  const signers = await readListSigners(folder)
  const log = await readRevocations(folder)
  const written: WrittenList[] = []
  for (const signer of signers) written.push(await publishList(signer, log, publication))
  return written
}

async function publishList(
  { name, certificate, subject, signer }: ListSigner,
  { acts, published }: RevocationLog,
  { folder, kind, now, seconds }: Publication,
): Promise<WrittenList> {
  const own = published.filter(({ issuer }) => issuer === subject)
  const number = Math.max(0, ...own.map(({ list }) => list)) + 1
  const full = own.findLast(({ base }) => base === undefined)
  if (kind === 'delta' && full === undefined) {
    throw new CommandError(1, `"${subject}" has published no list yet that a delta could continue`, [
      'publish one with: ingam ca crl --ca FOLDER',
    ])
  }
  const base = kind === 'delta' ? full?.list : undefined
  const revocations =
    base === undefined ? revokedBy(subject, acts) : changedBy(subject, acts, full?.acts ?? 0)
  const thisUpdate = new Date(Math.floor(now.getTime() / 1000) * 1000)
  const nextUpdate = new Date(thisUpdate.getTime() + seconds * 1000)
  const fields = {
    issuer: certificate,
    thisUpdate,
    nextUpdate,
    number,
    revocations,
    ...(base !== undefined && { base }),
  }
  const der = writeList(fields, signer)
  // What cannot be read by a stranger does not leave.
  const { size: entries } = parseCrl(der)
  const path = join(folder, LISTS_FOLDER, kind === 'delta' ? `${name}-delta.crl` : `${name}.crl`)
  await writeOver(path, encodePem('X509 CRL', der))
  await addRevocation(folder, {
    issuer: subject,
    list: number,
    acts: acts.length,
    ...(base !== undefined && { base }),
  })
  return { path, issuer: subject, number, entries }
}

// Readers see the old list or the new one, never a part.
async function writeOver(path: string, text: string): Promise<void> {
  const beside = `${path}.${randomUUID()}.new`
  try {
    await mkdir(dirname(path), { recursive: true })
    await writeFile(beside, text, { mode: 0o644 })
    await rename(beside, path)
  } catch (error) {
    await rm(beside, { force: true })
    throw new CommandError(3, `${path}: ${systemProblem(error) ?? String(error)}`)
  }
}
