// The folder in which the transcripts run: a CA and clients made by the command itself, and clumsy files.

import { createPrivateKey } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import 'reflect-metadata'
import { Pkcs10CertificateRequestGenerator } from '@peculiar/x509'
import { createAuthority, filesOf, type Issued, issueClient } from '../../packages/cli/src/dev-ca.ts'
import { writeNewFolder } from '../../packages/cli/src/folders.ts'

/** The clock of the transcripts. */
export const NOW = new Date('2026-06-01T12:00:00Z')

const PASSPHRASE = 'correct horse'

/** Fills an empty folder; certificates lie around `now`. */
export async function makeFixtures(folder: string, now: Date = NOW): Promise<void> {
  const at = (path: string): string => join(folder, path)
  const text = (path: string): string => readFileSync(at(path), 'utf8')
  const put = (path: string, content: string | Uint8Array): void => writeFileSync(at(path), content)

  const authority = await createAuthority({
    name: 'Test CA',
    keyType: 'P-256',
    days: 3_650,
    now: daysBefore(now, 400),
  })
  await writeNewFolder(at('ca'), filesOf(authority, 'ca.pem', 'ca-key.pem'))
  await client(at('client'), authority, 'client', now, 365)
  await client(at('other'), authority, 'other', now, 365)
  await client(at('yesterday'), authority, 'yesterday', daysBefore(now, 31), 30)
  const stranger = await createAuthority({
    name: 'Test CA',
    keyType: 'P-256',
    days: 3_650,
    now: daysBefore(now, 400),
  })
  await writeNewFolder(at('stranger'), filesOf(stranger, 'ca.pem', 'ca-key.pem'))
  await client(at('stranger-client'), stranger, 'client', now, 365)

  put('swapped.pem', text('ca/ca.pem') + text('client/cert.pem'))
  put('empty.pem', '')
  put('utf16.pem', Buffer.from(`\ufeff${text('client/cert.pem')}`, 'utf16le'))
  put('client.p12', pkcs12())
  put('notes.txt', 'meeting at ten\n')
  put('request.pem', `${await certificateRequest()}\n`)
  put('encrypted.pem', encrypted(text('client/key.pem')))
  put('passphrase.txt', `${PASSPHRASE}\n`)
  put('wrong-passphrase.txt', 'battery staple\n')
  put('utf16-token.txt', Buffer.from('\ufeffeyJ', 'utf16le'))
  putPolicies(put)
}

/** A policy for the client, another that gives more, broken ones, and tables of expectations. */
function putPolicies(put: (path: string, content: string) => void): void {
  put('policy.yaml', POLICY)
  put('wider.yaml', POLICY.replace('scope: [read]', 'scope: [read, write]').replace('/client', '/*'))
  put('misspelt.yaml', POLICY.replace('audience:', 'audiance:').replace('5m', '5 minutes'))
  put('lost.yaml', POLICY.replace('ca/ca.pem', 'nowhere/ca.pem'))
  put('expectations.yaml', EXPECTATIONS)
  put('misnamed-expectations.yaml', EXPECTATIONS.replace('profile: reader', 'profile: raeder'))
  put('wrong-expectations.yaml', EXPECTATIONS.replace('[read]', '[read, write]'))
}

const POLICY = `version: 1
revocation: off
trustAnchors:
  workloads:
    file: ca/ca.pem
    names:
      directoryNames: any
      uris: [example]
profiles:
  reader:
    match:
      trustAnchor: workloads
      uri: spiffe://example/client
    audience: [https://api.example]
    scope: [read]
    lifetime: 5m
    binding: none
`

const EXPECTATIONS = `tests:
  - name: the client reads
    certificate: client/cert.pem
    expect: { profile: reader, scope: [read], lifetime: 5m }
  - name: another workload gets nothing
    certificate: other/cert.pem
    expect: { refused: ERR_OAUTH_GRANT, rule: profiles.reader.match.uri }
  - name: a stranger with the same names gets nothing
    certificate: stranger-client/cert.pem
    expect: { refused: ERR_PATH_SIGNATURE }
  - name: an expired certificate is no path
    certificate: yesterday/cert.pem
    expect: { refused: ERR_PATH_EXPIRED }
`

async function client(
  folder: string,
  authority: Issued,
  name: string,
  now: Date,
  days: number,
): Promise<void> {
  const request = {
    name,
    keyType: 'P-256',
    days,
    now,
    uris: [`spiffe://example/${name}`],
    dns: [],
    emails: [],
  } as const
  await writeNewFolder(folder, filesOf(await issueClient(authority, request), 'cert.pem', 'key.pem'))
}

function encrypted(pem: string): string {
  const key = createPrivateKey(pem)
  return key
    .export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: PASSPHRASE })
    .toString()
}

// The outermost part of a PFX (RFC 7292 §4): version 3 and an authSafe of type id-data.
function pkcs12(): Uint8Array {
  return Buffer.from('3016020103301106092a864886f70d010701a00404023000', 'hex')
}

/** A certificate request on P-256 for CN=client, PEM. */
export async function certificateRequest(): Promise<string> {
  const keys = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, [
    'sign',
    'verify',
  ])
  const signingAlgorithm = { name: 'ECDSA', hash: 'SHA-256' }
  return (
    await Pkcs10CertificateRequestGenerator.create({ name: 'CN=client', keys, signingAlgorithm })
  ).toString('pem')
}

function daysBefore(now: Date, days: number): Date {
  return new Date(now.getTime() - days * 86_400_000)
}
