// Server: whether JSON from outside has the shape of an audit record or a part of one. Exports are read long after they
// were written, and may have been changed: everything is checked, and nothing beyond the contract is let through.

import type { Json, JsonRecord } from '../json.ts'
import { AUDIT_TYPES, type AuditRecord, type AuditType } from './record.ts'

// LIMIT: the details that the service writes are a few levels deep.
const MAX_DEPTH = 32

/** The record, where the value is one: all members of the contract in their types, and no others. */
export function readRecord(value: unknown): AuditRecord | undefined {
  if (!isJsonRecord(value)) return undefined
  const { position, run, sequence, previous, hash, type, at, details, ...optional } = value
  const { requestId, thumbprint, actor, ...others } = optional
  if (!isCount(position) || !isRunId(run) || !isCount(sequence) || !isHash(previous) || !isHash(hash)) {
    return undefined
  }
  if (!isAuditType(type) || !isInstant(at) || !isRecord(details) || Object.keys(others).length > 0) {
    return undefined
  }
  if (!isOptionalText(requestId) || !isOptionalText(thumbprint) || !isOptionalText(actor)) return undefined
  return {
    position,
    run,
    sequence,
    previous,
    type,
    at,
    ...(requestId === undefined ? {} : { requestId }),
    ...(thumbprint === undefined ? {} : { thumbprint }),
    ...(actor === undefined ? {} : { actor }),
    details,
    hash,
  }
}

/** Whether the value is a JSON object, at most 32 levels deep. */
export function isJsonRecord(value: unknown): value is JsonRecord {
  return isJson(value, MAX_DEPTH) && isRecord(value)
}

/** A position or a sequence: 1, 2, 3 … */
export function isCount(value: Json | undefined): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0
}

/** Milliseconds since 1970 UTC. */
export function isInstant(value: Json | undefined): value is number {
  return typeof value === 'number' && Number.isFinite(value)
}

/** A run's id: what matters is that it is the same or not. */
export function isRunId(value: Json | undefined): value is string {
  return typeof value === 'string' && value !== '' && value.length <= 64
}

/** 32 bytes as base64url. */
export function isHash(value: Json | undefined): value is string {
  return typeof value === 'string' && /^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/u.test(value)
}

function isJson(value: unknown, depth: number): value is Json {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return true
    case 'number':
      return Number.isFinite(value)
    case 'object':
      if (value === null) return true
      return depth > 0 && Object.values(value).every((member) => isJson(member, depth - 1))
    default:
      return false
  }
}

function isRecord(value: Json | undefined): value is JsonRecord {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isOptionalText(value: Json | undefined): value is string | undefined {
  return value === undefined || typeof value === 'string'
}

// A table, so that a type that is added to the contract and not here does not compile.
function isAuditType(value: Json | undefined): value is AuditType {
  return AUDIT_TYPES.some((type) => type === value)
}
