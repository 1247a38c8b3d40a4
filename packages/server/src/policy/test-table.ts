// Server: policy. The table by which a policy is tried before it counts: its type and the schema that reads it.

import { z } from 'zod'
import type { BindingKind } from '../stores/contract.ts'
import type { GrantKind } from './contract.ts'
import { duration, list, mapping } from './fields.ts'

/** A certificate as somebody supposes it; what is absent is empty. */
export interface SupposedCertificate {
  readonly trustAnchor: string
  readonly uris: readonly string[]
  readonly dns: readonly string[]
  readonly emails: readonly string[]
  readonly upns: readonly string[]
  readonly ips: readonly string[]
  readonly subject: string
  readonly issuer: string
  readonly extKeyUsage: readonly string[]
  readonly policies: readonly string[]
  /** Absent: one that no certificate has. */
  readonly thumbprint?: string
}

/** What is expected of a decision; what is absent is not compared. */
export type ExpectedDecision =
  | {
      readonly profile: string
      readonly audience?: readonly string[]
      readonly scope?: readonly string[]
      readonly roles?: readonly string[]
      readonly binding?: BindingKind
      readonly lifetime?: string
      readonly subject?: string
    }
  | { readonly refused: string; readonly rule?: string }

/** One test. */
export interface PolicyTest {
  readonly name: string
  /** PEM with the holder's certificate first, the path of such a file, or facts. */
  readonly certificate: string | SupposedCertificate
  readonly grant: GrantKind
  /** Registered, or on purpose not. */
  readonly client?: string | { readonly unknown: string }
  /** Default: the client with client_credentials, else the first name of the certificate. */
  readonly subject?: string
  readonly audience: readonly string[]
  readonly scope: readonly string[]
  readonly expect: ExpectedDecision
}

const text = (expected: string): z.ZodType<string> => z.string(expected).min(1, expected)
const texts = (expected: string): z.ZodType<readonly string[]> => list(text(expected), 0, expected)
const none = (expected: string): z.ZodDefault<z.ZodType<readonly string[]>> => texts(expected).default([])

const supposed: z.ZodType<SupposedCertificate> = mapping({
  trustAnchor: text('the id of a trust anchor'),
  uris: none('URIs'),
  dns: none('host names'),
  emails: none('addresses'),
  upns: none('user principal names'),
  ips: none('IP addresses'),
  subject: z.string('a distinguished name').default(''),
  issuer: z.string('a distinguished name').default(''),
  extKeyUsage: none('OIDs').default(['1.3.6.1.5.5.7.3.2']),
  policies: none('OIDs'),
  thumbprint: text('a thumbprint').exactOptional(),
})

const EXPECTED = 'profile, with what the token says, or refused with a code, and perhaps a rule'

// One mapping for both forms: of a union the problems of either form would be told.
const expectation: z.ZodType<ExpectedDecision> = mapping(
  {
    profile: text('the name of a profile').exactOptional(),
    audience: texts('audiences').exactOptional(),
    scope: texts('scopes').exactOptional(),
    roles: texts('roles').exactOptional(),
    binding: z.enum(['none', 'dpop', 'mtls', 'proof'], 'none, dpop, mtls or proof').exactOptional(),
    lifetime: duration.exactOptional(),
    subject: text('a subject').exactOptional(),
    refused: text('the code of a refusal').exactOptional(),
    rule: text('the name of a rule').exactOptional(),
  },
  EXPECTED,
).transform((given, context): ExpectedDecision => {
  // What is missing may be what is misspelt, and that was told.
  if (context.issues.length > 0) return z.NEVER
  const { profile, refused, rule, ...told } = given
  const fail = (key: string, message: string): void => {
    context.addIssue({ code: 'custom', path: [key], message })
  }
  if (refused === undefined) {
    if (rule !== undefined) fail('rule', 'refused beside it: a rule is where a request is refused')
    else if (profile !== undefined) return { profile, ...told }
    else context.addIssue({ code: 'custom', message: EXPECTED })
    return z.NEVER
  }
  const others = [...(profile === undefined ? [] : ['profile']), ...Object.keys(told)]
  for (const key of others) fail(key, 'nothing beside refused but rule: there is no token')
  if (others.length > 0) return z.NEVER
  return { refused, ...(rule !== undefined && { rule }) }
})

const GRANTS = ['jwt-bearer', 'client_credentials'] as const

const CLIENT_EXPECTED = 'the id of a client, or { unknown: ID } for one that the policy does not have'

const test: z.ZodType<PolicyTest> = mapping({
  name: text('a name of the test'),
  certificate: z.union(
    [text('PEM, or the path of a file'), supposed],
    'PEM, the path of a file, or facts with trustAnchor',
  ),
  grant: z.enum(GRANTS, 'jwt-bearer or client_credentials').default('jwt-bearer'),
  client: z
    .union([text(CLIENT_EXPECTED), mapping({ unknown: text('the id of a client') })], CLIENT_EXPECTED)
    .exactOptional(),
  subject: text('a subject').exactOptional(),
  audience: none('audiences'),
  scope: none('scopes'),
  expect: expectation,
})

// LIMIT: a table of 256 KiB has fewer.
const MAX_TESTS = 2_000

/** Reads a table; its issues are turned into problems by issues.ts. What it names: test-check.ts. */
export const tableSchema: z.ZodType<{ readonly tests: readonly PolicyTest[] }> = mapping({
  tests: z
    .array(test, 'a list of tests')
    .min(1, `1 to ${MAX_TESTS} tests`)
    .max(MAX_TESTS, `1 to ${MAX_TESTS} tests`)
    .refine(
      (tests) => new Set(tests.map(({ name }) => name)).size === tests.length,
      'tests whose names differ',
    ),
})
