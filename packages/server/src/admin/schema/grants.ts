// Server: what /admin/grants and /admin/blocks take and answer.

import { z } from 'zod'
import type { BindingKind, Block, GrantSelector } from '../../stores/contract.ts'
import {
  booleanText,
  count,
  id,
  instant,
  type PageAnswer,
  type PageInput,
  pageFields,
  pageOf,
  text,
  thumbprint,
} from './fields.ts'

/**
 * Whose grants, as a query says it: at most one of `id`, `certificate`, `identity` with `trustAnchor`, `trustAnchor`
 * alone.
 */
export interface SelectorQuery {
  /** A token's jti. */
  readonly id?: string
  /** The certificate's base64url SHA-256. */
  readonly certificate?: string
  /** A token's sub; it counts under one trust anchor alone. */
  readonly identity?: string
  readonly trustAnchor?: string
}

/** Which grants are asked for. */
export interface GrantsInput extends SelectorQuery, PageInput {
  /** True: those alone that are neither ended nor expired. */
  readonly active?: boolean
}

/** An access token that was issued; the token itself is kept nowhere. */
export interface GrantAnswer {
  readonly id: string
  readonly subject: string
  readonly clientId: string
  readonly trustAnchor: string
  readonly thumbprint: string
  readonly profile: string
  readonly policyVersion: number
  readonly audience: readonly string[]
  readonly scope: readonly string[]
  readonly binding: BindingKind
  readonly issuedAt: string
  readonly expiresAt: string
  readonly endedAt?: string
  readonly endedBy?: string
}

/** Whose grants end, and whether anything is issued to them from now on. */
export interface EndGrantsInput {
  readonly selector: GrantSelector
  /** True: nothing is issued to it until the block is lifted. Not for a single grant. Default false. */
  readonly block?: boolean
  readonly reason: string
}

/** What was ended. */
export interface EndGrantsAnswer {
  readonly ended: number
  readonly blocked: boolean
}

/** What is refused from now on. */
export interface BlockAnswer {
  readonly selector: Block['selector']
  readonly since: string
  readonly reason: string
  readonly by: string
}

/** All blocks. */
export interface BlocksAnswer {
  readonly items: readonly BlockAnswer[]
}

/** Which block is lifted: exactly one of `certificate`, `identity` with `trustAnchor`, `trustAnchor` alone. */
export interface LiftBlockInput extends Omit<SelectorQuery, 'id'> {
  readonly reason: string
}

/** The block that was lifted. */
export interface LiftBlockAnswer {
  readonly lifted: Block['selector']
}

/** The selector that a query means; undefined where it names none, `'ambiguous'` where it names several or half of one. */
export function selectorOf(query: SelectorQuery): GrantSelector | undefined | 'ambiguous' {
  const { id, certificate, identity, trustAnchor } = query
  const named = [id, certificate, identity ?? trustAnchor].filter((value) => value !== undefined)
  if (named.length > 1) return 'ambiguous'
  if (id !== undefined) return { kind: 'grant', id }
  if (certificate !== undefined) return { kind: 'certificate', thumbprint: certificate }
  if (trustAnchor === undefined) return identity === undefined ? undefined : 'ambiguous'
  if (identity !== undefined) return { kind: 'identity', subject: identity, trustAnchor }
  return { kind: 'trustAnchor', trustAnchor }
}

const ONE_SELECTOR = 'name one of id, certificate, identity with trustAnchor, or trustAnchor alone'
// LIMIT: as long as a sub and a trust anchor's id can be (docs/token-format.md, docs/policy.md).
const subject = text(2_048)
const trustAnchor = text(2_048)

const certificateSelector = z.strictObject({ kind: z.literal('certificate'), thumbprint })
const identitySelector = z.strictObject({ kind: z.literal('identity'), subject, trustAnchor })
const anchorSelector = z.strictObject({ kind: z.literal('trustAnchor'), trustAnchor })
const grantSelector = z.strictObject({ kind: z.literal('grant'), id })

const blockSelector: z.ZodType<Block['selector']> = z.discriminatedUnion('kind', [
  certificateSelector,
  identitySelector,
  anchorSelector,
])

const certificateFields = {
  certificate: thumbprint.exactOptional(),
  identity: subject.exactOptional(),
  trustAnchor: trustAnchor.exactOptional(),
}

export const grantsInput: z.ZodType<GrantsInput> = z
  .strictObject({
    ...pageFields,
    ...certificateFields,
    id: id.exactOptional(),
    active: booleanText.exactOptional(),
  })
  .refine((query) => selectorOf(query) !== 'ambiguous', { error: ONE_SELECTOR })

export const grantsAnswer: z.ZodType<PageAnswer<GrantAnswer>> = pageOf(
  z.object({
    id: z.string(),
    subject: z.string(),
    clientId: z.string(),
    trustAnchor: z.string(),
    thumbprint: z.string(),
    profile: z.string(),
    policyVersion: count,
    audience: z.array(z.string()),
    scope: z.array(z.string()),
    binding: z.enum(['mtls', 'dpop', 'proof', 'none']),
    issuedAt: instant,
    expiresAt: instant,
    endedAt: instant.exactOptional(),
    endedBy: z.string().exactOptional(),
  }),
)

export const endGrantsInput: z.ZodType<EndGrantsInput> = z
  .strictObject({
    selector: z.discriminatedUnion('kind', [
      certificateSelector,
      identitySelector,
      anchorSelector,
      grantSelector,
    ]),
    block: z.boolean().exactOptional(),
    reason: text(500),
  })
  .refine(({ selector, block }) => selector.kind !== 'grant' || block !== true, {
    error: 'a single grant can be ended, not blocked',
    path: ['block'],
  })

export const endGrantsAnswer: z.ZodType<EndGrantsAnswer> = z.object({ ended: count, blocked: z.boolean() })

export const blockAnswer: z.ZodType<BlockAnswer> = z.object({
  selector: blockSelector,
  since: instant,
  reason: z.string(),
  by: z.string(),
})

export const blocksAnswer: z.ZodType<BlocksAnswer> = z.object({ items: z.array(blockAnswer) })

export const liftBlockInput: z.ZodType<LiftBlockInput> = z
  .strictObject({ ...certificateFields, reason: text(500) })
  .refine((query) => !['ambiguous', undefined].includes(kindOf(query)), { error: ONE_SELECTOR })

export const liftBlockAnswer: z.ZodType<LiftBlockAnswer> = z.object({ lifted: blockSelector })

function kindOf(query: SelectorQuery): string | undefined {
  const selector = selectorOf(query)
  return typeof selector === 'object' ? selector.kind : selector
}
