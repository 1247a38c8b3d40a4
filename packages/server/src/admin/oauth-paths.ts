// Server: the OAuth endpoints in the form of OpenAPI: which RFC each follows, and the parameters that are read.

import type { JsonRecord } from '../json.ts'

/** Path items of what is not /admin, by path below the issuer. */
export function oauthPaths(): Record<string, Record<string, JsonRecord>> {
  return {
    '/token': {
      post: form(
        'getToken',
        'Issues an access token for an assertion or a client (RFC 6749, 7523, 8705, 9068, 9449).',
        {
          grant_type: {
            type: 'string',
            enum: ['urn:ietf:params:oauth:grant-type:jwt-bearer', 'client_credentials'],
          },
          assertion: { type: 'string', description: 'authorization-grant+jwt, for the first grant type.' },
          client_id: { type: 'string' },
          client_assertion_type: { const: CLIENT_ASSERTION },
          client_assertion: { type: 'string' },
          scope: { type: 'string' },
          resource: { type: 'string', format: 'uri' },
          audience: { type: 'string' },
        },
        ['grant_type'],
      ),
    },
    '/introspect': {
      post: form('introspectToken', 'Says whether a token is active (RFC 7662).', TOKEN_QUESTION, ['token']),
    },
    '/revoke': { post: form('revokeToken', 'Ends a token (RFC 7009).', TOKEN_QUESTION, ['token']) },
    '/challenge': {
      post: operation('getChallenge', 'Gives a challenge that an assertion may answer.', {
        type: 'object',
        properties: { challenge: { type: 'string' }, expires_in: { type: 'integer' } },
        required: ['challenge', 'expires_in'],
      }),
    },
    '/jwks': {
      get: operation('getKeys', 'The public keys of access tokens (RFC 7517).', {
        type: 'object',
        properties: { keys: { type: 'array', items: { type: 'object' } } },
        required: ['keys'],
      }),
    },
    '/.well-known/oauth-authorization-server': {
      get: operation(
        'getMetadata',
        'Metadata (RFC 8414); of an issuer with a path the well-known part stands before that path.',
        { type: 'object' },
      ),
    },
    '/.well-known/openid-configuration': {
      get: operation('getOpenIdMetadata', 'Metadata as workload federation reads it.', { type: 'object' }),
    },
  }
}

const CLIENT_ASSERTION = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
const TOKEN_QUESTION: JsonRecord = {
  token: { type: 'string' },
  token_type_hint: { type: 'string' },
  client_id: { type: 'string' },
  client_assertion_type: { const: CLIENT_ASSERTION },
  client_assertion: { type: 'string' },
}

function form(
  operationId: string,
  summary: string,
  properties: JsonRecord,
  required: readonly string[],
): JsonRecord {
  const schema = { type: 'object', properties, required }
  return {
    ...operation(operationId, summary, { type: 'object' }),
    requestBody: { required: true, content: { 'application/x-www-form-urlencoded': { schema } } },
  }
}

function operation(operationId: string, summary: string, schema: JsonRecord): JsonRecord {
  return {
    operationId,
    summary,
    tags: ['oauth'],
    security: [],
    responses: {
      '200': { description: 'Done.', content: { 'application/json': { schema } } },
      default: { description: 'Refused, in the form of its RFC.' },
    },
  }
}
