// Server: what /admin/policy takes and answers.

import { z } from 'zod'
import {
  count,
  instant,
  type PageAnswer,
  type PageInput,
  pageFields,
  pageOf,
  text,
  wholeNumberText,
} from './fields.ts'

/** A version of the policy, without its text. */
export interface PolicyVersionAnswer {
  readonly version: number
  /** Base64url SHA-256 of the text's UTF-8. */
  readonly digest: string
  readonly appliedAt: string
  readonly appliedBy: string
  readonly comment: string
}

/** A version of the policy with its text. */
export interface PolicyAnswer extends PolicyVersionAnswer {
  /** YAML, as it was applied. */
  readonly text: string
}

/** Which version is asked for. */
export interface PolicyVersionInput {
  readonly version: number
}

/** A policy that is to be in force. */
export interface ApplyPolicyInput {
  /** YAML. */
  readonly text: string
  /** The version that it replaces: 0 where there is none yet. */
  readonly expectedVersion: number
  readonly comment?: string
}

/** What differs, in words. */
export interface PolicyDiffAnswer {
  /** The version compared with; 0 for none. */
  readonly against: number
  readonly lines: readonly string[]
  /** What lets more through than before, and what can never hold. */
  readonly warnings: readonly string[]
}

/** The policy that was applied. */
export interface ApplyPolicyAnswer {
  readonly version: number
  readonly digest: string
  /** False: it is stored, and this node could not put it in force yet; the log says why. */
  readonly inForce: boolean
  readonly diff: PolicyDiffAnswer
}

/** A policy to compare with the one in force. */
export interface DiffPolicyInput {
  readonly text: string
}

// LIMIT: as docs/policy.md says of the text of a policy, in characters here and in bytes there.
const MAX_POLICY_CHARACTERS = 262_144
const policyText = z
  .string()
  .min(1)
  .max(MAX_POLICY_CHARACTERS)
  // What is stored as UTF-8 must read as it was written.
  .refine((value) => value.isWellFormed(), { error: 'must not have lone surrogates' })

const versionFields = {
  version: z.int().min(1),
  digest: z.string(),
  appliedAt: instant,
  appliedBy: z.string(),
  comment: z.string(),
}

export const policyAnswer: z.ZodType<PolicyAnswer> = z.object({ ...versionFields, text: z.string() })

export const policyVersionsInput: z.ZodType<PageInput> = z.strictObject(pageFields)

export const policyVersionsAnswer: z.ZodType<PageAnswer<PolicyVersionAnswer>> = pageOf(
  z.object(versionFields),
)

export const policyVersionInput: z.ZodType<PolicyVersionInput> = z.strictObject({
  version: wholeNumberText(1, 1_000_000_000),
})

export const applyPolicyInput: z.ZodType<ApplyPolicyInput> = z.strictObject({
  text: policyText,
  expectedVersion: z.int().min(0),
  comment: text(500).exactOptional(),
})

export const policyDiffAnswer: z.ZodType<PolicyDiffAnswer> = z.object({
  against: count,
  lines: z.array(z.string()),
  warnings: z.array(z.string()),
})

export const applyPolicyAnswer: z.ZodType<ApplyPolicyAnswer> = z.object({
  version: z.int().min(1),
  digest: z.string(),
  inForce: z.boolean(),
  diff: policyDiffAnswer,
})

export const diffPolicyInput: z.ZodType<DiffPolicyInput> = z.strictObject({ text: policyText })
