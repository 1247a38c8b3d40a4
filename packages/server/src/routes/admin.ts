// Server: the endpoints of /admin: each admits an administrator, reads its input by the contract, acts, and answers. A
// token is used up by whatever it was admitted for, also where that failed.

import { type AdminGate, type Admission, createAdminGate } from '../admin/admission.ts'
import { listAudit, listCheckpoints, streamAudit } from '../admin/audit.ts'
import { createAuditVerification } from '../admin/audit-verification.ts'
import { explainPolicy } from '../admin/explain.ts'
import { endGrants, liftBlock, listBlocks, listGrants } from '../admin/grants.ts'
import { readInput } from '../admin/input.ts'
import { listKeys, rotateKey } from '../admin/keys.ts'
import { applyPolicy, diffPolicy, getPolicy, getPolicyVersion, listPolicyVersions } from '../admin/policy.ts'
import { readStatus } from '../admin/status.ts'
import { type AdminEndpoint, adminApi } from '../contract.ts'
import { openApiDocument } from '../openapi.ts'
import { toResponse } from '../problem.ts'
import type { Exchange, Service } from '../service.ts'
import { ServiceError } from '../service-error.ts'
import type { RouteEntry } from './entry.ts'

/** The endpoints of /admin; undefined where the configuration names no administrators: then nothing is there. */
export function createAdminEndpoints(service: Service): readonly RouteEntry[] | undefined {
  const { admin, issuer } = service.config
  if (admin === undefined) return undefined
  const desk: Desk = { gate: createAdminGate(service, admin), prefix: prefixOf(issuer) }
  const document = openApiDocument(issuer)
  return [
    route(desk, adminApi.getStatus, async (_, admission) => await readStatus(service, admission)),
    entry(desk, adminApi.getPolicy, async () => {
      const answer = await getPolicy(service)
      return Response.json(answer, { headers: { ETag: `"${answer.version}"` } })
    }),
    route(
      desk,
      adminApi.applyPolicy,
      async (input, admission) => await applyPolicy(service, input, admission),
    ),
    route(desk, adminApi.listPolicyVersions, async (input) => await listPolicyVersions(service, input)),
    route(desk, adminApi.getPolicyVersion, async (input) => await getPolicyVersion(service, input)),
    route(desk, adminApi.diffPolicy, async (input) => await diffPolicy(service, input)),
    route(desk, adminApi.explainPolicy, async (input, { now }) => await explainPolicy(service, input, now)),
    route(desk, adminApi.listGrants, async (input, admission) => await listGrants(service, input, admission)),
    route(desk, adminApi.endGrants, endGrants),
    route(desk, adminApi.listBlocks, async () => await listBlocks(service)),
    route(desk, adminApi.liftBlock, async (input, admission) => await liftBlock(service, input, admission)),
    route(desk, adminApi.listKeys, () => listKeys(service)),
    route(desk, adminApi.rotateKey, async (input, admission) => await rotateKey(service, input, admission)),
    route(desk, adminApi.listAudit, async (input) => await listAudit(service, input)),
    entry(desk, adminApi.exportAudit, async (input) => new Response(await streamAudit(service, input))),
    route(desk, adminApi.verifyAudit, createAuditVerification(service)),
    route(desk, adminApi.listCheckpoints, async (input) => await listCheckpoints(service, input)),
    route(desk, adminApi.getOpenApi, () => document),
  ]
}

interface Desk {
  readonly gate: AdminGate
  /** The issuer's path: what stands before the path of each endpoint. */
  readonly prefix: string
}

type Handler<Input, Answer> = (input: Input, admission: Admission) => Answer | Promise<Answer>

function route<Input, Answer>(
  desk: Desk,
  endpoint: AdminEndpoint<Input, Answer>,
  handle: Handler<Input, Answer>,
): RouteEntry {
  return entry(desk, endpoint, async (input, admission) => Response.json(await handle(input, admission)))
}

function entry<Input>(
  { gate, prefix }: Desk,
  endpoint: AdminEndpoint<Input, unknown>,
  respond: (input: Input, admission: Admission) => Promise<Response>,
): RouteEntry {
  const { method, path, media, role } = endpoint
  return {
    method,
    path: prefix + path,
    kind: 'admin',
    async endpoint(exchange) {
      const admission = await gate(exchange, role)
      try {
        // Who only reads has its token used up before it learns anything; who acts, together with the act.
        if (role === 'auditor') await admission.take()
        const response = await respond(readInput(endpoint, exchange), admission)
        response.headers.set('Content-Type', media)
        response.headers.set('Cache-Control', 'no-store')
        return response
      } catch (error) {
        await admission.take()
        return await problemsOf(error, exchange)
      }
    },
  }
}

// Whoever sent a policy is told of each problem in it; the usual answer has room for one sentence.
async function problemsOf(error: unknown, { requestId }: Exchange): Promise<Response> {
  if (!(error instanceof ServiceError) || !error.code.startsWith('ERR_POLICY_')) throw error
  const problems = error.details['problems']
  if (problems === undefined) throw error
  const { status, headers, ...rest } = await partsOf(toResponse(error, { kind: 'admin', requestId }))
  return new Response(JSON.stringify({ ...rest.body, problems }), { status, headers })
}

async function partsOf(response: Response): Promise<{ status: number; headers: Headers; body: object }> {
  const body: unknown = await response.json()
  return { status: response.status, headers: response.headers, body: Object(body) }
}

function prefixOf(issuer: string): string {
  const { pathname } = new URL(issuer)
  return pathname === '/' ? '' : pathname
}
