// CLI: the CAs and certificates of the tour, made where they are missing: one CA for workloads, another for those who
// administer the service.

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Credential } from 'ingam'
import { loadCredential } from 'ingam/node'
import type { Context } from '../context.ts'
import { CA_FILES, CLIENT_FILES, readAuthority, record } from '../dev-ca/store.ts'
import { CommandError } from '../failure.ts'
import { writeNewFolder } from '../folders.ts'

/** A CA of the tour. */
export interface TourCa {
  readonly name: string
  readonly folder: string
}

/** Who gets a certificate of it. */
export interface TourHolder {
  readonly name: string
  readonly uri: string
  readonly folder: string
}

/** Makes the CA where its folder has none; whether it did. */
export async function prepareCa(context: Context, { name, folder }: TourCa): Promise<boolean> {
  if (existsSync(join(folder, CA_FILES.certificate))) return false
  const { createAuthority, filesOf } = await import('../dev-ca.ts')
  const authority = await createAuthority({ name, keyType: 'P-256', days: 3_650, now: context.now() })
  await writeNewFolder(folder, filesOf(authority, CA_FILES.certificate, CA_FILES.key))
  return true
}

/** Issues the certificate where its folder has none; whether it did. */
export async function prepareHolder(context: Context, ca: TourCa, holder: TourHolder): Promise<boolean> {
  const { name, uri, folder } = holder
  const file = join(folder, CLIENT_FILES.certificate)
  if (existsSync(file)) return false
  const { filesOf, issueClient } = await import('../dev-ca.ts')
  const now = context.now()
  const authority = await readAuthority(ca.folder)
  const request = { name, keyType: 'P-256', days: 365, uris: [uri], dns: [], emails: [], now } as const
  const issued = await issueClient(authority, request)
  const names = [{ kind: 'uri', value: uri }] as const
  const { certificatePem } = issued
  const delivery = { authority, certificatePem, profile: 'client', names, now, file } as const
  const made = filesOf(issued, CLIENT_FILES.certificate, CLIENT_FILES.key)
  await writeNewFolder(folder, made, async () => await record(delivery))
  return true
}

/** The credential of a holder; refused where its certificate has expired, with what to do. */
export async function loadHolder(
  context: Context,
  { folder }: TourHolder,
  home: string,
): Promise<Credential> {
  const credential = await loadCredential({
    certificate: join(folder, CLIENT_FILES.certificate),
    privateKey: join(folder, CLIENT_FILES.key),
  })
  const { notAfter } = credential.certificates[0]
  if (context.now().getTime() <= notAfter.getTime()) return credential
  throw new CommandError(1, `${folder}: the certificate of the tour expired at ${notAfter.toISOString()}`, [
    `remove the folder ${home} and start again`,
  ])
}
