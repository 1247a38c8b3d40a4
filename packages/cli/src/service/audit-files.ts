// CLI: what is kept apart from the audit log to verify it by: its public keys, and signed checkpoints.

import type { Context, ServerModule } from '../context.ts'
import { CommandError, usageError } from '../failure.ts'
import { isSafeUrl } from './address.ts'
import { readJsonBody } from './body.ts'
import { readText } from './files.ts'
import { createFetch } from './http.ts'
import { readTlsCa } from './tls.ts'

type Jwks = NonNullable<NonNullable<Parameters<ServerModule['createChainVerifier']>[0]>['keys']>
type Jwk = Jwks['keys'][number]

/**
 * The keys of a file, or of an address.
 *
 * @throws {CommandError} exit 2 where the address can be read by others on the way, exit 3 where there are no keys
 */
export async function readJwks(context: Context, path: string, tlsCa: string | undefined): Promise<Jwks> {
  const value = /^https?:/u.test(path) ? await fetchJson(context, path, tlsCa) : await readJson(context, path)
  const keys = isObject(value) ? value['keys'] : undefined
  if (Array.isArray(keys) && keys.every(isJwk)) return { keys }
  throw new CommandError(3, `${path}: expected a JWKS, an object with keys`, [
    'print that of a service with: ingam audit checkpoints --jwks',
  ])
}

/** The checkpoints of files: a compact JWS a line, or the last line of an export. */
export async function readCheckpoints(
  context: Context,
  paths: readonly string[],
): Promise<readonly string[]> {
  const checkpoints: string[] = []
  for (const path of paths) {
    for (const [index, line] of (await readText(context, path, MAX_CHECKPOINTS_BYTES))
      .split('\n')
      .entries()) {
      const text = line.trim()
      if (text === '') continue
      const signed = text.startsWith('{') ? checkpointOf(text) : text
      if (signed === undefined || !JWS.test(signed)) {
        throw new CommandError(3, `${path}:${index + 1}: expected a signed checkpoint`)
      }
      checkpoints.push(signed)
    }
  }
  return checkpoints
}

// LIMIT: a year of checkpoints, one every five minutes, has 48 MiB.
const MAX_CHECKPOINTS_BYTES = 67_108_864

async function fetchJson(context: Context, url: string, tlsCa: string | undefined): Promise<unknown> {
  if (!isSafeUrl(url)) throw usageError('--jwks: expected a file, an https URL, or http on this machine')
  const fetch = context.fetch ?? createFetch(tlsCa === undefined ? {} : { ca: await readTlsCa(tlsCa) })
  const response = await fetch(url)
  if (response.status !== 200) throw new CommandError(4, `${url}: status ${response.status}`)
  return await readJsonBody(response)
}

async function readJson(context: Context, path: string): Promise<unknown> {
  return parse(await readText(context, path))
}

function checkpointOf(line: string): string | undefined {
  const value = parse(line)
  const checkpoint = isObject(value) ? value['checkpoint'] : undefined
  return typeof checkpoint === 'string' ? checkpoint : undefined
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    return undefined
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

// Of its members only texts count; what the verifier reads of them it looks at itself.
function isJwk(value: unknown): value is Jwk {
  return isObject(value)
}

const JWS = /^[\w-]+\.[\w-]+\.[\w-]+$/u
