// Server: the policy as administrators read and replace it. A new one is read and compiled before anything is written, and
// counts only where it replaces the version that its author has seen.

import type {
  ApplyPolicyAnswer,
  ApplyPolicyInput,
  DiffPolicyInput,
  PageAnswer,
  PageInput,
  PolicyAnswer,
  PolicyDiffAnswer,
  PolicyVersionAnswer,
  PolicyVersionInput,
} from '../contract.ts'
import { compilePolicy, policyDigest } from '../policy/compile.ts'
import type { CompiledPolicy } from '../policy/contract.ts'
import { diffPolicies } from '../policy/diff.ts'
import { parsePolicy } from '../policy/parse.ts'
import type { PolicyDocument } from '../policy/schema.ts'
import { policyWarnings } from '../policy/warnings.ts'
import { putInForce } from '../policy-in-force.ts'
import type { Service } from '../service.ts'
import { ServiceError } from '../service-error.ts'
import type { PolicyVersion } from '../stores/contract.ts'
import type { Admission } from './admission.ts'
import { DEFAULT_PAGE } from './schema/fields.ts'

/** The newest policy. @throws {ServiceError} ERR_SERVICE_NOT_FOUND where none was applied */
export async function getPolicy({ stores }: Service): Promise<PolicyAnswer> {
  return toAnswer(found(await stores.policies.current()))
}

/** One version. @throws {ServiceError} ERR_SERVICE_NOT_FOUND */
export async function getPolicyVersion(
  { stores }: Service,
  { version }: PolicyVersionInput,
): Promise<PolicyAnswer> {
  return toAnswer(found(await stores.policies.find(version)))
}

/** The versions without their texts, newest first. */
export async function listPolicyVersions(
  { stores }: Service,
  { limit = DEFAULT_PAGE, before }: PageInput,
): Promise<PageAnswer<PolicyVersionAnswer>> {
  const page = await stores.policies.list({ limit, ...(before !== undefined && { before }) })
  const items = page.items.map((version) => {
    const { text: _, ...rest } = toAnswer(version)
    return rest
  })
  return { items, ...(page.next !== undefined && { next: page.next }) }
}

/** What would change. @throws {ServiceError} ERR_POLICY_SYNTAX, ERR_POLICY_VALUE of the policy that was sent */
export async function diffPolicy({ stores }: Service, { text }: DiffPolicyInput): Promise<PolicyDiffAnswer> {
  const current = await stores.policies.current()
  return differenceOf(current, compile(text, (current?.version ?? 0) + 1))
}

/**
 * Puts a policy in force: stored with its audit record and the use of the administrator's token in one unit of work,
 * then read by this node.
 *
 * @throws {ServiceError} ERR_POLICY_SYNTAX, ERR_POLICY_VALUE where it is wrong, ERR_POLICY_CONFLICT where another version
 *   is the newest, ERR_SERVICE_REQUEST where If-Match says another version than the content, and as
 *   {@link Admission.commit}; nothing has changed then
 */
export async function applyPolicy(
  service: Service,
  { text, expectedVersion, comment = '' }: ApplyPolicyInput,
  admission: Admission,
): Promise<ApplyPolicyAnswer> {
  checkIfMatch(admission.exchange.request.headers.get('If-Match'), expectedVersion)
  const next = compile(text, expectedVersion + 1)
  const current = await service.stores.policies.current()
  if ((current?.version ?? 0) !== expectedVersion) throw conflict(expectedVersion, current?.version ?? 0)
  const diff = differenceOf(current, next)
  const { digest } = next
  checkUsable(service, next)
  const outcome = await admission.commit({
    policy: {
      expected: expectedVersion,
      next: {
        text,
        digest,
        appliedAt: Math.floor(admission.now.getTime() / 1000),
        appliedBy: admission.administrator.name,
        comment,
      },
    },
    audit: [admission.event('policy.applied', { version: next.version, digest, comment })],
    auditOtherwise: [
      admission.event('admin.refused', { reason: 'used before, or the policy has changed', digest }),
    ],
  })
  if (outcome.outcome === 'conflict') throw conflict(expectedVersion, outcome.version)
  return { version: next.version, digest, inForce: await reload(service, next), diff }
}

// RFC 9110 §13.1.1. The header is no part of what the administrator signed: it can only forbid what the content allows.
function checkIfMatch(header: string | null, expectedVersion: number): void {
  if (header === null || header === `"${expectedVersion}"`) return
  const problem = 'If-Match: must be the expectedVersion of the content in quotation marks'
  throw new ServiceError('ERR_SERVICE_REQUEST', problem, { publicDetail: problem })
}

// What the service could not put in force is not stored either.
function checkUsable(
  { config, clock, log, revocationSources: sources }: Service,
  next: CompiledPolicy,
): void {
  putInForce(next, { config, clock, log, sources })
}

// It is stored and cannot be taken back here: the answer says so, and the next reload tries again.
async function reload({ policy, log }: Service, { version }: CompiledPolicy): Promise<boolean> {
  try {
    await policy.reload()
  } catch (err) {
    log.error({ err, version }, 'the policy was applied, and cannot be put in force')
  }
  return (policy.find()?.policy.version ?? 0) >= version
}

function compile(text: string, version: number): CompiledPolicy {
  return compilePolicy({ version, digest: policyDigest(text), text })
}

function differenceOf(current: PolicyVersion | undefined, next: CompiledPolicy): PolicyDiffAnswer {
  const { lines, warnings } = diffPolicies(documentOf(current, next.document), next.document)
  return { against: current?.version ?? 0, lines, warnings: [...warnings, ...policyWarnings(next.document)] }
}

// Where there is none to compare with, nothing was given to anybody.
function documentOf(current: PolicyVersion | undefined, next: PolicyDocument): PolicyDocument {
  const empty = { ...next, trustAnchors: {}, clients: {}, profiles: {} }
  if (current === undefined) return empty
  try {
    return parsePolicy(current.text)
  } catch (error) {
    // A policy of an older format, which this version no longer reads, must not stand in the way of a new one.
    if (error instanceof ServiceError) return empty
    throw error
  }
}

function found(version: PolicyVersion | undefined): PolicyVersion {
  if (version !== undefined) return version
  throw new ServiceError('ERR_SERVICE_NOT_FOUND', 'no such version of the policy', {
    publicDetail: 'there is no such policy',
  })
}

function conflict(expected: number, version: number): ServiceError {
  return new ServiceError('ERR_POLICY_CONFLICT', `expected version ${expected}; the newest is ${version}`, {
    publicDetail: `expected version ${expected}; the newest is ${version}`,
    details: { expected, found: version },
  })
}

function toAnswer({ version, text, digest, appliedAt, appliedBy, comment }: PolicyVersion): PolicyAnswer {
  return { version, text, digest, appliedAt: new Date(appliedAt * 1000).toISOString(), appliedBy, comment }
}
