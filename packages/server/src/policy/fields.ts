// Server: policy. The values of which documents are made, each with its range and what is expected in words.

import { z } from 'zod'
import type { CertificateMatch } from '../config/contract.ts'
import { uriPatternMistake } from './pattern.ts'
import { type RuleKind, ruleOf } from './rules.ts'

/** LIMIT: entries of one list; what a certificate is judged by stays bounded by the document's size. */
export const MAX_LIST = 64
/** LIMIT: entries of one mapping; each profile is tried for each request. */
export const MAX_RECORDS = 256

/** A mapping with these keys and no others. The message for a key that is unknown is the list of those that are known. */
export function mapping<T extends z.ZodRawShape>(
  shape: T,
  expected?: string,
): z.ZodObject<T, z.core.$strict> {
  const keys = Object.keys(shape).join(', ')
  return z.strictObject(shape, {
    error: ({ code }) =>
      code === 'unrecognized_keys' ? keys : (expected ?? `a mapping with keys of ${keys}`),
  })
}

/** A mapping from ids to values, from `minimum` to {@link MAX_RECORDS}. */
export function records<T>(
  key: z.ZodType<string, string>,
  value: z.ZodType<T>,
  minimum: number,
  expected: string,
): z.ZodType<Record<string, T>> {
  return z
    .record(key, value, {
      error: ({ code }) =>
        code === 'invalid_key' ? ID_EXPECTED : `${expected}, ${minimum} to ${MAX_RECORDS}`,
    })
    .refine((entries) => {
      const { length } = Object.keys(entries)
      return length >= minimum && length <= MAX_RECORDS
    }, `${expected}, ${minimum} to ${MAX_RECORDS}`)
}

/** One value, or a list of `minimum` to {@link MAX_LIST} that differ. */
export function list<T>(item: z.ZodType<T>, minimum: number, expected: string): z.ZodType<readonly T[]> {
  const range = `${expected}, ${minimum} to ${MAX_LIST}`
  const items = z
    .array(item, expected)
    .min(minimum, range)
    .max(MAX_LIST, range)
    .refine((values) => new Set(values).size === values.length, 'values that differ')
  return z.preprocess((value) => (isScalar(value) ? [value] : value), items)
}

// Null and mappings stay what they are, so that they are refused as themselves.
function isScalar(value: unknown): boolean {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
}

const ID_EXPECTED =
  'an id of 1 to 128 letters, digits, `.`, `_` and `-`; that of a profile begins with a letter'

/** The id of a trust anchor or a client: never with a colon, so that it is never taken for a name of a certificate. */
export const id: z.ZodType<string, string> = z
  .string(ID_EXPECTED)
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/u, ID_EXPECTED)

/** The name of a profile. One that begins with a digit could be a number, and those an object puts first. */
export const profileId: z.ZodType<string, string> = z
  .string(ID_EXPECTED)
  .regex(/^[A-Za-z][A-Za-z0-9._-]{0,127}$/u, ID_EXPECTED)

const TOKEN_EXPECTED = 'a word of 1 to 128 printable ASCII characters without space, `"` and `\\`'

/** A scope token (RFC 6749 §3.3), or a role. */
export const token: z.ZodType<string> = z
  .string(TOKEN_EXPECTED)
  .regex(/^[\x21\x23-\x5b\x5d-\x7e]{1,128}$/u, TOKEN_EXPECTED)

const AUDIENCE_EXPECTED =
  'an audience of 1 to 512 printable ASCII characters without space and `#`, such as https://api.example'

/** An audience; a resource indicator has no fragment (RFC 8707 §2). */
export const uri: z.ZodType<string> = z
  .string(AUDIENCE_EXPECTED)
  .regex(/^[\x21\x22\x24-\x7e]{1,512}$/u, AUDIENCE_EXPECTED)

const DURATION_EXPECTED = 'a duration from 10s to 24h, such as 90s, 5m or 1h'

/** A duration as text. */
export const duration: z.ZodType<string> = z
  .string(DURATION_EXPECTED)
  .refine((text) => secondsOf(text) !== undefined, DURATION_EXPECTED)

/** The seconds of a duration from 10s to 24h; undefined for anything else. */
export function secondsOf(text: string): number | undefined {
  const [, number = '', unit = ''] = /^([1-9]\d{0,4})([smh])$/u.exec(text) ?? []
  const seconds = Number(number) * (unit === 'h' ? 3600 : unit === 'm' ? 60 : 1)
  return seconds >= 10 && seconds <= 86_400 ? seconds : undefined
}

/** A value of a rule; `literal` takes no star. */
export function matcher(kind: RuleKind, form: 'pattern' | 'literal' = 'pattern'): z.ZodType<string> {
  const expectedOf = (text: string): string | undefined => {
    if (form === 'literal' && text.includes('*')) return 'the name itself: no * here'
    if (form === 'literal' && kind === 'ip' && text.includes('/')) return 'one address: no range here'
    const mistake = form === 'pattern' && kind === 'uri' ? uriPatternMistake(text) : undefined
    if (mistake !== undefined) return mistake
    const compiled = ruleOf(kind).compile(text)
    return typeof compiled === 'string' ? compiled : undefined
  }
  return z.string('text').refine((text) => expectedOf(text) === undefined, {
    error: ({ input }) => (typeof input === 'string' && expectedOf(input)) || 'text',
  })
}

const MATCH_KEYS = {
  san_uri: matcher('uri', 'literal').exactOptional(),
  san_dns: matcher('dns', 'literal').exactOptional(),
  san_email: matcher('email', 'literal').exactOptional(),
  san_ip: matcher('ip', 'literal').exactOptional(),
  subject_dn: matcher('subject', 'literal').exactOptional(),
  x5t_s256: matcher('thumbprint', 'literal').exactOptional(),
}

/** Which certificate is a client's: exactly one of the fields of RFC 8705 §2.1.2, or the thumbprint. */
export const certificateMatch: z.ZodType<CertificateMatch> = mapping(MATCH_KEYS).transform(
  (given, context): CertificateMatch => {
    const { san_uri, san_dns, san_email, san_ip, subject_dn, x5t_s256 } = given
    const matches: CertificateMatch[] = []
    if (san_uri !== undefined) matches.push({ san_uri })
    if (san_dns !== undefined) matches.push({ san_dns })
    if (san_email !== undefined) matches.push({ san_email })
    if (san_ip !== undefined) matches.push({ san_ip })
    if (subject_dn !== undefined) matches.push({ subject_dn })
    if (x5t_s256 !== undefined) matches.push({ x5t_s256 })
    const [match, another] = matches
    if (match !== undefined && another === undefined) return match
    context.addIssue({ code: 'custom', message: `exactly one of ${Object.keys(MATCH_KEYS).join(', ')}` })
    return z.NEVER
  },
)
