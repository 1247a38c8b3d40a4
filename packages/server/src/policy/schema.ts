// Server: policy. The document: its type, with all defaults filled in, and the schema that reads it. The messages of the
// schema say what is expected; issues.ts adds where and what was found. References and certificates: check.ts.

import { z } from 'zod'
import type { CertificateMatch } from '../config/contract.ts'
import type { BindingKind } from '../stores/contract.ts'
import {
  certificateMatch,
  duration,
  id,
  list,
  MAX_LIST,
  mapping,
  matcher,
  profileId,
  records,
  token,
  uri,
} from './fields.ts'
import { RULES, type RuleKind } from './rules.ts'
import type { ClientAuthentication, GrantKind } from './terms.ts'

/** The stance on revocation, for all trust anchors. */
export type PolicyRevocation =
  | 'off'
  | { readonly mode: 'require' | 'prefer'; readonly depth: 'chain' | 'leaf' }

/** The names for which an anchor may speak; a kind that is left out is allowed to no certificate below it. */
export interface PolicyNames {
  /** Distinguished names as text, below which subjects must lie. */
  readonly directoryNames: 'any' | readonly string[]
  readonly dns?: readonly string[]
  readonly uris?: readonly string[]
  readonly emails?: readonly string[]
  readonly upns?: readonly string[]
  readonly ips?: readonly string[]
}

/** A CA that is trusted. */
export interface PolicyAnchor {
  /** One PEM certificate. */
  readonly certificate: string
  readonly names: 'any' | PolicyNames
}

/** A registered client. */
export interface PolicyClientEntry {
  readonly authentication: ClientAuthentication
  /** Absent for authentication `none`, and there for the others. */
  readonly trustAnchor?: string
  readonly certificate?: CertificateMatch
  readonly grants: readonly GrantKind[]
  readonly legacy: boolean
  readonly introspects: boolean
}

/** What a profile asks of a certificate: every rule that is there must hold, by any one of its values. */
export type PolicyMatch = { readonly [K in RuleKind]?: readonly string[] } & {
  readonly trustAnchor: readonly string[]
}

/** Which name becomes the token's sub: that which the holder signed under, or the one that a rule matched. */
export type SubjectChoice = 'certificate' | '{uri}' | '{dns}' | '{email}' | '{upn}'

/** What is given to whom. */
export interface PolicyProfile {
  readonly grants: readonly GrantKind[]
  /** Absent: any client, also none. */
  readonly clients?: readonly string[]
  readonly match: PolicyMatch
  readonly audience: readonly string[]
  readonly scope: readonly string[]
  readonly roles: readonly string[]
  /** Such as `5m`. */
  readonly lifetime: string
  readonly binding: BindingKind
  /** Absent: the one of the configuration. */
  readonly algorithm?: 'ES256' | 'RS256'
  readonly subject: SubjectChoice
}

/** A policy as it was written, with the defaults filled in. */
export interface PolicyDocument {
  readonly version: 1
  readonly revocation: PolicyRevocation
  readonly trustAnchors: Readonly<Record<string, PolicyAnchor>>
  readonly clients: Readonly<Record<string, PolicyClientEntry>>
  /** In the order in which they are tried. */
  readonly profiles: Readonly<Record<string, PolicyProfile>>
}

const GRANTS: readonly ['client_credentials', 'jwt-bearer'] = ['client_credentials', 'jwt-bearer']
const EXPECTED_GRANTS = 'client_credentials or jwt-bearer'
const grants = list(z.enum(GRANTS, EXPECTED_GRANTS), 1, EXPECTED_GRANTS)
const texts = (expected: string): z.ZodType<readonly string[]> => list(z.string(expected), 0, expected)

const revocation = z.union(
  [
    z.literal('off'),
    mapping({
      mode: z.enum(['require', 'prefer'], 'require or prefer'),
      depth: z.enum(['chain', 'leaf'], 'chain or leaf').default('chain'),
    }),
  ],
  'off, or a mapping with mode (require or prefer) and depth (chain or leaf)',
)

const names: z.ZodType<PolicyAnchor['names']> = z.union(
  [
    z.literal('any'),
    mapping({
      directoryNames: z.union(
        [
          z.literal('any'),
          z.array(matcher('subject', 'literal')).max(MAX_LIST, `names, at most ${MAX_LIST}`),
        ],
        'any, or a list of distinguished names below which subjects must lie',
      ),
      dns: texts('host names').exactOptional(),
      uris: texts('hosts').exactOptional(),
      emails: texts('addresses or hosts').exactOptional(),
      upns: texts('user principal names or hosts').exactOptional(),
      ips: texts('addresses or ranges').exactOptional(),
    }),
  ],
  'the names that it may speak for (directoryNames and others), or any',
)

const anchor: z.ZodType<PolicyAnchor> = mapping({
  certificate: z.string('one certificate as PEM (`ingam policy` puts it in the place of `file`)'),
  names,
})

const client: z.ZodType<PolicyClientEntry> = mapping({
  authentication: z.enum(
    ['private_key_jwt', 'tls_client_auth', 'none'],
    'private_key_jwt, tls_client_auth or none',
  ),
  trustAnchor: id.exactOptional(),
  certificate: certificateMatch.exactOptional(),
  grants: grants.exactOptional(),
  legacy: z.boolean('true or false').default(false),
  introspects: z.boolean('true or false').default(false),
})
  .superRefine((entry, context) => {
    for (const { path, expected } of clientProblems(entry)) {
      context.addIssue({ code: 'custom', path: [path], message: expected })
    }
  })
  .transform((entry) => ({
    ...entry,
    grants: entry.grants ?? (entry.authentication === 'none' ? ['jwt-bearer'] : GRANTS),
  }))

function clientProblems(
  entry: Partial<Omit<PolicyClientEntry, 'authentication'>> & Pick<PolicyClientEntry, 'authentication'>,
): readonly { readonly path: string; readonly expected: string }[] {
  const { authentication, trustAnchor, certificate } = entry
  const problems: { readonly path: string; readonly expected: string }[] = []
  const expect = (holds: boolean, path: string, expected: string): void => {
    if (!holds) problems.push({ path, expected })
  }
  if (authentication === 'none') {
    expect(
      trustAnchor === undefined,
      'trustAnchor',
      'nothing: a client with authentication none shows nothing',
    )
    expect(
      certificate === undefined,
      'certificate',
      'nothing: a client with authentication none shows nothing',
    )
    // RFC 6749 §4.4: only clients that are authenticated. RFC 7662 §2.1: so is whoever introspects.
    const isOpen = entry.grants?.includes('client_credentials') !== true
    expect(isOpen, 'grants', 'jwt-bearer alone: a client with authentication none is not authenticated')
    expect(
      entry.introspects !== true,
      'introspects',
      'false: a client with authentication none is not authenticated',
    )
  } else {
    expect(trustAnchor !== undefined, 'trustAnchor', 'the trust anchor of its certificate')
    expect(certificate !== undefined, 'certificate', 'which certificate is its own')
  }
  const isLegacy = entry.legacy === true && authentication !== 'private_key_jwt'
  expect(!isLegacy, 'legacy', 'false: only assertions of private_key_jwt have an older form')
  return problems
}

const NAME_KINDS: readonly RuleKind[] = RULES.filter(({ isName }) => isName).map(({ kind }) => kind)

const match: z.ZodType<PolicyMatch> = mapping({
  trustAnchor: list(matcher('trustAnchor'), 1, 'the id of a trust anchor, or a list of them'),
  uri: rule('uri'),
  dns: rule('dns'),
  email: rule('email'),
  upn: rule('upn'),
  ip: rule('ip'),
  subject: rule('subject'),
  thumbprint: rule('thumbprint'),
  issuer: rule('issuer'),
  extKeyUsage: rule('extKeyUsage'),
  policy: rule('policy'),
}).refine((given) => NAME_KINDS.some((kind) => given[kind] !== undefined), {
  error: `a rule on a name beside trustAnchor: ${NAME_KINDS.join(', ')}`,
})

function rule(kind: RuleKind): z.ZodExactOptional<z.ZodType<readonly string[]>> {
  return list(matcher(kind), 1, 'a pattern, or a list of them').exactOptional()
}

const profile: z.ZodType<PolicyProfile> = mapping({
  grants: grants.default(GRANTS),
  clients: list(id, 1, 'the id of a client, or a list of them').exactOptional(),
  match,
  audience: list(uri, 1, 'one or more audiences'),
  scope: list(token, 0, 'scopes').default([]),
  roles: list(token, 0, 'roles').default([]),
  lifetime: duration.default('5m'),
  binding: z.enum(['none', 'dpop', 'mtls', 'proof'], 'none, dpop, mtls or proof'),
  algorithm: z.enum(['ES256', 'RS256'], 'ES256 or RS256').exactOptional(),
  subject: z
    .enum(
      ['certificate', '{uri}', '{dns}', '{email}', '{upn}'],
      "certificate, or a kind of name in quotes and braces: '{uri}', '{dns}', '{email}' or '{upn}'",
    )
    .default('certificate'),
}).superRefine((given, context) => {
  const kind = kindOfSubject(given.subject)
  if (kind !== undefined && given.match[kind] === undefined) {
    context.addIssue({
      code: 'custom',
      path: ['subject'],
      message: `a rule match.${kind}, which finds the name`,
    })
  }
})

/** The kind of rule by which a chosen subject is found; undefined for `certificate`. */
export function kindOfSubject(subject: SubjectChoice): 'uri' | 'dns' | 'email' | 'upn' | undefined {
  switch (subject) {
    case 'certificate':
      return undefined
    case '{uri}':
      return 'uri'
    case '{dns}':
      return 'dns'
    case '{email}':
      return 'email'
    case '{upn}':
      return 'upn'
  }
}

/** Reads a policy; its issues are turned into problems by issues.ts. */
export const policySchema: z.ZodType<PolicyDocument> = mapping({
  version: z.literal(1, '1, the version of the format'),
  revocation,
  trustAnchors: records(id, anchor, 1, 'one or more trust anchors by their ids'),
  clients: records(id, client, 0, 'clients by their ids').default({}),
  profiles: records(profileId, profile, 0, 'profiles by their names'),
})
