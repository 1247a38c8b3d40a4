// Server: a client of /admin for the command and for scripts, typed by the contract. Each call signs a token of its own,
// bound to this very request and good once; nothing is kept between calls.

import { type Credential, escapeText, signToken } from 'ingam'
import { z } from 'zod'
import { problemsOf } from './admin/input.ts'
import { type AdminApi, type AdminEndpoint, adminApi, type ExportAuditInput } from './contract.ts'

/** What {@link createAdminClient} takes. */
export interface AdminClientOptions {
  /** The service's issuer identifier, letter for letter as it is configured. */
  readonly issuer: string
  /** The administrator's certificate and key. */
  readonly credential: Credential
  readonly fetch: typeof globalThis.fetch
  /** The clock that tokens are signed by. */
  readonly now: () => Date
}

type Call<E> = E extends AdminEndpoint<infer Input, infer Answer> ? (input: Input) => Promise<Answer> : never

/** A method for each endpoint. */
export type AdminClient = {
  readonly [Name in Exclude<keyof AdminApi, 'exportAudit'>]: Call<AdminApi[Name]>
} & {
  /**
   * The lines of the log from a position on: all records in order, then a signed checkpoint, in as many requests as it
   * takes. With a `limit` so many records at most, and the checkpoint only where they reach the end of the log. An export
   * that breaks off throws.
   */
  readonly exportAudit: (input: ExportAuditInput) => AsyncGenerator<string, void, undefined>
}

/** Why a call failed: refused by the service, or answered as no service of this kind answers. */
export class AdminClientError extends Error {
  override readonly name: string = 'AdminClientError'
  /** HTTP status; undefined where the input was refused before it was sent. */
  readonly status: number | undefined
  /** The service's code; undefined where the answer has none. */
  readonly code: string | undefined
  /** Under which the service's log and audit log have it. */
  readonly requestId: string | undefined
  readonly retryAfterSeconds: number | undefined
  /** All that is wrong with a policy that was sent, a line each. */
  readonly problems: readonly string[]

  constructor(message: string, told: Partial<AdminClientErrorParts> = {}) {
    super(message, 'cause' in told ? { cause: told.cause } : {})
    this.status = told.status
    this.code = told.code
    this.requestId = told.requestId
    this.retryAfterSeconds = told.retryAfterSeconds
    this.problems = told.problems ?? []
  }
}

interface AdminClientErrorParts {
  readonly status: number
  readonly code: string | undefined
  readonly requestId: string | undefined
  readonly retryAfterSeconds: number | undefined
  readonly problems: readonly string[]
  readonly cause: unknown
}

/**
 * Makes a client. Nothing is sent yet.
 *
 * **Not checked: who answers.** That is for TLS, which `fetch` does.
 *
 * @returns a client whose methods throw {AdminClientError} for what the service refuses, and what `fetch` throws
 */
export function createAdminClient(options: AdminClientOptions): AdminClient {
  const call =
    <Input, Answer>(endpoint: AdminEndpoint<Input, Answer>) =>
    async (input: Input): Promise<Answer> =>
      await readAnswer(endpoint, await send(options, endpoint, input))
  return Object.freeze({
    getStatus: call(adminApi.getStatus),
    getPolicy: call(adminApi.getPolicy),
    applyPolicy: call(adminApi.applyPolicy),
    listPolicyVersions: call(adminApi.listPolicyVersions),
    getPolicyVersion: call(adminApi.getPolicyVersion),
    diffPolicy: call(adminApi.diffPolicy),
    explainPolicy: call(adminApi.explainPolicy),
    listGrants: call(adminApi.listGrants),
    endGrants: call(adminApi.endGrants),
    listBlocks: call(adminApi.listBlocks),
    liftBlock: call(adminApi.liftBlock),
    listKeys: call(adminApi.listKeys),
    rotateKey: call(adminApi.rotateKey),
    listAudit: call(adminApi.listAudit),
    verifyAudit: call(adminApi.verifyAudit),
    listCheckpoints: call(adminApi.listCheckpoints),
    getOpenApi: call(adminApi.getOpenApi),
    async *exportAudit(input: ExportAuditInput) {
      let { after = 0 } = input
      for (;;) {
        const response = await send(options, adminApi.exportAudit, { ...input, after })
        if (!response.ok) throw await refusalOf(response)
        let last: string | undefined
        for await (const line of linesOf(response)) {
          yield line
          last = line
        }
        const position = last === undefined ? undefined : positionOf(last)
        // A checkpoint has no position; it says that the end was reached, and so does an empty log.
        if (position === undefined || input.limit !== undefined) return
        if (position <= after)
          throw new AdminClientError('the export does not go on', { status: response.status })
        after = position
      }
    },
  })
}

/** How a request to an endpoint is written: what is sent, and what its token is bound to. */
export interface AdminRequest {
  readonly method: string
  /** As the URL Standard serialises it. */
  readonly url: string
  /** Empty where the endpoint takes no content. */
  readonly content: Uint8Array<ArrayBuffer>
}

/**
 * Writes the request for an input.
 *
 * @throws {AdminClientError} ERR_SERVICE_REQUEST where the service would refuse the input
 */
export function writeRequest<Input, Answer>(
  issuer: string,
  endpoint: AdminEndpoint<Input, Answer>,
  input: Input,
): AdminRequest {
  const encoded = z.safeEncode(endpoint.input, input)
  if (!encoded.success) {
    const { inputIn } = endpoint
    throw new AdminClientError(problemsOf(encoded.error, inputIn), { code: 'ERR_SERVICE_REQUEST' })
  }
  const wire: unknown = encoded.data
  const { method, path } = endpoint
  if (endpoint.inputIn === 'content') {
    const content = new TextEncoder().encode(JSON.stringify(wire))
    return { method, url: new URL(issuer + path).href, content }
  }
  const texts = textsOf(wire)
  if (endpoint.inputIn === 'path') {
    const filled = path.replaceAll(/\{(\w+)\}/gu, (_, name: string) =>
      encodeURIComponent(texts.get(name) ?? ''),
    )
    return { method, url: new URL(issuer + filled).href, content: new Uint8Array() }
  }
  const query = Array.from(texts, ([name, value]) => `${name}=${encodeURIComponent(value)}`).join('&')
  const url = new URL(query === '' ? issuer + path : `${issuer}${path}?${query}`)
  return { method, url: url.href, content: new Uint8Array() }
}

// LIMIT: seconds for which a token of one request lives: for clocks that differ, and for a slow way.
const TOKEN_SECONDS = 60
// LIMIT: a page of 1,000 records of 16 KiB; what is larger is none of our answers.
const MAX_ANSWER_BYTES = 16_777_216
// LIMIT: the longest record that a service writes has some KiB.
const MAX_LINE_CHARACTERS = 1_048_576
const MAX_REFUSAL_BYTES = 65_536

async function send<Input, Answer>(
  { issuer, credential, fetch, now }: AdminClientOptions,
  endpoint: AdminEndpoint<Input, Answer>,
  input: Input,
): Promise<Response> {
  const { method, url, content } = writeRequest(issuer, endpoint, input)
  const token = await signToken(credential, {
    audience: `${issuer}/admin`,
    at: now(),
    lifetimeSeconds: TOKEN_SECONDS,
    // Bound to the content also where there is none, so that none can be added.
    request: { method, targetUri: url, content },
  })
  const headers = { Accept: endpoint.media, Authorization: `Bearer ${token}` }
  if (endpoint.inputIn !== 'content') return await fetch(url, { method, headers, redirect: 'error' })
  const sent = { ...headers, 'Content-Type': 'application/json' }
  return await fetch(url, { method, headers: sent, body: content, redirect: 'error' })
}

async function readAnswer<Input, Answer>(
  endpoint: AdminEndpoint<Input, Answer>,
  response: Response,
): Promise<Answer> {
  if (!response.ok) throw await refusalOf(response)
  const { status } = response
  const result = endpoint.answer.safeParse(await readJson(response, MAX_ANSWER_BYTES))
  if (result.success) return result.data
  throw new AdminClientError('the answer is not one of this service', { status, cause: result.error })
}

// RFC 9457, as far as it is there: a proxy may answer in another form.
const problem = z.object({
  title: z.string().optional(),
  detail: z.string().optional(),
  code: z.string().optional(),
  requestId: z.string().optional(),
  problems: z.array(z.string()).optional(),
})

async function refusalOf(response: Response): Promise<AdminClientError> {
  const { status } = response
  const found = problem.safeParse(await readJson(response, MAX_REFUSAL_BYTES).catch(() => undefined))
  const { title, detail, code, requestId, problems = [] } = found.data ?? {}
  const after = response.headers.get('Retry-After') ?? ''
  return new AdminClientError(escapeText(detail ?? title ?? `HTTP ${status}`, MAX_DETAIL_CHARACTERS), {
    status,
    code: code === undefined ? undefined : escapeText(code),
    requestId: escapeText(requestId ?? response.headers.get('Request-Id') ?? '') || undefined,
    problems: problems.map((line) => escapeText(line, MAX_DETAIL_CHARACTERS)),
    retryAfterSeconds: /^\d{1,5}$/u.test(after) ? Number(after) : undefined,
  })
}

// LIMIT: a sentence with what was expected and found.
const MAX_DETAIL_CHARACTERS = 4_000

async function readJson(response: Response, maximum: number): Promise<unknown> {
  let text = ''
  for await (const part of textOf(response)) {
    text += part
    if (text.length > maximum) throw tooLarge(response)
  }
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new AdminClientError('the answer is not JSON', { status: response.status, cause })
  }
}

async function* linesOf(response: Response): AsyncGenerator<string, void, undefined> {
  let rest = ''
  for await (const part of textOf(response)) {
    const lines = (rest + part).split('\n')
    if (lines.some(({ length }) => length > MAX_LINE_CHARACTERS)) throw tooLarge(response)
    rest = lines.pop() ?? ''
    yield* lines
  }
  if (rest !== '') throw new AdminClientError('the export breaks off', { status: response.status })
}

function positionOf(line: string): number | undefined {
  try {
    const { position }: { position?: unknown } = Object(JSON.parse(line))
    return typeof position === 'number' ? position : undefined
  } catch (cause) {
    throw new AdminClientError('a line of the export is not JSON', { cause })
  }
}

async function* textOf(response: Response): AsyncGenerator<string, void, undefined> {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  const reader = response.body?.getReader()
  try {
    for (;;) {
      const { done = true, value } = (await reader?.read()) ?? {}
      if (done) break
      yield decoder.decode(value, { stream: true })
    }
    yield decoder.decode()
  } finally {
    // Whoever stops reading wants no more of it; that the way is broken already is nobody's concern.
    await reader?.cancel().catch(() => undefined)
  }
}

function tooLarge({ status }: Response): AdminClientError {
  return new AdminClientError('the answer is too large', { status })
}

function textsOf(wire: unknown): ReadonlyMap<string, string> {
  const texts = new Map<string, string>()
  if (typeof wire !== 'object' || wire === null) return texts
  for (const [name, value] of Object.entries(wire)) if (typeof value === 'string') texts.set(name, value)
  return texts
}
