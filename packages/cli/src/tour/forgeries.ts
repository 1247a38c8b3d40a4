// CLI: the six forgeries of the tour: each is made from what a thief or a stranger could have, and none may pass.

import { createHmac } from 'node:crypto'
import { type Credential, createCredential, signToken } from 'ingam'
import type { Context } from '../context.ts'
import { AUDIENCE, CA_NAME, CLIENT_NAME, CLIENT_URI, OTHER_AUDIENCE } from './names.ts'

/** A token that must be refused, and what is wrong with it. */
export interface Forgery {
  readonly title: string
  readonly token: string
}

/** What forgeries are made from. */
export interface Material {
  readonly context: Context
  readonly credential: Credential
  readonly token: string
}

/** Makes them. */
export async function makeForgeries({ context, credential, token }: Material): Promise<readonly Forgery[]> {
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

function fromBase64url(text: string): string {
  return Buffer.from(text, 'base64url').toString('utf8')
}

function toBase64url(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64url')
}
