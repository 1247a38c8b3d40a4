// CLI: what a policy in a file says to an assertion or a certificate, judged here as the service would, but for
// revocation, blocks and second use, of which nothing is known here.

import {
  borneSubjectsOf,
  checkClientCertificate,
  createVerifier,
  escapeText,
  type Identity,
  identityOf,
  inspectToken,
} from 'ingam'
import { parseCertificates, type VerifiedPath, verifyPath } from 'ingam/x509'
import { type Context, type ServerModule, say } from '../context.ts'
import { CommandError } from '../failure.ts'
import type { PolicyFile } from './policy-file.ts'

/** What somebody would ask for. */
export interface Question {
  readonly holder:
    | { readonly kind: 'assertion'; readonly assertion: string }
    | { readonly kind: 'certificates'; readonly pem: string }
  readonly grant: 'jwt-bearer' | 'client_credentials'
  readonly clientId: string | undefined
  readonly scope: readonly string[]
  readonly audience: readonly string[]
  /** Whom the assertion must be for; undefined: whom it names itself. */
  readonly issuer: string | undefined
}

/** The answer, for people and as JSON. */
export interface OfflineAnswer {
  readonly allowed: boolean
  readonly decision: unknown
  readonly lines: readonly string[]
}

type Policy = ReturnType<ServerModule['compilePolicy']>

/** Judges by the file. Throws the refusal of an assertion, or of a path, that no policy is asked about. */
export async function explainOffline(
  context: Context,
  server: ServerModule,
  { question, policy: file }: { readonly question: Question; readonly policy: PolicyFile },
): Promise<OfflineAnswer> {
  const policy = server.compilePolicy({ version: 0, digest: server.policyDigest(file.text), text: file.text })
  const { path, identity, subject } = await verifyHolder(context, policy, question)
  const { grant, clientId, scope, audience } = question
  const facts = server.factsOf(path, identity)
  const client = clientId === undefined ? undefined : policy.clients.get(clientId)
  if (clientId !== undefined && client === undefined) {
    throw new CommandError(1, `the policy has no client ${escapeText(clientId)}`)
  }
  const request = {
    grant,
    facts,
    subject,
    scope,
    audience,
    ...(clientId === undefined ? {} : { clientId }),
  }
  const decision = policy.decide(request)
  return { allowed: decision.allowed, decision, lines: server.explainDecision(decision, request) }
}

interface Holder {
  readonly path: VerifiedPath
  readonly identity: Identity
  readonly subject: string
}

async function verifyHolder(context: Context, policy: Policy, question: Question): Promise<Holder> {
  const { holder, clientId } = question
  if (holder.kind === 'assertion') return await verifyAssertion(context, policy, question, holder.assertion)
  const [leaf, ...intermediates] = parseCertificates(holder.pem)
  if (leaf === undefined) throw new CommandError(3, 'no certificate in the file')
  const path = await verifyPath({
    leaf,
    intermediates,
    trustAnchors: policy.trustAnchors,
    at: context.now(),
    purpose: 'clientAuth',
    revocation: 'off',
  })
  await checkClientCertificate(path)
  const identity = await identityOf(path)
  const [borne = ''] = borneSubjectsOf(identity)
  return { path, identity, subject: question.grant === 'client_credentials' ? (clientId ?? borne) : borne }
}

async function verifyAssertion(
  context: Context,
  policy: Policy,
  { grant, issuer }: Question,
  assertion: string,
): Promise<Holder> {
  const audience = issuer ?? (await namedAudience(context, assertion))
  const verifier = createVerifier({
    trustAnchors: policy.trustAnchors,
    audience,
    revocation: 'off',
    profile: grant === 'jwt-bearer' ? 'authorization-grant' : 'client-authentication',
    oneTimeUse: 'off',
    clock: context.now,
  })
  const { path, identity, claims } = await verifier.verify(assertion)
  return { path, identity, subject: String(claims['sub']) }
}

async function namedAudience(context: Context, assertion: string): Promise<string> {
  const { unverifiedClaims } = await inspectToken(assertion)
  const { aud } = unverifiedClaims
  if (typeof aud !== 'string') throw new CommandError(1, 'the assertion is for nobody in particular (aud)')
  say(context, 'note', `it is for ${escapeText(aud)}; nobody compared that (--aud)`)
  return aud
}
