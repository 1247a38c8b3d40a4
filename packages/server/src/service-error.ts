// Server: the refusals that are the service's own. One table: code, HTTP status, what the caller may read, what would
// mend it. What the caller must not learn stays in `details`, for the audit log and the operator alone.

/** What the table says of one code. */
export interface ServiceCode {
  readonly status: 400 | 401 | 403 | 404 | 405 | 408 | 409 | 413 | 415 | 422 | 429 | 431 | 500 | 503
  /** Where the code answers a request of an OAuth endpoint: its `error` (RFC 6749 §5.2, 8707, 9449). */
  readonly oauth?: string
  /** One sentence that says nothing about certificates, policy or state. */
  readonly text: string
  /** For the operator. */
  readonly hint: string
}

const table: Readonly<Record<ServiceErrorCode, ServiceCode>> = {
  ERR_CONFIG_FILE: {
    status: 500,
    text: 'the configuration cannot be read',
    hint: 'check the path and the permissions of the file',
  },
  ERR_CONFIG_SYNTAX: {
    status: 500,
    text: 'the configuration is not YAML',
    hint: 'the line and column say where reading stopped',
  },
  ERR_CONFIG_VALUE: {
    status: 500,
    text: 'the configuration has a wrong value',
    hint: 'docs/server.md lists every key with its range',
  },
  ERR_CONFIG_SECRET: {
    status: 500,
    text: 'a secret is missing, weak or readable by others',
    hint: 'secrets come from a file of mode 0600 or from the environment',
  },
  ERR_POLICY_SYNTAX: {
    status: 422,
    text: 'the policy is not YAML',
    hint: 'the line and column say where reading stopped',
  },
  ERR_POLICY_VALUE: {
    status: 422,
    text: 'the policy has a wrong value',
    hint: 'docs/policy.md lists every key; `ingam policy test` tries a policy before it counts',
  },
  ERR_POLICY_CONFLICT: {
    status: 409,
    text: 'the policy has changed meanwhile',
    hint: 'look at the version that is in force (ingam policy diff), then apply against it',
  },
  ERR_SERVICE_NO_POLICY: {
    status: 503,
    oauth: 'temporarily_unavailable',
    text: 'no policy is in force yet',
    hint: 'apply one (ingam policy apply), or name one in the configuration for an empty store',
  },
  ERR_SERVICE_NOT_FOUND: {
    status: 404,
    text: 'nothing is here',
    hint: 'see docs/server.md for the endpoints',
  },
  ERR_SERVICE_METHOD: {
    status: 405,
    text: 'the method is not for this endpoint',
    hint: 'see the header Allow',
  },
  ERR_SERVICE_BODY_TOO_LARGE: {
    status: 413,
    oauth: 'invalid_request',
    text: 'the body is too large',
    hint: 'limits.bodyBytes of the configuration sets the limit',
  },
  ERR_SERVICE_HEADERS_TOO_LARGE: {
    status: 431,
    oauth: 'invalid_request',
    text: 'the headers are too large',
    hint: 'limits.headerBytes of the configuration sets the limit',
  },
  ERR_SERVICE_MEDIA_TYPE: {
    status: 415,
    oauth: 'invalid_request',
    text: 'the content type is not the one of this endpoint',
    hint: 'send application/x-www-form-urlencoded to OAuth endpoints, application/json to /admin',
  },
  ERR_SERVICE_REQUEST: {
    status: 400,
    oauth: 'invalid_request',
    text: 'the request is malformed',
    hint: 'the details name the parameter',
  },
  ERR_SERVICE_TIMEOUT: {
    status: 408,
    oauth: 'invalid_request',
    text: 'the request took too long',
    hint: 'limits.requestSeconds of the configuration sets the limit',
  },
  ERR_SERVICE_RATE_LIMITED: {
    status: 429,
    oauth: 'temporarily_unavailable',
    text: 'too many requests',
    hint: 'limits.rate of the configuration sets the rates',
  },
  ERR_SERVICE_OVERLOADED: {
    status: 503,
    oauth: 'temporarily_unavailable',
    text: 'the service has too much to do',
    hint: 'the queue is full: limits.concurrency and the disk decide how much is done at once',
  },
  ERR_SERVICE_DRAINING: {
    status: 503,
    oauth: 'temporarily_unavailable',
    text: 'the service is stopping',
    hint: 'another node answers, or this one once it has started again',
  },
  ERR_SERVICE_STORE: {
    status: 503,
    oauth: 'temporarily_unavailable',
    text: 'the state cannot be written',
    hint: 'the log names the error of the database; it is tried again by itself',
  },
  ERR_SERVICE_STORE_FULL: {
    status: 503,
    oauth: 'temporarily_unavailable',
    text: 'the state cannot be written',
    hint: 'the disk or the database is full; it is tried again by itself',
  },
  ERR_SERVICE_STORE_VERSION: {
    status: 500,
    text: 'the state is of another version',
    hint: 'migrations go forward alone: start the newer service, or restore a backup of this version',
  },
  ERR_SERVICE_STORE_IN_USE: {
    status: 500,
    text: 'another process holds the state',
    hint: 'one process holds a database at a time: end the other one first',
  },
  ERR_SERVICE_KEYS: {
    status: 503,
    oauth: 'temporarily_unavailable',
    text: 'nothing can be signed',
    hint: 'the key-encryption key cannot be read, or does not open the keys; it is tried again by itself',
  },
  ERR_SERVICE_CLOCK: {
    status: 503,
    oauth: 'temporarily_unavailable',
    text: 'the clock cannot be relied on',
    hint: 'the clock was stepped: set it right; it heals by itself',
  },
  ERR_SERVICE_INTERNAL: {
    status: 500,
    oauth: 'server_error',
    text: 'a fault of the service',
    hint: 'this is a bug; the log has it under the request id',
  },
  ERR_ADMIN_TOKEN: {
    status: 401,
    text: 'an administrator is needed',
    hint: "sign a cert-auth+jwt for <issuer>/admin, bound to this very request, with an administrator's certificate",
  },
  ERR_ADMIN_FORBIDDEN: {
    status: 403,
    text: 'this administrator may not do that',
    hint: 'the configuration gives each administrator a role',
  },
  ERR_OAUTH_CLIENT: {
    status: 401,
    oauth: 'invalid_client',
    text: 'the client could not be authenticated',
    hint: 'the audit record under the request id has the trace',
  },
  ERR_OAUTH_GRANT: {
    status: 400,
    oauth: 'invalid_grant',
    text: 'the grant is not accepted',
    hint: 'the audit record under the request id has the trace',
  },
  ERR_OAUTH_USED: {
    status: 400,
    oauth: 'invalid_grant',
    text: 'the grant is not accepted',
    hint: 'each assertion and proof can be used once',
  },
  ERR_OAUTH_UNDECIDED: {
    status: 503,
    oauth: 'temporarily_unavailable',
    text: 'it cannot be decided now',
    hint: 'the standing of a certificate is unknown, or the assertion is older than what the store surely remembers',
  },
  ERR_OAUTH_UNAUTHORIZED_CLIENT: {
    status: 400,
    oauth: 'unauthorized_client',
    text: 'the client may not do that',
    hint: 'the policy gives each client its grants and profiles',
  },
  ERR_OAUTH_GRANT_TYPE: {
    status: 400,
    oauth: 'unsupported_grant_type',
    text: 'the grant type is not supported',
    hint: 'client_credentials or urn:ietf:params:oauth:grant-type:jwt-bearer',
  },
  ERR_OAUTH_SCOPE: {
    status: 400,
    oauth: 'invalid_scope',
    text: 'the scope is not granted',
    hint: 'the audit record says which profile came nearest',
  },
  ERR_OAUTH_TARGET: {
    status: 400,
    oauth: 'invalid_target',
    text: 'the resource is not granted',
    hint: 'the audit record says which profile came nearest',
  },
  ERR_OAUTH_DPOP: {
    status: 400,
    oauth: 'invalid_dpop_proof',
    text: 'the DPoP proof is not accepted',
    hint: 'RFC 9449 §4.3 lists what a proof must say',
  },
  ERR_OAUTH_DPOP_NONCE: {
    status: 400,
    oauth: 'use_dpop_nonce',
    text: 'the DPoP proof needs a nonce of this service',
    hint: 'the header DPoP-Nonce has one',
  },
}

/** A code of {@link serviceCodes}. */
export type ServiceErrorCode =
  | 'ERR_CONFIG_FILE'
  | 'ERR_CONFIG_SYNTAX'
  | 'ERR_CONFIG_VALUE'
  | 'ERR_CONFIG_SECRET'
  | 'ERR_POLICY_SYNTAX'
  | 'ERR_POLICY_VALUE'
  | 'ERR_POLICY_CONFLICT'
  | 'ERR_SERVICE_NO_POLICY'
  | 'ERR_SERVICE_NOT_FOUND'
  | 'ERR_SERVICE_METHOD'
  | 'ERR_SERVICE_BODY_TOO_LARGE'
  | 'ERR_SERVICE_HEADERS_TOO_LARGE'
  | 'ERR_SERVICE_MEDIA_TYPE'
  | 'ERR_SERVICE_REQUEST'
  | 'ERR_SERVICE_TIMEOUT'
  | 'ERR_SERVICE_RATE_LIMITED'
  | 'ERR_SERVICE_OVERLOADED'
  | 'ERR_SERVICE_DRAINING'
  | 'ERR_SERVICE_STORE'
  | 'ERR_SERVICE_STORE_FULL'
  | 'ERR_SERVICE_STORE_VERSION'
  | 'ERR_SERVICE_STORE_IN_USE'
  | 'ERR_SERVICE_KEYS'
  | 'ERR_SERVICE_CLOCK'
  | 'ERR_SERVICE_INTERNAL'
  | 'ERR_ADMIN_TOKEN'
  | 'ERR_ADMIN_FORBIDDEN'
  | 'ERR_OAUTH_CLIENT'
  | 'ERR_OAUTH_GRANT'
  | 'ERR_OAUTH_USED'
  | 'ERR_OAUTH_UNDECIDED'
  | 'ERR_OAUTH_UNAUTHORIZED_CLIENT'
  | 'ERR_OAUTH_GRANT_TYPE'
  | 'ERR_OAUTH_SCOPE'
  | 'ERR_OAUTH_TARGET'
  | 'ERR_OAUTH_DPOP'
  | 'ERR_OAUTH_DPOP_NONCE'

/** The table. */
export const serviceCodes: Readonly<Record<ServiceErrorCode, ServiceCode>> = table

/** What an error may carry beside its code. */
export interface ServiceErrorOptions {
  /** For the audit log and the operator alone; never a token, key, nonce or passphrase. */
  readonly details?: Readonly<Record<string, string | number | boolean | readonly string[]>>
  /** What a caller may be told beyond the table's sentence, such as the name of a parameter; default nothing. */
  readonly publicDetail?: string
  /** Seconds after which the caller may try again (Retry-After). */
  readonly retryAfterSeconds?: number
  /** Headers of the answer. */
  readonly headers?: Readonly<Record<string, string>>
  readonly cause?: unknown
}

/** A refusal by the service. The message is for the operator; the caller reads {@link ServiceCode.text}. */
export class ServiceError extends Error {
  override readonly name: string = 'ServiceError'
  readonly code: ServiceErrorCode
  readonly details: NonNullable<ServiceErrorOptions['details']>
  readonly publicDetail: string | undefined
  readonly retryAfterSeconds: number | undefined
  readonly headers: Readonly<Record<string, string>>

  constructor(code: ServiceErrorCode, message: string, options: ServiceErrorOptions = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : {})
    this.code = code
    this.details = options.details ?? {}
    this.publicDetail = options.publicDetail
    this.retryAfterSeconds = options.retryAfterSeconds
    this.headers = options.headers ?? {}
  }

  get status(): ServiceCode['status'] {
    return serviceCodes[this.code].status
  }

  get hint(): string {
    return serviceCodes[this.code].hint
  }
}
