// CLI: the part of the tour in which a certificate is revoked after its tokens were signed.

import { createCredential, createVerifier, signToken } from 'ingam'
import { loadTrustAnchors } from 'ingam/node'
import { createMemorySource, formatName, parseCertificates } from 'ingam/x509'
import type { Context } from '../context.ts'
import { writeList } from '../dev-ca/evidence.ts'
import type { Revocation } from '../dev-ca/revocations.ts'
import { evidenceSignerOf } from '../dev-ca/signing.ts'
import { readAuthority } from '../dev-ca/store.ts'
import { formatParagraph } from '../layout/rows.ts'
import { AUDIENCE, type Paths } from './names.ts'
import { showRefusal, type View } from './refusal.ts'

/** A client that leaves: of two tokens signed at one moment the first passes, the second comes after the CA's new list. */
export async function showRevocation(
  { now }: Context,
  { caFolder, ca }: Paths,
  view: View,
): Promise<readonly string[]> {
  const authority = await readAuthority(caFolder)
  const { issueClient } = await import('../dev-ca.ts')
  const request = {
    name: 'leaver',
    keyType: 'P-256',
    days: 1,
    uris: [],
    dns: [],
    emails: [],
    now: now(),
  } as const
  const { certificatePem, privateKeyPem } = await issueClient(authority, request)
  const [issuer] = parseCertificates(authority.certificatePem)
  const [leaver] = parseCertificates(certificatePem)
  if (issuer === undefined || leaver === undefined) throw new TypeError('a CA and a certificate')
  const signer = evidenceSignerOf(authority.privateKeyPem)
  const revocation = {
    serial: Buffer.from(leaver.serialNumber).toString('hex'),
    issuer: formatName(leaver.issuer),
    reason: 'keyCompromise',
    revokedAt: now().toISOString(),
  } as const
  const list = (number: number, ...revocations: readonly Revocation[]): Uint8Array => {
    const thisUpdate = now()
    const nextUpdate = new Date(thisUpdate.getTime() + 86_400_000)
    return writeList({ issuer, thisUpdate, nextUpdate, number, revocations }, signer)
  }
  const source = createMemorySource({ crls: [list(1)] })
  const verifier = createVerifier({
    trustAnchors: await loadTrustAnchors(ca),
    audience: AUDIENCE,
    revocation: { mode: 'require', sources: [source] },
    clock: now,
  })
  const credential = await createCredential({ certificate: certificatePem, privateKey: privateKeyPem })
  const [first, second] = [
    await signToken(credential, { audience: AUDIENCE, at: now() }),
    await signToken(credential, { audience: AUDIENCE, at: now() }),
  ]
  await verifier.verify(first)
  const accepted = "the first of two tokens; the CA's list names nobody"
  source.replace({ crls: [list(2, revocation)] })
  const refusal = { title: "the second; the CA's new list names its certificate", token: second }
  const [head = '', ...more] = formatParagraph(accepted, view.room, ' '.repeat(13))
  return [
    `   ${view.style.good('accepted')}  ${head.trimStart()}`,
    ...more,
    await showRefusal(verifier, refusal, view),
  ]
}
