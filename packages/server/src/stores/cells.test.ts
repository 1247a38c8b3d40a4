import { describe, expect, test } from 'vitest'
import { BatchReader, BatchWriter, KEY_BYTES } from './cells.ts'
import type { UnitOfWork } from './contract.ts'

const key = (byte: number): Uint8Array => new Uint8Array(KEY_BYTES).fill(byte)

function roundTrip(units: readonly UnitOfWork[]) {
  const writer = new BatchWriter()
  for (const unit of units) writer.add(unit)
  const encoded = structuredClone(writer.encoded())
  const reader = new BatchReader(encoded)
  return Array.from({ length: encoded.units }, () => reader.next())
}

describe('a batch', () => {
  test('brings over all that a unit can have', () => {
    const unit: UnitOfWork = {
      uses: [
        { key: key(1), keepUntil: 5.5, issuedAt: -1 },
        { key: key(2), keepUntil: 6, issuedAt: 2 },
      ],
      grant: {
        id: 'i',
        subject: 's',
        clientId: 'c',
        trustAnchor: 't',
        thumbprint: 'p',
        profile: 'f',
        policyVersion: 3,
        audience: ['a', 'b'],
        scope: [],
        binding: 'none',
        issuedAt: 1,
        expiresAt: 2,
      },
      end: { kind: 'grant', id: 'x' },
      block: { selector: { kind: 'trustAnchor', trustAnchor: 't' }, since: 1, reason: 'r', by: 'b' },
      unblock: { kind: 'certificate', thumbprint: 'p' },
      policy: {
        expected: 0,
        next: { text: 't', digest: 'd', appliedAt: 1, appliedBy: 'a', comment: '' },
      },
      keys: [
        {
          kid: 'k',
          use: 'audit',
          algorithm: 'ES256',
          publicJwk: '{}',
          sealed: Uint8Array.of(0, 255, 7),
          publishedFrom: 1,
          activeFrom: 2,
          activeUntil: 3,
          publishedUntil: 4,
        },
      ],
      audit: [{ type: 'token.issued', at: 1, requestId: 'r', details: { a: [1, null] } }],
      auditOtherwise: [{ type: 'token.refused', at: 2, thumbprint: 'p', actor: 'a', details: {} }],
    }
    const [decoded] = roundTrip([unit])
    expect({
      ...decoded,
      keys: decoded?.keys.map((each) => ({ ...each, sealed: new Uint8Array(each.sealed) })),
    }).toEqual({
      ...unit,
      grant: { ...unit.grant, audience: '["a","b"]', scope: '[]' },
    })
  })

  test('keeps units apart, also beyond the first run of bytes', () => {
    const units = Array.from({ length: 200 }, (_, index) => ({
      uses: Array.from({ length: index % 3 }, () => ({ key: key(index), keepUntil: index, issuedAt: 0 })),
      audit: [],
    }))
    const decoded = roundTrip(units)
    expect(decoded.map(({ uses }) => uses.map((use) => [...use.key]))).toEqual(
      units.map(({ uses }) => uses.map((use) => [...use.key])),
    )
  })

  test('a unit that cannot be written leaves nothing behind', () => {
    const writer = new BatchWriter()
    const details: Record<string, unknown> = {}
    details['itself'] = details
    const bad = JSON.parse('{"type":"token.issued","at":1}')
    bad.details = details
    expect(() => writer.add({ uses: [{ key: key(1), keepUntil: 1, issuedAt: 1 }], audit: [bad] })).toThrow(
      TypeError,
    )
    expect(writer.encoded()).toMatchObject({ units: 0, cells: [] })
    expect(writer.encoded().keys).toHaveLength(0)
  })

  test('a reader refuses cells of another kind', () => {
    const reader = new BatchReader({ units: 1, cells: ['1'], keys: new Uint8Array() })
    expect(() => reader.next()).toThrow(TypeError)
  })
})
