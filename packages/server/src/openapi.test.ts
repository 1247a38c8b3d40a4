import { describe, expect, test } from 'vitest'
import { adminApi } from './contract.ts'
import { openApiDocument } from './openapi.ts'

const document = openApiDocument('https://tokens.example/tenant')

function at(...path: readonly string[]): unknown {
  return path.reduce<unknown>((value, name) => Reflect.get(Object(value), name), document)
}

describe('the description', () => {
  test('is OpenAPI 3.1 of this issuer, and is JSON', () => {
    expect(document).toMatchObject({ openapi: '3.1.1', servers: [{ url: 'https://tokens.example/tenant' }] })
    expect(JSON.parse(JSON.stringify(document))).toEqual(document)
  })

  test('has every endpoint of the contract, once, closed to all but administrators', () => {
    for (const [name, { method, path, role }] of Object.entries(adminApi)) {
      expect(at('paths', path, method.toLowerCase())).toMatchObject({
        operationId: name,
        security: [{ administrator: [role] }],
      })
    }
    const ids = JSON.stringify(document).match(/"operationId":"\w+"/gu) ?? []
    expect(new Set(ids).size).toBe(ids.length)
    expect(Object.keys(Object(at('paths')))).toEqual(
      expect.arrayContaining(['/token', '/introspect', '/revoke', '/challenge', '/jwks']),
    )
  })

  test('has nothing that leads nowhere', () => {
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/gu)]
    expect(references.length).toBeGreaterThan(0)
    for (const [, pointer = ''] of references) expect(at(...pointer.split('/'))).toBeDefined()
    expect(JSON.stringify(document)).not.toMatch(/\$defs|\$schema/u)
  })

  test('says of each parameter what stands behind its text', () => {
    expect(at('paths', '/admin/grants', 'get', 'parameters')).toContainEqual({
      name: 'limit',
      in: 'query',
      required: false,
      schema: { type: 'integer', minimum: 1, maximum: 1000 },
    })
    expect(at('paths', '/admin/audit', 'get', 'parameters')).toContainEqual(
      expect.objectContaining({
        name: 'type',
        explode: false,
        schema: expect.objectContaining({ type: 'array' }),
      }),
    )
    expect(at('paths', '/admin/policy/versions/{version}', 'get', 'parameters')).toMatchObject([
      { name: 'version', in: 'path', required: true, schema: { type: 'integer', minimum: 1 } },
    ])
    expect(at('paths', '/admin/blocks', 'delete', 'parameters')).toContainEqual(
      expect.objectContaining({ name: 'reason', required: true }),
    )
  })

  test('says of content that nothing unknown is taken, and of answers no such thing', () => {
    const content = ['content', 'application/json', 'schema'] as const
    const input = at('paths', '/admin/policy', 'put', 'requestBody', ...content)
    expect(input).toMatchObject({ required: ['text', 'expectedVersion'], additionalProperties: false })
    const answer = at('paths', '/admin/policy', 'put', 'responses', '200', ...content)
    expect(answer).not.toHaveProperty('additionalProperties')
    expect(at('paths', '/admin/audit/export', 'get', 'responses', '200', 'content')).toHaveProperty([
      'application/x-ndjson',
    ])
  })
})
