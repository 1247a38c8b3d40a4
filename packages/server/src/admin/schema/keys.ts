// Server: what /admin/keys takes and answers.

import { z } from 'zod'
import type { KeyUse } from '../../stores/contract.ts'
import { instant, text } from './fields.ts'

/** A key as it stands; nothing secret. */
export interface KeyAnswer {
  readonly kid: string
  readonly use: KeyUse
  readonly algorithm: string
  readonly state: 'next' | 'active' | 'retired'
  readonly activeFrom: string
  readonly activeUntil: string
  readonly publishedUntil: string
}

/** All keys. */
export interface KeysAnswer {
  readonly items: readonly KeyAnswer[]
}

/** Which key is to be made anew. */
export interface RotateKeyInput {
  readonly use: KeyUse
  /** True for a key that leaked: the old one goes at once. Default false. */
  readonly immediately?: boolean
}

/** The new key. */
export interface RotateKeyAnswer {
  readonly kid: string
}

const use: z.ZodType<KeyUse, KeyUse> = z.enum(['access-token', 'audit', 'challenge'])

export const keyAnswer: z.ZodType<KeyAnswer> = z.object({
  kid: z.string(),
  use,
  algorithm: text(64),
  state: z.enum(['next', 'active', 'retired']),
  activeFrom: instant,
  activeUntil: instant,
  publishedUntil: instant,
})

export const keysAnswer: z.ZodType<KeysAnswer> = z.object({ items: z.array(keyAnswer) })

export const rotateKeyInput: z.ZodType<RotateKeyInput> = z.strictObject({
  use,
  immediately: z.boolean().exactOptional(),
})

export const rotateKeyAnswer: z.ZodType<RotateKeyAnswer> = z.object({ kid: z.string() })
