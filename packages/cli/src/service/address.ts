// CLI: where a service is: its issuer identifier as a person types it, and its metadata (RFC 8414).

import { escapeText } from 'ingam'
import type { Context, Fetch } from '../context.ts'
import { CommandError, usageError } from '../failure.ts'
import { readJsonBody } from './body.ts'

/** What is used of the metadata. */
export interface ServiceMetadata {
  readonly issuer: string
  readonly tokenEndpoint: string
  /** Where a certificate of the handshake counts, if that is another address (RFC 8705 §5). */
  readonly mtlsTokenEndpoint: string
}

/**
 * The issuer identifier that `--service` or `INGAM_SERVICE` gives.
 *
 * @throws {CommandError} exit 2 where neither does, or it is no https URL and no http URL of this machine
 */
export function readServiceUrl(context: Context, given: string | undefined): string {
  const text = given ?? context.env['INGAM_SERVICE'] ?? ''
  if (text === '') {
    throw usageError('no service given', 'add: --service URL, or set INGAM_SERVICE')
  }
  const url = text.replace(/\/$/u, '')
  if (!isSafeUrl(url) || /[?#]/u.test(url)) {
    throw usageError(
      `--service: expected an https URL, or http on this machine, found ${escapeText(text)}`,
      'for example: --service https://tokens.example',
    )
  }
  return url
}

/** Whether what is sent there can be read by nobody on the way: https, or http that does not leave this machine. */
export function isSafeUrl(text: string): boolean {
  if (!URL.canParse(text)) return false
  const { protocol, hostname, username, password } = new URL(text)
  if (username !== '' || password !== '') return false
  return protocol === 'https:' || (protocol === 'http:' && LOOPBACK.test(hostname))
}

/**
 * The metadata of the service; what it says of itself is compared with what was typed (RFC 8414 §3.3).
 *
 * @throws {CommandError} exit 4 where there is no usable answer, exit 1 where somebody else answers
 */
export async function discover(fetch: Fetch, issuer: string): Promise<ServiceMetadata> {
  const url = new URL(issuer)
  const path = url.pathname === '/' ? '' : url.pathname
  // RFC 8414 §3.1: the well-known part stands between host and path.
  const address = `${url.origin}/.well-known/oauth-authorization-server${path}`
  const response = await fetch(address, { headers: { accept: 'application/json' } })
  const body = await readJsonBody(response)
  if (response.status !== 200) {
    throw new CommandError(4, `${address}: status ${response.status}`, [
      'is this the address of an ingam service? its issuer is in the configuration',
    ])
  }
  const { issuer: named, token_endpoint: endpoint, mtls_endpoint_aliases: aliases } = body
  if (named !== issuer) {
    const found = typeof named === 'string' ? escapeText(named) : 'none'
    throw new CommandError(1, `${address}: issuer: expected ${escapeText(issuer)}, found ${found}`, [
      'the issuer must be written letter for letter as the service names itself',
    ])
  }
  const tokenEndpoint = readEndpoint(address, 'token_endpoint', endpoint)
  const alias = isRecord(aliases) ? aliases['token_endpoint'] : undefined
  return {
    issuer,
    tokenEndpoint,
    mtlsTokenEndpoint:
      alias === undefined ? tokenEndpoint : readEndpoint(address, 'mtls_endpoint_aliases', alias),
  }
}

function readEndpoint(address: string, name: string, value: unknown): string {
  if (typeof value === 'string' && isSafeUrl(value)) return value
  throw new CommandError(4, `${address}: ${name}: expected an https URL, or http on this machine`)
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/u
