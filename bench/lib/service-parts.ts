// What an exchange at the token endpoint consists of, each part by itself and with inputs as the part before it leaves
// them. Together they are a little more than the whole, which makes some of it only once.

import { randomBytes } from 'node:crypto'
import type { VerifiedToken } from 'ingam'
import { createHandler } from '../../packages/server/dist/app.js'
import {
  type AccessTokenContent,
  toGrantRecord,
  writeAccessTokenPayload,
} from '../../packages/server/dist/oauth/access-token.js'
import { parseForm } from '../../packages/server/dist/oauth/form.js'
import { parseTokenRequest } from '../../packages/server/dist/oauth/request.js'
import { factsOf } from '../../packages/server/dist/policy/facts.js'
import type { Exchange } from '../../packages/server/dist/service.js'
import { createPeer, type Ingam } from './service-ingam.ts'
import { ISSUER, RESOURCE } from './service-setup.ts'

/** One request, and what is known of it after each part. */
export interface Sample {
  readonly request: Request
  readonly exchange: Exchange
  readonly assertion: string
}

/** One part of the work. */
export interface ServicePart {
  readonly name: string
  readonly work: (sample: Sample) => Promise<void> | void
}

export function sampleOf(body: string): Sample {
  const request = new Request(`${ISSUER}/token`, {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  })
  const exchange = {
    request,
    path: '/token',
    peer: createPeer(),
    requestId: randomBytes(16).toString('base64url'),
    body: Buffer.from(body),
    now: new Date(),
  }
  const assertion = new URLSearchParams(body).get('assertion') ?? ''
  return { request, exchange, assertion }
}

/** What the name of the part begins with that reads the request's body. */
export const REQUEST = 'request'

/** The parts of a `jwt-bearer` exchange, in their order. */
export async function partsOf({ service }: Ingam, first: Sample): Promise<readonly ServicePart[]> {
  const { grants, policy } = service.policy.current()
  const verified = await grants.verify(first.assertion)
  const content = contentOf(verified, policy)
  const payload = writeAccessTokenPayload(content)
  const grant = toGrantRecord(content)
  const empty = createHandler(service, [
    { method: 'POST', path: '/token', kind: 'oauth', endpoint: () => new Response('{}') },
  ])
  return [
    {
      name: `${REQUEST}: route, limits, body, log line, metrics`,
      async work({ request, exchange }) {
        const { status } = await empty(request, exchange.peer)
        if (status !== 200) throw new Error(`answered ${status}`)
      },
    },
    {
      name: 'form and parameters',
      work({ exchange }) {
        parseTokenRequest(parseForm(exchange))
      },
    },
    {
      name: 'assertion: the library',
      async work({ assertion }) {
        await grants.verify(assertion)
      },
    },
    {
      name: 'policy',
      work() {
        policy.decide(asked(verified, content.facts))
      },
    },
    {
      name: 'claims as JSON',
      work() {
        writeAccessTokenPayload(content)
      },
    },
    {
      name: 'access token: signature',
      work() {
        service.keys.signAccessToken('ES256', payload)
      },
    },
    {
      name: 'unit of work: use, grant, audit record',
      async work() {
        const now = Math.floor(Date.now() / 1_000)
        const key = randomBytes(32)
        const { outcome } = await service.stores.commit({
          uses: [{ key, issuedAt: now, keepUntil: now + 300 }],
          grant: { ...grant, id: Buffer.from(key.subarray(16)).toString('base64url') },
          audit: [
            {
              type: 'token.issued',
              at: Date.now(),
              requestId: Buffer.from(key.subarray(0, 16)).toString('base64url'),
              thumbprint: grant.thumbprint,
              actor: 'service',
              details: { ...AUDITED, sub: grant.subject, audience: grant.audience, scope: grant.scope },
            },
          ],
        })
        if (outcome !== 'committed') throw new Error(outcome)
      },
    },
  ]
}

const AUDITED = {
  endpoint: 'token',
  grant: 'jwt-bearer',
  profile: 'payments',
  policyVersion: 1,
  jti: '0'.repeat(22),
}

type Policy = ReturnType<Ingam['service']['policy']['current']>['policy']
type PolicyRequest = Parameters<Policy['decide']>[0]

function asked({ claims }: VerifiedToken, facts: PolicyRequest['facts']): PolicyRequest {
  return { grant: 'jwt-bearer', facts, subject: String(claims['sub']), audience: [RESOURCE], scope: ['read'] }
}

function contentOf(verified: VerifiedToken, policy: Policy): AccessTokenContent {
  const facts = factsOf(verified.path, verified.identity)
  const grant = policy.decide(asked(verified, facts))
  if (!grant.allowed) throw new Error('the policy gives nothing')
  const issuedAt = Math.floor(Date.now() / 1_000)
  return {
    issuer: ISSUER,
    id: randomBytes(16).toString('base64url'),
    clientId: grant.subject,
    grant,
    facts,
    policyVersion: policy.version,
    binding: { tokenType: 'Bearer', confirmation: undefined },
    authenticatedAt: issuedAt,
    issuedAt,
    expiresAt: issuedAt + grant.lifetimeSeconds,
  }
}
