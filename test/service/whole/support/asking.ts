// Requests for tokens, and who sends them: connections that stay open, each with one request at a time.

import { Agent, type AgentOptions, request } from 'node:http'
import { Agent as TlsAgent, request as tlsRequest } from 'node:https'
import type { ConnectionOptions } from 'node:tls'
import { type Credential, signAuthorizationGrant } from 'ingam'
import type { TestCertificate } from 'ingam/testing'
import { type ProofKey, proofKey, proofOf } from '../../oauth/dpop-proof.ts'
import type { ServiceFolder } from './folder.ts'
import { NAMES } from './folder.ts'

/** A request for a token. */
export interface Asking {
  readonly assertion: string
  /** The DPoP proof that goes with it. */
  readonly proof?: string
}

/** What came back. */
export interface Answer {
  readonly status: number
  readonly body: Readonly<Record<string, unknown>>
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
}

/** No answer, and whether the connection had served before: then nobody can say that it was never taken on. */
export interface Silence {
  readonly code: string
  readonly onOldConnection: boolean
}

/** Two holders that sign for themselves: one gets tokens that are bound to nothing, the other such by DPoP. */
export interface Holders {
  readonly certificates: { readonly plain: TestCertificate; readonly bound: TestCertificate }
  /** A request that was never sent before. */
  readonly next: (kind: 'plain' | 'bound', nonce: string) => Promise<Asking>
  /** Another proof by the same key. */
  readonly proof: (nonce: string) => string
}

/** A client. */
export interface Client {
  /** Asks for a token; never rejects. */
  readonly ask: (asking: Asking) => Promise<Answer | Silence>
  /** A nonce for DPoP proofs. */
  readonly nonce: () => Promise<string>
  readonly close: () => void
}

export const JWT_BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer'

/** Makes the holders of a folder's policy. */
export async function createHolders({ ca, issuer }: ServiceFolder): Promise<Holders> {
  const certificates = {
    plain: await ca.issue({ name: 'plain', uris: [NAMES.plain] }),
    bound: await ca.issue({ name: 'bound', uris: [NAMES.bound] }),
  }
  const plain = await certificates.plain.credential()
  const bound = await certificates.bound.credential()
  const key: ProofKey = proofKey()
  const proof = (nonce: string): string =>
    proofOf(key, { htu: `${issuer}/token`, iat: Math.floor(Date.now() / 1000), nonce })
  return {
    certificates,
    proof,
    async next(kind, nonce) {
      const assertion = await assertionOf(kind === 'plain' ? plain : bound, issuer)
      return kind === 'plain' ? { assertion } : { assertion, proof: proof(nonce) }
    },
  }
}

/** An assertion that is good for five minutes. */
export async function assertionOf(credential: Credential, audience: string): Promise<string> {
  return await signAuthorizationGrant(credential, { audience, lifetimeSeconds: 300 })
}

/** A client with so many connections; over TLS where the URL says so. */
export function createClient(url: string, connections = 32, tls: ConnectionOptions = {}): Client {
  const options: AgentOptions = { keepAlive: true, maxSockets: connections, maxFreeSockets: connections }
  const isSecure = url.startsWith('https:')
  const agent = isSecure ? new TlsAgent({ ...options, ...tls }) : new Agent(options)
  const send = isSecure ? tlsRequest : request
  const post = (
    path: string,
    content: string,
    headers: Readonly<Record<string, string>>,
  ): Promise<Answer | Silence> =>
    new Promise((resolve) => {
      const length = { 'content-length': Buffer.byteLength(content) }
      const outgoing = send(url + path, { agent, method: 'POST', headers: { ...headers, ...length } })
      const silent = (error: Error): void => {
        const code = 'code' in error ? String(error.code) : error.message
        resolve({ code, onOldConnection: outgoing.reusedSocket })
      }
      outgoing.on('error', silent)
      outgoing.on('response', (incoming) => {
        let text = ''
        incoming.setEncoding('utf8')
        incoming.on('data', (chunk: string) => {
          text += chunk
        })
        incoming.on('error', silent)
        incoming.on('end', () =>
          resolve({ status: incoming.statusCode ?? 0, body: objectOf(text), headers: incoming.headers }),
        )
      })
      outgoing.end(content)
    })
  return {
    ask: async ({ assertion, proof }) =>
      await post('/token', String(new URLSearchParams({ grant_type: JWT_BEARER, assertion })), {
        'content-type': 'application/x-www-form-urlencoded',
        ...(proof !== undefined && { dpop: proof }),
      }),
    async nonce() {
      const answer = await post('/challenge', '', {})
      const nonce = 'status' in answer ? answer.headers['dpop-nonce'] : undefined
      if (typeof nonce !== 'string') throw new Error(`no nonce: ${JSON.stringify(answer)}`)
      return nonce
    },
    close: () => agent.destroy(),
  }
}

/** The jti of the access token in an answer. */
export function tokenIdOf({ body }: Answer): string {
  const { jti } = payloadOf(body['access_token'])
  if (typeof jti !== 'string') throw new Error(`no token with a jti: ${Object.keys(body).join(', ')}`)
  return jti
}

/** The claims of a compact JWS, unverified. */
export function payloadOf(token: unknown): Readonly<Record<string, unknown>> {
  return objectOf(Buffer.from(String(token).split('.')[1] ?? '', 'base64url').toString('utf8'))
}

/** Does the work for each item, at most `most` of them at once. */
export async function concurrently<T>(
  items: readonly T[],
  most: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  // One iterator for all lanes: each takes the next item that nobody has.
  const iterator = items.values()
  const lane = async (): Promise<void> => {
    for (const item of iterator) await work(item)
  }
  await Promise.all(Array.from({ length: most }, lane))
}

function objectOf(text: string): Readonly<Record<string, unknown>> {
  try {
    return Object(JSON.parse(text))
  } catch {
    // Cut off, as by a process that was killed: whoever looks for a member finds none.
    return {}
  }
}
