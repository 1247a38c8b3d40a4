// CLI: what the service and its package refuse, as the command reports it: exit code, code, hints.

import type { Context } from '../context.ts'
import { CommandError, type ExitCode } from '../failure.ts'
import { UnreachableError } from './http.ts'
import { loadServer } from './server.ts'

/** The error as the command reports it; the same error where it is none of the service's. */
export async function serviceFailure(context: Context, error: unknown): Promise<unknown> {
  if (error instanceof UnreachableError) return new CommandError(4, error.message, [REACHING])
  if (!(error instanceof Error)) return error
  if (error.name === 'AdminClientError') return await clientFailure(context, error)
  if (error.name !== 'ServiceError' || !('code' in error) || typeof error.code !== 'string') return error
  const hint = 'hint' in error && typeof error.hint === 'string' ? [error.hint] : []
  const [message, ...notes] = problemsOf(error)
  return new CommandError(exitOf(error.code), message, hint, error.code, notes)
}

const REACHING =
  'is the service running, and is this its address? a private CA of its TLS is named by --tls-ca FILE'

// Files and values that cannot be used are input that cannot be read.
function exitOf(code: string): ExitCode {
  if (code === 'ERR_POLICY_CONFLICT') return 1
  if (code.startsWith('ERR_CONFIG_') || code.startsWith('ERR_POLICY_')) return 3
  return EXITS[code] ?? 4
}

const EXITS: Readonly<Record<string, ExitCode>> = {
  ERR_SERVICE_STORE_VERSION: 3,
  ERR_SERVICE_STORE_IN_USE: 3,
  ERR_SERVICE_INTERNAL: 70,
}

// All that is wrong is told at once: the first line says how much, each problem then has its own.
function problemsOf(error: Error): readonly [message: string, ...notes: readonly string[]] {
  const listed = listedProblems(error)
  const lines = listed.length > 0 ? listed : error.message.split('\n').filter((line) => line !== '')
  return lines.length < 2 ? [error.message] : [`${lines.length} problems`, ...lines]
}

function listedProblems(error: Error): readonly string[] {
  if (!('details' in error) || typeof error.details !== 'object' || error.details === null) return []
  const { details } = error
  return 'problems' in details && Array.isArray(details.problems) ? details.problems.map(String) : []
}

async function clientFailure(context: Context, error: Error): Promise<CommandError> {
  const { serviceCodes, AdminClientError } = await loadServer(context)
  if (!(error instanceof AdminClientError)) return new CommandError(4, error.message)
  const { status, code, requestId, retryAfterSeconds } = error
  const known = Object.entries(serviceCodes).find(([name]) => name === code)?.[1].hint
  const hints = [
    ...(known === undefined ? [] : [known]),
    ...(retryAfterSeconds === undefined ? [] : [`try again in ${retryAfterSeconds} s`]),
    ...(requestId === undefined ? [] : [`the service's log has it under the request id ${requestId}`]),
  ]
  const [message, ...notes] = problemsOf(error)
  return new CommandError(clientExit(status, code), message, hints, code, notes)
}

function clientExit(status: number | undefined, code: string | undefined): ExitCode {
  if (status === undefined) return code === 'ERR_SERVICE_REQUEST' ? 2 : 4
  const isRefusal = status >= 400 && status < 500 && status !== 408 && status !== 429
  return isRefusal ? 1 : 4
}
