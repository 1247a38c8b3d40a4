// Server: the kinds of value that requests and answers of /admin are made of. In a query every value is text; a codec
// says how it reads as a number or a yes, one way and back, so that client and server cannot differ.

import { z } from 'zod'

/** Text of 1 to `maximum` characters without control characters and lone surrogates. */
export function text(maximum: number): z.ZodType<string, string> {
  return z
    .string()
    .min(1)
    .max(maximum)
    .refine((value) => value.isWellFormed() && !/\p{Cc}/u.test(value), {
      error: 'must not have control characters or lone surrogates',
    })
}

/** A whole number as a query has it: decimal digits, no sign, no leading zero. */
export function wholeNumberText(minimum: number, maximum: number): z.ZodType<number, string> {
  return z.codec(z.string().regex(/^(?:0|[1-9]\d{0,14})$/u), z.int().min(minimum).max(maximum), {
    decode: Number,
    encode: String,
  })
}

/** A yes or no as a query has it: `true` or `false`. */
export const booleanText: z.ZodType<boolean, string> = z.codec(z.enum(['true', 'false']), z.boolean(), {
  decode: (value) => value === 'true',
  encode: (value) => (value ? 'true' : 'false'),
})

/** Several of a set of words as a query has them: with commas between them, each once. */
export function wordsText<const T extends string>(
  words: readonly [T, ...T[]],
): z.ZodType<readonly T[], string> {
  const set = z
    .array(z.enum(words))
    .min(1)
    .refine((found) => new Set(found).size === found.length, { error: 'must not repeat a word' })
  return z.codec(z.string().max(MAX_WORDS_CHARACTERS), z.array(z.string()).pipe(set), {
    decode: (value) => value.split(','),
    encode: (value) => value.join(','),
  })
}

// LIMIT: every type of audit record, each once, takes 200 characters.
const MAX_WORDS_CHARACTERS = 1_000

/** Base64url SHA-256 of a certificate's DER. */
export const thumbprint: z.ZodType<string, string> = z.string().regex(/^[\w-]{43}$/u)

/** What a page's `next` says, handed back. */
export const cursor: z.ZodType<string, string> = z.string().regex(/^[\x21-\x7e]{1,128}$/u)

/** An id that the service gave: of a request, of a grant. */
export const id: z.ZodType<string, string> = z.string().regex(/^[\x21-\x7e]{1,128}$/u)

/** An instant in answers: ISO 8601, UTC. */
export const instant: z.ZodType<string, string> = z.iso.datetime()

/** A count or position. */
export const count: z.ZodType<number, number> = z.int().min(0)

/** LIMIT: items of one page; what a person looks through, and 1,000 for scripts. */
export const DEFAULT_PAGE = 100
export const MAX_PAGE = 1_000

/** How much of a list is wanted. */
export interface PageInput {
  /** 1 to 1,000; default 100. */
  readonly limit?: number
  /** The `next` of the page before. */
  readonly before?: string
}

/** The fields of {@link PageInput}, for a query. */
export const pageFields: {
  readonly limit: z.ZodExactOptional<z.ZodType<number, string>>
  readonly before: z.ZodExactOptional<z.ZodType<string, string>>
} = { limit: wholeNumberText(1, MAX_PAGE).exactOptional(), before: cursor.exactOptional() }

/** A list as far as it was wanted, newest first. */
export interface PageAnswer<T> {
  readonly items: readonly T[]
  /** Hand in as `before` for the next page; absent on the last one. */
  readonly next?: string
}

/** A page of something. */
export function pageOf<T>(item: z.ZodType<T>): z.ZodType<PageAnswer<T>> {
  return z.object({ items: z.array(item), next: cursor.exactOptional() })
}
