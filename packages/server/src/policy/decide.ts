// Server: policy. The judgement: profiles in order, the rules of each in order, the first profile of which all hold. What
// is not allowed by a profile is refused; nothing here forbids. Pure: a request has the same answer each time.

import { borneSubjectsOf } from 'ingam'
import type {
  CertificateFacts,
  CompiledPolicy,
  PolicyClient,
  PolicyGrant,
  PolicyRefusal,
  PolicyRequest,
  RuleMiss,
} from './contract.ts'
import { secondsOf } from './fields.ts'
import { type CutName, createCuts } from './pattern.ts'
import { describeFound } from './problem.ts'
import { type Matcher, matcherOf, RULES, type RuleKind } from './rules.ts'
import { kindOfSubject, type PolicyProfile } from './schema.ts'
import { describeChoice, describeValues } from './values.ts'

/** A profile that can judge. */
export interface CompiledProfile {
  readonly name: string
  readonly profile: PolicyProfile
  readonly rules: readonly CompiledRule[]
  /** What it gives to somebody who asks for nothing in particular. */
  readonly grant: Omit<PolicyGrant, 'subject'>
}

interface CompiledRule {
  readonly kind: RuleKind
  readonly path: string
  readonly matchers: readonly Matcher[]
  readonly valuesOf: (facts: CertificateFacts) => readonly string[]
}

/** Compiles a profile of a document that was read. */
export function compileProfile(
  name: string,
  profile: PolicyProfile,
  defaultAlgorithm: 'ES256' | 'RS256',
): CompiledProfile {
  const rules: CompiledRule[] = []
  for (const { kind, valuesOf } of RULES) {
    const texts = profile.match[kind]
    if (texts === undefined) continue
    const matchers = texts.map((text) => matcherOf(kind, text))
    rules.push({ kind, path: `profiles.${name}.match.${kind}`, matchers, valuesOf })
  }
  const lifetimeSeconds = secondsOf(profile.lifetime)
  if (lifetimeSeconds === undefined) throw new TypeError('a lifetime that was not validated')
  const { audience, scope, roles, binding, algorithm = defaultAlgorithm } = profile
  const grant = {
    allowed: true,
    profile: name,
    audience,
    scope,
    roles,
    lifetimeSeconds,
    binding,
    algorithm,
  } as const
  return { name, profile, rules, grant }
}

/** The judgement by these profiles, in their order. */
export function decideBy(
  profiles: readonly CompiledProfile[],
  clients: ReadonlyMap<string, PolicyClient>,
): CompiledPolicy['decide'] {
  return (request) => {
    const client = request.clientId === undefined ? undefined : clients.get(request.clientId)
    const clientMiss = judgeClient(client, request)
    if (clientMiss !== undefined) return refuse('ERR_OAUTH_UNAUTHORIZED_CLIENT', clientMiss, [clientMiss])
    const cut = createCuts()
    const misses: Miss[] = []
    let nearest: Miss | undefined
    for (const profile of profiles) {
      const verdict = judge(profile, request, client, cut)
      if ('allowed' in verdict) return verdict
      // Of two that came equally far the first is told: it is the one that is tried first.
      if (nearest === undefined || verdict.stage > nearest.stage) nearest = verdict
      if (misses.length < MAX_MISSES) misses.push(verdict)
    }
    // One that was told twice would be the same in words and not in memory.
    const told = new Map(misses.map((one) => [one, one.tell()]))
    const first = nearest && (told.get(nearest) ?? nearest.tell())
    return refuse(nearest?.code ?? 'ERR_OAUTH_GRANT', first, [...told.values()])
  }
}

// LIMIT: what an audit record holds.
const MAX_MISSES = 100
// LIMIT: certificates in use have a handful; a certificate of 64 KiB could have five thousand, and each is compared with
// each pattern of the policy.
const MAX_NAMES = 256

type RefusalCode = PolicyRefusal['code']

interface Miss {
  /** How far the profile came: larger is nearer. */
  readonly stage: number
  readonly code: RefusalCode
  /** Puts it into words: not done for profiles that did not hold where a later one does. */
  readonly tell: () => RuleMiss
}

const STAGE = { grants: 0, clients: 1, match: 2, subject: 100, audience: 101, scope: 102 } as const

function judgeClient(client: PolicyClient | undefined, request: PolicyRequest): RuleMiss | undefined {
  const { clientId, grant, facts } = request
  if (clientId === undefined) return undefined
  if (client === undefined) {
    return miss('', 'clients', 'a registered client', describeFound(clientId))
  }
  if (!client.grants.includes(grant)) {
    return miss('', `clients.${client.id}.grants`, describeChoice(client.grants), describeFound(grant))
  }
  // With this grant the certificate is that by which the client was authenticated; with the other it is a holder's.
  return grant === 'client_credentials' ? client.matches(facts) : undefined
}

function judge(
  compiled: CompiledProfile,
  request: PolicyRequest,
  client: PolicyClient | undefined,
  cut: CutName,
): PolicyGrant | Miss {
  const { name, profile, rules, grant } = compiled
  const path = `profiles.${name}`
  if (!profile.grants.includes(request.grant)) {
    const tell = (): RuleMiss =>
      miss(name, `${path}.grants`, describeChoice(profile.grants), describeFound(request.grant))
    return { stage: STAGE.grants, code: 'ERR_OAUTH_UNAUTHORIZED_CLIENT', tell }
  }
  const { clients } = profile
  if (clients !== undefined && (client === undefined || !clients.includes(client.id))) {
    const tell = (): RuleMiss =>
      miss(name, `${path}.clients`, describeChoice(clients), describeFound(client?.id))
    return { stage: STAGE.clients, code: 'ERR_OAUTH_UNAUTHORIZED_CLIENT', tell }
  }
  for (const [index, rule] of rules.entries()) {
    const values = rule.valuesOf(request.facts)
    if (values.length <= MAX_NAMES && values.some((value) => holds(rule, value, cut))) continue
    const tell = (): RuleMiss => {
      const expected = describeChoice(rule.matchers.map(({ text }) => text))
      const found =
        values.length > MAX_NAMES ? `${values.length} names, more than ${MAX_NAMES}` : describeValues(values)
      return miss(name, rule.path, expected, found)
    }
    return { stage: STAGE.match + index, code: 'ERR_OAUTH_GRANT', tell }
  }
  const subject = chooseSubject(compiled, request, client)
  if (typeof subject !== 'string')
    return { stage: STAGE.subject, code: 'ERR_OAUTH_GRANT', tell: () => subject }
  const audience = narrow(grant.audience, request.audience)
  if ('outside' in audience) {
    const tell = (): RuleMiss =>
      miss(name, `${path}.audience`, describeChoice(grant.audience), describeValues(audience.outside))
    return { stage: STAGE.audience, code: 'ERR_OAUTH_TARGET', tell }
  }
  const scope = narrow(grant.scope, request.scope)
  if ('outside' in scope) {
    const tell = (): RuleMiss => {
      const expected = grant.scope.length === 0 ? 'no scope' : describeChoice(grant.scope)
      return miss(name, `${path}.scope`, expected, describeValues(scope.outside))
    }
    return { stage: STAGE.scope, code: 'ERR_OAUTH_SCOPE', tell }
  }
  return Object.freeze({ ...grant, audience: audience.within, scope: scope.within, subject })
}

function holds({ matchers }: CompiledRule, value: string, cut?: CutName): boolean {
  return matchers.some(({ matches }) => matches(value, cut))
}

// What the token will say of its subject is a name that somebody vouched for: the client that was authenticated, or a
// name of the certificate; and a name of a kind that the profile has a rule on must itself be one that the rule holds
// for, so that a certificate with two names gets nothing for one under the other.
function chooseSubject(
  { name, profile, rules }: CompiledProfile,
  { facts, subject, grant }: PolicyRequest,
  client: PolicyClient | undefined,
): string | RuleMiss {
  const isClient = client !== undefined && subject === client.id && grant === 'client_credentials'
  if (!isClient && !borneSubjectsOf(facts).includes(subject)) {
    const expected = 'a name that the certificate bears'
    return miss(name, `profiles.${name}.subject`, expected, describeFound(subject))
  }
  const chosen = kindOfSubject(profile.subject)
  if (chosen === undefined) {
    const rule = isClient ? undefined : rules.find(({ kind }) => subject.startsWith(`${kind}:`))
    if (rule === undefined || holds(rule, subject.slice(rule.kind.length + 1))) return subject
    const expected = describeChoice(rule.matchers.map(({ text }) => text))
    return miss(name, rule.path, expected, `${describeFound(subject)}, the name that was signed under`)
  }
  const rule = rules.find(({ kind }) => kind === chosen)
  const names = new Set(rule?.valuesOf(facts).filter((value) => holds(rule, value)))
  const [only, another] = names
  if (only !== undefined && another === undefined) return `${chosen}:${only}`
  const found = `${names.size} of them: ${describeValues([...names])}`
  return miss(name, `profiles.${name}.subject`, `exactly one name that match.${chosen} holds for`, found)
}

// RFC 6749 §3.3, RFC 8707 §2: what is asked for narrows; letter for letter, in the order of the policy.
function narrow(
  given: readonly string[],
  wanted: readonly string[],
): { readonly within: readonly string[] } | { readonly outside: readonly string[] } {
  if (wanted.length === 0) return { within: given }
  const outside = wanted.filter((value) => !given.includes(value))
  return outside.length > 0 ? { outside } : { within: given.filter((value) => wanted.includes(value)) }
}

function miss(profile: string, rule: string, expected: string, found: string): RuleMiss {
  return Object.freeze({ profile, rule, expected, found })
}

function refuse(
  code: RefusalCode,
  nearest: RuleMiss | undefined,
  misses: readonly RuleMiss[],
): PolicyRefusal {
  return Object.freeze({ allowed: false, code, nearest, misses: Object.freeze(misses) })
}
