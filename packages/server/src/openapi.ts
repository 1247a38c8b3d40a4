// Server: the description of the service as OpenAPI 3.1. What /admin takes and answers comes out of contract.ts, by which
// it is validated too; the OAuth endpoints are what their RFCs say, and are described by hand.

import { z } from 'zod'
import { oauthPaths } from './admin/oauth-paths.ts'
import { VERSION } from './admin/version.ts'
import { type AdminEndpoint, adminApi } from './contract.ts'
import type { JsonRecord } from './json.ts'

/**
 * The OpenAPI 3.1 document of a service.
 *
 * @param issuer the configured issuer identifier; paths are below it
 * @see OpenAPI Specification 3.1.1; JSON Schema 2020-12
 */
export function openApiDocument(issuer: string): JsonRecord {
  const paths: Record<string, Record<string, JsonRecord>> = { ...oauthPaths() }
  for (const [name, endpoint] of Object.entries(adminApi)) {
    paths[endpoint.path] = {
      ...paths[endpoint.path],
      [endpoint.method.toLowerCase()]: operation(name, endpoint),
    }
  }
  return {
    openapi: '3.1.1',
    info: {
      title: 'Ingam token service',
      version: VERSION,
      summary: 'Certificate in, short-lived OAuth access token out.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: issuer }],
    paths,
    components: {
      schemas: { Json: schemaOf(z.json()), Problem: PROBLEM },
      securitySchemes: {
        administrator: {
          type: 'http',
          scheme: 'bearer',
          bearerFormat: 'cert-auth+jwt',
          description: `A token for ${issuer}/admin, signed for this very request (htm, htu, digest), good once.`,
        },
      },
    },
  }
}

function operation(name: string, endpoint: AdminEndpoint<never, unknown>): JsonRecord {
  const { summary, role, media, answer, inputIn } = endpoint
  return {
    operationId: name,
    summary,
    description: role === 'operator' ? 'For operators.' : 'For operators and auditors.',
    tags: ['admin'],
    security: [{ administrator: [role] }],
    ...(inputIn === 'content' ? { requestBody: contentOf(endpoint) } : parametersOf(endpoint)),
    responses: {
      '200': { description: 'Done.', content: { [media]: { schema: schemaOf(answer) } } },
      default: {
        description: 'Refused.',
        content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
      },
    },
  }
}

function contentOf({ input }: AdminEndpoint<never, unknown>): JsonRecord {
  return { required: true, content: { 'application/json': { schema: schemaOf(input) } } }
}

// A query has text; what the text stands for says more about it: the schema behind the codec.
function parametersOf({ input, inputIn }: AdminEndpoint<never, unknown>): JsonRecord {
  const schema = objectSchema.parse(schemaOf(input, 'output'))
  const parameters = Object.entries(schema.properties).map(([name, property]) => ({
    name,
    in: inputIn,
    required: inputIn === 'path' || schema.required.includes(name),
    ...(property['type'] === 'array' && { style: 'form', explode: false }),
    schema: property,
  }))
  return parameters.length === 0 ? {} : { parameters }
}

const json: z.ZodType<JsonRecord> = z.record(z.string(), z.json())
const objectSchema = z.object({
  properties: z.record(z.string(), json),
  required: z.array(z.string()).default([]),
})

// Schemas stand inside one document: what refers to itself, any JSON alone, stands among its components.
function schemaOf(schema: z.ZodType, io: 'input' | 'output' = 'input'): JsonRecord {
  const text = JSON.stringify(z.toJSONSchema(schema, { io }), (key, value: unknown) => {
    if (key === '$schema' || key === '$defs') return undefined
    return key === '$ref' ? '#/components/schemas/Json' : value
  })
  return json.parse(JSON.parse(text))
}

const PROBLEM: JsonRecord = {
  description: 'RFC 9457.',
  type: 'object',
  properties: {
    type: { type: 'string' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string' },
    code: { type: 'string', description: 'Stable; docs/errors.md lists all.' },
    requestId: { type: 'string' },
    problems: { type: 'array', items: { type: 'string' }, description: 'All that is wrong with a policy.' },
  },
  required: ['title', 'status', 'code', 'requestId'],
}
