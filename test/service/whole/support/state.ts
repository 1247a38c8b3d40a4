// What lies in the database, read by SQLite itself and not by the service: its records, its grants, and whether its log is
// whole, by our verifier and by the command.

import { spawnSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { encodeLine } from '../../../../packages/server/src/audit/chain.ts'
import { type ChainReport, createChainVerifier } from '../../../../packages/server/src/audit/verify.ts'
import type { ServiceFolder } from './folder.ts'
import { INGAM } from './process.ts'

/** A record as far as these tests look into it. */
export interface SeenRecord {
  readonly position: number
  readonly type: string
  readonly run: string
  readonly requestId: string
  readonly details: Readonly<Record<string, unknown>>
}

/** The state, as it was when it was read. */
export interface SeenState {
  readonly records: readonly SeenRecord[]
  /** The ids of all grants: each the jti of an access token. */
  readonly grants: readonly string[]
  /** All lines of the log, all signed checkpoints, and the public keys for them. */
  readonly lines: readonly string[]
  readonly checkpoints: readonly string[]
  readonly keys: readonly Readonly<Record<string, string>>[]
}

/** Reads the state of a folder, whether the service runs or not. */
export function readState({ database: file }: Pick<ServiceFolder, 'database'>): SeenState {
  const database = new DatabaseSync(file)
  try {
    const all = (sql: string): readonly string[] =>
      database
        .prepare(sql)
        .all()
        .map((row) => String(Object.values(row)[0]))
    const bodies = all('SELECT body FROM audit ORDER BY position')
    return {
      // As an export spells them.
      lines: bodies.map((body) => encodeLine(JSON.parse(body))),
      records: bodies.map(recordOf),
      grants: all('SELECT id FROM grants ORDER BY seq'),
      checkpoints: all('SELECT signed FROM checkpoints ORDER BY seq'),
      keys: all("SELECT public_jwk FROM keys WHERE use = 'audit'").map((text) => Object(JSON.parse(text))),
    }
  } finally {
    database.close()
  }
}

/** What our verifier says of the log with its checkpoints. */
export function verifyChain({ lines, checkpoints, keys }: SeenState): ChainReport {
  const verifier = createChainVerifier({ keys: { keys }, checkpoints })
  for (const line of lines) verifier.addLine(line)
  return verifier.finish()
}

/** What `ingam audit verify` says of it. */
export function verifyByCommand(
  folder: ServiceFolder,
  { lines, checkpoints, keys }: SeenState,
): { readonly status: number | null; readonly output: string } {
  const log = folder.put('audit.jsonl', `${lines.join('\n')}\n`)
  const jwks = folder.put('audit-keys.json', JSON.stringify({ keys }))
  const kept = folder.put('checkpoints.txt', `${checkpoints.join('\n')}\n`)
  const args = [INGAM, 'audit', 'verify', log, '--jwks', jwks, '--checkpoint', kept]
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', timeout: 60_000 })
  for (const file of [log, jwks, kept]) rmSync(file)
  return { status, output: stdout + stderr }
}

/** The jti of all tokens that were issued, as the log has them. */
export function issuedIn({ records }: SeenState): readonly string[] {
  return records.filter(({ type }) => type === 'token.issued').map(({ details }) => String(details['jti']))
}

function recordOf(line: string): SeenRecord {
  const { position, type, run, requestId, details } = Object(JSON.parse(line))
  return {
    position: Number(position),
    type: String(type),
    run: String(run),
    requestId: String(requestId),
    details: Object(details),
  }
}
