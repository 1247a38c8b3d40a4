// Server: the contract of /admin. One table: method, path, role, what goes in and what comes out. The routes validate with
// it, the typed client calls by it, and openapi.ts describes the service from it.

import { z } from 'zod'
import * as audit from './admin/schema/audit.ts'
import {
  type ExplainPolicyAnswer,
  type ExplainPolicyInput,
  explainPolicyAnswer,
  explainPolicyInput,
} from './admin/schema/explain.ts'
import type { PageAnswer, PageInput } from './admin/schema/fields.ts'
import * as grants from './admin/schema/grants.ts'
import * as keys from './admin/schema/keys.ts'
import * as policy from './admin/schema/policy.ts'
import { type StatusAnswer, statusAnswer } from './admin/schema/status.ts'
import type { AuditRecord } from './audit/record.ts'

export type * from './admin/schema/audit.ts'
export type * from './admin/schema/explain.ts'
export type { PageAnswer, PageInput } from './admin/schema/fields.ts'
export type * from './admin/schema/grants.ts'
export type * from './admin/schema/keys.ts'
export type * from './admin/schema/policy.ts'
export type * from './admin/schema/status.ts'

/** No parameters and no content. */
export type NoInput = Readonly<Record<string, never>>

/** One endpoint of /admin. */
export interface AdminEndpoint<Input, Answer> {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** Below the issuer; `{version}` stands for one segment. */
  readonly path: string
  /** Who may: an `operator` may all that an `auditor` may. */
  readonly role: 'auditor' | 'operator'
  /** Where the input stands: in the query, in the content as JSON, or in the path. */
  readonly inputIn: 'query' | 'content' | 'path'
  readonly summary: string
  readonly input: z.ZodType<Input>
  readonly answer: z.ZodType<Answer>
  /** `application/x-ndjson`: one `answer` after another, a line each. */
  readonly media: 'application/json' | 'application/x-ndjson'
}

/** All endpoints of /admin by the name of what they do. */
export interface AdminApi {
  readonly getStatus: AdminEndpoint<NoInput, StatusAnswer>
  readonly getPolicy: AdminEndpoint<NoInput, policy.PolicyAnswer>
  readonly applyPolicy: AdminEndpoint<policy.ApplyPolicyInput, policy.ApplyPolicyAnswer>
  readonly listPolicyVersions: AdminEndpoint<PageInput, PageAnswer<policy.PolicyVersionAnswer>>
  readonly getPolicyVersion: AdminEndpoint<policy.PolicyVersionInput, policy.PolicyAnswer>
  readonly diffPolicy: AdminEndpoint<policy.DiffPolicyInput, policy.PolicyDiffAnswer>
  readonly explainPolicy: AdminEndpoint<ExplainPolicyInput, ExplainPolicyAnswer>
  readonly listGrants: AdminEndpoint<grants.GrantsInput, PageAnswer<grants.GrantAnswer>>
  readonly endGrants: AdminEndpoint<grants.EndGrantsInput, grants.EndGrantsAnswer>
  readonly listBlocks: AdminEndpoint<NoInput, grants.BlocksAnswer>
  readonly liftBlock: AdminEndpoint<grants.LiftBlockInput, grants.LiftBlockAnswer>
  readonly listKeys: AdminEndpoint<NoInput, keys.KeysAnswer>
  readonly rotateKey: AdminEndpoint<keys.RotateKeyInput, keys.RotateKeyAnswer>
  readonly listAudit: AdminEndpoint<audit.AuditInput, PageAnswer<AuditRecord>>
  readonly exportAudit: AdminEndpoint<audit.ExportAuditInput, unknown>
  readonly verifyAudit: AdminEndpoint<audit.VerifyAuditInput, audit.VerifyAuditAnswer>
  readonly listCheckpoints: AdminEndpoint<audit.CheckpointsInput, audit.CheckpointsAnswer>
  readonly getOpenApi: AdminEndpoint<NoInput, Readonly<Record<string, unknown>>>
}

const none: z.ZodType<NoInput> = z.strictObject({})

/** The table. */
export const adminApi: AdminApi = {
  getStatus: {
    ...read('/admin/status'),
    summary: 'How the service stands: health, policy, keys, the end of the audit log.',
    input: none,
    answer: statusAnswer,
  },
  getPolicy: {
    ...read('/admin/policy'),
    summary: 'The newest policy with its text.',
    input: none,
    answer: policy.policyAnswer,
  },
  applyPolicy: {
    ...act('PUT', '/admin/policy'),
    summary: 'Puts a policy in force, if the newest is still the one that it is to replace.',
    input: policy.applyPolicyInput,
    answer: policy.applyPolicyAnswer,
  },
  listPolicyVersions: {
    ...read('/admin/policy/versions'),
    summary: 'The versions of the policy, newest first, without their texts.',
    input: policy.policyVersionsInput,
    answer: policy.policyVersionsAnswer,
  },
  getPolicyVersion: {
    ...read('/admin/policy/versions/{version}', 'path'),
    summary: 'One version of the policy with its text.',
    input: policy.policyVersionInput,
    answer: policy.policyAnswer,
  },
  diffPolicy: {
    ...ask('/admin/policy/diff'),
    summary: 'What would change if a policy replaced the newest one.',
    input: policy.diffPolicyInput,
    answer: policy.policyDiffAnswer,
  },
  explainPolicy: {
    ...ask('/admin/policy/explain'),
    summary: 'Which rule of the policy in force decides a request, or came nearest; without effects.',
    input: explainPolicyInput,
    answer: explainPolicyAnswer,
  },
  listGrants: {
    ...read('/admin/grants'),
    summary: 'What a certificate, an identity or a trust anchor got, newest first.',
    input: grants.grantsInput,
    answer: grants.grantsAnswer,
  },
  endGrants: {
    ...act('POST', '/admin/grants/end'),
    summary:
      'Ends what was granted to a certificate, an identity or a trust anchor, and blocks it if told so.',
    input: grants.endGrantsInput,
    answer: grants.endGrantsAnswer,
  },
  listBlocks: {
    ...read('/admin/blocks'),
    summary: 'To whom nothing is issued.',
    input: none,
    answer: grants.blocksAnswer,
  },
  liftBlock: {
    ...act('DELETE', '/admin/blocks', 'query'),
    summary: 'Lifts a block.',
    input: grants.liftBlockInput,
    answer: grants.liftBlockAnswer,
  },
  listKeys: {
    ...read('/admin/keys'),
    summary: 'The keys and their times.',
    input: none,
    answer: keys.keysAnswer,
  },
  rotateKey: {
    ...act('POST', '/admin/keys/rotate'),
    summary: 'Makes a new key; at once for one that leaked.',
    input: keys.rotateKeyInput,
    answer: keys.rotateKeyAnswer,
  },
  listAudit: {
    ...read('/admin/audit'),
    summary: 'Records of the audit log, newest first.',
    input: audit.auditInput,
    answer: audit.auditAnswer,
  },
  exportAudit: {
    ...read('/admin/audit/export'),
    summary: 'Records in order, a line each, and a signed checkpoint as the last line.',
    input: audit.exportAuditInput,
    answer: z.unknown(),
    media: 'application/x-ndjson',
  },
  verifyAudit: {
    ...ask('/admin/audit/verify'),
    summary: 'Whether the chain of the stored log holds, and the signed checkpoints with it.',
    input: audit.verifyAuditInput,
    answer: audit.verifyAuditAnswer,
  },
  listCheckpoints: {
    ...read('/admin/audit/checkpoints'),
    summary: 'The newest signed checkpoints of the audit log, and the keys that verify them.',
    input: audit.checkpointsInput,
    answer: audit.checkpointsAnswer,
  },
  getOpenApi: {
    ...read('/admin/openapi.json'),
    summary: 'This description of the service.',
    input: none,
    answer: z.record(z.string(), z.unknown()),
  },
}

type Place = Pick<AdminEndpoint<unknown, unknown>, 'method' | 'path' | 'role' | 'inputIn' | 'media'>

function read(path: string, inputIn: 'query' | 'path' = 'query'): Place {
  return { method: 'GET', path, role: 'auditor', inputIn, media: 'application/json' }
}

// A question with content: it changes nothing.
function ask(path: string): Place {
  return { method: 'POST', path, role: 'auditor', inputIn: 'content', media: 'application/json' }
}

function act(
  method: 'PUT' | 'POST' | 'DELETE',
  path: string,
  inputIn: 'content' | 'query' = 'content',
): Place {
  return { method, path, role: 'operator', inputIn, media: 'application/json' }
}
