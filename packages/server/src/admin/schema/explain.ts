// Server: what POST /admin/policy/explain takes and answers: a question to the policy in force, and which rule decides it.

import { z } from 'zod'
import type { CertificateFacts, GrantKind, RuleMiss } from '../../policy/contract.ts'
import type { BindingKind } from '../../stores/contract.ts'
import { instant, text, thumbprint } from './fields.ts'
import { type BlockAnswer, blockAnswer } from './grants.ts'

/** Facts as somebody supposes them; what is absent is empty. */
export interface SupposedFacts
  extends Partial<Omit<CertificateFacts, 'anchor' | 'notAfter'>>,
    Pick<CertificateFacts, 'anchor'> {
  /** Default a year from now. */
  readonly notAfter?: string
}

/** Who asks, as an explanation supposes it. */
export type ExplainedHolder =
  /** A token as it was sent; nothing is used up by looking at it. */
  | { readonly kind: 'assertion'; readonly assertion: string }
  /** PEM, leaf first; the path is verified, possession and revocation are not. */
  | { readonly kind: 'certificates'; readonly pem: string }
  /** Nothing is verified. */
  | { readonly kind: 'facts'; readonly facts: SupposedFacts }

/** A question to the policy in force. */
export interface ExplainPolicyInput {
  readonly holder: ExplainedHolder
  readonly grant: GrantKind
  readonly clientId?: string
  /** The name that the holder signs under; default the assertion's sub, else the first that the certificate bears. */
  readonly subject?: string
  readonly audience?: readonly string[]
  readonly scope?: readonly string[]
}

/** One check of an assertion. */
export interface ExplainedCheckAnswer {
  readonly id: string
  readonly title: string
  readonly outcome: 'passed' | 'failed' | 'not-reached'
  readonly facts: Readonly<Record<string, string>>
}

/** What the policy says to it. */
export interface DecisionAnswer {
  readonly allowed: boolean
  /** Where it is allowed. */
  readonly profile?: string
  readonly audience?: readonly string[]
  readonly scope?: readonly string[]
  readonly roles?: readonly string[]
  readonly lifetimeSeconds?: number
  readonly binding?: BindingKind
  readonly subject?: string
  /** Where it is refused. */
  readonly code?: string
  readonly nearest?: RuleMiss
  readonly misses?: readonly RuleMiss[]
}

/** Which rule matched, or came nearest. */
export interface ExplainPolicyAnswer {
  readonly policyVersion: number
  /** Whether the holder would get a token, as far as was looked. */
  readonly allowed: boolean
  /** How far the assertion, or the path of the certificates, was found good; absent for supposed facts. */
  readonly holder?: {
    readonly accepted: boolean
    readonly checks: readonly ExplainedCheckAnswer[]
    readonly code?: string
    readonly message?: string
    readonly hint?: string
  }
  /** The registered client, where one was named. */
  readonly client?: { readonly id: string; readonly known: boolean; readonly miss?: RuleMiss }
  readonly facts?: CertificateFacts
  readonly decision?: DecisionAnswer
  /** The block that would refuse it all the same. */
  readonly block?: BlockAnswer
  /** The same for people. */
  readonly lines: readonly string[]
}

// LIMIT: the longest token that a verifier reads, and a chain of ten certificates of 4 KiB as PEM.
const MAX_HOLDER_CHARACTERS = 65_536
const names = z.array(text(2_048)).max(100)

const factFields = {
  subject: text(4_096),
  dns: names,
  uris: names,
  emails: names,
  ips: names,
  upns: names,
  thumbprint,
  issuer: text(4_096),
  serialNumber: z.string().regex(/^[0-9a-f]{2,40}$/u),
  policies: names,
  extKeyUsage: names,
}

const supposedFacts: z.ZodType<SupposedFacts> = z.strictObject({
  anchor: text(2_048),
  subject: factFields.subject.exactOptional(),
  dns: names.exactOptional(),
  uris: names.exactOptional(),
  emails: names.exactOptional(),
  ips: names.exactOptional(),
  upns: names.exactOptional(),
  thumbprint: thumbprint.exactOptional(),
  issuer: factFields.issuer.exactOptional(),
  serialNumber: factFields.serialNumber.exactOptional(),
  policies: names.exactOptional(),
  extKeyUsage: names.exactOptional(),
  notAfter: instant.exactOptional(),
})

export const explainPolicyInput: z.ZodType<ExplainPolicyInput> = z.strictObject({
  holder: z.discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('assertion'),
      assertion: z
        .string()
        .regex(/^[\w-]+\.[\w-]+\.[\w-]+$/u)
        .max(MAX_HOLDER_CHARACTERS),
    }),
    z.strictObject({ kind: z.literal('certificates'), pem: z.string().min(1).max(MAX_HOLDER_CHARACTERS) }),
    z.strictObject({ kind: z.literal('facts'), facts: supposedFacts }),
  ]),
  grant: z.enum(['jwt-bearer', 'client_credentials']),
  clientId: text(2_048).exactOptional(),
  subject: text(2_048).exactOptional(),
  audience: names.exactOptional(),
  scope: names.exactOptional(),
})

const ruleMiss: z.ZodType<RuleMiss> = z.object({
  profile: z.string(),
  rule: z.string(),
  expected: z.string(),
  found: z.string(),
})

const facts: z.ZodType<CertificateFacts> = z.object({
  anchor: z.string(),
  subject: z.string(),
  dns: z.array(z.string()),
  uris: z.array(z.string()),
  emails: z.array(z.string()),
  ips: z.array(z.string()),
  upns: z.array(z.string()),
  thumbprint: z.string(),
  issuer: z.string(),
  serialNumber: z.string(),
  policies: z.array(z.string()),
  extKeyUsage: z.array(z.string()),
  notAfter: z.number(),
})

const decision: z.ZodType<DecisionAnswer> = z.object({
  allowed: z.boolean(),
  profile: z.string().exactOptional(),
  audience: z.array(z.string()).exactOptional(),
  scope: z.array(z.string()).exactOptional(),
  roles: z.array(z.string()).exactOptional(),
  lifetimeSeconds: z.number().exactOptional(),
  binding: z.enum(['mtls', 'dpop', 'proof', 'none']).exactOptional(),
  subject: z.string().exactOptional(),
  code: z.string().exactOptional(),
  nearest: ruleMiss.exactOptional(),
  misses: z.array(ruleMiss).exactOptional(),
})

export const explainPolicyAnswer: z.ZodType<ExplainPolicyAnswer> = z.object({
  policyVersion: z.int().min(1),
  allowed: z.boolean(),
  holder: z
    .object({
      accepted: z.boolean(),
      checks: z.array(
        z.object({
          id: z.string(),
          title: z.string(),
          outcome: z.enum(['passed', 'failed', 'not-reached']),
          facts: z.record(z.string(), z.string()),
        }),
      ),
      code: z.string().exactOptional(),
      message: z.string().exactOptional(),
      hint: z.string().exactOptional(),
    })
    .exactOptional(),
  client: z.object({ id: z.string(), known: z.boolean(), miss: ruleMiss.exactOptional() }).exactOptional(),
  facts: facts.exactOptional(),
  decision: decision.exactOptional(),
  block: blockAnswer.exactOptional(),
  lines: z.array(z.string()),
})
