// What a token service needs before it starts: a folder with its configuration, policy and key, one workload with its
// certificate, and the requests that the workload sends. Each request carries an assertion of its own, signed beforehand.

import { createPrivateKey, type KeyObject, randomBytes, sign } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { type Credential, signAuthorizationGrant, signClientAuthentication } from 'ingam'
import { createPki, type Pki } from './pki.ts'

/** What the service calls itself; where it listens is another matter. */
export const ISSUER = 'http://127.0.0.1:8780'
export const RESOURCE = 'https://api.example'
export const CLIENT = 'billing'

/** What the service needs, and who may ask it. */
export interface ServiceSetup {
  readonly folder: string
  readonly configFile: string
  readonly pki: Pki
  readonly credential: Credential
  readonly remove: () => void
}

/** The rates of the configuration that are not to be measured are out of the way, or as they come. */
export interface SetupOptions {
  readonly ratePerAddress: 'default' | 'unlimited'
  readonly logLevel: 'info' | 'silent'
}

export async function createSetup({ ratePerAddress, logLevel }: SetupOptions): Promise<ServiceSetup> {
  const pki = await createPki('ES256')
  const folder = mkdtempSync(join(tmpdir(), 'ingam-bench-service-'))
  const write = (name: string, text: string): void => {
    writeFileSync(join(folder, name), text, { mode: 0o600 })
  }
  write('key-encryption-key', `${randomBytes(32).toString('base64')}\n`)
  write('policy.yaml', policyOf(pki.root.pem))
  const unlimited = '{ perSecond: 1000000, burst: 1000000 }'
  write(
    'config.yaml',
    `issuer: ${ISSUER}
listen: { port: 0 }
state: { folder: state }
secrets: { keyEncryptionKey: { file: key-encryption-key } }
initialPolicy: policy.yaml
log: { level: ${logLevel} }
limits:
  ratePerCertificate: ${unlimited}
${ratePerAddress === 'unlimited' ? `  ratePerAddress: ${unlimited}\n` : ''}`,
  )
  return {
    folder,
    configFile: join(folder, 'config.yaml'),
    pki,
    credential: await pki.leaf.credential(),
    remove() {
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/**
 * Asks until the answer is 200: a new database refuses for some seconds what may have been used with one that was lost.
 *
 * @param ask sends a new request and says how it was answered
 */
export async function untilServed(ask: () => Promise<number | undefined>): Promise<void> {
  for (let tries = 0; tries < 60; tries++) {
    if ((await ask()) === 200) return
    await setTimeout(250)
  }
  throw new Error('the service does not begin to serve')
}

// Some profiles that do not hold stand before the one that does, as in a policy that several teams share.
function policyOf(rootPem: string): string {
  const others = ['deploy', 'reports', 'backup'].map(
    (name) => `
  ${name}:
    match: { trustAnchor: workloads, uri: 'spiffe://example/ns/${name}/sa/*' }
    audience: [https://${name}.example]
    scope: [read]
    lifetime: 5m
    binding: none
    algorithm: ES256`,
  )
  return `version: 1
revocation: off
trustAnchors:
  workloads:
    certificate: |
${rootPem.trim().replaceAll(/^/gmu, '      ')}
    names: any
clients:
  ${CLIENT}:
    authentication: private_key_jwt
    trustAnchor: workloads
    certificate: { san_uri: 'spiffe://example/ns/payments/sa/client-000000' }
    grants: [client_credentials]
profiles:${others.join('')}
  payments:
    match: { trustAnchor: workloads, uri: 'spiffe://example/ns/payments/sa/*' }
    audience: [${RESOURCE}]
    scope: [read, write]
    roles: [payer]
    lifetime: 5m
    binding: none
    algorithm: ES256
`
}

/** A body of the grant `jwt-bearer` (RFC 7523 §2.1). */
export async function bearerBody(credential: Credential): Promise<string> {
  const assertion = await signAuthorizationGrant(credential, { audience: ISSUER, lifetimeSeconds: 300 })
  return bearerBodyOf(assertion)
}

export function bearerBodyOf(assertion: string): string {
  return form({
    grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
    assertion,
    resource: RESOURCE,
    scope: 'read',
  })
}

/** A body of the grant `client_credentials`, the client authenticated by its certificate (RFC 7523 §2.2). */
export async function clientBody(credential: Credential): Promise<string> {
  const assertion = await signClientAuthentication(credential, {
    clientId: CLIENT,
    audience: ISSUER,
    lifetimeSeconds: 300,
  })
  return clientBodyOf(assertion)
}

/** The same for a server that knows the client's key without a certificate: what other libraries sign. */
export function keyBody(pki: Pki): string {
  const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  const now = Math.floor(Date.now() / 1_000)
  const claims = { iss: CLIENT, sub: CLIENT, aud: ISSUER, iat: now, exp: now + 300 }
  const jti = randomBytes(16).toString('base64url')
  const signed = `${encode({ alg: 'ES256', typ: 'JWT', kid: CLIENT })}.${encode({ ...claims, jti })}`
  const key = { key: privateKeyOf(pki), dsaEncoding: 'ieee-p1363' } as const
  return clientBodyOf(`${signed}.${sign('sha256', Buffer.from(signed), key).toString('base64url')}`)
}

const privateKeys = new WeakMap<Pki, KeyObject>()

function privateKeyOf(pki: Pki): KeyObject {
  const known = privateKeys.get(pki) ?? createPrivateKey(pki.leaf.privateKeyPem)
  privateKeys.set(pki, known)
  return known
}

function clientBodyOf(assertion: string): string {
  return form({
    grant_type: 'client_credentials',
    client_id: CLIENT,
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: assertion,
    resource: RESOURCE,
    scope: 'read',
  })
}

function form(parameters: Readonly<Record<string, string>>): string {
  return new URLSearchParams(parameters).toString()
}
