// Server: reads what a request to /admin asks for, strictly: what the contract does not name is refused, and so is what can
// be read in two ways.

import { escapeText } from 'ingam'
import type { z } from 'zod'
import type { AdminEndpoint } from '../contract.ts'
import type { Exchange } from '../service.ts'
import { ServiceError } from '../service-error.ts'

/**
 * The input of an endpoint, as its schema reads it.
 *
 * @throws {ServiceError} ERR_SERVICE_REQUEST, with what is wrong for the caller to read, ERR_SERVICE_MEDIA_TYPE
 */
export function readInput<Input>(endpoint: AdminEndpoint<Input, unknown>, exchange: Exchange): Input {
  const { inputIn, input, path } = endpoint
  const query = queryOf(exchange.request.url)
  if (inputIn !== 'query' && query !== '') throw refused('the query: none is read here')
  if (inputIn !== 'content' && exchange.body.length > 0) throw refused('the content: none is read here')
  const given = {
    query: () => readQuery(query),
    path: () => readPath(path, exchange.path),
    content: () => readJson(exchange.request.headers.get('Content-Type'), exchange.body),
  }[inputIn]()
  const result = input.safeParse(given)
  if (result.success) return result.data
  throw refused(problemsOf(result.error, inputIn))
}

/** What is wrong with an input, for whoever sent it. Names come from outside and are escaped; values are not told. */
export function problemsOf(
  { issues }: z.ZodError,
  inputIn: AdminEndpoint<unknown, unknown>['inputIn'],
): string {
  return issues
    .slice(0, MAX_PROBLEMS)
    .map(({ path, message }) => escapeText(`${path.map(String).join('.') || PLACES[inputIn]}: ${message}`))
    .join('; ')
}

/**
 * The query of a URL, without its question mark, as it was written.
 *
 * @param url as a Request has it: serialised by the URL Standard, without a fragment
 */
export function queryOf(url: string): string {
  const [, query = ''] = /^[^?#]*\?([^#]*)/u.exec(url) ?? []
  return query
}

const PLACES = { query: 'the query', path: 'the path', content: 'the content' } as const
// LIMIT: as many as a person mends at a time.
const MAX_PROBLEMS = 5

// Servers differ in what a repeated name, a plus sign or a broken escape means: none of them means anything here.
function readQuery(query: string): Readonly<Record<string, string>> {
  if (query === '') return {}
  const found = new Map<string, string>()
  for (const pair of query.split('&')) {
    const [, name = '', value] = /^([^=]+)=(.*)$/su.exec(pair) ?? []
    if (value === undefined) throw refused('the query: a parameter is not name=value')
    const key = decode(name)
    if (found.has(key)) throw refused(`the query: ${escapeText(key)} stands twice`)
    found.set(key, decode(value))
  }
  return Object.fromEntries(found)
}

function decode(text: string): string {
  if (text.includes('+')) throw refused('the query: write %20 for a space and %2B for a plus sign')
  try {
    return decodeURIComponent(text)
  } catch (cause) {
    throw refused('the query: an escape is not of UTF-8', cause)
  }
}

// The app has matched the path already: its last segments are those of the template.
function readPath(template: string, path: string): Readonly<Record<string, string>> {
  const names = template.split('/')
  const segments = path.split('/').slice(-names.length)
  const found = names.flatMap((name, index) => {
    const [, parameter] = /^\{(\w+)\}$/u.exec(name) ?? []
    return parameter === undefined ? [] : [[parameter, segments[index] ?? ''] as const]
  })
  return Object.fromEntries(found)
}

function readJson(type: string | null, body: Uint8Array): unknown {
  // RFC 8259 §11 knows no parameters, and clients send this one all the same.
  if (!/^application\/json(?:\s*;\s*charset="?utf-8"?)?$/iu.test(type?.trim() ?? '')) {
    throw new ServiceError('ERR_SERVICE_MEDIA_TYPE', 'the content of this endpoint is application/json', {
      publicDetail: 'send application/json',
    })
  }
  try {
    return JSON.parse(utf8.decode(body))
  } catch (cause) {
    throw refused('the content: not JSON in UTF-8', cause)
  }
}

// RFC 8259 §8.1: no byte order mark; with it the text would be no JSON.
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function refused(problem: string, cause?: unknown): ServiceError {
  return new ServiceError('ERR_SERVICE_REQUEST', problem, {
    publicDetail: problem,
    details: { problem },
    ...(cause !== undefined && { cause }),
  })
}
