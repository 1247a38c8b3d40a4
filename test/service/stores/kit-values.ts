// What the tests of stores are about: uses, grants, keys and events of a certain instant. No test framework: a child
// process uses them too.

import type { AuditEvent } from '../../../packages/server/src/audit/record.ts'
import type { GrantRecord, OneTimeUse, StoredKey } from '../../../packages/server/src/stores/contract.ts'

/** The instant of the tests. */
export const NOW = 1_790_000_000
/** The epoch of a store under test, at most. */
export const LONG_AGO: number = NOW - 86_400

export function keyOf(number: number): Uint8Array {
  const key = new Uint8Array(32)
  new DataView(key.buffer).setUint32(28, number)
  return key
}

export function useOf(number: number, more: Partial<OneTimeUse> = {}): OneTimeUse {
  return { key: keyOf(number), keepUntil: NOW + 300, issuedAt: NOW, ...more }
}

export function grantOf(id: string, more: Partial<GrantRecord> = {}): GrantRecord {
  return {
    id,
    subject: 'spiffe://example.org/deploy',
    clientId: 'deployer',
    trustAnchor: 'corp',
    thumbprint: 'thumbprint-1',
    profile: 'deploy',
    policyVersion: 1,
    audience: ['https://api.example.org'],
    scope: ['read', 'write'],
    binding: 'mtls',
    issuedAt: NOW,
    expiresAt: NOW + 300,
    ...more,
  }
}

export function eventOf(
  type: AuditEvent['type'],
  requestId: string,
  more: Partial<AuditEvent> = {},
): AuditEvent {
  return { type, at: NOW * 1000, requestId, details: { note: requestId }, ...more }
}

export function keyRecordOf(kid: string, more: Partial<StoredKey> = {}): StoredKey {
  return {
    kid,
    use: 'access-token',
    algorithm: 'ES256',
    publicJwk: '{"kty":"EC"}',
    sealed: Uint8Array.of(1, 2, 3, 255),
    publishedFrom: NOW,
    activeFrom: NOW + 1,
    activeUntil: NOW + 100,
    publishedUntil: NOW + 200,
    ...more,
  }
}
