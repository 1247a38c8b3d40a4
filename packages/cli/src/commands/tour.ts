// CLI: `ingam tour`, which `npm start` runs: a holder signs, a verifier accepts, six forgeries are refused with their
// reasons, and a token whose certificate was revoked after it was signed. Makes a development CA and a client certificate where there are none; changes nothing else.

import { createHmac } from 'node:crypto'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { Command } from 'commander'
import {
  type Credential,
  createCredential,
  createVerifier,
  escapeText,
  inspectToken,
  isPkiError,
  signToken,
  type Verifier,
} from 'ingam'
import { loadCredential, loadTrustAnchors } from 'ingam/node'
import { createMemorySource, formatName, parseCertificates } from 'ingam/x509'
import { type Context, type Style, styleFor } from '../context.ts'
import { writeList } from '../dev-ca/evidence.ts'
import type { Revocation } from '../dev-ca/revocations.ts'
import { evidenceSignerOf } from '../dev-ca/signing.ts'
import { CA_FILES, CLIENT_FILES, readAuthority, record } from '../dev-ca/store.ts'
import { CommandError, type ExitCode } from '../failure.ts'
import { writeNewFolder } from '../folders.ts'
import { type Room, roomOf } from '../layout/room.ts'
import { formatParagraph, formatRows, type Row } from '../layout/rows.ts'
import { shellWord } from '../output.ts'

const AUDIENCE = 'https://api.example'
const OTHER_AUDIENCE = 'https://other.example'
const CA_NAME = 'Ingam development CA'
const CLIENT_NAME = 'client'
const CLIENT_URI = 'spiffe://ingam.example/client'

/** The command with its usage page. */
export function tourCommand(context: Context, settle: (exit: ExitCode) => void): Command {
  return new Command('tour')
    .description('Sign a token, see it accepted; see six forgeries refused, and a certificate revoked.')
    .addHelpText('after', AFTER)
    .action(async () => settle(await run(context)))
}

/** Shows the whole way once. */
export async function run(context: Context): Promise<ExitCode> {
  const style = styleFor(context, 'stdout')
  const room = roomOf(context)
  const home = (context.env['INGAM_HOME'] ?? '') === '' ? '.ingam' : (context.env['INGAM_HOME'] ?? '.ingam')
  const files = pathsOf(home)
  const print = (text: string): void => void context.stdout.write(`${text}\n`)

  print(style.strong('The holder of a certificate signs; who trusts the CA decides.'))
  print('')
  for (const line of await prepare(context, files)) print(line)
  const credential = await loadCredential({ certificate: files.certificate, privateKey: files.key })
  checkNotExpired(context, credential, home)

  // The verifier comes first: it refuses tokens from before its memory of used tokens began.
  const trustAnchors = await loadTrustAnchors(files.ca)
  const verifier = createVerifier({ trustAnchors, audience: AUDIENCE, revocation: 'off', clock: context.now })

  print('')
  print(style.strong('1. The client signs a token for one audience'))
  const token = await signToken(credential, { audience: AUDIENCE, claims: { order: 7 }, at: context.now() })
  const { sizeBytes, unverifiedClaims } = await inspectToken(token)
  print(
    formatRows(
      [
        ['audience', AUDIENCE],
        ['subject', escapeText(String(unverifiedClaims['sub']))],
        ['algorithm', credential.algorithm],
        ['token', `${token.slice(0, 48)}… (${sizeBytes} bytes)`, style.faint],
      ],
      room,
      '   ',
    ),
  )

  print('')
  print(style.strong('2. The service verifies it'))
  const forgeries = await makeForgeries({ context, credential, token })
  const verified = await verifier.verify(token)
  const { identity } = verified
  print(`   ${style.good('accepted')}`)
  print(
    formatRows(
      [
        [
          'signed by',
          `${escapeText(identity.subject)}  ${identity.uris.map((uri) => escapeText(uri)).join(' ')}`,
        ],
        ['vouched for by', escapeText(formatName(verified.path.anchor.certificate.subject))],
        ['claims', `order ${String(verified.claims['order'])}`],
        ['expires at', verified.expiresAt.toISOString()],
      ],
      room,
      '   ',
    ),
  )

  print('')
  print(style.strong('3. Six forgeries, each refused with its reason'))
  for (const forgery of forgeries) print(await showRefusal(verifier, forgery, { room, style }))

  print('')
  print(style.strong('4. A certificate is revoked after its tokens were signed'))
  for (const text of await showRevocation(context, files, { room, style })) print(text)

  print('')
  print(style.strong('Try next, from this folder:'))
  for (const command of commandsOf(files)) print(`   ${command}`)
  return 0
}

interface Paths {
  readonly caFolder: string
  readonly clientFolder: string
  readonly ca: string
  readonly certificate: string
  readonly key: string
}

function pathsOf(home: string): Paths {
  const caFolder = join(home, 'ca')
  const clientFolder = join(home, 'client')
  return {
    caFolder,
    clientFolder,
    ca: join(caFolder, CA_FILES.certificate),
    certificate: join(clientFolder, CLIENT_FILES.certificate),
    key: join(clientFolder, CLIENT_FILES.key),
  }
}

async function prepare(context: Context, files: Paths): Promise<readonly string[]> {
  const rows: Row[] = []
  if (!existsSync(files.ca)) {
    const { createAuthority, filesOf } = await import('../dev-ca.ts')
    const authority = await createAuthority({
      name: CA_NAME,
      keyType: 'P-256',
      days: 3_650,
      now: context.now(),
    })
    await writeNewFolder(files.caFolder, filesOf(authority, CA_FILES.certificate, CA_FILES.key))
    rows.push(['made a development CA', files.caFolder])
  } else rows.push(['found the development CA', files.caFolder])
  if (!existsSync(files.certificate)) {
    const { filesOf, issueClient } = await import('../dev-ca.ts')
    const request = {
      name: CLIENT_NAME,
      keyType: 'P-256',
      days: 365,
      uris: [CLIENT_URI],
      dns: [],
      emails: [],
    } as const
    const now = context.now()
    const authority = await readAuthority(files.caFolder)
    const client = await issueClient(authority, { ...request, now })
    const { certificatePem } = client
    const names = [{ kind: 'uri', value: CLIENT_URI }] as const
    const delivery = {
      authority,
      certificatePem,
      profile: 'client',
      names,
      now,
      file: files.certificate,
    } as const
    const made = filesOf(client, CLIENT_FILES.certificate, CLIENT_FILES.key)
    await writeNewFolder(files.clientFolder, made, async () => await record(delivery))
    rows.push(['made a client certificate', files.clientFolder])
  } else rows.push(['found the client certificate', files.clientFolder])
  return [formatRows(rows, roomOf(context), '   ')]
}

function checkNotExpired(context: Context, credential: Credential, home: string): void {
  const [signer] = credential.certificates
  if (signer === undefined || context.now().getTime() <= signer.notAfter.getTime()) return
  const hint = `remove the folder ${home} and start again`
  throw new CommandError(
    1,
    `the client certificate of the tour expired at ${signer.notAfter.toISOString()}`,
    [hint],
  )
}

interface Forgery {
  readonly title: string
  readonly token: string
}

interface Material {
  readonly context: Context
  readonly credential: Credential
  readonly token: string
}

async function makeForgeries({ context, credential, token }: Material): Promise<readonly Forgery[]> {
  const now = context.now()
  const past = new Date(now.getTime() - 15 * 60_000)
  const stranger = await createStranger(now)
  return [
    { title: 'a claim was changed: order 7 became 7000', token: withChangedClaim(token) },
    {
      title: `meant for another audience: ${OTHER_AUDIENCE}`,
      token: await signToken(credential, { audience: OTHER_AUDIENCE, at: now }),
    },
    {
      title: 'expired ten minutes ago',
      token: await signToken(credential, { audience: AUDIENCE, at: past, lifetimeSeconds: 300 }),
    },
    { title: 'the accepted token, used a second time', token },
    {
      title: "signed under a stranger's CA with the same names",
      token: await signToken(stranger, { audience: AUDIENCE, at: now }),
    },
    {
      title: 'alg swapped to HS256, keyed with the public key',
      token: withSwappedAlgorithm(token, credential),
    },
  ]
}

// A CA that calls itself exactly as ours does, and a client certificate with exactly our client's names.
async function createStranger(now: Date): Promise<Credential> {
  const { createAuthority, issueClient } = await import('../dev-ca.ts')
  const authority = await createAuthority({ name: CA_NAME, keyType: 'P-256', days: 1, now })
  const request = {
    name: CLIENT_NAME,
    keyType: 'P-256',
    days: 1,
    uris: [CLIENT_URI],
    dns: [],
    emails: [],
    now,
  } as const
  const client = await issueClient(authority, request)
  return await createCredential({ certificate: client.certificatePem, privateKey: client.privateKeyPem })
}

function withChangedClaim(token: string): string {
  const [header = '', payload = '', signature = ''] = token.split('.')
  const changed = fromBase64url(payload).replace('"order":7', '"order":7000')
  return `${header}.${toBase64url(changed)}.${signature}`
}

function withSwappedAlgorithm(token: string, credential: Credential): string {
  const [header = '', payload = ''] = token.split('.')
  const swapped = toBase64url(fromBase64url(header).replace(/"alg":"[^"]*"/u, '"alg":"HS256"'))
  const publicKey = credential.certificates[0]?.subjectPublicKeyInfo.der ?? new Uint8Array()
  const tag = createHmac('sha256', publicKey).update(`${swapped}.${payload}`).digest('base64url')
  return `${swapped}.${payload}.${tag}`
}

async function showRefusal(
  verifier: Verifier,
  forgery: Forgery,
  { room, style }: { readonly room: Room; readonly style: Style },
): Promise<string> {
  try {
    await verifier.verify(forgery.token)
  } catch (error) {
    if (!isPkiError(error)) throw error
    const indent = ' '.repeat(12)
    const [title = '', ...more] = formatParagraph(forgery.title, room, indent)
    const reason = formatParagraph(error.message, room, indent)
    return [
      `   ${style.bad('refused')}  ${title.trimStart()}`,
      ...more,
      `${indent}${style.strong(error.code)}`,
      ...reason.map(style.faint),
    ].join('\n')
  }
  throw new CommandError(70, `a forgery was accepted: ${forgery.title}`, [
    'this is a bug of ingam; please report it',
  ])
}

// A client that leaves: of two tokens signed at one moment the first passes, and the second comes after the CA's new list.
async function showRevocation(
  { now }: Context,
  { caFolder, ca }: Paths,
  view: { readonly room: Room; readonly style: Style },
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

function commandsOf(files: Paths): readonly string[] {
  const [ca, certificate, key] = [shellWord(files.ca), shellWord(files.certificate), shellWord(files.key)]
  const sign = `npx ingam sign --cert ${certificate} --key ${key}`
  return [
    `${sign} --aud ${AUDIENCE} --claim order:=7 | npx ingam verify --ca ${ca} --aud ${AUDIENCE} --revocation off -`,
    `${sign} --aud ${OTHER_AUDIENCE} | npx ingam explain --ca ${ca} --aud ${AUDIENCE} --revocation off -`,
    `${sign} --aud ${AUDIENCE} | npx ingam inspect -`,
  ]
}

function fromBase64url(text: string): string {
  return Buffer.from(text, 'base64url').toString('utf8')
}

function toBase64url(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64url')
}

const AFTER = `
Keeps a development CA and a client certificate in .ingam, or in the folder that INGAM_HOME names.

Exit codes: 0 shown, 1 the client certificate has expired, 3 the folder cannot be read or written, 70 a forgery was accepted, which is our bug.

Example:
  ingam tour`
