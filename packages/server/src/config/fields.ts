// Server: the kinds of value that the configuration has. Each says what is expected in words; the same words stand in
// every refusal, in the table of docs/server.md, and in the schema.

import { z } from 'zod'

/** A field that may be left out. */
export type Defaulted<T> = z.ZodDefault<z.ZodType<T, T>>

/** A whole number within bounds, both of which are accepted. */
export function wholeNumber(
  range: { readonly from: number; readonly to: number; readonly unit?: string },
  byDefault: number,
  description: string,
): Defaulted<number> {
  const { from, to, unit } = range
  const expected = `a whole number from ${from} to ${to}${unit === undefined ? '' : ` (${unit})`}`
  const error = expected
  return z
    .int({ error })
    .min(from, { error })
    .max(to, { error })
    .meta({ description, expected })
    .default(byDefault)
}

/** A number above zero, at most `to`. */
export function positiveNumber(to: number, byDefault: number, description: string): Defaulted<number> {
  const error = `a number above 0, at most ${to}`
  const schema = z.number({ error }).gt(0, { error }).max(to, { error })
  return schema.meta({ description, expected: error }).default(byDefault)
}

/** Text of 1 to 1,024 characters without control characters. */
export function text(expected: string, description: string): z.ZodType<string, string> {
  return z.string({ error: expected }).regex(PLAIN_TEXT, { error: expected }).meta({ description, expected })
}

/** {@link text} with a default. */
export function textOr(byDefault: string, expected: string, description: string): Defaulted<string> {
  return text(expected, description).default(byDefault)
}

/** One of a few words. */
export function oneOf<const T extends readonly string[]>(
  words: T,
  description: string,
): z.ZodType<T[number], T[number]> {
  const expected = words.join(' or ')
  return z.enum(words, { error: expected }).meta({ description, expected })
}

/** {@link oneOf} with a default. */
export function oneOfOr<const T extends readonly string[]>(
  words: T,
  byDefault: T[number],
  description: string,
): Defaulted<T[number]> {
  const expected = words.join(' or ')
  return z.enum(words, { error: expected }).meta({ description, expected }).default(byDefault)
}

/** Yes or no; no by default. */
export function flag(description: string): Defaulted<boolean> {
  const expected = 'true or false'
  return z.boolean({ error: expected }).meta({ description, expected }).default(false)
}

/** A list of texts, empty by default. */
export function textList(expected: string, description: string): Defaulted<readonly string[]> {
  return z
    .array(text(expected, description), { error: `a list of ${expected}` })
    .max(MAX_ITEMS, { error: `a list of at most ${MAX_ITEMS}` })
    .meta({ description, expected: `a list of ${expected}` })
    .default([])
}

/** Where a secret comes from: exactly one of a file and the name of a variable. */
export function secretSource(description: string): z.ZodType<SecretSourceDocument, SecretSourceDocument> {
  return z
    .strictObject(
      {
        file: z
          .string({ error: PATH })
          .regex(PLAIN_TEXT, { error: PATH })
          // 32 bytes as base64: somebody has put the key itself where its path belongs.
          .refine((path) => !/^[A-Za-z0-9+/]{43}=$/u.test(path), { error: SECRET_SOURCE })
          .meta({ description: `${description}: path of the file (mode 0600)`, expected: PATH })
          .exactOptional(),
        env: z
          .string({ error: VARIABLE_NAME })
          .regex(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/u, { error: VARIABLE_NAME })
          .meta({
            description: `${description}: name of the variable that holds it`,
            expected: VARIABLE_NAME,
          })
          .exactOptional(),
      },
      { error: SECRET_SOURCE },
    )
    .refine(({ file, env }) => (file === undefined) !== (env === undefined), { error: SECRET_SOURCE })
    .meta({ description, expected: SECRET_SOURCE })
}

/** What {@link secretSource} reads. */
export interface SecretSourceDocument {
  readonly file?: string
  readonly env?: string
}

/** What a place of a secret must say, in words. */
export const SECRET_SOURCE = 'exactly one of file: PATH and env: NAME'

const PATH = 'a path'
const VARIABLE_NAME = 'the name of a variable'
const PLAIN_TEXT = /^[^\p{Cc}]{1,1024}$/u
// LIMIT: what a person writes by hand; nothing in the service depends on it.
const MAX_ITEMS = 1_000
