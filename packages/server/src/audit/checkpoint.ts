// Server: signed statements of how far the audit log has come: compact JWS (RFC 7515 §7.1) by the audit key. Whoever
// keeps one elsewhere can tell later that the log was cut or rewritten behind it. Reading is strict: ES256, this type,
// these members in their one spelling, and nothing else.

import { createPublicKey, type KeyObject, verify } from 'node:crypto'
import { escapeText } from 'ingam'
import type { Json, JsonRecord } from '../json.ts'
import { canonicalJson } from './canonical.ts'
import type { Checkpoint } from './record.ts'
import { isCount, isHash, isInstant, isJsonRecord, isRunId } from './shape.ts'

/** A JWKS (RFC 7517 §5), such as the audit keys of a service. */
export interface Jwks {
  readonly keys: readonly JsonRecord[]
}

/** What a checkpoint turned out to be. A problem names no content but what was expected and found in headers. */
export type CheckpointVerdict =
  | { readonly kind: 'verified'; readonly checkpoint: Checkpoint; readonly kid: string }
  | { readonly kind: 'refused'; readonly problem: string }

/** The explicit type of checkpoints (RFC 8725 §3.11). */
export const CHECKPOINT_TYPE = 'ingam-audit-checkpoint+jwt'

// LIMIT: a checkpoint has about 450 characters.
const MAX_CHARACTERS = 2048

/**
 * The checkpoint as a compact JWS.
 *
 * @param head the end of the chain as it is durable
 * @param sign KeyRing.signCheckpoint
 */
export function makeCheckpoint(
  head: Omit<Checkpoint, 'at'>,
  at: Date,
  sign: (payload: string) => string,
): string {
  const { run, position, sequence, hash } = head
  return sign(canonicalJson({ run, position, sequence, hash, at: at.getTime() }))
}

/**
 * Verifies a checkpoint with the audit keys.
 *
 * **Not checked**: that the keys are those of the service (hand in keys that came another way than the checkpoint did),
 * when it was made, and what stands in the log: see verify.ts.
 *
 * @see RFC 7515 §5.2, RFC 8725 §3.1
 */
export function verifyCheckpoint(signed: string, jwks: Jwks): CheckpointVerdict {
  if (signed.length > MAX_CHARACTERS) return refused(`expected at most ${MAX_CHARACTERS} characters`)
  const [header = '', payload = '', signature = '', ...more] = signed.split('.')
  if (more.length > 0) return refused('expected three parts')
  const claimed = readPart(header)
  if (claimed === undefined) return refused('the header is not a canonical JSON object in base64url')
  const { alg, kid, typ, ...others } = claimed
  if (alg !== 'ES256') return refused(`expected algorithm ES256, found ${shown(alg)}`)
  if (typ !== CHECKPOINT_TYPE) return refused(`expected type ${CHECKPOINT_TYPE}, found ${shown(typ)}`)
  if (Object.keys(others).length > 0) return refused('the header has further members')
  if (typeof kid !== 'string') return refused('the header has no key id')
  const key = findKey(kid, jwks)
  if (key === undefined) return refused(`no audit key ${shown(kid)}`)
  const bytes = decode(signature)
  if (bytes?.length !== 64) return refused('the signature is not 64 bytes in base64url')
  const input = Buffer.from(`${header}.${payload}`)
  if (!verify('sha256', input, { key, dsaEncoding: 'ieee-p1363' }, bytes)) {
    return refused('the signature does not verify')
  }
  const checkpoint = readClaims(readPart(payload))
  if (checkpoint === undefined) return refused('the payload is not that of a checkpoint')
  return { kind: 'verified', checkpoint, kid }
}

function readClaims(claims: JsonRecord | undefined): Checkpoint | undefined {
  if (claims === undefined) return undefined
  const { run, position, sequence, hash, at, ...others } = claims
  if (Object.keys(others).length > 0) return undefined
  if (!isRunId(run) || !isCount(position) || !isCount(sequence) || !isHash(hash) || !isInstant(at)) {
    return undefined
  }
  return { run, position, sequence, hash, at }
}

// The key id chooses; two keys of one id would leave it to their order.
function findKey(kid: string, jwks: Jwks): KeyObject | undefined {
  const [jwk, ...more] = jwks.keys.filter((one) => one['kid'] === kid)
  if (jwk === undefined || more.length > 0) return undefined
  const { kty, crv, x, y, alg, use } = jwk
  if (kty !== 'EC' || crv !== 'P-256' || typeof x !== 'string' || typeof y !== 'string') return undefined
  if ((alg !== undefined && alg !== 'ES256') || (use !== undefined && use !== 'sig')) return undefined
  try {
    return createPublicKey({ key: { kty, crv, x, y }, format: 'jwk' })
  } catch {
    // Not a point of the curve: as good as no key.
    return undefined
  }
}

// Both parts are written by us alone, so only their canonical spelling is taken: no second member of one name.
function readPart(part: string): JsonRecord | undefined {
  const text = decode(part)?.toString('utf8')
  if (text === undefined) return undefined
  try {
    const value: unknown = JSON.parse(text)
    return isJsonRecord(value) && canonicalJson(value) === text ? value : undefined
  } catch {
    return undefined
  }
}

function decode(part: string): Buffer | undefined {
  const bytes = Buffer.from(part, 'base64url')
  return bytes.toString('base64url') === part ? bytes : undefined
}

function refused(problem: string): CheckpointVerdict {
  return { kind: 'refused', problem }
}

function shown(value: Json | undefined): string {
  return typeof value === 'string' ? escapeText(value, 64) : 'none'
}
