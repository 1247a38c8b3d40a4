// Logs, keys and checkpoints for tests of the audit log.

import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { emptyHash, sealRecord } from '../../../packages/server/src/audit/chain.ts'
import type { AuditRecord, Checkpoint } from '../../../packages/server/src/audit/record.ts'

export interface AuditKey {
  readonly privateKey: KeyObject
  readonly jwk: { readonly [name: string]: string }
}

export function auditKey(kid: string): AuditKey {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const { kty, crv, x, y } = publicKey.export({ format: 'jwk' })
  return {
    privateKey,
    jwk: { kty: `${kty}`, crv: `${crv}`, x: `${x}`, y: `${y}`, kid, alg: 'ES256', use: 'sig' },
  }
}

/** A JWS with any header and payload text. */
export function jws(key: KeyObject, header: string, payload: string): string {
  const input = `${Buffer.from(header).toString('base64url')}.${Buffer.from(payload).toString('base64url')}`
  const signature = sign('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' })
  return `${input}.${signature.toString('base64url')}`
}

export function signer(key: AuditKey): (payload: string) => string {
  const header = `{"alg":"ES256","kid":"${key.jwk['kid']}","typ":"ingam-audit-checkpoint+jwt"}`
  return (payload) => jws(key.privateKey, header, payload)
}

/** A log of runs of the given lengths. */
export function log(lengths: readonly number[], salt = ''): AuditRecord[] {
  const records: AuditRecord[] = []
  for (const [index, length] of lengths.entries()) {
    const run = Buffer.alloc(16, index + 1).toString('base64url')
    for (let sequence = 1; sequence <= length; sequence += 1) {
      const position = records.length + 1
      const type = sequence === 1 ? 'service.started' : 'token.issued'
      records.push(
        sealRecord(
          {
            type,
            at: 1795420800000 + position,
            requestId: `request-${position}${salt}`,
            actor: 'service',
            details: { number: position, scope: ['read', 'write'] },
          },
          { position, run, sequence, previous: records.at(-1)?.hash ?? emptyHash },
        ),
      )
    }
  }
  return records
}

export function headOf(record: AuditRecord | undefined): Omit<Checkpoint, 'at'> {
  if (record === undefined) throw new Error('no record')
  const { run, position, sequence, hash } = record
  return { run, position, sequence, hash }
}
